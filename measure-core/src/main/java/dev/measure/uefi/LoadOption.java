package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.parse.Cursor;

/**
 * EFI_LOAD_OPTION, the value of Boot#### (UEFI 2.10, section 3.1.3).
 *
 * @param attributes 1 active, 8 hidden, 0x100 application
 * @param description what the boot menu shows
 * @param filePathList FilePathList, which may hold several device paths
 * @param optionalData what is handed to the image as its load options
 */
public record LoadOption(long attributes, String description, DevicePath filePathList, Source optionalData) {
    /** Longer than any menu shows; a variable holds at most 64 KiB anyway. */
    private static final int MAX_DESCRIPTION = 1 << 15;

    /**
     * {@return the load option in a variable's value}
     *
     * @param value the value without attributes
     */
    public static LoadOption read(Source value) {
        Cursor c = Cursor.of(value);
        long attributes = c.u32("Attributes");
        int filePathListLength = c.u16("FilePathListLength");
        String description = Utf16.terminated(c, MAX_DESCRIPTION, "Description");
        DevicePath path = DevicePath.read(c.slice(filePathListLength, "FilePathList"));
        return new LoadOption(attributes, description, path, c.slice(c.remaining(), "OptionalData"));
    }
}
