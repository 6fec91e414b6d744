package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** MRTD, CFV and TD HOB digests of real and made images, as five independent calculators and an independent model give them. */
final class SharedMrtdCrossCheckTest {
    private static final String VECTORS = "vectors/tdx/mrtd.json";

    /**
     * What is said of the made images that are not measured in strict mode. The oracle measures two HOBs; strict mode refuses what
     * the format says, and lenient mode gives the oracle's value.
     */
    private static final Map<String, String> REFUSED = refused();

    private static Map<String, String> refused() {
        Map<String, String> refused = new LinkedHashMap<>();
        refused.put(
                "bad_addr_unaligned",
                "5 offset 0xf810: expected a section whose address and size are multiples of 4096, found BFV at address"
                        + " 0xfffe4800, size 0xc000, data 0x4000+0xc000, attributes 0x1");
        refused.put(
                "bad_count_huge",
                "4 offset 0xf804: expected a TDX metadata length of 16 + 32 * 4294967295 = 137438953456, found 176");
        refused.put(
                "bad_data_off_overflow",
                "4 offset 0xf810: expected DataOffset + RawDataSize of at most 0x10000, found 0xfffff000 + 0xc000");
        refused.put("bad_entry_len_zero", "4 offset 0xffbc: expected a table entry length of 18..40, found 0x0");
        refused.put(
                "bad_meta_off_zero",
                "4 offset 0xffb8: expected a TDX metadata offset of 16..65536 from the end of the file, found 0x0");
        refused.put(
                "bad_no_footer",
                "5 offset 0xffd0: expected a GUIDed table with TDX metadata, without which no VMM starts a trust domain,"
                        + " found no GUIDed table");
        refused.put(
                "bad_raw_gt_mem",
                "5 offset 0xf810: expected a MemoryDataSize of at least the RawDataSize, found BFV at address 0xfffe4000,"
                        + " size 0x8000, data 0x4000+0xc000, attributes 0x1");
        refused.put("bad_table_len_huge", "4 offset 0xffce: expected a GUIDed table length of 18..65504, found 0xffff");
        refused.put(
                "bad_tiny_31",
                "5 offset 0x0: expected a GUIDed table with TDX metadata, without which no VMM starts a trust domain,"
                        + " found no GUIDed table");
        refused.put("bad_two_hobs", "5 expected exactly one TD_HOB section, found 2");
        refused.put("bad_version2", "5 offset 0xf808: expected TDX metadata version 1, found 2");
        return refused;
    }

