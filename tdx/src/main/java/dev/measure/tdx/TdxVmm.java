package dev.measure.tdx;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a VMM builds a trust domain: the registry of behaviour profiles of kind {@code tdx-vmm}. Code asks the profile; nothing
 * else compares VMMs or versions.
 */
public enum TdxVmm implements BehaviourProfile {
    /** Intel's first QEMU tree for TDX. */
    QEMU_7_2(
            "qemu-7.2",
            Optional.of(MrtdOrder.PAGE),
            Evidence.SOURCE,
            "Intel's trees before KVM series v19; td-shim issue 683, intel-staging/qemu-tdx issue 1"),
    /** Ubuntu 23.10 with TDX. */
    QEMU_8_0(
            "qemu-8.0",
            Optional.empty(),
            Evidence.SOURCE,
            "Ubuntu 23.10 +tdx1.0: dstack's rule says section for all of 8.x, the issues on qemu-8.1 say page"),
    /** Intel's tree before KVM series v19. */
    QEMU_8_1(
            "qemu-8.1",
            Optional.of(MrtdOrder.PAGE),
            Evidence.SOURCE,
            "Intel's trees before KVM series v19; td-shim issue 683, intel-staging/qemu-tdx issue 1"),
    /** Ubuntu 24.04 with TDX, and qemu-tdx-upstream-v5 ("8.2.50"). */
    QEMU_8_2(
            "qemu-8.2",
            Optional.of(MrtdOrder.SECTION),
            Evidence.HARDWARE,
            "quote of a TD on QEMU 8.2.2 (Ubuntu 24.04, kernel 6.8-intel) in dstack's fixture tdx-lite; td-shim issue 740"),
    /** Distribution and vendor trees from 9.0 to 9.2. */
    QEMU_9(
            "qemu-9",
            Optional.of(MrtdOrder.PAGE),
            Evidence.SOURCE,
            "the rules of dstack (from 9.0) and Fraunhofer (9.2.0); not reproduced with a quote"),
    /** Upstream QEMU with TDX, on KVM from Linux 6.16. */
    QEMU_10_1(
            "qemu-10.1",
            Optional.of(MrtdOrder.PAGE),
            Evidence.PEER,
            "KVM_TDX_INIT_MEM_REGION works page by page; contrast pull request 1991, virtee/tdx-measure's fixtures"),
    /** The same from the version on that leaves the header of a kernel alone in a trust domain. */
    QEMU_10_2(
            "qemu-10.2",
            Optional.of(MrtdOrder.PAGE),
            Evidence.PEER,
            "as 10.1; QEMU commit a7542a38f399, which dstack's image assembly describes; virtee/tdx-measure's fixtures"),
    /** A QEMU of a version that nobody has described. */
    QEMU_OTHER("qemu-other", Optional.empty(), Evidence.SOURCE, "no source, report or peer is known for this version"),
    /** Google Compute Engine today. */
    GCE(
            "gce",
            Optional.of(MrtdOrder.PAGE),
            Evidence.PEER,
            "google/gce-tcb-verifier 74582c0; golden values are in Google's signed endorsements"),
    /** Google Compute Engine as it once was: MRTD depends on the machine type. */
    GCE_TDHOB_BUG(
            "gce-tdhob-bug",
            Optional.of(MrtdOrder.PAGE),
            Evidence.PEER,
            "google/gce-tcb-verifier 74582c0, LaunchOptionsDefaultTDHOBBug: a fault of an older hypervisor"),
    /** cloud-hypervisor. */
    CLOUD_HYPERVISOR(
            "cloud-hypervisor", Optional.of(MrtdOrder.PAGE), Evidence.PEER, "td-shim's own tools follow this order"),
    /** td-shim's own tools. */
    TD_SHIM("td-shim", Optional.of(MrtdOrder.PAGE), Evidence.PEER, "td-shim-tee-info-hash"),
    /** Hyper-V with OpenHCL, from IGVM files. */
    HYPERV("hyperv", Optional.of(MrtdOrder.PAGE), Evidence.PEER, "microsoft/igvm igvm/src/measurement/tdx.rs");

