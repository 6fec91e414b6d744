package dev.measure.firmware;

import dev.measure.MalformedInputException;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.tukaani.xz.LZMAInputStream;

/**
 * The firmware volumes that lie compressed in an OVMF image. The first is PEIFV, which holds the code that runs before memory is
 * known, the second DXEFV; an image without that early phase has other volumes.
 *
 * <p>UEFI Platform Initialization specification 1.8, volume 3: a GUIDed section ({@code EFI_GUID_DEFINED_SECTION}, 3.2.5.7) with GUID
 * ee4e5898-3914-4259-9d6e-dc7bd79403cf holds an LZMA-alone stream of 13 bytes of header; in its output lie
 * {@code EFI_FIRMWARE_VOLUME_HEADER}s (3.2.1).
 *
 * @param volumes the volumes, in the order of the stream; their offsets are those in the unpacked stream
 * @param packed where the stream lies in the image
 */
public record FirmwareVolumes(List<Volume> volumes, Provenance.FileRange packed) {
    private static final byte[] LZMA_SECTION_BYTES = {
        (byte) 0x98,
        0x58,
        0x4e,
        (byte) 0xee,
        0x14,
        0x39,
        0x59,
        0x42,
        (byte) 0x9d,
        0x6e,
        (byte) 0xdc,
        0x7b,
        (byte) 0xd7,
        (byte) 0x94,
        0x03,
        (byte) 0xcf
    };

    private static final int GUID_DEFINED = 2; // EFI_SECTION_GUID_DEFINED
    private static final int EXTENDED = 0xffffff; // then a u32 size follows

    /** OVMF volumes unpack to 14 to 16 MiB. */
    private static final int MAX_UNPACKED = 64 << 20;

    /** Dictionary of at most 32 MiB, in KiB with what the decoder itself takes. */
    private static final int MAX_MEMORY_KIB = 40 << 10;

    /** An OVMF stream has two volumes. */
    private static final int MAX_VOLUMES = 64;

    private static final int MIN_HEADER = 0x38;
    private static final int SIGNATURE_AT = 40;

    /** DXEFV of OVMF has up to 126 files. */
    private static final int MAX_FILES = 1 << 14;

    private static final int FILE_HEADER = 24;
    private static final int LARGE_FILE = 1; // FFS_ATTRIB_LARGE_FILE: a u64 size follows the header

    /** Copies the list. */
    public FirmwareVolumes {
        volumes = List.copyOf(volumes);
    }

    /**
     * A firmware volume.
     *
     * @param content all of its bytes, from its header on; offset 0 of the source's name is the unpacked stream
     * @param files the names of its files, in order
     */
    public record Volume(Source content, List<UUID> files) {
        /** Copies the list. */
        public Volume {
            files = List.copyOf(files);
        }

        /** {@return whether it holds a file of a name} */
        public boolean holds(UUID file) {
            return files.contains(file);
        }
    }

    /**
     * {@return the volumes; empty if the image has no such section}
     *
     * @param image a firmware file
     * @throws MalformedInputException if the section does not hold what it must
     */
    public static Optional<FirmwareVolumes> find(Source image) {
        return unpacked(image).map(Unpacked::volumes);
    }

    /**
     * The stream with the volumes.
     *
     * @param packed as it lies in the image
     * @param stream unpacked
     */
    record Unpacked(Source packed, Source stream, FirmwareVolumes volumes) {}

    static Optional<Unpacked> unpacked(Source image) {
        if (image.length() > MAX_UNPACKED) {
            return Optional.empty(); // flash images have at most 16 MiB
        }
        byte[] bytes = image.toByteArray();
        for (int guid = 4; guid + 20 <= bytes.length; guid += 4) { // sections are 4-byte aligned
            if (bytes[guid] == LZMA_SECTION_BYTES[0]
                    && Arrays.equals(bytes, guid, guid + 16, LZMA_SECTION_BYTES, 0, 16)) {
                Optional<Source> stream = section(image, guid);
                if (stream.isPresent()) {
                    Source unpacked = unpack(stream.get());
                    FirmwareVolumes volumes =
                            new FirmwareVolumes(walk(unpacked), Provenance.FileRange.of(stream.get()));
                    return Optional.of(new Unpacked(stream.get(), unpacked, volumes));
                }
            }
        }
        return Optional.empty();
    }

    /** The data of the section whose GUID lies at an offset; empty if what lies there is no section. */
    private static Optional<Source> section(Source image, int guid) {
        if (guid >= 8) {
            Cursor extended = Cursor.of(image.slice(guid - 8, 28));
            long size = u24(extended, "Size");
            int type = extended.u8("Type");
            if (size == EXTENDED && type == GUID_DEFINED) {
                long extendedSize = extended.u32("ExtendedSize");
                extended.skip(16, "SectionDefinitionGuid");
                return data(image, guid - 8L, extendedSize, extended.u16("DataOffset"), 28);
            }
        }
        Cursor c = Cursor.of(image.slice(guid - 4, 24));
        long size = u24(c, "Size");
        int type = c.u8("Type");
        c.skip(16, "SectionDefinitionGuid");
        return type == GUID_DEFINED ? data(image, guid - 4L, size, c.u16("DataOffset"), 24) : Optional.empty();
    }

    private static Optional<Source> data(Source image, long start, long size, int dataOffset, int header) {
        if (dataOffset < header || size < dataOffset || size > image.length() - start) {
            return Optional.empty();
        }
        return Optional.of(image.slice(start + dataOffset, size - dataOffset));
    }

