package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.VariableStore;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * BootOrder and the Boot#### variables when the firmware measures them: given, found in a store that has booted, or made by the
 * firmware on its first boot (edk2 OvmfPkg/Library/PlatformBootManagerLib and MdeModulePkg's UefiBootManagerLib).
 */
final class BootOptions {
    private static final UUID MAIN_FV = UUID.fromString("7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1");
    private static final UUID UI_APP = UUID.fromString("462caa21-7614-4503-836e-8ab6f4662331");
    private static final UUID BOOT_MANAGER_MENU_APP = UUID.fromString("eec25bdc-67f2-4d95-b1d5-f81b2039d11d");
    private static final UUID SHELL = UUID.fromString("7c04a583-9e3e-4f1c-ad65-e05268d0b4d1");
    static final UUID GRUB = UUID.fromString("b5ae312c-bc8a-43b1-9c62-ebb826dd5d07");

    /** mBmAutoCreateBootOptionGuid: the optional data of options that the firmware makes by itself. */
    private static final UUID AUTO_CREATED = UUID.fromString("8108ac4e-9f11-4d59-850e-e21a522c59b2");

    private static final int ACTIVE = 1;
    private static final int HIDDEN = 8;
    private static final int APP = 0x100;

    /** QEMU's first slot for a device on q35; pc has the second. */
    private static final int FIRST_SLOT = 1;

    /** IDE disks of q35 hang on the AHCI controller at 1f.2. */
    private static final int AHCI_SLOT = 0x1f;

    private static final int AHCI_FUNCTION = 2;

    private static final String HINT = "--boot-order with --boot-variable, or --vars of a store that has booted";

    /**
     * A variable.
     *
     * @param name BootOrder or Boot####
     * @param value its value
     * @param provenance where it comes from
     * @param evidence how it is known
     */
    record Variable(String name, Source value, Provenance provenance, Evidence evidence) {}

    private BootOptions() {}

    /** {@return the variables in the order of measuring; empty if they are not known, which is noted for PCR 1} */
    static Optional<List<Variable>> of(EventRecorder recorder, BootInputs inputs, Optional<FirmwareFacts> facts) {
        Optional<VariableStore> store = facts.flatMap(FirmwareFacts::variables);
        Optional<List<Variable>> stored = store.flatMap(BootOptions::stored);
        if (inputs.bootOrder.isPresent()) {
            return given(recorder, inputs, store);
        }
        if (stored.isPresent()) {
            return stored.map(variables -> replaced(variables, inputs));
        }
        if (!inputs.bootVariables.isEmpty()) {
            recorder.unknown(1, "boot options are given without their order", "--boot-order");
            return Optional.empty();
        }
        if (facts.isEmpty() || facts.get().build().isEmpty()) {
            recorder.unknown(1, "which boot variables the firmware makes is not known", HINT);
            return Optional.empty();
        }
        return made(recorder, inputs, facts.get().build().get());
    }

    /** The variables of a store, with the values that are given in place of its own. */
    private static List<Variable> replaced(List<Variable> stored, BootInputs inputs) {
        Map<String, Source> given = new HashMap<>();
        inputs.bootVariables.forEach((number, value) -> given.put(name(number), value));
        return stored.stream()
                .map(variable -> given.containsKey(variable.name())
                        ? new Variable(
                                variable.name(),
                                given.get(variable.name()),
                                Provenance.FileRange.of(given.get(variable.name())),
                                Evidence.BOOT)
                        : variable)
                .toList();
    }

    private static Optional<List<Variable>> given(
            EventRecorder recorder, BootInputs inputs, Optional<VariableStore> store) {
        List<Integer> order = inputs.bootOrder.orElseThrow();
        List<Variable> variables = new ArrayList<>();
        variables.add(order(order, new Provenance.Parameter("boot-order", hex(order)), Evidence.BOOT));
        for (int number : order) {
            Optional<Source> value = Optional.ofNullable(inputs.bootVariables.get(number));
            if (value.isEmpty()) {
                value = store.flatMap(s -> s.variable(GuidName.EFI_GLOBAL_VARIABLE, name(number)))
                        .map(VariableStore.Variable::data);
            }
            if (value.isEmpty()) {
                recorder.unknown(
                        1,
                        "BootOrder names " + name(number) + ", whose value is not given",
                        "--boot-variable " + name(number).substring(4) + "=FILE");
                return Optional.empty();
            }
            variables.add(new Variable(name(number), value.get(), Provenance.FileRange.of(value.get()), Evidence.BOOT));
        }
        return Optional.of(variables);
    }

    private static String hex(List<Integer> order) {
        return String.join(
                ",", order.stream().map(n -> String.format("%04X", n)).toList());
    }

    private static Optional<List<Variable>> stored(VariableStore store) {
        Optional<VariableStore.Variable> order = store.variable(GuidName.EFI_GLOBAL_VARIABLE, "BootOrder");
        if (order.isEmpty()) {
            return Optional.empty();
        }
        List<Variable> variables = new ArrayList<>();
        variables.add(new Variable(
                "BootOrder",
                order.get().data(),
                Provenance.FileRange.of(order.get().data()),
                Evidence.BOOT));
        byte[] numbers = order.get().data().toByteArray();
        for (int i = 0; i + 1 < numbers.length; i += 2) {
            int number = (numbers[i] & 0xff) | (numbers[i + 1] & 0xff) << 8;
            store.variable(GuidName.EFI_GLOBAL_VARIABLE, name(number))
                    .ifPresent(variable -> variables.add(new Variable(
                            variable.name(),
                            variable.data(),
                            Provenance.FileRange.of(variable.data()),
                            Evidence.BOOT)));
        }
        return Optional.of(variables);
    }

    private static String name(int number) {
        return String.format(Locale.ROOT, "Boot%04X", number);
    }

    /** The options of a build's first boot. */
    private static Optional<List<Variable>> made(EventRecorder recorder, BootInputs inputs, Edk2Build build) {
        boolean disk = !inputs.direct;
        boolean first = inputs.bootDisk.bootIndex();
        Map<Integer, byte[]> options = new LinkedHashMap<>();
        Evidence evidence = Evidence.BOOT;
        switch (build.id()) {
            case "2022.11", "2025.02" -> {
                evidence = disk && !first && build.id().equals("2022.11") ? Evidence.SOURCE : Evidence.BOOT;
                byte[] uiApp = app("UiApp", ACTIVE | HIDDEN | APP, UI_APP);
                if (!disk) {
                    options.put(0, uiApp);
                } else if (first) {
                    options.put(1, disk(inputs));
                    options.put(0, uiApp);
                    options.put(2, app("EFI Internal Shell", ACTIVE, SHELL));
                } else {
                    options.put(0, uiApp);
                    options.put(1, disk(inputs));
                    options.put(2, app("EFI Internal Shell", ACTIVE, SHELL));
                }
            }
            case "2025.02-secboot" -> {
                if (disk && first) {
                    options.put(1, disk(inputs));
                    options.put(0, app("UiApp", ACTIVE | HIDDEN | APP, UI_APP));
                }
            }
            case "2026.08" -> {
                byte[] menu = app("BootManagerMenuApp", ACTIVE | HIDDEN | APP, BOOT_MANAGER_MENU_APP);
                byte[] setup = app("EFI Firmware Setup", ACTIVE | APP, UI_APP);
                if (!disk) {
                    options.put(0, menu);
                    options.put(1, setup);
                } else if (first) {
                    options.put(2, disk(inputs));
                    options.put(0, menu);
                    options.put(1, setup);
                    options.put(3, app("EFI Internal Shell", ACTIVE | APP, SHELL));
                }
            }
            case "2026.08-secboot" -> {
                if (disk && first) {
                    options.put(2, disk(inputs));
                    options.put(0, app("BootManagerMenuApp", ACTIVE | HIDDEN | APP, BOOT_MANAGER_MENU_APP));
                    options.put(1, app("EFI Firmware Setup", ACTIVE | APP, UI_APP));
                }
            }
            case "2026.08-amdsev" -> {
                if (disk) {
                    options.put(0, app("BootManagerMenuApp", ACTIVE | HIDDEN | APP, BOOT_MANAGER_MENU_APP));
                    options.put(1, app("EFI Firmware Setup", ACTIVE | APP, UI_APP));
                    options.put(2, app("Grub Bootloader", ACTIVE, GRUB));
                }
            }
            default -> {}
        }
        if (options.isEmpty()) {
            recorder.unknown(
                    1,
                    "which boot variables OVMF " + build.id() + " makes for "
                            + (disk ? "a disk without bootindex" : "a direct boot") + " is not known",
                    HINT);
            return Optional.empty();
        }
        if (disk && !build.id().equals("2026.08-amdsev")) {
            recorder.assume(
                    "boot-disk",
                    inputs.bootDisk.device().qemu() + " in slot " + slot(inputs),
                    "the first boot option names the disk; another device or slot gives another PCR 1");
        }
        recorder.assume(
                "boot-variables",
                "made by the firmware",
                "the variable store holds no BootOrder, so these are the options of OVMF " + build.id()
                        + " on its first boot");
        List<Variable> variables = new ArrayList<>();
        Provenance made = new Provenance.Constant("OVMF " + build.id(), "boot options of the first boot");
        variables.add(order(new ArrayList<>(options.keySet()), made, evidence));
        for (Map.Entry<Integer, byte[]> option : options.entrySet()) {
            variables.add(new Variable(
                    name(option.getKey()), Source.of(name(option.getKey()), option.getValue()), made, evidence));
        }
        return Optional.of(variables);
    }

    private static Variable order(List<Integer> order, Provenance provenance, Evidence evidence) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * order.size()).order(ByteOrder.LITTLE_ENDIAN);
        order.forEach(number -> bytes.putShort(number.shortValue()));
        return new Variable("BootOrder", Source.of("BootOrder", bytes.array()), provenance, evidence);
    }

    private static byte[] app(String description, int attributes, UUID file) {
        byte[] path = DevicePathBytes.path().fv(MAIN_FV).fvFile(file).end();
        return loadOption(attributes, description, path, new byte[0]);
    }

    private static int slot(BootInputs inputs) {
        boolean pc = inputs.machineType
                .filter(type -> type.split(",")[0].equals("pc"))
                .isPresent();
        return inputs.bootDisk.slot().orElse(pc ? FIRST_SLOT + 1 : FIRST_SLOT);
    }

    private static byte[] disk(BootInputs inputs) {
        BootDisk disk = inputs.bootDisk;
        DevicePathBytes path = DevicePathBytes.path().pciRoot();
        String description;
        switch (disk.device()) {
            case IDE_HD -> {
                path.pci(AHCI_SLOT, AHCI_FUNCTION).sata(0, 0xffff, 0);
                description = "UEFI QEMU HARDDISK " + disk.serial().orElse("QM00011") + " ";
            }
            case NVME -> {
                path.pci(slot(inputs), disk.function()).nvme(1);
                description = "UEFI QEMU NVMe Ctrl " + disk.serial().orElse("") + " 1";
            }
            case SCSI_HD -> {
                path.pci(slot(inputs), disk.function()).scsi(0, 0);
                description = "UEFI QEMU QEMU HARDDISK ";
            }
            default -> {
                path.pci(slot(inputs), disk.function());
                description = "UEFI Misc Device";
            }
        }
        return loadOption(ACTIVE, description, path.end(), DevicePathBytes.guidBytes(AUTO_CREATED));
    }

    private static byte[] loadOption(int attributes, String description, byte[] path, byte[] optionalData) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer head = ByteBuffer.allocate(6).order(ByteOrder.LITTLE_ENDIAN);
        out.writeBytes(head.putInt(attributes).putShort((short) path.length).array());
        out.writeBytes(CmdlineText.u16(description));
        out.writeBytes(path);
        out.writeBytes(optionalData);
        return out.toByteArray();
    }
}
