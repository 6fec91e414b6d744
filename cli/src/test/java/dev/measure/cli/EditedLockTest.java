package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.measure.vectors.SampleFuki;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pull request brings its own lock file: what it says beside the values is as much to be checked as the values. */
class EditedLockTest {
    private static final String MANIFEST = """
            schema: measure/manifest/v1
            artifacts: {image: linux.efi}
            targets:
              - pcr: {image: image, pcr: 11, bank: sha256, fwid: none, phase: enter-initrd}
            """;
    private static final Pattern PCR_11 =
            Pattern.compile("\"id\": \"(pcr11/[^\"]*)\", \"alg\": \"sha256\", \"value\": \"([0-9a-f]{64})\"");

    @TempDir
    Path folder;

    private Path lock = Path.of("");
    private String text = "";

    @BeforeEach
    void locked() throws IOException {
        Files.write(folder.resolve("linux.efi"), SampleFuki.bytes());
        Files.writeString(folder.resolve("measure.yaml"), MANIFEST);
        assertEquals(0, run("lock").exit());
        lock = folder.resolve("measure.lock.json");
        text = Files.readString(lock);
    }

    private Session run(String... args) {
        return Session.in(folder, args);
    }

    /** The check of a lock file in which somebody replaced a text. */
    private Session edited(String pattern, String by) throws IOException {
        String other = text.replaceFirst(pattern, by);
        assertFalse(other.equals(text), pattern);
        Files.writeString(lock, other);
        return run("check");
    }

    private static String sha256(byte[] bytes) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    /** Statements about files take this digest from the lock file, signed ones too. */
    @Test
    void theDigestOfAFileWithSectionsIsChecked() throws Exception {
        String digest = sha256(SampleFuki.bytes());
        assertTrue(text.contains(digest));
        Session check = edited(digest, "0".repeat(64));
        assertEquals(7, check.exit(), check.toString());
        String size = SampleFuki.bytes().length + " bytes, sha256 ";
        assertTrue(
                check.out()
                        .contains("linux.efi changed (" + size + "0".repeat(12) + " -> " + size
                                + digest.substring(0, 12) + ")"),
                check.out());
        assertTrue(check.err().contains("if the change is wanted: measure lock --update\n"), check.err());
        assertEquals(
                7, edited("(\"name\": \"linux.efi\", \"size\": )[0-9]+", "$11").exit());
        assertEquals(3, run("lock").exit());
        assertEquals(0, run("lock", "--update").exit());
        assertEquals(text, Files.readString(lock));
    }

    @Test
    void whatIsSaidOfAValueIsChecked() throws IOException {
        String[][] edits = {
            {"\"evidence\": \"[a-z]+\"", "\"evidence\": \"hardware\"", "pcr11/"},
            {"\"status\": \"predicted\"", "\"status\": \"from-evidence\"", "pcr11/"},
            {"\\[\"linux.efi#.cmdline\", ", "[", "pcr11/"},
            {"\"role\": \"uki\"", "\"role\": \"firmware\"", "linux.efi"},
        };
        for (String[] edit : edits) {
            Session check = edited(edit[0], edit[1]);
            assertEquals(7, check.exit(), check.toString());
            assertTrue(
                    check.out()
                            .contains(
                                    "other origins, evidence, status or role than the same version of measure tells of"
                                            + " the same files, as after an edit:\n  " + edit[2]),
                    check.out());
            assertEquals(3, run("lock").exit());
            assertFalse(check.err().contains("lock --update"), check.err());
        }
    }

