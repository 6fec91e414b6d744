package dev.measure.boot;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import dev.measure.pe.PeImage;
import dev.measure.pe.PeSection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A GRUB for EFI as a file: what its build has put into it (include/grub/kernel.h, struct grub_module_info64 and
 * struct grub_module_header).
 *
 * @param version the version of its component {@code grub} in {@code .sbat}, such as {@code 2.12}; empty if it does not say
 * @param generation the SBAT generation of that component; 0 if it does not say
 * @param family whose GRUB it is
 * @param config the script that runs before all others; empty if there is none
 * @param prefix where it looks for its files, such as {@code /EFI/debian}; empty if it does not say
 * @param memdisk the file system image in it; empty if there is none
 * @param modules the names of the modules in it
 * @param measures when its module {@code tpm} measures into RTMRs; empty if it has no such module
 */
record GrubImage(
        Optional<String> version,
        int generation,
        Family family,
        Optional<Source> config,
        Optional<String> prefix,
        Optional<Source> memdisk,
        List<String> modules,
        Optional<GrubTpmModule.Measures> measures) {
    private static final long MAGIC = 0x676d696dL; // GRUB_MODULE_MAGIC, "mimg"
    private static final int HEADER = 24; // of struct grub_module_info64
    private static final int MODULE_HEADER = 8;
    private static final int MEMDISK = 1; // OBJ_TYPE_MEMDISK
    private static final int CONFIG = 2;
    private static final int PREFIX = 3;
    private static final int MAX_MODULES = 4096; // a GRUB with all of its modules has less than 400
    private static final int MAX_TEXT = 1 << 20;

    /** Copies the list. */
    GrubImage {
        modules = List.copyOf(modules);
    }

    /** Whose patches a GRUB has. */
    enum Family {
        /** Debian and Ubuntu. */
        DEBIAN("debian"),
        /** Red Hat, CentOS and Fedora. */
        RED_HAT("redhat"),
        /** Others. */
        OTHER("other");

        private final String id;

        Family(String id) {
            this.id = id;
        }

        /** {@return the name in ids of behaviours} */
        String id() {
            return id;
        }
    }

    /** {@return whether a program is a GRUB: it has a section with modules} */
    static boolean is(PeImage image) {
        return image.section("mods")
                .map(PeSection::content)
                .filter(content -> content.length() >= HEADER
                        && Cursor.of(content.slice(0, 4)).u32("magic") == MAGIC)
                .isPresent();
    }

    /** Reads what a GRUB carries. */
    static GrubImage read(PeImage image) {
        Source section = image.section("mods").orElseThrow().content();
        Cursor head = Cursor.of(section.slice(0, Math.min(HEADER, section.length())));
        head.skip(8, "magic and padding");
        long offset = head.u64("offset");
        long size = head.u64("size");
        if (offset < HEADER || offset > section.length() || size < offset || size > section.length()) {
            throw head.malformed(
                    8,
                    "offset and size of modules inside the section of " + section.length() + " bytes",
                    Long.toUnsignedString(offset) + " and " + Long.toUnsignedString(size),
                    "is this a GRUB?");
        }
        Optional<Source> config = Optional.empty();
        Optional<String> prefix = Optional.empty();
        Optional<Source> memdisk = Optional.empty();
        List<String> modules = new ArrayList<>();
        Optional<GrubTpmModule.Measures> measures = Optional.empty();
        long at = offset;
        int count = 0;
        while (size - at >= MODULE_HEADER) {
            Cursor c = Cursor.of(section.slice(at, MODULE_HEADER));
            long type = c.u32("type");
            long length = c.u32("size");
            if (length < MODULE_HEADER || length > size - at || ++count > MAX_MODULES) {
                throw c.malformed(
                        4, "the size of a module, " + MODULE_HEADER + ".." + (size - at), String.valueOf(length), "");
            }
            Source content = section.slice(at + MODULE_HEADER, length - MODULE_HEADER);
            if (type == MEMDISK) {
                memdisk = Optional.of(content);
            } else if (type == CONFIG) {
                config = Optional.of(content);
            } else if (type == PREFIX) {
                prefix = Optional.of(text(content));
            } else if (type == 0) {
                Optional<String> name = GrubModule.name(content);
                name.ifPresent(modules::add);
                if (measures.isEmpty() && name.equals(Optional.of(GrubTpmModule.NAME))) { // of two the first is loaded
                    measures = Optional.of(GrubTpmModule.of(content));
                }
            }
            at += length;
        }
        String sbat = image.section(".sbat").map(found -> text(found.content())).orElse("");
        Optional<String> version = Optional.empty();
        int generation = 0;
        Family family = Family.OTHER;
        for (String line : sbat.split("[\r\n]+")) {
            String[] columns = line.split(",", -1);
            if (columns[0].equals("grub") && columns.length >= 5) {
                version = Optional.of(columns[4]);
                generation = columns[1].matches("[0-9]{1,5}") ? Integer.parseInt(columns[1]) : 0;
            } else if (columns[0].startsWith("grub.debian") || columns[0].startsWith("grub.ubuntu")) {
                family = Family.DEBIAN;
            } else if (columns[0].startsWith("grub.rh")
                    || columns[0].startsWith("grub.fedora")
                    || columns[0].startsWith("grub.centos")) {
                family = Family.RED_HAT;
            }
        }
        return new GrubImage(version, generation, family, config, prefix, memdisk, modules, measures);
    }

    private static String text(Source content) {
        byte[] bytes = content.slice(0, Math.min(MAX_TEXT, content.length())).toByteArray();
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }
}
