package dev.measure.eventlog;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.parse.Cursor;
import dev.measure.uefi.DevicePath;
import dev.measure.uefi.GptEventData;
import dev.measure.uefi.VariableData;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.commons.codec.binary.Hex;

/** Decodes event data. What does not have the structure of its type is {@link EventData.Raw} with the reason, never a failure. */
final class EventDataReader {
    /** Larger payloads exist only in logs that were made to harm. */
    private static final int MAX_DECODED = 16 << 20;

    private static final int SIGNATURE = 16;
    private static final int TD_SHIM_HEADER = 20;

    private EventDataReader() {}

    static EventData read(TcgEvent event) {
        Source data = event.data();
        if (!event.dataKnown()) {
            return new EventData.Raw(data, Optional.of("the log does not tell the bytes"));
        }
        if (data.length() > MAX_DECODED) {
            return new EventData.Raw(data, Optional.of("too large to decode"));
        }
        try {
            return decode(event.type(), data);
        } catch (MalformedInputException e) {
            return new EventData.Raw(data, Optional.of("expected " + e.expected() + ", found " + e.found()));
        }
    }

    private static EventData decode(EventType type, Source data) {
        return switch ((int) type.value()) {
            case 0x03 -> noAction(data);
            case 0x04 -> separator(data);
            case 0x06 -> taggedEvent(data);
            case 0x01, 0x07 -> data.length() == 16 ? firmwareBlob(data) : text(data);
            case 0x0a -> tdShim(data).orElseGet(() -> text(data));
            case 0x13 -> firmwareBlob2(data);
            case 0x80000001, 0x80000002, 0x8000000c, 0x800000e0 -> variable(type, data);
            case 0x80000003, 0x80000004, 0x80000005 -> imageLoad(data);
            case 0x80000006, 0x8000000d -> new EventData.Gpt(GptEventData.read(data));
            case 0x80000008 -> data.length() == 16 ? firmwareBlob(data) : firmwareBlob2(data);
            case 0x80000009 -> handoffTables(Cursor.of(data), Optional.empty());
            case 0x8000000a -> firmwareBlob2(data);
            case 0x8000000b -> handoffTables2(data);
            default -> text(data);
        };
    }

    private static EventData text(Source data) {
        return Printable.text(data.toByteArray())
                .<EventData>map(EventData.Text::new)
                .orElseGet(() -> new EventData.Raw(data, Optional.empty()));
    }

    private static EventData noAction(Source data) {
        if (data.length() < SIGNATURE) {
            return text(data);
        }
        byte[] signature = data.slice(0, SIGNATURE).toByteArray();
        if (Arrays.equals(signature, SpecId.SIGNATURE)) {
            return new EventData.SpecIdEvent(SpecId.read(data, Strictness.LENIENT, new ArrayList<>()));
        }
        Source rest = data.slice(SIGNATURE, data.length() - SIGNATURE);
        String name = new String(signature, StandardCharsets.ISO_8859_1).split("\0", 2)[0];
        if (name.equals("StartupLocality") && rest.length() == 1) {
            return new EventData.StartupLocality(Cursor.of(rest).u8("StartupLocality"));
        }
        boolean known = name.startsWith("SP800-155 Event")
                || name.startsWith("Spec ID Event")
                || name.equals("H-CRTM")
                || name.equals("NvIndexInstance");
        return known ? new EventData.NoAction(name, rest) : text(data);
    }

    private static EventData separator(Source data) {
        Cursor c = Cursor.of(data);
        long value = c.u32("separator");
        end(c);
        return new EventData.Separator(value);
    }

    private static EventData taggedEvent(Source data) {
        Cursor c = Cursor.of(data);
        if (data.length() < 8) {
            return text(data);
        }
        long tag = c.u32("taggedEventID");
        long size = c.u32("taggedEventDataSize");
        if (size != c.remaining()) { // the first kernels that measured their initrd logged the bare text
            EventData text = text(data);
            if (text instanceof EventData.Text) {
                return text;
            }
            throw c.malformed(4, "taggedEventDataSize = " + c.remaining(), String.valueOf(size), "");
        }
        Source tagged = c.slice(size, "taggedEventData");
        String content = Printable.text(tagged.toByteArray()).map(Printable::of).orElse(Printable.hex(tagged));
        return new EventData.TaggedEvent(tag, tagged, content);
    }

    private static Optional<EventData> tdShim(Source data) {
        if (data.length() < TD_SHIM_HEADER) {
            return Optional.empty();
        }
        Cursor c = Cursor.of(data);
        String name = new String(c.bytes(SIGNATURE, "signature"), StandardCharsets.ISO_8859_1);
        long length = c.u32("length");
        String plain = name.split("\0", 2)[0];
        boolean padded = name.substring(plain.length()).chars().allMatch(ch -> ch == 0);
        return length == c.remaining() && plain.matches("[a-z_]+") && padded
                ? Optional.of(new EventData.TdShimEvent(plain, c.slice(length, "data")))
                : Optional.empty();
    }

    private static EventData variable(EventType type, Source data) {
        VariableData variable = VariableData.read(data);
        return new EventData.Variable(variable, VariableContent.text(type, variable));
    }

    private static EventData imageLoad(Source data) {
        Cursor c = Cursor.of(data);
        long location = c.u64("ImageLocationInMemory");
        long length = c.u64("ImageLengthInMemory");
        long linkTime = c.u64("ImageLinkTimeAddress");
        long pathLength = c.u64("LengthOfDevicePath");
        if (Long.compareUnsigned(pathLength, c.remaining()) > 0) {
            throw c.malformed(
                    24, "LengthOfDevicePath of at most " + c.remaining(), Long.toUnsignedString(pathLength), "");
        }
        return new EventData.ImageLoad(location, length, linkTime, DevicePath.read(c.slice(pathLength, "DevicePath")));
    }

    private static EventData firmwareBlob(Source data) {
        Cursor c = Cursor.of(data);
        EventData blob = new EventData.FirmwareBlob(Optional.empty(), c.u64("BlobBase"), c.u64("BlobLength"));
        end(c);
        return blob;
    }

    private static EventData firmwareBlob2(Source data) {
        Cursor c = Cursor.of(data);
        String description = description(c, "BlobDescription");
        EventData blob = new EventData.FirmwareBlob(Optional.of(description), c.u64("BlobBase"), c.u64("BlobLength"));
        end(c);
        return blob;
    }

    private static EventData handoffTables2(Source data) {
        Cursor c = Cursor.of(data);
        return handoffTables(c, Optional.of(description(c, "TableDescription")));
    }

    private static EventData handoffTables(Cursor c, Optional<String> description) {
        int at = c.position();
        long count = c.u64("NumberOfTables");
        if (Long.compareUnsigned(count, c.remaining() / 24) > 0) {
            throw c.malformed(at, "NumberOfTables of at most " + c.remaining() / 24, Long.toUnsignedString(count), "");
        }
        List<EventData.Table> tables = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            tables.add(new EventData.Table(c.guid("VendorGuid"), c.u64("VendorTable")));
        }
        end(c);
        return new EventData.HandoffTables(description, tables);
    }

    private static String description(Cursor c, String field) {
        int length = c.u8(field + "Size");
        byte[] bytes = c.bytes(length, field);
        return Printable.text(bytes).map(Printable::of).orElseGet(() -> Hex.encodeHexString(bytes));
    }

    private static void end(Cursor c) {
        if (c.remaining() > 0) {
            throw c.malformed("the end of the event data", c.remaining() + " more bytes", "");
        }
    }
}
