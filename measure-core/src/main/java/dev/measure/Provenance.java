package dev.measure;

import java.util.List;

/** Where measured bytes come from: "which bytes of which file is this?" */
public sealed interface Provenance {

    /** {@return one line for people} */
    String text();

    /**
     * Bytes of a file.
     *
     * @param file the name of the file as the user gave it
     * @param offset the offset of the first byte from the start of the file
     * @param length the number of bytes
     */
    record FileRange(String file, long offset, long length) implements Provenance {
        /** {@return the range that a source covers} */
        public static FileRange of(Source source) {
            return new FileRange(source.name(), source.start(), source.length());
        }

        @Override
        public String text() {
            return file + " 0x" + Long.toHexString(offset) + "+0x" + Long.toHexString(length);
        }
    }

    /**
     * A section of a PE file.
     *
     * @param section the section's name, such as {@code .efifw}
     * @param range its bytes
     */
    record PeSection(String section, FileRange range) implements Provenance {
        @Override
        public String text() {
            return section + " in " + range.text();
        }
    }

    /**
     * A parameter of the prediction.
     *
     * @param name the parameter, as the command line spells it without dashes
     * @param value its value
     */
    record Parameter(String name, String value) implements Provenance {
        @Override
        public String text() {
            return "--" + name + " " + value;
        }
    }

    /**
     * A value that a specification or the source of a program fixes.
     *
     * @param specification the document or program
     * @param section the place in it
     */
    record Constant(String specification, String section) implements Provenance {
        @Override
        public String text() {
            return specification + ", " + section;
        }
    }

    /**
     * Bytes built by a rule from other bytes.
     *
     * @param rule the rule
     * @param from what it was given
     */
    record Derived(String rule, List<Provenance> from) implements Provenance {
        /** Copies the list. */
        public Derived {
            from = List.copyOf(from);
        }

        @Override
        public String text() {
            StringBuilder text = new StringBuilder(rule);
            String separator = " from ";
            for (Provenance origin : from) {
                text.append(separator).append(origin.text());
                separator = "; ";
            }
            return text.toString();
        }
    }
}
