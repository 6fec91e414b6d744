package dev.measure.smbios;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text that dmidecode prints about a machine, of versions 2.2 to 3.7, with or without handles, and of the like of it that
 * tools keep. Of types 0 to 3 the first section counts, of each key in it the first line; what is not known is passed over.
 *
 * <p>Differences to the table: {@code Not Specified} stands for a string that is not there, and cannot be told from a string of just
 * these words; {@code <BAD INDEX>} is a string that is not there either. dmidecode prints a dot for a byte that is not
 * ASCII. It leaves out a BIOS revision with a byte 0xff.
 */
public final class DmidecodeText {
    /** Longest text that is read, bytes; the full text of a large server has some hundred KiB. */
    private static final int MAX_TEXT = 16 << 20;

    /** What decides between text and table is in the first bytes: every structure of a table has a NUL. */
    private static final int LOOKED_AT = 4096;

    private static final Pattern HANDLE =
            Pattern.compile("Handle 0x[0-9A-Fa-f]{1,8}(?:,? *DMI type ([0-9]{1,3}), ([0-9]{1,3}) bytes\\.?)?");
    private static final Pattern TYPE = Pattern.compile("DMI type ([0-9]{1,3}), ([0-9]{1,3}) bytes\\.?");

    private static final Map<String, Integer> TITLES = Map.of(
            "bios information", 0,
            "platform firmware information", 0,
            "system information", 1,
            "base board information", 2,
            "baseboard information", 2,
            "chassis information", 3,
            "system enclosure or chassis", 3,
            "oem strings", 11,
            "end of table", 127);

    private static final Pattern OEM_STRING = Pattern.compile("String [0-9]{1,3}");

    private final List<Section> sections;

    private DmidecodeText(List<Section> sections) {
        this.sections = sections;
    }

    /** One structure as printed. */
    private static final class Section {
        OptionalInt type = OptionalInt.empty();
        OptionalInt length = OptionalInt.empty();
        boolean titled;
        int indentation = -1;
        final Map<String, String> values = new HashMap<>(); // only looked up, never walked
        final List<String> oemStrings = new ArrayList<>();

        Optional<String> value(String key) {
            return Optional.ofNullable(values.get(key))
                    .filter(text -> !text.equals("Not Specified") && !text.equals("<BAD INDEX>") && !text.isEmpty());
        }
    }

