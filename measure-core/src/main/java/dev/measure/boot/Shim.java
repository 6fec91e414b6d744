package dev.measure.boot;

import dev.measure.Source;
import dev.measure.pe.PeImage;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** shim: which program is one, and of which version (shim version.c). What it measures into PCRs 7 and 14 is not predicted. */
final class Shim {
    /** From this version on the firmware's own LoadImage works under shim, so the kernel in a UKI is measured. */
    static final int FIRST_TO_MEASURE_KERNEL = 16;

    /** shims have 0.9 to 1.4 MB. */
    private static final int MAX_LENGTH = 16 << 20;

    private static final Pattern VERSION = Pattern.compile("UEFI SHIM\\n\\$Version: ([0-9]{1,4})[.\\s]");

    private Shim() {}

    /** {@return whether the program is a shim, by the component in its {@code .sbat} or by its version text} */
    static boolean is(PeImage image) {
        return image.section(".sbatlevel").isPresent() || version(image).isPresent();
    }

    /** {@return the major version} */
    static Optional<Integer> version(PeImage image) {
        Source source = image.source();
        if (source.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        Matcher m = VERSION.matcher(new String(source.toByteArray(), StandardCharsets.ISO_8859_1));
        return m.find() ? Optional.of(Integer.parseInt(m.group(1))) : Optional.empty();
    }
}
