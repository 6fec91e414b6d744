package dev.measure.snp;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.igvm.IgvmFile;
import dev.measure.igvm.IgvmHeader;
import dev.measure.igvm.IgvmHeader.PageData;
import dev.measure.igvm.IgvmHeader.ParameterArea;
import dev.measure.igvm.IgvmHeader.ParameterInsert;
import dev.measure.igvm.IgvmHeader.VpContext;
import dev.measure.igvm.IgvmHeaderType;
import dev.measure.igvm.IgvmPlatformType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The pages that a loader launches from the directives of an IGVM file, in the order in which they are measured, and the reasons
 * for which it would refuse the file. {@link IgvmRules} says how the loaders differ.
 */
final class IgvmLaunchPlan {
    /** No launch is larger than this: 16 GiB. A file of 4 GiB has data for a quarter of it. */
    private static final long MAX_PAGES = 1L << 22;

    /** Guest-physical addresses have at most 52 bits (AMD64 Architecture Programmer's Manual, volume 2, section 5.3). */
    private static final long ADDRESS_LIMIT = 1L << 52;

    private static final int MAX_WARNINGS_OF_A_CODE = 8;

    /** What QEMU has no handler for. */
    private static final Set<IgvmHeaderType> UNHANDLED = EnumSet.of(
            IgvmHeaderType.RELOCATABLE_REGION,
            IgvmHeaderType.PAGE_TABLE_RELOCATION_REGION,
            IgvmHeaderType.CORIM_DOCUMENT,
            IgvmHeaderType.CORIM_SIGNATURE,
            IgvmHeaderType.CCA_POLICY,
            IgvmHeaderType.SRAT,
            IgvmHeaderType.MMIO_RANGES,
            IgvmHeaderType.ERROR_RANGE,
            IgvmHeaderType.COMMAND_LINE,
            IgvmHeaderType.SLIT,
            IgvmHeaderType.PPTT,
            IgvmHeaderType.VBS_MEASUREMENT,
            IgvmHeaderType.DEVICE_TREE);

    /** What Cloud Hypervisor has code for. */
    private static final Set<IgvmHeaderType> KNOWN_TO_CLOUD_HYPERVISOR = EnumSet.of(
            IgvmHeaderType.PARAMETER_AREA,
            IgvmHeaderType.PAGE_DATA,
            IgvmHeaderType.PARAMETER_INSERT,
            IgvmHeaderType.VP_CONTEXT,
            IgvmHeaderType.REQUIRED_MEMORY,
            IgvmHeaderType.VP_COUNT_PARAMETER,
            IgvmHeaderType.MEMORY_MAP,
            IgvmHeaderType.COMMAND_LINE,
            IgvmHeaderType.SNP_ID_BLOCK);

    private final IgvmLaunch launch;
    private final IgvmFile file;
    private final IgvmRules rules;
    private final IgvmPages pages = new IgvmPages();
    private final List<Warning> warnings = new ArrayList<>();
    private final Map<Long, Long> areas = new HashMap<>(); // index, bytes
    private final TreeMap<Integer, VpContext> contexts = new TreeMap<>();
    private Optional<LaunchPlan.Refusal> refusal = Optional.empty();
    private SevFeatures features = SevFeatures.SNP_ACTIVE;
    private long mask;
    private long pageCount;
    private int contextsSoFar;
    private boolean insertOvertakesPages;
    private int vcpus;
    private int missingContext = -1;
    private boolean hashesPlaced;

    private IgvmLaunchPlan(IgvmLaunch launch) {
        this.launch = launch;
        this.file = launch.file();
        this.rules = launch.rules();
    }

    static IgvmLaunchPlan of(IgvmLaunch launch) {
        IgvmLaunchPlan plan = new IgvmLaunchPlan(launch);
        plan.run();
        return plan;
    }

