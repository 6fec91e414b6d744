package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.SevMetadata;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The pages that a VMM adds to a launch before the VMSAs, in order: the firmware, then the sections of its SEV metadata in table
 * order; and the reasons for which the VMM or the processor would refuse them.
 *
 * <p>QEMU target/i386/sev.c (sev_snp_launch_finish, snp_populate_metadata_pages); what strict and lenient mode answer to each
 * irregularity is a decision of this project.
 */
final class LaunchPlan {
    private static final long FOUR_GIB = 1L << 32;

    /** There are no more pages than this below 4 GiB, so no launch that could succeed has more. */
    private static final long MAX_METADATA_PAGES = FOUR_GIB / PageInfo.PAGE;

    private static final int MAX_WARNINGS_OF_A_CODE = 8;

    private final SnpLaunch launch;
    private final Vmm vmm;
    private final List<LaunchRegion> regions = new ArrayList<>();
    private final List<Warning> warnings = new ArrayList<>();
    private Optional<Refusal> refusal = Optional.empty();

    /** Why a launch would be refused, what to do, and whether lenient mode gives a value all the same. */
    record Refusal(String why, String hint, boolean lenient) {}

    private LaunchPlan(SnpLaunch launch, Vmm vmm) {
        this.launch = launch;
        this.vmm = vmm;
    }

    static LaunchPlan of(SnpLaunch launch, Vmm vmm, FirmwarePages pages) {
        LaunchPlan plan = new LaunchPlan(launch, vmm);
        plan.checkFirmware();
        Optional<List<SevMetadata.Section>> metadata = launch.firmware().sections();
        if (metadata.isEmpty()) {
            plan.refuse(
                    WarningCode.NO_SEV_METADATA,
                    plan.noSevMetadata(),
                    "take an OVMF build for SEV-SNP, such as Debian's OVMF.amdsev.fd");
        }
        List<SevMetadata.Section> sections = metadata.orElse(List.of());
        plan.checkSections(sections, launch.firmware().rom().map(List::of).orElse(List.of()));
        Optional<SevMetadata.Section> hashes = plan.hashesSection(sections);
        plan.regions.add(pages.region());
        if (plan.refusal.isEmpty()) {
            plan.addSections(sections, hashes);
        }
        return plan;
    }

    /**
     * The sections of a raw SVSM image, which are its own; they are all the plan has.
     *
     * @param roms where SVSM and firmware lie
     */
    static LaunchPlan ofSvsm(SnpLaunch svsm, Vmm vmm, List<Firmware.Area> roms) {
        LaunchPlan plan = new LaunchPlan(svsm, vmm);
        plan.warnings.addAll(svsm.firmware().warnings());
        List<SevMetadata.Section> sections = svsm.firmware().sections().orElseThrow();
        plan.checkSections(sections, roms);
        if (plan.refusal.isEmpty()) {
            plan.addSections(sections, Optional.empty());
        }
        return plan;
    }

    private String noSevMetadata() {
        if (!(launch.firmware() instanceof LaunchFirmware.Image file)) {
            return launch.firmware().name()
                    + ": expected sections of SEV metadata, without which a VMM stops at launch, found none";
        }
        Source image = file.firmware().image();
        String found = file.firmware().table().isEmpty() ? "no GUIDed table" : "a GUIDed table without such an entry";
        long footer = Math.max(0, image.length() - 48);
        return image.name() + ": offset 0x" + Long.toHexString(image.start() + footer)
                + ": expected a GUIDed table with SEV metadata, without which a VMM stops at launch, found " + found;
    }

    /** The pages, in order; only without a refusal. */
    List<LaunchRegion> regions() {
        return regions;
    }

    List<Warning> warnings() {
        return warnings;
    }

    Optional<Refusal> refusal() {
        return refusal;
    }

    /** What the digest is extended by for the firmware itself, hashed once for all VMMs. */
    record FirmwarePages(LaunchRegion region, Digest after) {
        static FirmwarePages of(SnpLaunch launch) {
            if (launch.firmwareDigest().isPresent()) {
                // No page of the file is read: the region stands for all of them and leaves the given digest.
                LaunchRegion given = new LaunchRegion(
                        PageType.NORMAL,
                        launch.firmware().rom().map(Firmware.Area::gpa).orElse(0L),
                        PageInfo.PAGE,
                        0,
                        LaunchRegion.NO_CONTENTS,
                        "firmware, by its given digest",
                        new Provenance.Parameter(
                                "snp-ovmf-hash", launch.firmwareDigest().get().hex()),
                        Evidence.PEER);
                return new FirmwarePages(given, launch.firmwareDigest().get());
            }
            if (!(launch.firmware() instanceof LaunchFirmware.Image file)) {
                throw new IllegalStateException("metadata always comes with a digest");
            }
            return of(file.firmware().image(), file.firmware().base(), "firmware");
        }

