package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPhase;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootSequence;
import dev.measure.boot.NamedFile;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import dev.measure.vectors.Pcr11Tests;
import dev.measure.vectors.Shared;
import dev.measure.vectors.UkiTests;
import dev.measure.vectors.Vectors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** PCR 11 by phase, profile and bank, against systemd-measure and ukify. */
class Pcr11VectorsTest {
    private static final EnumSet<DigestAlgorithm> BANKS =
            EnumSet.of(DigestAlgorithm.SHA1, DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512);

    private static Map<String, String> values(BootInputs inputs, String phase) {
        BootPrediction boot = BootSequence.of(inputs).at(BootPhase.parse(phase));
        Map<String, String> values = new TreeMap<>();
        for (PcrPrediction value : Pcr.of(boot, List.of(11), BANKS)) {
            values.put(
                    value.register().bank().id(),
                    value.prediction() instanceof Prediction.Predicted predicted
                            ? predicted.measurement().value().hex()
                            : value.prediction().toString());
        }
        return values;
    }

    @TestFactory
    List<DynamicTest> theStubMeasuresWhatSystemdMeasureCalculates() {
        UkiTests ukis = Vectors.open("uki_test.json", UkiTests.class);
        Pcr11Tests tests = Vectors.open("pcr11_test.json", Pcr11Tests.class);
        Map<Integer, UkiTests.Test> images = new TreeMap<>();
        ukis.testGroups().forEach(group -> group.tests().forEach(test -> images.put(test.tcId(), test)));
        List<DynamicTest> dynamic = new ArrayList<>();
        for (Pcr11Tests.Group group : tests.testGroups()) {
            for (Pcr11Tests.Test test : group.tests()) {
                dynamic.add(DynamicTest.dynamicTest("tcId " + test.tcId() + ": " + test.comment(), () -> {
                    UkiTests.Test image = images.get(test.uki());
                    Uki uki = Uki.read(Source.of("uki", image.image(ukis)), Strictness.LENIENT);
                    BootInputs inputs = BootInputs.builder()
                            .uki(uki)
                            .profile(test.profile())
                            .stub(uki.stubVersion().orElse(StubVersion.parse("257")))
                            .build();
                    assertEquals(new TreeMap<>(test.expected()), values(inputs, test.phase()));
                }));
            }
        }
        return dynamic;
    }

    /** Images that ukify signed: the values in which their signatures hold. */
    @TestFactory
    List<DynamicTest> everyPhaseAndProfileOfImagesThatUkifySigned() throws IOException {
        List<DynamicTest> dynamic = new ArrayList<>();
        Optional<Path> list = Shared.file("vectors/tpm/ukis/ukis.json");
        if (list.isEmpty()) {
            return dynamic;
        }
        for (JsonNode image : new ObjectMapper().readTree(list.get().toFile())) {
            String name = image.get("file").asText();
            for (JsonNode profile : image.path("profiles")) {
                JsonNode byBank = profile.get("pcr11");
                List<String> phases = new ArrayList<>();
                byBank.get("sha256").fieldNames().forEachRemaining(phases::add);
                for (String phase : phases) {
                    dynamic.add(DynamicTest.dynamicTest(name + " @" + profile.get("profile") + " " + phase, () -> {
                        Path file =
                                Shared.unxz("vectors/tpm/ukis/" + name + ".xz").orElseThrow();
                        try (Source source = Source.open(file)) {
                            BootInputs inputs = BootInputs.builder()
                                    .uki(Uki.read(source))
                                    .profile(profile.get("profile").asInt(0))
                                    .build();
                            Map<String, String> expected = new TreeMap<>();
                            BANKS.forEach(bank -> expected.put(
                                    bank.id(), byBank.get(bank.id()).get(phase).asText()));
                            assertEquals(expected, values(inputs, phase));
                        }
                    }));
                }
            }
        }
        return dynamic;
    }

    /** A UKI in parts has the value of the whole. */
    @TestFactory
    List<DynamicTest> aUkiInPartsHasTheValueOfTheWhole() {
        UkiTests ukis = Vectors.open("uki_test.json", UkiTests.class);
        Pcr11Tests tests = Vectors.open("pcr11_test.json", Pcr11Tests.class);
        List<DynamicTest> dynamic = new ArrayList<>();
        for (Pcr11Tests.Test test : tests.testGroups().get(0).tests()) {
            UkiTests.Test image = ukis.testGroups().stream()
                    .flatMap(group -> group.tests().stream())
                    .filter(candidate -> candidate.tcId() == test.uki())
                    .findFirst()
                    .orElseThrow();
            boolean plain = image.sections().stream().noneMatch(s -> s.name().equals(".profile"));
            if (!plain || !test.phase().isEmpty()) {
                continue;
            }
            dynamic.add(DynamicTest.dynamicTest("tcId " + test.tcId(), () -> {
                Uki uki = Uki.read(Source.of("uki", image.image(ukis)), Strictness.LENIENT);
                List<NamedFile> parts = uki.profile(0).sections().stream()
                        .map(section -> new NamedFile(section.name(), section.content()))
                        .toList();
                BootInputs inputs = BootInputs.builder()
                        .parts(parts)
                        .stub(StubVersion.parse("257"))
                        .build();
                assertEquals(new TreeMap<>(test.expected()), values(inputs, ""));
            }));
        }
        return dynamic;
    }
}