    @TestFactory
    Stream<DynamicTest> realImagesAreMeasuredAsThePeersMeasureThem() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode image : vectors("ovmf")) {
            Optional<Path> file = firmware(image);
            if (file.isEmpty()) {
                System.out.println("SKIPPED: " + image.get("file").asText() + " is not here");
                continue;
            }
            tests.add(DynamicTest.dynamicTest(image.get("file").asText(), () -> {
                try (Source source = Source.open("OVMF.fd", file.get())) {
                    checkImage(image, TdxLaunch.of(Firmware.read(source, Strictness.STRICT)));
                }
            }));
        }
        return tests.stream();
    }

    private static void checkImage(JsonNode image, TdxLaunch launch) {
        if (image.has("error")) {
            assertEquals("section 0 outside file", image.get("error").asText());
            Prediction.NotLaunchable refused =
                    assertInstanceOf(Prediction.NotLaunchable.class, Mrtd.of(launch, MrtdOrder.PAGE));
            assertTrue(refused.why().contains("the CODE half of a split firmware"), refused.why());
            assertTrue(refused.hint().contains("--vars"), refused.hint());
            assertFalse(refused.lenient());
            return;
        }
        Map<MrtdOrder, Prediction> values = Mrtd.of(launch, List.of(MrtdOrder.values()));
        for (MrtdOrder order : MrtdOrder.values()) {
            assertEquals(image.get("mrtd_" + order.id()).asText(), hex(values.get(order)), order.id());
        }
        assertEquals(
                image.get("cfv_sha384").asText(), Cfv.of(launch).get(0).digest().hex());
        for (Map.Entry<String, JsonNode> size : image.get("td_hob").properties()) {
            long memory = Long.parseLong(size.getKey().replace("MiB", "")) << 20;
            TdHob.Built hob = assertInstanceOf(TdHob.Built.class, TdHob.of(launch, memory));
            assertEquals(size.getValue().asText(), hob.digest().hex(), size.getKey());
        }
    }

    @TestFactory
    Stream<DynamicTest> madeImagesAreMeasuredAsTheOracleSaysOrRefused() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode made : vectors("synthetic")) {
            Optional<Path> file =
                    Shared.unxz("vectors/tdx/synthetic/" + made.get("file").asText() + ".xz");
            if (file.isPresent()) {
                byte[] bytes = Files.readAllBytes(file.get());
                tests.add(DynamicTest.dynamicTest(made.get("name").asText(), () -> checkMade(made, bytes)));
            }
        }
        return tests.stream();
    }

    private static void checkMade(JsonNode made, byte[] bytes) {
        Source source = Source.of("made.fd", bytes);
        assertEquals(
                made.get("sha256").asText(),
                source.digest(DigestAlgorithm.SHA256).hex());
        String refused = REFUSED.get(made.get("name").asText());
        if (refused != null) {
            String said = refusal(source);
            assertEquals(refused.substring(0, 1), said.substring(0, 1), said);
            assertTrue(said.contains(refused.substring(2)), said);
        }
        JsonNode oracle = made.get("oracle");
        if (oracle.has("error")) {
            assertTrue(
                    refused != null,
                    "the oracle refuses it: " + oracle.get("error").asText());
            return;
        }
        Strictness strictness = refused == null ? Strictness.STRICT : Strictness.LENIENT;
        for (MrtdOrder order : MrtdOrder.values()) {
            for (SectionTail tail : SectionTail.values()) {
                TdxLaunch launch = new TdxLaunch(
                        Firmware.read(source, strictness), Optional.empty(), Optional.of(tail), strictness);
                String key = order.id() + (tail == SectionTail.FILE ? "_filetail" : "");
                assertEquals(oracle.get(key).asText(), hex(Mrtd.of(launch, order)), key);
            }
        }
    }

    private static String refusal(Source source) {
        try {
            Prediction prediction = Mrtd.of(TdxLaunch.of(Firmware.read(source, Strictness.STRICT)), MrtdOrder.PAGE);
            Prediction.NotLaunchable refused = assertInstanceOf(Prediction.NotLaunchable.class, prediction);
            return "5 " + refused.why();
        } catch (MalformedInputException e) {
            return "4 " + e.getMessage();
        }
    }

    @TestFactory
    Stream<DynamicTest> joinedHalvesAreMeasuredAsTheWholeImage() throws IOException {
        Optional<Path> vars = Shared.unxz("firmware/deb13-OVMF_VARS_4M.fd.xz");
        Optional<Path> code = Shared.unxz("firmware/deb13-OVMF_CODE_4M.fd.xz");
        if (vars.isEmpty() || code.isEmpty()) {
            return Stream.empty();
        }
        return Stream.of(DynamicTest.dynamicTest("deb13", () -> {
            Source first = Source.open("VARS.fd", vars.get());
            Source second = Source.open("CODE.fd", code.get());
            Firmware joined = TdxLaunch.join(first, second, Strictness.STRICT);
            byte[] whole = new byte[Math.toIntExact(first.length() + second.length())];
            System.arraycopy(first.toByteArray(), 0, whole, 0, (int) first.length());
            System.arraycopy(second.toByteArray(), 0, whole, (int) first.length(), (int) second.length());
            Firmware copied = Firmware.read(Source.of("whole.fd", whole), Strictness.STRICT);
            assertEquals(
                    hex(Mrtd.of(TdxLaunch.of(copied), MrtdOrder.PAGE)),
                    hex(Mrtd.of(TdxLaunch.of(joined), MrtdOrder.PAGE)));
            // The fresh variable store of every 4 MiB image.
            assertEquals(
                    "344bc51c980ba621aaa00da3ed7436f7d6e549197dfe699515dfa2c6583d95e6412af21c097d473155875ffd561d6790",
                    Cfv.of(TdxLaunch.of(joined)).get(0).digest().hex());
            MalformedInputException whyNot = assertThrows(
                    MalformedInputException.class, () -> TdxLaunch.join(second, second, Strictness.STRICT));
            assertEquals(
                    "CODE.fd: offset 0x0: expected a variable store of 540672 bytes, which CODE.fd lacks, found 3653632 bytes",
                    whyNot.getMessage());
        }));
    }

    private static Iterable<JsonNode> vectors(String part) throws IOException {
        Optional<Path> file = Shared.file(VECTORS);
        return file.isEmpty()
                ? List.of()
                : JsonMapper.builder().build().readTree(file.get().toFile()).get(part);
    }

    /** The image, found by its digest under whatever name it has. */
    private static Optional<Path> firmware(JsonNode image) throws IOException {
        for (String name : List.of(
                "forky-OVMF.amdsev.fd",
                "deb12-OVMF.fd",
                "deb13-OVMF_CODE_4M.fd",
                "deb13-OVMF.fd",
                "forky-OVMF.inteltdx.ms.fd")) {
            Optional<Path> file = Shared.unxz("firmware/" + name + ".xz");
            if (file.isPresent()) {
                String sha256 = Source.of(name, Files.readAllBytes(file.get()))
                        .digest(DigestAlgorithm.SHA256)
                        .hex();
                if (sha256.equals(image.get("sha256").asText())) {
                    return file;
                }
            }
        }
        return Optional.empty();
    }

    static String hex(Prediction prediction) {
        Prediction.Predicted predicted = assertInstanceOf(Prediction.Predicted.class, prediction, prediction::toString);
        // The explanation throws if it does not end at the value.
        assertFalse(predicted.measurement().events().isEmpty());
        return predicted.measurement().value().hex();
    }
}
