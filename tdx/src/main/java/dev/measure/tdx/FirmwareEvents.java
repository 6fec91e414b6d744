package dev.measure.tdx;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.boot.AcpiLoader;
import dev.measure.eventlog.EventType;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.VariableData;
import dev.measure.uefi.VariableStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** What OVMF measures into RTMR0 of a trust domain, in order, up to the point where it starts the boot option. */
final class FirmwareEvents {
    /** Boot0000 of builds that have UiApp in the firmware volume of a TDX guest: attributes, path, "UiApp", FV and file. */
    private static final String UI_APP = "090100002c0055006900410070007000000004071400c9bdb87cebf8344faaea3ee4af6516a1"
            + "0406140021aa2c4614760345836e8ab6f46623317fff0400";

    private static final String GENROMS = "/rom@genroms/linuxboot_dma.bin\0";

    private final RtmrRecorder rtmr0;
    private final RtmrInputs inputs;
    private final Edk2Generation edk2;
    private final SecureBootState secureBoot;

    FirmwareEvents(RtmrRecorder rtmr0, RtmrInputs inputs, Edk2Generation edk2, SecureBootState secureBoot) {
        this.rtmr0 = rtmr0;
        this.inputs = inputs;
        this.edk2 = edk2;
        this.secureBoot = secureBoot;
    }

    private static Provenance source(String place) {
        return new Provenance.Constant("edk2", place);
    }

    /** Up to and with ACPI and SMBIOS tables. */
    void early() {
        if (inputs.launch.isEmpty()) {
            rtmr0.unknown("RTMR0 begins with the TD HOB and the CFV of the firmware", "--firmware");
            return;
        }
        hob(inputs.launch.get());
        cfv(inputs.launch.get());
        if (edk2.fwCfg()) {
            fwCfg();
        }
        variables();
        rtmr0.separator(Evidence.HARDWARE);
        if (edk2.acpi()) {
            acpi();
        }
        if (edk2.smbios()) {
            smbios();
        }
    }

    private void hob(TdxLaunch launch) {
        if (inputs.memory.isEmpty()) {
            rtmr0.unknown("the TD HOB depends on the memory of the guest", "--memory");
            return;
        }
        TdHob hob = TdHob.of(launch, inputs.memory.get());
        if (hob instanceof TdHob.Refused refused) {
            rtmr0.refuse(refused.why(), refused.hint());
        } else if (hob instanceof TdHob.Built built) {
            rtmr0.warn(built.warnings());
            rtmr0.assume(
                    "memory",
                    "q35",
                    "a q35 machine without NUMA nodes, memory devices or max-ram-below-4g; each of them changes the TD HOB");
            rtmr0.add(
                    "TD HOB",
                    EventType.EV_EFI_HANDOFF_TABLES2,
                    built.measured(),
                    new Provenance.Derived(
                            "HOB list as QEMU builds it",
                            List.of(
                                    new Provenance.Parameter("memory", Long.toString(built.memory() >> 20)),
                                    Provenance.FileRange.of(launch.firmware().image()))),
                    Evidence.HARDWARE);
        }
    }

    private void cfv(TdxLaunch launch) {
        List<Cfv> volumes = Cfv.of(launch);
        if (volumes.isEmpty()) {
            rtmr0.unknown("the firmware has no CFV section", "a firmware with one");
        }
        for (Cfv volume : volumes) {
            rtmr0.add(
                    "CFV",
                    EventType.EV_EFI_PLATFORM_FIRMWARE_BLOB2,
                    volume.volume(),
                    Provenance.FileRange.of(volume.volume()),
                    Evidence.HARDWARE);
        }
    }

    private void fwCfg() {
        for (String item : RtmrInputs.FW_CFG_ITEMS) {
            Source value = inputs.fwCfg.get(item);
            if (value == null) {
                value = usual(item);
            }
            if (value.length() > 0) {
                rtmr0.add(
                        "fw_cfg " + item,
                        EventType.EV_PLATFORM_CONFIG_FLAGS,
                        value,
                        Provenance.FileRange.of(value),
                        Evidence.SOURCE);
            }
        }
    }

