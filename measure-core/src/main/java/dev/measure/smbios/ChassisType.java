package dev.measure.smbios;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The words for enclosure types, as dmidecode prints them: DSP0134 3.7.0, section 7.4.1, table 17. */
final class ChassisType {
    /** Bit 7 of the byte says that a lock is present; the type is in the bits below. */
    static final int LOCK = 0x80;

    // The index plus one is the number.
    private static final List<String> WORDS = List.of(
            "Other",
            "Unknown",
            "Desktop",
            "Low Profile Desktop",
            "Pizza Box",
            "Mini Tower",
            "Tower",
            "Portable",
            "Laptop",
            "Notebook",
            "Hand Held",
            "Docking Station",
            "All In One",
            "Sub Notebook",
            "Space-saving",
            "Lunch Box",
            "Main Server Chassis",
            "Expansion Chassis",
            "Sub Chassis",
            "Bus Expansion Chassis",
            "Peripheral Chassis",
            "RAID Chassis",
            "Rack Mount Chassis",
            "Sealed-case PC",
            "Multi-system",
            "CompactPCI",
            "AdvancedTCA",
            "Blade",
            "Blade Enclosing",
            "Tablet",
            "Convertible",
            "Detachable",
            "IoT Gateway",
            "Embedded PC",
            "Mini PC",
            "Stick PC");

    private ChassisType() {}

    /** {@return the number, 1 to 36, of a word; case, blanks and hyphens do not count} */
    static Optional<Integer> parse(String word) {
        String wanted = letters(word);
        for (int i = 0; i < WORDS.size(); i++) {
            if (letters(WORDS.get(i)).equals(wanted)) {
                return Optional.of(i + 1);
            }
        }
        // dmidecode before 2.10 and the specification itself spell these with other endings.
        return wanted.equals("bladeenclosure") ? Optional.of(29) : Optional.empty();
    }

    private static String letters(String word) {
        return word.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }
}
