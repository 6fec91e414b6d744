package dev.measure.boot;

import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import dev.measure.firmware.FirmwareVolumes;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * PEIFV as the firmware measures it: the volume of the file with what its modules, which run in place, have changed before (edk2
 * OvmfPkg/PlatformPei).
 */
final class Peifv {
    private static final String LEARN = "--peifv-patches, learned from a log of that machine";

    private final EventRecorder recorder;
    private final BootInputs inputs;
    private final FirmwareFacts facts;

    Peifv(EventRecorder recorder, BootInputs inputs, FirmwareFacts facts) {
        this.recorder = recorder;
        this.inputs = inputs;
        this.facts = facts;
    }

    /** PCR 0: one event; where the machine is not described to the last, one of several. */
    void record(FirmwareVolumes.Volume file, Provenance.FileRange packed) {
        Optional<List<PeifvPatches.Variant>> variants = inputs.peifvPatches
                .flatMap(given -> given.variants(facts.sha256()))
                .or(() -> PeifvPatches.builtIn().variants(facts.sha256()));
        if (variants.isEmpty()) {
            recorder.unknown(
                    0, "PEIFV in memory differs from the file in bytes that are not known for this build", LEARN);
            return;
        }
        List<PeifvPatches.Variant> fitting = variants.get().stream()
                .filter(v -> v.fits(inputs.machineType, inputs.smp, inputs.memory))
                .toList();
        if (fitting.isEmpty()) {
            recorder.unknown(
                    0,
                    "PEIFV in memory depends on the machine, and this one is not listed: known are "
                            + String.join(
                                    "; ",
                                    variants.get().stream()
                                            .map(v -> v.machine() + " with " + v.smp() + " vCPUs and " + v.memory()
                                                    + " of memory")
                                            .distinct()
                                            .toList()),
                    missingMachine());
            return;
        }
        List<PeifvPatches.Variant> ways = ofProcessor(fitting);
        if (ways.isEmpty()) {
            return;
        }
        Map<BootVariant.Choice, BootEvent> events = new LinkedHashMap<>();
        for (PeifvPatches.Variant way : ways) {
            Optional<Source> memory = memory(file, way);
            if (memory.isEmpty()) {
                return;
            }
            events.put(
                    new BootVariant.Choice("cpu", "cpu-" + way.cpu(), way.evidence()),
                    event(file, memory.get(), way, packed));
        }
        if (!ways.get(0).anyCpu()) {
            recorder.assume(
                    "processor",
                    String.join(
                            " or ", ways.stream().map(PeifvPatches.Variant::cpu).toList()),
                    "PEIFV in memory of this build depends on vendor, address bits and page sizes of the processor; QEMU's"
                            + " default is amd-40, known are "
                            + String.join(
                                    ", ",
                                    fitting.stream()
                                            .map(PeifvPatches.Variant::cpu)
                                            .toList())
                            + ": --processor KIND, or --processor any for a set");
        }
        if (events.size() == 1) {
            recorder.add(events.values().iterator().next());
        } else {
            recorder.fork(events);
        }
    }

    /** The lists of the given kind of processor; the first where none is given; none if it is not known, which is noted. */
    private List<PeifvPatches.Variant> ofProcessor(List<PeifvPatches.Variant> fitting) {
        String kind = inputs.processor.orElse(fitting.get(0).cpu());
        if (fitting.get(0).anyCpu()) {
            return List.of(fitting.get(0)); // the same on every processor
        }
        List<PeifvPatches.Variant> ways = fitting.stream()
                .filter(variant -> kind.equals("any") || variant.cpu().equals(kind))
                .toList();
        if (ways.isEmpty()) {
            recorder.unknown(
                    0,
                    "PEIFV in memory depends on the processor, and '" + kind + "' has not been seen: known are "
                            + String.join(
                                    ", ",
                                    fitting.stream()
                                            .map(PeifvPatches.Variant::cpu)
                                            .toList()),
                    LEARN);
        }
        return ways;
    }

    private Optional<Source> memory(FirmwareVolumes.Volume file, PeifvPatches.Variant variant) {
        byte[] memory = PeifvPatches.apply(file.content(), variant.patches());
        Source listed = Source.of(file.content().name(), memory);
        String expected = variant.measuredSha256();
        if (!expected.isEmpty() && !listed.digest(DigestAlgorithm.SHA256).hex().equals(expected)) {
            recorder.unknown(
                    0, "the list of PEIFV patches does not give the volume that it promises", "--peifv-patches");
            return Optional.empty();
        }
        if (variant.smm() && !storedMemoryTypes(file.content().toByteArray(), memory, variant)) {
            return Optional.empty();
        }
        return Optional.of(Source.of(file.content().name(), memory));
    }

    /**
     * Puts into PEIFV what a build with SMM reads from the variable store.
     *
     * @return whether it is known
     */
    private boolean storedMemoryTypes(byte[] file, byte[] memory, PeifvPatches.Variant variant) {
        OptionalInt table = MemoryTypeInformation.table(file);
        if (table.isEmpty()) {
            return true; // nothing of the store goes into this volume
        }
        if (facts.variables().isEmpty() || inputs.secureBootKeys.isPresent()) {
            if (inputs.peifvPatches.isPresent()) {
                recorder.assume(
                        "memory-type-information",
                        "as in --peifv-patches",
                        "PEIFV in memory depends on this variable of the store, which is not given");
                return true;
            }
            recorder.unknown(
                    0,
                    "builds with SMM put what the variable MemoryTypeInformation says into PEIFV in memory, and the variable"
                            + " store is not given",
                    "--vars");
            return false;
        }
        Optional<Source> value = facts.variable(MemoryTypeInformation.GUID, MemoryTypeInformation.VARIABLE);
        long pages = MemoryTypeInformation.refresh(memory, file, table.getAsInt(), value);
        variant.belowMemoryTypes().ifPresent(at -> MemoryTypeInformation.lower(memory, at, pages));
        recorder.assume(
                "memory-type-information",
                value.map(bytes -> HexFormat.of().formatHex(bytes.toByteArray()))
                        .orElse("none"),
                "as the store has it now; a boot that takes more memory changes it, and with it PCR 0 of later boots");
        return true;
    }

    private BootEvent event(
            FirmwareVolumes.Volume file, Source memory, PeifvPatches.Variant variant, Provenance.FileRange packed) {
        return new BootEvent(
                "PEIFV",
                Producer.FIRMWARE,
                0,
                EventType.EV_EFI_PLATFORM_FIRMWARE_BLOB,
                Source.of(
                        "PEIFV",
                        EventBytes.firmwareBlob(
                                facts.build().map(Edk2Build::peifvBase).orElse(0L),
                                file.content().length())),
                Measured.of(memory),
                new Provenance.Derived(
                        "unpacked firmware volume with " + variant.patches().size()
                                + " patches of the running machine (" + variant.evidence() + ")",
                        List.of(packed)),
                Evidence.BOOT);
    }

    private String missingMachine() {
        if (inputs.machineType.isEmpty()) {
            return "--machine-type";
        }
        return inputs.smp.isEmpty() || inputs.memory.isEmpty() ? "--smp and --memory" : LEARN;
    }
}
