package dev.measure.corim;

import dev.measure.MalformedInputException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The id of a manifest or of a tag in it: text, or a UUID in 16 bytes (draft-ietf-rats-corim, {@code $corim-id-type-choice}).
 *
 * @param text the text, or the UUID in its usual spelling
 * @param binary whether it is a UUID in bytes
 */
public record CorimId(String text, boolean binary) {
    /** {@return an id that is text} */
    public static CorimId of(String text) {
        return new CorimId(text, false);
    }

    static CorimId read(CborItem item, String field) {
        if (item.kind() == CborItem.Kind.TEXT) {
            String text = item.text(field);
            if (text.isEmpty()) {
                throw item.malformed(field + " that is not empty", "an empty text");
            }
            return new CorimId(text, false);
        }
        if (item.kind() != CborItem.Kind.BYTES) {
            throw item.malformed(field + " (a text string, or a UUID in 16 bytes)");
        }
        return new CorimId(uuid(item, field), true);
    }

    CborItem item() {
        if (!binary) {
            return CborItem.of(text);
        }
        UUID uuid = UUID.fromString(text);
        return CborItem.of(ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array());
    }

    /** {@return the usual spelling of a UUID in 16 bytes} */
    static String uuid(CborItem item, String field) {
        byte[] bytes = item.bytes(field);
        if (bytes.length != 16) {
            throw wrongLength(item, field, bytes.length);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong()).toString();
    }

    private static MalformedInputException wrongLength(CborItem item, String field, int length) {
        return item.malformed(field + " (a UUID of 16 bytes)", length + " bytes");
    }
}
