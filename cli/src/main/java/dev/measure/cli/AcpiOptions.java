package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.boot.AcpiLoader;
import dev.measure.tdx.AcpiBlobs;
import dev.measure.tdx.AcpiEvent;
import dev.measure.tdx.RtmrContent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The options about the fw_cfg files of ACPI that a firmware measures: the loader script, and what it allocates. */
final class AcpiOptions {
    static final String FILE = "--acpi-file";
    static final String DIGESTS = "--acpi-digests";

    /** The options of the files that every machine has. */
    private static final Map<String, String> OWN = Map.of(
            AcpiLoader.FILE, "--acpi-loader", AcpiLoader.RSDP, "--acpi-rsdp", AcpiLoader.TABLES, "--acpi-tables");

    private static final List<String> THREE = List.of(AcpiLoader.FILE, AcpiLoader.RSDP, AcpiLoader.TABLES);

    /** Far more than any QEMU allocates. */
    private static final int MOST_DIGESTS = 64;

    private AcpiOptions() {}

    static Options.Option file() {
        return Options.repeated(
                "NAME=FILE",
                "a further fw_cfg file that the loader script allocates, such as etc/vmgenid_guid; may be repeated"
                        + " (etc/tpm/log is 65536 zeros if it is not given)",
                FILE);
    }

    static Options.Option digests() {
        return Options.list(
                "SHA-384 of loader, RSDP and tables, in place of the files; of other machines all that the firmware measures, in"
                        + " its order, as NAME=SHA-384, such as etc/vmgenid_guid=X",
                List.of(),
                DIGESTS);
    }

    /**
     * {@return the further files that the loader script allocates, by name}
     *
     * @param derived whether a script that is not given is derived from the tables
     */
    static Map<String, Source> files(Call call, Result result, boolean derived) {
        Map<String, Source> files = new TreeMap<>();
        for (String text : call.values(FILE)) {
            int equals = text.indexOf('=');
            if (equals <= 0) {
                throw Complaint.usage(FILE + ": expected NAME=FILE, got '" + text + "'", "");
            }
            String name = text.substring(0, equals);
            if (OWN.containsKey(name)) {
                throw Complaint.usage(FILE + ": " + name + " has an option of its own", "give " + OWN.get(name));
            }
            if (files.put(name, PcrRequest.opened(call, result, "acpi-file", text.substring(equals + 1))) != null) {
                throw Complaint.usage(FILE + ": " + name + " is given twice", "");
            }
        }
        if (!files.isEmpty()) {
            loaders(call, derived).forEach((loader, script) -> {
                List<String> allocated = AcpiLoader.allocated(script);
                for (String name : files.keySet()) {
                    if (!allocated.contains(name)) {
                        throw Complaint.usage(
                                FILE + ": " + loader + " does not allocate " + name,
                                "it allocates " + String.join(", ", allocated));
                    }
                }
            });
        }
        return files;
    }

    /** The loader script, or those that follow from tables, each by what a message calls it. */
    private static Map<String, Source> loaders(Call call, boolean derived) {
        Map<String, Source> loaders = new LinkedHashMap<>();
        call.value("--acpi-loader")
                .ifPresent(name -> loaders.put(name, call.inputs().open(name)));
        if (loaders.isEmpty() && derived) {
            for (String name : call.values("--acpi-tables")) {
                Source tables = call.inputs().open(name);
                loaders.put(
                        "the loader script of " + name,
                        AcpiBlobs.of(tables, Optional.empty(), Optional.empty()).loader());
            }
        }
        if (loaders.isEmpty()) {
            throw Complaint.usage(
                    FILE + ": which files there are is said by the loader script"
                            + (derived ? ", or the tables that it follows from" : ""),
                    "give --acpi-loader FILE" + (derived ? ", or --acpi-tables FILE" : ""));
        }
        return loaders;
    }

