package dev.measure.tdx;

import dev.measure.Source;
import dev.measure.boot.BootDisk;
import dev.measure.boot.BootInputs;
import dev.measure.boot.SmbiosFilter;
import dev.measure.smbios.SmbiosTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the RTMRs of a trust domain are predicted from. What is left out makes the registers that need it not predictable. */
public final class RtmrInputs {
    /**
     * The fw_cfg items that a firmware measures, in the order in which it does, with the only size in which it takes them; 0 for any
     * (edk2 OvmfPkg/Library/QemuFwCfgLib/QemuFwCfgCacheInit.c).
     */
    static final Map<String, Integer> FW_CFG_SIZES = fwCfgSizes();

    /** The fw_cfg items that a firmware measures, in the order in which it does. */
    public static final List<String> FW_CFG_ITEMS = List.copyOf(FW_CFG_SIZES.keySet());

    private static Map<String, Integer> fwCfgSizes() {
        Map<String, Integer> sizes = new LinkedHashMap<>();
        sizes.put("etc/extra-pci-roots", 8);
        sizes.put("BootMenu", 2);
        sizes.put("etc/boot-menu-wait", 2);
        sizes.put("etc/reserved-memory-end", 8);
        sizes.put("opt/ovmf/X-PciMmio64Mb", 0);
        sizes.put("bootorder", 0);
        return Collections.unmodifiableMap(sizes);
    }

    /** The Secure Boot variables, in the order in which a firmware measures them. */
    public static final List<String> SECURE_BOOT_VARIABLES = List.of("PK", "KEK", "db", "dbx", "dbt");

    final Optional<TdFirmware> firmware;
    final Optional<DstackMeasurement> published;
    final Optional<Edk2Generation> edk2;
    final Optional<Long> memory;
    final Optional<Boolean> secureBoot;
    final Optional<RtmrContent> acpiLoader;
    final Optional<RtmrContent> acpiRsdp;
    final Optional<RtmrContent> acpiTables;
    final SortedMap<String, RtmrContent> acpiFiles;
    final Optional<List<AcpiEvent>> acpiEvents;
    final Optional<Missing> acpiMissing;
    final Optional<RtmrContent> smbios;
    final Optional<Missing> smbiosMissing;
    final Optional<SmbiosTable> smbiosTable;
    final Optional<List<Integer>> bootOrder;
    final Optional<List<RtmrContent>> bootEvents;
    final Optional<RtmrContent> kernel;
    final Optional<RtmrContent> initrd;
    final Optional<String> append;
    final Optional<RtmrContent> loadOptions;
    final Optional<String> qemuVersion;
    final boolean kernelHeaderNormalized;
    final boolean shim;
    final Optional<BootInputs> boot;
    final Optional<BootDisk> bootDisk;
    final SortedMap<String, Source> fwCfg;
    final SortedMap<String, Source> variables;
    final SortedMap<Integer, Source> bootVariables;
    final List<RuntimeEvent> runtimeEvents;

    /** Why something is not known that might have been given, and the option that would settle it. */
    record Missing(String why, String input) {
        Missing {
            Objects.requireNonNull(why, "why");
            Objects.requireNonNull(input, "input");
        }
    }

    private RtmrInputs(Builder b) {
        firmware = b.firmware;
        published = b.published;
        edk2 = b.edk2;
        memory = b.memory;
        secureBoot = b.secureBoot;
        acpiLoader = b.acpiLoader;
        acpiRsdp = b.acpiRsdp;
        acpiTables = b.acpiTables;
        acpiFiles = Collections.unmodifiableSortedMap(new TreeMap<>(b.acpiFiles));
        acpiEvents = b.acpiEvents.map(List::copyOf);
        acpiMissing = b.acpiMissing;
        smbiosMissing = b.smbiosMissing;
        smbios = b.smbios;
        smbiosTable = b.smbiosTable;
        bootOrder = b.bootOrder.map(List::copyOf);
        bootEvents = b.bootEvents.map(List::copyOf);
        kernel = b.kernel;
        initrd = b.initrd;
        append = b.append;
        loadOptions = b.loadOptions;
        qemuVersion = b.qemuVersion;
        kernelHeaderNormalized = b.kernelHeaderNormalized;
        shim = b.shim;
        boot = b.boot;
        bootDisk = b.bootDisk;
        fwCfg = Collections.unmodifiableSortedMap(new TreeMap<>(b.fwCfg));
        variables = Collections.unmodifiableSortedMap(new TreeMap<>(b.variables));
        bootVariables = Collections.unmodifiableSortedMap(new TreeMap<>(b.bootVariables));
        runtimeEvents = List.copyOf(b.runtimeEvents);
    }

    /** {@return whether the VMM hands over what boots, a kernel or a UKI, so that no disk is looked for} */
    boolean handedOver() {
        return boot.map(BootInputs::direct).orElse(true);
    }

