package dev.measure.vectors;

import java.util.List;
import java.util.Map;

/** Firmware that breaks its format or that no VMM starts, {@code snp_launch_digest_malformed_test_schema_v1.json}. */
public record LaunchDigestMalformedTests(
        String algorithm,
        String schema,
        int numberOfTests,
        List<String> header,
        Map<String, TestFile.Note> notes,
        List<Input> inputs,
        List<Group> testGroups)
        implements TestFile {
    /** Checks the form. */
    public LaunchDigestMalformedTests {
        Vectors.oneOf(schema, "schema", "snp_launch_digest_malformed_test_schema_v1.json");
        testGroups = Vectors.some(testGroups, "testGroups");
    }

    /** What the tests of a group share. */
    public record Group(String type, Origin source, Map<String, String> parameters, List<Test> tests) {
        /** Checks the form. */
        public Group {
            Vectors.oneOf(type, "type", "SnpLaunchDigestMalformedTest");
            if (!parameters.isEmpty()) {
                throw new IllegalArgumentException("no parameters are known");
            }
            tests = Vectors.some(tests, "tests");
        }
    }

    /**
     * One launch.
     *
     * @param tcId 1 and up
     * @param comment what it is
     * @param flags keys of the notes
     * @param firmware id of an input
     * @param vmm {@code qemu}, {@code ec2} or {@code gce}
     * @param vcpus number of vCPUs
     * @param cpu QEMU's name of the CPU model; empty if the VMM takes none
     * @param sevFeatures 8 bytes, most significant first
     * @param kernel id of an input; empty without direct boot
     * @param strict what strict mode answers
     * @param lenient what lenient mode answers
     * @param result {@code invalid}
     */
    public record Test(
            int tcId,
            String comment,
            List<String> flags,
            String firmware,
            String vmm,
            int vcpus,
            String cpu,
            String sevFeatures,
            String kernel,
            Answer strict,
            Answer lenient,
            String result) {
        /** Checks the form. */
        public Test {
            Vectors.oneOf(vmm, "vmm", "qemu", "ec2", "gce");
            Vectors.hex(sevFeatures, 8, "sevFeatures");
            Vectors.oneOf(result, "result", "invalid");
            flags = Vectors.some(flags, "flags");
            if (strict.exit() == 0) {
                throw new IllegalArgumentException("tcId " + tcId + ": strict mode must refuse it");
            }
        }
    }

    /**
     * An answer.
     *
     * @param exit 0 with a digest, 4 malformed, 5 not launchable
     * @param offset of the field that is wrong, if malformed; -1: none, or any
     * @param expected the digest; empty if there is none
     */
    public record Answer(int exit, long offset, String expected) {
        /** Checks the form. */
        public Answer {
            if (exit == 0 ? Vectors.hex(expected, 48, "expected").isEmpty() : !expected.isEmpty()) {
                throw new IllegalArgumentException("exit " + exit + " with a digest of " + expected);
            }
            if (exit != 0 && exit != 4 && exit != 5 || exit != 4 && offset != -1) {
                throw new IllegalArgumentException("exit " + exit + " at offset " + offset);
            }
        }
    }
}
