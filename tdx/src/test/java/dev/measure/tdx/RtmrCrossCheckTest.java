package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.eventlog.EventLog;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.TdxMetadata;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** RTMRs of trust domains on hardware: the quotes and event logs of dstack's fixtures. */
final class RtmrCrossCheckTest {
    private static final String FOLDER = "vectors/tdx/evidence/dstack/";

    /** A case: what the VMM said, the log, the quote. */
    private record Case(JsonNode config, JsonNode log, TdQuote quote) {
        static Optional<Case> read(String name) throws IOException {
            Optional<Path> file = Shared.file(FOLDER + name);
            if (file.isEmpty()) {
                return Optional.empty();
            }
            JsonMapper mapper = JsonMapper.builder().build();
            JsonNode json = mapper.readTree(file.get().toFile());
            return Optional.of(new Case(
                    mapper.readTree(json.get("vm_config").asText()),
                    mapper.readTree(json.get("event_log").asText()),
                    TdQuote.read(Source.of(
                            "quote", HexFormat.of().parseHex(json.get("quote").asText())))));
        }

        /** The digests of a register, in order. */
        List<String> digests(int register) {
            List<String> found = new ArrayList<>();
            for (JsonNode event : log) {
                if (event.get("imr").asInt() == register) {
                    found.add(event.get("digest").asText());
                }
            }
            return found;
        }

        List<RuntimeEvent> runtime() {
            List<RuntimeEvent> found = new ArrayList<>();
            for (JsonNode event : log) {
                if (event.get("imr").asInt() == 3) {
                    assertEquals(RuntimeEvent.DSTACK, event.get("event_type").asLong());
                    found.add(new RuntimeEvent.DstackV1(
                            event.get("event").asText(),
                            Source.of(
                                    "payload",
                                    HexFormat.of()
                                            .parseHex(event.get("event_payload").asText()))));
                }
            }
            return found;
        }

        RtmrContent logged(int register, int place) {
            return RtmrContent.fromLog(
                    Digest.parse(DigestAlgorithm.SHA384, digests(register).get(place)), "event_log");
        }

        String register(int index) {
            return quote.registers().get(new Register.Rtmr(index)).hex();
        }
    }

    /** A firmware with the fresh variable store of Debian's 4 MiB images and the sections of an image of that time. */
    private static Optional<TdxLaunch> launch() throws IOException {
        return launch(0x810000);
    }

    private static Optional<TdxLaunch> launch(long firstTemporary) throws IOException {
        Optional<Path> debian = Shared.unxz("firmware/forky-OVMF.amdsev.fd.xz");
        if (debian.isEmpty()) {
            return Optional.empty();
        }
        Source image = Source.open(debian.get());
        TdxMetadata.Section cfv =
                TdxMetadata.find(Firmware.read(image, Strictness.STRICT)).orElseThrow().sections().stream()
                        .filter(section -> section.type() == TdxMetadata.CFV)
                        .findFirst()
                        .orElseThrow();
        byte[] store = image.slice(cfv.dataOffset(), cfv.rawDataSize()).toByteArray();
        int length = 0x400000;
        byte[] made = OvmfWriter.ovmf(length)
                .tdxMetadata()
                .tdxSection(
                        store.length, length - store.length, 0xffc00000L + store.length, length - store.length, 0, 1)
                .tdxSection(0, store.length, 0xffc00000L, store.length, 1, 0)
                .tdxSection(0, 0, firstTemporary, 0x820000 - firstTemporary, 3, 0)
                .tdxSection(0, 0, 0x80b000, 0x2000, 3, 0)
                .tdxSection(0, 0, 0x809000, 0x2000, 2, 0)
                .tdxSection(0, 0, 0x800000, 0x6000, 3, 0)
                .build();
        System.arraycopy(store, 0, made, 0, store.length);
        return Optional.of(TdxLaunch.of(Firmware.read(Source.of("made.fd", made), Strictness.STRICT)));
    }