    /** How many vCPUs of SEV-SNP a file has contexts for. */
    static int contexts(IgvmFile file, IgvmRules rules) {
        long mask = file.mask(IgvmPlatformType.SEV_SNP).orElse(0);
        Set<Integer> indexes = new TreeSet<>();
        int count = 0;
        for (IgvmHeader header : file.directives()) {
            if (header instanceof VpContext context && counts(file, rules, mask, context)) {
                indexes.add(context.vpIndex());
                count++;
            }
        }
        return rules.buildsVmsas() ? indexes.size() : count;
    }

    /** SEV_FEATURES of vCPU 0 in a file. */
    static SevFeatures features(IgvmFile file, IgvmRules rules) {
        long mask = file.mask(IgvmPlatformType.SEV_SNP).orElse(0);
        SevFeatures features = SevFeatures.SNP_ACTIVE;
        for (IgvmHeader header : file.directives()) {
            if (header instanceof VpContext context
                    && context.vpIndex() == 0
                    && context.data().length() == PageInfo.PAGE
                    && counts(file, rules, mask, context)) {
                features = KvmVmsa.features(context.data().toByteArray());
            }
        }
        return features;
    }

    private static boolean counts(IgvmFile file, IgvmRules rules, long mask, VpContext context) {
        long platforms = mask;
        if (!rules.looksAtContextMask()) {
            // The crate behind the calculator knows a VMSA by its platform, which may be either of these.
            platforms |= file.mask(IgvmPlatformType.SEV_ES).orElse(0);
        }
        return (context.compatibilityMask() & platforms) != 0;
    }

    List<LaunchRegion> regions() {
        return pages.regions();
    }

    List<Warning> warnings() {
        return warnings;
    }

    Optional<LaunchPlan.Refusal> refusal() {
        return refusal;
    }

    /** The first vCPU that needs the vCPU model, if that was not given. */
    OptionalInt missingContext() {
        return missingContext < 0 ? OptionalInt.empty() : OptionalInt.of(missingContext);
    }

    int vcpus() {
        return vcpus;
    }

    SevFeatures features() {
        return features;
    }

    private void run() {
        if (file.mask(IgvmPlatformType.SEV_SNP).isEmpty()) {
            refuseAlways(
                    file.source().name() + ": expected the platform SEV_SNP among the supported platforms, found "
                            + platformNames(),
                    "the file is for another kind of guest");
            return;
        }
        mask = file.mask(IgvmPlatformType.SEV_SNP).getAsLong();
        features = features(file, rules);
        vcpus = launch.vcpus().orElse(IgvmLaunchDigest.defaultVcpus(file, rules));
        if (rules.needsGuestPolicy() && file.guestPolicy(mask).isEmpty()) {
            refuseAlways(
                    file.source().name() + ": expected a guest policy for SEV_SNP, as the rules " + rules.id()
                            + " demand, found none",
                    "it is not part of the digest, but the file cannot be launched without it");
        }
        if (rules.isQemu()) {
            warnOfHeaders(file.initialization());
            warnOfHeaders(file.directives());
        }
        if (rules.isExperimental()) {
            warn(
                    WarningCode.EXPERIMENTAL_LAYOUT,
                    "this value follows Cloud Hypervisor's source on KVM; no report and no other program confirms it");
        }
        for (int directive : order()) {
            add(directive);
            if (refusal.isPresent() && !refusal.get().lenient()) {
                return;
            }
        }
        if (launch.kernelHashes().isPresent() && !hashesPlaced) {
            addHashes(HashPage.GPA, Source.of("zeros", new byte[0]));
        }
        if (rules.buildsVmsas()) {
            addVmsas();
        }
        warnOfPagesTwice();
    }

    private String platformNames() {
        List<String> names = new ArrayList<>();
        for (IgvmHeader header : file.platforms()) {
            if (header instanceof IgvmHeader.SupportedPlatform platform) {
                names.add(platform.platformType().name());
            }
        }
        return String.join(", ", names);
    }

    private void warnOfHeaders(List<IgvmHeader> headers) {
        Set<IgvmHeaderType> seen = EnumSet.noneOf(IgvmHeaderType.class);
        for (IgvmHeader header : headers) {
            if (UNHANDLED.contains(header.type()) && seen.add(header.type())) {
                warn(
                        WarningCode.IGVM_HEADER_UNHANDLED,
                        "QEMU's source has no handler for " + header.type() + " and stops; the value ignores it");
            }
        }
    }