    private static int u24(Cursor c, String field) {
        return c.u16(field) | c.u8(field) << 16;
    }

    private static Source unpack(Source stream) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] chunk = new byte[1 << 16];
        try (InputStream lzma = new LZMAInputStream(new ByteArrayInputStream(stream.toByteArray()), MAX_MEMORY_KIB)) {
            for (int got = lzma.read(chunk); got >= 0; got = lzma.read(chunk)) {
                if (out.size() + got > MAX_UNPACKED) {
                    throw broken(stream, "an LZMA stream of at most " + MAX_UNPACKED + " bytes", "more");
                }
                out.write(chunk, 0, got);
            }
        } catch (IOException e) {
            throw broken(stream, "an LZMA stream", "data that cannot be unpacked");
        }
        return Source.of(stream.name() + " (unpacked)", out.toByteArray());
    }

    private static MalformedInputException broken(Source stream, String expected, String found) {
        return new MalformedInputException(stream.name(), stream.start(), expected, found, "the image is damaged");
    }

    static List<Volume> walk(Source unpacked) {
        List<Volume> volumes = new ArrayList<>();
        byte[] bytes = unpacked.toByteArray();
        int at = 0;
        while (at + MIN_HEADER <= bytes.length && volumes.size() < MAX_VOLUMES) {
            if (!isVolume(bytes, at)) {
                at += 8;
                continue;
            }
            Cursor c = Cursor.of(unpacked.slice(at, MIN_HEADER));
            c.skip(32, "ZeroVector, FileSystemGuid");
            long length = c.u64("FvLength");
            c.skip(8, "Signature, Attributes");
            int headerLength = c.u16("HeaderLength");
            c.skip(2, "Checksum");
            int extHeaderOffset = c.u16("ExtHeaderOffset");
            if (length < headerLength || headerLength < MIN_HEADER || length > unpacked.length() - at) {
                throw c.malformed(
                        32,
                        "FvLength of " + headerLength + ".." + (unpacked.length() - at),
                        Long.toUnsignedString(length),
                        "the image is damaged");
            }
            Source volume = unpacked.slice(at, length);
            volumes.add(new Volume(volume, files(volume, headerLength, extHeaderOffset)));
            at += (int) length;
        }
        return volumes;
    }

    private static boolean isVolume(byte[] bytes, int at) {
        return bytes[at + SIGNATURE_AT] == '_'
                && bytes[at + SIGNATURE_AT + 1] == 'F'
                && bytes[at + SIGNATURE_AT + 2] == 'V'
                && bytes[at + SIGNATURE_AT + 3] == 'H';
    }

    private static List<UUID> files(Source volume, int headerLength, int extHeaderOffset) {
        List<UUID> files = new ArrayList<>();
        long at = headerLength;
        if (extHeaderOffset != 0) {
            Cursor ext = Cursor.of(volume.slice(0, Math.min(volume.length(), extHeaderOffset + 20L)));
            ext.seek(extHeaderOffset, "EFI_FIRMWARE_VOLUME_EXT_HEADER");
            ext.skip(16, "FvName");
            at = extHeaderOffset + ext.u32("ExtHeaderSize");
        }
        at = at + 7 & ~7L;
        while (at + FILE_HEADER <= volume.length() && files.size() < MAX_FILES) {
            Cursor c = Cursor.of(volume.slice(at, Math.min(FILE_HEADER + 8, volume.length() - at)));
            UUID name = c.guid("Name");
            c.skip(3, "IntegrityCheck, Type");
            int attributes = c.u8("Attributes");
            long size = u24(c, "Size");
            c.skip(1, "State");
            if ((attributes & LARGE_FILE) != 0 && c.remaining() >= 8) {
                size = c.u64("ExtendedSize");
            }
            if (name.equals(ERASED) || size < FILE_HEADER || size > volume.length() - at) {
                break; // free space
            }
            files.add(name);
            at = at + size + 7 & ~7L;
        }
        return files;
    }

    private static final UUID ERASED = new UUID(-1, -1);

    /**
     * {@return the version strings in all volumes: UTF-16LE text {@code 20[0-9][0-9]\.[0-9][0-9][!-~]*} that ends in a NUL, without
     * repetition}
     */
    public SortedSet<String> versionStrings() {
        SortedSet<String> found = new TreeSet<>();
        for (Volume volume : volumes) {
            byte[] bytes = volume.content().toByteArray();
            for (int i = 0; i + 16 <= bytes.length; i++) {
                if (bytes[i] == '2' && bytes[i + 2] == '0' && bytes[i + 8] == '.') {
                    version(bytes, i).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    private static Optional<String> version(byte[] bytes, int start) {
        StringBuilder text = new StringBuilder();
        for (int i = start; i + 2 <= bytes.length; i += 2) {
            int unit = (bytes[i] & 0xff) | (bytes[i + 1] & 0xff) << 8;
            if (unit == 0) {
                return text.length() >= 7 ? Optional.of(text.toString()) : Optional.empty();
            }
            int at = text.length();
            boolean digit = at == 2 || at == 3 || at == 5 || at == 6;
            boolean fits = digit ? unit >= '0' && unit <= '9' : at != 4 || unit == '.';
            if (!fits || unit < '!' || unit > '~') {
                return Optional.empty();
            }
            text.append((char) unit);
        }
        return Optional.empty();
    }
}