    /** Refuses several ways to say one thing, and lists of digests that are none. */
    static void check(Call call) {
        AcpiFromQemu.check(call);
        if (call.has(AcpiFromQemu.BINARY)) {
            for (String option : List.of("--acpi-tables", "--acpi-rsdp", "--acpi-loader", FILE, DIGESTS)) {
                if (call.has(option)) {
                    throw Complaint.usage(
                            "both " + option + " and " + AcpiFromQemu.BINARY + " are given", "keep one of them");
                }
            }
        }
        if (call.values("--acpi-tables").size() > 1) {
            for (String option : List.of("--acpi-rsdp", "--acpi-loader")) {
                if (call.has(option)) {
                    throw Complaint.usage(
                            option + " belongs to one file --acpi-tables, and several are given",
                            "ask for one number of vCPUs at a time");
                }
            }
        }
        if (!call.has(DIGESTS)) {
            return;
        }
        for (String option : List.of("--acpi-tables", "--acpi-rsdp", "--acpi-loader", FILE)) {
            if (call.has(option)) {
                throw Complaint.usage("both " + option + " and " + DIGESTS + " are given", "keep one of them");
            }
        }
        given(call);
    }

    /** {@return what the firmware measures of ACPI, as it is given by {@code --acpi-digests}} */
    static List<AcpiEvent> given(Call call) {
        // What stands twice counts twice: two files may be equal.
        List<String> items = new ArrayList<>();
        for (String value : call.values(DIGESTS)) {
            Lists.names(DIGESTS, List.of(value));
            for (String item : value.split(",")) {
                items.add(item.strip());
            }
        }
        boolean named = items.stream().allMatch(item -> item.contains("="));
        if (!named && items.size() != THREE.size()) {
            throw Complaint.usage(
                    DIGESTS + ": expected three digests, of loader, RSDP and tables, or NAME=DIGEST for each file, got "
                            + items.size(),
                    "");
        }
        if (items.size() > MOST_DIGESTS) {
            throw Complaint.usage(DIGESTS + ": expected at most " + MOST_DIGESTS + " digests, got " + items.size(), "");
        }
        List<AcpiEvent> events = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            String item = items.get(i);
            int equals = item.indexOf('=');
            String file = named ? item.substring(0, equals) : THREE.get(i);
            try {
                Digest digest = Digest.parse(DigestAlgorithm.SHA384, item.substring(equals + 1));
                events.add(new AcpiEvent(AcpiEvent.nameOf(file), RtmrContent.given(digest, DIGESTS.substring(2))));
            } catch (IllegalArgumentException e) {
                throw Complaint.usage(DIGESTS + ": " + e.getMessage(), "");
            }
            if (!file.matches("[\\x21-\\x7e]+")) {
                throw Complaint.usage(DIGESTS + ": expected NAME=DIGEST, got '" + item + "'", "");
            }
        }
        if (!events.get(0).name().equals(AcpiEvent.nameOf(THREE.get(0)))) {
            throw Complaint.usage(
                    DIGESTS + ": the firmware measures " + THREE.get(0) + " first, got " + items.get(0), "");
        }
        return events;
    }

    /** Whether anything is said of ACPI, so that a log need not. */
    static boolean isGiven(Call call) {
        return first(call).isPresent();
    }

    /** Refuses to be told of ACPI where nothing that holds it is computed. */
    static void refuse(Call call, String why, String hint) {
        first(call).ifPresent(option -> {
            throw Complaint.usage(option + " is about RTMR0, and " + why, hint);
        });
    }

    private static Optional<String> first(Call call) {
        return Stream.concat(
                        Stream.of(AcpiFromQemu.BINARY, DIGESTS, FILE),
                        THREE.stream().map(OWN::get))
                .filter(call::has)
                .findFirst();
    }

    /**
     * {@return what a log says that the firmware measures of ACPI, in its order}
     *
     * @param digests the digests of the events
     */
    static List<AcpiEvent> lifted(List<RtmrContent> digests) {
        List<AcpiEvent> events = new ArrayList<>();
        for (int i = 0; i < digests.size(); i++) {
            // A log names no files. Of more than three the first is the loader script all the same.
            String name = digests.size() == THREE.size() || i == 0
                    ? AcpiEvent.nameOf(THREE.get(i))
                    : "ACPI file " + i + " of the loader";
            events.add(new AcpiEvent(name, digests.get(i)));
        }
        return events;
    }
}
