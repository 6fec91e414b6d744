package dev.measure.export;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import dev.measure.golden.GoldenValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * PCRs with their events, as trusted-execution-clusters/compute-pcrs prints them and images carry them in the label
 * {@code org.coreos.pcrs}: the SHA-256 bank, one value a PCR.
 */
public final class ComputePcrs {
    private static final DigestAlgorithm BANK = DigestAlgorithm.SHA256;

    private ComputePcrs() {}

    /**
     * One event.
     *
     * @param name the event type
     * @param pcr the PCR
     * @param hash what it is extended with
     * @param id what the event is, one of compute-pcrs' names
     */
    public record Event(String name, int pcr, Digest hash, String id) {}

    /**
     * One PCR.
     *
     * @param id its number
     * @param value its value
     * @param events the events that lead there
     */
    public record Pcr(int id, Digest value, List<Event> events) {
        /** Copies the list. */
        public Pcr {
            events = List.copyOf(events);
        }
    }

    /** {@return the values that it can hold} */
    public static ReferenceSet shown(ReferenceSet references) {
        return references.inBank(BANK).only(value -> value.register() instanceof Register.Pcr);
    }

    /**
     * {@return PCRs from the values and events of a result}
     *
     * @param references the values, one a PCR
     * @param events the events behind them
     * @throws IllegalArgumentException if a PCR has several values, if events are missing, or if one is of a kind that compute-pcrs has
     *     no name for
     */
    public static List<Pcr> of(ReferenceSet references, List<ResultFile.Event> events) {
        ReferenceSet shown = shown(references).notEmpty("a PCR of the SHA-256 bank");
        shown.single();
        List<Pcr> pcrs = new ArrayList<>();
        shown.values().forEach((register, values) -> {
            GoldenValue value = values.get(0);
            int index = ((Register.Pcr) register).index();
            List<Event> list = new ArrayList<>();
            for (ResultFile.Event event : events) {
                if (event.id().equals(value.id())) {
                    list.add(new Event(event.type(), index, event.digest(), id(index, event)));
                }
            }
            if (list.isEmpty()) {
                throw new IllegalArgumentException(
                        "this form holds the events of a PCR, and there are none of pcr" + index);
            }
            pcrs.add(new Pcr(index, value.digest(), list));
        });
        return pcrs;
    }

    private static String id(int pcr, ResultFile.Event event) {
        return name(pcr, event)
                .orElseThrow(() -> new IllegalArgumentException("compute-pcrs has no name for the event '"
                        + event.name() + "' of pcr" + pcr + ", and would not read the file"));
    }

    private static Optional<String> name(int pcr, ResultFile.Event event) {
        String name = event.name();
        if (pcr == 11 && name.startsWith(".")) {
            boolean nameOnly = name.endsWith(" (name)");
            String section = (nameOnly ? name.substring(0, name.indexOf(' ')) : name).substring(1);
            return switch (section) {
                case "linux", "osrel", "cmdline", "initrd", "uname", "sbat" ->
                    Optional.of("Pcr11" + section.substring(0, 1).toUpperCase(Locale.ROOT) + section.substring(1)
                            + (nameOnly ? "" : "Content"));
                default -> Optional.empty();
            };
        }
        if (event.type().equals("EV_SEPARATOR") && (pcr == 4 || pcr == 7)) {
            return Optional.of("Pcr" + pcr + "Separator");
        }
        if (pcr == 4) {
            return event.type().equals("EV_EFI_ACTION") ? Optional.of("Pcr4EfiCall") : Optional.empty();
        }
        if (pcr == 7 && event.type().equals("EV_EFI_VARIABLE_DRIVER_CONFIG")) {
            Map<String, String> variables = new LinkedHashMap<>();
            variables.put("SecureBoot", "Pcr7SecureBoot");
            variables.put("PK", "Pcr7Pk");
            variables.put("KEK", "Pcr7Kek");
            variables.put("dbx", "Pcr7Dbx");
            variables.put("db", "Pcr7Db");
            return variables.entrySet().stream()
                    .filter(entry -> name.equals(entry.getKey()) || name.endsWith(" " + entry.getKey()))
                    .map(Map.Entry::getValue)
                    .findFirst();
        }
        return Optional.empty();
    }

    /** {@return the file: one PCR bare, or all in a frame} */
    public static String json(List<Pcr> pcrs, boolean framed) {
        List<Object> list = pcrs.stream().map(pcr -> (Object) tree(pcr)).toList();
        return JsonTree.pretty(framed || pcrs.size() != 1 ? JsonTree.map("pcrs", list) : list.get(0));
    }

    private static Map<String, Object> tree(Pcr pcr) {
        return JsonTree.map(
                "id",
                pcr.id(),
                "value",
                pcr.value().hex(),
                "events",
                pcr.events().stream()
                        .map(event -> JsonTree.map(
                                "name",
                                event.name(),
                                "pcr",
                                event.pcr(),
                                "hash",
                                event.hash().hex(),
                                "id",
                                event.id()))
                        .toList());
    }
}
