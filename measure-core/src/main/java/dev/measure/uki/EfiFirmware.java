package dev.measure.uki;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * The content of an {@code .efifw} section: guest firmware that a UKI brings along, and the id by which {@code .hwids} names it.
 *
 * <p>UAPI.5 Unified Kernel Image; layout and checks as in {@code efifw_validate_header} of systemd 262.1, src/boot/efi-firmware.c:
 *
 * <pre>
 * 0 u32 magic 0xfeeddead | 4 u32 header_len | 8 u32 fwid_len, NUL included | 12 u32 payload_len | 16 GUID target CHID, if header_len &gt;= 32
 * header_len: fwid | header_len + fwid_len: payload | reserved
 * </pre>
 *
 * <p>Little-endian. The payload is not aligned and is never copied.
 *
 * @param form which of the four forms the section has
 * @param fwid the id of the firmware, empty for raw data
 * @param payload the firmware: a part of the section
 * @param targetChid the CHID that a machine has once the capsule is installed; present in a capsule only
 * @param headerLength how many bytes lie before the fwid; 0 for raw data
 * @param trailing how many bytes lie behind the payload; the stub ignores them
 * @param notSelectable why no stub ever selects this section; empty if a stub from version 262 on can
 */
public record EfiFirmware(
        Form form,
        Optional<String> fwid,
        Source payload,
        Optional<UUID> targetChid,
        long headerLength,
        long trailing,
        Optional<String> notSelectable) {
    /** The forms of an {@code .efifw} section. */
    public enum Form {
        /** The header of the specification, 16 bytes or more. */
        HEADER,
        /** A header of 32 bytes or more with a target CHID: the payload is a UEFI capsule, not launch firmware (systemd PR 43235). */
        CAPSULE,
        /** The 13-byte header that ukify 258 to 262 writes: one zero byte where the magic belongs. */
        LEGACY,
        /** No header: the section is the firmware itself, put there by another tool. */
        RAW
    }

    private static final long MAGIC = 0xfeeddeadL;

    private static final int HEADER_LENGTH = 16;

    private static final int CAPSULE_HEADER_LENGTH = 32;

    private static final int LEGACY_HEADER_LENGTH = 13;

    /** fwid is the name of a folder (ukify --efifw DIR), so at most NAME_MAX = 255 bytes; generous for other tools. */
    private static final int MAX_FWID = 4096;

    private static final int ALIGNMENT = 8; // alignof (EfiFwHeader)

    private static final UUID ZERO = new UUID(0, 0);

    /** Checks for null. */
    public EfiFirmware {
        Objects.requireNonNull(form, "form");
        Objects.requireNonNull(fwid, "fwid");
        Objects.requireNonNull(payload, "payload");
        Objects.requireNonNull(targetChid, "targetChid");
        Objects.requireNonNull(notSelectable, "notSelectable");
    }

    /**
     * {@return the firmware in a section that the linker aligned}
     *
     * @param section the content of the section
     * @throws MalformedInputException if the section is empty, or has a header that does not fit it
     */
    public static EfiFirmware read(Source section) {
        return read(section, 0);
    }

    /**
     * {@return the firmware in a section}
     *
     * @param section the content of the section
     * @param virtualAddress where the section is mapped, from the image base: the stub refuses a header that is not 8-aligned
     * @throws MalformedInputException if the section is empty, or has a header that does not fit it
     */
    public static EfiFirmware read(Source section, long virtualAddress) {
        if (section.length() == 0) {
            throw new MalformedInputException(
                    section.name(), section.start(), "firmware in the .efifw section", "an empty section", "");
        }
        Cursor c = Cursor.of(section.slice(0, Math.min(section.length(), CAPSULE_HEADER_LENGTH)));
        if (c.remaining() >= 4 && c.u32("magic") == MAGIC) {
            return readHeader(c, section, virtualAddress);
        }
        c.seek(0, "magic");
        if (c.remaining() >= 5 && c.u8("magic") == 0 && c.u32("header_len") == HEADER_LENGTH) {
            return readLegacy(c, section);
        }
        return new EfiFirmware(
                Form.RAW,
                Optional.empty(),
                section,
                Optional.empty(),
                0,
                0,
                Optional.of("the section has no .efifw header"));
    }

    private static EfiFirmware readHeader(Cursor c, Source section, long virtualAddress) {
        long headerLength = c.u32("header_len");
        long fwidLength = c.u32("fwid_len");
        long payloadLength = c.u32("payload_len");
        if (headerLength < HEADER_LENGTH) {
            throw c.malformed(4, "header_len of at least 16", String.valueOf(headerLength), "");
        }
        String fwid = fwid(c, section, headerLength, headerLength, fwidLength, 8);
        Source payload = payload(c, section, headerLength + fwidLength, payloadLength, 12);
        Optional<UUID> targetChid = Optional.empty();
        if (headerLength >= CAPSULE_HEADER_LENGTH) {
            targetChid = Optional.of(c.guid("target CHID")).filter(chid -> !chid.equals(ZERO));
        }
        return new EfiFirmware(
                targetChid.isPresent() ? Form.CAPSULE : Form.HEADER,
                Optional.of(fwid),
                payload,
                targetChid,
                headerLength,
                section.length() - (headerLength + fwidLength + payloadLength),
                virtualAddress % ALIGNMENT == 0
                        ? Optional.empty()
                        : Optional.of(String.format(
                                "the section is mapped at 0x%08x, which is not 8-aligned", virtualAddress)));
    }

    private static EfiFirmware readLegacy(Cursor c, Source section) {
        long fwidLength = c.u32("fwid_len");
        long payloadLength = c.u32("payload_len");
        String fwid = fwid(c, section, HEADER_LENGTH, LEGACY_HEADER_LENGTH, fwidLength, 5);
        Source payload = payload(c, section, LEGACY_HEADER_LENGTH + fwidLength, payloadLength, 9);
        return new EfiFirmware(
                Form.LEGACY,
                Optional.of(fwid),
                payload,
                Optional.empty(),
                LEGACY_HEADER_LENGTH,
                section.length() - (LEGACY_HEADER_LENGTH + fwidLength + payloadLength),
                Optional.of("the header is the 13-byte one of ukify 258 to 262, which has no magic"));
    }

    private static String fwid(Cursor c, Source section, long headerLength, long start, long fwidLength, int fieldAt) {
        if (start > section.length() || fwidLength > section.length() - start) {
            throw c.malformed(
                    fieldAt,
                    "fwid_len inside the section of " + section.length() + " bytes",
                    fwidLength + " behind a header of " + headerLength,
                    "");
        }
        if (fwidLength == 0) {
            throw c.malformed(fieldAt, "fwid_len of at least 1, for the NUL", "0", "");
        }
        if (fwidLength - 1 > MAX_FWID) {
            throw c.malformed(fieldAt, "fwid_len of at most " + (MAX_FWID + 1), String.valueOf(fwidLength), "");
        }
        Cursor text = Cursor.of(section.slice(start, fwidLength));
        byte[] bytes = text.bytes((int) fwidLength - 1, "fwid");
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                throw text.malformed(
                        i, "the NUL of fwid at its last byte, " + (fwidLength - 1), "a NUL at byte " + i, "");
            }
        }
        int last = text.u8("the NUL of fwid");
        if (last != 0) {
            throw text.malformed(
                    bytes.length, "a NUL at the end of fwid", String.format("0x%02x", last), "fwid_len counts the NUL");
        }
        return Utf8Text.of(bytes);
    }

    private static Source payload(Cursor c, Source section, long start, long length, int fieldAt) {
        if (length > section.length() - start) {
            throw c.malformed(
                    fieldAt,
                    "payload_len of at most " + (section.length() - start) + ", which the section has left",
                    String.valueOf(length),
                    "");
        }
        return section.slice(start, length);
    }

    /** {@return whether a stub from version 262 on can select this section, given hardware ids that name it} */
    public boolean selectable() {
        return notSelectable.isEmpty();
    }
}