    /** What QEMU has where nothing is said about it. */
    private Source usual(String item) {
        if (item.equals("BootMenu")) {
            rtmr0.assume("fw-cfg BootMenu", "0000", "QEMU has the item always; -boot menu=on makes it 0100");
            return Source.of("BootMenu", new byte[2]);
        }
        if (item.equals("bootorder")) {
            boolean handsOver = inputs.boot.isEmpty();
            rtmr0.assume(
                    "fw-cfg bootorder",
                    handsOver ? "linuxboot_dma.bin" : "none",
                    handsOver ? "-kernel on q35 and no bootindex" : "no device has a bootindex");
            return Source.of("bootorder", (handsOver ? GENROMS : "").getBytes(StandardCharsets.US_ASCII));
        }
        rtmr0.assume(
                "fw-cfg", "no more", "QEMU has " + "extra PCI roots, boot delay and memory windows only on request");
        return Source.of(item, new byte[0]);
    }

    private void variables() {
        Optional<byte[]> state = secureBoot.secureBoot();
        if (state.isEmpty()) {
            rtmr0.unknown(
                    "whether the firmware is built with Secure Boot cannot be read from the image", "--secure-boot");
            return;
        }
        boolean given = inputs.variables.keySet().containsAll(List.of("PK", "KEK", "db", "dbx"));
        if (secureBoot.store().isEmpty() && !given) {
            rtmr0.unknown("PK, KEK, db and dbx are in the variable store, which the image lacks", "--vars");
            return;
        }
        variable(GuidName.EFI_GLOBAL_VARIABLE, "SecureBoot", state.get(), source("AuthVariableLib"));
        for (String name : RtmrInputs.SECURE_BOOT_VARIABLES) {
            Source value = secureBoot.value(name);
            if (value.length() > 0 || !name.equals("dbt")) {
                variable(SecureBootState.vendor(name), name, value.toByteArray(), Provenance.FileRange.of(value));
            }
        }
    }

    private void variable(java.util.UUID vendor, String name, byte[] value, Provenance provenance) {
        rtmr0.add(
                name,
                EventType.EV_EFI_VARIABLE_DRIVER_CONFIG,
                VariableData.bytes(vendor, name, value),
                provenance,
                value.length == 0 ? Evidence.HARDWARE : Evidence.BOOT);
    }

    private void acpi() {
        Optional<Source> tables = inputs.acpiTables.flatMap(RtmrContent::bytes);
        Optional<RtmrContent> loader = inputs.acpiLoader;
        Optional<RtmrContent> rsdp = inputs.acpiRsdp;
        if (tables.isPresent() && (loader.isEmpty() || rsdp.isEmpty())) {
            AcpiBlobs blobs =
                    AcpiBlobs.of(tables.get(), rsdp.flatMap(RtmrContent::bytes), loader.flatMap(RtmrContent::bytes));
            loader = loader.or(() -> Optional.of(RtmrContent.of(blobs.loader())));
            rsdp = rsdp.or(() -> Optional.of(RtmrContent.of(blobs.rsdp())));
        }
        if (inputs.acpiTables.isEmpty()) {
            rtmr0.unknown("the ACPI tables of the machine are not given", "--acpi-tables");
            return;
        }
        if (loader.isEmpty() || rsdp.isEmpty()) {
            boolean noLoader = loader.isEmpty();
            rtmr0.unknown(
                    noLoader ? "the ACPI loader script is not given" : "the ACPI RSDP is not given",
                    noLoader ? "--acpi-loader" : "--acpi-rsdp");
            return;
        }
        acpi("ACPI loader", loader.get());
        List<String> files =
                loader.get().bytes().map(AcpiLoader::allocated).orElse(List.of("etc/acpi/rsdp", "etc/acpi/tables"));
        for (String file : files) {
            switch (file) {
                case "etc/acpi/rsdp" -> acpi("ACPI RSDP", rsdp.get());
                case "etc/acpi/tables" -> acpi("ACPI tables", inputs.acpiTables.get());
                default ->
                    rtmr0.unknown(
                            "the ACPI loader script names " + file + ", which is measured, too",
                            "a machine without it, or digests of a log");
            }
        }
    }

