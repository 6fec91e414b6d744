package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Any bytes are read, or refused with a reason; what is read is written so that it reads the same. */
class FirmwareMetadataFuzzTest {
    private static final String VALID = """
            {"MetadataItems": [{"GPA": "0x800000", "SectionTypeInt": 1, "Size": "0x9000"}],
             "ResetEIP": "0x80b004", "OVMFHash": "HASH", "OVMFSize": "0x10000",
             "HashTable": {"GPA": "0x810c00", "Size": "0x400"}}
            """.replace("HASH", "ab".repeat(48));

    @FuzzTest(maxDuration = "60s")
    void rejectsOrWritesWhatItReads(byte[] data) {
        read(data);
        String text = new String(data, StandardCharsets.ISO_8859_1);
        for (String part : List.of("\"0x800000\"", " 1", "\"0x80b004\"", "\"0x10000\"", "{\"GPA\": \"0x810c00\"")) {
            read(VALID.replace(part, text).getBytes(StandardCharsets.UTF_8)); // else hardly an input gets that far
        }
    }

    private static void read(byte[] data) {
        FirmwareMetadata metadata;
        try {
            metadata = FirmwareMetadata.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            return;
        }
        String json = metadata.toJson();
        Source again = Source.of("again", json.getBytes(StandardCharsets.UTF_8));
        assertEquals(json, FirmwareMetadata.read(again).toJson());
    }
}
