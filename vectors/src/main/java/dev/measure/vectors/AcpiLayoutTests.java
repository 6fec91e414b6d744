package dev.measure.vectors;

import java.util.List;
import java.util.Map;

/** The ACPI tables that QEMU made for a real firmware, {@code tdx_acpi_layout_test_schema_v1.json}. */
public record AcpiLayoutTests(
        String algorithm,
        String schema,
        int numberOfTests,
        List<String> header,
        Map<String, TestFile.Note> notes,
        List<Input> inputs,
        List<Group> testGroups)
        implements TestFile {
    /** Checks the form. */
    public AcpiLayoutTests {
        Vectors.oneOf(schema, "schema", "tdx_acpi_layout_test_schema_v1.json");
        testGroups = Vectors.some(testGroups, "testGroups");
    }

    /** What the tests of a group share. */
    public record Group(String type, Origin source, Parameters parameters, List<Test> tests) {
        /** Checks the form. */
        public Group {
            Vectors.oneOf(type, "type", "AcpiLayoutTest");
            tests = Vectors.some(tests, "tests");
        }
    }

    /**
     * The machine that ran the firmware.
     *
     * @param qemu the version of QEMU, on which the tables depend
     * @param physicalBits the width of a physical address
     */
    public record Parameters(String qemu, int physicalBits) {}

    /**
     * One machine.
     *
     * @param tcId 1 and up
     * @param comment what it is
     * @param flags keys of the notes
     * @param edk2 the release that the firmware is of
     * @param arguments QEMU's, with a drive {@code d0}
     * @param sha256 of etc/acpi/tables
     * @param result {@code valid}
     */
    public record Test(
            int tcId,
            String comment,
            List<String> flags,
            int edk2,
            List<String> arguments,
            String sha256,
            String result) {
        /** Checks the form. */
        public Test {
            Vectors.oneOf(result, "result", "valid");
            Vectors.hex(sha256, 32, "sha256");
            flags = List.copyOf(flags);
            arguments = List.copyOf(arguments);
        }
    }
}