    private void acpi(String name, RtmrContent content) {
        rtmr0.add(name, EventType.EV_PLATFORM_CONFIG_FLAGS, content, Evidence.HARDWARE);
    }

    private void smbios() {
        if (inputs.smbios.isEmpty()) {
            rtmr0.unknown(
                    "EDK2 " + edk2.id() + " measures the SMBIOS table of the machine",
                    "--smbios, the table as the guest sees it");
            return;
        }
        rtmr0.assume(
                "smbios-place",
                "before the boot variables",
                "where the SMBIOS event stands depends on the build of the firmware");
        rtmr0.add("SMBIOS table", EventType.EV_EFI_HANDOFF_TABLES, inputs.smbios.get(), Evidence.SOURCE);
    }

    /** BootOrder and its options: given, stored, made by the firmware for a direct boot, or else from a log. */
    void bootVariables() {
        if (inputs.bootOrder.isPresent()) {
            given(inputs.bootOrder.get());
            return;
        }
        Optional<VariableStore.Variable> stored =
                secureBoot.store().flatMap(s -> s.variable(GuidName.EFI_GLOBAL_VARIABLE, "BootOrder"));
        if (stored.isPresent()) {
            boot("BootOrder", stored.get().data(), Evidence.SOURCE);
            options(stored.get().data().toByteArray());
            return;
        }
        boolean uiApp = edk2.id().compareTo("202505") < 0;
        boolean made = inputs.boot.isEmpty() && uiApp;
        if (!made && inputs.bootEvents.isPresent()) {
            inputs.bootEvents
                    .get()
                    .forEach(content ->
                            rtmr0.add("boot variable", EventType.EV_EFI_VARIABLE_BOOT, content, Evidence.HARDWARE));
            return;
        }
        if (!made) {
            rtmr0.unknown(
                    "which boot variables the firmware makes depends on its build and on the devices",
                    "--boot-order with --boot-variable; --boot-order none if it measures none");
            return;
        }
        boot("BootOrder", Source.of("BootOrder", new byte[2]), edk2.evidence());
        boot("Boot0000", Source.of("UiApp", HexFormat.of().parseHex(UI_APP)), edk2.evidence());
    }

    private void options(byte[] order) {
        for (int i = 0; i + 1 < order.length; i += 2) {
            int number = (order[i] & 0xff) | (order[i + 1] & 0xff) << 8;
            secureBoot
                    .store()
                    .flatMap(s -> s.variable(GuidName.EFI_GLOBAL_VARIABLE, name(number)))
                    .ifPresent(option -> boot(option.name(), option.data(), Evidence.SOURCE));
        }
    }

    private void given(List<Integer> order) {
        if (order.isEmpty()) {
            return;
        }
        ByteBuffer numbers = ByteBuffer.allocate(2 * order.size()).order(ByteOrder.LITTLE_ENDIAN);
        List<String> missing = new ArrayList<>();
        for (int number : order) {
            numbers.putShort((short) number);
            if (!inputs.bootVariables.containsKey(number)) {
                missing.add(name(number));
            }
        }
        if (!missing.isEmpty()) {
            rtmr0.unknown(
                    "BootOrder names " + missing.get(0) + ", whose value is not given",
                    "--boot-variable " + missing.get(0).substring(4) + "=FILE");
            return;
        }
        boot("BootOrder", Source.of("BootOrder", numbers.array()), Evidence.HARDWARE);
        order.forEach(number -> boot(name(number), inputs.bootVariables.get(number), Evidence.HARDWARE));
    }

    /** Of a boot variable the value alone is measured, not the structure in the log. */
    private void boot(String name, Source value, Evidence evidence) {
        rtmr0.add(name, EventType.EV_EFI_VARIABLE_BOOT, value, Provenance.FileRange.of(value), evidence);
    }

    private static String name(int number) {
        return String.format("Boot%04X", number);
    }
}
