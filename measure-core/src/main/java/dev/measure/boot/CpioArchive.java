package dev.measure.boot;

import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The newc archives that systemd-stub makes of files for the initrd (systemd src/boot/cpio.c; the form is that of Linux
 * Documentation/driver-api/early-userspace/buffer-format.rst). Contents are referred to, so a large extension is never held.
 *
 * <p>Seen byte for byte through PCRs 9 and 12: credentials, public key, os-release, profile.
 */
final class CpioArchive {
    /** The name of the bytes between files. */
    static final String NAME = "cpio header";

    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;

    /** An archive's path must be representable; the header has eight hexadecimal digits. */
    private static final long MAX_FILE = 0xffffffffL;

    private final List<Source> parts = new ArrayList<>();
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private long written;
    private int inode;

    private CpioArchive() {}

    /**
     * {@return the parts of an archive of files in one folder}
     *
     * @param folder its path, such as {@code .extra/credentials}; each folder above it comes first, with permissions 0555
     * @param folderMode permissions of the folder
     * @param fileMode permissions of the files
     * @param files the files, in order
     */
    static List<Source> of(String folder, int folderMode, int fileMode, List<NamedFile> files) {
        CpioArchive archive = new CpioArchive();
        int slash = folder.indexOf('/');
        while (slash > 0) {
            archive.record(folder.substring(0, slash), DIRECTORY | 0555, 0);
            slash = folder.indexOf('/', slash + 1);
        }
        archive.record(folder, DIRECTORY | folderMode, 0);
        for (NamedFile file : files) {
            if (file.content().length() > MAX_FILE) {
                throw new IllegalArgumentException(file.name() + " is too large for a cpio archive");
            }
            archive.record(
                    folder + "/" + file.name(),
                    REGULAR | fileMode,
                    file.content().length());
            archive.flush();
            archive.parts.add(file.content());
            archive.written += file.content().length();
            archive.pad();
        }
        archive.trailer();
        archive.flush();
        return List.copyOf(archive.parts);
    }

    private void record(String name, int mode, long size) {
        inode++;
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        text(String.format(
                "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
                inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, bytes.length + 1, 0));
        pending.writeBytes(bytes);
        written += bytes.length;
        text("\0");
        pad();
    }

    private void trailer() {
        text("070701" + "0".repeat(32) + "00000001" + "0".repeat(48) + "0000000B" + "00000000" + "TRAILER!!!"
                + "\0\0\0\0");
    }

    private void text(String ascii) {
        pending.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
        written += ascii.length();
    }

    private void pad() {
        while (written % 4 != 0) {
            text("\0");
        }
    }

    private void flush() {
        if (pending.size() > 0) {
            parts.add(Source.of(NAME, pending.toByteArray()));
            pending.reset();
        }
    }
}
