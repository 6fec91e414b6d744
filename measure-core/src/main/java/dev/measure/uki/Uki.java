package dev.measure.uki;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.pe.PeImage;
import dev.measure.pe.PeSection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A unified kernel image: an EFI program that carries a kernel and what belongs to it in PE sections. Add-ons, boot loaders and
 * bare kernels are read too; {@link #kind()} tells them apart.
 *
 * <p>UAPI.5 Unified Kernel Image; which section counts is decided as in systemd-stub 257 and later (src/boot/pe.c).
 */
public final class Uki {
    static final String EFIFW = ".efifw";

    static final String DTBAUTO = ".dtbauto";

    /** The names that the specification gives to sections, in the order in which the stub knows them (systemd src/fundamental/uki.c). */
    public static final List<String> SECTION_NAMES = List.of(
            ".linux",
            ".osrel",
            ".cmdline",
            ".initrd",
            ".ucode",
            ".splash",
            ".dtb",
            ".uname",
            ".sbat",
            ".pcrsig",
            ".pcrpkey",
            ".profile",
            DTBAUTO,
            ".hwids",
            EFIFW);

    /** UNIFIED_PROFILES_MAX of systemd. */
    private static final int MAX_PROFILES = 256;

    /** Sections by which an image without a kernel shows that it is an add-on. */
    private static final List<String> ADDON_SECTIONS =
            List.of(".cmdline", ".dtb", DTBAUTO, ".ucode", ".initrd", ".hwids", EFIFW);

    private static final String SD_MAGIC = ".sdmagic";

    /** What an EFI program is. */
    public enum Kind {
        /** A unified kernel image. */
        UKI,
        /** A UKI add-on: sections for another UKI, no kernel. */
        ADDON,
        /** A Linux kernel that is its own EFI program. */
        LINUX_KERNEL,
        /** Another EFI program, such as a boot loader. */
        EFI_PROGRAM
    }

    private final PeImage image;
    private final Kind kind;
    private final Optional<LoaderInfo> loaderInfo;
    private final SectionRange base;
    private final List<Profile> profiles;
    private final List<SectionRange> ranges;
    private final List<UkiFirmware> firmwares;
    private final List<Warning> warnings;

    private Uki(PeImage image, Strictness strictness) {
        Reader reader = new Reader(strictness);
        this.image = image;
        this.ranges = reader.ranges(image);
        this.base = ranges.get(0);
        this.loaderInfo = base.first(SD_MAGIC).flatMap(section -> LoaderInfo.read(section.content()));
        this.kind = kind(image, base, ranges, loaderInfo);
        this.profiles = profiles(ranges);
        this.firmwares = reader.firmwares(ranges);
        List<Warning> all = new ArrayList<>(reader.warnings);
        all.addAll(FukiLint.of(this));
        this.warnings = List.copyOf(all);
    }

    /**
     * {@return the image in a source}
     *
     * @param source a whole file
     * @throws MalformedInputException if the firmware or systemd would refuse the image, an {@code .efifw} or a {@code .hwids}
     */
    public static Uki read(Source source) {
        return read(source, Strictness.STRICT);
    }

    /**
     * {@return the image in a source}
     *
     * @param source a whole file
     * @param strictness lenient turns a broken {@code .efifw} or {@code .hwids}, which a stub passes over, into a warning
     * @throws MalformedInputException if the firmware or systemd would refuse the image
     */
    public static Uki read(Source source, Strictness strictness) {
        PeImage image = PeImage.read(source);
        if (image.sections().isEmpty()) {
            throw new MalformedInputException(
                    source.name(),
                    source.start() + image.peOffset() + 6,
                    "NumberOfSections of at least 1",
                    "0",
                    "systemd's loaders refuse an image without sections");
        }
        return new Uki(image, strictness);
    }

    /** Reads what the section table points to, and keeps warnings about what a lenient reading passes over. */
    private static final class Reader {
        private final Strictness strictness;
        private final List<Warning> warnings = new ArrayList<>();

        Reader(Strictness strictness) {
            this.strictness = strictness;
        }

        List<SectionRange> ranges(PeImage image) {
            List<SectionRange> ranges = new ArrayList<>();
            List<PeSection> current = new ArrayList<>();
            OptionalInt profile = OptionalInt.empty();
            int next = 0;
            for (PeSection section : image.sections()) {
                if (section.name().equals(".profile")) {
                    if (next == MAX_PROFILES) {
                        throw new MalformedInputException(
                                image.source().name(),
                                section.headerOffset(),
                                "at most " + MAX_PROFILES + " .profile sections",
                                "one more",
                                "");
                    }
                    ranges.add(range(profile, current));
                    current.clear();
                    profile = OptionalInt.of(next++);
                }
                if (isOutside(image, section)) {
                    warnings.add(new Warning(
                            WarningCode.SECTION_OUTSIDE_IMAGE,
                            String.format(
                                    "section %s (header at offset 0x%x) ends at address 0x%08x, behind SizeOfImage = 0x%08x",
                                    section.name(),
                                    section.headerOffset(),
                                    section.virtualEnd(),
                                    image.optionalHeader().sizeOfImage())));
                } else {
                    current.add(section);
                }
            }
            ranges.add(range(profile, current));
            return List.copyOf(ranges);
        }

        private static boolean isOutside(PeImage image, PeSection section) {
            return section.virtualEnd() > image.optionalHeader().sizeOfImage();
        }

        private SectionRange range(OptionalInt profile, List<PeSection> sections) {
            Optional<HardwareIds> hardwareIds = sections.stream()
                    .filter(section -> section.name().equals(".hwids"))
                    .findFirst()
                    .filter(section -> section.virtualSize() > 0)
                    .map(this::hardwareIds);
            return new SectionRange(profile, sections, hardwareIds);
        }

        private HardwareIds hardwareIds(PeSection section) {
            try {
                return HardwareIds.read(section.content());
            } catch (MalformedInputException e) {
                if (strictness == Strictness.STRICT) {
                    throw e;
                }
                warnings.add(new Warning(WarningCode.HWIDS_MALFORMED, e.getMessage()));
                return new HardwareIds(List.of(), Optional.of(e.getMessage()));
            }
        }

        List<UkiFirmware> firmwares(List<SectionRange> ranges) {
            List<UkiFirmware> firmwares = new ArrayList<>();
            for (SectionRange range : ranges) {
                for (PeSection section : range.all(EFIFW)) {
                    try {
                        EfiFirmware firmware = EfiFirmware.read(section.content(), section.virtualAddress());
                        firmwares.add(new UkiFirmware(range.profile(), section, firmware));
                    } catch (MalformedInputException e) {
                        if (strictness == Strictness.STRICT) {
                            throw e;
                        }
                        warnings.add(new Warning(WarningCode.EFIFW_MALFORMED, e.getMessage()));
                    }
                }
            }
            return List.copyOf(firmwares);
        }
    }

    private static Kind kind(
            PeImage image, SectionRange base, List<SectionRange> ranges, Optional<LoaderInfo> loaderInfo) {
        if (ranges.stream().anyMatch(range -> range.first(".linux").isPresent())) {
            return Kind.UKI;
        }
        String program = loaderInfo.map(LoaderInfo::program).orElse("");
        if (program.equals("systemd-stub")) {
            return Kind.UKI;
        }
        if (program.equals("systemd-addon")) {
            return Kind.ADDON;
        }
        if (program.equals("systemd-boot")) {
            return Kind.EFI_PROGRAM;
        }
        if (ADDON_SECTIONS.stream().anyMatch(name -> base.first(name).isPresent())) {
            boolean hasRelease = base.first(".osrel").isPresent() || ranges.size() > 1;
            return hasRelease ? Kind.UKI : Kind.ADDON; // an add-on never says which system it is, nor has it profiles
        }
        return isLinux(image.source()) ? Kind.LINUX_KERNEL : Kind.EFI_PROGRAM;
    }

    private static boolean isLinux(Source source) {
        byte[] start = source.slice(0, Math.min(source.length(), 0x206)).toByteArray();
        return is(start, 0x202, "HdrS") // x86: Documentation/arch/x86/boot.rst, field "header"
                || is(start, 0x38, "ARM\u0064") // arm64: Documentation/arch/arm64/booting.rst, field "magic"
                || is(start, 0x38, "RSC\u0005") // riscv: Documentation/arch/riscv/boot-image-header.rst, field "magic2"
                || is(start, 0x04, "zimg"); // every architecture: drivers/firmware/efi/libstub/zboot-header.S
    }

    private static boolean is(byte[] bytes, int offset, String ascii) {
        if (offset + ascii.length() > bytes.length) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (bytes[offset + i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static List<Profile> profiles(List<SectionRange> ranges) {
        SectionRange base = ranges.get(0);
        if (ranges.size() == 1) {
            return List.of(new Profile(0, base, Optional.empty(), Optional.empty()));
        }
        List<Profile> profiles = new ArrayList<>();
        for (SectionRange range : ranges.subList(1, ranges.size())) {
            Optional<KeyValueText> description =
                    range.first(".profile").map(section -> KeyValueText.read(section.content()));
            profiles.add(new Profile(range.profile().getAsInt(), base, Optional.of(range), description));
        }
        return List.copyOf(profiles);
    }

    /** {@return the PE image} */
    public PeImage image() {
        return image;
    }

    /** {@return what the image is} */
    public Kind kind() {
        return kind;
    }

    /** {@return which of systemd's programs says in {@code .sdmagic} that it is the code of the image} */
    public Optional<LoaderInfo> loaderInfo() {
        return loaderInfo;
    }

    /** {@return the version of the systemd-stub in the image; empty if the code is something else} */
    public Optional<StubVersion> stubVersion() {
        return loaderInfo.filter(info -> info.program().equals("systemd-stub")).map(LoaderInfo::version);
    }

    /** {@return the sections before the first {@code .profile}} */
    public SectionRange base() {
        return base;
    }

    /** {@return the base and the range of each profile, in the order of the section table} */
    public List<SectionRange> ranges() {
        return ranges;
    }

    /** {@return all profiles, by number; an image without {@code .profile} sections is profile 0} */
    public List<Profile> profiles() {
        return profiles;
    }

    /** {@return whether there are {@code .profile} sections} */
    public boolean hasProfiles() {
        return ranges.size() > 1;
    }

    /**
     * {@return a profile}
     *
     * @param number from 0
     * @throws IllegalArgumentException if there is no such profile
     */
    public Profile profile(int number) {
        if (number < 0 || number >= profiles.size()) {
            throw new IllegalArgumentException(
                    "there is no profile " + number + ", only 0 to " + (profiles.size() - 1));
        }
        return profiles.get(number);
    }

    /** {@return every {@code .efifw} section of base and profiles, in the order of the section table} */
    public List<UkiFirmware> firmwares() {
        return firmwares;
    }

    /** {@return the table of the base's {@code .hwids} section; empty if it has none} */
    public Optional<HardwareIds> hardwareIds() {
        return base.hardwareIds();
    }

    /**
     * {@return the components in the {@code .sbat} section; empty if there is none}
     *
     * @throws MalformedInputException if shim would refuse the section
     */
    public Optional<Sbat> sbat() {
        return base.first(".sbat")
                .filter(section -> section.virtualSize() > 0)
                .map(section -> Sbat.read(section.content()));
    }

    /** {@return what is wrong with the image on every machine} */
    public List<Warning> warnings() {
        return warnings;
    }
}
