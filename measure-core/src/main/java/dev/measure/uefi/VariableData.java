package dev.measure.uefi;

import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * UEFI_VARIABLE_DATA, what firmware logs when it measures a variable.
 *
 * <p>TCG PC Client Platform Firmware Profile 1.06, section 10.2.6: GUID, u64 number of CHAR16, u64 number of bytes, name
 * without NUL, value. Some shims log one byte more than the lengths say; it is part of neither and kept as {@code surplus}.
 *
 * @param variableName the vendor GUID
 * @param unicodeName the name
 * @param variableData the value, without the attributes that efivarfs puts before it
 * @param surplus what follows; empty if the event is well-formed
 */
public record VariableData(UUID variableName, String unicodeName, Source variableData, Source surplus) {
    private static final int HEADER = 32;

    /** Checks for null. */
    public VariableData {
        Objects.requireNonNull(variableName, "variableName");
        Objects.requireNonNull(unicodeName, "unicodeName");
        Objects.requireNonNull(variableData, "variableData");
        Objects.requireNonNull(surplus, "surplus");
    }

    /**
     * {@return the structure in event data}
     *
     * @param data the event data
     */
    public static VariableData read(Source data) {
        Cursor c = Cursor.of(data);
        UUID guid = c.guid("VariableName");
        long characters = c.u64("UnicodeNameLength");
        long bytes = c.u64("VariableDataLength");
        if (Long.compareUnsigned(characters, c.remaining() / 2) > 0) {
            throw c.malformed(
                    16,
                    "UnicodeNameLength of at most " + c.remaining() / 2,
                    Long.toUnsignedString(characters),
                    "the length runs past the event data");
        }
        String name = Utf16.fixed(c, (int) characters * 2, "UnicodeName");
        if (Long.compareUnsigned(bytes, c.remaining()) > 0) {
            throw c.malformed(
                    24,
                    "VariableDataLength of at most " + c.remaining(),
                    Long.toUnsignedString(bytes),
                    "the length runs past the event data");
        }
        Source value = c.slice(bytes, "VariableData");
        return new VariableData(guid, name, value, c.slice(c.remaining(), "surplus"));
    }

    /**
     * {@return the bytes that firmware logs, and for most variables measures}
     *
     * @param variableName the vendor GUID
     * @param unicodeName the name
     * @param value the value without attributes
     */
    public static byte[] bytes(UUID variableName, String unicodeName, byte[] value) {
        byte[] name = unicodeName.getBytes(StandardCharsets.UTF_16LE);
        ByteBuffer out =
                ByteBuffer.allocate(HEADER + name.length + value.length).order(ByteOrder.LITTLE_ENDIAN);
        Guid.put(out, variableName);
        return out.putLong(unicodeName.length())
                .putLong(value.length)
                .put(name)
                .put(value)
                .array();
    }

    /**
     * {@return where the structure of a variable comes from}
     *
     * @param value its value in a file
     */
    public static Provenance provenance(Source value) {
        return new Provenance.Derived("UEFI_VARIABLE_DATA", List.of(Provenance.FileRange.of(value)));
    }
}
