package dev.measure.cli;

import dev.measure.MalformedInputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A node of a manifest: text, a list or a map, with its place. Numbers and truth values are text as they were written. */
sealed interface ManifestNode {
    /** {@return where it begins} */
    Place place();

    /** {@return what it is, for messages} */
    String kind();

    /**
     * A place in a manifest.
     *
     * @param file the manifest
     * @param offset in bytes
     * @param line from 1
     * @param column from 1
     */
    record Place(String file, long offset, int line, int column) {
        /** {@return what is wrong here} */
        MalformedInputException malformed(String expected, String found, String hint) {
            return new MalformedInputException(
                    file, offset, expected, found + " at line " + line + ", column " + column, hint);
        }
    }

    /**
     * A scalar.
     *
     * @param place where it begins
     * @param text as it is written
     * @param bare whether it stands there without quotes, so that others who read YAML or JSON may take it for a number
     */
    record Text(Place place, String text, boolean bare) implements ManifestNode {
        /** What some version of YAML, or JSON, takes for a number. */
        private static final Pattern NUMBER = Pattern.compile(
                "[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(\\.[0-9_]*)?([eE][-+]?[0-9]+)?|[0-9][0-9_]*(:[0-5]?[0-9])+)");

        /** {@return whether others may take it for a number, and lose its zeros or digits} */
        boolean isNumber() {
            return bare && NUMBER.matcher(text).matches();
        }

        @Override
        public String kind() {
            return "'" + shown(text) + "'";
        }

        /** {@return text that is short and safe for a terminal} */
        static String shown(String text) {
            String printable = Talk.printable(text);
            return printable.length() <= 60 ? printable : printable.substring(0, 60) + "...";
        }
    }

    /** A list. */
    record Items(Place place, List<ManifestNode> items) implements ManifestNode {
        /** Copies the list. */
        public Items {
            items = List.copyOf(items);
        }

        @Override
        public String kind() {
            return "a list";
        }
    }

    /** A map; keys have places of their own. */
    record Fields(Place place, Map<Text, ManifestNode> fields) implements ManifestNode {
        /** Keeps the order. */
        public Fields {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }

        @Override
        public String kind() {
            return "a map";
        }
    }

    /** {@return the fields of a map} */
    default Map<Text, ManifestNode> map(String what) {
        if (this instanceof Fields map) {
            return map.fields();
        }
        throw place().malformed(what + " (a map)", kind(), "");
    }

    /** {@return the items of a list, or the one item that stands instead of a list} */
    default List<ManifestNode> list() {
        return this instanceof Items list ? list.items() : List.of(this);
    }

    /** {@return the text of a scalar} */
    default String text(String what) {
        if (this instanceof Text text) {
            return text.text();
        }
        throw place().malformed(what, kind(), "");
    }
}
