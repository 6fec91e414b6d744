package dev.measure.vectors;

import java.util.List;
import java.util.Map;

/** PCR 11 of the images of {@link UkiTests}, {@code pcr11_test_schema_v1.json}. */
public record Pcr11Tests(
        String algorithm,
        String schema,
        int numberOfTests,
        List<String> header,
        Map<String, TestFile.Note> notes,
        List<Input> inputs,
        List<Group> testGroups)
        implements TestFile {
    /** Checks the form. */
    public Pcr11Tests {
        Vectors.oneOf(schema, "schema", "pcr11_test_schema_v1.json");
        testGroups = Vectors.some(testGroups, "testGroups");
    }

    /** What the tests of a group share. */
    public record Group(String type, Origin source, Parameters parameters, List<Test> tests) {
        /** Checks the form. */
        public Group {
            Vectors.oneOf(type, "type", "Pcr11Test");
            tests = Vectors.some(tests, "tests");
        }
    }

    /**
     * Where the images are.
     *
     * @param file the vector file of them
     */
    public record Parameters(String file) {
        /** Checks the form. */
        public Parameters {
            Vectors.oneOf(file, "file", "uki_test.json");
        }
    }

    /**
     * One value in all banks, of a machine for which the stub selects no firmware.
     *
     * @param tcId 1 and up
     * @param comment what it is
     * @param flags keys of the notes
     * @param uki the tcId of the image
     * @param profile the number of the profile that is booted
     * @param phase the boot phases that have been measured, joined by colons; empty: none
     * @param expected the register, by bank
     * @param result {@code valid}
     */
    public record Test(
            int tcId,
            String comment,
            List<String> flags,
            int uki,
            int profile,
            String phase,
            Map<String, String> expected,
            String result) {
        /** Checks the form. */
        public Test {
            Vectors.oneOf(result, "result", "valid");
            flags = List.copyOf(flags);
            expected = Map.copyOf(expected);
        }
    }
}