    /** The command that is offered writes the lock file that was compared, not another. */
    @Test
    void theCommandThatTakesAChangeOverNamesManifestAndLockFile() throws IOException {
        Files.writeString(folder.resolve("a manifest.yaml"), MANIFEST);
        assertEquals(
                0, run("lock", "a manifest.yaml", "--lock", "other.lock.json").exit());
        Files.writeString(folder.resolve("a manifest.yaml"), MANIFEST.replace("enter-initrd", "none"));
        Surroundings job = new Surroundings(folder.toString(), Map.of("GITHUB_STEP_SUMMARY", "page.md"), false, false);
        Session check =
                Session.with(job, new byte[0], "check", "a manifest.yaml", "--lock", "other.lock.json", "--github");
        assertEquals(7, check.exit(), check.toString());
        String command = "measure lock --update --lock other.lock.json 'a manifest.yaml'";
        assertTrue(check.err().contains("if the change is wanted: " + command + "\n"), check.err());
        String page = Files.readString(folder.resolve("page.md"));
        assertTrue(page.endsWith("If the change is wanted: `" + command + "`\n"), page);
        assertEquals(
                0,
                run("lock", "--update", "--lock", "other.lock.json", "a manifest.yaml")
                        .exit());
        assertEquals(text, Files.readString(lock));
        assertEquals(
                0, run("check", "a manifest.yaml", "--lock", "other.lock.json").exit());
    }

    /** Evidence cannot be had again. */
    @Test
    void reportsDoNotWriteOverWhatALockFileIsAbout() throws Exception {
        byte[] evidence = ("sha256:\n  11: 0x" + "1".repeat(64) + "\n").getBytes(StandardCharsets.UTF_8);
        Files.write(folder.resolve("seen.yaml"), evidence);
        Files.write(folder.resolve("asked.yaml"), evidence);
        Files.createLink(folder.resolve("hard.yaml"), folder.resolve("seen.yaml"));
        Files.createSymbolicLink(folder.resolve("here"), folder);
        confirmed("seen.yaml", sha256(evidence));
        String absolute = folder.resolve("seen.yaml").toString();
        for (String name : List.of("seen.yaml", "here/seen.yaml", absolute, "hard.yaml", "linux.efi", "measure.yaml")) {
            for (List<String> words : List.of(
                    List.of("check", "--junit", name), List.of("check", "--sarif", name, "--evidence", "asked.yaml"))) {
                Session refused = run(words.toArray(String[]::new));
                assertEquals(2, refused.exit(), words + refused.toString());
                assertTrue(
                        refused.err().contains(": " + name + " is read too, and would be written over"), refused.err());
            }
        }
        for (String name : List.of("seen.yaml", "asked.yaml")) {
            Session refused =
                    run("check", "--golden", "measure.lock.json", "--evidence", "asked.yaml", "--junit", name);
            assertEquals(2, refused.exit(), refused.toString());
        }
        Session refused = run("check", "--lock", "../x.json", "--junit", "measure.yaml");
        assertEquals(2, refused.exit(), refused.toString());
        assertArrayEquals(evidence, Files.readAllBytes(folder.resolve("seen.yaml")));
        assertArrayEquals(evidence, Files.readAllBytes(folder.resolve("asked.yaml")));
        assertArrayEquals(SampleFuki.bytes(), Files.readAllBytes(folder.resolve("linux.efi")));
        assertEquals(MANIFEST, Files.readString(folder.resolve("measure.yaml")));
    }

    /** Another version may know better how well a rule is known. */
    @Test
    void whatAnotherVersionSaidOfAValueIsTold() throws IOException {
        text = text.replaceFirst("\"madeBy\": \"[^\"]*\"", "\"madeBy\": \"measure 0.0.9\"");
        Session check = edited("\"evidence\": \"[a-z]+\"", "\"evidence\": \"hardware\"");
        assertEquals(0, check.exit(), check.toString());
        assertTrue(
                check.err()
                        .contains(
                                "note: origins, evidence, status or role that changed without moving a value: pcr11/"),
                check.err());
    }

    /** The lock file without its behaviours, or with an assumption that it has not. */
    private String withOther(String key) {
        String other = key.equals("behaviours")
                ? text.replaceFirst("(?s)\"behaviours\": \\[\n.*?\n  ]", "\"behaviours\": []")
                : text.replaceFirst(
                        "\"assumptions\": \\[]",
                        "\"assumptions\": [{\"key\": \"vmm\", \"value\": \"another\", \"why\": \"an edit\"}]");
        assertFalse(other.equals(text), text);
        return other;
    }

