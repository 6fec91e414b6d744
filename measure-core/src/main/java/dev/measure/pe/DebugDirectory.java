package dev.measure.pe;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.List;

/** The debug directory: EDK2 walks it before it takes an image, and refuses the image if the walk leaves the file. */
final class DebugDirectory {
    private static final int ENTRY_LENGTH = 28; // sizeof (EFI_IMAGE_DEBUG_DIRECTORY_ENTRY)

    private static final int CODEVIEW = 2; // EFI_IMAGE_DEBUG_TYPE_CODEVIEW: EDK2 takes it and stops

    private static final int ENTRIES_AT_A_TIME = 1024;

    private DebugDirectory() {}

    static void check(Source file, OptionalHeader optional, List<PeSection> sections) {
        DataDirectory directory = optional.directory(DataDirectory.DEBUG);
        for (PeSection section : sections) {
            if (directory.virtualAddress() >= section.virtualAddress()
                    && directory.virtualAddress() < section.virtualEnd()) {
                long offset = directory.virtualAddress() - section.virtualAddress() + section.pointerToRawData();
                if (offset != 0) {
                    walk(file, offset, directory.size(), section);
                }
                return;
            }
        }
    }

    private static void walk(Source file, long start, long size, PeSection section) {
        for (long done = 0; done < size; ) {
            long left = (size - done + ENTRY_LENGTH - 1) / ENTRY_LENGTH; // EDK2 reads a last, partial entry whole
            long there = start + done > file.length() ? 0 : (file.length() - start - done) / ENTRY_LENGTH;
            int count = (int) Math.min(ENTRIES_AT_A_TIME, Math.min(left, there));
            if (count == 0) {
                throw new MalformedInputException(
                        file.name(),
                        file.start() + Math.min(start + done, file.length()),
                        "a debug directory entry of " + ENTRY_LENGTH + " bytes",
                        "the end of the file",
                        "the debug directory of 0x" + Long.toHexString(size) + " bytes lies in section "
                                + section.name() + "; is the file complete?");
            }
            Cursor c = Cursor.of(file.slice(start + done, (long) count * ENTRY_LENGTH));
            for (int i = 0; i < count; i++) {
                c.skip(12, "Characteristics to MinorVersion");
                if (c.u32("Type") == CODEVIEW) {
                    return;
                }
                c.skip(12, "SizeOfData to FileOffset");
            }
            done += (long) count * ENTRY_LENGTH;
        }
    }
}
