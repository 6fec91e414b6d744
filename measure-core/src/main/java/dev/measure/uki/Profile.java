package dev.measure.uki;

import dev.measure.pe.PeSection;
import java.util.List;
import java.util.Optional;

/**
 * A profile of a UKI as the stub boots it: the sections of the base, overridden name by name by those of the profile.
 *
 * <p>UAPI.5 Unified Kernel Image, "Multi-Profile UKIs"; rules as in {@code pe_locate_profile_sections} of systemd 257 and later.
 */
public final class Profile {
    private static final int MAX_TEXT = 1 << 20; // the kernel takes a few KiB of command line

    private final int number;
    private final SectionRange base;
    private final Optional<SectionRange> own;
    private final Optional<KeyValueText> description;

    Profile(int number, SectionRange base, Optional<SectionRange> own, Optional<KeyValueText> description) {
        this.number = number;
        this.base = base;
        this.own = own;
        this.description = description;
    }

    /** {@return the number, by which {@code @N} selects it; a UKI without profiles is profile 0} */
    public int number() {
        return number;
    }

    /** {@return ID= of its {@code .profile} section} */
    public Optional<String> id() {
        return description.flatMap(text -> text.value("ID"));
    }

    /** {@return TITLE= of its {@code .profile} section} */
    public Optional<String> title() {
        return description.flatMap(text -> text.value("TITLE"));
    }

    /** {@return the range of its own sections; empty in a UKI without profiles} */
    public Optional<SectionRange> own() {
        return own;
    }

    /**
     * {@return the section that counts under a name; empty if there is none or if it has no bytes, which is the same to the stub}
     *
     * <p>A section of the profile hides that of the base even when it is empty.
     *
     * @param name such as {@code .cmdline}; not {@code .efifw} or {@code .dtbauto}, which the machine chooses
     * @throws IllegalArgumentException for these two
     */
    public Optional<PeSection> section(String name) {
        if (name.equals(Uki.EFIFW) || name.equals(Uki.DTBAUTO)) {
            throw new IllegalArgumentException("which " + name + " counts depends on the machine: see FirmwareChoice");
        }
        return own.flatMap(range -> range.first(name))
                .or(() -> base.first(name))
                .filter(section -> section.virtualSize() > 0);
    }

    /**
     * {@return the sections that count, in the order of {@link Uki#SECTION_NAMES}, without {@code .efifw} and {@code .dtbauto}, which
     * the machine chooses}
     */
    public List<PeSection> sections() {
        return Uki.SECTION_NAMES.stream()
                .filter(name -> !name.equals(Uki.EFIFW) && !name.equals(Uki.DTBAUTO))
                .flatMap(name -> section(name).stream())
                .toList();
    }

    /** {@return the text of {@code .cmdline} up to its first NUL} */
    public Optional<String> cmdline() {
        return text(".cmdline");
    }

    /** {@return the text of {@code .uname} up to its first NUL: the kernel's release} */
    public Optional<String> uname() {
        return text(".uname");
    }

    /** {@return the fields of {@code .osrel}, such as PRETTY_NAME and VERSION_ID} */
    public Optional<KeyValueText> osRelease() {
        return section(".osrel").map(section -> KeyValueText.read(section.content()));
    }

    private Optional<String> text(String name) {
        return section(name).map(section -> KeyValueText.text(section.content(), MAX_TEXT));
    }

    /** {@return number and id, for messages} */
    @Override
    public String toString() {
        return "@" + number + id().map(id -> " (" + id + ")").orElse("");
    }
}
