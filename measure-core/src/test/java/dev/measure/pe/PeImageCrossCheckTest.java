package dev.measure.pe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Compares headers, section contents and Authenticode digests with what other programs recorded about real images. */
class PeImageCrossCheckTest {
    private static final List<DigestAlgorithm> BANKS =
            List.of(DigestAlgorithm.SHA1, DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512);

    private static final String UKIS = "fixtures/ukis.tar.xz";

    @TestFactory
    Stream<DynamicTest> readsTheSectionTablesOfSmallFukis() throws IOException {
        Optional<Path> tables = Shared.file("vectors/fuki/small/tables.json");
        if (tables.isEmpty()) {
            return Stream.empty();
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode table : new ObjectMapper().readTree(tables.get().toFile())) {
            String file = table.get("file").asText();
            tests.add(dynamicTest(file, () -> {
                try (Source source =
                        Source.open(Shared.file("vectors/fuki/small/" + file).orElseThrow())) {
                    sameTable(table, PeImage.read(source));
                }
            }));
        }
        return tests.stream();
    }

    private static void sameTable(JsonNode expected, PeImage image) {
        OptionalHeader header = image.optionalHeader();
        assertEquals(
                expected.get("machine").asText(),
                String.format("0x%x", image.coffHeader().machine()));
        assertEquals(expected.get("sectionAlignment").asLong(), header.sectionAlignment());
        assertEquals(expected.get("fileAlignment").asLong(), header.fileAlignment());
        assertEquals(expected.get("sizeOfImage").asLong(), header.sizeOfImage());
        assertEquals(expected.get("sizeOfHeaders").asLong(), header.sizeOfHeaders());
        assertEquals(expected.get("checkSum").asLong(), header.checkSum());
        assertEquals(expected.get("subsystem").asInt(), header.subsystem());
        assertEquals(expected.get("timestamp").asLong(), image.coffHeader().timeDateStamp());
        assertEquals(
                expected.get("certTable").get(0).asLong(),
                header.certificateTable().virtualAddress());
        assertEquals(
                expected.get("certTable").get(1).asLong(),
                header.certificateTable().size());
        assertEquals(expected.get("sections").size(), image.sections().size());
        List<Map<DigestAlgorithm, Digest>> digests = image.sectionDigests(List.of(DigestAlgorithm.SHA256));
        for (JsonNode section : expected.get("sections")) {
            int i = section.get("i").asInt();
            PeSection actual = image.sections().get(i);
            assertEquals(section.get("name").asText(), actual.name());
            assertEquals(section.get("virtualSize").asLong(), actual.virtualSize());
            assertEquals(section.get("virtualAddress").asLong(), actual.virtualAddress());
            assertEquals(section.get("sizeOfRawData").asLong(), actual.sizeOfRawData());
            assertEquals(section.get("pointerToRawData").asLong(), actual.pointerToRawData());
            assertEquals(section.get("characteristics").asText(), String.format("0x%08x", actual.characteristics()));
            assertEquals(
                    section.get("sha256").asText(),
                    actual.content().digest(DigestAlgorithm.SHA256).hex());
            assertEquals(
                    section.get("sha256").asText(),
                    digests.get(i).get(DigestAlgorithm.SHA256).hex());
        }
    }

