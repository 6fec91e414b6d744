package dev.measure.snp;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The VMSA that KVM builds, and measures, for a vCPU whose registers QEMU or Cloud Hypervisor took from the VMSA in an IGVM file.
 * The file's page itself never reaches KVM.
 *
 * <p>QEMU 10.1 target/i386/sev.c, check_vmsa_supported and sev_apply_cpu_context; Linux arch/x86/kvm/svm/sev.c, sev_es_sync_vmsa.
 * Cloud Hypervisor hypervisor/src/kvm/mod.rs, setup_sev_snp_regs. Offsets as in {@link Vmsa}.
 */
final class KvmVmsa {
    /** What QEMU knows of a VMSA: the save area without the page's rest. */
    private static final int SAVE_AREA = 0x670;

    private static final int GDTR = 0x060;
    private static final int LDTR = 0x070;
    private static final int IDTR = 0x080;
    private static final int TR = 0x090;
    private static final int EFER = 0x0d0;
    private static final int CR4 = 0x148;
    private static final int CR0 = 0x158;
    private static final int SEV_FEATURES = 0x3b0;

    private static final int EFER_SVME = 1 << 12;
    private static final int CR4_MCE = 1 << 6;
    private static final int CR0_ET = 1 << 4;

    /** The fields that QEMU copies: offset, bytes. */
    // spotless:off
    private static final int[][] COPIED = {
        {0x000, 0xa0}, // es cs ss ds fs gs gdtr ldtr idtr tr
        {EFER, 8}, {CR4, 8}, {0x150, 8}, {CR0, 8}, // cr3 at 0x150
        {0x160, 8}, {0x168, 8}, // dr7 dr6
        {0x170, 8}, {0x178, 8}, {0x1d8, 8}, {0x1f8, 8}, // rflags rip rsp rax
        {0x268, 8}, // g_pat
        {0x308, 8}, {0x310, 8}, {0x318, 8}, {0x328, 8}, {0x330, 8}, {0x338, 8}, // rcx rdx rbx rbp rsi rdi
        {0x340, 0x40}, // r8 to r15
        {SEV_FEATURES, 8}, {0x3e8, 8}, // xcr0
        {0x408, 4}, {0x410, 2}, // mxcsr fcw
    };
    // spotless:on

    /** Those that Cloud Hypervisor does not copy: they stay as KVM resets them. */
    // spotless:off
    private static final int[][] RESET_BY_KVM = {
        {0x160, 8}, {0x168, 8}, {0x268, 8}, {0x3e8, 8}, {0x408, 4}, {0x410, 2}, // dr7 dr6 g_pat xcr0 mxcsr fcw
    };
    // spotless:on

    private static final int SEGMENTS = 10;

    private KvmVmsa() {}

    /** The offset of the first byte of a context that is not zero and that QEMU does not copy, for which it refuses the file. */
    static OptionalInt unsupported(byte[] context) {
        byte[] rest = Arrays.copyOf(context, SAVE_AREA);
        for (int[] field : COPIED) {
            Arrays.fill(rest, field[0], field[0] + field[1], (byte) 0);
        }
        for (int at = 0; at < SAVE_AREA; at++) {
            if (rest[at] != 0) {
                return OptionalInt.of(at);
            }
        }
        return OptionalInt.empty();
    }

    /** SEV_FEATURES of a context. */
    static SevFeatures features(byte[] context) {
        return new SevFeatures(u64(context, SEV_FEATURES));
    }

    /** CR0 of a context. */
    static long cr0(byte[] context) {
        return u64(context, CR0);
    }

    /** The page that is measured; the features are those of vCPU 0 for all. */
    static byte[] page(byte[] context, SevFeatures features) {
        byte[] page = new byte[PageInfo.PAGE];
        for (int[] field : COPIED) {
            System.arraycopy(context, field[0], page, field[0], field[1]);
        }
        Arrays.fill(page, GDTR, GDTR + 4, (byte) 0); // KVM keeps base and limit alone
        Arrays.fill(page, IDTR, IDTR + 4, (byte) 0);
        System.arraycopy(context, LDTR + 8, page, TR + 8, 8); // QEMU gives TR the base of LDTR
        page[EFER + 1] |= (byte) (EFER_SVME >>> 8);
        page[CR4] |= (byte) CR4_MCE;
        page[CR0] |= (byte) CR0_ET;
        for (int i = 0; i < 8; i++) {
            page[SEV_FEATURES + i] = (byte) (features.bits() >>> 8 * i);
        }
        return page;
    }

    /** The page that is measured under Cloud Hypervisor. */
    static byte[] cloudHypervisorPage(byte[] context, SevFeatures features) {
        byte[] page = page(context, features);
        System.arraycopy(context, TR + 8, page, TR + 8, 8);
        for (int segment = 0; segment < SEGMENTS; segment++) {
            page[segment * 16 + 3] &= 0x0f; // KVM knows twelve bits of attributes
        }
        byte[] reset = Vmsa.first(new SnpGuest(Vmm.QEMU, 1, CpuModel.ofSignature(0), features));
        for (int[] field : RESET_BY_KVM) {
            System.arraycopy(reset, field[0], page, field[0], field[1]);
        }
        return page;
    }

    /** Whether a context has a limit of GDTR or IDTR that does not fit into 16 bits, on which Cloud Hypervisor stops. */
    static boolean hasLongTable(byte[] context) {
        return context[GDTR + 6] != 0 || context[GDTR + 7] != 0 || context[IDTR + 6] != 0 || context[IDTR + 7] != 0;
    }

    private static long u64(byte[] bytes, int offset) {
        long value = 0;
        for (int i = 7; i >= 0; i--) {
            value = value << 8 | bytes[offset + i] & 0xff;
        }
        return value;
    }
}