    @Test
    void theRulesAndAssumptionsOfTheSameVersionAreChecked() throws IOException {
        for (String key : List.of("behaviours", "assumptions")) {
            String other = withOther(key);
            Files.writeString(lock, other);
            Session check = run("check", "--junit=junit.xml", "--sarif=check.sarif");
            assertEquals(7, check.exit(), check.toString());
            String said = "other " + (key.equals("behaviours") ? "rules" : key)
                    + " than the same version of measure has for the same values, as after an edit of it or of the manifest";
            assertTrue(check.out().contains(said + ":\n"), check.out());
            assertFalse(check.err().contains("without moving a value"), check.err());
            assertTrue(check.err().contains("if the change is wanted: measure lock --update\n"), check.err());
            assertTrue(Files.readString(folder.resolve("junit.xml")).contains(said), key);
            assertTrue(Files.readString(folder.resolve("check.sarif")).contains(said), key);
            assertEquals(3, run("lock").exit());
        }
    }

    /** An upgrade alone does not fail; that an edit may hide behind it is said. */
    @Test
    void whatIsNotComparedWithAnotherVersionIsSaid() throws Exception {
        String rest =
                ": whether somebody edited its origins, evidence, status, roles, behaviours or assumptions was not"
                        + " compared; measure lock writes them again";
        String[][] versions = {
            {"measure 0.0.9", "measure.lock.json is of another version, measure 0.0.9" + rest},
            {"", "measure.lock.json is of no version of measure that it names" + rest},
        };
        for (String[] version : versions) {
            String other = withOther("assumptions")
                    .replaceFirst("\"madeBy\": \"[^\"]*\"", "\"madeBy\": \"" + version[0] + "\"");
            Files.writeString(lock, other);
            Session check = run("check", "--junit=junit.xml");
            assertEquals(0, check.exit(), check.toString());
            assertTrue(check.err().contains("note: " + version[1] + "\n"), check.err());
            assertTrue(check.err().contains("note: assumptions that changed without moving a value: "), check.err());
            assertTrue(Files.readString(folder.resolve("junit.xml")).contains(version[1]));
            JsonNode tree = new ObjectMapper().readTree(run("check", "--json").out());
            assertEquals(version[0], tree.at("/found/drift/otherVersion").asText("none"));
            assertEquals(
                    List.of(),
                    List.copyOf(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                            .getSchema(Version.resource("result-v1.schema.json"))
                            .validate(tree)));
            assertEquals(0, run("lock").exit());
            assertEquals(text, Files.readString(lock));
        }
        assertFalse(run("check").err().contains("another version"));
    }

    @Test
    void theBankOfAnIdIsThatOfItsDigest() throws IOException {
        Session check = edited("bank=sha256", "bank=sha1");
        assertEquals(4, check.exit(), check.toString());
        assertTrue(check.err().contains("is of bank sha1, got a digest of sha256"), check.err());
    }

    private Session confirmed(String evidence, String sha256) throws IOException {
        return confirmed(List.of(entry(evidence, sha256)));
    }

    private Session confirmed(List<String> entries) throws IOException {
        String all = "\"confirmed\": [\n    " + String.join(",\n    ", entries) + "\n  ]";
        return edited("\"confirmed\": \\[]", Matcher.quoteReplacement(all));
    }

    private String entry(String evidence, String sha256) {
        Matcher value = PCR_11.matcher(text);
        assertTrue(value.find(), text);
        return "{\"id\": \"" + value.group(1) + "\", \"alg\": \"sha256\", \"value\": \"" + value.group(2)
                + "\", \"evidence\": \"" + evidence + "\", \"sha256\": \"" + sha256 + "\"}";
    }

    private String entry(String evidence) throws Exception {
        return entry(evidence, sha256(Files.readAllBytes(folder.resolve(evidence))));
    }

