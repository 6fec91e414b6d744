package dev.measure.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Command lines and domains of libvirt's own tests and of projects; the facts were read by an independent program. */
class QemuCrossCheckTest {
    private static final String FOLDER = "vectors/formats/qemu/";

    private static List<JsonNode> index() throws IOException {
        Optional<Path> file = Shared.file(FOLDER + "index.json");
        if (file.isEmpty()) {
            return List.of();
        }
        JsonNode files = new JsonMapper().readTree(file.get().toFile()).get("files");
        return StreamSupport.stream(files.spliterator(), false).toList();
    }

    private static Source source(String name) throws IOException {
        return Source.of(name, Files.readAllBytes(Shared.file(FOLDER + name).orElseThrow()));
    }

    private static String name(JsonNode row) {
        return row.get("file").asText();
    }

    @TestFactory
    Stream<DynamicTest> commandLines() throws IOException {
        return index().stream()
                .filter(row -> name(row).endsWith(".args"))
                .map(row -> dynamicTest(name(row), () -> checkCommandLine(row.get("facts"), source(name(row)))));
    }

    private static void checkCommandLine(JsonNode facts, Source source) {
        QemuGuest guest = QemuCommandLine.read(source);
        assertEquals(facts.path("vcpus").asInt(1), guest.vcpus());
        assertEquals(
                facts.path("cpu").asText("qemu64"),
                String.join(
                        ",",
                        Stream.concat(Stream.of(guest.cpu().model()), guest.cpu().features().stream())
                                .toList()));
        JsonNode machine = facts.get("machine");
        assertEquals(
                machine.has("type")
                        ? machine.get("type").asText()
                        : machine.get("_type").asText(),
                guest.machine().orElseThrow());
        assertEquals(text(facts, "kernel"), guest.kernel());
        assertEquals(text(facts, "initrd"), guest.initrd());
        assertEquals(text(facts, "append"), guest.append());
        if (facts.has("bios")) {
            assertEquals(
                    Optional.of(new QemuGuest.FirmwareFile(facts.get("bios").asText(), false, "raw")),
                    guest.firmware());
        }
        if (facts.has("pflash_blockdev")) {
            assertEquals(
                    facts.get("pflash_blockdev").get(0).get("filename").asText(),
                    guest.firmware().orElseThrow().path());
        }
        for (JsonNode object : facts.path("objects_cc")) {
            String type = object.path("qom-type").asText(object.path("_type").asText());
            if (type.equals("igvm-cfg")) {
                assertEquals(text(object, "file"), guest.igvm());
            } else {
                checkObject(type, object, guest.security().orElseThrow());
            }
        }
    }

    private static void checkObject(String type, JsonNode object, QemuGuest.Security security) {
        QemuGuest.Technology technology = switch (type) {
            case "sev-guest" -> QemuGuest.Technology.SEV;
            case "sev-snp-guest" -> QemuGuest.Technology.SNP;
            default -> QemuGuest.Technology.TDX;
        };
        assertEquals(technology, security.technology());
        if (object.has("policy")) {
            assertEquals(Long.decode(object.get("policy").asText()), security.policy());
        }
        if (object.has("attributes")) {
            assertEquals(object.get("attributes").asLong(), security.policy());
        }
        String hashes = object.path("kernel-hashes").asText("off");
        assertEquals(hashes.equals("on") || hashes.equals("true"), security.kernelHashes());
        assertEquals(object.path("author-key-enabled").asBoolean(), security.authorKeyEnabled());
        checkBytes(object, "id-block", security.idBlock());
        checkBytes(object, "id-auth", security.idAuth());
        checkBytes(object, "host-data", security.hostData());
    }

    private static void checkBytes(JsonNode object, String key, Optional<Source> bytes) {
        assertEquals(object.has(key), bytes.isPresent());
        bytes.ifPresent(found -> {
            JsonNode facts = object.get(key);
            assertEquals(facts.get("bytes").asLong(), found.length());
            assertEquals(
                    facts.get("sha256").asText(),
                    found.digest(DigestAlgorithm.SHA256).hex());
        });
    }

