package dev.measure.vectors;

import java.util.List;
import java.util.Map;

/** One digest over the values of many seeded cases, {@code accumulated_test_schema_v1.json}. */
public record AccumulatedTests(
        String algorithm,
        String schema,
        int numberOfTests,
        List<String> header,
        Map<String, TestFile.Note> notes,
        List<Input> inputs,
        List<Group> testGroups)
        implements TestFile {
    /** Checks the form. */
    public AccumulatedTests {
        Vectors.oneOf(schema, "schema", "accumulated_test_schema_v1.json");
        testGroups = Vectors.some(testGroups, "testGroups");
    }

    /** What the tests of a group share. */
    public record Group(String type, Origin source, Parameters parameters, List<Test> tests) {
        /** Checks the form. */
        public Group {
            Vectors.oneOf(type, "type", "AccumulatedTest");
            tests = Vectors.some(tests, "tests");
        }
    }

    /**
     * How the cases are made.
     *
     * @param rule the class of this package that makes them
     */
    public record Parameters(String rule) {
        /** Checks the form. */
        public Parameters {
            Vectors.oneOf(rule, "rule", "SnpLaunchCases");
        }
    }

    /**
     * Many cases.
     *
     * @param tcId 1 and up
     * @param comment what they are
     * @param flags keys of the notes
     * @param seed of {@link java.util.SplittableRandom}, 8 bytes, most significant first
     * @param cases how many
     * @param checkpoints the digest after some of them, so that a difference can be found
     * @param expected SHA-256 over all values, one after another
     * @param result {@code valid}
     */
    public record Test(
            int tcId,
            String comment,
            List<String> flags,
            String seed,
            int cases,
            List<Checkpoint> checkpoints,
            String expected,
            String result) {
        /** Checks the form. */
        public Test {
            Vectors.hex(seed, 8, "seed");
            Vectors.hex(expected, 32, "expected");
            Vectors.oneOf(result, "result", "valid");
            flags = List.copyOf(flags);
            checkpoints = Vectors.some(checkpoints, "checkpoints");
        }
    }

    /**
     * The digest on the way.
     *
     * @param cases after how many
     * @param sha256 the digest
     */
    public record Checkpoint(int cases, String sha256) {
        /** Checks the form. */
        public Checkpoint {
            Vectors.hex(sha256, 32, "sha256");
        }
    }
}
