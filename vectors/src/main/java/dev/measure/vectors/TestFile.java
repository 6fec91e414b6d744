package dev.measure.vectors;

import java.util.List;
import java.util.Map;

/** What all vector files have in common. */
public interface TestFile {
    /** {@return what is tested} */
    String algorithm();

    /** {@return the file name of the schema, which carries its version} */
    String schema();

    /** {@return how many tests there are in all groups} */
    int numberOfTests();

    /** {@return what the file is, in sentences} */
    List<String> header();

    /** {@return the flags of the tests and what they mean} */
    Map<String, Note> notes();

    /** {@return the files that the tests refer to by id} */
    List<Input> inputs();

    /**
     * {@return the input of an id}
     *
     * @param id the id
     */
    default Input input(String id) {
        return inputs().stream()
                .filter(input -> input.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no input " + id));
    }

    /**
     * What a flag stands for.
     *
     * @param bugType the class of mistake that the tests are meant to find
     * @param description what the matter is
     */
    record Note(String bugType, String description) {
        /** Checks that both are there. */
        public Note {
            if (bugType.isEmpty() || description.isEmpty()) {
                throw new IllegalArgumentException("a note needs a bug type and a description");
            }
        }
    }

    /**
     * Where the expected values of a group come from.
     *
     * @param name the peer that ran as oracle, or {@code specification}
     * @param version its version
     * @param commit its commit, if it has one; otherwise empty
     * @param command how it was run, with fields of the tests in angle brackets
     */
    record Origin(String name, String version, String commit, String command) {
        /** Checks that nothing but the commit is empty. */
        public Origin {
            if (name.isEmpty() || version.isEmpty() || command.isEmpty()) {
                throw new IllegalArgumentException("a source needs a name, a version and a command");
            }
        }
    }

    /**
     * An intermediate value.
     *
     * @param name what has just happened
     * @param after the register after it, hexadecimal
     */
    record Event(String name, String after) {
        /** Checks the form. */
        public Event {
            Vectors.hex(after, "after");
        }
    }
}
