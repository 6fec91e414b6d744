package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import dev.measure.firmware.FirmwareVolumes;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.GuidPartitionTable;
import dev.measure.uefi.VariableData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What OVMF measures by itself, before and around the images that it starts: PCRs 0 to 7 up to the first image, the partition table,
 * and the end of boot services (edk2 SecurityPkg/Tcg/Tcg2Pei, Tcg2Dxe; OvmfPkg).
 */
final class Ovmf {
    static final String CALLING = "Calling EFI Application from Boot Option";
    private static final String RETURNING = "Returning from EFI Application from Boot Option";
    private static final String EXIT_INVOCATION = "Exit Boot Services Invocation";
    private static final String EXIT_SUCCESS = "Exit Boot Services Returned with Success";
    private static final String EXIT_FAILURE = "Exit Boot Services Returned with Failure";
    private static final UUID SMBIOS_TABLE = UUID.fromString("eb9d2d31-2d88-11d3-9a16-0090273fc14d");

    /** Size of the area that QEMU lends the firmware for the log; zeros when the firmware measures it. */
    private static final int TPM_LOG = 65536;

    private final EventRecorder recorder;
    private final BootInputs inputs;
    private final Optional<FirmwareFacts> facts;

    Ovmf(EventRecorder recorder, BootInputs inputs, Optional<FirmwareFacts> facts) {
        this.recorder = recorder;
        this.inputs = inputs;
        this.facts = facts;
    }

    private Optional<Edk2Build> build() {
        return facts.flatMap(FirmwareFacts::build);
    }

    private static Provenance source(String place) {
        return new Provenance.Constant("edk2", place);
    }

    /** PCR 0: version, PEIFV, DXEFV. */
    void firmwareVolumes() {
        if (inputs.firmware.isEmpty()) {
            recorder.unknown(0, "the firmware of the machine is not given", "--firmware");
            return;
        }
        FirmwareFacts known = facts.orElseThrow();
        if (known.volumes().isEmpty()
                || !FirmwareFacts.hasEarlyPhase(known.volumes().get())) {
            recorder.unknown(0, "the firmware has no PEIFV and DXEFV as OVMF packs them", "a log of that machine");
            return;
        }
        version(known);
        FirmwareVolumes.Volume pei = known.volumes().get().volumes().get(0);
        FirmwareVolumes.Volume dxe = known.volumes().get().volumes().get(1);
        Provenance.FileRange packed = known.volumes().get().packed();
        new Peifv(recorder, inputs, known).record(pei, packed);
        recorder.add(
                "DXEFV",
                Producer.FIRMWARE,
                0,
                EventType.EV_EFI_PLATFORM_FIRMWARE_BLOB,
                EventBytes.firmwareBlob(Edk2Build.DXEFV_BASE, dxe.content().length()),
                Measured.of(dxe.content()),
                new Provenance.Derived("unpacked firmware volume", List.of(packed)),
                Evidence.BOOT);
    }

    private void version(FirmwareFacts known) {
        Optional<String> version = inputs.crtmVersion.or(known::version);
        if (version.isEmpty() && !known.ambiguousVersion() && build().isPresent()) {
            version = Optional.of(""); // builds without PcdFirmwareVersionString measure an empty text
        }
        if (version.isEmpty()) {
            recorder.unknown(
                    0,
                    known.ambiguousVersion()
                            ? "the firmware holds more than one version string"
                            : "the firmware holds no version string and its build is not known",
                    "--crtm-version");
            return;
        }
        recorder.add(
                "version '" + version.get() + "'",
                Producer.FIRMWARE,
                0,
                EventType.EV_S_CRTM_VERSION,
                CmdlineText.u16(version.get()),
                inputs.crtmVersion.isPresent()
                        ? new Provenance.Parameter("crtm-version", version.get())
                        : Provenance.FileRange.of(inputs.firmware.orElseThrow().source()),
                Evidence.BOOT);
    }

    /** PCR 7 up to its separator: state and databases of Secure Boot. */
    void secureBootVariables(Optional<Boolean> secureBoot) {
        if (facts.flatMap(FirmwareFacts::variables).isEmpty()) {
            recorder.unknown(7, "PK, KEK, db and dbx are in the variable store, which is not given", "--vars");
        } else if (secureBoot.isEmpty() || facts.get().secureBootCapable().isEmpty()) {
            recorder.unknown(7, "whether the firmware is built with Secure Boot is not known", "--firmware");
        } else {
            byte[] off = facts.get().secureBootCapable().get() ? new byte[] {0} : new byte[0];
            variable(
                    GuidName.EFI_GLOBAL_VARIABLE,
                    "SecureBoot",
                    secureBoot.get() ? new byte[] {1} : off,
                    source("SecureBoot variable"));
            stored(GuidName.EFI_GLOBAL_VARIABLE, "PK");
            stored(GuidName.EFI_GLOBAL_VARIABLE, "KEK");
            stored(GuidName.EFI_IMAGE_SECURITY_DATABASE, "db");
            stored(GuidName.EFI_IMAGE_SECURITY_DATABASE, "dbx");
            if (facts.get()
                    .variable(GuidName.EFI_IMAGE_SECURITY_DATABASE, "dbt")
                    .isPresent()) {
                stored(GuidName.EFI_IMAGE_SECURITY_DATABASE, "dbt");
            }
        }
        recorder.separator(7);
    }

