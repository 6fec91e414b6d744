package dev.measure.snp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Writes attestation reports field by field, right or wrong; signatures are by whatever key the test has. */
final class ReportWriter {
    private final byte[] bytes = new byte[0x4a0];
    private final ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);

    private ReportWriter() {}

    /** {@return a report with the least that every version demands} */
    static ReportWriter version(int version) {
        return new ReportWriter().u32(0x000, version).u64(0x008, 0x30000).u32(0x034, 1);
    }

    static ReportWriter of(byte[] report) {
        ReportWriter writer = new ReportWriter();
        System.arraycopy(report, 0, writer.bytes, 0, report.length);
        return writer;
    }

    ReportWriter u8(int offset, int value) {
        buffer.put(offset, (byte) value);
        return this;
    }

    ReportWriter u32(int offset, int value) {
        buffer.putInt(offset, value);
        return this;
    }

    ReportWriter u64(int offset, long value) {
        buffer.putLong(offset, value);
        return this;
    }

    ReportWriter fill(int offset, int length, int value) {
        Arrays.fill(bytes, offset, offset + length, (byte) value);
        return this;
    }

    ReportWriter signedBy(SigningKey key) {
        byte[] signature = key.sign(Arrays.copyOf(bytes, 0x2a0)).toByteArray();
        System.arraycopy(signature, 0, bytes, 0x2a0, signature.length);
        return this;
    }

    byte[] build() {
        return bytes.clone();
    }
}