    /** TPMS_ATTEST of a quote of the bank of SHA-256; the third byte of TPMS_PCR_SELECTION has PCRs 16 to 23. */
    private void quote(String name, int select, String... values) throws Exception {
        StringBuilder all = new StringBuilder();
        for (String value : values) {
            all.append(value);
        }
        String quote = "ff544347" + "8018" + "0000" + "0000" + "0000000000000000" + "00000001" + "00000000" + "01"
                + "0000000000000000" + "00000001" + "000b" + "03"
                + String.format("%02x%02x00", select & 0xff, select >> 8)
                + "0020" + sha256(HexFormat.of().parseHex(all));
        Files.write(folder.resolve(name), HexFormat.of().parseHex(quote));
    }

    /** A quote has the digest of values; somebody wrote that it confirms what it is no quote of. */
    @Test
    void aQuoteMustBeOfTheValuesThatItIsSaidToConfirm() throws Exception {
        Matcher value = PCR_11.matcher(text);
        assertTrue(value.find(), text);
        String pcr11 = value.group(2);
        String pcr7 = "77".repeat(32);
        String other = "11".repeat(32);
        quote("golden.msg", 1 << 11, pcr11);
        assertEquals(0, confirmed(List.of(entry("golden.msg"))).exit());
        quote("other.msg", 1 << 11, other);
        Session check = confirmed(List.of(entry("other.msg")));
        assertEquals(7, check.exit(), check.toString());
        String unknown = "1 value by %s, which is a quote of PCR values that no other evidence in the folder shows\n";
        assertTrue(check.out().contains(unknown.formatted("other.msg")), check.out());
        quote("seven.msg", 1 << 7, pcr7);
        check = confirmed(List.of(entry("seven.msg")));
        assertEquals(7, check.exit(), check.toString());
        assertTrue(
                check.out().contains(value.group(1) + " by seven.msg, which is a quote of other registers\n"),
                check.out());

        quote("both.msg", 1 << 7 | 1 << 11, pcr7, pcr11);
        check = confirmed(List.of(entry("both.msg")));
        assertEquals(7, check.exit(), check.toString());
        assertTrue(check.out().contains(unknown.formatted("both.msg")), check.out());
        Files.writeString(folder.resolve("pcrs.yaml"), "sha256:\n  7 : 0x" + pcr7 + "\n  11: 0x" + pcr11 + "\n");
        Files.write(folder.resolve("pcrs.bin"), HexFormat.of().parseHex(pcr7 + pcr11));
        Files.writeString(folder.resolve("host2.yaml"), "sha256:\n  7 : 0x" + other + "\n  11: 0x" + pcr11 + "\n");
        for (String shows : List.of("pcrs.yaml", "pcrs.bin")) {
            check = confirmed(List.of(entry("both.msg"), entry("host2.yaml"), entry(shows)));
            assertEquals(0, check.exit(), check.toString());
        }
        Files.write(folder.resolve("pcrs.bin"), HexFormat.of().parseHex(other + pcr11));
        check = confirmed(List.of(entry("both.msg"), entry("pcrs.bin")));
        assertEquals(7, check.exit(), check.toString());
        assertTrue(check.out().contains("1 value by pcrs.bin, which is no evidence\n"), check.out());
        assertTrue(check.out().contains(unknown.formatted("both.msg")), check.out());

        quote("moved.msg", 1 << 7 | 1 << 11, pcr7, other);
        Files.writeString(folder.resolve("moved.yaml"), "sha256:\n  7 : 0x" + pcr7 + "\n  11: 0x" + other + "\n");
        check = confirmed(List.of(entry("moved.msg"), entry("moved.yaml")));
        assertEquals(7, check.exit(), check.toString());
        assertTrue(
                check.out().contains(value.group(1) + " by moved.msg, which is a quote of another value\n"),
                check.out());
    }

