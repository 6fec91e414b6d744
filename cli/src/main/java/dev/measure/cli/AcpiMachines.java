package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.boot.AcpiLoader;
import dev.measure.tdx.AcpiEvent;
import dev.measure.tdx.AcpiTables;
import dev.measure.tdx.Edk2Generation;
import dev.measure.tdx.Rtmr;
import dev.measure.tdx.RtmrContent;
import dev.measure.tdx.RtmrInputs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What firmware measures of ACPI on each of the machines that a command line asks about. The tables name the memory and hold an entry
 * for each vCPU, so that those of one machine are never those of another.
 */
final class AcpiMachines {
    private static final String ELSE =
            "one machine at a time, or " + AcpiFromQemu.BINARY + ", which makes those of each";

    /** So many answers of QEMU, of 130 KiB each, are kept. */
    private static final int KEPT = 64;

    private final Call call;
    private final Result result;
    private final boolean severalSizes;
    private final boolean severalCounts;
    private final Optional<List<AcpiEvent>> lifted;
    private final List<Source> tables = new ArrayList<>();
    private final Map<String, Source> files = new TreeMap<>();
    private final Map<Machine, Map<String, Source>> asked = new HashMap<>();
    private Optional<Source> rsdp = Optional.empty();
    private Optional<Source> loader = Optional.empty();

    /**
     * The machines of a command line.
     *
     * @param sizes how many sizes of memory are asked for
     * @param counts how many numbers of vCPUs are asked for
     * @param lifted what a log says, where nothing else is given
     */
    AcpiMachines(Call call, Result result, int sizes, int counts, Optional<List<AcpiEvent>> lifted) {
        this.call = call;
        this.result = result;
        this.severalSizes = sizes > 1;
        this.severalCounts = counts > 1;
        this.lifted = lifted;
        call.values("--acpi-tables").forEach(name -> tables.add(PcrRequest.opened(call, result, "acpi-tables", name)));
        rsdp = PcrRequest.file(call, result, "--acpi-rsdp");
        loader = PcrRequest.file(call, result, "--acpi-loader");
        files.putAll(AcpiOptions.files(call, result, true));
    }

    /** What QEMU's tables depend on: the same machine in several profiles is asked once. */
    private record Machine(long memory, int vcpus, OptionalInt edk2) {}

    /** {@return whether each machine is asked of QEMU} */
    boolean areAsked() {
        return call.has(AcpiFromQemu.BINARY);
    }

    /** Puts in what one machine has, or why that is not known. */
    void into(RtmrInputs.Builder in, Optional<Long> memory, OptionalInt vcpus) {
        in.withoutAcpi();
        if (areAsked()) {
            ask(in, memory, vcpus);
        } else if (call.has(AcpiOptions.DIGESTS) || lifted.isPresent()) {
            if (severalSizes || severalCounts) {
                in.acpiMissing(
                        "the digests of ACPI tables are those of one machine, and "
                                + (severalCounts ? "several numbers of vCPUs" : "several sizes of memory")
                                + " are asked for",
                        ELSE);
            } else {
                in.acpiEvents(lifted.orElseGet(() -> AcpiOptions.given(call)));
            }
        } else {
            given(in, vcpus);
        }
    }

    private void ask(RtmrInputs.Builder in, Optional<Long> memory, OptionalInt vcpus) {
        Optional<Edk2Generation> edk2 = Rtmr.generation(in.build());
        if (edk2.filter(generation -> !generation.acpi()).isPresent()) {
            return; // this firmware measures none
        }
        if (memory.isEmpty() || vcpus.isEmpty()) {
            in.acpiMissing(
                    "the ACPI tables depend on memory and vCPUs of the guest",
                    memory.isEmpty() ? "--memory" : "--vcpus");
            return;
        }
        OptionalInt release = edk2.stream()
                .mapToInt(generation -> Integer.parseInt(generation.id()))
                .findFirst();
        if (asked.size() == KEPT) {
            asked.clear();
        }
        Map<String, Source> blobs = asked.computeIfAbsent(
                new Machine(memory.get(), vcpus.getAsInt(), release),
                machine -> AcpiFromQemu.read(call, result, machine.memory(), machine.vcpus(), machine.edk2()));
        result.assumption(new Assumption(
                "acpi-tables",
                "as " + call.value(AcpiFromQemu.BINARY).orElseThrow() + " makes them",
                "for the devices that are given; take the QEMU that runs the guest"));
        in.acpiLoader(RtmrContent.of(blobs.get(AcpiLoader.FILE)));
        for (String file : AcpiLoader.allocated(blobs.get(AcpiLoader.FILE))) {
            RtmrContent content = RtmrContent.of(blobs.get(file));
            switch (file) {
                case AcpiLoader.RSDP -> in.acpiRsdp(content);
                case AcpiLoader.TABLES -> in.acpiTables(content);
                default -> in.acpiFile(file, content);
            }
        }
    }

    private void given(RtmrInputs.Builder in, OptionalInt vcpus) {
        if (tables.isEmpty() && rsdp.isEmpty() && loader.isEmpty()) {
            return;
        }
        if (severalSizes && !tables.isEmpty()) {
            in.acpiMissing("the ACPI tables that are given are of one size of memory, and several are asked for", ELSE);
            return;
        }
        rsdp.map(RtmrContent::of).ifPresent(in::acpiRsdp);
        loader.map(RtmrContent::of).ifPresent(in::acpiLoader);
        files.forEach((name, file) -> in.acpiFile(name, RtmrContent.of(file)));
        List<Source> right = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (Source file : tables) {
            OptionalInt processors = processors(file);
            boolean known = processors.isPresent() && vcpus.isPresent();
            if (known ? processors.equals(vcpus) : !severalCounts) {
                right.add(file);
            } else {
                others.add(
                        processors.isPresent()
                                ? Integer.toString(processors.getAsInt())
                                : "a number that they do not tell");
            }
        }
        if (right.size() == 1) {
            in.acpiTables(RtmrContent.of(right.get(0)));
        } else if (right.size() > 1) {
            in.acpiMissing(
                    "several ACPI tables are given that may be those of the machine",
                    vcpus.isPresent() ? "one of them" : "--vcpus");
        } else if (!tables.isEmpty()) {
            in.acpiMissing(
                    "the ACPI tables that are given are of " + String.join(", ", others)
                            + " vCPUs, and their number is in them",
                    "--acpi-tables of " + (vcpus.isPresent() ? vcpus.getAsInt() : "so many") + " vCPUs, which"
                            + " measure tdx acpi writes, or " + AcpiFromQemu.BINARY + ", which makes them");
        }
    }

    /** Tables that are not QEMU's are measured as they are; then nothing is known of them. */
    private static OptionalInt processors(Source tables) {
        try {
            return AcpiTables.read(tables).processors();
        } catch (MalformedInputException e) {
            return OptionalInt.empty();
        }
    }
}