    /** The order in which directives take effect: that of the file, or the one in which QEMU's source handles them. */
    private int[] order() {
        int[] batched = batched();
        if (rules.holdsPagesBack()) {
            return batched;
        }
        if (rules.isQemu() && insertOvertakesPages) {
            warn(
                    WarningCode.IGVM_ORDER_UNCERTAIN,
                    "a parameter insert follows pages: by its source QEMU would measure it before the last run of them; the value"
                            + " takes the order of the file, --igvm-rules qemu-batched the other");
        }
        return IntStream.range(0, file.directives().size()).toArray();
    }

    /** QEMU collects adjacent pages that are alike, and launches the run when a page comes that does not continue it. */
    private int[] batched() {
        List<IgvmHeader> directives = file.directives();
        int[] order = new int[directives.size()];
        int done = 0;
        int held = 0; // the run of pages that ends before heldEnd
        int heldEnd = 0;
        for (int i = 0; i < order.length; i++) {
            IgvmHeader header = directives.get(i);
            if (header instanceof PageData page && (page.compatibilityMask() & mask) != 0) {
                if (held > 0 && !(heldEnd == i && continues(page, (PageData) directives.get(i - 1)))) {
                    for (int index = heldEnd - held; index < heldEnd; index++) {
                        order[done++] = index;
                    }
                    held = 0;
                }
                held++;
                heldEnd = i + 1;
            } else {
                order[done++] = i;
                insertOvertakesPages |= held > 0
                        && header instanceof ParameterInsert insert
                        && (insert.compatibilityMask() & mask) != 0;
            }
        }
        for (int index = heldEnd - held; index < heldEnd; index++) {
            order[done++] = index;
        }
        return order;
    }

    private static boolean continues(PageData page, PageData before) {
        return before.gpa() + before.size() == page.gpa()
                && before.flags() == page.flags()
                && before.dataType() == page.dataType()
                && before.compatibilityMask() == page.compatibilityMask()
                && before.hasData() == page.hasData();
    }

    private void add(int directive) {
        IgvmHeader header = file.directives().get(directive);
        if (rules == IgvmRules.CLOUD_HYPERVISOR && !KNOWN_TO_CLOUD_HYPERVISOR.contains(header.type())) {
            refuse(
                    WarningCode.IGVM_HEADER_UNHANDLED,
                    at(directive, "a directive that Cloud Hypervisor has code for") + header.type(),
                    "it stops there");
        } else if (header instanceof ParameterArea area) {
            areas.put(area.index(), area.numberOfBytes());
        } else if (header instanceof PageData page) {
            if ((page.compatibilityMask() & mask) != 0) {
                addPage(page, directive);
            }
        } else if (header instanceof ParameterInsert insert) {
            if ((insert.compatibilityMask() & mask) != 0) {
                addParameters(insert, directive);
            }
        } else if (header instanceof VpContext context && counts(file, rules, mask, context)) {
            addContext(context, directive);
        }
    }

