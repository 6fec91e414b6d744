package dev.measure.boot;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import dev.measure.pe.PeImage;
import java.util.ArrayList;
import java.util.List;

/**
 * The EFI images in a PCI expansion ROM (PCI Firmware specification 3.3, section 5.1; UEFI 2.10, section 14.4.2).
 *
 * <p>What LoadFile2 of edk2's PciBusDxe (MdeModulePkg/Bus/Pci/PciBusDxe/PciOptionRomSupport.c) gives to LoadImage, which measures it:
 * drivers only, and those that are compressed after they were decompressed.
 *
 * @param images the images that are loaded, in order
 */
record OptionRom(List<Image> images) {
    private static final int ROM_SIGNATURE = 0xaa55;
    private static final long PCIR = 0x52494350; // "PCIR"
    private static final long EFI_SIGNATURE = 0x0ef1;
    private static final int EFI_CODE_TYPE = 3;
    private static final int BOOT_SERVICE_DRIVER = 11;
    private static final int RUNTIME_DRIVER = 12;
    private static final int COMPRESSED = 1;
    private static final int LAST = 0x80;
    private static final int UNIT = 512;
    private static final int HEADER = 0x1a;

    /** A ROM has one image for each kind of processor, plus one for the BIOS. */
    private static final int MAX_IMAGES = 64;

    /**
     * An EFI image.
     *
     * @param start its offset in the ROM, where its ROM header begins
     * @param end the offset behind it
     * @param image the image
     */
    record Image(long start, long end, PeImage image) {}

    OptionRom {
        images = List.copyOf(images);
    }

    static OptionRom read(Source rom) {
        List<Image> images = new ArrayList<>();
        long at = 0;
        for (int i = 0; i < MAX_IMAGES; i++) {
            Cursor c = Cursor.of(rom.slice(at, Math.min(HEADER, rom.length() - at)));
            int signature = c.u16("signature");
            if (signature != ROM_SIGNATURE) {
                throw c.malformed(
                        0, "signature = 0xaa55", String.format("0x%04x", signature), "is this a PCI option ROM?");
            }
            int initializationSize = c.u16("initialization size");
            long efiSignature = c.u32("EFI signature");
            int subsystem = c.u16("subsystem");
            c.skip(2, "machine type");
            int compression = c.u16("compression type");
            c.seek(0x16, "EFI image header offset");
            int imageOffset = c.u16("EFI image header offset");
            int pcirOffset = c.u16("PCIR offset");
            Cursor pcir = structure(rom, at, pcirOffset, c);
            int length = pcir.u16("image length");
            pcir.skip(2, "revision");
            int codeType = pcir.u8("code type");
            int indicator = pcir.u8("indicator");
            long end = at + (long) UNIT * length;
            if (length == 0 || end > rom.length()) {
                throw pcir.malformed(
                        0x10,
                        "image length of 1.." + (rom.length() - at) / UNIT + " units of 512 bytes",
                        String.valueOf(length),
                        "is the ROM complete?");
            }
            if (codeType == EFI_CODE_TYPE) {
                if (efiSignature != EFI_SIGNATURE) {
                    throw c.malformed(4, "EFI signature = 0x00000ef1", String.format("0x%08x", efiSignature), "");
                }
                long size = (long) UNIT * initializationSize;
                if (size > end - at || imageOffset >= size) {
                    throw c.malformed(
                            2,
                            "an initialization size that the image holds, with the EFI image inside",
                            initializationSize + " units of 512 bytes, image at 0x" + Integer.toHexString(imageOffset),
                            "");
                }
                boolean driver = subsystem == BOOT_SERVICE_DRIVER || subsystem == RUNTIME_DRIVER;
                if (driver && compression <= COMPRESSED) {
                    Source stored = rom.slice(at + imageOffset, size - imageOffset);
                    images.add(new Image(at, at + size - 1, PeImage.read(loaded(stored, compression))));
                }
            }
            if ((indicator & LAST) != 0) {
                return new OptionRom(images);
            }
            at = end;
            if (at >= rom.length()) {
                break;
            }
        }
        throw new MalformedInputException(
                rom.name(),
                rom.start() + Math.min(at, rom.length()),
                "a last image, at most " + MAX_IMAGES + " images",
                "one more",
                "is the ROM complete?");
    }

    private static Source loaded(Source stored, int compression) {
        if (compression != COMPRESSED) {
            return stored;
        }
        String place = String.format("%s, decompressed from offset 0x%x", stored.name(), stored.start());
        return Source.of(place, EfiDecompress.of(stored));
    }

    private static Cursor structure(Source rom, long at, int offset, Cursor header) {
        if (offset + 0x18L > rom.length() - at) {
            throw header.malformed(
                    0x18, "a PCIR structure inside the ROM", "offset 0x" + Integer.toHexString(offset), "");
        }
        Cursor c = Cursor.of(rom.slice(at + offset, 0x18));
        long signature = c.u32("PCIR signature");
        if (signature != PCIR) {
            throw c.malformed(0, "signature \"PCIR\"", String.format("0x%08x", signature), "");
        }
        c.seek(0x10, "image length");
        return c;
    }
}
