package dev.measure.smbios;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/** The form {@code key=value,key=value} of a machine; the rules are in {@link MachineIdentity#parse}. */
final class IdentityText {
    private IdentityText() {}

    /** One piece between commas: what is before the first plain equals sign, and what is behind it. */
    private record Piece(String key, boolean hasValue, String value, String whole) {}

    static MachineIdentity parse(String text) {
        MachineIdentity identity = MachineIdentity.empty();
        Set<IdentityField> seen = EnumSet.noneOf(IdentityField.class);
        for (Piece field : fields(text)) {
            if (IdentityField.isBiosRelease(field.key)) {
                once(seen, IdentityField.BIOS_MAJOR, field.key);
                once(seen, IdentityField.BIOS_MINOR, field.key);
                identity = withRelease(identity, field.value);
                continue;
            }
            IdentityField known = IdentityField.ofKey(field.key).orElseThrow(() -> unknown(field.key));
            once(seen, known, field.key);
            identity = identity.with(known, field.value);
        }
        return identity;
    }

    private static void once(Set<IdentityField> seen, IdentityField field, String key) {
        if (!seen.add(field)) {
            throw new IllegalArgumentException("machine field " + key + ": given twice");
        }
    }

    private static IllegalArgumentException unknown(String key) {
        List<String> near = IdentityField.suggestions(key);
        return new IllegalArgumentException("unknown machine field " + key
                + (near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?")
                + " (known: " + IdentityField.knownKeys() + ")");
    }

    /** Pieces without an equals sign are joined to the value before them. */
    private static List<Piece> fields(String text) {
        List<Piece> fields = new ArrayList<>();
        for (Piece piece : pieces(text)) {
            if (piece.hasValue) {
                fields.add(piece);
            } else if (fields.isEmpty() || IdentityField.ofKey(piece.whole).isPresent()) {
                throw new IllegalArgumentException("machine field " + piece.whole.strip()
                        + ": expected key=value (known keys: " + IdentityField.knownKeys() + ")");
            } else {
                Piece last = fields.remove(fields.size() - 1);
                fields.add(new Piece(last.key, true, last.value + "," + piece.whole, ""));
            }
        }
        return fields;
    }

    private static List<Piece> pieces(String text) {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder whole = new StringBuilder();
        int equals = -1;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : ',';
            if (c == '\\' && i + 1 < text.length() && ",\\".indexOf(text.charAt(i + 1)) >= 0) {
                whole.append(text.charAt(++i));
            } else if (c == ',') {
                pieces.add(
                        equals < 0
                                ? new Piece("", false, "", whole.toString())
                                : new Piece(whole.substring(0, equals).strip(), true, whole.substring(equals + 1), ""));
                whole.setLength(0);
                equals = -1;
            } else {
                if (c == '=' && equals < 0) {
                    equals = whole.length();
                }
                whole.append(c);
            }
        }
        return pieces;
    }

    /** {@return the machine with both release numbers of a text such as {@code 2.25}} */
    static MachineIdentity withRelease(MachineIdentity identity, String release) {
        int dot = release.indexOf('.');
        if (dot < 1 || dot + 1 == release.length()) {
            throw new IllegalArgumentException("bios-release: expected MAJOR.MINOR, found " + release);
        }
        return identity.with(IdentityField.BIOS_MAJOR, release.substring(0, dot))
                .with(IdentityField.BIOS_MINOR, release.substring(dot + 1));
    }

    static String of(Map<IdentityField, String> values) {
        StringJoiner text = new StringJoiner(",");
        values.forEach((field, value) ->
                text.add(field.key() + "=" + value.replace("\\", "\\\\").replace(",", "\\,")));
        return text.toString();
    }
}
