package dev.measure.tdx;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.boot.AcpiLoader;
import dev.measure.eventlog.EventType;
import java.util.List;
import java.util.Optional;

/**
 * The events "ACPI DATA" of RTMR0: those that are given as a list, or the loader script and the files that it allocates. A machine
 * without vmgenid, TPM, NVDIMMs and the like has three.
 */
final class AcpiEvents {

    private static final String TPM_LOG = "etc/tpm/log";

    /** QEMU hw/acpi/tpm.c, TPM_LOG_AREA_MINIMUM_SIZE. */
    private static final int TPM_LOG_BYTES = 64 << 10;

    private static final List<String> USUAL = List.of(
            AcpiEvent.nameOf(AcpiLoader.FILE), AcpiEvent.nameOf(AcpiLoader.RSDP), AcpiEvent.nameOf(AcpiLoader.TABLES));

    private AcpiEvents() {}

    /** Adds the events, or the first reason for which they are not known. */
    static void measure(RtmrRecorder rtmr0, RtmrInputs inputs) {
        if (inputs.acpiMissing.isPresent()) {
            rtmr0.unknown(
                    inputs.acpiMissing.get().why(), inputs.acpiMissing.get().input());
            return;
        }
        if (inputs.acpiEvents.isPresent()) {
            inputs.acpiEvents.get().forEach(event -> add(rtmr0, event.name(), event.content()));
            return;
        }
        if (inputs.acpiTables.isEmpty()) {
            rtmr0.unknown("the ACPI tables of the machine are not given", "--acpi-tables");
            return;
        }
        Optional<Source> tables = inputs.acpiTables.get().bytes();
        Optional<RtmrContent> loader = inputs.acpiLoader;
        Optional<RtmrContent> rsdp = inputs.acpiRsdp;
        if (tables.isPresent() && (loader.isEmpty() || rsdp.isEmpty())) {
            AcpiBlobs blobs =
                    AcpiBlobs.of(tables.get(), rsdp.flatMap(RtmrContent::bytes), loader.flatMap(RtmrContent::bytes));
            loader = loader.or(() -> Optional.of(RtmrContent.of(blobs.loader())));
            rsdp = rsdp.or(() -> Optional.of(RtmrContent.of(blobs.rsdp())));
        }
        if (loader.isEmpty() || rsdp.isEmpty()) {
            boolean noLoader = loader.isEmpty();
            rtmr0.unknown(
                    noLoader ? "the ACPI loader script is not given" : "the ACPI RSDP is not given",
                    noLoader ? "--acpi-loader" : "--acpi-rsdp");
            return;
        }
        List<String> files = allocated(loader.get(), inputs);
        // Of machines with further files there are QEMU's scripts, and no logs.
        Evidence derived = files.size() == 2 ? Evidence.HARDWARE : Evidence.PEER;
        add(rtmr0, inputs.acpiLoader, AcpiLoader.FILE, loader.get(), tables, derived);
        for (String file : files) {
            Optional<RtmrContent> given = switch (file) {
                case AcpiLoader.RSDP -> inputs.acpiRsdp;
                case AcpiLoader.TABLES -> inputs.acpiTables;
                default -> Optional.ofNullable(inputs.acpiFiles.get(file));
            };
            Optional<RtmrContent> content = file.equals(AcpiLoader.RSDP) ? rsdp : given;
            if (content.isPresent()) {
                add(rtmr0, given, file, content.get(), tables, Evidence.HARDWARE);
            } else if (file.equals(TPM_LOG)) {
                rtmr0.assume(
                        "acpi-file " + file,
                        "zeros",
                        "QEMU hands over an empty log of 65536 bytes with every TPM device");
                rtmr0.add(
                        AcpiEvent.nameOf(file),
                        EventType.EV_PLATFORM_CONFIG_FLAGS,
                        new byte[TPM_LOG_BYTES],
                        new Provenance.Constant("QEMU", "hw/acpi/tpm.c"),
                        Evidence.BOOT);
            } else {
                rtmr0.unknown(
                        "the ACPI loader script allocates " + file + ", which is measured, too",
                        "--acpi-file " + file + "=FILE");
            }
        }
    }

    /** What a script allocates of which only the digest is known: QEMU's two files, and no other can be told its place. */
    private static List<String> allocated(RtmrContent loader, RtmrInputs inputs) {
        List<String> files =
                loader.bytes().map(AcpiLoader::allocated).orElse(List.of(AcpiLoader.RSDP, AcpiLoader.TABLES));
        for (String given : inputs.acpiFiles.keySet()) {
            if (!files.contains(given)) {
                throw new IllegalArgumentException("the ACPI loader script does not allocate " + given);
            }
        }
        return files;
    }

    /** A file that is given comes from there; one that is derived, from the tables. */
    private static void add(
            RtmrRecorder rtmr0,
            Optional<RtmrContent> given,
            String file,
            RtmrContent content,
            Optional<Source> tables,
            Evidence derived) {
        if (given.isPresent()) {
            add(rtmr0, AcpiEvent.nameOf(file), content);
            return;
        }
        rtmr0.add(
                AcpiEvent.nameOf(file),
                EventType.EV_PLATFORM_CONFIG_FLAGS,
                content.bytes().orElseThrow(),
                new Provenance.Derived("QEMU's rule", List.of(Provenance.FileRange.of(tables.orElseThrow()))),
                derived);
    }

    private static void add(RtmrRecorder rtmr0, String name, RtmrContent content) {
        // No log of a machine with further files is known; the rule for them is read in the source.
        Evidence evidence = USUAL.contains(name) ? Evidence.HARDWARE : Evidence.SOURCE;
        rtmr0.add(name, EventType.EV_PLATFORM_CONFIG_FLAGS, content, evidence);
    }
}
