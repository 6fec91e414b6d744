package dev.measure.uki;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The content of an {@code .sbat} section: the components of an image and the generation of each, by which shim revokes.
 *
 * <p>SBAT, <a href="https://github.com/rhboot/shim/blob/main/SBAT.md">SBAT.md</a>: CSV, one component a line, up to the first NUL.
 *
 * @param components in the order of the lines
 */
public record Sbat(List<Component> components) {
    private static final int MAX_LENGTH = 1 << 20; // real ones have a few hundred bytes

    private static final int MAX_GENERATION = 0xffff; // shim keeps it in 16 bits

    /** Copies the list. */
    public Sbat {
        components = List.copyOf(components);
    }

    /**
     * A line.
     *
     * @param name the component, such as {@code uki}
     * @param generation the number that is compared with the revocations, 1 to 65535
     * @param vendor who speaks here: vendor name, package name, version and address, as many as the line has
     */
    public record Component(String name, int generation, List<String> vendor) {
        /** Copies the list. */
        public Component {
            vendor = List.copyOf(vendor);
        }
    }

    /**
     * {@return the components in a section}
     *
     * @param section the content of the section
     * @throws MalformedInputException if a line has no name or no generation
     */
    public static Sbat read(Source section) {
        if (section.length() > MAX_LENGTH) {
            throw new MalformedInputException(
                    section.name(),
                    section.start(),
                    "an .sbat section of at most " + MAX_LENGTH + " bytes",
                    section.length() + " bytes",
                    "");
        }
        byte[] bytes = section.toByteArray();
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        List<Component> components = new ArrayList<>();
        int start = end >= 3 && bytes[0] == (byte) 0xef && bytes[1] == (byte) 0xbb && bytes[2] == (byte) 0xbf ? 3 : 0;
        while (start < end) {
            int next = start;
            while (next < end && bytes[next] != '\n' && bytes[next] != '\r') {
                next++;
            }
            if (next > start) {
                components.add(
                        component(section, start, new String(bytes, start, next - start, StandardCharsets.UTF_8)));
            }
            start = next + 1;
        }
        return new Sbat(components);
    }

    private static Component component(Source section, int at, String line) {
        String[] fields = line.split(",", -1);
        if (fields.length < 2 || fields[0].isEmpty()) {
            throw new MalformedInputException(
                    section.name(),
                    section.start() + at,
                    "an SBAT line: component,generation,...",
                    "'" + shortened(line) + "'",
                    "");
        }
        return new Component(
                fields[0],
                generation(section, at, fields[1]),
                Arrays.asList(fields).subList(2, fields.length));
    }

    private static int generation(Source section, int at, String field) {
        if (field.matches("[0-9]{1,5}")) {
            int generation = Integer.parseInt(field);
            if (generation >= 1 && generation <= MAX_GENERATION) {
                return generation;
            }
        }
        throw new MalformedInputException(
                section.name(),
                section.start() + at,
                "an SBAT generation from 1 to " + MAX_GENERATION,
                "'" + shortened(field) + "'",
                "");
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}
