package dev.measure.eventlog;

import dev.measure.uefi.VariableData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Puts event data together again from what tpm2_eventlog prints of it; only an answer of the right length is given. */
final class Tpm2YamlPayload {
    private Tpm2YamlPayload() {}

    static Optional<byte[]> bytes(EventType type, String event, Map<String, String> fields, long size) {
        try {
            return attempt(type, event, fields, size).filter(bytes -> bytes.length == size);
        } catch (IllegalArgumentException notAsTheToolPrintsIt) { // numbers and GUIDs
            return Optional.empty();
        }
    }

    private static Optional<byte[]> attempt(EventType type, String event, Map<String, String> fields, long size) {
        if (fields.containsKey("UnicodeName")) {
            return variable(fields);
        } else if (fields.containsKey("BlobBase")) {
            return blob(fields);
        } else if (fields.containsKey("DevicePath")) {
            return image(fields);
        } else if (fields.containsKey("String")) {
            return Optional.of(fields.get("String").getBytes(StandardCharsets.ISO_8859_1));
        } else if (fields.containsKey("StartupLocality")) {
            byte[] data = "StartupLocality\0\0".getBytes(StandardCharsets.US_ASCII);
            data[data.length - 1] = Byte.parseByte(fields.get("StartupLocality"));
            return Optional.of(data);
        }
        boolean text = type.equals(EventType.EV_EFI_ACTION) || event.length() == size;
        return text ? Optional.of(event.getBytes(StandardCharsets.ISO_8859_1)) : Tpm2YamlReader.hex(event);
    }

    private static Optional<byte[]> variable(Map<String, String> fields) {
        UUID guid = UUID.fromString(fields.getOrDefault("VariableName", ""));
        String name =
                new String(fields.get("UnicodeName").getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        return Tpm2YamlReader.hex(fields.getOrDefault("VariableData", ""))
                .map(value -> VariableData.bytes(guid, name, value));
    }

    private static Optional<byte[]> blob(Map<String, String> fields) {
        Optional<byte[]> description = Optional.ofNullable(fields.get("BlobDescription"))
                .flatMap(Tpm2YamlReader::hex)
                .filter(text -> text.length < 256);
        int length = description.map(text -> 1 + text.length).orElse(0);
        ByteBuffer out = ByteBuffer.allocate(length + 16).order(ByteOrder.LITTLE_ENDIAN);
        description.ifPresent(text -> out.put((byte) text.length).put(text));
        return Optional.of(out.putLong(number(fields, "BlobBase"))
                .putLong(number(fields, "BlobLength"))
                .array());
    }

    private static Optional<byte[]> image(Map<String, String> fields) {
        return Tpm2YamlReader.hex(fields.get("DevicePath"))
                .map(path -> ByteBuffer.allocate(32 + path.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(number(fields, "ImageLocationInMemory"))
                        .putLong(number(fields, "ImageLengthInMemory"))
                        .putLong(number(fields, "ImageLinkTimeAddress"))
                        .putLong(number(fields, "LengthOfDevicePath"))
                        .put(path)
                        .array());
    }

    private static long number(Map<String, String> fields, String name) {
        String text = fields.getOrDefault(name, "0");
        return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseUnsignedLong(text);
    }
}
