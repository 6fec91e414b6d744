package dev.measure.smbios;

import static dev.measure.smbios.IdentityField.BIOS_MAJOR;
import static dev.measure.smbios.IdentityField.BIOS_MINOR;
import static dev.measure.smbios.IdentityField.BIOS_VENDOR;
import static dev.measure.smbios.IdentityField.BIOS_VERSION;
import static dev.measure.smbios.IdentityField.BOARD_MANUFACTURER;
import static dev.measure.smbios.IdentityField.BOARD_PRODUCT;
import static dev.measure.smbios.IdentityField.ENCLOSURE_TYPE;
import static dev.measure.smbios.IdentityField.FAMILY;
import static dev.measure.smbios.IdentityField.MANUFACTURER;
import static dev.measure.smbios.IdentityField.PANEL;
import static dev.measure.smbios.IdentityField.PRODUCT;
import static dev.measure.smbios.IdentityField.SKU;

import java.util.List;
import java.util.Optional;

/**
 * Type of a computer hardware id: which fields are hashed. Types 0 to 14 are {@code HardwareID-0} to {@code HardwareID-14} of
 * Microsoft's "Specifying Hardware IDs for a Computer"; the three with a panel are systemd's (systemd 262
 * {@code src/fundamental/chid-fundamental.c}, where they are types 15 to 17).
 */
public enum ChidType {
    /** HardwareID-0. */
    TYPE_0("0", MANUFACTURER, FAMILY, PRODUCT, SKU, BIOS_VENDOR, BIOS_VERSION, BIOS_MAJOR, BIOS_MINOR),
    /** HardwareID-1. */
    TYPE_1("1", MANUFACTURER, FAMILY, PRODUCT, BIOS_VENDOR, BIOS_VERSION, BIOS_MAJOR, BIOS_MINOR),
    /** HardwareID-2. */
    TYPE_2("2", MANUFACTURER, PRODUCT, BIOS_VENDOR, BIOS_VERSION, BIOS_MAJOR, BIOS_MINOR),
    /** HardwareID-3. */
    TYPE_3("3", MANUFACTURER, FAMILY, PRODUCT, SKU, BOARD_MANUFACTURER, BOARD_PRODUCT),
    /** HardwareID-4. */
    TYPE_4("4", MANUFACTURER, FAMILY, PRODUCT, SKU),
    /** HardwareID-5. */
    TYPE_5("5", MANUFACTURER, FAMILY, PRODUCT),
    /** HardwareID-6. */
    TYPE_6("6", MANUFACTURER, SKU, BOARD_MANUFACTURER, BOARD_PRODUCT),
    /** HardwareID-7. */
    TYPE_7("7", MANUFACTURER, SKU),
    /** HardwareID-8. */
    TYPE_8("8", MANUFACTURER, PRODUCT, BOARD_MANUFACTURER, BOARD_PRODUCT),
    /** HardwareID-9. */
    TYPE_9("9", MANUFACTURER, PRODUCT),
    /** HardwareID-10. */
    TYPE_10("10", MANUFACTURER, FAMILY, BOARD_MANUFACTURER, BOARD_PRODUCT),
    /** HardwareID-11. */
    TYPE_11("11", MANUFACTURER, FAMILY),
    /** HardwareID-12. */
    TYPE_12("12", MANUFACTURER, ENCLOSURE_TYPE),
    /** HardwareID-13. */
    TYPE_13("13", MANUFACTURER, BOARD_MANUFACTURER, BOARD_PRODUCT),
    /** HardwareID-14. */
    TYPE_14("14", MANUFACTURER),
    /** systemd's first type with a panel. */
    EXT_0("ext0", MANUFACTURER, FAMILY, PRODUCT, PANEL),
    /** systemd's second type with a panel. */
    EXT_1("ext1", MANUFACTURER, FAMILY, PANEL),
    /** systemd's third type with a panel. */
    EXT_2("ext2", MANUFACTURER, SKU, PANEL);

    // systemd 262 src/boot/chid.c, chid_match, `priority`: from most to least specific.
    private static final List<ChidType> STUB_ORDER =
            List.of(EXT_2, EXT_1, EXT_0, TYPE_3, TYPE_6, TYPE_8, TYPE_10, TYPE_4, TYPE_5, TYPE_7, TYPE_9, TYPE_11);

    private final String id;
    private final List<IdentityField> fields;

    ChidType(String id, IdentityField... fields) {
        this.id = id;
        this.fields = List.of(fields);
    }

    /** {@return its name: {@code 0} to {@code 14}, {@code ext0} to {@code ext2}} */
    public String id() {
        return id;
    }

    /** {@return the fields that are hashed, in the order in which they are joined} */
    public List<IdentityField> fields() {
        return fields;
    }

    /** {@return whether the stub ever compares an entry of {@code .hwids} with a CHID of this type} */
    public boolean lookedUpByStub() {
        return STUB_ORDER.contains(this);
    }

    /** {@return the types that the stub looks up, in its order: the first type that has an entry decides} */
    public static List<ChidType> stubOrder() {
        return STUB_ORDER;
    }

    /** {@return the type of a name} */
    public static Optional<ChidType> ofId(String id) {
        for (ChidType type : values()) {
            if (type.id.equals(id)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
