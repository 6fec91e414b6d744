package dev.measure.smbios;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import java.util.Optional;

/**
 * Whose CHIDs: three programs trim the fields differently and differ in what a missing field means, so one machine can have three
 * values for one type.
 */
public enum ChidMode implements BehaviourProfile {
    /** systemd-stub 262: the one that selects firmware. */
    STUB(
            "stub",
            "trims blanks in front, then zeros in front, then blanks behind; a missing string counts as empty; BIOS fields"
                    + " and enclosure are not read; an absent panel type is looked up as the all-zero GUID",
            Evidence.BOOT,
            "systemd 262.1 src/boot/chid.c and src/boot/smbios.c; firmware selected in real boots"),
    /** {@code systemd-analyze chid}. */
    ANALYZE(
            "analyze",
            "takes strings as they are; a type with a missing or empty field has no CHID",
            Evidence.PEER,
            "systemd 262.1 src/analyze/analyze-chid.c; values printed by systemd-analyze 262.1"),
    /**
     * fwupd, without one of its steps: zeros in front stay, as in the ids that vendors and systemd publish. fwupd 2.1.8 as root
     * drops them ({@code fu-hwids-smbios.c}, "weirdly, remove leading zeros"), so its ids differ for a field that begins with a zero;
     * all others were the same.
     */
    FWUPD(
            "fwupd",
            "trims blanks in front and behind, keeps zeros in front; a type with a missing field has no CHID; there are no"
                    + " panel types",
            Evidence.PEER,
            "fwupd libfwupdplugin/fu-hwids.c; the 15 values of its own test; fwupdtool 2.1.8, but for fields with a zero"
                    + " in front");

    private final String id;
    private final String changes;
    private final Evidence evidence;
    private final String source;

    ChidMode(String id, String changes, Evidence evidence, String source) {
        this.id = id;
        this.changes = changes;
        this.evidence = evidence;
        this.source = source;
    }

    @Override
    public String kind() {
        return "chid";
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String changes() {
        return changes;
    }

    @Override
    public Evidence evidence() {
        return evidence;
    }

    @Override
    public String source() {
        return source;
    }

    /** {@return the mode of an id} */
    public static Optional<ChidMode> ofId(String id) {
        for (ChidMode mode : values()) {
            if (mode.id.equals(id)) {
                return Optional.of(mode);
            }
        }
        return Optional.empty();
    }

    /** {@return the text of a field that goes into the hash; empty if the field does not exist in this mode} */
    Optional<String> hashed(MachineIdentity identity, IdentityField field) {
        return switch (field) {
            case BIOS_MAJOR, BIOS_MINOR ->
                this == STUB || this == ANALYZE && identity.biosReleaseUnsupported()
                        ? Optional.empty()
                        : identity.number(field).map(number -> String.format("%02x", number));
            case ENCLOSURE_TYPE -> enclosure(identity);
            case BIOS_VENDOR, BIOS_VERSION -> this == STUB ? Optional.empty() : text(identity.value(field));
            case PANEL -> this == FWUPD ? Optional.empty() : identity.value(field);
            default -> this == STUB ? Optional.of(stubText(identity, field)) : text(identity.value(field));
        };
    }

    private Optional<String> enclosure(MachineIdentity identity) {
        if (this == STUB) {
            return Optional.empty();
        }
        // The kernel's chassis_type has no lock bit (drivers/firmware/dmi_scan.c, dmi_save_type), fwupd reads the byte.
        return identity.number(IdentityField.ENCLOSURE_TYPE)
                .map(number -> Integer.toHexString(this == ANALYZE ? number & ~ChassisType.LOCK : number));
    }

    private Optional<String> text(Optional<String> value) {
        return this == FWUPD ? value.map(text -> trimEnd(trimStart(text, ' '), ' ')) : value;
    }

    private static String stubText(MachineIdentity identity, IdentityField field) {
        String text = identity.value(field)
                .filter(any -> !identity.hiddenFromStub(field))
                .orElse("");
        text = trimEnd(trimStart(trimStart(text, ' '), '0'), ' ');
        // char16_t holds no character beyond U+FFFF; the stub drops it (efi-string.c, xstrn8_to_16).
        return text.codePoints()
                .filter(Character::isBmpCodePoint)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static String trimStart(String text, char trimmed) {
        int start = 0;
        while (start < text.length() && text.charAt(start) == trimmed) {
            start++;
        }
        return text.substring(start);
    }

    private static String trimEnd(String text, char trimmed) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == trimmed) {
            end--;
        }
        return text.substring(0, end);
    }
}
