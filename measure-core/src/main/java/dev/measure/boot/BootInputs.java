package dev.measure.boot;

import dev.measure.Source;
import dev.measure.firmware.FirmwareImage;
import dev.measure.smbios.SmbiosTable;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.VariableStore;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a boot is made of: image, firmware, machine and the files beside the image. Everything may be left out; what a missing
 * input decides is then not predictable, or an assumption that the prediction lists.
 */
public final class BootInputs {
    /** When the first ExitBootServices of a boot fails and the kernel tries again. */
    public enum ExitBootRetry {
        /** Always. */
        YES,
        /** Never. */
        NO,
        /** Either may happen. */
        BOTH,
        /** What the firmware build is known for, else both. */
        BY_BUILD
    }

    final Optional<Uki> uki;
    final List<NamedFile> parts;
    final int profile;
    final FirmwareSelection firmwareSelection;
    final Optional<StubVersion> stub;
    final Optional<FirmwareImage> firmware;
    final Optional<Edk2Build> edk2;
    final Optional<String> crtmVersion;
    final Optional<PeifvPatches> peifvPatches;
    final Optional<Source> variables;
    final Optional<VariableStore> secureBootKeys;
    final Optional<Boolean> secureBoot;
    final Optional<String> machineType;
    final Optional<Integer> smp;
    final Optional<Long> memory;
    final boolean confidentialVm;
    final boolean ccMeasurement;
    final Optional<Source> acpiLoader;
    final Optional<Source> acpiRsdp;
    final Optional<Source> acpiTables;
    final SortedMap<String, Source> acpiFiles;
    final Optional<Source> tpmLog;
    final Optional<SmbiosTable> smbios;
    final List<Source> optionRoms;
    final Optional<List<Integer>> bootOrder;
    final SortedMap<Integer, Source> bootVariables;
    final Optional<BootDisk> bootDisk;
    final Optional<String> processor;
    final Optional<List<Optional<Source>>> failedBootOptions;
    final List<Source> loaders;
    final Optional<String> shimVersion;
    final GrubInputs grub;
    final Optional<Source> loaderConf;
    final Optional<Source> loaderEntry;
    final Optional<Source> disk;
    final ExitBootRetry exitBootRetry;
    final boolean direct;
    final Optional<Source> kernel;
    final Optional<Source> initrd;
    final Optional<String> append;
    final Optional<String> qemuVersion;
    final List<NamedFile> addons;
    final List<NamedFile> globalAddons;
    final List<NamedFile> credentials;
    final List<NamedFile> globalCredentials;
    final List<NamedFile> sysexts;
    final List<NamedFile> globalSysexts;
    final List<NamedFile> confexts;
    final List<NamedFile> globalConfexts;
    final Optional<String> loadOptions;
    final Optional<List<BootConsole>> consoles;

    private BootInputs(Builder b) {
        uki = b.uki;
        parts = b.parts;
        profile = b.profile;
        firmwareSelection = b.firmwareSelection;
        stub = b.stub;
        firmware = b.firmware;
        edk2 = b.edk2;
        crtmVersion = b.crtmVersion;
        peifvPatches = b.peifvPatches;
        variables = b.variables;
        secureBootKeys = b.secureBootKeys;
        secureBoot = b.secureBoot;
        machineType = b.machineType;
        smp = b.smp;
        memory = b.memory;
        confidentialVm = b.confidentialVm;
        ccMeasurement = b.ccMeasurement;
        acpiLoader = b.acpiLoader;
        acpiRsdp = b.acpiRsdp;
        acpiTables = b.acpiTables;
        acpiFiles = Collections.unmodifiableSortedMap(new TreeMap<>(b.acpiFiles));
        tpmLog = b.tpmLog;
        smbios = b.smbios;
        optionRoms = b.optionRoms;
        bootOrder = b.bootOrder;
        bootVariables = Collections.unmodifiableSortedMap(new TreeMap<>(b.bootVariables));
        bootDisk = b.bootDisk;
        processor = b.processor;
        failedBootOptions = b.failedBootOptions.map(List::copyOf);
        loaders = b.loaders;
        shimVersion = b.shimVersion;
        grub = b.grub;
        loaderConf = b.loaderConf;
        loaderEntry = b.loaderEntry;
        disk = b.disk;
        exitBootRetry = b.exitBootRetry;
        direct = b.direct;
        kernel = b.kernel;
        initrd = b.initrd;
        append = b.append;
        qemuVersion = b.qemuVersion;
        addons = b.addons;
        globalAddons = b.globalAddons;
        credentials = b.credentials;
        globalCredentials = b.globalCredentials;
        sysexts = b.sysexts;
        globalSysexts = b.globalSysexts;
        confexts = b.confexts;
        globalConfexts = b.globalConfexts;
        loadOptions = b.loadOptions;
        consoles = b.consoles.map(List::copyOf);
    }

