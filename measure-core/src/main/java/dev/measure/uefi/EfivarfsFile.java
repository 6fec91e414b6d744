package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of Linux's efivarfs: four bytes of attributes, then the value. The file is called {@code NAME-GUID} (Linux,
 * Documentation/filesystems/efivarfs.rst).
 *
 * @param variable name and GUID, if the file's name has this form
 * @param attributes EFI_VARIABLE_ attributes (UEFI 2.10, section 8.2.1)
 * @param data the value, which is what firmware measures
 */
public record EfivarfsFile(Optional<Name> variable, long attributes, Source data) {
    /** All bits that UEFI 2.10 gives a meaning to. */
    private static final int MOST_ATTRIBUTES = 0xff;

    private static final Pattern NAME = Pattern.compile(
            "(?:.*/)?([^/]+)-([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})",
            Pattern.DOTALL);

    /**
     * What a variable is called.
     *
     * @param name its name
     * @param guid its vendor GUID
     */
    public record Name(String name, UUID guid) {
        /** Checks for null. */
        public Name {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(guid, "guid");
        }
    }

    /**
     * {@return whether a file that holds signature lists, or none, has attributes before them: a list begins with the GUID of its
     * type, and of none that has a name are the first four bytes so small a number}
     *
     * @param source all of its bytes
     */
    public static boolean isBeforeLists(Source source) {
        return source.length() >= Integer.BYTES
                && Cursor.of(source.slice(0, Integer.BYTES)).u32("attributes") <= MOST_ATTRIBUTES
                && (source.length() == Integer.BYTES
                        || SignatureDatabase.looksLike(source.slice(Integer.BYTES, source.length() - Integer.BYTES)));
    }

    /**
     * {@return the file}
     *
     * @param source all of its bytes, named by its path
     */
    public static EfivarfsFile read(Source source) {
        Cursor c = Cursor.of(source);
        long attributes = c.u32("attributes");
        Matcher name = NAME.matcher(source.name());
        return new EfivarfsFile(
                name.matches()
                        ? Optional.of(new Name(name.group(1), UUID.fromString(name.group(2))))
                        : Optional.empty(),
                attributes,
                c.slice(c.remaining(), "value"));
    }
}
