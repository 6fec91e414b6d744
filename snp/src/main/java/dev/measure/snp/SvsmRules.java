package dev.measure.snp;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import java.util.List;

/** How the pages of a raw SVSM launch are filled: the registry of behaviour profiles of kind {@code svsm-rules}. */
public enum SvsmRules implements BehaviourProfile {
    /** As KVM fills them. */
    RAW(
            "raw",
            "VMSA as KVM builds it: on --vmm qemu mxcsr 0x1f80 and fcw 0x37f, on --vmm qemu-legacy both 0",
            Evidence.SOURCE,
            "the values of virtee/sev-snp-measure up to 0.0.9, seen on hardware, are those of qemu-legacy"),
    /**
     * As virtee/sev-snp-measure fills them from 0.0.10 to 0.0.13, which no kernel does.
     *
     * <p>From 0.0.10 on that program follows Linux 6.10, which gives the floating-point state of a new vCPU to the VMSA: MXCSR
     * 0x1f80 and FPU control word 0x37f. For a raw SVSM it writes MXCSR, but assigns the control word to a field of another name,
     * which does not exist and is not part of the page, so the control word stays 0. A kernel before 6.10 leaves both 0, a later
     * one sets both: no kernel makes the page with one of the two, and no report can hold a digest of it. The program's own test
     * values (27d154c2... for four vCPUs) are such digests; its values before 0.0.10 (265aed64...) were right for their kernels.
     */
    REFERENCE_CALCULATOR_0_0_13(
            "reference-calculator-0.0.13",
            "wrong on every kernel: mxcsr 0x1f80, but fcw 0; only to compare with values made by that program",
            Evidence.PEER,
            "virtee/sev-snp-measure 0.0.10 to 0.0.13, whose SVSM page misspells the FPU control word");

    private final String id;
    private final String changes;
    private final Evidence evidence;
    private final String source;

    SvsmRules(String id, String changes, Evidence evidence, String source) {
        this.id = id;
        this.changes = changes;
        this.evidence = evidence;
        this.source = source;
    }

    @Override
    public String kind() {
        return "svsm-rules";
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

    /**
     * {@return the rules of a name}
     *
     * @param name the id, in any case
     * @throws IllegalArgumentException if there are none
     */
    public static SvsmRules parse(String name) {
        return BehaviourProfile.named("SVSM rules", all(), name);
    }

    /** {@return all rules, for listing} */
    public static List<SvsmRules> all() {
        return List.of(values());
    }
}