    /** {@return a builder in which nothing is given} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return a builder that starts from these inputs} */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** {@return the boot loaders before it, in the order in which they are started} */
    public List<Source> loaders() {
        return loaders;
    }

    /** {@return the UKI} */
    public Optional<Uki> uki() {
        return uki;
    }

    /** {@return the version of the stub, if it was given} */
    public Optional<StubVersion> stub() {
        return stub;
    }

    /** {@return whether the VMM hands the image to the firmware} */
    public boolean direct() {
        return direct;
    }

    /** {@return the number of the profile that boots} */
    public int profile() {
        return profile;
    }

    /** Collects the inputs. */
    public static final class Builder {
        private Optional<Uki> uki = Optional.empty();
        private List<NamedFile> parts = List.of();
        private int profile = 0;
        private FirmwareSelection firmwareSelection = FirmwareSelection.byMachine();
        private Optional<StubVersion> stub = Optional.empty();
        private Optional<FirmwareImage> firmware = Optional.empty();
        private Optional<Edk2Build> edk2 = Optional.empty();
        private Optional<String> crtmVersion = Optional.empty();
        private Optional<PeifvPatches> peifvPatches = Optional.empty();
        private Optional<Source> variables = Optional.empty();
        private Optional<VariableStore> secureBootKeys = Optional.empty();
        private Optional<Boolean> secureBoot = Optional.empty();
        private Optional<String> machineType = Optional.empty();
        private Optional<Integer> smp = Optional.empty();
        private Optional<Long> memory = Optional.empty();
        private boolean confidentialVm = false;
        private boolean ccMeasurement = false;
        private Optional<Source> acpiLoader = Optional.empty();
        private Optional<Source> acpiRsdp = Optional.empty();
        private Optional<Source> acpiTables = Optional.empty();
        private final SortedMap<String, Source> acpiFiles = new TreeMap<>();
        private Optional<Source> tpmLog = Optional.empty();
        private Optional<SmbiosTable> smbios = Optional.empty();
        private List<Source> optionRoms = List.of();
        private Optional<List<Integer>> bootOrder = Optional.empty();
        private SortedMap<Integer, Source> bootVariables = new TreeMap<>();
        private Optional<BootDisk> bootDisk = Optional.empty();
        private Optional<String> processor = Optional.empty();
        private Optional<List<Optional<Source>>> failedBootOptions = Optional.empty();
        private List<Source> loaders = List.of();
        private Optional<String> shimVersion = Optional.empty();
        private GrubInputs grub = GrubInputs.none();
        private Optional<Source> loaderConf = Optional.empty();
        private Optional<Source> loaderEntry = Optional.empty();
        private Optional<Source> disk = Optional.empty();
        private ExitBootRetry exitBootRetry = ExitBootRetry.BY_BUILD;
        private boolean direct = false;
        private Optional<Source> kernel = Optional.empty();
        private Optional<Source> initrd = Optional.empty();
        private Optional<String> append = Optional.empty();
        private Optional<String> qemuVersion = Optional.empty();
        private List<NamedFile> addons = List.of();
        private List<NamedFile> globalAddons = List.of();
        private List<NamedFile> credentials = List.of();
        private List<NamedFile> globalCredentials = List.of();
        private List<NamedFile> sysexts = List.of();
        private List<NamedFile> globalSysexts = List.of();
        private List<NamedFile> confexts = List.of();
        private List<NamedFile> globalConfexts = List.of();
        private Optional<String> loadOptions = Optional.empty();
        private Optional<List<BootConsole>> consoles = Optional.empty();

        private Builder() {}

        private Builder(BootInputs from) {
            uki = from.uki;
            parts = from.parts;
            profile = from.profile;
            firmwareSelection = from.firmwareSelection;
            stub = from.stub;
            firmware = from.firmware;
            edk2 = from.edk2;
            crtmVersion = from.crtmVersion;
            peifvPatches = from.peifvPatches;
            variables = from.variables;
            secureBootKeys = from.secureBootKeys;
            secureBoot = from.secureBoot;
            machineType = from.machineType;
            smp = from.smp;
            memory = from.memory;
            confidentialVm = from.confidentialVm;
            ccMeasurement = from.ccMeasurement;
            acpiLoader = from.acpiLoader;
            acpiRsdp = from.acpiRsdp;
            acpiTables = from.acpiTables;
            acpiFiles.putAll(from.acpiFiles);
            tpmLog = from.tpmLog;
            smbios = from.smbios;
            optionRoms = from.optionRoms;
            bootOrder = from.bootOrder;
            bootVariables.putAll(from.bootVariables);
            bootDisk = from.bootDisk;
            processor = from.processor;
            failedBootOptions = from.failedBootOptions;
            loaders = from.loaders;
            shimVersion = from.shimVersion;
            grub = from.grub;
            loaderConf = from.loaderConf;
            loaderEntry = from.loaderEntry;
            disk = from.disk;
            exitBootRetry = from.exitBootRetry;
            direct = from.direct;
            kernel = from.kernel;
            initrd = from.initrd;
            append = from.append;
            qemuVersion = from.qemuVersion;
            addons = from.addons;
            globalAddons = from.globalAddons;
            credentials = from.credentials;
            globalCredentials = from.globalCredentials;
            sysexts = from.sysexts;
            globalSysexts = from.globalSysexts;
            confexts = from.confexts;
            globalConfexts = from.globalConfexts;
            loadOptions = from.loadOptions;
            consoles = from.consoles;
        }

