package dev.measure.tdx;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.firmware.TdxMetadata;
import dev.measure.firmware.TdxMetadata.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The sections that a VMM adds to a trust domain, in table order, and the reasons for which it, or the processor, would refuse
 * them.
 *
 * <p>The checks are QEMU's (hw/i386/tdvf.c, target/i386/kvm/tdx.c), and besides no overlap, one TD HOB, no address beyond 64 bits.
 */
final class TdxPlan {
    /**
     * The most bytes of records that are hashed for one MRTD: as many as the adds of all pages below 4 GiB take. Real images need
     * 6 MB; a forged section of 2^63 bytes must not keep a processor busy for years.
     */
    static final long MAX_RECORD_BYTES = (1L << 32) / MrtdRecords.PAGE * MrtdRecords.HEAD;

    private static final int MAX_WARNINGS_OF_A_CODE = 8;

    private final TdxLaunch launch;
    private final List<MeasuredSection> sections = new ArrayList<>();
    private final List<Warning> warnings = new ArrayList<>();
    private Optional<TdxMetadata> metadata = Optional.empty();
    private Optional<Refusal> refusal = Optional.empty();

    /** Why there is no value, what to do, whether lenient mode gives one all the same, and whether a missing input is the reason. */
    record Refusal(String why, String hint, boolean lenient, boolean missingInput) {}

    /**
     * A section whose pages are added.
     *
     * @param section its record
     * @param pages how many
     * @param extended whether their contents are measured
     * @param contents their contents; zeros where the section has none
     * @param fromFile how many bytes of the contents lie in the file
     */
    record MeasuredSection(Section section, long pages, boolean extended, Source contents, long fromFile) {}

    private TdxPlan(TdxLaunch launch) {
        this.launch = launch;
    }

    /**
     * Makes the plan.
     *
     * @throws MalformedInputException if a section's bytes lie outside the file
     */
    static TdxPlan of(TdxLaunch launch) {
        TdxPlan plan = new TdxPlan(launch.recognised());
        plan.warnings.addAll(launch.firmware().warnings());
        plan.metadata = TdxMetadata.find(launch.firmware());
        if (plan.metadata.isEmpty()) {
            plan.refuseAlways(plan.noMetadata(), "take a firmware built for TDX, such as Debian's OVMF.inteltdx.ms.fd");
            return plan;
        }
        TdxMetadata found = plan.metadata.get();
        if (found.version() != 1) {
            plan.refuseAlways(
                    found.source().name() + ": offset 0x"
                            + Long.toHexString(found.source().start() + 8) + ": expected TDX metadata version 1, found "
                            + found.version(),
                    "no other version is known");
            return plan;
        }
        plan.check(found);
        if (plan.refusal.isEmpty()) {
            found.sections().forEach(plan::add);
        }
        return plan;
    }

    /** The launch, with the VMM that the firmware is made for if no other is said. */
    TdxLaunch launch() {
        return launch;
    }

    /** The sections that add pages, in table order; only without a refusal. */
    List<MeasuredSection> sections() {
        return sections;
    }

    Optional<TdxMetadata> metadata() {
        return metadata;
    }

    List<Warning> warnings() {
        return warnings;
    }

    Optional<Refusal> refusal() {
        return refusal;
    }

    private String noMetadata() {
        Source image = launch.firmware().image();
        String found = launch.firmware().table().isEmpty() ? "no GUIDed table" : "a GUIDed table without such an entry";
        long footer = Math.max(0, image.length() - 48);
        return image.name() + ": offset 0x" + Long.toHexString(image.start() + footer)
                + ": expected a GUIDed table with TDX metadata, without which no VMM starts a trust domain, found "
                + found;
    }

