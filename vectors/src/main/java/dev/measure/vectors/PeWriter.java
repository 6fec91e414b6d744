package dev.measure.vectors;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Writes a PE image, one method for each field, the way ukify lays one out: sections behind each other in the file and in memory,
 * VirtualSize the exact length, SizeOfRawData rounded up. Whatever is set by hand is written as it is, so that an image can be
 * broken in one place. Fields of 32 bits take any long and keep its low bits: {@code sizeOfRawData(-1)}.
 *
 * <p>Methods of section fields change the section that was added last. Nothing but small sections is held in memory.
 */
public final class PeWriter {
    private static final int DIRECTORIES = 16;

    private static final int SECURITY = 4;

    private enum Field {
        DOS_MAGIC,
        LFANEW,
        SIGNATURE,
        MACHINE,
        NUMBER_OF_SECTIONS,
        TIME_DATE_STAMP,
        SIZE_OF_OPTIONAL_HEADER,
        CHARACTERISTICS,
        MAGIC,
        SIZE_OF_INITIALIZED_DATA,
        ADDRESS_OF_ENTRY_POINT,
        SECTION_ALIGNMENT,
        FILE_ALIGNMENT,
        MAJOR_IMAGE_VERSION,
        SIZE_OF_IMAGE,
        SIZE_OF_HEADERS,
        CHECK_SUM,
        SUBSYSTEM,
        NUMBER_OF_RVA_AND_SIZES
    }

    private enum SectionField {
        VIRTUAL_SIZE,
        VIRTUAL_ADDRESS,
        SIZE_OF_RAW_DATA,
        POINTER_TO_RAW_DATA,
        CHARACTERISTICS
    }

    /** Bytes that can be written without being held. */
    private interface Content {
        long length();

        void writeTo(OutputStream out) throws IOException;
    }

    private static final class Section {
        private final byte[] name;
        private final Content content;
        private final Map<SectionField, Long> set = new EnumMap<>(SectionField.class);

        Section(byte[] name, Content content) {
            this.name = name;
            this.content = content;
        }

        long get(SectionField field, long otherwise) {
            return set.getOrDefault(field, otherwise);
        }
    }

    private final boolean plus;
    private final Map<Field, Long> set = new EnumMap<>(Field.class);
    private final List<Section> sections = new ArrayList<>();
    private final long[][] directories = new long[DIRECTORIES][2];
    private int directoryCount = DIRECTORIES;
    private byte[] certificates = {};
    private byte[] trailing = {};

    private PeWriter(boolean plus) {
        this.plus = plus;
    }

    /** {@return a writer of a PE32+ image for x64} */
    public static PeWriter pe32Plus() {
        return new PeWriter(true);
    }

    /** {@return a writer of a PE32 image for i386} */
    public static PeWriter pe32() {
        return new PeWriter(false).machine(0x14c);
    }

    /** {@return a writer of a PE32+ image with an {@code .sdmagic} section that names a systemd-stub} */
    public static PeWriter stub(String version) {
        return pe32Plus()
                .section(".text", new byte[] {(byte) 0xc3})
                .section(
                        ".sdmagic",
                        ("#### LoaderInfo: systemd-stub " + version + " ####").getBytes(StandardCharsets.US_ASCII));
    }

    /** Sets e_magic. */
    public PeWriter dosMagic(int value) {
        return put(Field.DOS_MAGIC, value);
    }

    /** Sets e_lfanew as it is written; the PE header stays where it is. */
    public PeWriter lfanew(long value) {
        return put(Field.LFANEW, value);
    }

    /** Sets Signature. */
    public PeWriter signature(long value) {
        return put(Field.SIGNATURE, value);
    }

    /** Sets Machine. */
    public PeWriter machine(int value) {
        return put(Field.MACHINE, value);
    }

    /** Sets NumberOfSections as it is written. */
    public PeWriter numberOfSections(int value) {
        return put(Field.NUMBER_OF_SECTIONS, value);
    }

    /** Sets TimeDateStamp. */
    public PeWriter timeDateStamp(long value) {
        return put(Field.TIME_DATE_STAMP, value);
    }

    /** Sets SizeOfOptionalHeader as it is written. */
    public PeWriter sizeOfOptionalHeader(int value) {
        return put(Field.SIZE_OF_OPTIONAL_HEADER, value);
    }

    /** Sets Characteristics of the image. */
    public PeWriter imageCharacteristics(int value) {
        return put(Field.CHARACTERISTICS, value);
    }

    /** Sets Magic of the optional header; its layout stays. */
    public PeWriter magic(int value) {
        return put(Field.MAGIC, value);
    }

    /** Sets SizeOfInitializedData. */
    public PeWriter sizeOfInitializedData(long value) {
        return put(Field.SIZE_OF_INITIALIZED_DATA, value);
    }

    /** Sets AddressOfEntryPoint. */
    public PeWriter addressOfEntryPoint(long value) {
        return put(Field.ADDRESS_OF_ENTRY_POINT, value);
    }

    /** Sets SectionAlignment, by which sections are laid out. */
    public PeWriter sectionAlignment(long value) {
        return put(Field.SECTION_ALIGNMENT, value);
    }