    private void stored(UUID guid, String name) {
        Optional<Source> value = facts.flatMap(f -> f.variable(guid, name));
        variable(
                guid,
                name,
                value.map(Source::toByteArray).orElse(new byte[0]),
                value.<Provenance>map(VariableData::provenance).orElseGet(() -> source("no such variable")));
    }

    private void variable(UUID guid, String name, byte[] value, Provenance provenance) {
        recorder.add(
                name,
                Producer.FIRMWARE,
                7,
                EventType.EV_EFI_VARIABLE_DRIVER_CONFIG,
                VariableData.bytes(guid, name, value),
                provenance,
                Evidence.BOOT);
    }

    /** PCR 1: the ACPI blobs that the VMM hands over. */
    void acpi() {
        if (build().isEmpty()) {
            recorder.unknown(1, "what goes into PCR 1 depends on the build of the firmware", "--firmware");
            return;
        }
        if (!build().get().acpi()) {
            return;
        }
        if (inputs.acpiLoader.isEmpty()) {
            recorder.unknown(1, "the ACPI loader script of the machine is not given", "--acpi-loader");
            return;
        }
        acpiBlob(AcpiLoader.FILE, inputs.acpiLoader.get());
        for (String file : AcpiLoader.allocated(inputs.acpiLoader.get())) {
            switch (file) {
                case AcpiLoader.RSDP -> acpiBlob(file, inputs.acpiRsdp, "--acpi-rsdp");
                case AcpiLoader.TABLES -> acpiBlob(file, inputs.acpiTables, "--acpi-tables");
                case "etc/tpm/log" -> acpiBlob(file, inputs.tpmLog.orElseGet(() -> Source.of(file, new byte[TPM_LOG])));
                default ->
                    acpiBlob(file, Optional.ofNullable(inputs.acpiFiles.get(file)), "--acpi-file " + file + "=FILE");
            }
        }
    }

    private void acpiBlob(String file, Optional<Source> content, String option) {
        if (content.isEmpty()) {
            recorder.unknown(1, "the ACPI blob " + file + " of the machine is not given", option);
        } else {
            acpiBlob(file, content.get());
        }
    }

    private void acpiBlob(String file, Source content) {
        recorder.add(
                file,
                Producer.FIRMWARE,
                1,
                EventType.EV_PLATFORM_CONFIG_FLAGS,
                "ACPI DATA".getBytes(StandardCharsets.US_ASCII),
                Measured.of(content),
                Provenance.FileRange.of(content),
                Evidence.BOOT);
    }

    /** PCR 2: drivers in option ROMs. */
    void optionRoms(Optional<Boolean> secureBoot) {
        if (inputs.optionRoms.isEmpty()) {
            recorder.assume("option-rom", "none", "no PCI device is taken to bring an option ROM");
            return;
        }
        if (secureBoot.isEmpty() || secureBoot.get()) {
            recorder.unknown(
                    2, "what the firmware measures of option ROMs under Secure Boot is not known", "--secure-boot off");
            return;
        }
        for (Source rom : inputs.optionRoms) {
            for (OptionRom.Image image : OptionRom.read(rom).images()) {
                recorder.add(
                        "driver of " + rom.name(),
                        Producer.FIRMWARE,
                        2,
                        EventType.EV_EFI_BOOT_SERVICES_DRIVER,
                        EventBytes.imageLoad(new byte[0]),
                        new Measured.Image(image.image()),
                        Provenance.FileRange.of(image.image().source()),
                        inputs.optionRoms.size() == 1 ? Evidence.BOOT : Evidence.SOURCE);
            }
        }
    }

    /** PCR 1: the SMBIOS table, if this is its place. */
    void smbios(Edk2Build.Smbios place) {
        if (build().filter(b -> b.smbios() == place).isEmpty()) {
            return;
        }
        if (inputs.smbios.isEmpty()) {
            recorder.unknown(1, "OVMF " + build().get().id() + " measures the SMBIOS table of the machine", "--smbios");
            return;
        }
        ByteBuffer data = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        data.putLong(1).put(DevicePathBytes.guidBytes(SMBIOS_TABLE)).putLong(0);
        Source table = Source.of("filtered SMBIOS table", SmbiosFilter.of(inputs.smbios.get()));
        recorder.add(
                "SMBIOS table",
                Producer.FIRMWARE,
                1,
                EventType.EV_EFI_HANDOFF_TABLES,
                data.array(),
                Measured.of(table),
                new Provenance.Derived(
                        "SMBIOS table without serial numbers",
                        List.of(new Provenance.Parameter(
                                "smbios",
                                inputs.smbios.get().structures().get(0).bytes().name()))),
                Evidence.BOOT);
    }

