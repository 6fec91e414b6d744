package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.pe.PeSection;
import dev.measure.uki.Uki;
import dev.measure.vectors.SampleFuki;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

/** Golden values of real images: locked in seconds, the same each time, and what moves them is named. */
class LockTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Two firmwares, three profiles; 1 to 64 vCPUs, four types, three memory sizes, four banks, four phases. */
    private static final String BIG = """
            schema: measure/manifest/v1
            artifacts:
              image: linux.efi
            targets:
              - snp:
                  image: image
                  fwid: amdsev-2026.08
                  vcpus: 1,2,4..64
                  vcpu-type: [EPYC-v4, EPYC-Rome, EPYC-Milan, EPYC-Genoa]
                  guest-features: [0x1, SNPActive+DebugSwap]
                  vmm: [qemu, qemu-10.1, ec2]
              - tdx:
                  image: image
                  register: mrtd
                  order: [page, section]
              - tdx:
                  image: image
                  fwid: inteltdx-2026.08
                  register: rtmr2
                  profile: all
                  memory: [2G, 4G, 8G]
                  secure-boot: "off"
              - pcr:
                  image: image
                  pcr: [4, 9, 11, 12]
                  bank: [sha1, sha256, sha384, sha512]
                  phase: [none, enter-initrd, "enter-initrd:leave-initrd", "enter-initrd:leave-initrd:sysinit:ready"]
                  profile: all
                  fwid: all
                  secure-boot: "off"
            """;

    private static final List<String> ALWAYS = List.of("pcr4");

    @TempDir
    Path folder;

    private byte[] image = new byte[0];

    @BeforeEach
    void sample() throws IOException {
        Files.write(folder.resolve("fuki-sample.efi"), SampleFuki.bytes());
    }

    private Session run(String... args) {
        return Session.in(folder, args);
    }

    private void big() throws IOException {
        Optional<Path> fixtures = Shared.untar("fixtures/ukis.tar.xz", ".");
        Assumptions.assumeTrue(fixtures.isPresent());
        try (Stream<Path> files = Files.walk(fixtures.get())) {
            Path found = files.filter(file -> file.endsWith("fuki-prof.efi"))
                    .findFirst()
                    .orElseThrow();
            image = Files.readAllBytes(found);
        }
        Files.write(folder.resolve("linux.efi"), image);
        Files.writeString(folder.resolve("measure.yaml"), BIG);
    }

    private GoldenValues lock() throws IOException {
        return GoldenValues.read(Source.of("lock", Files.readAllBytes(folder.resolve("measure.lock.json"))));
    }

    /** Changes one byte in the middle of a section; returns the name of the section. */
    private void flip(String name, int which) throws IOException {
        List<PeSection> sections = Uki.read(Source.of("image", image)).image().sections().stream()
                .filter(section -> section.name().equals(name))
                .toList();
        byte[] changed = image.clone();
        PeSection section = sections.get(which);
        changed[(int) (section.pointerToRawData() + section.content().stored() / 2)] ^= 1;
        Files.write(folder.resolve("linux.efi"), changed);
    }

    /** What check says moved, by register and what is to blame. */
    private Map<String, Set<String>> moved() throws IOException {
        Session check = run("check", "--json");
        assertEquals(3, check.exit(), check.err());
        JsonNode drift = JSON.readTree(check.out()).at("/found/drift");
        assertEquals("drift", drift.get("verdict").asText());
        assertEquals(0, drift.get("missing").size() + drift.get("surplus").size());
        Map<String, Set<String>> moved = new HashMap<>();
        for (JsonNode value : drift.get("moved")) {
            Set<String> causes = new TreeSet<>();
            value.get("causes").forEach(cause -> causes.add(cause.get("name").asText()));
            moved.put(value.get("id").asText(), causes);
        }
        return moved;
    }

    @Test
    void locksThousandsOfValuesOfARealImageTheSameEachTime() throws IOException {
        big();
        Session first = run("lock");
        assertEquals(0, first.exit(), first.err());
        byte[] bytes = Files.readAllBytes(folder.resolve("measure.lock.json"));
        assertTrue(lock().values().size() > 1800, "values: " + lock().values().size());
        Locale locale = Locale.getDefault();
        TimeZone zone = TimeZone.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kathmandu"));
            Files.delete(folder.resolve("measure.lock.json"));
            assertEquals(0, run("lock").exit());
        } finally {
            Locale.setDefault(locale);
            TimeZone.setDefault(zone);
        }
        assertArrayEquals(bytes, Files.readAllBytes(folder.resolve("measure.lock.json")));
        assertEquals(0, run("check").exit());
    }

    @Test
    void namesExactlyTheValuesThatOneByteMovesAndItsSection() throws IOException {
        big();
        assertEquals(0, run("lock").exit());
        Set<String> all =
                new HashSet<>(lock().values().stream().map(GoldenValue::id).toList());

        flip(".cmdline", 0); // of the base, which only the profile without one of its own boots with
        assertMoved(all, "linux.efi#.cmdline", List.of("pcr4", "pcr9", "pcr11", "rtmr2"), "/profile=0/");
        flip(".cmdline", 1);
        assertMoved(all, "linux.efi#.cmdline@1", List.of("pcr4", "pcr9", "pcr11", "rtmr2"), "/profile=1/");
        flip(".initrd", 0);
        assertMoved(all, "linux.efi#.initrd", List.of("pcr4", "pcr9", "pcr11", "rtmr2"), "/profile=");
        flip(".linux", 0);
        assertMoved(all, "linux.efi#.linux", List.of("pcr4", "pcr11", "rtmr2"), "/profile=");
        flip(".efifw", 0);
        assertMoved(
                all,
                "linux.efi#.efifw:inteltdx-2026.08",
                List.of("pcr4", "pcr11", "mrtd", "rtmr2"),
                "inteltdx-2026.08");
        flip(".efifw", 1);
        assertMoved(all, "linux.efi#.efifw:amdsev-2026.08@2", List.of("pcr4", "snp", "mrtd"), "amdsev-2026.08");
    }

    /** All values of the registers move whose ids hold the text, those of PCR 4 in any case, and no other. */
    private void assertMoved(Set<String> all, String cause, List<String> registers, String text) throws IOException {
        Set<String> expected = new TreeSet<>();
        for (String id : all) {
            String register = id.substring(0, id.indexOf('/'));
            if (registers.contains(register) && (ALWAYS.contains(register) || id.contains(text))) {
                expected.add(id);
            }
        }
        Map<String, Set<String>> moved = moved();
        assertEquals(expected, new TreeSet<>(moved.keySet()), cause);
        assertEquals(Set.of(Set.of(cause)), new HashSet<>(moved.values()));
    }

    @Test
    void theStarterOfAnImageIsAManifestThatLocks() throws IOException {
        assertEquals(0, run("lock", "--init", "fuki-sample.efi").exit());
        Session lock = run("lock");
        assertEquals(0, lock.exit(), lock.err());
        assertTrue(lock().values().stream().anyMatch(value -> value.id().startsWith("snp/")));
        assertTrue(lock().values().stream().anyMatch(value -> value.id().startsWith("pcr4/")));
        JsonSchema schema = schema("manifest-v1.schema.json");
        String yaml = Files.readString(folder.resolve("measure.yaml"));
        assertEquals(Set.of(), schema.validate(new YAMLMapper().readTree(yaml)), yaml);
    }

    /** The starter of an image with several profiles holds what TPMs held after boots in each of them, systemd-pcrphase's word added. */
    @Test
    void theStarterOfAnImageOfSeveralProfilesHoldsWhatBootsOfItMeasured() throws Exception {
        big();
        Files.delete(folder.resolve("measure.yaml"));
        assertEquals(0, run("lock", "--init", "linux.efi").exit());
        Session locked = run("lock");
        assertEquals(0, locked.exit(), locked::toString);
        Map<String, String> values = new TreeMap<>();
        lock().values().forEach(value -> values.put(value.id(), value.digest().hex()));
        assertEquals(
                Set.of("0", "1", "2"),
                values.keySet().stream()
                        .filter(id -> id.startsWith("pcr"))
                        .map(id -> id.replaceFirst(".*/profile=([0-9]+)/.*", "$1"))
                        .collect(Collectors.toSet()));
        Optional<Path> boots = Shared.file("vectors/fuki/pcr11_boots.json");
        String sha256 = Source.of("image", image).digest(DigestAlgorithm.SHA256).hex();
        int compared = 0;
        for (JsonNode boot : JSON.readTree(boots.orElseThrow().toFile())) {
            if (!boot.at("/uki/sha256").asText().equals(sha256)) {
                continue;
            }
            String rest = "/profile=" + boot.get("profile").asText().substring(1) + "/fwid="
                    + boot.path("selectedFwid").asText("none") + "/phase=enter-initrd/variant=only";
            for (DigestAlgorithm bank : List.of(DigestAlgorithm.SHA256, DigestAlgorithm.SHA384)) {
                MessageDigest extend = bank.newMessageDigest();
                extend.update(HexFormat.of()
                        .parseHex(boot.at("/pcrs/" + bank.id() + "/11").asText()));
                extend.update(bank.newMessageDigest().digest("enter-initrd".getBytes(StandardCharsets.US_ASCII)));
                assertEquals(
                        HexFormat.of().formatHex(extend.digest()),
                        values.get("pcr11/bank=" + bank.id() + rest),
                        boot.get("case").asText());
                compared++;
            }
        }
        assertTrue(compared > 0, "boots of " + sha256);
        // A byte of a profile's own command line moves the values of that profile, and PCR 4, which holds the whole
        // image.
        Set<String> all = new HashSet<>(values.keySet());
        flip(".cmdline", 1);
        assertMoved(all, "linux.efi#.cmdline@1", List.of("pcr4", "pcr11"), "/profile=1/");
    }

    /** A machine in any profile, with any firmware, can hold a golden value of every PCR that is asked for. */
    @Test
    void thePcrsOfAStarterAreOfTheSameMachines() throws IOException {
        assertEquals(0, run("lock", "--init", "fuki-sample.efi").exit());
        assertEquals(0, run("lock").exit());
        Map<String, Set<String>> machines = new TreeMap<>();
        for (GoldenValue value : lock().values()) {
            if (value.id().startsWith("pcr")) {
                machines.computeIfAbsent(value.id().replaceFirst("/.*", ""), any -> new TreeSet<>())
                        .add(value.id().replaceFirst(".*/(profile=[^/]*/fwid=[^/]*)/.*", "$1"));
            }
        }
        assertEquals(Set.of("pcr4", "pcr11"), machines.keySet());
        assertEquals(machines.get("pcr11"), machines.get("pcr4"));
        assertEquals(3, machines.get("pcr4").size(), "none, and the two firmwares of the sample");
    }

    @Test
    void aManifestInJsonIsTheSame() throws IOException {
        assertEquals(0, run("lock", "--init", "fuki-sample.efi").exit());
        assertEquals(0, run("lock").exit());
        JsonNode tree = new YAMLMapper().readTree(Files.readString(folder.resolve("measure.yaml")));
        Files.writeString(
                folder.resolve("same.json"),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree));
        Session check = run("check", "same.json", "--lock", "measure.lock.json");
        assertEquals(0, check.exit(), check.toString());
    }

    @Test
    void lockFilesObeyTheirSchema() throws IOException {
        assertEquals(0, run("lock", "--init", "fuki-sample.efi").exit());
        assertEquals(0, run("lock").exit());
        JsonNode lock = JSON.readTree(Files.readString(folder.resolve("measure.lock.json")));
        assertEquals(Set.of(), schema("lock-v1.schema.json").validate(lock));
        ((ObjectNode) lock.get("values").get(0)).put("typo", 1);
        assertFalse(schema("lock-v1.schema.json").validate(lock).isEmpty());
    }

    @Test
    void theSchemaOfManifestsNamesTheKeysThatAreRead() throws IOException {
        JsonNode schema = JSON.readTree(Version.resource("manifest-v1.schema.json"));
        for (String technology : ManifestKeys.technologies()) {
            Set<String> keys = new TreeSet<>(ManifestKeys.of(technology).keySet());
            if (ManifestKeys.withVariants().contains(technology)) {
                keys.add(ManifestKeys.VARIANT);
            }
            Set<String> published = new TreeSet<>();
            schema.at("/$defs/" + technology + "/properties").fieldNames().forEachRemaining(published::add);
            assertEquals(keys, published);
        }
    }

    @Test
    void everyKeyIsAnOptionAndThoseOfFilesTakeFiles() {
        for (String technology : ManifestKeys.technologies()) {
            List<Options.Option> all = Options.of(Verbs.named(technology).orElseThrow());
            ManifestKeys.of(technology).forEach((key, kind) -> {
                if (key.equals(ManifestKeys.IMAGE)) {
                    return;
                }
                Options.Option option = all.stream()
                        .filter(one -> one.names().contains("--" + key))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError(technology + " " + key));
                boolean file = option.label().contains("FILE") || option.label().equals("LOG");
                boolean artifact = kind == ManifestKeys.Kind.FILE
                        || kind == ManifestKeys.Kind.NAMED_FILE
                        || kind == ManifestKeys.Kind.FILE_OR_NONE;
                assertEquals(file, artifact, technology + " " + key + " takes " + option.label());
                boolean at = option.description().contains("@FILE");
                assertTrue(!at || kind == ManifestKeys.Kind.TEXT, technology + " " + key + " takes @FILE");
                assertFalse(key.startsWith("write-") || key.startsWith("dump-") || key.equals("transcript"), key);
            });
        }
    }

    @Test
    void reportsAreWellFormedAndCountWhatMoved() throws Exception {
        assertEquals(0, run("lock", "--init", "fuki-sample.efi").exit());
        assertEquals(0, run("lock").exit());
        byte[] changed = new String(SampleFuki.bytes(), StandardCharsets.ISO_8859_1)
                .replace("console=ttyS0", "console=ttyS1")
                .getBytes(StandardCharsets.ISO_8859_1);
        Files.write(folder.resolve("fuki-sample.efi"), changed);
        Session check = Session.with(
                new Surroundings(folder.toString(), Map.of("GITHUB_STEP_SUMMARY", "summary.md"), false, false),
                new byte[0],
                "check",
                "--github",
                "--junit",
                "report.xml",
                "--sarif",
                "report.sarif");
        assertEquals(3, check.exit());
        int moved = moved().size();
        var suite = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(folder.resolve("report.xml").toFile())
                .getDocumentElement();
        assertEquals("testsuites", suite.getTagName());
        assertEquals(
                Integer.toString(moved),
                ((Element) suite.getElementsByTagName("testsuite").item(0)).getAttribute("failures"));
        assertEquals(moved, suite.getElementsByTagName("failure").getLength());
        assertEquals(
                lock().values().size(), suite.getElementsByTagName("testcase").getLength());
        JsonNode sarif = JSON.readTree(Files.readString(folder.resolve("report.sarif")));
        assertEquals("2.1.0", sarif.get("version").asText());
        JsonNode result = sarif.at("/runs/0/results/0");
        assertEquals("drift", result.get("ruleId").asText());
        assertEquals(moved, result.at("/properties/ids").size());
        int line = result.at("/locations/0/physicalLocation/region/startLine").asInt();
        String there = Files.readAllLines(folder.resolve("measure.lock.json")).get(line - 1);
        assertTrue(there.contains(result.at("/properties/ids/0").asText()), there);
        assertTrue(check.out().contains("::error file=measure.lock.json,line=" + line + ","), check.out());
        assertTrue(Files.readString(folder.resolve("summary.md"))
                .startsWith("### measure check: drift: " + moved + " of "));
    }

    /** A manifest in a pull request could be a link to any file, of which a message would show a line. */
    @Test
    void aManifestIsNoLinkOutOfItsFolder() throws IOException {
        Path secret = Files.createTempDirectory("outside").resolve("secret.txt");
        Files.writeString(secret, "password: x\n");
        Files.createSymbolicLink(folder.resolve("measure.yaml"), secret);
        for (String verb : List.of("lock", "check")) {
            Session refused = run(verb);
            assertEquals(4, refused.exit(), refused.toString());
            assertTrue(refused.err().contains("a symbolic link that leads out of it"), refused.err());
            assertFalse(refused.err().contains("password"), refused.err());
        }
    }

    @Test
    void anAssumptionThatAnotherVersionChangedWithoutMovingAValueIsTold() throws IOException {
        assertEquals(0, run("lock", "--init", "fuki-sample.efi").exit());
        assertEquals(0, run("lock").exit());
        Path lock = folder.resolve("measure.lock.json");
        String text = Files.readString(lock);
        String other = text.replaceFirst("(\"key\": \"vmm\", \"value\": \")[^\"]*", "$1another");
        assertFalse(text.equals(other), text);
        Files.writeString(lock, other.replaceFirst("\"madeBy\": \"[^\"]*\"", "\"madeBy\": \"measure 0.0.9\""));
        Session check = run("check");
        assertEquals(0, check.exit(), check.toString());
        assertTrue(check.err().contains("note: assumptions that changed without moving a value: vmm"), check.err());
        String none = text.replaceFirst("(?s)\"assumptions\": \\[\n.*?\n  ]", "\"assumptions\": []");
        assertFalse(text.equals(none), text);
        for (String edited : List.of(other, none)) {
            Files.writeString(lock, edited);
            check = run("check");
            assertEquals(7, check.exit(), check.toString());
            assertTrue(
                    check.out()
                            .contains("\nother assumptions than the same version of measure has for the same values, as"
                                    + " after an edit of it or of the manifest:\n  "),
                    check.out());
        }
    }

    @Test
    void aSymbolicLinkDoesNotLeadOutOfTheFolder() throws IOException {
        Path secret = Files.write(Files.createTempDirectory("outside").resolve("secret.efi"), SampleFuki.bytes());
        Files.createSymbolicLink(folder.resolve("link.efi"), secret);
        Files.createSymbolicLink(folder.resolve("outside"), secret.getParent());
        for (String file : List.of("link.efi", "outside/secret.efi")) {
            Files.writeString(
                    folder.resolve("evil.yaml"),
                    "schema: measure/manifest/v1\nartifacts: {image: " + file
                            + "}\ntargets:\n  - pcr: {image: image, pcr: 11}\n");
            Session lock = run("lock", "evil.yaml");
            assertEquals(4, lock.exit(), lock.toString());
            assertTrue(lock.err().contains("a symbolic link that leads out of it"), lock.err());
        }
    }

    @Test
    void theNameThatAFileHasOnTheDiskDoesNotLeadOutOfTheFolder() throws IOException {
        Path outside = Files.createTempDirectory(folder.getParent(), "outside");
        Files.write(outside.resolve("a=x.addon.efi"), SampleFuki.bytes());
        Files.write(folder.resolve("x.addon.efi"), SampleFuki.bytes());
        String way = folder.relativize(outside).toString();
        Files.writeString(
                folder.resolve("evil.yaml"),
                "schema: measure/manifest/v1\nartifacts: {image: fuki-sample.efi, x: x.addon.efi}\ntargets:\n  - pcr: {image: image, pcr: 11,"
                        + " global-addon: " + way + "/a=x}\n");
        Session lock = run("lock", "evil.yaml");
        assertEquals(4, lock.exit(), lock.toString());
        assertTrue(lock.err().contains("is not in the manifest's folder"), lock.err());
    }

    @Test
    void aLockThatIsALinkIsReplacedNotWrittenThrough() throws IOException {
        Path secret = Files.writeString(Files.createTempDirectory("outside").resolve("secret.json"), "secret");
        assertEquals(0, run("lock", "--init", "fuki-sample.efi").exit());
        Files.createSymbolicLink(folder.resolve("measure.lock.json"), secret);
        assertEquals(4, run("lock", "--update").exit());
        assertEquals(4, run("check").exit());
        assertEquals("secret", Files.readString(secret));
    }

    @Test
    void aReportThatIsALinkIsNotWrittenThrough() throws IOException {
        Path secret = Files.writeString(Files.createTempDirectory("outside").resolve("secret.xml"), "secret");
        assertEquals(0, run("lock", "--init", "fuki-sample.efi").exit());
        assertEquals(0, run("lock").exit());
        Files.createSymbolicLink(folder.resolve("measure.xml"), secret);
        for (String option : List.of("--junit", "--sarif", "--output")) {
            Session check = run("check", option, "measure.xml");
            assertEquals(4, check.exit(), check.toString());
            assertTrue(
                    check.err().startsWith("measure: error: " + option + ": measure.xml is a symbolic link"),
                    check.err());
        }
        assertEquals("secret", Files.readString(secret));
    }

    private static JsonSchema schema(String name) {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(Version.resource(name));
    }

    @Test
    void manyAliasesAndDeepNestingAreRefusedAtOnce() throws IOException {
        List<String> bombs = new ArrayList<>();
        bombs.add("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n");
        bombs.add("[".repeat(5000));
        bombs.add("{\"a\":".repeat(5000));
        bombs.add("schema: " + "x".repeat(2 << 20));
        bombs.add("- ".repeat(100_000));
        bombs.add("schema: !!javax.script.ScriptEngineManager [x]\n");
        bombs.add("? [a]\n: b\n");
        bombs.add("schema: \u0000");
        for (String bomb : bombs) {
            Files.writeString(folder.resolve("bomb.yaml"), bomb);
            Session lock = run("lock", "bomb.yaml");
            assertEquals(4, lock.exit(), lock.toString());
            assertTrue(lock.err().startsWith("measure: error: bomb.yaml: offset 0x"), lock.err());
        }
    }
}