    private static final Pattern VERSION = Pattern.compile("v?([0-9]{1,4})\\.([0-9]{1,4})(?:[^0-9].*)?");

    private final String id;
    private final Optional<MrtdOrder> order;
    private final Evidence evidence;
    private final String source;

    TdxVmm(String id, Optional<MrtdOrder> order, Evidence evidence, String source) {
        this.id = id;
        this.order = order;
        this.evidence = evidence;
        this.source = source;
    }

    /**
     * {@return the profile of a QEMU version}
     *
     * @param version such as {@code 8.2.2}, {@code 10.1} or {@code 8.2.2+tdx1.0}
     * @throws IllegalArgumentException if it does not begin with two numbers
     */
    public static TdxVmm ofQemu(String version) {
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "a QEMU version is two numbers or more, such as 8.2.2, got '" + version + "'");
        }
        int major = Integer.parseInt(matcher.group(1));
        int minor = Integer.parseInt(matcher.group(2));
        if (major > 10 || (major == 10 && minor >= 2)) {
            return QEMU_10_2;
        }
        if (major == 10 && minor == 1) {
            return QEMU_10_1;
        }
        if (major == 9) {
            return QEMU_9;
        }
        for (TdxVmm vmm : List.of(QEMU_7_2, QEMU_8_0, QEMU_8_1, QEMU_8_2)) {
            if (vmm.id.equals("qemu-" + major + "." + minor)) {
                return vmm;
            }
        }
        return QEMU_OTHER;
    }

    /**
     * {@return the profile of a name}
     *
     * @param name the id, in any case
     * @throws IllegalArgumentException if there is none
     */
    public static TdxVmm parse(String name) {
        return BehaviourProfile.named("VMM", all(), name);
    }

    /** {@return all profiles, for listing} */
    public static List<TdxVmm> all() {
        return List.of(values());
    }

    @Override
    public String kind() {
        return "tdx-vmm";
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String changes() {
        if (this == GCE_TDHOB_BUG) {
            return "MRTD in page order of all sections, TD HOB and zeroed memory included: one value for each machine type";
        }
        String kernel = this == QEMU_10_2 ? "; a kernel is handed over as it is" : "";
        return order.map(known -> "MRTD in " + known.id() + " order" + kernel)
                .orElse("the order of MRTD is not known: page and section order are both given");
    }

    @Override
    public Evidence evidence() {
        return evidence;
    }

    @Override
    public String source() {
        return source;
    }

    /** {@return the order in which it measures; empty if nobody knows} */
    public Optional<MrtdOrder> order() {
        return order;
    }

    /** {@return what it puts behind the bytes of a measured section} */
    SectionTail tail() {
        return this == TD_SHIM ? SectionTail.ZERO : SectionTail.FILE;
    }

    /** {@return whether it knows the section types that td-shim added: 4 to 8} */
    boolean knowsTdShimTypes() {
        return this == TD_SHIM || this == CLOUD_HYPERVISOR;
    }

    /** {@return whether it adds the pages of a section with PAGE_AUG as if the bit were clear} */
    boolean ignoresPageAug() {
        return isQemu() || this == GCE || this == GCE_TDHOB_BUG;
    }

    /** {@return whether firmware can have a kernel as the file is, etc/boot/kernel of QEMU from 10.0 on; empty if that is not known} */
    Optional<Boolean> exportsTheKernelFile() {
        return isQemu() && this != QEMU_OTHER ? Optional.of(this == QEMU_10_1 || this == QEMU_10_2) : Optional.empty();
    }

    /**
     * {@return whether a trust domain gets a kernel without changes in its setup header whichever way firmware reads it; empty if that is
     * not known}
     */
    Optional<Boolean> leavesKernelHeader() {
        return isQemu() && this != QEMU_OTHER ? Optional.of(this == QEMU_10_2) : Optional.empty();
    }

    /** {@return whether it is QEMU} */
    public boolean isQemu() {
        return id.startsWith("qemu");
    }
}
