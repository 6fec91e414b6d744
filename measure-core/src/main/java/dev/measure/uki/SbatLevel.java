package dev.measure.uki;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * SbatLevel, the variable of shim that says which generation of each component may run: CSV, one component a line, the first line
 * with the date of the list.
 *
 * <p>SBAT, <a href="https://github.com/rhboot/shim/blob/main/SBAT.md">SBAT.md</a>; compared as shim does (sbat.c of shim 15.3 to 16.1).
 */
public final class SbatLevel {
    /** {@code SBAT_VAR_ORIGINAL}: the list that revokes nothing. */
    public static final String ORIGINAL = "sbat,1,2021030218\n";

    private static final String SIGNATURE = "sbat,";
    private static final int DATE_LENGTH = 10;
    private static final int GENERATION_BITS = 16;

    /** No list is longer: shim's own have less than a hundred bytes, and a variable ends at some KiB. */
    private static final int MAX_LENGTH = 1 << 16;

    private final byte[] bytes;

    private SbatLevel(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * {@return the list}
     *
     * @param bytes the value of the variable
     */
    public static SbatLevel of(byte[] bytes) {
        return new SbatLevel(Arrays.copyOf(bytes, Math.min(bytes.length, MAX_LENGTH)));
    }

    /**
     * {@return the list}
     *
     * @param text the value of the variable
     */
    public static SbatLevel of(String text) {
        return of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** {@return the value of the variable} */
    public byte[] toByteArray() {
        return bytes.clone();
    }

    /** {@return the text up to the first NUL} */
    public String text() {
        String all = new String(bytes, StandardCharsets.ISO_8859_1);
        int nul = all.indexOf(0);
        return nul < 0 ? all : all.substring(0, nul);
    }

    /** {@return whether it begins as such a list does} */
    public boolean signed() {
        return text().startsWith(SIGNATURE);
    }

    /**
     * {@return whether shim keeps this list in spite of its own: it is as new, or newer (preserve_sbat_uefi_variable)}
     *
     * @param candidate the list that shim would write
     */
    public boolean keptAgainst(SbatLevel candidate) {
        if (bytes.length < ORIGINAL.length() || !signed()) {
            return false;
        }
        String mine = text();
        String its = candidate.text();
        int myVersion = field(mine, 1);
        int itsVersion = field(its, 1);
        int myDate = field(mine, 2);
        int itsDate = field(its, 2);
        int myLength = myDate - myVersion - 1;
        int itsLength = itsDate - itsVersion - 1;
        if (myLength > itsLength || myLength == itsLength && compare(mine, myVersion, its, itsVersion, itsLength) > 0) {
            return true;
        }
        return compare(mine, myDate, its, itsDate, DATE_LENGTH) >= 0;
    }

    /** nth_sbat_field: the index behind the nth comma, or the end. */
    private static int field(String text, int n) {
        int left = n;
        for (int i = 0; i < text.length(); i++) {
            if (left == 0) {
                return i;
            }
            if (text.charAt(i) == ',') {
                left--;
            }
        }
        return text.length();
    }

    /** strncmp. */
    private static int compare(String a, int fromA, String b, int fromB, int count) {
        for (int i = 0; i < count; i++) {
            int x = fromA + i < a.length() ? a.charAt(fromA + i) : 0;
            int y = fromB + i < b.length() ? b.charAt(fromB + i) : 0;
            if (x != y || x == 0) {
                return x - y;
            }
        }
        return 0;
    }

    /** {@return whether shim can read it: each line has a component and a generation (parse_sbat_var_data)} */
    public boolean wellFormed() {
        return lines(text()).stream().allMatch(line -> {
            String[] columns = line.split(",", -1);
            return columns.length >= 2 && !columns[0].isEmpty() && !columns[1].isEmpty();
        });
    }

    /**
     * {@return why this list revokes an image; empty if it does not}
     *
     * @param components the content of the image's {@code .sbat}
     */
    public Optional<String> revokes(String components) {
        for (String line : lines(components)) {
            String[] columns = line.split(",", -1);
            if (columns.length < 6 || Arrays.asList(columns).subList(0, 6).contains("")) {
                return Optional.of("a line of its .sbat does not have six columns");
            }
            for (String revocation : lines(text())) {
                String[] wanted = revocation.split(",", -1);
                if (wanted.length >= 2 && wanted[0].equals(columns[0])) {
                    if (generation(columns[1]) < generation(wanted[1])) {
                        return Optional.of("SbatLevel asks for generation " + generation(wanted[1]) + " of "
                                + columns[0] + ", and it is generation " + generation(columns[1]));
                    }
                    break;
                }
            }
        }
        return Optional.empty();
    }

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        int nul = text.indexOf(0);
        for (String line : (nul < 0 ? text : text.substring(0, nul)).split("[\r\n]+")) {
            if (!line.isEmpty()) {
                lines.add(line);
            }
        }
        return lines;
    }

    /** atoi into 16 bits. */
    private static int generation(String text) {
        int value = 0;
        for (int i = 0; i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9'; i++) {
            value = value * 10 + (text.charAt(i) - '0');
        }
        return value & (1 << GENERATION_BITS) - 1;
    }
}
