package dev.measure.export;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Values without a frame, for scripts and for tools that take the text of others. */
public final class PlainList {
    private PlainList() {}

    /** {@return each value once, a line of hexadecimal each} */
    public static String hex(ReferenceSet references) {
        Set<String> lines = new LinkedHashSet<>();
        references
                .notEmpty("any register")
                .digests()
                .values()
                .forEach(digests -> digests.forEach(digest -> lines.add(digest.hex())));
        return String.join("\n", lines) + "\n";
    }

    /** {@return each value with its id, a line each} */
    public static String ids(ReferenceSet references) {
        StringBuilder text = new StringBuilder();
        references
                .notEmpty("any register")
                .golden()
                .values()
                .forEach(value -> text.append(value.id())
                        .append("  ")
                        .append(value.digest().hex())
                        .append('\n'));
        return text.toString();
    }

    /**
     * {@return one object with a value a register, as tdx-measure and dstack-mr print it: {@code {"mrtd": ..., "rtmr0": ...}}}
     *
     * @throws IllegalArgumentException if a register has several values
     */
    public static String flatJson(ReferenceSet references) {
        Map<String, Object> flat = JsonTree.map();
        references.notEmpty("any register").single().forEach((register, digest) -> {
            if (flat.put(register.id(), digest.hex()) != null) {
                throw new IllegalArgumentException(register.id()
                        + " has values in several banks, and this form holds one;" + " they differ in bank");
            }
        });
        return JsonTree.pretty(flat);
    }
}
