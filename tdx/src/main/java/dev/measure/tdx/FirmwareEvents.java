package dev.measure.tdx;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.boot.BootDisk;
import dev.measure.boot.BootOptions;
import dev.measure.boot.FirmwareApplications;
import dev.measure.boot.FirstBootOptions;
import dev.measure.eventlog.EventType;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.VariableData;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongFunction;

/** What OVMF measures into RTMR0 of a trust domain, in order, up to the point where it starts the boot option. */
final class FirmwareEvents {
    private static final String GENROMS = "/rom@genroms/linuxboot_dma.bin\0";

    private final RtmrRecorder rtmr0;
    private final RtmrInputs inputs;
    private final Edk2Generation edk2;
    private final SecureBootState secureBoot;

    /** Whether the disk that the machine boots from made a difference. */
    private boolean askedForDisk;

    private final BootDisk disk;

    FirmwareEvents(RtmrRecorder rtmr0, RtmrInputs inputs, Edk2Generation edk2, SecureBootState secureBoot) {
        this(rtmr0, inputs, edk2, secureBoot, inputs.bootDisk.orElse(BootDisk.DEFAULT));
    }

    /** Events of a machine that boots from a disk, which counts where the boot is one from a disk. */
    FirmwareEvents(
            RtmrRecorder rtmr0, RtmrInputs inputs, Edk2Generation edk2, SecureBootState secureBoot, BootDisk disk) {
        this.disk = disk;
        this.rtmr0 = rtmr0;
        this.inputs = inputs;
        this.edk2 = edk2;
        this.secureBoot = secureBoot;
    }

    private static Provenance source(String place) {
        return new Provenance.Constant("edk2", place);
    }

    /** {@return whether another disk would have led to other events} */
    boolean diskCounts() {
        return askedForDisk;
    }

    /** Up to and with the ACPI tables. */
    void early() {
        if (inputs.firmware.isPresent()) {
            first(inputs.firmware.get().launch());
        } else if (inputs.published.isPresent()) {
            first(inputs.published.get());
        } else {
            rtmr0.unknown("RTMR0 begins with the TD HOB and the CFV of the firmware", "--firmware");
            return;
        }
        if (edk2.fwCfg()) {
            fwCfg();
        }
        variables();
        rtmr0.separator(Evidence.HARDWARE);
        if (edk2.acpi()) {
            AcpiEvents.measure(rtmr0, inputs);
        }
    }

    /** What the firmware measures before it takes it: the TD HOB and the variable store. */
    void first(TdxLaunch launch) {
        hob(
                memory -> TdHob.of(launch, memory),
                Provenance.FileRange.of(launch.firmware().image()));
        cfv(launch);
    }

    /** A firmware that is known by what dstack published of it; its variable store is a fresh one. */
    private void first(DstackMeasurement published) {
        hob(memory -> TdHob.of(published, memory), new Provenance.Parameter("dstack-measurement", "td_hob"));
        rtmr0.assume(
                "cfv",
                "fresh",
                "dstack's firmware of kind " + published.ovmf() + " comes with an empty variable store");
        rtmr0.add(
                "CFV",
                EventType.EV_EFI_PLATFORM_FIRMWARE_BLOB2,
                FreshVariableStore.bytes(),
                source("OvmfPkg/Include/Fdf/VarStore.fdf.inc"),
                Evidence.HARDWARE);
    }