    /** {@return a builder in which nothing is given} */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects the inputs. */
    public static final class Builder {
        private Optional<TdFirmware> firmware = Optional.empty();
        private Optional<DstackMeasurement> published = Optional.empty();
        private Optional<Edk2Generation> edk2 = Optional.empty();
        private Optional<Long> memory = Optional.empty();
        private Optional<Boolean> secureBoot = Optional.empty();
        private Optional<RtmrContent> acpiLoader = Optional.empty();
        private Optional<RtmrContent> acpiRsdp = Optional.empty();
        private Optional<RtmrContent> acpiTables = Optional.empty();
        private final SortedMap<String, RtmrContent> acpiFiles = new TreeMap<>();
        private Optional<List<AcpiEvent>> acpiEvents = Optional.empty();
        private Optional<Missing> acpiMissing = Optional.empty();
        private Optional<Missing> smbiosMissing = Optional.empty();
        private Optional<RtmrContent> smbios = Optional.empty();
        private Optional<SmbiosTable> smbiosTable = Optional.empty();
        private Optional<List<Integer>> bootOrder = Optional.empty();
        private Optional<List<RtmrContent>> bootEvents = Optional.empty();
        private Optional<RtmrContent> kernel = Optional.empty();
        private Optional<RtmrContent> initrd = Optional.empty();
        private Optional<String> append = Optional.empty();
        private Optional<RtmrContent> loadOptions = Optional.empty();
        private Optional<String> qemuVersion = Optional.empty();
        private boolean kernelHeaderNormalized;
        private boolean shim;
        private Optional<BootInputs> boot = Optional.empty();
        private Optional<BootDisk> bootDisk = Optional.empty();
        private final SortedMap<String, Source> fwCfg = new TreeMap<>();
        private final SortedMap<String, Source> variables = new TreeMap<>();
        private final SortedMap<Integer, Source> bootVariables = new TreeMap<>();
        private final List<RuntimeEvent> runtimeEvents = new ArrayList<>();

        private Builder() {}

        /** {@return this builder, given the firmware and who starts it} */
        public Builder launch(TdxLaunch value) {
            firmware = Optional.of(new TdFirmware(value));
            return this;
        }

        /**
         * {@return this builder, given what dstack published of an image: its kernel, initrd and command line, and, where the firmware
         * is not given, where it has its TD HOB}
         */
        public Builder published(DstackMeasurement value) {
            published = Optional.of(value);
            kernel(RtmrContent.given(value.kernel(), "dstack-measurement"));
            initrd(RtmrContent.given(value.initrd(), "dstack-measurement"));
            return loadOptions(RtmrContent.given(value.cmdline(), "dstack-measurement"));
        }

        /** {@return this builder, given the generation whose rules the firmware follows, whatever the image says} */
        public Builder edk2(Edk2Generation value) {
            edk2 = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the memory of the guest in bytes} */
        public Builder memory(Long value) {
            memory = Optional.of(value);
            return this;
        }

        /** {@return this builder, given whether Secure Boot is on; by default what firmware and variables say} */
        public Builder secureBoot(Boolean value) {
            secureBoot = Optional.of(value);
            return this;
        }

        /** {@return this builder, given fw_cfg etc/table-loader} */
        public Builder acpiLoader(RtmrContent value) {
            acpiLoader = Optional.of(value);
            return this;
        }

        /** {@return this builder, given fw_cfg etc/acpi/rsdp} */
        public Builder acpiRsdp(RtmrContent value) {
            acpiRsdp = Optional.of(value);
            return this;
        }

        /** {@return this builder, given fw_cfg etc/acpi/tables; loader and RSDP are derived from them where they are not given} */
        public Builder acpiTables(RtmrContent value) {
            acpiTables = Optional.of(value);
            return this;
        }

        /**
         * {@return this builder, given a further file that the loader script allocates, such as {@code etc/vmgenid_guid}}
         *
         * @param file its name in fw_cfg
         * @param value the file
         */
        public Builder acpiFile(String file, RtmrContent value) {
            acpiFiles.put(Objects.requireNonNull(file, "file"), Objects.requireNonNull(value, "value"));
            return this;
        }

        /** {@return this builder, in which nothing is given of ACPI any more} */
        public Builder withoutAcpi() {
            acpiLoader = Optional.empty();
            acpiRsdp = Optional.empty();
            acpiTables = Optional.empty();
            acpiFiles.clear();
            acpiEvents = Optional.empty();
            acpiMissing = Optional.empty();
            return this;
        }

        /**
         * {@return this builder, given why what there is of ACPI is not that of this machine}
         *
         * @param why for people
         * @param input what would settle it
         */
        public Builder acpiMissing(String why, String input) {
            acpiMissing = Optional.of(new Missing(why, input));
            return this;
        }