    private void addPage(PageData page, int directive) {
        if (page.is(PageData.SHARED) && rules.skipsSharedPages()) {
            return;
        }
        long count = page.size() / PageInfo.PAGE;
        if (rules.countsLargePagesOnce() && page.is(PageData.IS_2MB_PAGE)) {
            if (page.hasData()) {
                refuseAlways(
                        at(
                                        directive,
                                        "at most 4096 bytes of page data, which is all that the rules " + rules.id()
                                                + " allow")
                                + "a 2 MiB page with data",
                        "split it into pages of 4 KiB");
                return;
            }
            count = 1;
        }
        if (!fits(page.gpa(), count, directive)) {
            return;
        }
        Provenance.FileRange header = header(directive);
        if (rules == IgvmRules.CLOUD_HYPERVISOR && page.dataType() == IgvmHeader.PageDataType.CPUID_XF) {
            refuseAlways(
                    at(directive, "a page of NORMAL, SECRETS or CPUID_DATA, as Cloud Hypervisor demands") + "CPUID_XF",
                    "it stops there");
        } else if (launch.kernelHashes().isPresent()
                && page.gpa() == HashPage.GPA
                && page.dataType() != IgvmHeader.PageDataType.CPUID_DATA) {
            addHashes(page.gpa(), page.data());
        } else if (page.dataType() == IgvmHeader.PageDataType.SECRETS) {
            pages.add(PageType.SECRETS, page.gpa(), count, "PAGE_DATA SECRETS", header);
        } else if (page.dataType() != IgvmHeader.PageDataType.NORMAL) {
            pages.add(PageType.CPUID, page.gpa(), count, "PAGE_DATA " + page.dataType(), header);
        } else if (page.is(PageData.UNMEASURED)) {
            pages.add(PageType.UNMEASURED, page.gpa(), count, "PAGE_DATA unmeasured", header);
        } else if (page.hasData()) {
            addData(page);
        } else if (rules.usesZeroPages() || launch.nativeZero()) {
            pages.add(PageType.ZERO, page.gpa(), count, "PAGE_DATA without data", header);
        } else {
            pages.addZeros(page.gpa(), count, "PAGE_DATA without data", header);
        }
    }

    private void addData(PageData page) {
        Source data = page.data();
        for (int at = 0; at < page.size(); at += PageInfo.PAGE) {
            long from = Math.min(at, data.length());
            Source part = data.slice(from, Math.min(PageInfo.PAGE, data.length() - from));
            pages.addData(page.gpa() + at, "PAGE_DATA", part);
        }
    }

    /** The page in which Cloud Hypervisor writes the hashes over what the file has there. */
    private void addHashes(long gpa, Source data) {
        hashesPlaced = true;
        byte[] page = HashPage.of(data, launch.kernelHashes().orElseThrow());
        pages.add(new LaunchRegion(
                PageType.NORMAL,
                gpa,
                PageInfo.PAGE,
                1,
                pages.digest(Source.of("kernel hashes", page)),
                "kernel hashes",
                launch.kernelHashes().get().provenance(),
                Evidence.SOURCE));
    }

    private void addParameters(ParameterInsert insert, int directive) {
        if (launch.checkKvm() && contextsSoFar > 0) {
            refuseAlways(
                    at(directive, "every parameter insert before the vCPU context, as --check-kvm demands")
                            + "one behind it",
                    "KVM measures the VMSA last");
            return;
        }
        long bytes = areas.getOrDefault(insert.index(), 0L);
        if (launch.kernelHashes().isPresent()
                && Long.compareUnsigned(insert.gpa(), HashPage.TABLE) <= 0
                && bytes >= HashPage.END - insert.gpa()) {
            refuseAlways(
                    at(directive, "no parameters over the kernel hashes at 0x10c00..0x11000") + bytes + " bytes at 0x"
                            + Long.toHexString(insert.gpa()),
                    "Cloud Hypervisor refuses the file: parameters are not measured");
            return;
        }
        if (bytes == 0 && rules.isQemu()) {
            refuse(
                    WarningCode.ZERO_SIZE_SECTION,
                    at(directive, "a parameter area of at least one page, as QEMU demands") + "an area of 0 bytes",
                    "give the area a size");
        }
        long count = rules.insertsOnePage() ? 1 : bytes >>> 12;
        if (fits(insert.gpa(), count, directive) && count > 0) {
            pages.add(PageType.UNMEASURED, insert.gpa(), count, "PARAMETER_INSERT", header(directive));
        }
    }

