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
    private static final Map<Integer, String> NAMES = new TreeMap<>(Map.of(
            0, "DEBUG",
            27, "LASS",
            28, "SEPT_VE_DISABLE",
            29, "MIGRATABLE",
            30, "PKS",
            31, "KL",
            63, "PERFMON"));

    /** {@return whether the host may read and change the trust domain: nothing that it measures can then be relied on} */
    public boolean debug() {
        return (bits & 1) != 0;
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
