package dev.measure.cli;

import dev.measure.tdx.GceMachineType;
import dev.measure.tdx.MrtdOrder;
import dev.measure.tdx.SectionTail;
import dev.measure.tdx.TdHob;
import dev.measure.tdx.TdxVmm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code measure tdx} is asked for.
 *
 * @param vmm the VMM, if it is known
 * @param orders the orders of MRTD; empty for what the VMM does, else both
 * @param tail what lies behind the data of a section, if it is not what the VMM does
 * @param registers registers and events
 * @param memory sizes of the guest's memory in bytes
 * @param arguments the options about the VMM, as they were given
 */
record TdxRequest(
        Optional<TdxVmm> vmm,
        List<MrtdOrder> orders,
        Optional<SectionTail> tail,
        Set<String> registers,
        List<Long> memory,
        List<String> arguments) {
    static final String MRTD = "mrtd";
    static final String TD_HOB = "td-hob";
    static final String CFV = "cfv";
    static final String TEE_INFO_HASH = "tee-info-hash";
    static final List<String> REGISTERS = List.of(MRTD, "rtmr0", "rtmr1", "rtmr2", "rtmr3", TD_HOB, CFV, TEE_INFO_HASH);
    static final List<String> ORDERS = List.of("page", "section", "image", "both");

    /** QEMU of a version that is not said. */
    private static final String QEMU = "qemu";

    /** A bare number below is MiB, as QEMU's -m has it. */
    private static final long LEAST_BYTES = 64L << 20;

    private static final Pattern SIZE = Pattern.compile("([0-9]{1,16})([kKmMgGtT]?)(?:i?[bB])?");

    /** {@return the names that --vmm takes} */
    static List<String> vmms() {
        List<String> names = new ArrayList<>(List.of(QEMU));
        TdxVmm.all().stream().map(TdxVmm::id).forEach(names::add);
        return names;
    }

    static TdxRequest of(Call call) {
        return of(call, TeeInfoOptions.isGiven(call));
    }

    private static TdxRequest of(Call call, boolean teeInfo) {
        List<String> arguments = new ArrayList<>();
        for (String option : List.of("--vmm", "--qemu-version", "--tail")) {
            call.value(option).ifPresent(value -> arguments.addAll(List.of(option, value)));
        }
        if (!vmm(call).equals(Optional.of(TdxVmm.GCE_TDHOB_BUG))) {
            for (String option : List.of("--gce-machine-type", "--early-accept")) {
                if (call.has(option)) {
                    throw Complaint.usage(
                            option + " belongs to --vmm " + TdxVmm.GCE_TDHOB_BUG.id(),
                            "Google's hypervisor of today measures alike on all machine types");
                }
            }
        }
        List<Long> memory = memory(call);
        Set<String> registers = new LinkedHashSet<>();
        for (String name : Lists.names("--register", call.values("--register"))) {
            if (!REGISTERS.contains(name)) {
                throw Complaint.usage(
                        "unknown register '" + name + "'",
                        Suggestion.didYouMean(name, REGISTERS) + "all: " + String.join(", ", REGISTERS));
            }
            registers.add(name);
        }
        for (String option : List.of("--platform-only", "--runtime-only")) {
            if (call.has(option)) {
                if (!registers.isEmpty()) {
                    throw Complaint.usage("both " + option + " and other registers are given", "keep one of them");
                }
                registers.addAll(option.equals("--platform-only") ? List.of(MRTD, "rtmr0") : List.of("rtmr1", "rtmr2"));
            }
        }
        if (teeInfo && !registers.isEmpty() && !registers.contains(TEE_INFO_HASH)) {
            throw Complaint.usage(
                    "options of TEE_INFO_HASH are given, and it is not asked for", "add it: --register tee-info-hash");
        }
        if (registers.isEmpty()) {
            registers.add(MRTD);
            if (teeInfo) {
                registers.add(TEE_INFO_HASH);
            }
            if (!memory.isEmpty()) {
                registers.add(TD_HOB);
            }
        }
        if (registers.contains(TD_HOB) && memory.isEmpty()) {
            throw new Complaint(
                    ExitCode.NOT_PREDICTABLE,
                    "the TD HOB depends on the memory of the guest",
                    "give --memory, such as 4G");
        }
        return new TdxRequest(vmm(call), orders(call), tail(call), registers, memory, arguments);
    }

    /** What {@code measure fuki} asks for, where {@code --vmm} is that of the launch digests. */
    static TdxRequest ofFuki(Call call) {
        Set<String> registers = new LinkedHashSet<>();
        for (String name : Lists.names("--register", call.values("--register"))) {
            if (REGISTERS.indexOf(name) < 0 || REGISTERS.indexOf(name) >= REGISTERS.indexOf(TD_HOB)) {
                List<String> known = REGISTERS.subList(0, REGISTERS.indexOf(TD_HOB));
                throw Complaint.usage(
                        "unknown register '" + name + "'",
                        Suggestion.didYouMean(name, known) + "all: " + String.join(", ", known));
            }
            registers.add(name);
        }
        if (registers.isEmpty()) {
            registers.addAll(REGISTERS.subList(0, REGISTERS.indexOf(TD_HOB)));
        }
        Optional<TdxVmm> vmm = call.value("--qemu-version").flatMap(version -> qemu(version));
        List<MrtdOrder> orders = vmm.isPresent() ? List.of() : List.of(MrtdOrder.PAGE, MrtdOrder.SECTION);
        List<String> arguments = call.value("--qemu-version")
                .map(version -> List.of("--qemu-version", version))
                .orElse(List.of());
        return new TdxRequest(vmm, orders, Optional.empty(), registers, memory(call), arguments);
    }

    /** What a quote is compared with: all registers, but RTMR3 only if something is said of it. */
    static TdxRequest ofEvidence(Call call, boolean published) {
        TdxRequest asked = of(call, false);
        if (asked.registers.contains(TEE_INFO_HASH)) {
            throw Complaint.usage(
                    TEE_INFO_HASH + " is no register to compare",
                    "a TDREPORT's own is checked without being asked for");
        }
        if (call.has("--register")) {
            return asked;
        }
        Set<String> registers = new LinkedHashSet<>(List.of("rtmr0", "rtmr1", "rtmr2"));
        if (!published) {
            registers.add(MRTD);
        }
        if (call.has("--runtime-event") || call.has("--from-log")) {
            registers.add("rtmr3");
        }
        return new TdxRequest(asked.vmm, asked.orders, asked.tail, registers, asked.memory, asked.arguments);
    }

    private static Optional<TdxVmm> qemu(String version) {
        try {
            return Optional.of(TdxVmm.ofQemu(version));
        } catch (IllegalArgumentException e) {
            throw Complaint.usage("--qemu-version: " + e.getMessage(), "");
        }
    }

    /** {@return a request for MRTD of an IGVM file, which nothing else decides about} */
    static TdxRequest ofIgvm() {
        return new TdxRequest(Optional.empty(), List.of(), Optional.empty(), Set.of(MRTD), List.of(), List.of());
    }

    private static Optional<TdxVmm> vmm(Call call) {
        Optional<String> name = call.value("--vmm").map(text -> text.toLowerCase(Locale.ROOT));
        Optional<String> version = call.value("--qemu-version");
        if (name.isPresent() && !vmms().contains(name.get())) {
            throw Complaint.usage(
                    "unknown VMM '" + name.get() + "'",
                    Suggestion.didYouMean(name.get(), vmms()) + "all: " + String.join(", ", vmms()));
        }
        if (version.isPresent()) {
            if (name.isPresent() && !name.get().equals(QEMU)) {
                throw Complaint.usage(
                        "both --vmm " + name.get() + " and --qemu-version " + version.get() + " are given",
                        "keep one of them");
            }
            return qemu(version.get());
        }
        return name.filter(known -> !known.equals(QEMU)).map(TdxVmm::parse);
    }

    /** {@return the machine types that are asked for, by default all} */
    static List<GceMachineType> gceMachineTypes(Call call) {
        if (!call.has("--gce-machine-type")) {
            return List.of(GceMachineType.values());
        }
        List<String> known =
                Arrays.stream(GceMachineType.values()).map(GceMachineType::id).toList();
        List<GceMachineType> types = new ArrayList<>();
        for (String name : Lists.names("--gce-machine-type", call.values("--gce-machine-type"))) {
            if (!known.contains(name)) {
                throw Complaint.usage(
                        "unknown machine type '" + name + "'",
                        Suggestion.didYouMean(name, known) + "all: " + String.join(", ", known));
            }
            types.add(GceMachineType.values()[known.indexOf(name)]);
        }
        return types;
    }

    /** {@return the value of an option that is true or false} */
    static boolean bool(Call call, String option) {
        String value = call.value(option).orElseThrow();
        if (!List.of("true", "false").contains(value)) {
            throw Complaint.usage(option + " must be true or false, got '" + value + "'", "");
        }
        return value.equals("true");
    }

    private static List<MrtdOrder> orders(Call call) {
        if (call.has("--two-pass-add-pages")) {
            if (call.has("--order")) {
                throw Complaint.usage("both --order and --two-pass-add-pages are given", "keep one of them");
            }
            return List.of(bool(call, "--two-pass-add-pages") ? MrtdOrder.SECTION : MrtdOrder.PAGE);
        }
        Set<MrtdOrder> orders = new TreeSet<>();
        for (String name : Lists.names("--order", call.values("--order"))) {
            switch (name) {
                case "page" -> orders.add(MrtdOrder.PAGE);
                case "section" -> orders.add(MrtdOrder.SECTION);
                case "image" -> orders.add(MrtdOrder.IMAGE);
                case "both" -> orders.addAll(List.of(MrtdOrder.PAGE, MrtdOrder.SECTION));
                default ->
                    throw Complaint.usage(
                            "unknown order '" + name + "'",
                            Suggestion.didYouMean(name, ORDERS) + "all: " + String.join(", ", ORDERS));
            }
        }
        return List.copyOf(orders);
    }

    private static Optional<SectionTail> tail(Call call) {
        Optional<String> tail = call.value("--tail");
        if (tail.isPresent() && !Set.of("file", "zero").contains(tail.get())) {
            throw Complaint.usage("--tail must be file or zero, got '" + tail.get() + "'", "");
        }
        return tail.map(name -> name.equals("file") ? SectionTail.FILE : SectionTail.ZERO);
    }

    private static List<Long> memory(Call call) {
        List<Long> sizes = new ArrayList<>();
        for (String item : Lists.names("--memory", call.values("--memory"))) {
            long size = size(item);
            if (!sizes.contains(size)) {
                sizes.add(size);
            }
        }
        return sizes;
    }

    /** Bytes of a size as QEMU's -m takes it: a bare number is MiB. */
    static long size(String text) {
        Matcher matcher = SIZE.matcher(text);
        if (!matcher.matches()) {
            throw Complaint.usage("--memory: expected a size such as 2048 (MiB) or 2G, got '" + text + "'", "");
        }
        // Nobody's guest has 64 TiB, and tdx-measure and dstack-mr take a bare number for bytes.
        boolean bytes = matcher.group(2).isEmpty() && Long.parseLong(matcher.group(1)) >= LEAST_BYTES;
        int shift = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "k" -> 10;
            case "g" -> 30;
            case "t" -> 40;
            default -> bytes ? 0 : 20;
        };
        long number = Long.parseLong(matcher.group(1));
        if (number > TdHob.MAX_MEMORY >> shift || number << shift == 0 || (number << shift) % 4096 != 0) {
            throw Complaint.usage("--memory must be a multiple of 4 KiB, at most 2048T, got " + text, "");
        }
        return number << shift;
    }
}
