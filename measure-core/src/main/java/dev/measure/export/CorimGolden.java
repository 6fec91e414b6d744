package dev.measure.export;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.ValueId;
import dev.measure.corim.CborItem;
import dev.measure.corim.ClassMap;
import dev.measure.corim.Comid;
import dev.measure.corim.Corim;
import dev.measure.corim.CorimDigest;
import dev.measure.corim.MeasurementMap;
import dev.measure.corim.ReferenceTriple;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A reference integrity manifest as golden values: the launch digests, registers and PCRs of its reference triples, in the shapes that
 * {@link CorimExport} writes. The triples that a register is in are its right values. A triple about an instance or a group is left
 * out: its values are not right for all.
 *
 * @param golden the values; their ids tell register, bank and the number of the triple
 * @param leftOut what else the manifest demands, which is not compared
 */
public record CorimGolden(GoldenValues golden, List<String> leftOut) {
    /** The key of ids that tells the triple. Triples are alternatives of single registers, so registers need not have it alike. */
    private static final String ENTRY = "entry";

    private static final String AMD_BY_CHIP = "06092b060104019c780301";
    private static final String AMD_BY_PROVIDER = "06092b060104019c780302";
    private static final CborItem AMD_MEASUREMENT = CborItem.of(641);
    private static final Pattern TRUSTEE_PCR = Pattern.compile("(pcr[0-9]{1,2})_(sha256|sha384|sha512)");

    /** Fields of AMD's profile that are bytes of a report: their keys, and the names of the policies of golden values. */
    private static final Map<Long, String> AMD_FIELDS = new TreeMap<>(Map.of(
            2L, "policy",
            3L, "family-id",
            4L, "image-id",
            642L, "host-data",
            643L, "id-key-digest",
            644L, "author-key-digest",
            3328L, "chip-id"));

    /** Copies the list. */
    public CorimGolden {
        leftOut = List.copyOf(leftOut);
    }

    /**
     * {@return the golden values of a manifest}
     *
     * @param corim the manifest; whose it is, is for the caller to know
     * @param name its name, for errors
     * @throws MalformedInputException if its triples demand different fields of reports, so that they are no one set of golden values
     */
    public static CorimGolden of(Corim corim, String name) {
        Reading reading = new Reading(name);
        int entry = 0;
        for (Comid comid : corim.comids()) {
            for (ReferenceTriple triple : comid.referenceTriples()) {
                reading.triple(triple, ++entry);
            }
            comid.otherTriples().forEach((kind, count) -> reading.leftOut.add(count + " triples: " + kind));
        }
        Map<String, Map<String, String>> policies = reading.policy.isEmpty() ? Map.of() : Map.of("snp", reading.policy);
        GoldenValues golden = new GoldenValues(
                "",
                List.of(),
                List.of(),
                List.<Assumption>of(),
                policies,
                List.copyOf(reading.values.values()),
                List.of());
        return new CorimGolden(golden, reading.leftOut.stream().distinct().toList());
    }

    private static final class Reading {
        private final String name;
        private final Map<String, GoldenValue> values = new LinkedHashMap<>();
        private final Map<String, String> policy = new TreeMap<>();
        private final List<String> leftOut = new ArrayList<>();
        private Optional<Map<String, String>> before = Optional.empty();

        Reading(String name) {
            this.name = name;
        }

        void triple(ReferenceTriple triple, int entry) {
            if (triple.environment().instance().isPresent()
                    || triple.environment().group().isPresent()) {
                // Right for one machine or some, and nothing here tells which one the evidence is of.
                leftOut.add(triple.environment().text());
                return;
            }
            Optional<ClassMap> of = triple.environment().classMap();
            String vendor = of.flatMap(ClassMap::vendor).orElse("");
            String model = of.flatMap(ClassMap::model).orElse("");
            if (of.isPresent() && isAmd(of.get())) {
                amd(triple, entry);
                return;
            }
            for (MeasurementMap measurement : triple.measurements()) {
                int known = values.size();
                String key = measurement.keyText();
                if (vendor.equals("AMD") && model.equals("SEV-SNP")) {
                    digests("snp", measurement.digests(), entry);
                } else if (vendor.equals("Intel Corporation") && model.equals("TDX TD")) {
                    measurement.integrityRegisters().forEach((register, digests) -> td(register, digests, entry));
                    td(key, measurement.digests(), entry);
                } else if (vendor.equals("TCG") && model.equals("TPM2 PCR")) {
                    measurement
                            .integrityRegisters()
                            .forEach((register, digests) -> digests("pcr" + register, digests, entry));
                    Matcher trustee = TRUSTEE_PCR.matcher(key);
                    if (trustee.matches()) {
                        digests(trustee.group(1), measurement.digests(), entry);
                    }
                }
                if (values.size() == known || measurement.rawValue().isPresent()) {
                    leftOut.add(triple.environment().text() + (key.isEmpty() ? "" : ", " + key));
                }
            }
        }

