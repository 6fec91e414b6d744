package dev.measure.pe;

import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;

/**
 * The optional header of a PE32 or PE32+ image, with its data directories.
 *
 * <p>Microsoft PE/COFF specification, revision 11, "Optional Header (Image Only)". Little-endian.
 *
 * @param magic 0x10b for PE32, 0x20b for PE32+
 * @param addressOfEntryPoint from the image base
 * @param imageBase the preferred address, unsigned
 * @param sectionAlignment of sections in memory, in bytes
 * @param fileAlignment of sections in the file, in bytes
 * @param majorImageVersion set to 1 or more by Linux kernels that take an initrd from the LINUX_EFI_INITRD_MEDIA device path
 * @param sizeOfImage the length in memory, in bytes
 * @param sizeOfHeaders the length of all headers in the file, in bytes
 * @param checkSum the checksum, 0 if there is none
 * @param subsystem 10 for an EFI application
 * @param dllCharacteristics flags
 * @param dataDirectories the tables, as many as the header says, at most 16
 */
public record OptionalHeader(
        int magic,
        long addressOfEntryPoint,
        long imageBase,
        long sectionAlignment,
        long fileAlignment,
        int majorImageVersion,
        long sizeOfImage,
        long sizeOfHeaders,
        long checkSum,
        int subsystem,
        int dllCharacteristics,
        List<DataDirectory> dataDirectories) {
    /** The magic number of PE32. */
    public static final int PE32 = 0x10b;

    /** The magic number of PE32+. */
    public static final int PE32_PLUS = 0x20b;

    /** Where CheckSum lies in the optional header, of either kind. */
    static final int CHECK_SUM = 64;

    /** IMAGE_NUMBEROF_DIRECTORY_ENTRIES; EDK2 refuses more (PeCoffLoaderGetPeHeader, check 1). */
    static final int MAX_DIRECTORIES = 16;

    /** Copies the list. */
    public OptionalHeader {
        dataDirectories = List.copyOf(dataDirectories);
    }

    /** {@return the length without data directories, in bytes} */
    static int lengthWithoutDirectories(int magic) {
        return magic == PE32 ? 96 : 112;
    }

    static OptionalHeader read(Cursor c) {
        int magic = c.u16("Magic");
        if (magic != PE32 && magic != PE32_PLUS) {
            throw c.malformed(
                    c.position() - 2, "Magic = 0x010b (PE32) or 0x020b (PE32+)", String.format("0x%04x", magic), "");
        }
        boolean plus = magic == PE32_PLUS;
        c.skip(2, "LinkerVersion");
        c.skip(4, "SizeOfCode");
        c.skip(4, "SizeOfInitializedData");
        c.skip(4, "SizeOfUninitializedData");
        long addressOfEntryPoint = c.u32("AddressOfEntryPoint");
        c.skip(4, "BaseOfCode");
        if (!plus) {
            c.skip(4, "BaseOfData");
        }
        long imageBase = plus ? c.u64("ImageBase") : c.u32("ImageBase");
        long sectionAlignment = c.u32("SectionAlignment");
        long fileAlignment = c.u32("FileAlignment");
        c.skip(4, "OperatingSystemVersion");
        int majorImageVersion = c.u16("MajorImageVersion");
        c.skip(2, "MinorImageVersion");
        c.skip(4, "SubsystemVersion");
        c.skip(4, "Win32VersionValue");
        long sizeOfImage = c.u32("SizeOfImage");
        long sizeOfHeaders = c.u32("SizeOfHeaders");
        long checkSum = c.u32("CheckSum");
        int subsystem = c.u16("Subsystem");
        int dllCharacteristics = c.u16("DllCharacteristics");
        c.skip(plus ? 32 : 16, "SizeOfStackReserve to SizeOfHeapCommit");
        c.skip(4, "LoaderFlags");
        long numberOfRvaAndSizes = c.u32("NumberOfRvaAndSizes");
        if (numberOfRvaAndSizes > MAX_DIRECTORIES) {
            throw c.malformed(
                    c.position() - 4,
                    "NumberOfRvaAndSizes of at most " + MAX_DIRECTORIES,
                    String.format("0x%08x", numberOfRvaAndSizes),
                    "");
        }
        List<DataDirectory> directories = new ArrayList<>();
        for (int i = 0; i < numberOfRvaAndSizes; i++) {
            directories.add(DataDirectory.read(c, i));
        }
        return new OptionalHeader(
                magic,
                addressOfEntryPoint,
                imageBase,
                sectionAlignment,
                fileAlignment,
                majorImageVersion,
                sizeOfImage,
                sizeOfHeaders,
                checkSum,
                subsystem,
                dllCharacteristics,
                directories);
    }

    /** {@return the entry of the certificate table, whose address is an offset in the file; zeros if there is none} */
    public DataDirectory certificateTable() {
        return directory(DataDirectory.SECURITY);
    }

    DataDirectory directory(int index) {
        return index < dataDirectories.size() ? dataDirectories.get(index) : new DataDirectory(0, 0);
    }
}
