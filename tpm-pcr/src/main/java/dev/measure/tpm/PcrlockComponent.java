package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.parse.StrictJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * A {@code .pcrlock} file: the records that one component of a boot adds to the log, in their order (systemd.pcrlock(5), a subset of
 * the TCG Canonical Event Log).
 *
 * @param records the records
 */
public record PcrlockComponent(List<Entry> records) {
    /** Copies the list. */
    public PcrlockComponent {
        records = List.copyOf(records);
    }

    /**
     * One record.
     *
     * @param pcr the PCR that is extended
     * @param digests what it is extended with, one digest a bank
     */
    public record Entry(int pcr, List<Digest> digests) {
        /** Checks the PCR, and that no bank stands twice. */
        public Entry {
            digests = List.copyOf(digests);
            if (pcr < 0 || pcr > PcrPolicy.LAST_PCR) {
                throw new IllegalArgumentException("there is no PCR " + pcr + ", only 0 to " + PcrPolicy.LAST_PCR);
            }
            if (digests.isEmpty()
                    || digests.stream().map(Digest::algorithm).distinct().count() != digests.size()) {
                throw new IllegalArgumentException("a record has one digest a bank");
            }
        }
    }

    /**
     * {@return the component of measurements: the events of one boot with the digests of all banks, in the order of the log, in which
     * systemd-pcrlock looks for them; PCR by PCR if the measurements do not tell it}
     *
     * @param measurements of PCRs; every PCR in the same banks
     * @throws IllegalArgumentException if there is another register among them, or banks of a PCR differ in their events
     */
    public static PcrlockComponent of(List<Measurement> measurements) {
        Map<Integer, Map<DigestAlgorithm, Measurement>> byPcr = new TreeMap<>();
        for (Measurement measurement : measurements) {
            if (!(measurement.register() instanceof Register.Pcr pcr)) {
                throw new IllegalArgumentException("a .pcrlock file is about PCRs, got " + measurement.register());
            }
            byPcr.computeIfAbsent(pcr.index(), index -> new EnumMap<>(DigestAlgorithm.class))
                    .put(pcr.bank(), measurement);
        }
        List<Placed> records = new ArrayList<>();
        byPcr.forEach((pcr, banks) -> {
            List<List<MeasuredEvent>> events = banks.values().stream()
                    .map(measurement -> measurement.events(Measurement.Detail.STEPS))
                    .toList();
            for (int i = 0; i < events.get(0).size(); i++) {
                List<Digest> digests = new ArrayList<>();
                for (List<MeasuredEvent> bank : events) {
                    if (bank.size() != events.get(0).size()) {
                        throw new IllegalArgumentException("the banks of PCR " + pcr + " have other events");
                    }
                    digests.add(bank.get(i).digest());
                }
                records.add(new Placed(place(events.get(0).get(i).details()), new Entry(pcr, digests)));
            }
        });
        return inOrder(records);
    }

    /**
     * A record and its place in a log.
     *
     * @param place counted as the log counts; empty if it is not known
     * @param entry the record
     */
    public record Placed(OptionalInt place, Entry entry) {}

    /** {@return the place in its log that an event tells of, in the detail {@code event}} */
    private static OptionalInt place(Map<String, String> details) {
        String place = details.getOrDefault("event", "");
        return place.matches("[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(place)) : OptionalInt.empty();
    }

    /**
     * {@return the component of records in the order of their log; as they are if the place of one is not known, or is that of another}
     *
     * @param records the records
     */
    public static PcrlockComponent inOrder(List<Placed> records) {
        List<Placed> sorted = new ArrayList<>(records);
        if (isOrdered(records)) {
            sorted.sort(Comparator.comparingInt(record -> record.place().orElseThrow()));
        }
        return new PcrlockComponent(sorted.stream().map(Placed::entry).toList());
    }

    /** {@return whether the place of each record is known, and of it alone} */
    public static boolean isOrdered(List<Placed> records) {
        Set<Integer> places = new HashSet<>();
        return records.stream()
                .allMatch(record ->
                        record.place().isPresent() && places.add(record.place().getAsInt()));
    }

    /**
     * {@return the component in a file}
     *
     * @param source the file
     * @throws dev.measure.MalformedInputException if it is of another form
     */
    public static PcrlockComponent read(Source source) {
        return StrictJson.read(source, "a .pcrlock file", json -> {
            json.object("a .pcrlock file");
            if (!json.field() || !json.name().equals("records")) {
                throw json.malformed("records", "something else");
            }
            List<Entry> records = new ArrayList<>();
            json.array("records");
            while (json.element("a record")) {
                records.add(record(json));
            }
            if (json.field()) {
                throw json.malformed("records only", "the field " + StrictJson.shown(json.name()));
            }
            return new PcrlockComponent(records);
        });
    }

    private static Entry record(StrictJson json) throws IOException {
        int pcr = -1;
        Map<DigestAlgorithm, Digest> digests = new LinkedHashMap<>();
        while (json.field()) {
            switch (json.name()) {
                case "pcr" -> pcr = json.integer("pcr", PcrPolicy.LAST_PCR);
                case "digests" -> {
                    json.array("digests");
                    while (json.element("a digest")) {
                        Digest digest = digest(json);
                        if (digests.put(digest.algorithm(), digest) != null) {
                            throw json.malformed(
                                    "one digest a bank",
                                    "two of " + digest.algorithm().id());
                        }
                    }
                }
                default -> throw json.malformed("pcr or digests", "the field " + StrictJson.shown(json.name()));
            }
        }
        if (pcr < 0 || digests.isEmpty()) {
            throw json.malformed("pcr and digests in the record", "a record without them");
        }
        return new Entry(pcr, List.copyOf(digests.values()));
    }

    private static Digest digest(StrictJson json) throws IOException {
        String algorithm = "";
        String hex = "";
        while (json.field()) {
            switch (json.name()) {
                case "hashAlg" -> algorithm = json.string("hashAlg");
                case "digest" -> hex = json.string("digest");
                default -> throw json.malformed("hashAlg or digest", "the field " + StrictJson.shown(json.name()));
            }
        }
        for (DigestAlgorithm known : DigestAlgorithm.values()) {
            if (known.id().equals(algorithm)) {
                try {
                    return Digest.parse(known, hex);
                } catch (IllegalArgumentException e) {
                    throw json.malformed(
                            "a digest of " + 2 * known.length() + " hexadecimal digits", StrictJson.shown(hex));
                }
            }
        }
        throw json.malformed("hashAlg = sha1, sha256, sha384, sha512 or sm3_256", StrictJson.shown(algorithm));
    }

    /** {@return the file, byte for byte as systemd-pcrlock writes it} */
    public String toJson() {
        List<Object> list = new ArrayList<>();
        for (Entry entry : records) {
            List<Object> digests = new ArrayList<>();
            for (Digest digest : entry.digests()) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("hashAlg", digest.algorithm().id());
                one.put("digest", digest.hex());
                digests.add(one);
            }
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("pcr", entry.pcr());
            json.put("digests", digests);
            list.add(json);
        }
        return SystemdJson.text(Map.of("records", list), JsonStyle.SHORT);
    }
}