        /** {@return this builder, given the UKI, or the kernel of a direct boot without one} */
        public Builder uki(Uki value) {
            uki = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the sections of a UKI that is given in parts: name such as <code>.linux</code>, and content} */
        public Builder parts(List<NamedFile> value) {
            parts = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given the number of the profile that boots} */
        public Builder profile(int value) {
            profile = value;
            return this;
        }

        /** {@return this builder, given which <code>.efifw</code> the stub selects} */
        public Builder firmwareSelection(FirmwareSelection value) {
            firmwareSelection = Objects.requireNonNull(value, "firmwareSelection");
            return this;
        }

        /** {@return this builder, given the version of the stub, whatever the file says} */
        public Builder stub(StubVersion value) {
            stub = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the firmware file of the machine} */
        public Builder firmware(Source value) {
            return firmware(FirmwareImage.of(value));
        }

        /** {@return this builder, given the firmware of the machine; boots that share it unpack it once} */
        public Builder firmware(FirmwareImage value) {
            firmware = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the build whose rules the firmware follows, whatever the file says} */
        public Builder edk2(Edk2Build value) {
            edk2 = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the version string of the firmware, if it cannot be found in the file} */
        public Builder crtmVersion(String value) {
            crtmVersion = Optional.of(value);
            return this;
        }

        /** {@return this builder, given how PEIFV in memory differs from the file, for builds that the built-in list does not know} */
        public Builder peifvPatches(PeifvPatches value) {
            peifvPatches = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the variable store: a VARS file or a whole image} */
        public Builder variables(Source value) {
            variables = Optional.of(value);
            return this;
        }

        /**
         * {@return this builder, given PK, KEK, db and dbx instead of a variable store}
         *
         * <p>Secure Boot is on if PK is not empty, as in every firmware that is built with it and not told otherwise.
         *
         * @param value signature lists by the name of the variable
         */
        public Builder secureBootKeys(Map<String, Source> value) {
            List<VariableStore.Variable> keys = new ArrayList<>();
            value.forEach((name, lists) -> keys.add(new VariableStore.Variable(
                    name,
                    name.startsWith("db") ? GuidName.EFI_IMAGE_SECURITY_DATABASE : GuidName.EFI_GLOBAL_VARIABLE,
                    0,
                    lists)));
            secureBootKeys = Optional.of(new VariableStore(Source.of("Secure Boot keys", new byte[0]), keys));
            return this;
        }

        /** {@return this builder, given whether Secure Boot is on; by default what firmware and variables say} */
        public Builder secureBoot(Boolean value) {
            secureBoot = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the machine type of QEMU with its options, such as <code>q35</code> or <code>q35,smm=on</code>} */
        public Builder machineType(String value) {
            machineType = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the number of vCPUs} */
        public Builder smp(Integer value) {
            smp = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the memory of the machine in bytes} */
        public Builder memory(Long value) {
            memory = Optional.of(value);
            return this;
        }

        /** {@return this builder, given whether the machine is a confidential VM} */
        public Builder confidentialVm(boolean value) {
            confidentialVm = value;
            return this;
        }

        /**
         * {@return this builder, given whether the machine takes measurements through EFI_CC_MEASUREMENT_PROTOCOL and has no TPM}
         *
         * <p>What the firmware itself measures of PCRs 0, 1 and 7 is then left out, for it measures something else there; of the
         * other programs what they measure without a TPM remains.
         */
        public Builder ccMeasurement(boolean value) {
            ccMeasurement = value;
            return this;
        }

        /** {@return this builder, given fw_cfg etc/table-loader} */
        public Builder acpiLoader(Source value) {
            acpiLoader = Optional.of(value);
            return this;
        }

        /** {@return this builder, given fw_cfg etc/acpi/rsdp} */
        public Builder acpiRsdp(Source value) {
            acpiRsdp = Optional.of(value);
            return this;
        }

        /** {@return this builder, given fw_cfg etc/acpi/tables} */
        public Builder acpiTables(Source value) {
            acpiTables = Optional.of(value);
            return this;
        }