    private void addContext(VpContext context, int directive) {
        contextsSoFar++;
        if (context.data().length() != PageInfo.PAGE) {
            refuseAlways(
                    at(directive, "a vCPU context of 4096 bytes, a VMSA")
                            + context.data().length() + " bytes",
                    "the context is for another platform");
            return;
        }
        byte[] bytes = context.data().toByteArray();
        if (rules.buildsVmsas()) {
            if (rules.isQemu()) {
                checkContext(context, bytes, directive);
            } else if (KvmVmsa.hasLongTable(bytes)) {
                refuseAlways(
                        at(directive, "a context with limits of 16 bits in gdtr and idtr") + "longer ones",
                        "Cloud Hypervisor cannot hand them to KVM");
            }
            contexts.put(context.vpIndex(), context);
            return;
        }
        if (launch.checkKvm()) {
            checkKvm(context, bytes, directive);
        }
        pages.add(vmsa(
                context.gpa(), bytes, "VMSA of vCPU " + context.vpIndex(), Provenance.FileRange.of(context.data())));
    }

    /** What igvmmeasure --check-kvm looks at. */
    private void checkKvm(VpContext context, byte[] bytes, int directive) {
        if (contextsSoFar > 1) {
            refuseAlways(
                    at(directive, "one vCPU context, as --check-kvm demands") + "a second one",
                    "the check dates from a QEMU that set up the first vCPU alone");
        } else if (context.gpa() != SnpLaunch.KVM_VMSA_GPA) {
            refuseAlways(gpa(context, directive), "KVM puts every VMSA there");
        } else if (KvmVmsa.cr0(bytes) != 0x31 && KvmVmsa.cr0(bytes) != 0x30) {
            refuseAlways(
                    at(directive, "a context with cr0 = 0x31 or 0x30, as --check-kvm demands") + "0x"
                            + Long.toHexString(KvmVmsa.cr0(bytes)),
                    "KVM sets ET, and COCONUT's SVSM sets NE and PE");
        }
    }

    /** What QEMU looks at before it takes the registers of a context. */
    private void checkContext(VpContext context, byte[] bytes, int directive) {
        if (context.vpIndex() >= vcpus) {
            refuseAlways(
                    at(directive, "a vp_index below the number of vCPUs, " + vcpus) + context.vpIndex(),
                    "give --vcpus " + (context.vpIndex() + 1) + " or more");
        }
        if (context.gpa() != SnpLaunch.KVM_VMSA_GPA) {
            refuse(WarningCode.IGVM_CONTEXT_CHANGED, gpa(context, directive), "QEMU refuses another address");
        }
        if (!KvmVmsa.features(bytes).snpActive()) {
            refuse(
                    WarningCode.SNP_ACTIVE_CLEAR,
                    at(directive, "a context with SNPActive set in sev_features") + "sev_features "
                            + KvmVmsa.features(bytes).hex(),
                    "QEMU refuses it: the guest would be no SEV-SNP guest");
        }
        OptionalInt unsupported = KvmVmsa.unsupported(bytes);
        if (unsupported.isPresent()) {
            int offset = unsupported.getAsInt();
            refuse(
                    WarningCode.IGVM_CONTEXT_CHANGED,
                    file.source().name() + ": offset 0x"
                            + Long.toHexString(context.data().start() + offset)
                            + ": expected 0 at offset 0x" + Integer.toHexString(offset)
                            + " of the vCPU context, a register that QEMU does not copy, found "
                            + String.format("0x%02x", bytes[offset]),
                    "QEMU refuses a context that KVM would measure in another form");
        }
    }

    private String gpa(VpContext context, int directive) {
        return at(directive, "a vCPU context at gpa 0xfffffffff000, where KVM puts every VMSA") + "0x"
                + Long.toHexString(context.gpa());
    }