    @TestFactory
    Stream<DynamicTest> agreesWithPesignPcrlockAndEdk2OnSmallUkis() throws IOException {
        Optional<Path> ukis = Shared.file("vectors/tpm/ukis/ukis.json");
        if (ukis.isEmpty()) {
            return Stream.empty();
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode uki : new ObjectMapper().readTree(ukis.get().toFile())) {
            String file = uki.get("file").asText();
            tests.add(dynamicTest(file, () -> {
                Path path = Shared.unxz("vectors/tpm/ukis/" + file + ".xz").orElseThrow();
                try (Source source = Source.open(path)) {
                    PeImage image = PeImage.read(source);
                    Map<DigestAlgorithm, Digest> digests = image.authenticode(BANKS);
                    for (DigestAlgorithm bank : BANKS) {
                        assertEquals(
                                uki.get("authenticode_edk2_model")
                                        .get(bank.id())
                                        .asText(),
                                digests.get(bank).hex());
                    }
                    assertEquals(
                            uki.get("authenticode_pesign_sha256").asText(),
                            digests.get(DigestAlgorithm.SHA256).hex());
                    List<Map<DigestAlgorithm, Digest>> sections = image.sectionDigests(List.of(DigestAlgorithm.SHA256));
                    for (int i = 0; i < sections.size(); i++) {
                        JsonNode section = uki.get("sections").get(i);
                        assertEquals(
                                section.get("name").asText(),
                                image.sections().get(i).name());
                        assertEquals(
                                section.get("sha256_virtual").asText(),
                                sections.get(i).get(DigestAlgorithm.SHA256).hex());
                    }
                }
            }));
        }
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> agreesWithTheDigestsOfBootedUkis() throws IOException {
        Optional<Path> ukis = Shared.file("vectors/boots/ukis.json");
        if (ukis.isEmpty()) {
            return Stream.empty();
        }
        JsonNode all = new ObjectMapper().readTree(ukis.get().toFile());
        List<DynamicTest> tests = new ArrayList<>();
        // Those of which the file is there; the others are boots of files that can be made, not fetched.
        for (String name : List.of(
                "v252.efi",
                "v257.efi",
                "v257.signed.efi",
                "v257-cmd2.efi",
                "v262.efi",
                "v262-efifw.efi",
                "v262-profiles.efi",
                "sdboot257.signed.efi",
                "a1.addon.efi",
                "a2.addon.efi",
                "a3.addon.efi")) {
            JsonNode expected = all.get(name);
            tests.add(dynamicTest(name, () -> {
                try (Source source =
                        Source.open(Shared.untar(UKIS, "ukis/" + name).orElseThrow())) {
                    sameDigests(expected, source);
                }
            }));
        }
        return tests.stream();
    }

    private static void sameDigests(JsonNode expected, Source source) {
        assertEquals(
                expected.get("sha256").asText(),
                source.digest(DigestAlgorithm.SHA256).hex());
        PeImage image = PeImage.read(source);
        assertEquals(
                expected.get("authenticode_sha256").asText(),
                image.authenticode(BANKS).get(DigestAlgorithm.SHA256).hex());
        List<Map<DigestAlgorithm, Digest>> digests = image.sectionDigests(BANKS);
        assertEquals(expected.get("sections").size(), digests.size());
        for (int i = 0; i < digests.size(); i++) {
            JsonNode section = expected.get("sections").get(i);
            assertEquals(section.get("name").asText(), image.sections().get(i).name());
            assertEquals(
                    section.get("size").asLong(),
                    image.sections().get(i).content().length());
            for (DigestAlgorithm bank : BANKS) {
                assertEquals(
                        section.get(bank.id()).asText(),
                        digests.get(i).get(bank).hex(),
                        section.get("name").asText());
            }
        }
    }

    /** SHA-256 as {@code pesign -h -i FILE} of Debian pesign 0.112-6 prints it. */
    @TestFactory
    Stream<DynamicTest> agreesWithPesignOnLoaders() throws IOException {
        if (Shared.file("fixtures/loaders.tar.xz").isEmpty()) {
            return Stream.empty();
        }
        return Stream.of(
                        new String[] {
                            "fixtures/loaders.tar.xz",
                            "loaders/systemd-bootx64-252.efi",
                            "7843e376e57323bcdfebcffc8d5109eb39721c83d8bedab1dfd6431596875c2c"
                        },
                        new String[] {
                            "fixtures/loaders.tar.xz",
                            "loaders/systemd-bootx64-257.efi",
                            "937f1f3b0b3fed2034f1fddcc68c835f3e4ba190143f79693816e5a9d1718da5"
                        },
                        new String[] {
                            "fixtures/loaders.tar.xz",
                            "loaders/systemd-bootx64-262.1.efi",
                            "31ff5f8b505a52fd88894274f87bf686dc588c9370fc160a293459d726f28326"
                        },
                        new String[] {
                            "fixtures/loaders.tar.xz",
                            "loaders/v252.signed.efi",
                            "633d47a65a0734c1106fc28645765a2c54c476f8df1b57745cfd139f71b6fd55"
                        },
                        new String[] {
                            "fixtures/ukis-2.tar.xz",
                            "ukis/vmlinuz13",
                            "782467f032ce2d6a96d9131eac2bcf910ba46099c99e6cfd20555da97a7f1390"
                        },
                        new String[] {
                            "fixtures/ukis.tar.xz",
                            "ukis/fuki-match9.efi",
                            "3dfa487f74df88f026e1e92689dc57f04d6952f5d37ab5e414d231dfa64f2e96"
                        })
                .map(expected -> dynamicTest(expected[1], () -> {
                    try (Source source =
                            Source.open(Shared.untar(expected[0], expected[1]).orElseThrow())) {
                        assertEquals(
                                expected[2],
                                PeImage.read(source)
                                        .authenticode(List.of(DigestAlgorithm.SHA256))
                                        .get(DigestAlgorithm.SHA256)
                                        .hex());
                    }
                }));
    }
}