        /**
         * {@return this builder, given a further file that the ACPI loader script allocates, such as {@code etc/vmgenid_guid}}
         *
         * @param file its name in fw_cfg
         * @param value the file
         */
        public Builder acpiFile(String file, Source value) {
            acpiFiles.put(Objects.requireNonNull(file, "file"), Objects.requireNonNull(value, "value"));
            return this;
        }

        /** {@return this builder, given fw_cfg etc/tpm/log; by default 65536 zeros} */
        public Builder tpmLog(Source value) {
            tpmLog = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the SMBIOS table as the guest sees it} */
        public Builder smbios(SmbiosTable value) {
            smbios = Optional.of(value);
            return this;
        }

        /** {@return this builder, given option ROMs, in the order of PCI enumeration} */
        public Builder optionRoms(List<Source> value) {
            optionRoms = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given BootOrder} */
        public Builder bootOrder(List<Integer> value) {
            bootOrder = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the value of the boot option of a number, Boot####, an EFI_LOAD_OPTION} */
        public Builder bootVariable(int number, Source value) {
            bootVariables.put(number, Objects.requireNonNull(value, "value"));
            return this;
        }

        /** {@return this builder, given the disk of the first boot option, from which the firmware makes that option} */
        public Builder bootDisk(BootDisk value) {
            bootDisk = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the kind of processor, as PEIFV patches call it, or {@code any}} */
        public Builder processor(String value) {
            processor = Optional.of(value);
            return this;
        }

        /** {@return this builder, given boot options that fail before the real one: the image that was loaded, or empty for nothing} */
        public Builder failedBootOptions(List<Optional<Source>> value) {
            failedBootOptions = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the EFI programs before the UKI or kernel, in load order: shim, systemd-boot, grub} */
        public Builder loaders(List<Source> value) {
            loaders = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given the version of shim, whatever the file says} */
        public Builder shimVersion(String value) {
            shimVersion = Optional.of(value);
            return this;
        }

        /** {@return this builder, given what a GRUB among the loaders reads and runs} */
        public Builder grub(GrubInputs value) {
            grub = Objects.requireNonNull(value, "grub");
            return this;
        }

        /** {@return this builder, given loader/loader.conf} */
        public Builder loaderConf(Source value) {
            loaderConf = Optional.of(value);
            return this;
        }

        /** {@return this builder, given an entry of type 1 that systemd-boot starts} */
        public Builder loaderEntry(Source value) {
            loaderEntry = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the boot disk, or its first sectors} */
        public Builder disk(Source value) {
            disk = Optional.of(value);
            return this;
        }

        /** {@return this builder, given whether the first ExitBootServices fails} */
        public Builder exitBootRetry(ExitBootRetry value) {
            exitBootRetry = Objects.requireNonNull(value, "exitBootRetry");
            return this;
        }

        /** {@return this builder, given whether the VMM hands the kernel to the firmware} */
        public Builder direct(boolean value) {
            direct = value;
            return this;
        }

        /** {@return this builder, given the kernel of a direct boot or of an entry of type 1} */
        public Builder kernel(Source value) {
            kernel = Optional.of(value);
            return this;
        }

        /** {@return this builder, given its initrd} */
        public Builder initrd(Source value) {
            initrd = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the command line of a direct boot} */
        public Builder append(String value) {
            append = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the version of QEMU} */
        public Builder qemuVersion(String value) {
            qemuVersion = Optional.of(value);
            return this;
        }

        /** {@return this builder, given add-ons of the UKI} */
        public Builder addons(List<NamedFile> value) {
            addons = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given add-ons for every UKI} */
        public Builder globalAddons(List<NamedFile> value) {
            globalAddons = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given credentials of the UKI} */
        public Builder credentials(List<NamedFile> value) {
            credentials = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given credentials for every UKI} */
        public Builder globalCredentials(List<NamedFile> value) {
            globalCredentials = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given system extensions of the UKI} */
        public Builder sysexts(List<NamedFile> value) {
            sysexts = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given system extensions for every UKI} */
        public Builder globalSysexts(List<NamedFile> value) {
            globalSysexts = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given configuration extensions of the UKI} */
        public Builder confexts(List<NamedFile> value) {
            confexts = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given configuration extensions for every UKI} */
        public Builder globalConfexts(List<NamedFile> value) {
            globalConfexts = List.copyOf(value);
            return this;
        }

        /** {@return this builder, given the consoles of the machine; none of them if the list is empty} */
        public Builder consoles(List<BootConsole> value) {
            consoles = Optional.of(value);
            return this;
        }

        /** {@return this builder, given what loader or firmware hands to the UKI} */
        public Builder loadOptions(String value) {
            loadOptions = Optional.of(value);
            return this;
        }

        /** {@return the inputs} */
        public BootInputs build() {
            return new BootInputs(this);
        }
    }
}