    /** Another technology than the TPM's, and a quote that somebody cut. */
    @Test
    void aQuoteConfirmsNoLaunchDigest() throws Exception {
        Files.writeString(
                folder.resolve("measure.yaml"),
                MANIFEST + "  - snp: {image: image, fwid: ovmf-qemu, vcpus: 1, vcpu-type: EPYC-v4}\n");
        assertEquals(0, run("lock", "--update").exit());
        text = Files.readString(lock);
        Matcher launch = Pattern.compile("\"id\": \"(snp/[^\"]*)\", \"alg\": \"sha384\", \"value\": \"([0-9a-f]{96})\"")
                .matcher(text);
        assertTrue(launch.find(), text);
        Matcher value = PCR_11.matcher(text);
        assertTrue(value.find(), text);
        quote("quote.msg", 1 << 11, value.group(2));
        String pcr = entry("quote.msg");
        Session check = confirmed(List.of(
                pcr,
                pcr.replace(value.group(1), launch.group(1))
                        .replace("\"sha256\", \"value", "\"sha384\", \"value")
                        .replace(value.group(2), launch.group(2))));
        assertEquals(7, check.exit(), check.toString());
        assertTrue(
                check.out().contains(launch.group(1) + " by quote.msg, which is a quote of other registers\n"),
                check.out());
        assertFalse(check.out().contains(value.group(1) + " by"), check.out());
        byte[] bytes = Files.readAllBytes(folder.resolve("quote.msg"));
        Files.write(folder.resolve("quote.msg"), Arrays.copyOf(bytes, bytes.length - 1));
        check = confirmed(List.of(entry("quote.msg")));
        assertEquals(7, check.exit(), check.toString());
        assertTrue(check.out().contains("1 value by quote.msg, which is no evidence\n"), check.out());
    }

    @Test
    void evidenceMustShowWhatItIsSaidToConfirm() throws Exception {
        Matcher value = PCR_11.matcher(text);
        assertTrue(value.find(), text);
        byte[] shows = ("sha256:\n  11: 0x" + value.group(2) + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] other = ("sha256:\n  11: 0x" + "1".repeat(64) + "\n").getBytes(StandardCharsets.UTF_8);
        Files.write(folder.resolve("shows.yaml"), shows);
        Files.write(folder.resolve("other.yaml"), other);
        assertEquals(0, confirmed("shows.yaml", sha256(shows)).exit());

        Session check = confirmed("other.yaml", sha256(other));
        assertEquals(7, check.exit(), check.toString());
        assertTrue(check.out().contains(value.group(1) + " by other.yaml, which does not show it\n"), check.out());
        check = confirmed("shows.yaml", sha256(other));
        assertEquals(7, check.exit(), check.toString());
        assertTrue(
                check.out().contains("1 value by shows.yaml, which is another file: sha256 " + sha256(shows)),
                check.out());
        check = confirmed("linux.efi", sha256(SampleFuki.bytes()));
        assertEquals(7, check.exit(), check.toString());
        assertTrue(check.out().contains("1 value by linux.efi, which is no evidence\n"), check.out());
        assertTrue(
                check.err().contains("measure.lock.json calls values confirmed by what does not show them"),
                check.err());
    }

    @Test
    void evidenceOutsideOfTheFolderIsNotLookedAt() throws Exception {
        for (String name : new String[] {"../secret", "/etc/hostname", "a:b", "-"}) {
            Session check = confirmed(name, "0".repeat(64));
            assertEquals(7, check.exit(), check.toString());
            assertTrue(
                    check.out().contains("1 value by '" + name + "', which is no file in the folder\n"), check.out());
        }
    }

    /** It may be kept where not everybody can read it; its digest is in the lock file. */
    @Test
    void evidenceThatIsKeptElsewhereIsSaid() throws IOException {
        Session check = confirmed("boots/host1.report", "0".repeat(64));
        assertEquals(0, check.exit(), check.toString());
        assertTrue(
                check.err()
                        .contains(
                                "note: not there to be looked at: boots/host1.report, which is said to confirm 1 value"),
                check.err());
    }

