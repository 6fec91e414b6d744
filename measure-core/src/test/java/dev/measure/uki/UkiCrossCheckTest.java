package dev.measure.uki;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.pe.PeSection;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Compares sections, firmware headers, hardware ids and choices with the recorded tables of ukify's images and with real boots. */
class UkiCrossCheckTest {
    @TestFactory
    Stream<DynamicTest> readsSmallFukisAsTheirTablesSay() throws IOException {
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
                    Uki uki = Uki.read(source);
                    assertEquals(file.startsWith("addon") ? Uki.Kind.ADDON : Uki.Kind.UKI, uki.kind());
                    for (JsonNode section : table.get("sections")) {
                        sameSection(section, uki);
                    }
                }
            }));
        }
        return tests.stream();
    }

    private static void sameSection(JsonNode expected, Uki uki) {
        PeSection section = uki.image().sections().get(expected.get("i").asInt());
        String profile = expected.get("profile").asText();
        SectionRange range = uki.ranges().get(profile.equals("base") ? 0 : 1 + Integer.parseInt(profile.substring(1)));
        assertTrue(range.sections().contains(section), section.name() + " is in " + profile);
        if (expected.has("text")) {
            assertEquals(
                    expected.get("text").asText(), new String(section.content().toByteArray(), StandardCharsets.UTF_8));
        }
        if (expected.has("hwids")) {
            List<HardwareId> entries = range.hardwareIds().orElseThrow().entries();
            assertEquals(expected.get("hwids").size(), entries.size());
            for (int i = 0; i < entries.size(); i++) {
                HardwareIdsTest.same(
                        expected.get("hwids").get(i),
                        entries.get(i),
                        section.content().start() + 28L * i);
            }
        }
        if (expected.has("efifwLegacy")) {
            sameFirmware(expected.get("efifwLegacy"), section, uki, EfiFirmware.Form.LEGACY, 13);
        } else if (expected.has("efifw")) {
            sameFirmware(expected.get("efifw"), section, uki, EfiFirmware.Form.HEADER, 16);
        }
    }

    private static void sameFirmware(
            JsonNode expected, PeSection section, Uki uki, EfiFirmware.Form form, long headerLength) {
        EfiFirmware firmware = uki.firmwares().stream()
                .filter(candidate -> candidate.section().equals(section))
                .findFirst()
                .orElseThrow()
                .firmware();
        assertEquals(form, firmware.form());
        assertEquals(headerLength, firmware.headerLength());
        assertEquals(expected.get("fwid").asText(), firmware.fwid().orElseThrow());
        assertEquals(expected.get("payloadLen").asLong(), firmware.payload().length());
        assertEquals(
                expected.get("payloadFileOffset").asLong(), firmware.payload().start());
        assertEquals(
                expected.get("payloadSha256").asText(),
                firmware.payload().digest(DigestAlgorithm.SHA256).hex());
        assertEquals(expected.get("trailing").asLong(), firmware.trailing());
        assertEquals(form == EfiFirmware.Form.HEADER, firmware.selectable());
    }

    /** The stub measures the sections that count into PCR 11, a selected firmware last: the log of a boot names them in order. */
    @TestFactory
    Stream<DynamicTest> choosesTheSectionsThatTheStubMeasured() throws IOException {
        Optional<Path> boots = Shared.file("vectors/fuki/pcr11_boots.json");
        if (boots.isEmpty()) {
            return Stream.empty();
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode boot : new ObjectMapper().readTree(boots.get().toFile())) {
            tests.add(dynamicTest(boot.get("case").asText(), () -> {
                for (JsonNode file : boot.get("files")) {
                    if (file.get("sha256").equals(boot.get("uki").get("sha256"))) {
                        Path path = Shared.untar(
                                        file.get("archive").asText(),
                                        "ukis/" + file.get("name").asText())
                                .orElseThrow();
                        try (Source source = Source.open(path)) {
                            sameBoot(boot, Uki.read(source));
                        }
                    }
                }
            }));
        }
        return tests.stream();
    }

    private static void sameBoot(JsonNode boot, Uki uki) throws Exception {
        assertEquals("262.1", uki.stubVersion().orElseThrow().toString().substring(0, 5));
        Profile profile =
                uki.profile(Integer.parseInt(boot.get("profile").asText().substring(1)));
        List<PeSection> measured = new ArrayList<>(profile.sections());
        FirmwareChoice choice = FirmwareChoice.of(uki, profile.number(), qemu());
        if (choice instanceof FirmwareChoice.Selected selected) {
            assertEquals("9", selected.chidType());
            assertEquals(
                    boot.get("selectedFwid").asText(),
                    selected.firmware().firmware().fwid().orElseThrow());
            measured.add(selected.firmware().section());
        } else {
            assertTrue(boot.get("selectedFwid").isNull(), choice.toString());
        }
        JsonNode events = boot.get("pcr11events");
        assertEquals(events.size(), 2 * measured.size());
        for (int i = 0; i < measured.size(); i++) {
            assertEquals(events.get(2 * i).get(0).asText(), measured.get(i).name());
            assertEquals(
                    events.get(2 * i + 1).get(1).asText(),
                    measured.get(i).content().digest(DigestAlgorithm.SHA256).hex());
        }
    }

    /** CHIDs of the machine of these boots, by the field lists of the specification: QEMU names itself and its product only. */
    private static Map<String, UUID> qemu() throws Exception {
        String m = "QEMU";
        String p = "Standard PC (Q35 + ICH9, 2009)";
        Map<String, UUID> chids = new HashMap<>();
        chids.put("3", chid(m, "", p, "", "", ""));
        chids.put("4", chid(m, "", p, ""));
        chids.put("5", chid(m, "", p));
        chids.put("6", chid(m, "", "", ""));
        chids.put("7", chid(m, ""));
        chids.put("8", chid(m, p, "", ""));
        chids.put("9", chid(m, p));
        chids.put("10", chid(m, "", "", ""));
        chids.put("11", chid(m, ""));
        for (String panel : List.of("ext0", "ext1", "ext2")) {
            chids.put(panel, new UUID(0, 0));
        }
        return chids;
    }

    private static UUID chid(String... fields) throws Exception {
        MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
        sha1.update(
                ByteBuffer.allocate(16).putLong(0x70ffd8124c7f4c7dL).putLong(0).array());
        sha1.update(String.join("&", fields).getBytes(StandardCharsets.UTF_16LE));
        ByteBuffer digest = ByteBuffer.wrap(sha1.digest());
        return new UUID(
                digest.getLong() & ~0xf000L | 0x5000L, digest.getLong() & 0x3fffffffffffffffL | 0x8000000000000000L);
    }

    @TestFactory
    Stream<DynamicTest> tellsWhatRealImagesAre() throws IOException {
        if (Shared.file("fixtures/ukis.tar.xz").isEmpty()) {
            return Stream.empty();
        }
        return Stream.of(
                        "ukis/v252.efi UKI systemd-stub 252.39",
                        "ukis/v257.efi UKI systemd-stub 257.13",
                        "ukis/v262-profiles.efi UKI systemd-stub 262.1",
                        "ukis/a1.addon.efi ADDON systemd-addon 257.13",
                        "ukis/only-efifw.addon.efi ADDON systemd-addon 262.1",
                        "ukis/sdboot257.signed.efi EFI_PROGRAM systemd-boot 257.13")
                .map(expected -> dynamicTest(expected, () -> {
                    String[] words = expected.split(" ");
                    try (Source source = Source.open(
                            Shared.untar("fixtures/ukis.tar.xz", words[0]).orElseThrow())) {
                        Uki uki = Uki.read(source);
                        LoaderInfo info = uki.loaderInfo().orElseThrow();
                        assertEquals(
                                expected,
                                words[0] + " " + uki.kind() + " " + info.program() + " "
                                        + info.version().major() + "."
                                        + info.version().minor());
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> warnsOfTheTrapsInRealImages() throws IOException {
        if (Shared.file("fixtures/ukis.tar.xz").isEmpty()) {
            return Stream.empty();
        }
        return Stream.of(
                        "fuki-match9.efi EFIFW_NEVER_SELECTED",
                        "fuki-plain.efi",
                        "fuki-badmagic.efi EFIFW_LEGACY_HEADER EFIFW_LEGACY_HEADER",
                        "fuki-prof.efi PROFILE_EFIFW_WITHOUT_HWIDS",
                        "v262-profiles.efi",
                        "only-efifw.addon.efi ADDON_EFIFW_IGNORED")
                .map(expected -> dynamicTest(expected, () -> {
                    String[] words = expected.split(" ");
                    try (Source source = Source.open(Shared.untar("fixtures/ukis.tar.xz", "ukis/" + words[0])
                            .orElseThrow())) {
                        List<String> codes = Uki.read(source).warnings().stream()
                                .map(Warning::code)
                                .map(WarningCode::name)
                                .toList();
                        assertEquals(List.of(words).subList(1, words.length), codes);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> knowsTheKernelOfAUkiForALinuxKernel() throws IOException {
        if (Shared.file("fixtures/ukis-2.tar.xz").isEmpty()) {
            return Stream.empty();
        }
        return Stream.of(dynamicTest("vmlinuz13", () -> {
            try (Source source = Source.open(
                    Shared.untar("fixtures/ukis-2.tar.xz", "ukis/vmlinuz13").orElseThrow())) {
                assertEquals(Uki.Kind.LINUX_KERNEL, Uki.read(source).kind());
            }
        }));
    }
}
