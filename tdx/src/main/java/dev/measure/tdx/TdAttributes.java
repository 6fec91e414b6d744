package dev.measure.tdx;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * ATTRIBUTES of a trust domain, 64 bits. Intel TDX Module ABI Specification, "ATTRIBUTES (Non-Migratable Fields)".
 *
 * @param bits the value
 */
public record TdAttributes(long bits) {
    private static final Map<Integer, String> NAMES = new TreeMap<>(Map.ofEntries(
            Map.entry(0, "DEBUG"),
            Map.entry(4, "HGS_PLUS_PROF"),
            Map.entry(5, "PERF_PROF"),
            Map.entry(6, "PMT_PROF"),
            Map.entry(16, "ICSSD"),
            Map.entry(27, "LASS"),
            Map.entry(28, "SEPT_VE_DISABLE"),
            Map.entry(29, "MIGRATABLE"),
            Map.entry(30, "PKS"),
            Map.entry(31, "KL"),
            Map.entry(62, "TPA"),
            Map.entry(63, "PERFMON")));

    /** TUD, TD under debug: a trust domain with any of these bits is untrusted. */
    private static final long TUD = 0xff;

    /**
     * {@return whether the host may read, change or watch the trust domain, by DEBUG or another bit of the group TUD: nothing that it
     * measures can then be relied on}
     */
    public boolean debug() {
        return (bits & TUD) != 0;
    }

    /** {@return whether a service TD, which the host chooses, may take the trust domain elsewhere: bit 29, MIGRATABLE} */
    public boolean migratable() {
        return (bits >>> 29 & 1) != 0;
    }

    /** {@return the names of the bits that are set, from the lowest; {@code bit N} for one without a name} */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (int bit = 0; bit < 64; bit++) {
            if ((bits >>> bit & 1) != 0) {
                names.add(NAMES.getOrDefault(bit, "bit " + bit));
            }
        }
        return List.copyOf(names);
    }

    /** {@return the value as 16 hexadecimal digits, and the names} */
    public String text() {
        String hex = String.format(Locale.ROOT, "0x%016x", bits);
        return names().isEmpty() ? hex : hex + " (" + String.join(", ", names()) + ")";
    }
}
