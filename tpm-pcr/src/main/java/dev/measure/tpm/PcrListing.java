package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import dev.measure.parse.StrictJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PCR values as programs list them: what {@code tpm2_pcrread} and {@code tpm2_quote} print, the PCR file of {@code tpm2_quote -o}, the
 * files {@code /sys/class/tpm/tpm0/pcr-sha256/*} as {@code grep . FILES} prints them, the SHA-1 bank that Linux lists of a TPM 1.2
 * ({@code /sys/class/tpm/tpm0/device/pcrs}), {@code systemd-analyze pcrs} with or without {@code --json}, and lines
 * {@code 11:sha256=...} of systemd-measure.
 *
 * @param registers the values
 */
public record PcrListing(Map<Register, Digest> registers) implements RegisterEvidence {
    /** 24 PCRs of five banks, in any of the forms. */
    private static final int MAX_SIZE = 1 << 16;

    private static final String BANK = "(sha1|sha256|sha384|sha512|sm3_256)";
    private static final Pattern YAML_BANK = Pattern.compile("\\s*" + BANK + "\\s*:\\s*");
    private static final Pattern YAML_VALUE = Pattern.compile("\\s*([0-9]{1,2})\\s*:\\s*0x([0-9A-Fa-f]+)\\s*");
    private static final Pattern SYSFS =
            Pattern.compile("(?:.*/)?pcr-" + BANK + "/([0-9]{1,2}):\\s*([0-9A-Fa-f]+)\\s*");
    /** Linux drivers/char/tpm/tpm-sysfs.c, pcrs_show. */
    private static final Pattern TPM_12 = Pattern.compile("PCR-([0-9]{2}): ((?:[0-9A-F]{2} ?){20})\\s*");

    /** What {@code tpm2_quote} prints beside the values. */
    private static final Pattern QUOTE = Pattern.compile("(quoted|signature|  alg|  sig|calcDigest):.*");

    private static final Pattern SYSTEMD = Pattern.compile("([0-9]{1,2}):" + BANK + "=([0-9a-f]+)\\s*");
    private static final Pattern TABLE_HEAD = Pattern.compile("NR\\s+NAME\\s+(SHA1|SHA256|SHA384|SHA512)\\s*");
    private static final Pattern TABLE_ROW = Pattern.compile("\\s*([0-9]{1,2})\\s+\\S+\\s+([0-9a-f]+)\\s*");

    /** TPML_PCR_SELECTION as a C structure: a count, then 16 entries of 8 bytes. */
    private static final int SELECTION = 4 + 16 * 8;

    private static final int DIGESTS = 4 + 8 * 66;
    private static final int MAX_LISTS = 3 * 16;

    /** Copies the map, keeping its order. */
    public PcrListing {
        registers = Collections.unmodifiableMap(new LinkedHashMap<>(registers));
    }

    /** {@return that a list is signed by nobody} */
    @Override
    public List<FieldVerdict> trust() {
        return List.of(new FieldVerdict.NotChecked(
                "SIGNATURE", "a list of PCR values has none, and no quote of them is given"));
    }

    /**
     * {@return whether bytes begin as one of these forms does}
     *
     * @param source the bytes
     */
    public static boolean recognises(Source source) {
        if (source.length() == 0 || source.length() > MAX_SIZE) {
            return false;
        }
        if (isSerialized(source)) {
            return true;
        }
        String text = text(source);
        if (text.stripLeading().startsWith("[")) {
            return text.contains("\"nr\"");
        }
        return text.lines()
                .filter(line -> !isNoise(line))
                .findFirst()
                .filter(line -> List.of(YAML_BANK, SYSFS, TPM_12, SYSTEMD, TABLE_HEAD).stream()
                        .anyMatch(pattern -> pattern.matcher(line).matches()))
                .isPresent();
    }

    /**
     * {@return the values in a file}
     *
     * @param source any of the forms
     * @throws MalformedInputException if it is none of them, or shows a PCR twice
     */
    public static PcrListing read(Source source) {
        if (source.length() > MAX_SIZE) {
            throw new MalformedInputException(
                    source.name(), source.start(), "PCR values", source.length() + " bytes", "");
        }
        Reading reading = new Reading(source);
        if (isSerialized(source)) {
            reading.serialized();
        } else if (text(source).stripLeading().startsWith("[")) {
            reading.json();
        } else {
            reading.lines();
        }
        if (reading.values.isEmpty()) {
            throw new MalformedInputException(source.name(), source.start(), "a PCR value", "none", "");
        }
        return new PcrListing(reading.values);
    }

    private static String text(Source source) {
        return new String(source.toByteArray(), StandardCharsets.ISO_8859_1);
    }

    private static boolean isNoise(String line) {
        return line.isBlank()
                || line.startsWith("#")
                || line.strip().equals("pcrs:")
                || line.strip().equals("---")
                || QUOTE.matcher(line).matches();
    }

    private static boolean isSerialized(Source source) {
        if (source.length() < SELECTION + 4 + DIGESTS || (source.length() - SELECTION - 4) % DIGESTS != 0) {
            return false;
        }
        Cursor c = Cursor.of(source.slice(0, SELECTION + 4));
        long banks = c.u32("count");
        long lists = c.seek(SELECTION, "count").u32("count");
        return banks >= 1 && banks <= 16 && lists * DIGESTS == source.length() - SELECTION - 4;
    }

    /** Gathers the values of one file. */
    private static final class Reading {
        private final Source source;
        private final Map<Register, Digest> values = new LinkedHashMap<>();

        Reading(Source source) {
            this.source = source;
        }

        private void put(long offset, int pcr, String bank, String hex) {
            try {
                DigestAlgorithm algorithm = DigestAlgorithm.parse(bank.toLowerCase(Locale.ROOT));
                Register register = new Register.Pcr(pcr, algorithm);
                if (values.put(register, Digest.parse(algorithm, hex.toLowerCase(Locale.ROOT))) != null) {
                    throw malformed(offset, "each PCR once", register.id() + " of " + algorithm.id() + " again");
                }
            } catch (IllegalArgumentException e) {
                throw malformed(offset, "the value of a PCR", "another: " + e.getMessage());
            }
        }

        private MalformedInputException malformed(long offset, String expected, String found) {
            return new MalformedInputException(source.name(), source.start() + offset, expected, found, "");
        }

        private void lines() {
            String bank = "";
            boolean table = false;
            long offset = 0;
            for (String line : text(source).split("\n", -1)) {
                Matcher head = YAML_BANK.matcher(line);
                Matcher tableHead = TABLE_HEAD.matcher(line);
                Matcher value = YAML_VALUE.matcher(line);
                Matcher row = TABLE_ROW.matcher(line);
                Matcher sysfs = SYSFS.matcher(line);
                Matcher tpm12 = TPM_12.matcher(line);
                Matcher systemd = SYSTEMD.matcher(line);
                if (head.matches()) {
                    bank = head.group(1);
                    table = false;
                } else if (tableHead.matches()) {
                    bank = tableHead.group(1);
                    table = true;
                } else if (!table && !bank.isEmpty() && value.matches()) {
                    put(offset, Integer.parseInt(value.group(1)), bank, value.group(2));
                } else if (table && row.matches()) {
                    put(offset, Integer.parseInt(row.group(1)), bank, row.group(2));
                } else if (sysfs.matches()) {
                    put(offset, Integer.parseInt(sysfs.group(2)), sysfs.group(1), sysfs.group(3));
                } else if (tpm12.matches()) {
                    put(
                            offset,
                            Integer.parseInt(tpm12.group(1)),
                            "sha1",
                            tpm12.group(2).replace(" ", ""));
                } else if (systemd.matches()) {
                    put(offset, Integer.parseInt(systemd.group(1)), systemd.group(2), systemd.group(3));
                } else if (!isNoise(line)) {
                    throw malformed(offset, "a line with the value of a PCR", StrictJson.shown(line));
                }
                offset += line.length() + 1;
            }
        }

        /** {@code systemd-analyze pcrs --json}: a table of nr, name and the bank. */
        private void json() {
            StrictJson.read(source, "a list of PCRs", json -> {
                json.array("PCRs");
                while (json.element("a PCR")) {
                    row(json);
                }
                return values;
            });
        }

        private void row(StrictJson json) throws IOException {
            Optional<Integer> nr = Optional.empty();
            String bank = "";
            String hex = "";
            while (json.field()) {
                String name = json.name();
                switch (name) {
                    case "nr" -> nr = Optional.of(json.integer(name, PcrPolicy.LAST_PCR));
                    case "name" -> json.scalarOrSkip(1);
                    default -> {
                        bank = name;
                        hex = json.string(name);
                    }
                }
            }
            if (nr.isEmpty() || bank.isEmpty()) {
                throw json.malformed("'nr' and a bank such as 'sha256'", "a row without them");
            }
            put(0, nr.get(), bank, hex);
        }

        /** What {@code tpm2_quote -o} writes by default: two C structures, little-endian. */
        private void serialized() {
            Cursor c = Cursor.of(source);
            long count = c.u32("count of banks");
            List<Register> selected = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                int at = c.position();
                int id = c.u16("hash");
                int size = c.u8("sizeofSelect");
                byte[] select = c.bytes(4, "pcrSelect");
                c.skip(1, "padding");
                if (i < count) {
                    DigestAlgorithm bank = bank(c, at, id);
                    if (size > select.length) {
                        throw c.malformed(at + 2, "sizeofSelect of at most 4", Integer.toString(size), "");
                    }
                    PcrSelection.of(c, bank, Arrays.copyOf(select, size))
                            .pcrs()
                            .forEach(pcr -> selected.add(new Register.Pcr(pcr, bank)));
                }
            }
            List<byte[]> digests = new ArrayList<>();
            long lists = c.u32("count of lists");
            if (lists > MAX_LISTS) {
                throw c.malformed("at most " + MAX_LISTS + " lists", Long.toString(lists), "");
            }
            for (int i = 0; i < lists; i++) {
                list(c, digests);
            }
            if (digests.size() != selected.size()) {
                throw c.malformed(0, selected.size() + " values, as selected", Integer.toString(digests.size()), "");
            }
            for (int i = 0; i < selected.size(); i++) {
                Register.Pcr register = (Register.Pcr) selected.get(i);
                put(0, register.index(), register.bank().id(), HexFormat.of().formatHex(digests.get(i)));
            }
        }

        private static DigestAlgorithm bank(Cursor c, int at, int id) {
            for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
                if (algorithm.tpmAlgId() == id) {
                    return algorithm;
                }
            }
            throw c.malformed(at, "the TPM_ALG_ID of a bank", String.format("0x%04x", id), "");
        }

        private static void list(Cursor c, List<byte[]> digests) {
            int at = c.position();
            long count = c.u32("count of digests");
            if (count > 8) {
                throw c.malformed(at, "at most 8 digests in a list", Long.toString(count), "");
            }
            for (int i = 0; i < 8; i++) {
                int sizeAt = c.position();
                int size = c.u16("size of a digest");
                byte[] buffer = c.bytes(64, "digest");
                if (size > buffer.length) {
                    throw c.malformed(sizeAt, "a digest of at most 64 bytes", size + " bytes", "");
                }
                if (i < count) {
                    digests.add(Arrays.copyOf(buffer, size));
                }
            }
        }
    }
}