    /** In schema and help: there are no tags; a parser of YAML takes one of a key without a word. */
    @Test
    void aKeyHasNoTag() throws IOException {
        for (String key : new String[] {"!!str image", "? !!str image\n ", "! image", "!<tag:x> image"}) {
            Files.writeString(
                    folder.resolve("tag.yaml"), "schema: measure/manifest/v1\nartifacts:\n  " + key + ": linux.efi\n");
            Session refused = run("lock", "tag.yaml");
            assertEquals(4, refused.exit(), refused.toString());
            String at = key.startsWith("?") ? "5" : "3";
            assertTrue(
                    refused.err().contains("expected values without tags, found a tag at line 3, column " + at),
                    refused.err());
        }
    }

    @Test
    void theRootDirectoryIsNoManifest() {
        for (String verb : List.of("check", "lock")) {
            Session refused = run(verb, "/");
            assertEquals(4, refused.exit(), refused.toString());
            assertTrue(refused.err().contains("/: expected a manifest, found the root directory"), refused.err());
        }
    }

    @Test
    void aCharacterThatCannotBePrintedHasItsPlace() throws IOException {
        Files.writeString(folder.resolve("c1.yaml"), "schema: measure/manifest/v1\n# é\u009b31m\n");
        Session refused = run("lock", "c1.yaml");
        assertEquals(4, refused.exit(), refused.toString());
        assertTrue(refused.err().contains("c1.yaml: offset 0x20: expected a manifest of characters"), refused.err());
        assertTrue(refused.err().contains("found U+009B"), refused.err());
    }

    @Test
    void anExportIntoAFolderThatIsNotThereSaysSo() throws IOException {
        Files.writeString(folder.resolve("measure.yaml"), MANIFEST + "exports:\n  - {format: hex, file: sub/o.hex}\n");
        Session refused = run("lock");
        assertEquals(4, refused.exit(), refused.toString());
        assertTrue(
                refused.err()
                        .contains("error: sub/o.hex: cannot be written: no such folder\nmeasure: hint: does its"
                                + " folder exist?\n"),
                refused.err());
    }

    /** Each exclusion is asked about each value: a manifest of a stranger must not make that slow. */
    @Test
    void manyExclusionsOfManyValuesTakeSeconds() throws IOException {
        StringBuilder manifest = new StringBuilder("""
                schema: measure/manifest/v1
                artifacts: {image: linux.efi}
                targets:
                  - snp: {image: image, fwid: ovmf-qemu, vcpus: 1..512, vcpu-type: [EPYC-v4, EPYC-Rome, EPYC-Milan, EPYC-Genoa]}
                  - pcr: {image: image, pcr: 11, bank: sha256, fwid: none}
                exclude:
                """);
        for (int i = 1; i <= 4000; i++) {
            manifest.append("  - {vcpus: ").append(i % 512 + 1).append("..512}\n");
        }
        Files.writeString(folder.resolve("many.yaml"), manifest);
        long start = System.nanoTime();
        Session run = run("lock", "many.yaml");
        long seconds = (System.nanoTime() - start) / 1_000_000_000;
        assertEquals(0, run.exit(), run.toString());
        assertTrue(run.err().contains("wrote many.lock.json: 1 value of 1 file"), run.err());
        assertTrue(seconds < 30, seconds + " s");
    }

    /** A result does not know the sections of its files, so they are compared whole. */
    @Test
    void aLockAndAResultAreComparedByFiles() throws IOException {
        byte[] image = SampleFuki.bytes();
        byte[] before = image.clone();
        int at = new String(image, StandardCharsets.ISO_8859_1).indexOf("console=");
        assertTrue(at > 0);
        image[at]++;
        Files.write(folder.resolve("linux.efi"), image);
        Session result =
                run("pcr", "linux.efi", "--pcr=11", "--bank=sha256", "--fwid=none", "--phase=enter-initrd", "--json");
        Files.writeString(folder.resolve("result.json"), result.out());
        Session diff = run("diff", "measure.lock.json", "result.json");
        assertEquals(3, diff.exit(), diff.toString());
        assertTrue(diff.out().contains("\nlinux.efi changed (" + before.length + " bytes, sha256 "), diff.out());
        assertFalse(diff.out().contains(" is new"), diff.out());
        assertFalse(diff.out().contains(" is gone"), diff.out());
    }
}
