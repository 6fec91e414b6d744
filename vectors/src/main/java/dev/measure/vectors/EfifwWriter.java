package dev.measure.vectors;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.UUID;

/** Writes the content of an {@code .efifw} section, one method for each field; values that are not given fit the others. */
public final class EfifwWriter {
    private byte[] fwid = "fw".getBytes(StandardCharsets.UTF_8);
    private byte[] payload = {1, 2, 3, 4};
    private byte[] trailing = {};
    private long magic = 0xfeeddeadL;
    private boolean legacy;
    private byte[] headerTail = {};
    private OptionalLong headerLength = OptionalLong.empty();
    private OptionalLong fwidLength = OptionalLong.empty();
    private OptionalLong payloadLength = OptionalLong.empty();
    private boolean nul = true;

    private EfifwWriter() {}

    /** {@return a writer of the 16-byte header} */
    public static EfifwWriter efifw() {
        return new EfifwWriter();
    }

    /** {@return a writer of the 13-byte header of ukify 258 to 262} */
    public static EfifwWriter legacy() {
        EfifwWriter writer = new EfifwWriter();
        writer.legacy = true;
        return writer;
    }

    /** Sets the id. */
    public EfifwWriter fwid(String id) {
        return fwid(id.getBytes(StandardCharsets.UTF_8));
    }

    /** Sets the id as bytes. */
    public EfifwWriter fwid(byte[] id) {
        fwid = id.clone();
        return this;
    }

    /** Leaves out the NUL behind the id; fwid_len stays. */
    public EfifwWriter withoutNul() {
        nul = false;
        return this;
    }

    /** Sets the payload. */
    public EfifwWriter payload(byte[] bytes) {
        payload = bytes.clone();
        return this;
    }

    /** Sets bytes behind the payload. */
    public EfifwWriter trailing(byte[] bytes) {
        trailing = bytes.clone();
        return this;
    }

    /** Sets the magic number. */
    public EfifwWriter magic(long value) {
        magic = value;
        return this;
    }

    /** Sets bytes between offset 16 and the id, and header_len to match. */
    public EfifwWriter headerTail(byte[] bytes) {
        headerTail = bytes.clone();
        return this;
    }

    /** Makes it a header of 32 bytes with a target CHID. */
    public EfifwWriter targetChid(UUID chid) {
        return headerTail(HwidsWriter.guid(chid));
    }

    /** Sets header_len, whatever the header has. */
    public EfifwWriter headerLength(long value) {
        headerLength = OptionalLong.of(value);
        return this;
    }

    /** Sets fwid_len, whatever the id has. */
    public EfifwWriter fwidLength(long value) {
        fwidLength = OptionalLong.of(value);
        return this;
    }

    /** Sets payload_len, whatever the payload has. */
    public EfifwWriter payloadLength(long value) {
        payloadLength = OptionalLong.of(value);
        return this;
    }

    /** {@return the content of the section} */
    public byte[] build() {
        ByteBuffer header = ByteBuffer.allocate(legacy ? 13 : 16).order(ByteOrder.LITTLE_ENDIAN);
        if (legacy) {
            header.put((byte) 0);
        } else {
            header.putInt((int) magic);
        }
        header.putInt((int) headerLength.orElse(16L + headerTail.length));
        header.putInt((int) fwidLength.orElse(fwid.length + 1L));
        header.putInt((int) payloadLength.orElse(payload.length));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(header.array());
        out.writeBytes(headerTail);
        out.writeBytes(fwid);
        if (nul) {
            out.write(0);
        }
        out.writeBytes(payload);
        out.writeBytes(trailing);
        return out.toByteArray();
    }
}
