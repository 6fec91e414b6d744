package dev.measure.uki;

import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * A flattened device tree, of which only one thing counts here: the first string of {@code compatible} in its root node.
 *
 * <p>Devicetree Specification 0.4, chapter 5; read as {@code devicetree_get_compatible} of systemd's src/boot/devicetree.c does,
 * which looks at the properties of the root before its first child. Big-endian.
 */
final class DeviceTree {
    private static final int MAGIC = 0xd00dfeed;
    private static final int HEADER = 40;
    private static final int FDT_BEGIN_NODE = 1;
    private static final int FDT_PROP = 3;
    private static final int FDT_NOP = 4;
    private static final int WORD = 4;

    /** The properties of the root lie at the start of the structure block. */
    private static final int MAX_STRUCTURE = 1 << 20;

    private static final byte[] COMPATIBLE = "compatible\0".getBytes(StandardCharsets.US_ASCII);

    private DeviceTree() {}

    /**
     * {@return the first string of compatible; empty if the stub finds none, and then takes the tree for no machine}
     *
     * @param blob the content of a {@code .dtbauto} section
     */
    static Optional<String> compatible(Source blob) {
        if (blob.length() < HEADER) {
            return Optional.empty();
        }
        ByteBuffer header = ByteBuffer.wrap(blob.slice(0, HEADER).toByteArray()); // big-endian, as the format
        long totalSize = u32(header, 4);
        long structure = u32(header, 8);
        long strings = u32(header, 12);
        long stringsSize = u32(header, 32);
        long structureSize = u32(header, 36);
        if (header.getInt(0) != MAGIC
                || totalSize > blob.length()
                || strings + stringsSize > totalSize
                || structure % WORD != 0
                || structureSize % WORD != 0
                || structure + structureSize > strings) {
            return Optional.empty();
        }
        int length = (int) Math.min(MAX_STRUCTURE, structureSize);
        ByteBuffer words = ByteBuffer.wrap(blob.slice(structure, length).toByteArray());
        return compatible(words.order(ByteOrder.BIG_ENDIAN), blob.slice(strings, stringsSize));
    }

    private static long u32(ByteBuffer buffer, int at) {
        return buffer.getInt(at) & 0xffffffffL;
    }

    private static Optional<String> compatible(ByteBuffer words, Source names) {
        int at = 0;
        while (words.limit() - at >= WORD) {
            switch (words.getInt(at)) {
                case FDT_BEGIN_NODE -> {
                    at += WORD;
                    if (words.limit() - at < WORD || words.getInt(at) != 0) {
                        return Optional.empty(); // a node with a name: the root has ended without compatible
                    }
                }
                case FDT_NOP -> {}
                case FDT_PROP -> {
                    if (words.limit() - at <= 3 * WORD) {
                        return Optional.empty();
                    }
                    long length = u32(words, at + WORD);
                    long name = u32(words, at + 2 * WORD);
                    at += 3 * WORD;
                    if (isCompatible(names, name)) {
                        return text(words, at, length);
                    }
                    long next = at + (length + WORD - 1) / WORD * WORD;
                    if (next > words.limit()) {
                        return Optional.empty();
                    }
                    at = (int) next - WORD;
                }
                default -> {
                    return Optional.empty();
                }
            }
            at += WORD;
        }
        return Optional.empty();
    }

    private static boolean isCompatible(Source names, long offset) {
        return offset + COMPATIBLE.length <= names.length()
                && Arrays.equals(names.slice(offset, COMPATIBLE.length).toByteArray(), COMPATIBLE);
    }

    private static Optional<String> text(ByteBuffer words, int at, long length) {
        if (length == 0 || length > words.limit() - at || words.get(at + (int) length - 1) != 0) {
            return Optional.empty();
        }
        int end = at;
        while (words.get(end) != 0) {
            end++;
        }
        return Optional.of(new String(words.array(), at, end - at, StandardCharsets.ISO_8859_1));
    }
}
