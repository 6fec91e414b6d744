package dev.measure.snp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.SevMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@link FirmwareMetadata} from JSON, keeping the place of every value for errors. Names that it does not know are passed over. */
final class FirmwareMetadataReader {
    /** A real table has ten sections at the most; a file of this size describes twenty thousand. */
    private static final long MAX_FILE = 2 << 20;

    private static final long MAX_U32 = 0xffff_ffffL;
    private static final String HINT = "this should be a file that sev-snp-measure-go's parse-metadata wrote, or "
            + "measure snp ovmf-hash --metadata";

    private final Source json;
    private JsonParser parser;

    FirmwareMetadataReader(Source json) {
        this.json = json;
    }

    FirmwareMetadata read() {
        if (json.length() > MAX_FILE) {
            throw new MalformedInputException(
                    json.name(),
                    json.start(),
                    "firmware metadata of at most " + MAX_FILE + " bytes",
                    json.length() + " bytes",
                    HINT);
        }
        JsonFactory factory = JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(JsonFactory.Feature.CHARSET_DETECTION) // UTF-8, as the standard demands
                .streamReadConstraints(
                        StreamReadConstraints.builder().maxNestingDepth(16).build())
                .build();
        try (JsonParser open = factory.createParser(json.toByteArray())) {
            parser = open;
            FirmwareMetadata metadata = metadata();
            if (parser.nextToken() != null) {
                throw malformed("nothing after the object", found());
            }
            return metadata;
        } catch (JsonProcessingException e) {
            long at = Math.max(0, e.getLocation() == null ? 0 : e.getLocation().getByteOffset());
            throw new MalformedInputException(json.name(), json.start() + at, "JSON", e.getOriginalMessage(), HINT);
        } catch (IOException e) { // there is no disk behind the bytes: it can only be about them
            throw new MalformedInputException(json.name(), json.start(), "JSON", e.getMessage(), HINT);
        }
    }

    private FirmwareMetadata metadata() throws IOException {
        expect(parser.nextToken(), JsonToken.START_OBJECT, "firmware metadata: an object");
        List<SevMetadata.Section> sections = null;
        Long reset = null;
        Digest hash = null;
        Optional<Firmware.Area> area = Optional.empty();
        Optional<Long> size = Optional.empty();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "MetadataItems" -> sections = sections();
                case "ResetEIP" -> reset = hex(field, MAX_U32);
                case "OVMFHash" -> hash = digest();
                case "OVMFSize" -> size = Optional.of(hex(field, 1L << 32));
                case "HashTable" -> area = Optional.of(area());
                default -> parser.skipChildren();
            }
        }
        require(sections != null, "MetadataItems");
        require(reset != null, "ResetEIP");
        require(hash != null, "OVMFHash");
        return new FirmwareMetadata(
                json.name(),
                hash,
                sections.isEmpty() ? Optional.empty() : Optional.of(sections),
                Optional.of(reset),
                area,
                size);
    }

    private List<SevMetadata.Section> sections() throws IOException {
        List<SevMetadata.Section> sections = new ArrayList<>();
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return sections; // an empty Go slice
        }
        expect(parser.currentToken(), JsonToken.START_ARRAY, "MetadataItems: an array");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            sections.add(section());
        }
        return sections;
    }

    private SevMetadata.Section section() throws IOException {
        expect(parser.currentToken(), JsonToken.START_OBJECT, "MetadataItems: an object");
        long start = offset();
        Long gpa = null;
        Long size = null;
        Long type = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "GPA" -> gpa = hex(field, MAX_U32);
                case "Size" -> size = hex(field, MAX_U32);
                case "SectionTypeInt" -> type = number(field);
                default -> parser.skipChildren();
            }
        }
        require(gpa != null, "GPA");
        require(size != null, "Size");
        require(type != null, "SectionTypeInt");
        return new SevMetadata.Section(gpa, size, type, json.slice(start, offset() + 1 - start));
    }

    private Firmware.Area area() throws IOException {
        expect(parser.currentToken(), JsonToken.START_OBJECT, "HashTable: an object");
        Long gpa = null;
        Long size = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            parser.nextToken();
            switch (field) {
                case "GPA" -> gpa = hex(field, MAX_U32);
                case "Size" -> size = hex(field, MAX_U32);
                default -> parser.skipChildren();
            }
        }
        require(gpa != null, "HashTable.GPA");
        require(size != null, "HashTable.Size");
        return new Firmware.Area(gpa, size);
    }

    private long number(String field) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
            switch (parser.getNumberType()) {
                case INT, LONG -> {
                    long value = parser.getLongValue();
                    if (value >= 0 && value <= MAX_U32) {
                        return value;
                    }
                }
                default -> {} // larger than 64 bits
            }
        }
        throw malformed(field + ": a number of 0.." + MAX_U32, found());
    }

    private long hex(String field, long most) throws IOException {
        String text = parser.currentToken() == JsonToken.VALUE_STRING ? parser.getText() : "";
        if (text.matches("0[xX][0-9a-fA-F]{1,15}")) {
            long value = Long.parseLong(text.substring(2), 16);
            if (value <= most) {
                return value;
            }
        }
        throw malformed(field + ": a text of 0x0..0x" + Long.toHexString(most), found());
    }

    private Digest digest() throws IOException {
        String text = parser.currentToken() == JsonToken.VALUE_STRING ? parser.getText() : "";
        try {
            return Digest.parse(DigestAlgorithm.SHA384, text);
        } catch (IllegalArgumentException e) {
            throw malformed("OVMFHash: 96 hexadecimal digits", found());
        }
    }

    private void expect(JsonToken actual, JsonToken expected, String what) throws IOException {
        if (actual != expected) {
            throw malformed(what, found());
        }
    }

    private void require(boolean there, String field) {
        if (!there) {
            throw malformed(field, "an object without it");
        }
    }

    /** What stands at the current place, cut short. */
    private String found() throws IOException {
        if (parser.currentToken() == null) {
            return "the end of the file";
        }
        String text = parser.getText();
        String shown = text.length() > 100 ? text.substring(0, 100) + "..." : text;
        return parser.currentToken() == JsonToken.VALUE_STRING ? "\"" + shown + "\"" : shown;
    }

    private long offset() {
        return Math.max(0, parser.currentTokenLocation().getByteOffset());
    }

    private MalformedInputException malformed(String expected, String found) {
        return new MalformedInputException(json.name(), json.start() + offset(), expected, found, HINT);
    }
}