    private static Optional<String> text(JsonNode facts, String key) {
        return facts.hasNonNull(key) ? Optional.of(facts.get(key).asText()) : Optional.empty();
    }

    @TestFactory
    Stream<DynamicTest> domains() throws IOException {
        return index().stream()
                .filter(row -> name(row).endsWith(".xml"))
                .map(row -> dynamicTest(name(row), () -> checkDomain(row, source(name(row)))));
    }

    private static void checkDomain(JsonNode row, Source source) {
        JsonNode facts = row.get("facts");
        if (name(row).contains("domcapabilities") || name(row).contains("s390")) {
            MalformedInputException refused =
                    assertThrows(MalformedInputException.class, () -> LibvirtDomain.read(source));
            assertTrue(
                    refused.getMessage().contains("expected the root element domain, found domainCapabilities")
                            || refused.getMessage().contains("expected a domain of arch x86_64, found s390x"),
                    refused.getMessage());
            return;
        }
        QemuGuest guest = LibvirtDomain.read(source);
        assertEquals(facts.get("vcpus").asInt(), guest.vcpus());
        assertEquals(facts.get("memory").get(0).asLong() * 1024, guest.memory().orElseThrow());
        assertEquals(text(facts, "machine"), guest.machine());
        assertEquals(text(facts, "kernel"), guest.kernel());
        assertEquals(text(facts, "initrd"), guest.initrd());
        assertEquals(text(facts, "cmdline"), guest.append());
        assertEquals(text(facts.path("loader"), "path"), guest.firmware().map(QemuGuest.FirmwareFile::path));
        String model = facts.path("cpu").path("model").asText("");
        String mode = facts.path("cpu").path("mode").asText("custom");
        assertEquals(
                model.isEmpty() ? mode.startsWith("host") ? "host" : "qemu64" : model,
                guest.cpu().model());
        JsonNode security = facts.path("launchSecurity");
        assertEquals(security.isObject(), guest.security().isPresent());
        guest.security().ifPresent(found -> {
            assertEquals(Long.decode(security.get("policy").asText()), found.policy());
            assertEquals(security.path("kernelHashes").asText().equals("yes"), found.kernelHashes());
            assertEquals(security.path("authorKey").asText().equals("yes"), found.authorKeyEnabled());
            assertEquals(security.has("idBlock"), found.idBlock().isPresent());
            found.hostData()
                    .ifPresent(data -> assertEquals(
                            security.get("hostData").get("hex").asText(),
                            HexFormat.of().formatHex(data.toByteArray())));
            found.mrOwner()
                    .ifPresent(data -> assertEquals(
                            security.get("mrOwner").get("hex").asText(),
                            HexFormat.of().formatHex(data.toByteArray())));
        });
    }

    /** libvirt's own translation of a domain into a command line is the oracle for ours. */
    @TestFactory
    Stream<DynamicTest> domainsAndTheCommandLinesThatLibvirtMakesOfThemAgree() throws IOException {
        List<String> names = index().stream().map(QemuCrossCheckTest::name).toList();
        return names.stream()
                .filter(name -> name.endsWith(".xml") && names.contains(name.replace(".xml", ".args")))
                .map(name -> dynamicTest(name, () -> {
                    QemuGuest domain = LibvirtDomain.read(source(name));
                    QemuGuest line = QemuCommandLine.read(source(name.replace(".xml", ".args")));
                    assertEquals(line.vcpus(), domain.vcpus());
                    assertEquals(line.cpu().model(), domain.cpu().model());
                    assertEquals(line.machine(), domain.machine());
                    assertEquals(line.firmware(), domain.firmware());
                    assertEquals(line.kernel(), domain.kernel());
                    assertEquals(line.append(), domain.append());
                    assertEquals(
                            line.security().map(QemuGuest.Security::policy),
                            domain.security().map(QemuGuest.Security::policy));
                    assertEquals(
                            line.security().map(QemuGuest.Security::kernelHashes),
                            domain.security().map(QemuGuest.Security::kernelHashes));
                    assertEquals(
                            line.security().map(QemuGuest.Security::technology),
                            domain.security().map(QemuGuest.Security::technology));
                }));
    }
}
