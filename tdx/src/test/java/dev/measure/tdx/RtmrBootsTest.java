package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.boot.BootInputs;
import dev.measure.boot.FirmwareSelection;
import dev.measure.boot.NamedFile;
import dev.measure.boot.SelectableFirmware;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventType;
import dev.measure.eventlog.TcgEvent;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * RTMR1 and RTMR2 against the logs that real boots of the same images left with a TPM: the same programs measure the same bytes in
 * the same order, PCRs 2 to 6 into RTMR1 and 8 to 15 into RTMR2. Only separators differ: a trust domain has one, after the firmware
 * has said which option it calls.
 */
final class RtmrBootsTest {
    private static final String SEPARATOR =
            "394341b7182cd227c5c6b07ef8000cdfd86136c4292b8e576573ad7ed9ae41019f5818b4b971c9effc60e1ad9f1289f0";
    private static final String CALLING =
            "77a0dab2312b4e1e57a84d865a21e5b2ee8d677a21012ada819d0a98988078d3d740f6346bfe0abaa938ca20439a8d71";

    @TestFactory
    Stream<DynamicTest> imagesMeasureAsWithATpm() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        if (Shared.file("vectors/boots").isPresent()) {
            for (String name :
                    List.of("a-v257-fw2025.02", "a-v262-fw2026.08", "g-kernel-vmlinuz-fw13", "g-kernel-vmlinuz-fwS")) {
                tests.add(DynamicTest.dynamicTest(name, () -> compare(name)));
            }
        }
        return tests.stream();
    }

    private static void compare(String name) throws IOException {
        JsonNode json = JsonMapper.builder()
                .build()
                .readTree(Shared.file("vectors/boots/" + name + "/case.json")
                        .orElseThrow()
                        .toFile());
        RtmrInputs.Builder in = RtmrInputs.builder();
        boolean newest = json.get("code").get("image").asText().contains("forky");
        in.edk2(Edk2Generation.of(newest ? "202605" : "202502").orElseThrow()).secureBoot(false);
        JsonNode direct = json.get("direct");
        if (direct != null) {
            in.memory(1L << 30)
                    .qemuVersion("7.2")
                    .kernel(RtmrContent.of(fixture(direct.get("kernel"))))
                    .initrd(RtmrContent.of(fixture(direct.get("initrd"))))
                    .append(direct.get("append").asText());
        } else {
            String[] gpt = json.get("gpt").asText().split(": ");
            in.boot(BootInputs.builder()
                    .uki(Uki.read(fixture(json.get("files").get(0)), Strictness.LENIENT))
                    .disk(Source.open(Shared.untar(gpt[0], gpt[1]).orElseThrow()))
                    .build());
        }
        List<RtmrValue> values = Rtmr.of(in.build());
        Source log = Source.open(
                Shared.file("vectors/boots/" + name + "/eventlog.bin").orElseThrow());
        assertTrue(of(values, 1).contains(folded(log, 2, 6)), () -> folded(log, 2, 6) + "\n" + of(values, 1));
        assertEquals(List.of(folded(log, 8, 15)), of(values, 2));
    }

    /** Without a TPM, stub and systemd-boot measure nothing before 256, and no tagged events before 261. */
    @TestFactory
    Stream<DynamicTest> systemdMeasuresThroughCcByVersion() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        if (Shared.file("vectors/boots").isPresent()) {
            Map<String, Integer> versions = new TreeMap<>(Map.of(
                    "a-v252-fw2022.11", 252,
                    "e-addon257", 257,
                    "d-sdboot257", 257,
                    "e-addon262-initrd", 262,
                    "d-sdboot262", 262));
            versions.forEach((name, version) ->
                    tests.add(DynamicTest.dynamicTest(name, () -> compareWithVersion(name, version))));
        }
        return tests.stream();
    }

    private static void compareWithVersion(String name, int version) throws IOException {
        JsonNode json = JsonMapper.builder()
                .build()
                .readTree(Shared.file("vectors/boots/" + name + "/case.json")
                        .orElseThrow()
                        .toFile());
        String[] gpt = json.get("gpt").asText().split(": ");
        BootInputs.Builder in = BootInputs.builder()
                .disk(Source.open(Shared.untar(gpt[0], gpt[1]).orElseThrow()));
        List<NamedFile> addons = new ArrayList<>();
        List<NamedFile> credentials = new ArrayList<>();
        for (JsonNode file : json.get("files")) {
            String base = file.get("path").asText();
            NamedFile named = new NamedFile(base.substring(base.lastIndexOf('/') + 1), fixture(file));
            if (base.endsWith(".addon.efi")) {
                addons.add(named);
            } else if (base.endsWith(".cred")) {
                credentials.add(named);
            } else if (base.endsWith("loader.conf")) {
                in.loaderConf(named.content());
            } else if (file.get("name").asText().startsWith("systemd-boot")) {
                in.loaders(List.of(named.content()));
            } else {
                in.uki(Uki.read(named.content(), Strictness.LENIENT));
            }
        }
        in.addons(addons).credentials(credentials);
        List<RtmrValue> values = Rtmr.of(RtmrInputs.builder()
                .edk2(Edk2Generation.of("202505").orElseThrow())
                .secureBoot(false)
                .boot(in.build())
                .build());
        Source log = Source.open(
                Shared.file("vectors/boots/" + name + "/eventlog.bin").orElseThrow());
        Predicate<TcgEvent> throughCc = event -> {
            boolean tagged = event.type().equals(EventType.EV_EVENT_TAG);
            if (version == 252 && event.registerIndex() == 9) {
                return false; // its kernel is Linux 6.1, which does not hold the GUID of EFI_CC_MEASUREMENT_PROTOCOL
            }
            boolean systemd = event.registerIndex() >= 11 || event.registerIndex() == 5 && tagged;
            return !systemd || version >= (tagged ? 261 : 256);
        };
        List<String> rtmr1 = folded(log, 2, 6, throughCc);
        assertTrue(of(values, 1).contains(rtmr1), () -> rtmr1 + "\n" + of(values, 1));
        assertEquals(List.of(folded(log, 8, 15, throughCc)), of(values, 2));
    }

    /** f-UKIs whose stub has selected a firmware, or none: what it measured into PCRs 8 to 15 is RTMR2. */
    @TestFactory
    Stream<DynamicTest> fukisMeasureAsWithATpm() throws IOException {
        Optional<Path> file = Shared.file("vectors/fuki/pcr11_boots.json");
        List<DynamicTest> tests = new ArrayList<>();
        if (file.isPresent()) {
            for (JsonNode boot :
                    JsonMapper.builder().build().readTree(file.get().toFile())) {
                String name = boot.get("case").asText();
                if (List.of("match9", "badmagic").contains(name)) {
                    tests.add(DynamicTest.dynamicTest(name, () -> compareFuki(boot)));
                }
            }
        }
        return tests.stream();
    }

    private static void compareFuki(JsonNode boot) throws IOException {
        Uki uki = Uki.read(fixture(boot.get("files").get(0)), Strictness.LENIENT);
        FirmwareSelection selection = FirmwareSelection.none();
        for (UkiFirmware firmware : SelectableFirmware.of(uki, 0, Optional.empty())) {
            if (firmware.firmware()
                    .fwid()
                    .equals(Optional.of(boot.get("selectedFwid").asText()))) {
                selection = new FirmwareSelection.Given(firmware);
            }
        }
        String[] gpt = boot.get("gpt").asText().split(": ");
        List<RtmrValue> values = Rtmr.of(RtmrInputs.builder()
                .edk2(Edk2Generation.of("202502").orElseThrow())
                .secureBoot(false)
                .boot(BootInputs.builder()
                        .uki(uki)
                        .firmwareSelection(selection)
                        .disk(Source.open(Shared.untar(gpt[0], gpt[1]).orElseThrow()))
                        .build())
                .build());
        Source log = Source.open(
                Shared.file("vectors/fuki/" + boot.get("eventlog").asText()).orElseThrow());
        assertTrue(of(values, 1).contains(folded(log, 2, 6)), () -> folded(log, 2, 6) + "\n" + of(values, 1));
        assertEquals(List.of(folded(log, 8, 15)), of(values, 2));
    }

    private static List<List<String>> of(List<RtmrValue> values, int register) {
        return values.stream()
                .filter(value -> value.register() == register)
                .map(value -> value.events().stream()
                        .map(event -> event.digest().hex())
                        .toList())
                .toList();
    }

    private static List<String> folded(Source log, int from, int to) {
        return folded(log, from, to, event -> true);
    }

    private static List<String> folded(Source log, int from, int to, Predicate<TcgEvent> measured) {
        List<String> digests = new ArrayList<>();
        for (TcgEvent event : EventLog.read(log).events()) {
            boolean separator = event.type().equals(EventType.EV_SEPARATOR);
            if (event.registerIndex() >= from && event.registerIndex() <= to && !separator && measured.test(event)) {
                digests.add(event.digest(DigestAlgorithm.SHA384).orElseThrow().hex());
            }
        }
        int calling = digests.indexOf(CALLING);
        if (calling >= 0) {
            digests.add(calling + 1, SEPARATOR);
        }
        return digests;
    }

    private static Source fixture(JsonNode file) throws IOException {
        Optional<Path> path = Shared.untar(
                file.get("archive").asText(),
                (file.get("archive").asText().contains("loaders") ? "loaders/" : "ukis/")
                        + file.get("name").asText());
        Source source = Source.open(path.orElseThrow());
        assertEquals(
                file.get("sha256").asText(),
                source.digest(DigestAlgorithm.SHA256).hex());
        return source;
    }
}
