package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.firmware.FirmwareVolumes;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.VariableStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * BootOrder and the Boot#### variables when the firmware measures them: given, found in a store that has booted, or made by the
 * firmware on its first boot (edk2 OvmfPkg/Library/PlatformBootManagerLib and MdeModulePkg's UefiBootManagerLib).
 */
public final class BootOptions {
    private static final String HINT = "--boot-order with --boot-variable, or --vars of a store that has booted";

    /**
     * A variable.
     *
     * @param name BootOrder or Boot####
     * @param value its value
     * @param provenance where it comes from
     * @param evidence how it is known
     * @param ways the values that it may have where the disk is not described; none if there is one
     */
    public record Variable(
            String name, Source value, Provenance provenance, Evidence evidence, Map<BootVariant.Choice, Source> ways) {
        /** Keeps the order. */
        public Variable {
            ways = Collections.unmodifiableMap(new LinkedHashMap<>(ways));
        }

        Variable(String name, Source value, Provenance provenance, Evidence evidence) {
            this(name, value, provenance, evidence, Map.of());
        }
    }

    /**
     * Variables that are given or stored.
     *
     * @param variables the variables, in the order of measuring
     * @param notKnown what is missing, if they are not complete
     */
    public record Known(List<Variable> variables, Optional<NotKnown> notKnown) {
        /** Copies the list. */
        public Known {
            variables = List.copyOf(variables);
        }
    }

    private BootOptions() {}

    /**
     * {@return the variables by what is given or stored; empty if the firmware has to make them}
     *
     * @param order BootOrder, if it is given
     * @param values values of Boot####, which stand before those in the store
     * @param store the variable store
     */
    public static Optional<Known> known(
            Optional<List<Integer>> order, SortedMap<Integer, Source> values, Optional<VariableStore> store) {
        if (order.isPresent()) {
            return Optional.of(given(order.get(), values, store));
        }
        Optional<List<Variable>> stored = store.flatMap(BootOptions::stored);
        if (stored.isPresent()) {
            return stored.map(variables -> new Known(replaced(variables, values), Optional.empty()));
        }
        if (!values.isEmpty()) {
            return Optional.of(new Known(
                    List.of(),
                    Optional.of(new NotKnown(1, "boot options are given without their order", "--boot-order"))));
        }
        return Optional.empty();
    }

    /** {@return the variables in the order of measuring; empty if they are not known, which is noted for PCR 1} */
    static Optional<List<Variable>> of(EventRecorder recorder, BootInputs inputs, Optional<FirmwareFacts> facts) {
        Optional<Known> known = known(inputs.bootOrder, inputs.bootVariables, facts.flatMap(FirmwareFacts::variables));
        if (known.isPresent()) {
            known.get().notKnown().ifPresent(not -> recorder.unknown(not.pcr(), not.why(), not.input()));
            return known.filter(all -> all.notKnown().isEmpty()).map(Known::variables);
        }
        if (facts.isEmpty() || facts.get().build().isEmpty()) {
            recorder.unknown(1, "which boot variables the firmware makes is not known", HINT);
            return Optional.empty();
        }
        return made(recorder, inputs, facts.get().build().get(), facts.get().volumes());
    }

    /** The variables of a store, with the values that are given in place of its own. */
    private static List<Variable> replaced(List<Variable> stored, SortedMap<Integer, Source> values) {
        Map<String, Source> given = new HashMap<>();
        values.forEach((number, value) -> given.put(name(number), value));
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

    private static Known given(List<Integer> order, SortedMap<Integer, Source> values, Optional<VariableStore> store) {
        List<Variable> variables = new ArrayList<>();
        variables.add(order(order, new Provenance.Parameter("boot-order", hex(order)), Evidence.BOOT));
        for (int number : order) {
            Optional<Source> value = Optional.ofNullable(values.get(number));
            if (value.isEmpty()) {
                value = store.flatMap(s -> s.variable(GuidName.EFI_GLOBAL_VARIABLE, name(number)))
                        .map(VariableStore.Variable::data);
            }
            if (value.isEmpty()) {
                return new Known(
                        List.of(),
                        Optional.of(new NotKnown(
                                1,
                                "BootOrder names " + name(number) + ", whose value is not given",
                                "--boot-variable " + name(number).substring(4) + "=FILE")));
            }
            variables.add(new Variable(name(number), value.get(), Provenance.FileRange.of(value.get()), Evidence.BOOT));
        }
        return new Known(variables, Optional.empty());
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
        return FirstBootOptions.Option.variable(number);
    }

    /** The options of a build's first boot, where such a boot has been seen. */
    private static Optional<List<Variable>> made(
            EventRecorder recorder, BootInputs inputs, Edk2Build build, Optional<FirmwareVolumes> volumes) {
        boolean disk = !inputs.direct;
        List<BootDisk> disks = disks(inputs);
        boolean first = disks.get(0).bootIndex();
        boolean seen = switch (build.id()) {
            case "2022.11", "2025.02" -> true;
            case "2026.08" -> !disk || first;
            case "2026.08-amdsev" -> disk;
            default -> disk && first;
        };
        if (!seen) {
            recorder.unknown(
                    1,
                    "which boot variables OVMF " + build.id() + " makes for "
                            + (disk ? "a disk without bootindex" : "a direct boot") + " is not known",
                    HINT);
            return Optional.empty();
        }
        boolean inferred = disk && !first && build.id().equals("2022.11");
        if (disk && !build.id().equals("2026.08-amdsev")) {
            BootDisk named = disks.get(0);
            recorder.assume(
                    "boot-disk",
                    String.join(
                                    " or ",
                                    disks.stream()
                                            .map(one -> one.device().qemu())
                                            .toList()) + " in slot " + named.slotOn(inputs.machineType),
                    inputs.bootDisk.isPresent()
                            ? "as given; it is named by the first boot option"
                            : "nothing says what the machine boots from; the first boot option names the disk, so any other"
                                    + " device, slot or serial number gives another PCR 1, as nvme does, which always has a"
                                    + " serial number: --boot-disk");
        }
        recorder.assume(
                "boot-variables",
                "made by the firmware",
                "the variable store holds no BootOrder, so these are the options of OVMF " + build.id()
                        + " on its first boot");
        Evidence evidence = inferred ? Evidence.SOURCE : Evidence.BOOT;
        Provenance made = new Provenance.Constant("OVMF " + build.id(), "boot options of the first boot");
        FirmwareApplications applications = applications(build, volumes);
        List<List<FirstBootOptions.Option>> ways = (disk ? disks : disks.subList(0, 1))
                .stream()
                        .map(one -> FirstBootOptions.of(
                                applications,
                                build.separateSetup(),
                                disk ? Optional.of(one) : Optional.empty(),
                                inputs.machineType))
                        .toList();
        List<FirstBootOptions.Option> options = ways.get(0);
        List<Variable> variables = new ArrayList<>();
        variables.add(
                order(options.stream().map(FirstBootOptions.Option::number).toList(), made, evidence));
        for (int i = 0; i < options.size(); i++) {
            Map<BootVariant.Choice, Source> values = new LinkedHashMap<>();
            for (int way = 0; way < ways.size(); way++) {
                values.put(choice(disks.get(way)), ways.get(way).get(i).value());
            }
            FirstBootOptions.Option option = options.get(i);
            // an application has the same value whatever the disk is
            boolean same = values.values().stream()
                            .map(value -> HexFormat.of().formatHex(value.toByteArray()))
                            .distinct()
                            .count()
                    == 1;
            variables.add(new Variable(option.name(), option.value(), made, evidence, same ? Map.of() : values));
        }
        return Optional.of(variables);
    }

    /** The given disk, or each that a machine may have: the machine type says nothing of its disks. */
    private static List<BootDisk> disks(BootInputs inputs) {
        return inputs.bootDisk.map(List::of).orElseGet(() -> BootDisk.usual(inputs.machineType));
    }

    private static BootVariant.Choice choice(BootDisk disk) {
        String device = disk.device().qemu();
        return new BootVariant.Choice("disk", "disk-" + device, "the machine boots from a " + device);
    }

    /** What the image holds, or the build that it is said to be. */
    private static FirmwareApplications applications(Edk2Build build, Optional<FirmwareVolumes> volumes) {
        return volumes.filter(FirmwareFacts::hasEarlyPhase)
                .map(unpacked -> FirmwareApplications.of(unpacked.volumes().get(1)))
                .orElseGet(build::applications);
    }

    private static Variable order(List<Integer> order, Provenance provenance, Evidence evidence) {
        return new Variable("BootOrder", FirstBootOptions.bootOrder(order), provenance, evidence);
    }
}
