package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class VmsaPageTest {
    /** Every byte belongs to one field, and no name stands twice. */
    @Test
    void fieldsCoverThePage() {
        int end = 0;
        Set<String> names = new HashSet<>();
        for (VmsaField field : VmsaField.all()) {
            assertEquals(end, field.offset(), field.name());
            assertEquals(true, names.add(field.name()), field.name());
            end += field.size();
        }
        assertEquals(4096, end);
    }

    /** Offsets as the manual's table gives them, among the neighbours that are easily confused. */
    @Test
    void fieldsLieWhereTheManualSays() {
        assertEquals(new VmsaField("tr.base", 0x98, 8), VmsaField.named("tr.base"));
        assertEquals(new VmsaField("vmpl", 0xca, 1), VmsaField.named("vmpl"));
        assertEquals(new VmsaField("efer", 0xd0, 8), VmsaField.named("efer"));
        assertEquals(new VmsaField("cr0", 0x158, 8), VmsaField.named("cr0"));
        assertEquals(new VmsaField("rip", 0x178, 8), VmsaField.named("rip"));
        assertEquals(new VmsaField("rax", 0x1f8, 8), VmsaField.named("rax"));
        assertEquals(new VmsaField("g_pat", 0x268, 8), VmsaField.named("g_pat"));
        assertEquals(new VmsaField("rdx", 0x310, 8), VmsaField.named("rdx"));
        assertEquals(new VmsaField("sev_features", 0x3b0, 8), VmsaField.named("sev_features"));
        assertEquals(new VmsaField("mxcsr", 0x408, 4), VmsaField.named("mxcsr"));
        assertEquals(new VmsaField("x87_fcw", 0x410, 2), VmsaField.named("x87_fcw"));
        assertEquals(new VmsaField("reserved_0x670", 0x670, 4096 - 0x670), VmsaField.named("reserved_0x670"));
        assertThrows(IllegalArgumentException.class, () -> VmsaField.named("fcw"));
    }

    /** Pages rebuilt from the bytes that the vectors list: no reserved field is set in any, and the values are known ones. */
    @TestFactory
    Stream<DynamicTest> readsRealPages() throws IOException {
        int[] row = {0};
        return LaunchVectors.rows(LaunchVectors.DIGESTS, "vmsaPages")
                .map(page ->
                        DynamicTest.dynamicTest(row[0]++ + " " + page.get("vmm").asText(), () -> read(page)));
    }

    private static void read(JsonNode row) {
        byte[] bytes = new byte[4096];
        row.get("nonzero")
                .properties()
                .forEach(entry -> bytes[Integer.decode(entry.getKey())] =
                        (byte) entry.getValue().asInt());
        VmsaPage page = VmsaPage.read(Source.of("vmsa0.bin", bytes));
        assertEquals(row.get("sha384").asText(), page.contents().hex());
        assertEquals(List.of(), page.setReservedFields());
        assertEquals("0x0000000000000040", page.value(VmsaField.named("cr4")));
        assertEquals("0x0000000000001000", page.value(VmsaField.named("efer")));
        assertEquals("0x0000ffff", page.value(VmsaField.named("gdtr.limit")));
        assertEquals(
                String.format("0x%016x", row.get("guest_features").asLong()),
                page.value(VmsaField.named("sev_features")));
        if (row.get("vmm").asText().startsWith("QEMU")) {
            long signature = CpuModel.parse(row.get("vcpu_type").asText()).signature();
            assertEquals(String.format("0x%016x", signature), page.value(VmsaField.named("rdx")));
        }
    }

    @Test
    void tellsWherePagesDiffer() {
        byte[] bytes = new byte[4096];
        VmsaPage zero = VmsaPage.of(bytes);
        bytes[0x411] = 3;
        bytes[0x410] = 0x7f;
        bytes[0x0cc] = 1;
        bytes[0x421] = 5;
        VmsaPage page = VmsaPage.of(bytes);
        assertEquals(
                List.of(
                        new VmsaPage.Difference(VmsaField.named("reserved_0x0cc"), "0x00000000", "0x00000001"),
                        new VmsaPage.Difference(VmsaField.named("x87_fcw"), "0x0000", "0x037f"),
                        new VmsaPage.Difference(
                                VmsaField.named("fpreg_x87"), "00".repeat(80), "0005" + "00".repeat(78))),
                zero.differences(page));
        assertEquals(List.of(), page.differences(VmsaPage.of(bytes)));
        assertEquals(List.of(VmsaField.named("reserved_0x0cc")), page.setReservedFields());
    }

    @Test
    void refusesAFileOfAnotherLength() {
        MalformedInputException e =
                assertThrows(MalformedInputException.class, () -> VmsaPage.read(Source.of("vmsa.bin", new byte[8192])));
        assertEquals("vmsa.bin: offset 0x1000: expected a VMSA page of 4096 bytes, found 8192 bytes", e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> VmsaPage.of(new byte[4095]));
    }
}
