package dev.measure.vectors;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Writes the content of a {@code .hwids} section as ukify does: entries in the order given, an entry of zeros, then every string
 * once, sorted by code point. Methods without {@code firmware} or {@code devicetree} in their name change the last entry.
 */
public final class HwidsWriter {
    private static final int ENTRY_LENGTH = 28;

    private static final class Entry {
        private long descriptor;
        private final UUID chid;
        private final String name;
        private final String value;
        private OptionalLong nameOffset = OptionalLong.empty();
        private OptionalLong valueOffset = OptionalLong.empty();

        Entry(long descriptor, UUID chid, String name, String value) {
            this.descriptor = descriptor;
            this.chid = chid;
            this.name = name;
            this.value = value;
        }
    }

    private final List<Entry> entries = new ArrayList<>();
    private boolean end = true;
    private byte[] trailing = {};

    private HwidsWriter() {}

    /** {@return a writer of a table without entries} */
    public static HwidsWriter hwids() {
        return new HwidsWriter();
    }

    /** Adds an entry for firmware. */
    public HwidsWriter firmware(UUID chid, String name, String fwid) {
        entries.add(new Entry(0x2000001cL, chid, name, fwid));
        return this;
    }

    /** Adds an entry for a device tree. */
    public HwidsWriter devicetree(UUID chid, String name, String compatible) {
        entries.add(new Entry(0x1000001cL, chid, name, compatible));
        return this;
    }

    /** Sets the descriptor. */
    public HwidsWriter descriptor(long value) {
        last().descriptor = value;
        return this;
    }

    /** Sets the offset of the name. */
    public HwidsWriter nameOffset(long value) {
        last().nameOffset = OptionalLong.of(value);
        return this;
    }

    /** Sets the offset of the compatible or fwid. */
    public HwidsWriter valueOffset(long value) {
        last().valueOffset = OptionalLong.of(value);
        return this;
    }

    /** Leaves out the entry of zeros behind the last one. */
    public HwidsWriter withoutEnd() {
        end = false;
        return this;
    }

    /** Sets bytes behind the strings. */
    public HwidsWriter trailing(byte[] bytes) {
        trailing = bytes.clone();
        return this;
    }

    /** {@return the content of the section} */
    public byte[] build() {
        TreeSet<String> strings = new TreeSet<>(HwidsWriter::compareCodePoints);
        for (Entry entry : entries) {
            strings.add(entry.name);
            strings.add(entry.value);
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        TreeMap<String, Integer> offsets = new TreeMap<>();
        int start = ENTRY_LENGTH * (entries.size() + (end ? 1 : 0));
        for (String string : strings) {
            offsets.put(string, start + text.size());
            text.writeBytes(string.getBytes(StandardCharsets.UTF_8));
            text.write(0);
        }
        ByteBuffer table = ByteBuffer.allocate(start).order(ByteOrder.LITTLE_ENDIAN);
        for (Entry entry : entries) {
            table.putInt((int) entry.descriptor);
            table.put(guid(entry.chid));
            table.putInt((int) entry.nameOffset.orElse(offsets.get(entry.name)));
            table.putInt((int) entry.valueOffset.orElse(offsets.get(entry.value)));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(table.array());
        out.writeBytes(text.toByteArray());
        out.writeBytes(trailing);
        return out.toByteArray();
    }

    /** {@return a GUID in its mixed-endian form, 16 bytes} */
    public static byte[] guid(UUID guid) {
        ByteBuffer out = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt((int) (guid.getMostSignificantBits() >>> 32));
        out.putShort((short) (guid.getMostSignificantBits() >>> 16));
        out.putShort((short) guid.getMostSignificantBits());
        out.order(ByteOrder.BIG_ENDIAN).putLong(guid.getLeastSignificantBits());
        return out.array();
    }

    private Entry last() {
        return entries.get(entries.size() - 1);
    }

    private static int compareCodePoints(String a, String b) {
        int[] left = a.codePoints().toArray();
        int[] right = b.codePoints().toArray();
        return Arrays.compare(left, right);
    }
}
