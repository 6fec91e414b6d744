package dev.measure.smbios;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A field by which a machine is known. The order up to {@link #PANEL} is the order in which a CHID joins its fields (systemd
 * {@code src/fundamental/chid-fundamental.h}). Each has one key and aliases: the spellings of {@code systemd-analyze chid}, fwupd,
 * {@code /sys/class/dmi/id} and dmidecode. Case, hyphens, underscores and blanks in a key do not count.
 */
public enum IdentityField {
    /** Type 1, manufacturer. */
    MANUFACTURER("manufacturer", "sys-vendor", "system-manufacturer"),
    /** Type 1, family. */
    FAMILY("family", "product-family", "system-family"),
    /** Type 1, product name. */
    PRODUCT("product", "product-name", "system-product-name"),
    /** Type 1, SKU number. */
    SKU("sku", "product-sku", "sku-number", "system-sku-number"),
    /** Type 2, manufacturer. */
    BOARD_MANUFACTURER("board-manufacturer", "board-vendor", "baseboard-manufacturer", "baseboard-vendor"),
    /** Type 2, product. */
    BOARD_PRODUCT("board-product", "board-name", "baseboard-product", "baseboard-product-name", "baseboard-name"),
    /** Type 0, vendor. */
    BIOS_VENDOR("bios-vendor"),
    /** Type 0, BIOS version. */
    BIOS_VERSION("bios-version"),
    /** Type 0, system BIOS major release, 0 to 255. */
    BIOS_MAJOR("bios-major", "bios-major-release"),
    /** Type 0, system BIOS minor release, 0 to 255. */
    BIOS_MINOR("bios-minor", "bios-minor-release"),
    /** Type 3, the byte with the enclosure type and the lock bit 7, 0 to 255. */
    ENCLOSURE_TYPE("enclosure-type", "enclosure", "enclosure-kind", "chassis-type"),
    /** The id of the panel from its EDID: three letters and four hexadecimal digits. Not in the SMBIOS. */
    PANEL("panel", "edid-panel", "panel-id"),
    /** Type 1, version; in no CHID. */
    VERSION("version", "product-version", "system-version"),
    /** Type 1, serial number; in no CHID. */
    SERIAL("serial", "serial-number", "product-serial", "system-serial-number"),
    /** Type 1, UUID; in no CHID. */
    UUID("uuid", "product-uuid", "system-uuid");

    /** A key that sets two fields: {@code 2.25} is major release 2 and minor release 25. */
    static final String BIOS_RELEASE = "bios-release";

    private final String key;
    private final List<String> aliases;

    IdentityField(String key, String... aliases) {
        this.key = key;
        this.aliases = List.of(aliases);
    }

    /** {@return the key in {@link MachineIdentity#parse}} */
    public String key() {
        return key;
    }

    /** {@return other keys for it} */
    public List<String> aliases() {
        return aliases;
    }

    /** {@return the field of a key or alias} */
    static Optional<IdentityField> ofKey(String text) {
        String wanted = plain(text);
        return Arrays.stream(values())
                .filter(field -> plain(field.key).equals(wanted)
                        || field.aliases.stream().anyMatch(alias -> plain(alias).equals(wanted)))
                .findFirst();
    }

    static boolean isBiosRelease(String text) {
        return plain(text).equals(plain(BIOS_RELEASE)) || plain(text).equals("biosrevision");
    }

    static String knownKeys() {
        return Arrays.stream(values()).map(IdentityField::key).collect(Collectors.joining(", ")) + ", " + BIOS_RELEASE;
    }

    /** {@return the keys that a mistyped one may stand for, nearest first, at most three} */
    static List<String> suggestions(String text) {
        String wanted = plain(text);
        List<String> keys = new ArrayList<>();
        for (IdentityField field : values()) {
            keys.add(field.key);
            keys.addAll(field.aliases);
        }
        keys.add(BIOS_RELEASE);
        return keys.stream()
                .filter(key -> near(wanted, plain(key)))
                .sorted(Comparator.comparingInt(key -> distance(wanted, plain(key))))
                .limit(3)
                .toList();
    }

    private static boolean near(String wanted, String key) {
        return distance(wanted, key) <= Math.max(1, key.length() / 3) || wanted.length() >= 4 && key.contains(wanted);
    }

    static String plain(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "");
    }

    /** Levenshtein distance: insertions, deletions and replacements. Long texts are cut: no key is as long. */
    private static int distance(String first, String second) {
        String a = first.substring(0, Math.min(40, first.length()));
        int[] row = new int[second.length() + 1];
        Arrays.setAll(row, i -> i);
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= second.length(); j++) {
                int replace = diagonal + (a.charAt(i - 1) == second.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[second.length()];
    }
}
