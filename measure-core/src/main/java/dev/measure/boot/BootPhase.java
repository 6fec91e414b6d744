package dev.measure.boot;

import java.util.ArrayList;
import java.util.List;

/**
 * A point in time of a boot: which words systemd has measured since the kernel started.
 *
 * <p>systemd-pcrphase measures each word into PCR 11. The word {@code os-separator} stands for the record that systemd from 261 on
 * adds to PCRs 0 to 7, 9 and 12 to 14.
 *
 * @param words the words, in order; none when the kernel starts
 */
public record BootPhase(List<String> words) {
    /** When the kernel starts: nothing has been measured by the system. */
    public static final BootPhase KERNEL_START = new BootPhase(List.of());

    /** The record that separates the firmware's part of a register from the system's. */
    public static final String OS_SEPARATOR = "os-separator";

    /** The words that systemd measures (units systemd-pcrphase*.service), for hints: any word is taken. */
    public static final List<String> KNOWN = List.of(
            "enter-initrd",
            "leave-initrd",
            "sysinit",
            "ready",
            "shutdown",
            "final",
            "factory-reset",
            "storage-target-mode-start",
            "storage-target-mode-stop",
            OS_SEPARATOR);

    private static final String NONE = "none";

    /** Copies the list. */
    public BootPhase {
        words = List.copyOf(words);
    }

    /**
     * {@return the point in time of a colon path}
     *
     * @param path words joined by colons, empty ones dropped; {@code none} or nothing is the start of the kernel
     */
    public static BootPhase parse(String path) {
        if (path.equals(NONE)) {
            return KERNEL_START;
        }
        List<String> words = new ArrayList<>();
        for (String word : path.split(":")) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return new BootPhase(words);
    }

    /** {@return the colon path; {@code none} when the kernel starts} */
    @Override
    public String toString() {
        return words.isEmpty() ? NONE : String.join(":", words);
    }
}
