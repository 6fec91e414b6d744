package dev.measure.eventlog;

import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.commons.codec.digest.DigestUtils;

/** Writes crypto-agile logs with a SHA-256 bank, field by field, so that a test can break any of them. */
final class LogBuilder {
    private static final int SHA256 = 0x000b;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    static LogBuilder log() {
        return new LogBuilder();
    }

    LogBuilder u16(int value) {
        out.writeBytes(buffer(2).putShort((short) value).array());
        return this;
    }

    LogBuilder u32(long value) {
        out.writeBytes(buffer(4).putInt((int) value).array());
        return this;
    }

    LogBuilder bytes(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    LogBuilder text(String text) {
        return bytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The Spec ID event of a log with one SHA-256 bank. */
    LogBuilder header(int registerIndex) {
        return u32(registerIndex)
                .u32(3)
                .bytes(new byte[20])
                .u32(33)
                .text("Spec ID Event03\0")
                .u32(0)
                .text("\0\2\0\2")
                .u32(1)
                .u16(SHA256)
                .u16(32)
                .text("\0");
    }

    /** An event whose digest is that of its data. */
    LogBuilder event(long registerIndex, long type, String data) {
        byte[] bytes = data.getBytes(StandardCharsets.ISO_8859_1);
        return u32(registerIndex)
                .u32(type)
                .u32(1)
                .u16(SHA256)
                .bytes(DigestUtils.sha256(bytes))
                .u32(bytes.length)
                .bytes(bytes);
    }

    LogBuilder separator(long registerIndex) {
        return event(registerIndex, 4, "\0\0\0\0");
    }

    byte[] toByteArray() {
        return out.toByteArray();
    }

    Source build() {
        return Source.of("log", toByteArray());
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