    /** {@return whether a source can be text: it has no NUL in its first bytes} */
    static boolean isText(Source source) {
        byte[] first = new byte[(int) Math.min(LOOKED_AT, source.length())];
        source.read(0, first, 0, first.length);
        for (byte b : first) {
            if (b == 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * {@return the text of a file}
     *
     * @param source the file
     * @throws MalformedInputException if it has a NUL, is longer than 16 MiB or has nothing that dmidecode prints about a structure
     */
    public static DmidecodeText read(Source source) {
        if (source.length() > MAX_TEXT) {
            throw malformed(source, 0, "at most " + MAX_TEXT + " bytes", source.length() + " bytes");
        }
        byte[] bytes = source.toByteArray();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                throw malformed(source, i, "text", "a NUL byte");
            }
        }
        List<Section> sections = sections(SmbiosString.of(bytes, 0, bytes.length));
        if (sections.isEmpty()) {
            throw malformed(
                    source,
                    0,
                    "text of dmidecode, such as `System Information`",
                    bytes.length == 0 ? "the end of the data" : "other text");
        }
        return new DmidecodeText(sections);
    }

    private static MalformedInputException malformed(Source source, long at, String expected, String found) {
        return new MalformedInputException(
                source.name(),
                source.start() + at,
                expected,
                found,
                "run `dmidecode` as root, or give /sys/firmware/dmi/tables/DMI");
    }

    private static List<Section> sections(String text) {
        List<Section> sections = new ArrayList<>();
        Optional<Section> open = Optional.empty();
        for (String raw : text.split("\n", -1)) {
            String line = raw.endsWith("\r") ? raw.substring(0, raw.length() - 1) : raw;
            String bare = line.strip();
            Matcher handle = HANDLE.matcher(bare);
            Matcher type = TYPE.matcher(bare);
            Optional<Integer> title = Optional.ofNullable(TITLES.get(bare.toLowerCase(Locale.ROOT)));
            if (line.startsWith("#")) {
                continue;
            } else if (handle.matches()) {
                open = Optional.of(new Section());
                sections.add(open.get());
                if (handle.group(1) != null) {
                    type(open.get(), handle);
                }
            } else if (type.matches() && open.filter(s -> s.type.isEmpty()).isPresent()) {
                type(open.get(), type);
            } else if (bare.isEmpty()) {
                open = Optional.empty();
            } else if (open.filter(s -> !s.titled).isPresent()) {
                // The line below the handle names the structure; the number above it is what counts.
                open.get().titled = true;
                if (open.get().type.isEmpty() && title.isPresent()) {
                    open.get().type = OptionalInt.of(title.get());
                }
            } else if (title.isPresent() && !Character.isWhitespace(line.charAt(0))) {
                Section untold = new Section();
                untold.titled = true;
                untold.type = OptionalInt.of(title.get());
                sections.add(untold);
                open = Optional.of(untold);
            } else if (!Character.isWhitespace(line.charAt(0))) {
                open = Optional.empty();
            } else {
                open.ifPresent(section -> value(section, line));
            }
        }
        return sections;
    }

    private static void type(Section section, Matcher matcher) {
        section.type = OptionalInt.of(Integer.parseInt(matcher.group(1)));
        section.length = OptionalInt.of(Integer.parseInt(matcher.group(2)));
    }

    private static void value(Section section, String line) {
        int indentation = 0;
        while (Character.isWhitespace(line.charAt(indentation))) {
            indentation++;
        }
        if (section.indentation < 0) {
            section.indentation = indentation;
        }
        int colon = line.indexOf(':');
        // Lines further in are lists, such as characteristics.
        if (colon < 0 || indentation != section.indentation) {
            return;
        }
        String key = line.substring(indentation, colon);
        // dmidecode puts one blank behind the colon; what follows is the string with all its blanks.
        String value = line.substring(Math.min(line.length(), line.startsWith(" ", colon + 1) ? colon + 2 : colon + 1));
        if (section.type.equals(OptionalInt.of(11)) && OEM_STRING.matcher(key).matches()) {
            section.oemStrings.add(value);
        }
        section.values.putIfAbsent(key.toLowerCase(Locale.ROOT), value);
    }

    private Optional<Section> first(int type) {
        return sections.stream()
                .filter(section -> section.type.equals(OptionalInt.of(type)))
                .findFirst();
    }

    /** {@return the OEM strings, in the order of the text} */
    public List<String> oemStrings() {
        return sections.stream().flatMap(section -> section.oemStrings.stream()).toList();
    }

    /** {@return how many structures the text tells of} */
    public int structureCount() {
        return sections.size();
    }

    /** {@return the machine} */
    MachineIdentity identity() {
        MachineIdentity identity = MachineIdentity.empty();
        Optional<Section> bios = first(0);
        Optional<Section> system = first(1);
        Optional<Section> baseboard = first(2);
        identity = with(identity, IdentityField.BIOS_VENDOR, bios, "vendor");
        identity = with(identity, IdentityField.BIOS_VERSION, bios, "version");
        identity = withRelease(identity, bios);
        identity = with(identity, IdentityField.MANUFACTURER, system, "manufacturer");
        identity = with(identity, IdentityField.PRODUCT, system, "product name");
        identity = with(identity, IdentityField.VERSION, system, "version");
        identity = with(identity, IdentityField.SERIAL, system, "serial number");
        identity = with(identity, IdentityField.SKU, system, "sku number");
        identity = with(identity, IdentityField.FAMILY, system, "family");
        identity = with(identity, IdentityField.BOARD_MANUFACTURER, baseboard, "manufacturer");
        identity = with(identity, IdentityField.BOARD_PRODUCT, baseboard, "product name");
        Optional<String> uuid = system.flatMap(s -> s.value("uuid")).flatMap(DmidecodeText::uuid);
        if (uuid.isPresent()) {
            identity = identity.with(IdentityField.UUID, uuid.get());
        }
        Optional<Integer> enclosure = first(3).flatMap(DmidecodeText::enclosure);
        if (enclosure.isPresent()) {
            identity =
                    identity.with(IdentityField.ENCLOSURE_TYPE, enclosure.get().toString());
        }
        return identity.hiddenFromStub(
                length(system, MachineIdentity.STUB_SYSTEM_LENGTH),
                length(baseboard, MachineIdentity.STUB_BASEBOARD_LENGTH));
    }

    private static int length(Optional<Section> section, int otherwise) {
        return section.map(s -> s.length.orElse(otherwise)).orElse(otherwise);
    }

    private static MachineIdentity with(
            MachineIdentity identity, IdentityField field, Optional<Section> section, String key) {
        return section.flatMap(s -> s.value(key))
                .map(text -> identity.with(field, text))
                .orElse(identity);
    }

    private static MachineIdentity withRelease(MachineIdentity identity, Optional<Section> bios) {
        // "Firmware Revision" is the embedded controller's and must not be taken.
        Optional<String> release = bios.flatMap(s -> s.value("bios revision")
                .or(() -> s.value("platform firmware revision"))
                .or(() -> s.value("release")));
        try {
            return release.map(text -> IdentityText.withRelease(identity, text.strip()))
                    .orElse(identity);
        } catch (IllegalArgumentException noRelease) {
            return identity;
        }
    }

    private static Optional<String> uuid(String text) {
        String bare = text.strip();
        if (bare.equals("Not Settable")) {
            return Optional.of(new UUID(0, 0).toString());
        } else if (bare.equals("Not Present")) {
            return Optional.of(new UUID(-1, -1).toString());
        }
        return Optional.of(bare).filter(any -> any.matches("(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"));
    }

    private static Optional<Integer> enclosure(Section chassis) {
        boolean locked = chassis.value("lock")
                .filter(text -> text.equalsIgnoreCase("Present"))
                .isPresent();
        return chassis.value("type").flatMap(ChassisType::parse).map(type -> locked ? type | ChassisType.LOCK : type);
    }
}