        /**
         * {@return this builder, given why the SMBIOS table that there is is not that of this machine}
         *
         * @param why for people
         * @param input what would settle it
         */
        public Builder smbiosMissing(String why, String input) {
            smbiosMissing = Optional.of(new Missing(why, input));
            return this;
        }

        /** {@return this builder, given all that the firmware measures of ACPI, in order, in place of loader script, RSDP and tables} */
        public Builder acpiEvents(List<AcpiEvent> value) {
            acpiEvents = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the SMBIOS table as the guest sees it, of which firmware, loader and stub measure parts} */
        public Builder smbiosTable(SmbiosTable value) {
            smbiosTable = Optional.of(value);
            return smbios(RtmrContent.of(Source.of("filtered SMBIOS table", SmbiosFilter.of(value))));
        }

        /** {@return this builder, given the filtered SMBIOS table that the firmware measures, or its digest} */
        public Builder smbios(RtmrContent value) {
            smbios = Optional.of(value);
            return this;
        }

        /** {@return this builder, given BootOrder; an empty list if the firmware measures no boot variables} */
        public Builder bootOrder(List<Integer> value) {
            bootOrder = Optional.of(value);
            return this;
        }

        /** {@return this builder, given what boot variables that cannot be told otherwise measure, in order, such as digests of a log} */
        public Builder bootEvents(List<RtmrContent> value) {
            bootEvents = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the kernel that the VMM hands over, or the digest of its image event} */
        public Builder kernel(RtmrContent value) {
            kernel = Optional.of(value);
            return this;
        }

        /** {@return this builder, given its initrd, or its digest} */
        public Builder initrd(RtmrContent value) {
            initrd = Optional.of(value);
            return this;
        }

        /** {@return this builder, given its command line} */
        public Builder append(String value) {
            append = Optional.of(value);
            return this;
        }

        /** {@return this builder, given what the kernel measures as its load options, in place of the command line} */
        public Builder loadOptions(RtmrContent value) {
            loadOptions = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the version of QEMU, which may write into the kernel} */
        public Builder qemuVersion(String value) {
            qemuVersion = Optional.of(value);
            return this;
        }

        /**
         * {@return this builder, given whether the firmware writes into the setup header of a kernel what QEMU before 10.2 writes for
         * 4 GiB, whatever QEMU and memory are: dstack's from 0.6.0 on ({@code kernel_header_normalized})}
         */
        public Builder kernelHeaderNormalized(boolean value) {
            kernelHeaderNormalized = value;
            return this;
        }

        /** {@return this builder, given whether QEMU hands over a shim beside the kernel, by {@code -shim}} */
        public Builder shim(boolean value) {
            shim = value;
            return this;
        }

        /** {@return this builder, given the boot of a UKI, from a disk or handed over} */
        public Builder boot(BootInputs value) {
            boot = Optional.of(value);
            return this;
        }

        /** {@return this builder, given the disk that the boot option and QEMU's boot order name} */
        public Builder bootDisk(BootDisk value) {
            bootDisk = Optional.of(value);
            return this;
        }

        /**
         * {@return this builder, given a fw_cfg item}
         *
         * @param item one of {@link #FW_CFG_ITEMS}
         * @param value its bytes; none if the machine has none
         */
        public Builder fwCfg(String item, Source value) {
            if (!FW_CFG_ITEMS.contains(item)) {
                throw new IllegalArgumentException(
                        "no fw_cfg item '" + item + "' is measured, only " + String.join(", ", FW_CFG_ITEMS));
            }
            fwCfg.put(item, Objects.requireNonNull(value, "value"));
            return this;
        }

        /**
         * {@return this builder, given the value of a Secure Boot variable, in place of that in the variable store}
         *
         * @param name one of {@link #SECURE_BOOT_VARIABLES}
         * @param value its value without attributes; no bytes if it does not exist
         */
        public Builder variable(String name, Source value) {
            if (!SECURE_BOOT_VARIABLES.contains(name)) {
                throw new IllegalArgumentException(
                        "no variable '" + name + "' is measured, only " + String.join(", ", SECURE_BOOT_VARIABLES));
            }
            variables.put(name, Objects.requireNonNull(value, "value"));
            return this;
        }

        /** {@return this builder, given the value of the boot option of a number, an EFI_LOAD_OPTION} */
        public Builder bootVariable(int number, Source value) {
            bootVariables.put(number, Objects.requireNonNull(value, "value"));
            return this;
        }

        /** {@return this builder, given what the running system extends RTMR3 with, in order} */
        public Builder runtimeEvents(List<RuntimeEvent> value) {
            runtimeEvents.clear();
            runtimeEvents.addAll(value);
            return this;
        }

        /** {@return the inputs} */
        public RtmrInputs build() {
            return new RtmrInputs(this);
        }
    }
}
