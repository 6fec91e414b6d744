package dev.measure.boot;

import dev.measure.Provenance;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.List;

/**
 * The initrd that systemd-stub hands to the kernel: several parts in a row, each padded with zeros to four bytes, the last one too;
 * a single part stays as it is (systemd src/boot/initrd.c, combine_initrds). Never held in memory as a whole.
 */
final class Initrd {
    private static final int ALIGNMENT = 4;

    private final List<List<Source>> parts = new ArrayList<>();

    /** Adds a part; one without bytes is left out. */
    void add(List<Source> part) {
        if (length(part) > 0) {
            parts.add(part);
        }
    }

    boolean isEmpty() {
        return parts.isEmpty();
    }

    /** {@return the whole, as a sequence} */
    Measured.Bytes combined() {
        if (parts.size() == 1) {
            return new Measured.Bytes(parts.get(0));
        }
        List<Source> all = new ArrayList<>();
        for (List<Source> part : parts) {
            all.addAll(part);
            int rest = (int) (length(part) % ALIGNMENT);
            if (rest != 0) {
                all.add(Source.of("padding", new byte[ALIGNMENT - rest]));
            }
        }
        return new Measured.Bytes(all);
    }

    /** {@return the files and sections in it, without what holds them together} */
    Provenance provenance() {
        List<Provenance> from = new ArrayList<>();
        for (List<Source> part : parts) {
            for (Source source : part) {
                if (!source.name().equals(CpioArchive.NAME)) {
                    from.add(Provenance.FileRange.of(source));
                }
            }
        }
        return new Provenance.Derived("initrd as the stub assembles it", from);
    }

    private static long length(List<Source> part) {
        return part.stream().mapToLong(Source::length).sum();
    }
}
