package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A report that a Milan processor signed, through the command line: what is verified, and what is not, is said. */
class VerifyReportVectorTest {
    private static final String FOLDER = "vectors/formats/snp-reports/";
    private static final String REPORT = "automata/report.bin";

    @TempDir
    Path folder;

    private Session run(String... options) throws IOException {
        List<String> args = new ArrayList<>(List.of("snp", "verify-report", path(REPORT)));
        args.addAll(List.of(options));
        return Session.with(
                new Surroundings(folder.toString(), Map.of(), false, false), new byte[0], args.toArray(String[]::new));
    }

    private static String path(String name) {
        return Shared.file(FOLDER + name).orElseThrow().toString();
    }

    /** As an independent program read it. */
    private static String measurement() throws IOException {
        Path index = Shared.file(FOLDER + "index.json").orElseThrow();
        return StreamSupport.stream(
                        new JsonMapper().readTree(index.toFile()).get("files").spliterator(), false)
                .filter(row -> row.get("file").asText().equals(REPORT))
                .map(row -> row.get("facts").get("measurement").asText())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aReportOfAzuresParavisorBindsItsRuntimeData() throws IOException {
        if (Shared.file(FOLDER + "index.json").isEmpty()) {
            return;
        }
        byte[] report = Files.readAllBytes(Path.of(path("hcl/trustee-az-snp-hcl-report.bin")));
        String key = path("hcl/trustee-vcek.pem");
        for (boolean changed : new boolean[] {false, true}) {
            report[1300] ^= (byte) (changed ? 1 : 0); // in the JSON, which begins at 1236
            Files.write(folder.resolve("hcl.bin"), report);
            Session session = Session.in(folder, "snp", "verify-report", "hcl.bin", "--certificate", key);
            assertEquals(changed ? 8 : 0, session.exit(), session.toString());
        }
    }

    @Test
    void verifiesUpToTheRootAndSaysWhereItDoesNot() throws IOException {
        if (Shared.file(FOLDER + "index.json").isEmpty()) {
            return;
        }
        Session whole = run(
                "--certificate",
                path("automata/vcek.der"),
                "--certificate",
                path("roots/ask_milan_vcek.pem"),
                "--certificate",
                path("roots/ark_milan_vcek.pem"),
                "--launch-digest",
                measurement());
        assertEquals(0, whole.exit(), whole.toString());
        assertTrue(whole.out().startsWith("matches     ARK: AMD's root key for Milan\n"), whole.toString());
        assertFalse(whole.err().contains("ARK: not checked"), whole.toString());

        Session rootless = run("--certificate", path("automata/vcek.der"));
        assertEquals(0, rootless.exit(), rootless.toString());
        assertTrue(
                rootless.err().startsWith("note: ARK: not checked, no certificate of the one above the ASK\n"),
                rootless.toString());

        Session unsigned = run("--launch-digest", measurement());
        assertEquals(0, unsigned.exit(), unsigned.toString());
        assertEquals("note: SIGNATURE: not checked, no certificate is given\n", unsigned.err());
        assertEquals(3, run("--launch-digest", "00".repeat(48)).exit());
    }

    @Test
    void takesPolicyAndHostDataFromTheCommandLineOfTheGuest() throws IOException {
        if (Shared.file(FOLDER + "index.json").isEmpty()) {
            return;
        }
        Path script = folder.resolve("guest.sh");
        String host = Base64.getEncoder().encodeToString(new byte[32]);
        for (String policy : List.of("0x30000", "0xb0000")) {
            Files.writeString(
                    script,
                    "qemu-system-x86_64 -cpu EPYC-v4 -machine q35,confidential-guest-support=s -object"
                            + " sev-snp-guest,id=s,policy=" + policy + ",host-data=" + host);
            Session session = run("--from-qemu", script.toString());
            boolean right = policy.equals("0x30000"); // as the index says
            assertEquals(right ? 0 : 3, session.exit(), session.toString());
            assertTrue(
                    session.out().contains((right ? "matches     " : "differs     ") + "POLICY: "), session.toString());
            assertTrue(session.out().contains("matches     HOST_DATA: " + "00".repeat(32)), session.toString());
        }
    }

    @Test
    void namesWhatIsWrong() throws IOException {
        Optional<Path> certificate = Shared.file(FOLDER + "automata/vcek.der");
        if (certificate.isEmpty()) {
            return;
        }
        Session other = run("--certificate", path("oak/milan-oc-release-vcek.der"));
        assertEquals(8, other.exit(), other.toString());
        assertTrue(
                other.err()
                        .contains("error: SIGNATURE: expected a signature by the VCEK, found one that does not verify"),
                other.toString());
    }
}
