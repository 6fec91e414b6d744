package dev.measure.vectors;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** VMSA pages, {@code snp_vmsa_test_schema_v1.json}. */
public record VmsaTests(
        String algorithm,
        String schema,
        int numberOfTests,
        List<String> header,
        Map<String, TestFile.Note> notes,
        List<Input> inputs,
        List<Group> testGroups)
        implements TestFile {
    /** Checks the form. */
    public VmsaTests {
        Vectors.oneOf(schema, "schema", "snp_vmsa_test_schema_v1.json");
        testGroups = Vectors.some(testGroups, "testGroups");
    }

    /** What the tests of a group share. */
    public record Group(String type, Origin source, LaunchDigestTests.Parameters parameters, List<Test> tests) {
        /** Checks the form. */
        public Group {
            Vectors.oneOf(type, "type", "SnpVmsaTest");
            tests = Vectors.some(tests, "tests");
        }
    }

    /**
     * One page.
     *
     * @param tcId 1 and up
     * @param comment what it is
     * @param flags keys of the notes
     * @param who {@code bsp}: the first vCPU, {@code ap}: every other
     * @param resetEip where other vCPUs start, 4 bytes, most significant first
     * @param cpu QEMU's name of the CPU model; empty if the VMM takes none
     * @param cpuSignature CPUID 1 EAX, 4 bytes, most significant first; empty if the VMM takes none
     * @param sevFeatures 8 bytes, most significant first
     * @param bytes the runs of nonzero bytes, by hexadecimal offset
     * @param sha256 of the page
     * @param result {@code valid}
     */
    public record Test(
            int tcId,
            String comment,
            List<String> flags,
            String who,
            String resetEip,
            String cpu,
            String cpuSignature,
            String sevFeatures,
            Map<String, String> bytes,
            String sha256,
            String result) {
        /** Checks the form, and that bytes and SHA-256 agree. */
        public Test {
            Vectors.oneOf(who, "who", "bsp", "ap");
            Vectors.hex(resetEip, 4, "resetEip");
            Vectors.hex(sevFeatures, 8, "sevFeatures");
            Vectors.hex(sha256, 32, "sha256");
            Vectors.oneOf(result, "result", "valid");
            flags = List.copyOf(flags);
            bytes = Map.copyOf(bytes);
            if (!Input.sha256(page(bytes)).equals(sha256)) {
                throw new IllegalArgumentException("tcId " + tcId + ": bytes and sha256 contradict each other");
            }
        }

        /** {@return the 4096 bytes} */
        public byte[] page() {
            return page(bytes);
        }

        private static byte[] page(Map<String, String> runs) {
            byte[] page = new byte[4096];
            runs.forEach((offset, hex) -> {
                byte[] run = HexFormat.of().parseHex(Vectors.hex(hex, "bytes"));
                System.arraycopy(run, 0, page, Integer.parseInt(offset, 16), run.length);
            });
            return Arrays.copyOf(page, 4096);
        }
    }
}