    private void hob(LongFunction<TdHob> list, Provenance sections) {
        if (inputs.memory.isEmpty()) {
            rtmr0.unknown("the TD HOB depends on the memory of the guest", "--memory");
            return;
        }
        TdHob hob = list.apply(inputs.memory.get());
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
                            List.of(new Provenance.Parameter("memory", Long.toString(built.memory() >> 20)), sections)),
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
            int size = RtmrInputs.FW_CFG_SIZES.get(item);
            if (size != 0 && value.length() != 0 && value.length() != size) {
                rtmr0.assume(
                        "fw-cfg " + item,
                        "passed over",
                        "it has " + value.length() + " bytes, and the firmware takes and measures it only with "
                                + size);
            } else if (value.length() > 0) {
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
            boolean handsOver = inputs.handedOver();
            String order = handsOver ? GENROMS : disk().bootOrderItem();
            rtmr0.assume(
                    "fw-cfg bootorder",
                    order.isEmpty() ? "none" : order.substring(0, order.length() - 1),
                    handsOver
                            ? "-kernel on q35 and no bootindex"
                            : order.isEmpty() ? "no device has a bootindex" : "no device but the disk has a bootindex");
            return Source.of("bootorder", order.getBytes(StandardCharsets.US_ASCII));
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
        if (state.get().length == 0 && secureBoot.capable().isEmpty()) {
            rtmr0.assume(
                    "SecureBoot",
                    "absent",
                    "whether the firmware is built with Secure Boot cannot be read from the image; one that is has the variable"
                            + " SecureBoot, 00 when it is off, and so another RTMR0");
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
                Provenance from = value.length() > 0 ? VariableData.provenance(value) : source("no such variable");
                variable(SecureBootState.vendor(name), name, value.toByteArray(), from);
            }
        }
    }

    private void variable(UUID vendor, String name, byte[] value, Provenance provenance) {
        rtmr0.add(
                name,
                EventType.EV_EFI_VARIABLE_DRIVER_CONFIG,
                VariableData.bytes(vendor, name, value),
                provenance,
                value.length == 0 ? Evidence.HARDWARE : Evidence.BOOT);
    }

    private void smbios() {
        if (inputs.smbiosMissing.isPresent()) {
            rtmr0.unknown(
                    inputs.smbiosMissing.get().why(), inputs.smbiosMissing.get().input());
            return;
        }
        if (inputs.smbios.isEmpty()) {
            rtmr0.unknown(
                    "EDK2 " + edk2.id() + " measures the SMBIOS table of the machine",
                    "--smbios, the table as the guest sees it");
            return;
        }
        rtmr0.assume(
                "smbios-place",
                "before the boot variables",
                "SmbiosMeasurementDxe starts after TdTcg2Dxe, as the dependencies of both ask in EDK2 202505 and later, and of"
                        + " two callbacks the later comes first");
        if (inputs.smbiosTable.isPresent() && inputs.smbios.get().bytes().isPresent()) {
            Source table = inputs.smbiosTable.get().structures().get(0).bytes();
            rtmr0.add(
                    "SMBIOS table",
                    EventType.EV_EFI_HANDOFF_TABLES,
                    inputs.smbios.get().bytes().get(),
                    new Provenance.Derived(
                            "SMBIOS table without serial numbers",
                            List.of(new Provenance.Parameter("smbios", table.name()))),
                    Evidence.SOURCE);
            return;
        }
        rtmr0.add("SMBIOS table", EventType.EV_EFI_HANDOFF_TABLES, inputs.smbios.get(), Evidence.SOURCE);
    }

    private BootDisk disk() {
        if (!askedForDisk) {
            askedForDisk = true;
            rtmr0.assume(
                    "boot-disk",
                    disk.text(),
                    inputs.bootDisk.isPresent()
                            ? "the only disk, and no other device makes a boot option"
                            : "nothing says what the machine boots from; firmware and QEMU name the disk, so any other device,"
                                    + " slot or serial number gives another RTMR0, as nvme does, which always has a serial number:"
                                    + " --boot-disk");
        }
        return disk;
    }

    /** At ReadyToBoot: the SMBIOS table, then the boot variables. */
    void readyToBoot() {
        if (inputs.firmware.flatMap(TdFirmware::measuresSmbios).orElse(edk2.smbios())) {
            smbios();
        }
        bootVariables();
    }

    /** BootOrder and its options: given, stored, from a log, or made by the firmware. */
    private void bootVariables() {
        if (inputs.bootOrder.filter(List::isEmpty).isPresent()) {
            return;
        }
        Optional<BootOptions.Known> known =
                BootOptions.known(inputs.bootOrder, inputs.bootVariables, secureBoot.store());
        if (known.isPresent()) {
            known.get().notKnown().ifPresent(not -> rtmr0.unknown(not.why(), not.input()));
            known.get()
                    .variables()
                    .forEach(variable ->
                            boot(variable.name(), variable.value(), variable.provenance(), variable.evidence()));
            return;
        }
        // A log knows the disk better than a default does.
        boolean guessed = !inputs.handedOver() && inputs.bootDisk.isEmpty();
        Optional<FirmwareApplications> applications = applications();
        if ((guessed || applications.isEmpty()) && inputs.bootEvents.isPresent()) {
            inputs.bootEvents
                    .get()
                    .forEach(content ->
                            rtmr0.add("boot variable", EventType.EV_EFI_VARIABLE_BOOT, content, Evidence.HARDWARE));
        } else if (applications.isEmpty()) {
            rtmr0.unknown(
                    "which boot variables the firmware makes depends on the applications in it, which cannot be read",
                    "--boot-order with --boot-variable; --boot-order none if it measures none");
        } else {
            made(applications.get());
        }
    }

    /** What the image holds; in old firmware UiApp alone is there before a kernel that was handed over is started. */
    private Optional<FirmwareApplications> applications() {
        Optional<FirmwareApplications> held = inputs.firmware.flatMap(TdFirmware::applications);
        boolean old = !edk2.separateSetup() && inputs.handedOver();
        return held.or(() -> old ? Optional.of(new FirmwareApplications(false, true, false, false)) : Optional.empty());
    }

    private void made(FirmwareApplications applications) {
        Optional<BootDisk> disk = inputs.handedOver() ? Optional.empty() : Optional.of(disk());
        List<FirstBootOptions.Option> options =
                FirstBootOptions.of(applications, edk2.separateSetup(), disk, Optional.empty());
        rtmr0.assume(
                "boot-variables",
                options.isEmpty() ? "none" : "made by the firmware",
                "the variable store holds no BootOrder, so these are the options that EDK2 " + edk2.id()
                        + " makes of the applications in this image");
        if (options.isEmpty()) {
            return;
        }
        // Seen on hardware for kernels that were handed over to firmware of the old kind.
        Evidence evidence = disk.isPresent() ? Evidence.SOURCE : edk2.separateSetup() ? Evidence.BOOT : edk2.evidence();
        Provenance made = source("MdeModulePkg/Universal/BdsDxe, OvmfPkg/Library/PlatformBootManagerLib");
        boot(
                "BootOrder",
                FirstBootOptions.bootOrder(
                        options.stream().map(FirstBootOptions.Option::number).toList()),
                made,
                evidence);
        options.forEach(option -> boot(option.name(), option.value(), made, evidence));
    }

    /** Of a boot variable the value alone is measured, not the structure in the log. */
    private void boot(String name, Source value, Provenance provenance, Evidence evidence) {
        rtmr0.add(name, EventType.EV_EFI_VARIABLE_BOOT, value, provenance, evidence);
    }
}