        /** The pages of a file that is the first thing measured. */
        static FirmwarePages of(Source image, long gpa, String name) {
            ChainBehindPages.Result pages = ChainBehindPages.of(image, gpa);
            return new FirmwarePages(
                    LaunchRegion.ofFile(image, gpa, pages.packed(), name, Evidence.PEER), pages.after());
        }
    }

    private void checkFirmware() {
        warnings.addAll(launch.firmware().warnings());
        long size = launch.firmware().size().orElse(0L);
        if (vmm.needs64KiBFirmware() && size % 65536 != 0) {
            warn(
                    WarningCode.FIRMWARE_NOT_64K,
                    launch.firmware().name() + " has " + size
                            + " bytes, no multiple of 65536: QEMU takes it only as pflash, which SNP on upstream QEMU cannot use");
        }
    }

    private void checkSections(List<SevMetadata.Section> sections, List<Firmware.Area> roms) {
        long pages = 0;
        for (SevMetadata.Section section : sections) {
            if (section.size() % PageInfo.PAGE != 0 || section.gpa() % PageInfo.PAGE != 0) {
                refuseAlways(
                        at(section, "a section whose address and size are multiples of 4096"),
                        "no page can be formed; rebuild the firmware");
            }
            if (section.size() == 0) {
                refuse(
                        WarningCode.ZERO_SIZE_SECTION,
                        at(section, "a section of at least one page, as every VMM demands"),
                        "take an OVMF build for SEV-SNP, such as Debian's OVMF.amdsev.fd");
            }
            if (section.end() > FOUR_GIB) {
                refuse(
                        WarningCode.SECTION_CROSSES_4GIB,
                        at(section, "a section that ends at or below 4 GiB"),
                        "rebuild the firmware");
            }
            if (!isKnown(section.type())) {
                refuse(
                        WarningCode.UNKNOWN_SECTION_TYPE,
                        at(section, "a section type of 1, 2, 3, 4 or 0x10"),
                        "QEMU would make zero pages of it, other VMMs stop; --lenient follows QEMU");
            }
            boolean onePage = section.type() == SevMetadata.SNP_SECRETS || section.type() == SevMetadata.CPUID;
            if (onePage && section.size() > PageInfo.PAGE) {
                warn(
                        WarningCode.SECTION_LONGER_THAN_PAGE,
                        at(section, "a section of one page") + "; it is measured page by page, as QEMU does");
            }
            pages += section.size() / PageInfo.PAGE;
        }
        checkOverlaps(sections, roms);
        if (pages > MAX_METADATA_PAGES) {
            refuseAlways(
                    launch.firmware().name() + ": expected at most " + MAX_METADATA_PAGES
                            + " pages of metadata sections, as many as there are below 4 GiB, found " + pages,
                    "rebuild the firmware");
        }
    }

    private void checkOverlaps(List<SevMetadata.Section> sections, List<Firmware.Area> roms) {
        List<SevMetadata.Section> sorted = new ArrayList<>(sections);
        sorted.removeIf(section -> section.size() == 0);
        sorted.sort((one, other) -> Long.compare(one.gpa(), other.gpa()));
        SevMetadata.Section before = null;
        for (SevMetadata.Section section : sorted) {
            if (before != null && section.gpa() < before.end()) {
                refuse(
                        WarningCode.SECTION_OVERLAP,
                        at(section, "a section beside " + describe(before))
                                + "; the processor refuses the second use of a page",
                        "rebuild the firmware");
            }
            for (Firmware.Area rom : roms) {
                if (section.end() > rom.gpa() && section.gpa() < rom.gpa() + rom.size()) {
                    refuse(
                            WarningCode.SECTION_OVERLAP,
                            at(
                                            section,
                                            "a section outside the firmware, which begins at 0x"
                                                    + Long.toHexString(rom.gpa()))
                                    + "; the processor refuses the second use of a page",
                            "rebuild the firmware");
                }
            }
            if (before == null || section.end() > before.end()) {
                before = section;
            }
        }
    }

    /** The section that receives the table of kernel hashes; empty if there is no kernel or the launch is refused. */
    private Optional<SevMetadata.Section> hashesSection(List<SevMetadata.Section> sections) {
        List<SevMetadata.Section> candidates = sections.stream()
                .filter(section -> section.type() == SevMetadata.KERNEL_HASHES)
                .toList();
        boolean kernel = launch.hashes().isPresent();
        if (kernel && !vmm.startsKernels()) {
            warn(
                    WarningCode.NO_DIRECT_BOOT,
                    "no kernel can be given to " + vmm.id() + " today; the value is the reference calculator's rule");
        }
        if (candidates.isEmpty()) {
            if (kernel) {
                refuseAlways(
                        launch.firmware().name()
                                + ": expected a section SNP_KERNEL_HASHES for the hashes of the kernel, found none",
                        "take an OVMF build with kernel hashes, such as Debian's OVMF.amdsev.fd, or leave --kernel out");
            }
            return Optional.empty();
        }
        if (vmm.hasNoRuleForKernelHashes()) {
            warn(
                    WarningCode.GCE_SECTION_0X10,
                    "Google's own tool stops at section type 0x10; the value treats it as QEMU does");
        }
        Firmware.Area area = launch.firmware().hashTableArea().orElse(new Firmware.Area(0, 0));
        Optional<SevMetadata.Section> usable = candidates.stream()
                .filter(section -> area.gpa() != 0
                        && area.size() >= KernelHashes.SIZE
                        && area.gpa() >= section.gpa()
                        && area.gpa() + area.size() <= section.end())
                .findFirst();
        if (usable.isEmpty()) {
            String why = launch.firmware().name()
                    + ": expected an area for kernel hashes with an address, at least " + KernelHashes.SIZE
                    + " bytes, inside " + describe(candidates.get(0)) + ", found address 0x"
                    + Long.toHexString(area.gpa()) + ", size 0x" + Long.toHexString(area.size());
            if (kernel) {
                refuseAlways(why, "rebuild the firmware, or leave --kernel out");
            } else {
                warn(WarningCode.HASH_AREA_UNUSABLE, why + "; without a kernel nothing needs it");
            }
        }
        return kernel ? usable : Optional.empty();
    }

