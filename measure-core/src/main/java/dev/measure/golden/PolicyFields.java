package dev.measure.golden;

import dev.measure.FieldComparison;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The fields of reports and quotes that policies of a manifest or a lock file may name, and how their values are written.
 *
 * <p>{@code snp}: ATTESTATION_REPORT, AMD SEV-SNP Firmware ABI, #56860. {@code tdx}: TDREPORT_STRUCT, Intel TDX Module ABI
 * Specification, and the body of a TD quote. Not among them: registers, which are golden values; what the guest puts into a report, which
 * answers a nonce; what differs from one guest to the next, REPORT_ID; what no quote shows, CPUSVN of a TDREPORT; and
 * SEAMATTRIBUTES, which must be zero in any case.
 */
public final class PolicyFields {
    /** The parts of a TCB version, as far as a processor has them. */
    public static final List<String> TCB_PARTS = List.of("fmc", "bootloader", "tee", "snp", "microcode");

    /** The least parts of REPORTED_TCB, COMMITTED_TCB and LAUNCH_TCB. */
    private static final List<String> TCBS = List.of("min-tcb-", "min-committed-tcb-", "min-launch-tcb-");

    private static final SortedMap<String, SortedMap<String, Integer>> ALL = all();

    private PolicyFields() {}

    private static SortedMap<String, SortedMap<String, Integer>> all() {
        SortedMap<String, SortedMap<String, Integer>> all = new TreeMap<>();
        all.put("snp", Collections.unmodifiableSortedMap(snp()));
        all.put("tdx", Collections.unmodifiableSortedMap(tdx()));
        return Collections.unmodifiableSortedMap(all);
    }

    private static SortedMap<String, Integer> snp() {
        SortedMap<String, Integer> bytes = new TreeMap<>();
        put(bytes, 8, "policy", "platform-info-set", "platform-info-clear");
        put(bytes, 8, "launch-mit-vector-set", "current-mit-vector-set");
        put(bytes, 4, "guest-svn", "min-guest-svn", "vmpl");
        put(bytes, 16, "family-id", "image-id");
        put(bytes, 32, "host-data", "report-id-ma");
        put(bytes, 48, "id-key-digest", "author-key-digest");
        put(bytes, 64, "chip-id");
        put(bytes, 3, "min-current-version", "min-committed-version");
        put(bytes, 1, "signing-key", "cpuid-fam", "cpuid-mod", "cpuid-step");
        TCBS.forEach(tcb -> TCB_PARTS.forEach(part -> put(bytes, 1, tcb + part)));
        put(bytes, 0, FieldComparison.ALLOW_DEBUG);
        return bytes;
    }

    private static SortedMap<String, Integer> tdx() {
        SortedMap<String, Integer> bytes = new TreeMap<>();
        put(bytes, 8, "attributes", "attributes-set", "attributes-clear", "xfam", "xfam-set", "xfam-clear");
        put(bytes, 48, "mrconfigid", "mrowner", "mrownerconfig", "mrseam", "mrsignerseam", "mrservicetd");
        put(bytes, 16, "min-tee-tcb-svn", "min-tee-tcb-svn-2");
        put(bytes, 0, FieldComparison.ALLOW_DEBUG);
        return bytes;
    }

    private static void put(SortedMap<String, Integer> bytes, int length, String... names) {
        for (String name : names) {
            bytes.put(name, length);
        }
    }

    /** {@return the technologies that have policies} */
    public static List<String> technologies() {
        return new ArrayList<>(ALL.keySet());
    }

    /**
     * {@return the fields of a technology by name, sorted, with the bytes that each has; 0 is a field of true or false}
     *
     * @param technology one of {@link #technologies()}
     */
    public static SortedMap<String, Integer> of(String technology) {
        SortedMap<String, Integer> fields = ALL.get(technology);
        if (fields == null) {
            throw new IllegalArgumentException(
                    "policies are of " + String.join(" and ", ALL.keySet()) + ", got '" + technology + "'");
        }
        return fields;
    }

    /**
     * {@return whether a value is written as it must be in {@link GoldenValues#policies}: a number in decimal or as {@code 0x} and
     * lower-case digits, a longer field as all of its lower-case hexadecimal digits}
     *
     * @param bytes how many bytes the field has
     * @param value the text
     */
    static boolean isValue(int bytes, String value) {
        if (bytes == 0) {
            return value.equals("true") || value.equals("false");
        }
        if (bytes > Long.BYTES) {
            return value.matches("[0-9a-f]{" + 2 * bytes + "}");
        }
        if (value.matches("0x[0-9a-f]{1,16}")) {
            return bytes == Long.BYTES || Long.parseUnsignedLong(value.substring(2), 16) >>> 8 * bytes == 0;
        }
        return value.matches("0|[1-9][0-9]{0,17}") && (bytes == Long.BYTES || Long.parseLong(value) >>> 8 * bytes == 0);
    }

    /** {@return what {@link #isValue} asks for, in words} */
    static String form(int bytes) {
        return bytes == 0
                ? "true or false"
                : bytes > Long.BYTES
                        ? String.format(Locale.ROOT, "%d lower-case hexadecimal digits", 2 * bytes)
                        : "a number of at most " + bytes + (bytes == 1 ? " byte" : " bytes")
                                + ", as 0x and lower-case digits";
    }
}