    private void check(TdxMetadata found) {
        if (!found.precedingGuid()) {
            warn(
                    WarningCode.TDX_METADATA_GUID,
                    found.source().name() + ": offset 0x"
                            + Long.toHexString(found.source().start())
                            + ": no GUID e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae before the TDX metadata; QEMU does not look at it");
        }
        boolean tdShim = launch.vmm().equals(Optional.of(TdxVmm.TD_SHIM));
        if (found.sections().size() < 2) {
            refuse(
                    WarningCode.TDX_SECTION_COUNT,
                    found.source().name() + ": offset 0x"
                            + Long.toHexString(found.source().start() + 12)
                            + ": expected at least two TDX metadata sections, as QEMU does, found "
                            + found.sections().size(),
                    "rebuild the firmware");
        }
        found.sections().forEach(section -> checkInFile(section, found));
        found.sections().forEach(this::checkSection);
        long hobs = found.sections().stream()
                .filter(section -> section.type() == TdxMetadata.TD_HOB)
                .count();
        // td-shim does without a TD HOB if its memory is all in PERM_MEM.
        boolean withoutHob = tdShim && hobs == 0 && TdShimRules.hasPermMem(found.sections());
        if (hobs != 1 && !withoutHob) {
            refuse(
                    WarningCode.TD_HOB_COUNT,
                    found.source().name() + ": expected exactly one TD_HOB section"
                            + (tdShim ? ", or PERM_MEM sections in its place" : "") + ", found " + hobs,
                    "rebuild the firmware");
        }
        if (tdShim) {
            TdShimRules.check(
                    found.sections(),
                    (code, section, expected) ->
                            refuse(code, at(section, expected), "td-shim would stop at its start"));
        }
        checkOverlaps(found.sections());
        checkAmount(found.sections());
    }

    /** Both are 32-bit numbers, so that their sum does not wrap in 64 bits. */
    private void checkInFile(Section section, TdxMetadata found) {
        long length = launch.firmware().image().length();
        long beyond = section.dataOffset() + section.rawDataSize() - length;
        if (beyond <= 0) {
            return;
        }
        boolean split =
                found.sections().stream().anyMatch(cfv -> cfv.type() == TdxMetadata.CFV && cfv.rawDataSize() == beyond);
        if (split) {
            warn(
                    WarningCode.SPLIT_IMAGE,
                    launch.firmware().image().name() + " is the CODE half of a split firmware; its VARS half of "
                            + beyond + " bytes is missing");
            refuseAlways(
                    at(section, "DataOffset + RawDataSize of at most " + length)
                            + ": the file is the CODE half of a split firmware and lacks its variable store of "
                            + beyond
                            + " bytes",
                    "give the VARS file of the same build with --vars; to run it, TDX needs the joined image");
            return;
        }
        throw new MalformedInputException(
                section.source().name(),
                section.source().start(),
                "DataOffset + RawDataSize of at most 0x" + Long.toHexString(length),
                "0x" + Long.toHexString(section.dataOffset()) + " + 0x" + Long.toHexString(section.rawDataSize()),
                "section " + section.typeName() + " lies outside the file; is the file cut?");
    }

    private void checkSection(Section section) {
        boolean volume = section.type() == TdxMetadata.BFV || section.type() == TdxMetadata.CFV;
        boolean empty = section.type() == TdxMetadata.TD_HOB || section.type() == TdxMetadata.TEMP_MEM;
        if (section.memoryAddress() % MrtdRecords.PAGE != 0 || section.memoryDataSize() % MrtdRecords.PAGE != 0) {
            refuseAlways(
                    at(section, "a section whose address and size are multiples of 4096"),
                    "no page can be formed; rebuild the firmware");
        }
        boolean described = section.type() > TdxMetadata.TEMP_MEM
                && section.type() <= TdxMetadata.LAST_TYPE
                && TdShimRules.isNotLoaded(section);
        if (Long.compareUnsigned(section.memoryDataSize(), section.rawDataSize()) < 0 && !described) {
            refuseAlways(
                    at(section, "a MemoryDataSize of at least the RawDataSize"),
                    "the bytes do not fit into the memory; rebuild the firmware");
        }
        if (Long.compareUnsigned(section.memoryEnd(), section.memoryAddress()) < 0 && section.memoryEnd() != 0) {
            refuse(
                    WarningCode.TDX_SECTION_WRAPS,
                    at(section, "a section below 2^64"),
                    "the addresses would start again at 0; rebuild the firmware");
        }
        if (volume && section.rawDataSize() == 0) {
            refuse(
                    WarningCode.TDX_SECTION_SIZE,
                    at(section, "a RawDataSize that is not 0, as QEMU does"),
                    "rebuild the firmware");
        }
        if (empty && section.rawDataSize() != 0) {
            refuse(
                    WarningCode.TDX_SECTION_SIZE,
                    at(section, "a RawDataSize of 0, as QEMU does"),
                    "rebuild the firmware");
        }
        if (section.memoryDataSize() == 0 && section.type() <= TdxMetadata.TEMP_MEM) {
            warn(WarningCode.ZERO_SIZE_SECTION, at(section, "a section with memory") + "; it adds no page");
        }
        checkType(section);
        checkAttributes(section);
    }