    private void addSections(List<SevMetadata.Section> sections, Optional<SevMetadata.Section> hashes) {
        List<SevMetadata.Section> last = new ArrayList<>();
        for (SevMetadata.Section section : sections) {
            if (vmm.measuresCpuidLast() && section.type() == SevMetadata.CPUID) {
                last.add(section);
            } else if (hashes.isPresent() && hashes.get() == section) {
                addHashes(section);
            } else {
                add(section);
            }
        }
        last.forEach(this::add);
    }

    private void add(SevMetadata.Section section) {
        long pages = section.size() / PageInfo.PAGE;
        if (pages > 0) {
            regions.add(new LaunchRegion(
                    vmm.pageType(section.type()),
                    section.gpa(),
                    PageInfo.PAGE,
                    pages,
                    LaunchRegion.NO_CONTENTS,
                    section.typeName(),
                    Provenance.FileRange.of(section.source()),
                    Evidence.PEER));
        }
    }

    /** The table lies at the area's offset in its page, counted from the start of the section, as QEMU puts it. */
    private void addHashes(SevMetadata.Section section) {
        KernelHashes hashes = launch.hashes().orElseThrow();
        long area = launch.firmware().hashTableArea().orElseThrow().gpa();
        int pages = (int) (section.size() / PageInfo.PAGE);
        int at = (int) (area % PageInfo.PAGE);
        byte[] table = hashes.table();
        byte[] contents = new byte[pages * PageInfo.DIGEST];
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        byte[] empty = sha384.digest(new byte[PageInfo.PAGE]);
        for (int page = 0; page < pages; page++) {
            byte[] digest = empty;
            int from = Math.max(0, at - page * PageInfo.PAGE);
            int skipped = Math.max(0, page * PageInfo.PAGE - at);
            if (from < PageInfo.PAGE && skipped < table.length) {
                byte[] bytes = new byte[PageInfo.PAGE];
                System.arraycopy(table, skipped, bytes, from, Math.min(table.length - skipped, PageInfo.PAGE - from));
                digest = sha384.digest(bytes);
            }
            System.arraycopy(digest, 0, contents, page * PageInfo.DIGEST, PageInfo.DIGEST);
        }
        regions.add(new LaunchRegion(
                PageType.NORMAL,
                section.gpa(),
                PageInfo.PAGE,
                pages,
                contents,
                section.typeName(),
                hashes.provenance(),
                Evidence.PEER));
    }

    private static boolean isKnown(long type) {
        return type >= SevMetadata.SNP_SEC_MEM && type <= SevMetadata.SVSM_CAA || type == SevMetadata.KERNEL_HASHES;
    }

    /** Where a section is described, what is expected of it, and what it is. */
    private static String at(SevMetadata.Section section, String expected) {
        return section.source().name() + ": offset 0x"
                + Long.toHexString(section.source().start()) + ": expected " + expected + ", found "
                + describe(section);
    }

    private static String describe(SevMetadata.Section section) {
        return section.typeName() + " at address 0x" + Long.toHexString(section.gpa()) + ", size 0x"
                + Long.toHexString(section.size());
    }

    /** A file with thousands of broken sections is described by the first few. */
    private void warn(WarningCode code, String text) {
        if (warnings.stream().filter(warning -> warning.code() == code).count() < MAX_WARNINGS_OF_A_CODE) {
            warnings.add(new Warning(code, text));
        }
    }

    /** Refuses in strict mode, warns in lenient mode. */
    private void refuse(WarningCode code, String why, String hint) {
        if (launch.strictness() == Strictness.LENIENT) {
            warn(code, why);
        } else if (refusal.isEmpty()) {
            refusal = Optional.of(new Refusal(why, hint, true));
        }
    }

    /** Refuses in either mode: there is no value to give. */
    private void refuseAlways(String why, String hint) {
        if (refusal.isEmpty() || refusal.get().lenient()) {
            refusal = Optional.of(new Refusal(why, hint, false));
        }
    }
}
