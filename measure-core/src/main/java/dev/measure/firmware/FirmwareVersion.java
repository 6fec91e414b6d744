package dev.measure.firmware;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.tukaani.xz.LZMAInputStream;

/**
 * The version string that an OVMF build carries: UTF-16LE text such as {@code 2025.02-8+deb13u1} inside the firmware volumes that
 * lie compressed in the image.
 *
 * <p>The GUIDed section with GUID ee4e5898-3914-4259-9d6e-dc7bd79403cf holds an LZMA-alone stream (PI specification, volume 3,
 * EFI_GUID_DEFINED_SECTION). Unpacking takes some tenths of a second, so this is asked for on its own.
 */
public final class FirmwareVersion {
    private static final UUID LZMA_SECTION = UUID.fromString("ee4e5898-3914-4259-9d6e-dc7bd79403cf");

    /** OVMF volumes unpack to 14 to 16 MiB; a stream that says more is not followed further. */
    private static final int MAX_UNPACKED = 64 << 20;

    /** Dictionary of at most 32 MiB, in KiB with what the decoder itself takes. */
    private static final int MAX_MEMORY_KIB = 40 << 10;

    /** Version strings are short. */
    private static final int MAX_LENGTH = 128;

    private FirmwareVersion() {}

    /**
     * {@return the version string; empty if the image has no compressed volumes, if they cannot be unpacked, or if they hold
     * none or several different strings}
     *
     * @param firmware the firmware
     */
    public static Optional<String> find(Firmware firmware) {
        return find(firmware, FirmwareImage.of(firmware.image()));
    }

    /**
     * {@return the version string, as above, without unpacking once more what is known}
     *
     * @param firmware the firmware
     * @param known the image of the firmware
     */
    public static Optional<String> find(Firmware firmware, FirmwareImage known) {
        Source image = firmware.image();
        if (firmware.kind() != Firmware.Kind.OVMF_CODE && firmware.kind() != Firmware.Kind.OVMF_CODE_AND_VARS) {
            return Optional.empty();
        }
        byte[] bytes = image.toByteArray();
        TreeSet<String> versions = new TreeSet<>();
        // The LZMA section is 4-byte aligned in its volume.
        for (int guid = 4; guid + 16 <= bytes.length; guid += 4) {
            if (bytes[guid] == (byte) 0x98 && bytes[guid + 1] == 0x58 && bytes[guid + 2] == 0x4e) {
                unpack(image, bytes, guid, known, versions);
            }
        }
        return versions.size() == 1 ? Optional.of(versions.first()) : Optional.empty();
    }

    private static void unpack(Source image, byte[] bytes, int guid, FirmwareImage known, TreeSet<String> versions) {
        if (!Cursor.of(image.slice(guid, 16)).guid("SectionDefinitionGuid").equals(LZMA_SECTION)
                || guid + 20 > bytes.length) {
            return;
        }
        boolean extended = guid >= 8 && u24(bytes, guid - 8) == 0xffffff; // then a 32-bit size follows the type
        int start = extended ? guid - 8 : guid - 4;
        long size = extended ? Cursor.of(image.slice(guid - 4, 4)).u32("ExtendedSize") : u24(bytes, start);
        int dataOffset = (bytes[guid + 16] & 0xff) | (bytes[guid + 17] & 0xff) << 8;
        if (bytes[start + 3] != 2
                || size < dataOffset
                || size > bytes.length - start
                || dataOffset < guid + 20 - start) {
            return;
        }
        Optional<Source> stream = known.unpacked(image.slice(start + dataOffset, size - dataOffset));
        try (InputStream unpacked = stream.isPresent()
                ? new ByteArrayInputStream(stream.get().toByteArray())
                : new LZMAInputStream(
                        new ByteArrayInputStream(bytes, start + dataOffset, (int) size - dataOffset), MAX_MEMORY_KIB)) {
            scan(unpacked, versions);
        } catch (IOException notAnLzmaStream) {
            // Not being able to unpack means not knowing the version: that is an answer, not an error.
        }
    }

    /** Looks for {@code 20[0-9][0-9]\.[0-9][0-9][!-~]*} in UTF-16LE, ended by a NUL. */
    private static void scan(InputStream unpacked, TreeSet<String> versions) throws IOException {
        VersionMatcher even = new VersionMatcher();
        VersionMatcher odd = new VersionMatcher();
        byte[] chunk = new byte[1 << 16];
        long total = 0;
        int previous = -1;
        while (total < MAX_UNPACKED) {
            int got = unpacked.read(chunk);
            if (got < 0) {
                return;
            }
            for (int i = 0; i < got; i++) {
                int value = chunk[i] & 0xff;
                if (previous >= 0) {
                    ((total + i) % 2 == 1 ? even : odd).accept(previous | value << 8, versions);
                }
                previous = value;
            }
            total += got;
        }
    }

    private static final class VersionMatcher {
        private final StringBuilder text = new StringBuilder();

        void accept(int unit, TreeSet<String> versions) {
            if (unit != '2' && text.length() == 0) {
                return; // nearly always: no version begins here
            }
            if (unit == 0) {
                if (text.length() >= 7) {
                    versions.add(text.toString());
                }
                text.setLength(0);
                return;
            }
            text.append((char) unit);
            while (!matches()) {
                text.deleteCharAt(0); // the text may begin inside what was taken for its beginning
            }
        }

        private boolean matches() {
            if (text.length() > 7) {
                return fits(text.length() - 1, text.charAt(text.length() - 1));
            }
            for (int i = 0; i < text.length(); i++) {
                if (!fits(i, text.charAt(i))) {
                    return false;
                }
            }
            return true;
        }

        private static boolean fits(int position, int unit) {
            switch (position) {
                case 0:
                    return unit == '2';
                case 1:
                    return unit == '0';
                case 4:
                    return unit == '.';
                case 2:
                case 3:
                case 5:
                case 6:
                    return unit >= '0' && unit <= '9';
                default:
                    return unit >= '!' && unit <= '~' && position < MAX_LENGTH;
            }
        }
    }

    private static int u24(byte[] bytes, int at) {
        return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16;
    }
}