        private static boolean isAmd(ClassMap of) {
            return List.of(AMD_BY_CHIP, AMD_BY_PROVIDER).stream()
                    .anyMatch(oid -> of.equals(ClassMap.ofOid(HexFormat.of().parseHex(oid))));
        }

        /** AMD's profile of June 2025: a triple is what one report shows. */
        private void amd(ReferenceTriple triple, int entry) {
            Map<String, String> fields = new TreeMap<>();
            boolean measured = false;
            for (MeasurementMap measurement : triple.measurements()) {
                Optional<String> field = AMD_FIELDS.entrySet().stream()
                        .filter(known -> measurement.key().equals(Optional.of(CborItem.of(known.getKey()))))
                        .map(Map.Entry::getValue)
                        .findFirst();
                Optional<String> bytes = measurement
                        .rawValue()
                        .or(() -> measurement.digests().stream().findFirst().map(CorimDigest::hex));
                if (measurement.key().equals(Optional.of(AMD_MEASUREMENT))) {
                    digests("snp", measurement.digests(), entry);
                    measured = true;
                } else if (field.isPresent() && bytes.isPresent()) {
                    fields.put(field.get(), field.get().equals("policy") ? number(bytes.get()) : bytes.get());
                } else {
                    leftOut.add("AMD SEV-SNP, element " + measurement.keyText());
                }
            }
            if (!measured) {
                leftOut.add("AMD SEV-SNP, a triple without MEASUREMENT");
            } else if (before.isPresent() && !before.get().equals(fields)) {
                throw new MalformedInputException(
                        name,
                        0,
                        "triples of AMD's profile that demand the same fields of every report",
                        "triple " + entry + ", which demands others",
                        "check against one manifest for each of them");
            } else {
                before = Optional.of(fields);
                policy.putAll(fields);
            }
        }

        /** POLICY as the report has it, little-endian. */
        private String number(String hex) {
            if (hex.length() != 16) {
                throw new MalformedInputException(name, 0, "POLICY of 8 bytes", hex.length() / 2 + " bytes", "");
            }
            return "0x" + Long.toHexString(Long.reverseBytes(Long.parseUnsignedLong(hex, 16)));
        }

        private void td(String register, List<CorimDigest> digests, int entry) {
            if (register.matches("mrtd|rtmr[0-3]")) {
                digests(register, digests, entry);
            }
        }

        private void digests(String register, List<CorimDigest> digests, int entry) {
            int alternative = 0;
            for (CorimDigest digest : digests) {
                Optional<Digest> value = digest.digest();
                if (value.isEmpty() || !holds(register, value.get().algorithm())) {
                    leftOut.add(register + ", " + digest.algorithm());
                    continue;
                }
                Map<String, String> keys = new LinkedHashMap<>();
                if (register.startsWith("pcr")) {
                    keys.put("bank", value.get().algorithm().id());
                }
                keys.put(ENTRY, Integer.toString(entry));
                String id = ValueId.of(register, keys);
                while (values.containsKey(id)) {
                    keys.put(ENTRY, entry + "." + ++alternative);
                    id = ValueId.of(register, keys);
                }
                values.put(id, GoldenValue.of(id, value.get()));
            }
        }

        private static boolean holds(String register, DigestAlgorithm algorithm) {
            try {
                return Register.of(register, algorithm).algorithm() == algorithm;
            } catch (IllegalArgumentException e) {
                return false;
            }
        }
    }
}
