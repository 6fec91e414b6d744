package dev.measure.snp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.SevMetadata;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a launch needs of a firmware whose bytes are not at hand: the launch digest after its pages, and its tables. The JSON form is
 * that of virtee/sev-snp-measure-go ({@code sevsnpmeasure parse-metadata}).
 *
 * <pre>
 * { "MetadataItems": [ { "GPA": "0x800000", "SectionTypeInt": 1, "Size": "0x9000" }, ... ],
 *   "ResetEIP": "0x80b004", "OVMFHash": "96 hexadecimal digits",
 *   "OVMFSize": "0x400000", "HashTable": { "GPA": "0x810c00", "Size": "0x400" } }
 * </pre>
 *
 * <p>The last two are additions of this project, which that program passes over: without the size nothing can tell whether a section
 * overlaps the firmware, and without the area a kernel's hashes have no place. Nothing can check that the digest belongs to the
 * tables: the file is to be kept as safe as the firmware.
 *
 * @param name the name of the file, for messages
 * @param launchDigest the SEV-SNP launch digest after the firmware's pages
 * @param sections the sections of the SEV metadata in table order; empty if there is no metadata
 * @param resetAddress where the second and later vCPUs start, 32 bits; empty without a reset block
 * @param hashTableArea the area for kernel hashes, if there is one and the file says where
 * @param size the size of the firmware in bytes, if the file says
 */
public record FirmwareMetadata(
        String name,
        Digest launchDigest,
        Optional<List<SevMetadata.Section>> sections,
        Optional<Long> resetAddress,
        Optional<Firmware.Area> hashTableArea,
        Optional<Long> size)
        implements LaunchFirmware {

    /** Copies the sections and checks the digest. */
    public FirmwareMetadata {
        Objects.requireNonNull(name, "name");
        if (launchDigest.algorithm() != DigestAlgorithm.SHA384) {
            throw new IllegalArgumentException(
                    "a launch digest is sha384, got " + launchDigest.algorithm().id());
        }
        sections = sections.map(List::copyOf);
    }

    /**
     * {@return the metadata of a firmware, whose pages are hashed for it}
     *
     * @param firmware the firmware
     * @throws dev.measure.MalformedInputException if it is empty, no multiple of 4096 bytes, or its tables are broken
     */
    public static FirmwareMetadata of(Firmware firmware) {
        LaunchFirmware.Image image = new LaunchFirmware.Image(firmware);
        return new FirmwareMetadata(
                image.name(),
                LaunchDigest.ofFirmware(firmware),
                image.sections(),
                image.resetAddress(),
                image.hashTableArea(),
                image.size());
    }

    /**
     * {@return the metadata that a JSON file holds}
     *
     * @param json the file
     * @throws dev.measure.MalformedInputException if it is no such file
     */
    public static FirmwareMetadata read(Source json) {
        return new FirmwareMetadataReader(json).read();
    }

    /** {@return the JSON form, ending in a line feed; keys in the order that sev-snp-measure-go's test files have} */
    public String toJson() {
        StringWriter text = new StringWriter();
        DefaultIndenter indenter = new DefaultIndenter("    ", "\n");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                .withArrayEmptySeparator("")
                .withObjectEmptySeparator(""));
        printer.indentArraysWith(indenter);
        printer.indentObjectsWith(indenter);
        try (JsonGenerator out = new JsonFactory().createGenerator(text)) {
            out.setPrettyPrinter(printer);
            out.writeStartObject();
            out.writeArrayFieldStart("MetadataItems");
            for (SevMetadata.Section section : sections.orElse(List.of())) {
                out.writeStartObject();
                out.writeStringField("GPA", hex(section.gpa()));
                out.writeNumberField("SectionTypeInt", section.type());
                out.writeStringField("Size", hex(section.size()));
                out.writeEndObject();
            }
            out.writeEndArray();
            // sev-snp-measure-go has no way to say that there is no reset block; 0 is refused as an address just as
            // well.
            out.writeStringField("ResetEIP", hex(resetAddress.orElse(0L)));
            out.writeStringField("OVMFHash", launchDigest.hex());
            if (size.isPresent()) {
                out.writeStringField("OVMFSize", hex(size.get()));
            }
            if (hashTableArea.isPresent()) {
                out.writeObjectFieldStart("HashTable");
                out.writeStringField("GPA", hex(hashTableArea.get().gpa()));
                out.writeStringField("Size", hex(hashTableArea.get().size()));
                out.writeEndObject();
            }
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a StringWriter throws none
        }
        return text.append('\n').toString();
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    @Override
    public List<Warning> warnings() {
        return List.of();
    }
}