    private void checkType(Section section) {
        if (section.type() <= TdxMetadata.TEMP_MEM) {
            return;
        }
        boolean known = section.type() <= TdxMetadata.LAST_TYPE;
        if (known && launch.vmm().map(TdxVmm::knowsTdShimTypes).orElse(false)) {
            return;
        }
        refuse(
                WarningCode.UNKNOWN_SECTION_TYPE,
                at(section, known ? "a section type of 0..3, as QEMU does" : "a section type of 0..8"),
                known ? "the firmware is made for td-shim's VMMs; give --vmm td-shim" : "rebuild the firmware");
    }

    private void checkAttributes(Section section) {
        long known = TdxMetadata.MR_EXTEND | TdxMetadata.PAGE_AUG;
        if ((section.attributes() & ~known) != 0) {
            refuse(
                    WarningCode.TDX_ATTRIBUTES,
                    at(section, "attributes whose bits 2..31 are 0"),
                    "the bits are reserved; rebuild the firmware");
        }
        if (section.isExtended() && section.isAugmented()) {
            refuse(
                    WarningCode.TDX_ATTRIBUTES,
                    at(section, "MR_EXTEND or PAGE_AUG, not both"),
                    "a page that is added later cannot be measured; rebuild the firmware");
        } else if (section.isAugmented() && launch.checksAsQemu()) {
            warn(
                    WarningCode.TDX_PAGE_AUG,
                    at(
                            section,
                            "no PAGE_AUG in a firmware for QEMU, which adds such pages at once; "
                                    + (launch.vmm().isPresent()
                                            ? "they are in MRTD"
                                            : "they are not in MRTD unless --vmm names QEMU")));
        }
        if (section.type() == TdxMetadata.TD_HOB && section.isExtended()) {
            refuse(
                    WarningCode.TD_HOB_MEASURED,
                    at(section, "a TD_HOB section that is not measured")
                            + ": MRTD would depend on the memory of the guest",
                    "no firmware does this; lenient mode measures zeros",
                    true);
        }
    }

    private void checkOverlaps(List<Section> all) {
        List<Section> sorted = new ArrayList<>(all);
        sorted.removeIf(section -> section.memoryDataSize() == 0);
        sorted.sort((a, b) -> Long.compareUnsigned(a.memoryAddress(), b.memoryAddress()));
        Optional<Section> before = Optional.empty();
        for (Section section : sorted) {
            // The last address of a section, since its end may be 2^64.
            if (before.isPresent()
                    && Long.compareUnsigned(
                                    section.memoryAddress(), before.get().memoryEnd() - 1)
                            <= 0) {
                refuse(
                        WarningCode.SECTION_OVERLAP,
                        at(section, "a section beside " + describe(before.get()))
                                + "; the processor refuses the second use of a page",
                        "rebuild the firmware");
            }
            if (before.isEmpty()
                    || Long.compareUnsigned(
                                    section.memoryEnd() - 1, before.get().memoryEnd() - 1)
                            > 0) {
                before = Optional.of(section);
            }
        }
    }