    /** What is given to both cases: no file of the image is at hand, so its digests are. */
    private static RtmrInputs.Builder inputs(Case hardware, TdxLaunch launch) {
        return RtmrInputs.builder()
                .launch(launch)
                .edk2(Edk2Generation.of("202411").orElseThrow())
                .memory(hardware.config().get("memory_size").asLong())
                .secureBoot(false)
                .acpiLoader(hardware.logged(0, 8))
                .acpiRsdp(hardware.logged(0, 9))
                .acpiTables(hardware.logged(0, 10))
                .runtimeEvents(hardware.runtime());
    }

    private static void equalsTheQuote(Case hardware, List<RtmrValue> values) {
        assertEquals(4, values.size());
        for (RtmrValue value : values) {
            Prediction.Predicted predicted = assertInstanceOf(Prediction.Predicted.class, value.prediction());
            if (value.register() < 3) {
                assertEquals(
                        hardware.digests(value.register()),
                        value.events().stream().map(e -> e.digest().hex()).toList());
            }
            assertEquals(
                    hardware.register(value.register()),
                    predicted.measurement().value().hex());
            assertEquals(value.events().size(), predicted.measurement().events().size());
        }
    }

    private static String origins(RtmrValue value) {
        return String.join(
                " ", value.events().stream().map(e -> e.origin().id()).toList());
    }

    @Test
    void theLiteCaseIsPredictedButForItsAcpiTables() throws IOException {
        Optional<Case> hardware = Case.read("tdx-lite-getquote.json");
        Optional<TdxLaunch> launch = launch();
        if (hardware.isEmpty() || launch.isEmpty()) {
            return;
        }
        JsonNode published = hardware.get().config().get("tdx_measurement");
        byte[] cbor = Base64.getDecoder().decode(published.get("measurement").asText());
        DstackMeasurement measurement = DstackMeasurement.read(Source.of("measurement.cbor", cbor));
        // What the image was published with is vouched for by the list of checksums, and that by os_image_hash.
        byte[] sums = Base64.getDecoder().decode(published.get("checksum_file").asText());
        assertEquals(
                hardware.get().config().get("os_image_hash").asText(),
                Source.of("sums", sums).digest(DigestAlgorithm.SHA256).hex());
        assertTrue(new String(sums, StandardCharsets.US_ASCII)
                .contains(Source.of("cbor", cbor).digest(DigestAlgorithm.SHA256).hex()));
        assertEquals("pre202505", measurement.ovmf());
        assertEquals(0x809000, measurement.hobAddress());
        assertEquals(
                List.of(0x800000L, 0x809000L, 0x80b000L, 0x810000L),
                measurement.accepted().stream().map(TdHob.Range::start).toList());
        assertEquals(
                List.of(0x6000L, 0x2000L, 0x2000L, 0x10000L),
                measurement.accepted().stream().map(TdHob.Range::length).toList());
        assertEquals(hardware.get().quote().registers().get(new Register.Mrtd()), measurement.mrtdSection());

        List<RtmrValue> values = Rtmr.of(inputs(hardware.get(), launch.get())
                .kernel(RtmrContent.given(measurement.kernel(), "measurement.cbor"))
                .loadOptions(RtmrContent.given(measurement.cmdline(), "measurement.cbor"))
                .initrd(RtmrContent.given(measurement.initrd(), "measurement.cbor"))
                .build());
        equalsTheQuote(hardware.get(), values);
        String predicted = "predicted ".repeat(8);
        assertEquals(
                predicted + "from-evidence from-evidence from-evidence predicted predicted", origins(values.get(0)));
        assertEquals("given predicted predicted predicted predicted", origins(values.get(1)));
        assertEquals("given given", origins(values.get(2)));
        assertEquals("predicted ".repeat(9).strip(), origins(values.get(3)));
        assertTrue(values.get(0).fromEvidence());
        assertFalse(values.get(1).fromEvidence());
        // The digests of the runtime events, which this log does not carry (spec of the case).
        assertEquals(
                List.of(
                        "f9974020",
                        "e115f23f",
                        "0bdd53f6",
                        "15226e9e",
                        "98bd7e6b",
                        "7017a37b",
                        "e6b7a6a0",
                        "ba511046",
                        "1a76b2a8"),
                values.get(3).events().stream()
                        .map(e -> e.digest().hex().substring(0, 8))
                        .toList());
    }