    /** PCR 1: BootOrder and its options. */
    void bootVariables() {
        BootOptions.of(recorder, inputs, facts).ifPresent(variables -> {
            for (BootOptions.Variable variable : variables) {
                if (variable.ways().isEmpty()) {
                    recorder.add(bootVariable(variable, variable.value()));
                } else {
                    Map<BootVariant.Choice, BootEvent> ways = new LinkedHashMap<>();
                    variable.ways().forEach((choice, value) -> ways.put(choice, bootVariable(variable, value)));
                    recorder.fork(ways);
                }
            }
        });
    }

    private static BootEvent bootVariable(BootOptions.Variable variable, Source value) {
        byte[] data = VariableData.bytes(GuidName.EFI_GLOBAL_VARIABLE, variable.name(), value.toByteArray());
        return new BootEvent(
                variable.name(),
                Producer.FIRMWARE,
                1,
                EventType.EV_EFI_VARIABLE_BOOT,
                Source.of(variable.name(), data),
                Measured.of(value),
                variable.provenance(),
                variable.evidence());
    }

    /** PCR 4: the firmware tries a boot option. */
    void calling() {
        action(4, CALLING, "MdeModulePkg/Library/UefiBootManagerLib/BmBoot.c");
    }

    /** The separators of PCRs 0 to 6. */
    void separators() {
        for (int pcr = 0; pcr <= 6; pcr++) {
            recorder.separator(pcr);
        }
    }

    /** PCR 4: a boot option that came back. */
    void returning() {
        action(4, RETURNING, "MdeModulePkg/Library/UefiBootManagerLib/BmBoot.c");
    }

    /** {@return the boot options that fail before the real one: the image that was loaded, or nothing} */
    List<Optional<Source>> failedOptions() {
        if (inputs.failedBootOptions.isPresent()) {
            return inputs.failedBootOptions.get();
        }
        if (inputs.direct) {
            return List.of();
        }
        if (build().filter(Edk2Build::failingEntry).isPresent()) {
            return List.of(Optional.empty());
        }
        recorder.assume(
                "failed-boot-option",
                "none",
                "the first boot option is taken to start; one that fails before it adds events to PCR 4");
        return List.of();
    }

    /** PCR 5: the partition table of the disk that the first image comes from. */
    void partitionTable() {
        if (inputs.direct) {
            return; // no disk is read
        }
        if (inputs.disk.isEmpty()) {
            recorder.unknown(5, "the partition table of the boot disk is not given", "--disk");
            return;
        }
        GuidPartitionTable table = GuidPartitionTable.read(inputs.disk.get());
        recorder.add(
                "GPT",
                Producer.FIRMWARE,
                5,
                EventType.EV_EFI_GPT_EVENT,
                table.eventData(),
                table.provenance(),
                Evidence.BOOT);
    }

    /** PCR 5: the kernel ends boot services, at the first try or at the second. */
    static void exitBootServices(EventRecorder recorder, boolean retry) {
        String place = "MdeModulePkg/Core/Dxe/DxeMain/DxeMain.c";
        if (retry) {
            action(recorder, 5, EXIT_INVOCATION, place);
            action(recorder, 5, EXIT_FAILURE, place);
        }
        action(recorder, 5, EXIT_INVOCATION, place);
        action(recorder, 5, EXIT_SUCCESS, place);
    }

    private void action(int pcr, String text, String place) {
        action(recorder, pcr, text, place);
    }

    private static void action(EventRecorder recorder, int pcr, String text, String place) {
        recorder.add(
                text,
                Producer.FIRMWARE,
                pcr,
                EventType.EV_EFI_ACTION,
                text.getBytes(StandardCharsets.US_ASCII),
                source(place),
                Evidence.BOOT);
    }

    /** {@return whether the first ExitBootServices may fail, and whether it may succeed} */
    List<Boolean> exitBootCourses() {
        return switch (inputs.exitBootRetry) {
            case YES -> List.of(true);
            case NO -> List.of(false);
            case BOTH -> List.of(true, false);
            case BY_BUILD -> {
                if (inputs.direct && (build().isPresent() || inputs.ccMeasurement)) {
                    yield List.of(false);
                }
                yield build().map(b -> List.of(b.retry())).orElse(List.of(true, false));
            }
        };
    }
}
