package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** TD HOBs that real trust domains measured. */
final class TdHobCrossCheckTest {

    @TestFactory
    Stream<DynamicTest> listsAreThoseThatHardwareLogged() throws IOException {
        Optional<Path> file = Shared.file("vectors/tdx/td_hob_hardware.json");
        List<DynamicTest> tests = new ArrayList<>();
        if (file.isPresent()) {
            JsonNode vectors = JsonMapper.builder().build().readTree(file.get().toFile());
            for (JsonNode logged : vectors.get("cases")) {
                JsonNode layout =
                        vectors.get("layouts").get(logged.get("layout").asText());
                tests.add(DynamicTest.dynamicTest(logged.get("name").asText(), () -> {
                    TdHob.Built hob = assertInstanceOf(
                            TdHob.Built.class,
                            TdHob.of(launch(layout), logged.get("ramMiB").asLong() << 20));
                    assertEquals(
                            logged.get("hobHex").asText(),
                            HexFormat.of().formatHex(hob.measured().toByteArray()));
                    assertEquals(logged.get("sha384").asText(), hob.digest().hex());
                    assertEquals(
                            logged.get("hashedBytes").asLong(), hob.measured().length());
                }));
            }
            assertEquals(7, tests.size());
        }
        return tests.stream();
    }

    private static TdxLaunch launch(JsonNode layout) {
        OvmfWriter writer = OvmfWriter.ovmf(65536)
                .tdxMetadata()
                .tdxSection(0x4000, 0xc000, 0xffff4000L, 0xc000, 0, 1)
                .tdxSection(0, 0x4000, 0xffff0000L, 0x4000, 1, 0);
        for (JsonNode section : layout) {
            writer.tdxSection(
                    0,
                    0,
                    section.get("address").asLong(),
                    section.get("size").asLong(),
                    section.get("type").asLong(),
                    0);
        }
        return TdxLaunch.of(Firmware.read(Source.of("made.fd", writer.build()), Strictness.STRICT));
    }

    private static TdxLaunch small(long hobAddress, long hobSize) {
        return TdxLaunch.of(Firmware.read(
                Source.of(
                        "made.fd",
                        OvmfWriter.ovmf(65536)
                                .tdxMetadata()
                                .tdxSection(0, 0xc000, 0xffff4000L, 0xc000, 0, 1)
                                .tdxSection(0, 0, hobAddress, hobSize, 2, 0)
                                .build()),
                Strictness.STRICT));
    }

    @Test
    void refusesASectionOutsideTheMemory() {
        TdHob.Refused refused = assertInstanceOf(TdHob.Refused.class, TdHob.of(small(0x809000, 0x2000), 8 << 20));
        assertTrue(
                refused.why()
                        .endsWith(
                                "expected a section inside one range of the guest's memory of 8388608 bytes, found TD_HOB at"
                                        + " address 0x809000, size 0x2000, data 0x0+0x0, attributes 0x0"),
                refused.why());
        assertEquals("give the guest more memory", refused.hint());
        // Across the end of low memory, which is 2 GiB from 2816 MiB on.
        assertInstanceOf(TdHob.Refused.class, TdHob.of(small(0x7ffff000L, 0x2000), 2816L << 20));
        assertInstanceOf(TdHob.Built.class, TdHob.of(small(0x7ffff000L, 0x2000), (2816L << 20) - 4096));
        assertInstanceOf(TdHob.Refused.class, TdHob.of(small(-0x2000L, 0x2000), 1L << 51));
    }

    @Test
    void refusesMemoryThatNoGuestHas() {
        for (long memory : new long[] {0, -4096, 4097, (1L << 51) + 4096, Long.MIN_VALUE}) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> TdHob.of(small(0x809000, 0x2000), memory));
            assertEquals(
                    "memory must be a multiple of 4096 bytes, at most 2^51, got " + memory + " bytes",
                    refused.getMessage());
        }
    }
}