    @Test
    void theSiblingOn64GigabytesIs() throws IOException {
        Optional<Case> hardware = Case.read("quote-report.json");
        Optional<TdxLaunch> launch = launch();
        if (hardware.isEmpty() || launch.isEmpty()) {
            return;
        }
        List<RtmrValue> values = Rtmr.of(inputs(hardware.get(), launch.get())
                .kernel(hardware.get().logged(1, 0))
                .loadOptions(hardware.get().logged(2, 0))
                .initrd(hardware.get().logged(2, 1))
                .build());
        equalsTheQuote(hardware.get(), values);
        assertEquals(
                hardware.get().digests(3),
                values.get(3).events().stream().map(e -> e.digest().hex()).toList());
    }

    @Test
    void refusesAMeasurementThatIsCutOrChanged() throws IOException {
        Optional<Case> hardware = Case.read("tdx-lite-getquote.json");
        if (hardware.isEmpty()) {
            return;
        }
        byte[] cbor = Base64.getDecoder()
                .decode(hardware.get()
                        .config()
                        .get("tdx_measurement")
                        .get("measurement")
                        .asText());
        Stream.iterate(0, n -> n < cbor.length, n -> n + 1)
                .forEach(n -> Assertions.assertThrows(
                        MalformedInputException.class,
                        () -> DstackMeasurement.read(Source.of("cut", Arrays.copyOf(cbor, n)))));
    }

    /** Logs of both layouts, and of firmware before and after the second separator moved to RTMR1. */
    @Test
    void logsHaveTheEventsOfTheirGenerations() throws IOException {
        compare("dstack/ccel.bin", "202411", 0x811000, 1L << 30);
        compare("ccel/CCEL_data_ovmf", "202402", 0x810000, 2L << 30);
    }

    private static void compare(String name, String edk2, long firstTemporary, long memory) throws IOException {
        Optional<Path> file = Shared.file("vectors/tdx/evidence/" + name);
        Optional<TdxLaunch> launch = launch(firstTemporary);
        if (file.isEmpty() || launch.isEmpty()) {
            return;
        }
        EventLog log = EventLog.read(Source.open(file.get()));
        List<List<String>> logged = List.of(logged(log, 1), logged(log, 2), logged(log, 3));
        RtmrInputs.Builder in = RtmrInputs.builder()
                .launch(launch.get())
                .edk2(Edk2Generation.of(edk2).orElseThrow())
                .memory(memory)
                .secureBoot(false)
                .acpiLoader(lifted(logged.get(0).get(8)))
                .acpiRsdp(lifted(logged.get(0).get(9)))
                .acpiTables(lifted(logged.get(0).get(10)))
                .kernel(lifted(logged.get(1).get(0)));
        List<RtmrValue> values = Rtmr.of(in.build());
        for (int register = 0; register < 2; register++) {
            assertEquals(
                    logged.get(register),
                    values.get(register).events().stream()
                            .map(event -> event.digest().hex())
                            .toList());
        }
    }

    private static RtmrContent lifted(String digest) {
        return RtmrContent.fromLog(Digest.parse(DigestAlgorithm.SHA384, digest), "log");
    }

    private static List<String> logged(EventLog log, int register) {
        return log.events().stream()
                .filter(event ->
                        event.registerIndex() == register && event.type().extendsRegister())
                .map(event -> event.digest(DigestAlgorithm.SHA384).orElseThrow().hex())
                .toList();
    }
}
