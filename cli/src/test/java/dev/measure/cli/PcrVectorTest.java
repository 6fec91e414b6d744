package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.boot.PeifvPatches;
import dev.measure.vectors.EfifwWriter;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code measure pcr} as it is typed, against the registers of real TPMs. */
class PcrVectorTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECURE_BOOT = "f-sb-addon257";

    @TempDir
    private Path folder;

    @BeforeEach
    void needsVectors() {
        assumeTrue(Shared.file("vectors/boots").isPresent());
    }

    private static JsonNode read(String boot, String file) throws IOException {
        return JSON.readTree(
                Shared.file("vectors/boots/" + boot + "/" + file).orElseThrow().toFile());
    }

    private static String fixture(JsonNode file) throws IOException {
        String archive = file.get("archive").asText();
        String member = (archive.contains("loaders") ? "loaders/" : "ukis/")
                + file.get("name").asText();
        return Shared.untar(archive, member).orElseThrow().toString();
    }

    private static String blob(JsonNode boot, String key) throws IOException {
        String sha256 = boot.get("fw_cfg_sha256").get(key).asText();
        return Shared.untar("vectors/boots/fw_cfg.tar.xz", "fw_cfg/" + sha256.substring(0, 16) + "." + key)
                .orElseThrow()
                .toString();
    }

    /** {@return what a user types of a boot of a UKI with files beside it} */
    private static List<String> options(String boot) throws IOException {
        JsonNode json = read(boot, "case.json");
        JsonNode machine = json.get("machine");
        List<String> words = new ArrayList<>(List.of("pcr"));
        for (JsonNode file : json.get("files")) {
            String path = file.get("path").asText();
            String name = path.substring(path.lastIndexOf('/') + 1);
            if (path.equals("EFI/BOOT/BOOTX64.EFI")) {
                words.add(fixture(file));
            } else {
                words.addAll(List.of(name.endsWith(".cred") ? "--credential" : "--addon", name + "=" + fixture(file)));
            }
        }
        String[] gpt = json.get("gpt").asText().split(": ");
        words.addAll(List.of(
                "--firmware",
                Shared.unxz(json.get("code").get("image").asText())
                        .orElseThrow()
                        .toString(),
                "--vars",
                Shared.unxz(json.get("vars").get("image").asText())
                        .orElseThrow()
                        .toString(),
                "--machine-type",
                machine.get("type").asText(),
                "--boot-disk",
                "virtio-blk-pci,bootindex=0",
                "--smp",
                machine.get("smp").asText(),
                "--memory",
                machine.get("memory").asText(),
                "--acpi-loader",
                blob(json, "etc__table-loader"),
                "--acpi-rsdp",
                blob(json, "etc__acpi__rsdp"),
                "--acpi-tables",
                blob(json, "etc__acpi__tables"),
                "--smbios",
                Shared.file("vectors/boots/" + boot + "/smbios-table.bin")
                        .orElseThrow()
                        .toString(),
                "--disk",
                Shared.untar(gpt[0], gpt[1]).orElseThrow().toString()));
        return words;
    }

    private Session run(String boot, String... more) throws IOException {
        List<String> words = new ArrayList<>(options(boot));
        words.addAll(List.of(more));
        Session session = Session.in(folder, words.toArray(String[]::new));
        assertEquals(0, session.exit(), session::toString);
        return session;
    }

    @Test
    void jsonHoldsTheRegistersOfTheTpm() throws IOException {
        for (String boot : List.of("a-v252-fw2022.11", "a-v262-fw2026.08", "e-addon262-initrd", SECURE_BOOT)) {
            Map<String, String> tpm = new TreeMap<>();
            read(boot, "pcrs.json")
                    .properties()
                    .forEach(bank -> bank.getValue().properties().forEach(pcr -> {
                        if (Integer.parseInt(pcr.getKey()) <= 15
                                && !pcr.getKey().equals("10")) {
                            tpm.put(
                                    "pcr" + pcr.getKey() + "/" + bank.getKey(),
                                    pcr.getValue().asText());
                        }
                    }));
            Map<String, String> predicted = new TreeMap<>();
            Session session = run(boot, "--bank", "sha1,sha256,sha384,sha512", "--pcr", "0..9,11..15", "--json=short");
            for (JsonNode value : JSON.readTree(session.out()).get("measurements")) {
                predicted.put(
                        value.get("register").asText() + "/" + value.get("alg").asText(),
                        value.get("value").asText());
            }
            assertEquals(tpm, predicted, boot);
        }
    }

    @Test
    void nitroStyleIsThatOfNitroTpmPcrCompute() throws IOException {
        JsonNode tpm = read(SECURE_BOOT, "pcrs.json").get("sha384");
        String shape = Files.readString(
                Shared.file("vectors/formats/nitro/nitrotpm-measurements.json").orElseThrow());
        JsonNode placeholders = JSON.readTree(shape).get("Measurements");
        String expected = shape;
        for (String pcr : List.of("4", "7", "12")) {
            String field = "\"PCR" + pcr + "\": \"";
            expected = expected.replace(
                    field + placeholders.get("PCR" + pcr).asText(),
                    field + tpm.get(pcr).asText());
        }
        assertEquals(
                expected.strip(), run(SECURE_BOOT, "--style", "nitro").out().strip());
    }

    @Test
    void tpm2StylesAreThoseOfTpm2Pcrread() throws IOException {
        JsonNode tpm = read(SECURE_BOOT, "pcrs.json");
        StringBuilder yaml = new StringBuilder();
        StringBuilder hex = new StringBuilder();
        for (String bank : List.of("sha1", "sha256")) {
            yaml.append("  ").append(bank).append(":\n");
            for (int pcr : new int[] {4, 7, 11}) {
                String value = tpm.get(bank).get(Integer.toString(pcr)).asText();
                hex.append(value);
                String number = pcr < 10 ? pcr + " " : Integer.toString(pcr);
                yaml.append("    " + number + ": 0x" + value.toUpperCase(Locale.ROOT) + "\n");
            }
        }
        String[] asked = {"--pcr", "4,7,11", "--bank", "sha1,sha256", "--style"};
        assertEquals(
                yaml.toString(),
                run(SECURE_BOOT, asked[0], asked[1], asked[2], asked[3], asked[4], "tpm2-yaml")
                        .out());
        run(SECURE_BOOT, asked[0], asked[1], asked[2], asked[3], asked[4], "tpm2-binary", "-o", "pcrs.bin");
        assertArrayEquals(HexFormat.of().parseHex(hex.toString()), Files.readAllBytes(folder.resolve("pcrs.bin")));
    }

    @Test
    void pcrlockStyleHoldsEveryEvent() throws Exception {
        Session session = run(SECURE_BOOT, "--pcr", "0..7,11", "--style", "pcrlock");
        Map<Integer, byte[]> registers = new TreeMap<>();
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        for (JsonNode event : JSON.readTree(session.out()).get("records")) {
            assertEquals("sha256", event.get("digests").get(0).get("hashAlg").asText());
            byte[] before = registers.getOrDefault(event.get("pcr").asInt(), new byte[32]);
            sha256.update(before);
            registers.put(
                    event.get("pcr").asInt(),
                    sha256.digest(HexFormat.of()
                            .parseHex(event.get("digests").get(0).get("digest").asText())));
        }
        JsonNode tpm = read(SECURE_BOOT, "pcrs.json").get("sha256");
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 11), List.copyOf(registers.keySet()));
        registers.forEach((pcr, value) ->
                assertEquals(tpm.get(pcr.toString()).asText(), HexFormat.of().formatHex(value), "PCR " + pcr));
    }

    @Test
    void pcrlockPredictionHoldsAllRightValues() throws IOException {
        String boot = "a-v262-fw2026.08";
        JsonNode tpm = read(boot, "pcrs.json").get("sha256");
        JsonNode values = JSON.readTree(
                        run(boot, "--pcr", "5", "--exit-boot-retry", "both", "--style", "pcrlock-predict")
                                .out())
                .get("sha256")
                .get(0)
                .get("values");
        assertEquals(2, values.size());
        assertTrue(values.toString().contains(tpm.get("5").asText()), values::toString);
    }

    @Test
    void systemdStyleIsThatOfSystemdMeasure() throws IOException {
        JsonNode tpm = read(SECURE_BOOT, "pcrs.json");
        String sha1 = tpm.get("sha1").get("11").asText();
        String sha256 = tpm.get("sha256").get("11").asText();
        String[] asked = {"--pcr", "11", "--pcr-banks", "sha1,sha256", "--phases", "none", "--style", "systemd"};
        List<String> words = new ArrayList<>(List.of(asked));
        assertAll(
                () -> assertEquals(
                        "11:sha1=" + sha1 + "\n11:sha256=" + sha256 + "\n",
                        run(SECURE_BOOT, asked).out()),
                () -> {
                    words.add("--json=short");
                    assertEquals(
                            "{\"sha1\":[{\"pcr\":11,\"hash\":\"" + sha1 + "\"}],\"sha256\":[{\"pcr\":11,\"hash\":\""
                                    + sha256 + "\"}]}\n",
                            run(SECURE_BOOT, words.toArray(String[]::new)).out());
                });
    }

    @Test
    void aUkiInPartsHasOneProfileAndTheFirmwareAmongItsParts() throws IOException {
        byte[] firmware =
                EfifwWriter.efifw().fwid("here").payload(new byte[] {1, 2, 3}).build();
        Files.write(folder.resolve("linux"), new byte[] {1});
        Files.write(folder.resolve("efifw"), firmware);
        Session session = Session.in(
                folder,
                "pcr",
                "--linux",
                "linux",
                "--efifw",
                "efifw",
                "--stub",
                "262.1",
                "--pcr",
                "11,12",
                "--secure-boot",
                "off");
        assertTrue(
                session.out().startsWith("pcr11/bank=sha256/profile=0/fwid=here/phase=none/variant=only  "),
                session::toString);
        assertEquals(
                2,
                Session.in(folder, "pcr", "--linux", "linux", "--profile", "1", "--pcr", "11")
                        .exit());
        assertEquals(
                2,
                Session.in(folder, "pcr", "--linux", "linux", "--fwid", "x", "--pcr", "11")
                        .exit());
    }

    @Test
    void aFormOfOneValueRefusesTwo() throws IOException {
        List<String> words = new ArrayList<>(options("a-v262-fw2026.08"));
        words.addAll(List.of("--pcr", "5", "--exit-boot-retry", "both", "--style", "tpm2-yaml"));
        Session session = Session.in(folder, words.toArray(String[]::new));
        assertEquals(2, session.exit(), session::toString);
        assertTrue(session.err().contains("PCR 5 has 2 right values"), session::toString);
        assertEquals("", session.out());
    }

    @Test
    void whatIsNotPredictableIsTakenFromALog() throws IOException {
        String boot = "a-v252-fw2022.11";
        JsonNode tpm = read(boot, "pcrs.json").get("sha256");
        String log = Shared.file("vectors/boots/" + boot + "/eventlog.bin")
                .orElseThrow()
                .toString();
        List<String> words = new ArrayList<>(options(boot));
        int memory = words.indexOf("--memory");
        words.subList(memory, memory + 2).clear();
        words.addAll(List.of("--pcr", "0,7,11", "--json"));
        Session without = Session.in(folder, words.toArray(String[]::new));
        assertEquals(6, without.exit(), without::toString);
        words.addAll(List.of("--from-eventlog", log));
        Session with = Session.in(folder, words.toArray(String[]::new));
        assertEquals(0, with.exit(), with::toString);
        JsonNode values = JSON.readTree(with.out()).get("measurements");
        List<String> status = new ArrayList<>();
        values.forEach(value -> {
            String pcr = value.get("register").asText().substring(3);
            status.add(pcr + " " + value.get("status").asText());
            assertEquals(tpm.get(pcr).asText(), value.get("value").asText(), pcr);
        });
        assertEquals(List.of("0 from-evidence", "7 predicted", "11 predicted"), status);

        // systemd-pcrlock finds a component by the order of its records in one log (pcrlock.c,
        // event_log_match_component)
        String why =
                "pcrlock: a component holds the events of one log, and these are predicted and from an earlier log\n";
        words.remove("--json");
        words.addAll(List.of("--bank", "sha256", "--style", "pcrlock"));
        Session style = Session.in(folder, words.toArray(String[]::new));
        assertEquals(2, style.exit(), style::toString);
        assertTrue(style.err().contains("--style " + why), style::toString);
        assertTrue(style.err().contains("hint: take one PCR: --pcr 0\n"), style::toString);
        words.set(words.indexOf("0,7,11"), "0");
        Session one = Session.in(folder, words.toArray(String[]::new));
        assertEquals(0, one.exit(), one::toString);
        words.set(words.indexOf("--pcr") + 1, "0,7,11");
        words.subList(words.indexOf("--style"), words.size()).clear();
        words.addAll(List.of("--trace", "--json"));
        Files.writeString(
                folder.resolve("mixed.json"),
                Session.in(folder, words.toArray(String[]::new)).out());
        Session export = Session.in(folder, "export", "--format", "pcrlock", "mixed.json");
        assertEquals(2, export.exit(), export::toString);
        assertTrue(export.err().contains("--format " + why), export::toString);
        assertTrue(export.err().contains("hint: take one PCR: --select register=pcr0\n"), export::toString);
        Session selected =
                Session.in(folder, "export", "--format", "pcrlock", "--select", "register=pcr0", "mixed.json");
        assertEquals(0, selected.exit(), selected::toString);
        assertEquals(one.out(), selected.out());
    }

    /** The value in the first UEFI_VARIABLE_DATA of a name in a log: GUID, u64 characters, u64 bytes, name, value. */
    private static byte[] variable(byte[] log, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_16LE);
        ByteBuffer bytes = ByteBuffer.wrap(log).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 16 + text.length <= log.length; at++) {
            if (bytes.getLong(at) == name.length()
                    && Arrays.equals(log, at + 16, at + 16 + text.length, text, 0, text.length)) {
                int start = at + 16 + text.length;
                return Arrays.copyOfRange(log, start, start + (int) bytes.getLong(at + 8));
            }
        }
        throw new AssertionError("no variable " + name);
    }

    @Test
    void theHelpNamesTheProcessorsOfTheBuiltInPatches() {
        assertEquals(String.join(", ", PeifvPatches.processors()), PcrOptions.PROCESSORS);
    }

    @Test
    void keysStandInForAVariableStore() throws IOException {
        JsonNode tpm = read(SECURE_BOOT, "pcrs.json").get("sha384");
        Path log = Shared.file("vectors/boots/" + SECURE_BOOT + "/eventlog.bin").orElseThrow();
        List<String> words = new ArrayList<>(options(SECURE_BOOT));
        int vars = words.indexOf("--vars");
        words.subList(vars, vars + 2).clear();
        byte[] bytes = Files.readAllBytes(log);
        for (String name : List.of("PK", "KEK", "db", "dbx")) {
            Files.write(folder.resolve(name + ".esl"), variable(bytes, name));
            words.addAll(List.of("--" + name, name + ".esl"));
        }
        words.addAll(List.of("--style", "nitro"));
        String image = words.remove(1);
        words.addAll(List.of("--image", image));
        Session session = Session.in(folder, words.toArray(String[]::new));
        assertEquals(0, session.exit(), session::toString);
        JsonNode measurements = JSON.readTree(session.out()).get("Measurements");
        for (String pcr : List.of("4", "7", "12")) {
            assertEquals(tpm.get(pcr).asText(), measurements.get("PCR" + pcr).asText(), pcr);
        }
    }

    @Test
    void theLogThatIsWrittenReplaysToTheRegisters() throws IOException {
        run(SECURE_BOOT, "--write-eventlog", "log.bin");
        Session session = Session.in(folder, "eventlog", "replay", "log.bin", "--json");
        Map<String, String> replayed = new TreeMap<>();
        JSON.readTree(session.out().getBytes(StandardCharsets.UTF_8))
                .get("measurements")
                .forEach(value -> replayed.put(
                        value.get("register").asText(), value.get("value").asText()));
        JsonNode tpm = read(SECURE_BOOT, "pcrs.json").get("sha256");
        assertEquals(11, replayed.size(), replayed::toString);
        replayed.forEach(
                (register, value) -> assertEquals(tpm.get(register.substring(3)).asText(), value, register));
    }
}
