package dev.measure.vectors;

import java.util.List;
import java.util.Map;

/** PCR policies, their signatures and files of PCR values, {@code tpm_policy_test_schema_v1.json}. */
public record TpmPolicyTests(
        String algorithm,
        String schema,
        int numberOfTests,
        List<String> header,
        Map<String, TestFile.Note> notes,
        List<Input> inputs,
        List<Group> testGroups)
        implements TestFile {
    /** Checks the form. */
    public TpmPolicyTests {
        Vectors.oneOf(schema, "schema", "tpm_policy_test_schema_v1.json");
        testGroups = Vectors.some(testGroups, "testGroups");
    }

    /** What the tests of a group share. */
    public record Group(String type, Origin source, Parameters parameters, List<Test> tests) {
        /** Checks the form. */
        public Group {
            Vectors.oneOf(type, "type", "TpmPolicyTest");
            tests = Vectors.some(tests, "tests");
        }
    }

    /**
     * What the peer was asked for.
     *
     * @param kind what it wrote
     * @param style {@code off}, {@code short} or {@code pretty}: its {@code --json}; empty if it has none
     * @param signatureHash {@code sha256}, or {@code bank}: that of the bank; empty if nothing is signed
     */
    public record Parameters(String kind, String style, String signatureHash) {}

    /**
     * A PCR value.
     *
     * @param bank the bank
     * @param pcr the register
     * @param phase the boot phases that have been measured, joined by colons
     * @param value the value, hexadecimal
     */
    public record Value(String bank, int pcr, String phase, String value) {
        /** Checks the form. */
        public Value {
            Vectors.hex(value, "value");
        }
    }

    /**
     * One output.
     *
     * @param tcId 1 and up
     * @param comment what it is
     * @param flags keys of the notes
     * @param values the PCR values, in the order in which the peer worked them off
     * @param publicKey the key in PEM, or empty
     * @param policyRef the policyref, or empty
     * @param append the file that was appended to, or empty
     * @param output what the peer wrote, as text or hexadecimal
     * @param errors what it wrote to standard error, if that is part of the test
     * @param result {@code valid}
     */
    public record Test(
            int tcId,
            String comment,
            List<String> flags,
            List<Value> values,
            String publicKey,
            String policyRef,
            String append,
            String output,
            String errors,
            String result) {
        /** Checks the form. */
        public Test {
            Vectors.oneOf(result, "result", "valid");
            flags = List.copyOf(flags);
            values = List.copyOf(values);
        }
    }
}
