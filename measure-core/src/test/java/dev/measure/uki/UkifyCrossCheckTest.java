package dev.measure.uki;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.pe.PeSection;
import dev.measure.vectors.UkiTests;
import dev.measure.vectors.Vectors;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** UKIs as ukify wrote them: section tables and contents by ukify, Authenticode digests by pesign and osslsigncode. */
class UkifyCrossCheckTest {

    @TestFactory
    Stream<DynamicTest> imagesAreReadAsUkifyMadeThem() {
        UkiTests file = Vectors.open("uki_test.json", UkiTests.class);
        return file.testGroups().stream()
                .flatMap(group -> group.tests().stream()
                        .map(test -> dynamicTest("tcId " + test.tcId() + ": " + test.comment(), () -> {
                            Uki uki = Uki.read(Source.of(test.comment(), test.image(file)));
                            assertEquals(
                                    group.parameters().kind(), uki.kind().name().toLowerCase(Locale.ROOT));
                            sameSections(test, uki);
                            Map<DigestAlgorithm, Digest> authenticode =
                                    uki.image().authenticode(List.of(DigestAlgorithm.SHA1, DigestAlgorithm.SHA256));
                            assertEquals(
                                    test.authenticode().get("sha1"),
                                    authenticode.get(DigestAlgorithm.SHA1).hex());
                            assertEquals(
                                    test.authenticode().get("sha256"),
                                    authenticode.get(DigestAlgorithm.SHA256).hex());
                            sameFirmwares(file, test, uki);
                            long profiles = test.sections().stream()
                                    .filter(section -> section.name().equals(".profile"))
                                    .count();
                            assertEquals(
                                    profiles, uki.hasProfiles() ? uki.profiles().size() : 0);
                        })));
    }

    private static void sameSections(UkiTests.Test test, Uki uki) {
        List<PeSection> sections = uki.image().sections();
        assertEquals(
                test.sections().stream().map(UkiTests.Section::name).toList(),
                sections.stream().map(PeSection::name).toList());
        for (int i = 0; i < sections.size(); i++) {
            UkiTests.Section expected = test.sections().get(i);
            PeSection actual = sections.get(i);
            assertEquals(expected.virtualSize(), actual.virtualSize(), expected.name());
            assertEquals(expected.virtualAddress(), actual.virtualAddress(), expected.name());
            assertEquals(expected.sizeOfRawData(), actual.sizeOfRawData(), expected.name());
            assertEquals(expected.pointerToRawData(), actual.pointerToRawData(), expected.name());
            assertEquals(expected.characteristics(), String.format("%08x", actual.characteristics()), expected.name());
            assertEquals(
                    expected.sha256(),
                    actual.content().digest(DigestAlgorithm.SHA256).hex(),
                    expected.name());
        }
        assertEquals(test.sizeOfImage(), uki.image().optionalHeader().sizeOfImage());
    }

    private static void sameFirmwares(UkiTests file, UkiTests.Test test, Uki uki) {
        assertEquals(
                test.firmwares(),
                uki.firmwares().stream()
                        .map(firmware -> firmware.firmware().fwid().orElse("none"))
                        .toList());
        List<String> payloads = test.sections().stream()
                .filter(section -> section.name().equals(".efifw"))
                .map(section -> file.input(section.content().split(" ")[2]).sha256())
                .toList();
        assertEquals(
                payloads,
                uki.firmwares().stream()
                        .map(firmware -> firmware.firmware()
                                .payload()
                                .digest(DigestAlgorithm.SHA256)
                                .hex())
                        .toList());
    }
}