    /** One VMSA for each vCPU, in the order of their indexes, when all pages have been measured. */
    private void addVmsas() {
        if (refusal.isPresent()) {
            return;
        }
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            VpContext context = contexts.get(vcpu);
            if (context != null) {
                addVmsa(context);
            } else if (!rules.isQemu()) {
                refuseAlways(
                        file.source().name() + ": expected a context for each of " + vcpus
                                + " vCPUs, found none for vCPU " + vcpu,
                        "in which state Cloud Hypervisor leaves such a vCPU is not known");
                return;
            } else if (launch.cpu().isPresent()) {
                addResetVmsa(vcpu, launch.cpu().get());
            } else {
                missingContext = vcpu;
                return;
            }
        }
    }

    private void addVmsa(VpContext context) {
        byte[] bytes = context.data().toByteArray();
        byte[] page = rules.isQemu() ? KvmVmsa.page(bytes, features) : KvmVmsa.cloudHypervisorPage(bytes, features);
        Provenance from = Provenance.FileRange.of(context.data());
        int different = Arrays.mismatch(bytes, page);
        if (different >= 0) {
            from = new Provenance.Derived("the VMSA that KVM builds", List.of(from));
            warn(
                    WarningCode.IGVM_CONTEXT_CHANGED,
                    "the page that KVM measures for vCPU " + context.vpIndex()
                            + " differs from the context in the file, first at offset 0x"
                            + Integer.toHexString(different));
        }
        pages.add(vmsa(SnpLaunch.KVM_VMSA_GPA, page, "VMSA of vCPU " + context.vpIndex(), from));
    }

    private void addResetVmsa(int vcpu, CpuModel cpu) {
        byte[] page = Vmsa.first(new SnpGuest(Vmm.QEMU, 1, cpu, features));
        Provenance from = new Provenance.Derived(
                "reset state of a vCPU without a context",
                List.of(
                        new Provenance.Parameter("vcpu-type", cpu.name()),
                        new Provenance.Parameter("vcpus", Integer.toString(vcpus))));
        pages.add(vmsa(SnpLaunch.KVM_VMSA_GPA, page, "VMSA of vCPU " + vcpu, from));
    }

    private LaunchRegion vmsa(long gpa, byte[] page, String name, Provenance from) {
        return new LaunchRegion(
                PageType.VMSA, gpa, 0, 1, pages.digest(Source.of(name, page)), name, from, Evidence.SOURCE);
    }

    private boolean fits(long gpa, long count, int directive) {
        if (gpa < 0 || gpa >= ADDRESS_LIMIT || count > (ADDRESS_LIMIT - gpa) / PageInfo.PAGE) {
            refuseAlways(
                    at(directive, "pages below the address 0x" + Long.toHexString(ADDRESS_LIMIT)) + count
                            + " pages at 0x" + Long.toHexString(gpa),
                    "no processor has such memory");
            return false;
        }
        if (count > MAX_PAGES - pageCount) {
            refuseAlways(
                    at(directive, "at most " + MAX_PAGES + " pages in a launch") + count + " pages after " + pageCount,
                    "no launch is that large");
            return false;
        }
        pageCount += count;
        return true;
    }

    /** The second launch update of a page fails in the processor. */
    private void warnOfPagesTwice() {
        List<LaunchRegion> sorted = new ArrayList<>(pages.regions());
        sorted.removeIf(region -> region.type() == PageType.VMSA);
        sorted.sort(Comparator.comparingLong(LaunchRegion::gpa));
        long end = 0;
        for (LaunchRegion region : sorted) {
            if (region.gpa() < end) {
                warn(
                        WarningCode.IGVM_PAGE_TWICE,
                        "the page at 0x" + Long.toHexString(region.gpa())
                                + " is loaded twice; the processor refuses the second use of a page");
            }
            end = Math.max(end, region.gpa() + region.pages() * PageInfo.PAGE);
        }
    }

    private Provenance.FileRange header(int directive) {
        IgvmHeaderType type = file.directives().get(directive).type();
        return new Provenance.FileRange(
                file.source().name(), file.directiveOffset(directive), 8 + (type.length() + 7) / 8 * 8);
    }

    private String at(int directive, String expected) {
        return file.source().name() + ": offset 0x" + Long.toHexString(file.directiveOffset(directive)) + ": expected "
                + expected + ", found ";
    }

    /** A file with thousands of oddities is described by the first few. */
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
            refusal = Optional.of(new LaunchPlan.Refusal(why, hint, true));
        }
    }

    /** Refuses in either mode: there is no value to give. */
    private void refuseAlways(String why, String hint) {
        if (refusal.isEmpty() || refusal.get().lenient()) {
            refusal = Optional.of(new LaunchPlan.Refusal(why, hint, false));
        }
    }
}