    /** Sets FileAlignment, by which sections are laid out. */
    public PeWriter fileAlignment(long value) {
        return put(Field.FILE_ALIGNMENT, value);
    }

    /** Sets MajorImageVersion. */
    public PeWriter majorImageVersion(int value) {
        return put(Field.MAJOR_IMAGE_VERSION, value);
    }

    /** Sets SizeOfImage. */
    public PeWriter sizeOfImage(long value) {
        return put(Field.SIZE_OF_IMAGE, value);
    }

    /** Sets SizeOfHeaders as it is written; the first section stays where it is. */
    public PeWriter sizeOfHeaders(long value) {
        return put(Field.SIZE_OF_HEADERS, value);
    }

    /** Sets CheckSum. */
    public PeWriter checkSum(long value) {
        return put(Field.CHECK_SUM, value);
    }

    /** Sets Subsystem. */
    public PeWriter subsystem(int value) {
        return put(Field.SUBSYSTEM, value);
    }

    /** Sets NumberOfRvaAndSizes as it is written. */
    public PeWriter numberOfRvaAndSizes(long value) {
        return put(Field.NUMBER_OF_RVA_AND_SIZES, value);
    }

    /** Sets how many data directories the image has, 0 to 16. */
    public PeWriter directories(int count) {
        directoryCount = count;
        return this;
    }

    /** Sets a data directory. */
    public PeWriter directory(int index, long virtualAddress, long size) {
        directories[index][0] = virtualAddress;
        directories[index][1] = size;
        return this;
    }

    /** Puts bytes at the end, 8-aligned, and makes the certificate table point to them. */
    public PeWriter certificates(byte[] bytes) {
        certificates = bytes.clone();
        return this;
    }

    /** Puts bytes behind the last section, before the certificates. */
    public PeWriter trailing(byte[] bytes) {
        trailing = bytes.clone();
        return this;
    }

    /** Adds a section. */
    public PeWriter section(String name, byte[] bytes) {
        byte[] copy = bytes.clone();
        return section(name.getBytes(StandardCharsets.UTF_8), new Content() {
            @Override
            public long length() {
                return copy.length;
            }

            @Override
            public void writeTo(OutputStream out) throws IOException {
                out.write(copy);
            }
        });
    }

