package dev.measure.vectors;

import java.util.List;
import java.util.Map;

/** Launch digests of SEV-SNP guests, {@code snp_launch_digest_test_schema_v1.json}. */
public record LaunchDigestTests(
        String algorithm,
        String schema,
        int numberOfTests,
        List<String> header,
        Map<String, TestFile.Note> notes,
        List<Input> inputs,
        List<Group> testGroups)
        implements TestFile {
    /** Checks the form. */
    public LaunchDigestTests {
        Vectors.oneOf(schema, "schema", "snp_launch_digest_test_schema_v1.json");
        testGroups = Vectors.some(testGroups, "testGroups");
    }

    /** What the tests of a group share. */
    public record Group(String type, Origin source, Parameters parameters, List<Test> tests) {
        /** Checks the form. */
        public Group {
            Vectors.oneOf(type, "type", "SnpLaunchDigestTest");
            tests = Vectors.some(tests, "tests");
        }
    }

    /**
     * The virtual machine monitor.
     *
     * @param vmm {@code qemu}, {@code ec2} or {@code gce}
     */
    public record Parameters(String vmm) {
        /** Checks the form. */
        public Parameters {
            Vectors.oneOf(vmm, "vmm", "qemu", "ec2", "gce");
        }
    }

    /**
     * One launch.
     *
     * @param tcId 1 and up
     * @param comment what it is
     * @param flags keys of the notes
     * @param firmware id of an input
     * @param vcpus number of vCPUs
     * @param cpu QEMU's name of the CPU model; empty if the signature is given as such, or the VMM takes none
     * @param cpuSignature CPUID 1 EAX, 4 bytes, most significant first; empty if the VMM takes none
     * @param sevFeatures 8 bytes, most significant first
     * @param kernel id of an input; empty without direct boot
     * @param initrd id of an input, or empty
     * @param append the command line, or empty
     * @param events intermediate digests, in order
     * @param expected the launch digest
     * @param warnings codes that strict mode gives beside it
     * @param result {@code valid}
     */
    public record Test(
            int tcId,
            String comment,
            List<String> flags,
            String firmware,
            int vcpus,
            String cpu,
            String cpuSignature,
            String sevFeatures,
            String kernel,
            String initrd,
            String append,
            List<Event> events,
            String expected,
            List<String> warnings,
            String result) {
        /** Checks the form. */
        public Test {
            if (!cpuSignature.isEmpty()) {
                Vectors.hex(cpuSignature, 4, "cpuSignature");
            }
            Vectors.hex(sevFeatures, 8, "sevFeatures");
            Vectors.hex(expected, 48, "expected");
            Vectors.oneOf(result, "result", "valid");
            if (kernel.isEmpty() && !(initrd.isEmpty() && append.isEmpty())) {
                throw new IllegalArgumentException("tcId " + tcId + ": initrd or append without kernel");
            }
            flags = List.copyOf(flags);
            events = Vectors.some(events, "events");
            warnings = List.copyOf(warnings);
        }
    }
}
