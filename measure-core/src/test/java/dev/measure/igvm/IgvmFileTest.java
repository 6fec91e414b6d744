package dev.measure.igvm;

import static dev.measure.vectors.IgvmFileWriter.igvm;
import static dev.measure.vectors.IgvmFileWriter.snp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.IgvmFileWriter;
import dev.measure.vectors.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class IgvmFileTest {
    private static final byte[] ONE = {1};

    private static IgvmFile read(IgvmFileWriter writer) {
        return read(writer.build());
    }

    private static IgvmFile read(byte[] file) {
        return IgvmFile.read(Source.of("t.igvm", file));
    }

    private static void refuses(String message, IgvmFileWriter writer) {
        refuses(message, writer.build());
    }

    private static void refuses(String message, byte[] file) {
        assertEquals(
                "t.igvm: offset " + message,
                assertThrows(MalformedInputException.class, () -> read(file)).getMessage());
    }

    /** The first header behind fixed header, platform and policy. */
    private static final String FIRST = "0x48";

    @Test
    void readsEveryHeaderOfVersion1() {
        IgvmFile file = read(snp().parameterArea(0x2000, 7)
                .page(0x1000, 1, ONE, 2, 1)
                .parameter(0x307, 7, 16)
                .parameterInsert(0x5000, 1, 7)
                .context(0xfffffffff000L, 1, new byte[4096], 3)
                .requiredMemory(0x10000, 1, 0x3000)
                .errorRange(0x20000, 1, 0x1000)
                .idBlock(1, new byte[48]));
        assertEquals(1, file.formatVersion());
        assertEquals(OptionalLong.of(1), file.mask(IgvmPlatformType.SEV_SNP));
        assertEquals(OptionalLong.empty(), file.mask(IgvmPlatformType.TDX));
        assertEquals(OptionalLong.of(0x30000), file.guestPolicy(1));
        List<IgvmHeader> directives = file.directives();
        IgvmHeader.ParameterArea area = (IgvmHeader.ParameterArea) directives.get(0);
        assertEquals(0x2000, area.numberOfBytes());
        assertEquals(7, area.index());
        IgvmHeader.PageData page = (IgvmHeader.PageData) directives.get(1);
        assertEquals(0x1000, page.gpa());
        assertEquals(IgvmHeader.PageDataType.SECRETS, page.dataType());
        assertTrue(page.is(IgvmHeader.PageData.UNMEASURED));
        assertEquals(4096, page.data().length());
        assertEquals(1, page.data().toByteArray()[0]);
        assertEquals(new IgvmHeader.Parameter(IgvmHeaderType.VP_COUNT_PARAMETER, 7, 16), directives.get(2));
        assertEquals(new IgvmHeader.ParameterInsert(0x5000, 1, 7), directives.get(3));
        assertEquals(3, ((IgvmHeader.VpContext) directives.get(4)).vpIndex());
        assertEquals(new IgvmHeader.RequiredMemory(0x10000, 1, 0x3000, 0), directives.get(5));
        assertEquals(new IgvmHeader.ErrorRange(0x20000, 1, 0x1000), directives.get(6));
        assertEquals(48, file.idBlock(1).orElseThrow().ld().length());
        assertEquals(0x48 + 24, file.directiveOffset(1));
    }

    @Test
    void readsVersion2() {
        IgvmFile file = read(snp().version(2).architecture(0).page(0x1000, 1, ONE, 0, 0));
        assertEquals(2, file.formatVersion());
        assertEquals(0, file.architecture());
        refuses(
                "0x18: expected architecture 0x00000000 (x86-64) or 0x00000001 (AArch64), found 0x00000002",
                snp().version(2).architecture(2));
        refuses(
                "0x1c: expected page_size 0x00001000, found 0x00010000",
                snp().version(2).pageSize(65536));
    }

    @Test
    void skipsUnknownHeadersThatMayBeSkippedAndNoOthers() {
        IgvmFile file = read(snp().header(0x8000_0399L, new byte[13]).page(0x1000, 1, ONE, 0, 0));
        assertEquals(1, file.skipped());
        assertEquals(1, file.directives().size());
        refuses(
                FIRST + ": expected a known type, or one with bit 31 that may be skipped, found 0x00000399",
                snp().header(0x399, new byte[16]));
        refuses(
                FIRST + ": expected a known type, or one with bit 31 that may be skipped, found 0x00000306",
                snp().header(0x306, new byte[16]));
        refuses(
                FIRST + ": expected a known type, or one with bit 31 that may be skipped, found 0x7fffffff",
                snp().header(0x7fffffffL, new byte[16]));
    }

    @Test
    void refusesABrokenFixedHeader() {
        refuses("0x0: expected magic (4 bytes), found 3 bytes left", new byte[] {'I', 'G', 'V'});
        refuses("0x0: expected magic (4 bytes), found the end of the data", new byte[0]);
        refuses("0x0: expected magic = 0x4d564749 (\"IGVM\"), found 0x4d564748", snp().magic(0x4d564748));
        refuses("0x4: expected format_version 0x00000001 or 0x00000002, found 0x00000003", snp().version(3));
        refuses("0x4: expected format_version 0x00000001 or 0x00000002, found 0x00000000", snp().version(0));
        refuses(
                "0x10: expected total_file_size 0x00000048, the length of the file, found 0xffffffff",
                snp().totalSize(0xffff_ffffL));
        refuses(
                "0x8: expected a variable_header_offset of 0x18..0x48 that is a multiple of 8, found 0x00000010",
                snp().headerOffset(16));
        refuses(
                "0x8: expected a variable_header_offset of 0x18..0x48 that is a multiple of 8, found 0x0000001c",
                snp().headerOffset(28));
        refuses(
                "0x8: expected a variable_header_offset of 0x18..0x48 that is a multiple of 8, found 0xfffffff8",
                snp().headerOffset(0xffff_fff8L));
        refuses("0xc: expected a variable_header_size of at most 0x30, found 0x00000038", snp().headerSize(0x38));
        refuses(
                "0xc: expected a variable_header_size of at most 0x30, found 0xffffffff",
                snp().headerSize(0xffff_ffffL));
        refuses(
                "0x14: expected checksum 0x" + String.format("%08x", crcOf(snp().build()))
                        + ", the CRC-32 of the headers, found 0x00000000",
                snp().checksum(0));
    }

    private static long crcOf(byte[] file) {
        CRC32 crc = new CRC32();
        byte[] copy = file.clone();
        Arrays.fill(copy, 20, 24, (byte) 0);
        crc.update(copy);
        return crc.getValue();
    }

    @Test
    void refusesOffsetsOutsideTheFile() {
        String expected =
                "0x5c: expected a file_offset whose page data (4096 bytes) lies between the headers' end at 0x68"
                        + " and the file's end at 0x1068, found ";
        refuses(expected + "0x00000069", snp().nextFileOffset(0x69).page(0x1000, 1, ONE, 0, 0));
        refuses(expected + "0x00000060", snp().nextFileOffset(0x60).page(0x1000, 1, ONE, 0, 0));
        refuses(expected + "0xffffffff", snp().nextFileOffset(0xffff_ffffL).page(0x1000, 1, ONE, 0, 0));
        refuses(
                "0x5c: expected a file_offset whose page data (2097152 bytes) lies between the headers' end at 0x68 and the"
                        + " file's end at 0x200068, found 0x00000069",
                snp().nextFileOffset(0x69).page(0x200000, 1, ONE, 1, 0));
        refuses(
                "0x5c: expected a file_offset whose context (4096 bytes) lies between the headers' end at 0x68 and the"
                        + " file's end at 0x1068, found 0x00000000",
                snp().nextFileOffset(0).context(0, 1, new byte[4096], 0));
    }

    @Test
    void refusesHugeCounts() {
        refuses(
                "0x5c: expected a file_offset whose initial data (18446744073709547520 bytes) lies between the headers' end"
                        + " at 0x60 and the file's end at 0x60, found 0x00000060",
                snp().nextFileOffset(0x60).parameterArea(-4096, 0));
        refuses(
                "0x4c: expected a length of at most 0x18, what is left of the headers, found 0xffffffff",
                snp().nextLength(0xffff_ffffL).header(0x302, new byte[24]));
        byte[] count = new byte[4096];
        Arrays.fill(count, 0, 4, (byte) 0xff);
        refuses(
                "0x44: expected a file_offset whose list of 4294967295 registers (137438953444 bytes) lies between the"
                        + " headers' end at 0x50 and the file's end at 0x1050, found 0x00000050",
                igvm().platform(1, 1).context(0, 1, count, 0));
    }

    @Test
    void refusesHeadersOutOfOrder() {
        refuses(
                "0x48: expected a header of the directive or a later part, found GUEST_POLICY (0x00000101)",
                igvm().platform(1, 2).parameterArea(0x1000, 0).policy(0, 1).page(0, 1, ONE, 0, 0));
        refuses(
                "0x48: expected a header of the initialization or a later part, found SUPPORTED_PLATFORM (0x00000001)",
                snp().platform(2, 0));
        refuses("0x18: expected at least one supported platform, found none", igvm());
        refuses(
                "0x3d: expected each platform once, found a second SEV_SNP",
                igvm().platform(1, 2).platform(4, 2));
    }

    @Test
    void refusesFieldsThatBreakTheFormat() {
        refuses("0x20: expected a compatibility_mask with one bit, found 0x00000003", igvm().platform(3, 2));
        refuses("0x20: expected a compatibility_mask with one bit, found 0x00000000", igvm().platform(0, 2));
        refuses("0x25: expected a platform type of 0x00..0x06, found 0x07", igvm().platform(1, 7));
        refuses(
                "0x50: expected gpa to be a multiple of 0x1000, found 0x0000000000001001",
                snp().page(0x1001, 1, ONE, 0, 0));
        refuses(
                "0x50: expected gpa of a 2 MiB page to be a multiple of 0x200000, found 0x0000000000001000",
                snp().page(0x1000, 1, new byte[0], 1, 0));
        refuses("0x64: expected a data_type of 0x0000..0x0003, found 0x0004", snp().page(0x1000, 1, ONE, 0, 4));
        refuses(
                "0x50: expected number_of_bytes to be a multiple of 0x1000, found 0x0000000000000800",
                snp().parameterArea(0x800, 0));
        refuses(
                "0x70: expected a parameter_area_index that is new, found 0x00000000",
                snp().parameterArea(0x1000, 0).parameterArea(0x1000, 0));
        refuses(
                "0x5c: expected the parameter_area_index of an area that is declared before and not yet inserted, found"
                        + " 0x00000005, not declared",
                snp().parameterInsert(0, 1, 5));
        refuses(
                "0x8c: expected the parameter_area_index of an area that is declared before and not yet inserted, found"
                        + " 0x00000005, inserted before",
                snp().parameterArea(0x1000, 5).parameterInsert(0, 1, 5).parameterInsert(0, 1, 5));
        refuses(
                "0x50: expected the parameter_area_index of an area that is declared before and not yet inserted, found"
                        + " 0x00000001, not declared",
                snp().parameter(0x30c, 1, 0));
        refuses(
                "0x58: expected a compatibility_mask of a supported platform, which says what a context is, found"
                        + " 0x00000002",
                snp().context(0, 2, new byte[4096], 0));
        refuses(
                "0x4c: expected a length of 0x00000018 for PAGE_DATA, found 0x00000010",
                snp().header(0x302, new byte[16]));
        refuses(
                "0x64: expected padding to be 0, found 0x01",
                snp().nextPadding(1).context(0, 1, new byte[4096], 0));
        refuses(
                "0x44: expected reserved to be 0, found 0x00000001",
                igvm().platform(1, 2).header(0x101, policyReserved()));
    }

    private static byte[] policyReserved() {
        byte[] content = new byte[16];
        content[12] = 1;
        return content;
    }

    @Test
    void findsTheOffsetInsideALargerFile() {
        byte[] inner = snp().page(0x1001, 1, ONE, 0, 0).build();
        byte[] outer = new byte[inner.length + 100];
        System.arraycopy(inner, 0, outer, 100, inner.length);
        Source payload = Source.of("linux.efi", outer).slice(100, inner.length);
        assertTrue(IgvmFile.isIgvm(payload));
        assertFalse(IgvmFile.isIgvm(Source.of("linux.efi", outer)));
        assertFalse(IgvmFile.isIgvm(Source.of("three", new byte[] {'I', 'G', 'V'})));
        assertEquals(
                "linux.efi: offset 0xb4: expected gpa to be a multiple of 0x1000, found 0x0000000000001001",
                assertThrows(MalformedInputException.class, () -> IgvmFile.read(payload))
                        .getMessage());
    }

    @Test
    void writesWhatItReads() throws IOException {
        for (IgvmFileWriter writer : List.of(
                snp().parameterArea(0x2000, 7)
                        .page(0x1000, 1, ONE, 2, 1)
                        .page(0x2000, 1, new byte[0], 0, 0)
                        .parameter(0x307, 7, 16)
                        .parameterInsert(0x5000, 1, 7)
                        .context(0xfffffffff000L, 1, new byte[4096], 3)
                        .requiredMemory(0x10000, 1, 0x3000)
                        .errorRange(0x20000, 1, 0x1000)
                        .idBlock(1, new byte[48]),
                snp().page(0x200000, 1, ONE, 1, 0).header(0x311, new byte[864]),
                igvm().platform(1, 0).platform(2, 2).header(0x102, new byte[48]).header(0x103, new byte[32]))) {
            byte[] file = writer.build();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            IgvmWriter.write(read(file), out);
            assertArrayEquals(file, out.toByteArray());
        }
    }

    /** The tool's text dumps say which headers are in its files, and where; a file with the same headers reads the same. */
    @Test
    void laysOutHeadersAsTheDumpsOfAPeerSay() throws IOException {
        Optional<Path> index = Shared.file("vectors/formats/igvm/index.json");
        if (index.isEmpty()) {
            return;
        }
        for (JsonNode entry : new ObjectMapper().readTree(index.get().toFile()).get("files")) {
            JsonNode facts = entry.get("facts");
            Map<String, Integer> counts = new TreeMap<>();
            facts.get("directive_counts")
                    .properties()
                    .forEach(
                            count -> counts.put(count.getKey(), count.getValue().asInt()));
            IgvmFileWriter writer = igvm().platform(1, 2).policy(0x3001f, 1);
            List<Consumer<IgvmFileWriter>> rest = new ArrayList<>();
            for (int i = 0; i < counts.get("IGVM_VHT_PAGE_DATA"); i++) {
                long gpa = 0x1000L * i;
                rest.add(w -> w.page(gpa, 1, new byte[0], 0, 0));
            }
            rest.add(w -> w.parameterArea(0x1000, 0));
            rest.add(w -> w.parameter(0x307, 0, 0));
            rest.add(w -> w.parameter(0x30c, 0, 0x18));
            rest.add(w -> w.parameterInsert(0x802000, 1, 0));
            rest.add(w -> w.context(0x803000, 1, new byte[4096], 0)); // printed twice, one header
            rest.add(w -> w.idBlock(1, new byte[48]));
            rest.forEach(add -> add.accept(writer));
            IgvmFile file = read(writer);
            int last = file.directives().size() - 1;
            assertEquals(
                    Long.decode(facts.get("vh_size").asText()) + 24,
                    file.directiveOffset(last) + 8 + 696,
                    entry.get("file").asText());
        }
    }
}
