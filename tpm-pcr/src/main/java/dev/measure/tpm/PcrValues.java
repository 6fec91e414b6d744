package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Values of PCRs, and the files in which other programs take them. A PCR may have several right values, of which only some of the
 * forms can tell.
 *
 * @param values the right values of each PCR, banks and PCRs in ascending order
 */
public record PcrValues(Map<DigestAlgorithm, SortedMap<Integer, List<Digest>>> values) {
    /** What AWS measures by: one bank, SHA-384. */
    private static final DigestAlgorithm NITRO_BANK = DigestAlgorithm.SHA384;

    /** Copies the map. */
    public PcrValues {
        Map<DigestAlgorithm, SortedMap<Integer, List<Digest>>> copy = new EnumMap<>(DigestAlgorithm.class);
        values.forEach((bank, pcrs) -> {
            SortedMap<Integer, List<Digest>> ofBank = new TreeMap<>();
            pcrs.forEach((pcr, digests) -> {
                new Register.Pcr(pcr, bank); // checks the number
                if (digests.isEmpty() || digests.stream().anyMatch(digest -> digest.algorithm() != bank)) {
                    throw new IllegalArgumentException("PCR " + pcr + " of bank " + bank.id() + " needs values of it");
                }
                ofBank.put(pcr, List.copyOf(digests));
            });
            copy.put(bank, Collections.unmodifiableSortedMap(ofBank));
        });
        values = Collections.unmodifiableMap(copy);
    }

    /**
     * {@return what {@code tpm2_pcrread} prints: YAML by bank, two blanks before the bank, digits in upper case (tpm2-tools 5.4)}
     *
     * @throws IllegalArgumentException if a PCR has several values
     */
    public String tpm2Yaml() {
        StringBuilder yaml = new StringBuilder();
        values.forEach((bank, pcrs) -> {
            yaml.append("  ").append(bank.id()).append(":\n");
            pcrs.forEach((pcr, digests) -> yaml.append(String.format(
                    Locale.ROOT,
                    "    %-2d: 0x%s\n",
                    pcr,
                    only(pcr, digests).hex().toUpperCase(Locale.ROOT))));
        });
        return yaml.toString();
    }

    /**
     * {@return what {@code tpm2_pcrread -o} writes and {@code tpm2_policypcr -f} takes: the values one after the other, bank by bank,
     * PCRs ascending}
     *
     * @throws IllegalArgumentException if a PCR has several values
     */
    public byte[] tpm2Binary() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        values.forEach((bank, pcrs) -> pcrs.forEach(
                (pcr, digests) -> bytes.writeBytes(only(pcr, digests).toByteArray())));
        return bytes.toByteArray();
    }

    /**
     * {@return what {@code systemd-pcrlock predict --json} prints: by bank, each PCR with all of its right values}
     *
     * @param style the layout
     */
    public String pcrlockPrediction(JsonStyle style) {
        Map<String, Object> json = new LinkedHashMap<>();
        values.forEach((bank, pcrs) -> {
            List<Object> ofBank = new ArrayList<>();
            pcrs.forEach((pcr, digests) -> {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("pcr", pcr);
                one.put("values", digests.stream().map(Digest::hex).toList());
                ofBank.add(one);
            });
            json.put(bank.id(), ofBank);
        });
        return SystemdJson.text(json, style);
    }

    /**
     * {@return the measurements of a NitroTPM as nitro-tpm-pcr-compute prints them: the SHA-384 bank, PCRs ascending}
     *
     * @throws IllegalArgumentException if there is no SHA-384 bank, or a PCR has several values
     */
    public String nitroMeasurements() {
        SortedMap<Integer, List<Digest>> pcrs = values.get(NITRO_BANK);
        if (pcrs == null || pcrs.isEmpty()) {
            throw new IllegalArgumentException("a NitroTPM is attested by its SHA-384 bank, which is not there");
        }
        StringBuilder json = new StringBuilder("{\n  \"Measurements\": {\n    \"HashAlgorithm\": \"SHA384\"");
        pcrs.forEach((pcr, digests) -> json.append(",\n    \"PCR")
                .append(pcr)
                .append("\": \"")
                .append(only(pcr, digests).hex())
                .append('"'));
        return json.append("\n  }\n}\n").toString();
    }

    private static Digest only(int pcr, List<Digest> digests) {
        if (digests.size() != 1) {
            throw new IllegalArgumentException(
                    "PCR " + pcr + " has " + digests.size() + " right values, and this form holds one");
        }
        return digests.get(0);
    }
}