    private void checkAmount(List<Section> all) {
        long bytes = 0;
        for (Section section : all) {
            if (!addsPages(section)) {
                continue;
            }
            long pages = section.memoryDataSize() >>> 12;
            bytes += Math.min(pages, MAX_RECORD_BYTES) * (section.isExtended() ? MrtdRecords.RECORD : MrtdRecords.HEAD);
            if (pages > MAX_RECORD_BYTES || bytes > MAX_RECORD_BYTES) {
                refuseAlways(
                        at(section, "sections that put at most " + MAX_RECORD_BYTES + " bytes of records into MRTD"),
                        "no firmware needs so much memory before it starts; rebuild the firmware");
                return;
            }
        }
        if (bytes == 0) {
            refuseAlways(
                    launch.firmware().image().name() + ": expected TDX metadata sections with pages, found none",
                    "rebuild the firmware");
        }
    }

    /** Whether the pages are added before the trust domain starts, and so are in MRTD. */
    private boolean addsPages(Section section) {
        boolean augmented = section.isAugmented()
                && !launch.vmm().map(TdxVmm::ignoresPageAug).orElse(section.isExtended());
        return !augmented && section.memoryDataSize() != 0;
    }

    private void add(Section section) {
        if (!addsPages(section)) {
            return;
        }
        long size = section.memoryDataSize();
        Source image = launch.firmware().image();
        Source contents = image.slice(Math.min(section.dataOffset(), image.length()), 0);
        if (section.isExtended() && section.rawDataSize() > 0) {
            contents = image.slice(section.dataOffset(), section.rawDataSize());
            if (section.rawDataSize() < size) {
                contents = withTail(section, contents);
            }
        }
        long fromFile = contents.length();
        sections.add(new MeasuredSection(section, size / MrtdRecords.PAGE, section.isExtended(), contents, fromFile));
    }

    private Source withTail(Section section, Source raw) {
        Source image = launch.firmware().image();
        boolean file = launch.effectiveTail() == SectionTail.FILE;
        warn(
                WarningCode.TDX_SECTION_TAIL,
                at(section, "a measured section whose RawDataSize is its MemoryDataSize") + "; the value is for "
                        + (file ? "the bytes that follow in the file, as QEMU copies them" : "zeros behind the data"));
        if (!file) {
            return raw;
        }
        long available = image.length() - section.dataOffset();
        if (available < section.memoryDataSize()) {
            refuse(
                    WarningCode.TDX_SECTION_SIZE,
                    at(section, "a DataOffset + MemoryDataSize inside the file, from which QEMU copies"),
                    "QEMU would copy what lies behind the file in its own memory; lenient mode takes zeros");
        }
        return image.slice(section.dataOffset(), Math.min(available, section.memoryDataSize()));
    }

    /** Where a section is described, what is expected of it, and what it is. */
    static String at(Section section, String expected) {
        return section.source().name() + ": offset 0x"
                + Long.toHexString(section.source().start()) + ": expected " + expected + ", found "
                + describe(section);
    }

    static String describe(Section section) {
        return section.typeName() + " at address 0x" + Long.toHexString(section.memoryAddress()) + ", size 0x"
                + Long.toHexString(section.memoryDataSize()) + ", data 0x" + Long.toHexString(section.dataOffset())
                + "+0x"
                + Long.toHexString(section.rawDataSize()) + ", attributes 0x" + Long.toHexString(section.attributes());
    }

    /** A file with thousands of broken sections is described by the first few. */
    private void warn(WarningCode code, String text) {
        if (warnings.stream().filter(warning -> warning.code() == code).count() < MAX_WARNINGS_OF_A_CODE) {
            warnings.add(new Warning(code, text));
        }
    }

    private void refuse(WarningCode code, String why, String hint) {
        refuse(code, why, hint, false);
    }

    /** Refuses in strict mode, warns in lenient mode. */
    private void refuse(WarningCode code, String why, String hint, boolean missingInput) {
        if (launch.strictness() == Strictness.LENIENT) {
            warn(code, why);
        } else if (refusal.isEmpty()) {
            refusal = Optional.of(new Refusal(why, hint, true, missingInput));
        }
    }

    /** Refuses in either mode: there is no value to give. */
    private void refuseAlways(String why, String hint) {
        if (refusal.isEmpty() || refusal.get().lenient()) {
            refusal = Optional.of(new Refusal(why, hint, false, false));
        }
    }
}