    /** Adds a section of text. */
    public PeWriter section(String name, String text) {
        return section(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Adds a section of random bytes that are made while they are written: the low byte of each {@code nextLong()} of a
     * {@link SplittableRandom}, in blocks of 64 KiB of which each is repeated 16 times.
     *
     * @param name its name
     * @param length its length, which may exceed 2 GiB
     * @param seed of the generator
     */
    public PeWriter section(String name, long length, long seed) {
        return section(name.getBytes(StandardCharsets.UTF_8), new Content() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public void writeTo(OutputStream out) throws IOException {
                random(length, seed, out);
            }
        });
    }

    /** Writes the bytes of a random section. */
    public static void random(long length, long seed, OutputStream out) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] block = new byte[1 << 16];
        int uses = 0;
        for (long left = length; left > 0; left -= block.length) {
            if (uses == 0) {
                for (int i = 0; i < block.length; i++) {
                    block[i] = (byte) random.nextLong();
                }
                uses = 16;
            }
            uses--;
            out.write(block, 0, (int) Math.min(block.length, left));
        }
    }

    private PeWriter section(byte[] name, Content content) {
        sections.add(new Section(name, content));
        return this;
    }

    /** Sets VirtualSize. */
    public PeWriter virtualSize(long value) {
        return put(SectionField.VIRTUAL_SIZE, value);
    }

    /** Sets VirtualAddress. */
    public PeWriter virtualAddress(long value) {
        return put(SectionField.VIRTUAL_ADDRESS, value);
    }

    /** Sets SizeOfRawData as it is written; the bytes stay. */
    public PeWriter sizeOfRawData(long value) {
        return put(SectionField.SIZE_OF_RAW_DATA, value);
    }

    /** Sets PointerToRawData as it is written; the bytes stay. */
    public PeWriter pointerToRawData(long value) {
        return put(SectionField.POINTER_TO_RAW_DATA, value);
    }

    /** Sets Characteristics of the section. */
    public PeWriter characteristics(long value) {
        return put(SectionField.CHARACTERISTICS, value);
    }

    private PeWriter put(Field field, long value) {
        set.put(field, value);
        return this;
    }

    private PeWriter put(SectionField field, long value) {
        sections.get(sections.size() - 1).set.put(field, value);
        return this;
    }

    private long get(Field field, long otherwise) {
        return set.getOrDefault(field, otherwise);
    }

    /** {@return the image} */
    public byte[] build() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /**
     * Writes the image to a file, without holding it in memory.
     *
     * @param file created or replaced
     * @return the file
     * @throws IOException if it cannot be written
     */
    public Path writeTo(Path file) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            write(out);
        }
        return file;
    }

    private void write(OutputStream out) throws IOException {
        int peOffset = 0x80;
        long sectionAlignment = get(Field.SECTION_ALIGNMENT, 4096);
        long fileAlignment = get(Field.FILE_ALIGNMENT, 512);
        int optionalLength = (plus ? 112 : 96) + 8 * directoryCount;
        long tableEnd = peOffset + 24 + optionalLength + 40L * sections.size();
        long sizeOfHeaders = roundUp(tableEnd, fileAlignment);

        ByteArrayOutputStream table = new ByteArrayOutputStream();
        long address = roundUp(sizeOfHeaders, sectionAlignment);
        long pointer = sizeOfHeaders;
        for (Section section : sections) {
            long length = section.content.length();
            long raw = roundUp(length, fileAlignment);
            ByteBuffer header = little(40);
            header.put(Arrays.copyOf(section.name, 8));
            long virtualSize = section.get(SectionField.VIRTUAL_SIZE, length);
            address = section.get(SectionField.VIRTUAL_ADDRESS, address);
            header.putInt((int) virtualSize);
            header.putInt((int) address);
            header.putInt((int) section.get(SectionField.SIZE_OF_RAW_DATA, raw));
            header.putInt((int) section.get(SectionField.POINTER_TO_RAW_DATA, length == 0 ? 0 : pointer));
            header.putInt(0).putInt(0).putShort((short) 0).putShort((short) 0);
            header.putInt((int) section.get(SectionField.CHARACTERISTICS, 0x40000040L));
            table.writeBytes(header.array());
            pointer += raw;
            address = roundUp(address + Math.max(1, virtualSize & 0xffffffffL), sectionAlignment);
        }
        long certificatesAt = roundUp(pointer + trailing.length, 8);
        if (certificates.length > 0) {
            directory(SECURITY, certificatesAt, certificates.length);
        }

        ByteBuffer dos = little(peOffset);
        dos.putShort((short) get(Field.DOS_MAGIC, 0x5a4d));
        dos.putInt(0x3c, (int) get(Field.LFANEW, peOffset));
        out.write(dos.array());
        out.write(ntHeaders(optionalLength, sizeOfHeaders, address));
        table.writeTo(out);
        pad(out, sizeOfHeaders - tableEnd);
        for (Section section : sections) {
            section.content.writeTo(out);
            pad(out, roundUp(section.content.length(), fileAlignment) - section.content.length());
        }
        out.write(trailing);
        if (certificates.length > 0) {
            pad(out, certificatesAt - pointer - trailing.length);
            out.write(certificates);
        }
    }

    private byte[] ntHeaders(int optionalLength, long sizeOfHeaders, long sizeOfImage) {
        ByteBuffer nt = little(24 + optionalLength);
        nt.putInt((int) get(Field.SIGNATURE, 0x4550));
        nt.putShort((short) get(Field.MACHINE, 0x8664));
        nt.putShort((short) get(Field.NUMBER_OF_SECTIONS, sections.size()));
        nt.putInt((int) get(Field.TIME_DATE_STAMP, 0));
        nt.putInt(0).putInt(0);
        nt.putShort((short) get(Field.SIZE_OF_OPTIONAL_HEADER, optionalLength));
        nt.putShort((short) get(Field.CHARACTERISTICS, 0x22e));
        nt.putShort((short) get(Field.MAGIC, plus ? 0x20b : 0x10b));
        nt.putInt(24 + 8, (int) get(Field.SIZE_OF_INITIALIZED_DATA, 0));
        nt.putInt(24 + 16, (int) get(Field.ADDRESS_OF_ENTRY_POINT, 0));
        nt.position(24 + (plus ? 24 : 28));
        if (plus) {
            nt.putLong(0x14000000L);
        } else {
            nt.putInt(0x400000);
        }
        nt.putInt((int) get(Field.SECTION_ALIGNMENT, 4096));
        nt.putInt((int) get(Field.FILE_ALIGNMENT, 512));
        nt.putInt(0);
        nt.putShort((short) get(Field.MAJOR_IMAGE_VERSION, 0)).putShort((short) 0);
        nt.putInt(0).putInt(0);
        nt.putInt((int) get(Field.SIZE_OF_IMAGE, sizeOfImage));
        nt.putInt((int) get(Field.SIZE_OF_HEADERS, sizeOfHeaders));
        nt.putInt((int) get(Field.CHECK_SUM, 0));
        nt.putShort((short) get(Field.SUBSYSTEM, 10)).putShort((short) 0);
        nt.position(24 + (plus ? 108 : 92));
        nt.putInt((int) get(Field.NUMBER_OF_RVA_AND_SIZES, directoryCount));
        for (int i = 0; i < directoryCount; i++) {
            nt.putInt((int) directories[i][0]).putInt((int) directories[i][1]);
        }
        return nt.array();
    }

    private static ByteBuffer little(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long roundUp(long value, long alignment) {
        return (value + alignment - 1) / alignment * alignment;
    }

    private static void pad(OutputStream out, long count) throws IOException {
        byte[] zeros = new byte[(int) Math.min(count, 1 << 16)];
        for (long left = count; left > 0; left -= zeros.length) {
            out.write(zeros, 0, (int) Math.min(zeros.length, left));
        }
    }
}
