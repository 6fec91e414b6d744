package dev.measure.cli;

import dev.measure.Source;
import dev.measure.tdx.QemuAcpi;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The ACPI blobs of a machine, asked of the QEMU that will run it. */
final class AcpiFromQemu {
    static final int MAX_VCPUS = 4096;
    static final String BINARY = "--qemu-binary";
    static final List<String> STATES =
            Arrays.stream(QemuAcpi.State.values()).map(QemuAcpi.State::id).toList();

    private static final int MAX_SECONDS = 600;

    private AcpiFromQemu() {}

    /** The options of a verb that has options for memory, vCPUs and EDK2 of its own. */
    static Options.Group group() {
        return new Options.Group(
                "RTMR0: ACPI tables asked of QEMU, for every size of memory and number of vCPUs",
                Options.value(
                        "PATH",
                        "qemu-system-x86_64; it is started paused, without KVM or guest code, once for each machine; see: measure"
                                + " help tdx acpi",
                        BINARY),
                machineType(),
                argument(),
                physicalBitsOption(),
                timeout());
    }

    static Options.Option machineType() {
        return Options.value("TEXT", "machine (default " + QemuAcpi.MACHINE + ")", "--machine-type");
    }

    static Options.Option argument() {
        return Options.repeated("ARG", "a further argument of QEMU; may be repeated", "--qemu-arg");
    }

    static Options.Option physicalBitsOption() {
        return Options.value(
                "N",
                "bits of a physical address as CPUID tells the guest, 32..52 (default 52, as in a trust domain; QEMU's own"
                        + " processors: 40)",
                "--phys-bits");
    }

    static Options.Option timeout() {
        return Options.value("SECONDS", "how long QEMU may take, 1..600 (default 30)", "--timeout");
    }

    /** Refuses options about a QEMU that is not asked. */
    static void check(Call call) {
        if (call.has(BINARY)) {
            return;
        }
        List<String> about = new ArrayList<>();
        List.of(group(), DstackMachine.group())
                .forEach(each -> each.options().forEach(option -> about.add(option.name())));
        for (String option : about) {
            if (call.has(option)) {
                throw Complaint.usage(
                        option + " says which machine's ACPI tables are asked of QEMU, and none is given",
                        "give " + BINARY + " PATH");
            }
        }
    }

    /**
     * {@return the files of {@link QemuAcpi.Answer#files}}
     *
     * @param memory of the guest, in bytes
     * @param vcpus how many it starts with
     * @param edk2 the release of the firmware, if it is known
     */
    static Map<String, Source> read(Call call, Result result, long memory, int vcpus, OptionalInt edk2) {
        String binary = call.value("--qemu-binary").orElseThrow();
        List<String> arguments = new ArrayList<>(List.of("-accel", "tcg"));
        String machine = call.has("--dstack")
                ? DstackMachine.machine(call)
                : call.value("--machine-type").orElse(QemuAcpi.MACHINE);
        List<String> devices = new ArrayList<>(DstackMachine.arguments(call, result, memory, vcpus));
        devices.addAll(call.values("--qemu-arg"));
        arguments.addAll(List.of("-machine", machine));
        arguments.addAll(List.of("-m", (memory >> 10) + "K"));
        arguments.addAll(List.of("-smp", Integer.toString(vcpus)));
        arguments.addAll(devices);
        Duration limit = Duration.ofSeconds(number(call, "--timeout", 30, 1, MAX_SECONDS));
        // A bare name is looked for in PATH, a path is seen from where the command runs.
        String program = binary.contains("/") ? call.inputs().path(binary).toString() : binary;
        QemuAcpi.Request request = new QemuAcpi.Request(
                program, arguments, edk2, physicalBits(call), call.has("--smm"), state(call), limit);
        try {
            QemuAcpi.Answer answer = read(request, machine, memory);
            answer.assumptions().forEach(result::assumption);
            return answer.files();
        } catch (IOException e) {
            throw new Complaint(
                    ExitCode.NOT_LAUNCHABLE,
                    binary + ": " + Inputs.why(e),
                    "is it a qemu-system-x86_64, and does it take these arguments?");
        }
    }

    /**
     * A guest may have more memory than this machine, and none of it is touched; but QEMU reserves it unless it is told not to. That
     * is done only if it is needed, since not every QEMU has the property.
     */
    private static QemuAcpi.Answer read(QemuAcpi.Request request, String machine, long memory) throws IOException {
        try {
            return QemuAcpi.read(request);
        } catch (IOException e) {
            if (!Inputs.why(e).contains("cannot set up guest memory")) {
                throw e;
            }
            List<String> arguments = new ArrayList<>(request.arguments());
            arguments.set(arguments.indexOf("-machine") + 1, machine + ",memory-backend=unreserved");
            arguments.addAll(
                    List.of("-object", "memory-backend-ram,id=unreserved,reserve=off,size=" + (memory >> 10) + "K"));
            return QemuAcpi.read(new QemuAcpi.Request(
                    request.binary(),
                    arguments,
                    request.edk2(),
                    request.physicalBits(),
                    request.smm(),
                    request.state(),
                    request.limit()));
        }
    }

    private static QemuAcpi.State state(Call call) {
        String name = call.value("--state").orElse(QemuAcpi.State.FIRMWARE.id());
        if (!STATES.contains(name)) {
            throw Complaint.usage(
                    "unknown state '" + name + "'",
                    Suggestion.didYouMean(name, STATES) + "all: " + String.join(", ", STATES));
        }
        QemuAcpi.State state = QemuAcpi.State.values()[STATES.indexOf(name)];
        List<String> without = new ArrayList<>();
        if (state != QemuAcpi.State.FIRMWARE) {
            without.addAll(List.of("--phys-bits", "--smm"));
        }
        if (state == QemuAcpi.State.RESET) {
            without.add("--edk2");
        }
        for (String option : without) {
            if (call.has(option)) {
                throw Complaint.usage(
                        option + " says what firmware programs, and --state " + name + " leaves that out", "");
            }
        }
        return state;
    }

    private static OptionalInt physicalBits(Call call) {
        return call.has("--phys-bits") ? OptionalInt.of(number(call, "--phys-bits", 0, 32, 52)) : OptionalInt.empty();
    }

    static int number(Call call, String option, int otherwise, int least, int most) {
        if (!call.has(option)) {
            return otherwise;
        }
        List<Integer> numbers = Lists.numbers(option, List.of(call.value(option).orElseThrow()), least, most);
        if (numbers.size() != 1) {
            throw Complaint.usage(option + " is one number here", "");
        }
        return numbers.get(0);
    }

    static OptionalInt edk2(Call call) {
        Optional<String> tag = call.value("--edk2").map(text -> text.replaceFirst("^edk2-stable", ""));
        if (tag.isPresent() && !tag.get().matches("20[0-9]{4}(\\.[0-9]+)?")) {
            throw Complaint.usage("--edk2: expected a tag such as 202505, got '" + tag.get() + "'", "");
        }
        return tag.map(text -> OptionalInt.of(Integer.parseInt(text.substring(0, 6))))
                .orElse(OptionalInt.empty());
    }
}
