package dev.measure.eventlog;

import dev.measure.Source;
import dev.measure.Warning;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Collects records in their crypto-agile binary form, from text logs or from predictions. */
final class RecordBytes {
    private static final int SHA1_LENGTH = 20;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Map<Integer, Integer> sizes = new TreeMap<>();
    private final Map<Long, Long> unknownLengths = new TreeMap<>();
    private final List<Warning> warnings = new ArrayList<>();
    private Optional<byte[]> header = Optional.empty();
    private long count = 1; // the header is record 0

    /** A digest of one algorithm. */
    record TextDigest(int algorithmId, byte[] value) {}

    void warn(Warning warning) {
        warnings.add(warning);
    }

    boolean empty() {
        return count == 1 && header.isEmpty();
    }

    /** {@return the number that the next record gets} */
    long nextNumber() {
        return count;
    }

    /** The Spec ID event, if the log has it. */
    void header(long registerIndex, byte[] specId) {
        header = Optional.of(legacy(registerIndex, EventType.EV_NO_ACTION, new byte[SHA1_LENGTH], specId));
    }

    static byte[] legacy(long registerIndex, EventType type, byte[] sha1, byte[] data) {
        return ByteBuffer.allocate(RecordReader.LEGACY_HEADER + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) registerIndex)
                .putInt((int) type.value())
                .put(sha1)
                .putInt(data.length)
                .put(data)
                .array();
    }

    /**
     * One record.
     *
     * @param dataLength what the log says; more than the data where it does not tell them
     */
    void add(long registerIndex, EventType type, List<TextDigest> digests, byte[] data, long dataLength) {
        ByteBuffer head = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        head.putInt((int) registerIndex).putInt((int) type.value()).putInt(digests.size());
        out.writeBytes(head.array());
        for (TextDigest digest : digests) {
            sizes.putIfAbsent(digest.algorithmId(), digest.value().length);
            out.writeBytes(ByteBuffer.allocate(2)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putShort((short) digest.algorithmId())
                    .array());
            out.writeBytes(digest.value());
        }
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(data.length)
                .array());
        out.writeBytes(data);
        if (dataLength != data.length) {
            unknownLengths.put(count, dataLength);
        }
        count++;
    }

    TextLog finish(String name) {
        ByteArrayOutputStream all = new ByteArrayOutputStream(out.size() + 1024);
        all.writeBytes(header.orElseGet(this::madeHeader));
        try {
            out.writeTo(all);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // cannot be: both are in memory
        }
        out.reset();
        return new TextLog(Source.of(name, all.toByteArray()), header.isEmpty(), Map.copyOf(unknownLengths), warnings);
    }

    private byte[] madeHeader() {
        List<Bank> banks = new ArrayList<>();
        sizes.forEach((id, size) -> banks.add(new Bank(id, size)));
        SpecId specId = new SpecId(0, 0, 2, 0, 2, banks, Source.of("", new byte[0]));
        return legacy(0, EventType.EV_NO_ACTION, new byte[SHA1_LENGTH], specId.bytes());
    }
}
