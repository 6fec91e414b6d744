package dev.measure.snp;

/**
 * The VMSA page of a vCPU at launch: 4096 bytes, of which all but the fields set here are zero.
 *
 * <p>AMD64 Architecture Programmer's Manual, volume 2, appendix B, table B-4. Little-endian. A segment is {u16 selector, u16
 * attributes, u32 limit, u64 base}. {@link VmsaField} is the whole table, {@link VmsaPage} a page that was read.
 */
public final class Vmsa {
    // Offsets, in the order of the table.
    private static final int ES = 0x000;
    private static final int CS = 0x010;
    private static final int SS = 0x020;
    private static final int DS = 0x030;
    private static final int FS = 0x040;
    private static final int GS = 0x050;
    private static final int GDTR = 0x060;
    private static final int LDTR = 0x070;
    private static final int IDTR = 0x080;
    private static final int TR = 0x090;
    private static final int EFER = 0x0d0;
    private static final int CR4 = 0x148;
    private static final int CR0 = 0x158;
    private static final int DR7 = 0x160;
    private static final int DR6 = 0x168;
    private static final int RFLAGS = 0x170;
    private static final int RIP = 0x178;
    private static final int G_PAT = 0x268;
    private static final int RSP = 0x1d8;
    private static final int RDX = 0x310;
    private static final int RBP = 0x328;
    private static final int RSI = 0x330;
    private static final int SEV_FEATURES = 0x3b0;
    private static final int XCR0 = 0x3e8;
    private static final int MXCSR = 0x408;
    private static final int X87_FCW = 0x410;

    /** Where every x86 processor starts: 16 bytes below 4 GiB. */
    private static final long RESET_VECTOR = 0xfffffff0L;

    /** Where libkrun's vCPU 0 has its stack, where the boot parameters lie, and where the other vCPUs start. */
    private static final long KRUN_STACK = 0x8ff0;

    static final long KRUN_BOOT_PARAMETERS = 0x7000;
    private static final long KRUN_AP_RIP = 0xfff3;

    private final byte[] page;

    private Vmsa(byte[] page) {
        this.page = page;
    }

    /**
     * {@return the page of a vCPU, 4096 bytes}
     *
     * @param guest the guest
     * @param vcpu the index of the vCPU; all but the first are alike
     * @param resetAddress where the second and later vCPUs start, 32 bits: {@code Firmware.resetAddress()}
     * @throws IllegalArgumentException if the index is not one of the guest's
     */
    public static byte[] page(SnpGuest guest, int vcpu, long resetAddress) {
        if (vcpu < 0 || vcpu >= guest.vcpus()) {
            throw new IllegalArgumentException("vCPU index must be 0.." + (guest.vcpus() - 1) + ", got " + vcpu);
        }
        return vcpu == 0 ? first(guest) : later(guest, resetAddress);
    }

    /** The page of vCPU 0. */
    static byte[] first(SnpGuest guest) {
        return reset(guest, true, RESET_VECTOR);
    }

    /** The page of every other vCPU. */
    static byte[] later(SnpGuest guest, long resetAddress) {
        return reset(guest, false, resetAddress);
    }

    /** The reset state, as each VMM leaves it. */
    private static byte[] reset(SnpGuest guest, boolean first, long eip) {
        Vmm vmm = guest.vmm();
        boolean ec2 = vmm == Vmm.EC2 || vmm == Vmm.EC2_LEGACY;
        Vmsa vmsa = new Vmsa(new byte[PageInfo.PAGE]);
        vmsa.segment(ES, 0, 0x93, 0xffff, 0);
        vmsa.segment(CS, 0xf000, ec2 && first ? 0x9a : 0x9b, 0xffff, eip & 0xffff0000L);
        vmsa.segment(SS, 0, ec2 ? 0x92 : 0x93, 0xffff, 0);
        vmsa.segment(DS, 0, 0x93, 0xffff, 0);
        vmsa.segment(FS, 0, 0x93, 0xffff, 0);
        vmsa.segment(GS, 0, 0x93, 0xffff, 0);
        vmsa.segment(GDTR, 0, 0, 0xffff, 0);
        vmsa.segment(LDTR, 0, 0x82, 0xffff, 0);
        vmsa.segment(IDTR, 0, 0, 0xffff, 0);
        vmsa.segment(TR, 0, ec2 ? 0x83 : 0x8b, 0xffff, 0);
        vmsa.u64(EFER, 0x1000); // SVME, which KVM forces
        vmsa.u64(CR4, 0x40); // MCE
        vmsa.u64(CR0, 0x10); // ET
        vmsa.u64(DR7, 0x400);
        vmsa.u64(DR6, 0xffff0ff0L);
        vmsa.u64(RFLAGS, 2);
        vmsa.u64(RIP, eip & 0xffff);
        vmsa.u64(G_PAT, vmm == Vmm.GCE ? 0x0000000000070106L : 0x0007040600070406L);
        vmsa.u64(RDX, rdx(guest));
        vmsa.u64(SEV_FEATURES, guest.features().bits());
        vmsa.u64(XCR0, 1);
        if (vmm == Vmm.QEMU || (vmm == Vmm.QEMU_10_1 && first)) {
            vmsa.u32(MXCSR, 0x1f80);
            vmsa.u16(X87_FCW, 0x37f);
        }
        return vmsa.page;
    }

    /** The page of every vCPU of a raw SVSM launch: flat 32-bit protected mode at the SVSM's entry. */
    static byte[] svsm(SnpGuest guest, SvsmRules rules, long entryAddress) {
        SnpGuest qemu = new SnpGuest(guest.vmm(), guest.vcpus(), guest.cpu(), SevFeatures.SNP_ACTIVE);
        Vmsa vmsa = new Vmsa(reset(qemu, true, RESET_VECTOR));
        for (int data : new int[] {ES, SS, DS, FS}) {
            vmsa.segment(data, 16, 0xc93, 0xffffffffL, 0);
        }
        vmsa.segment(CS, 8, 0xc9b, 0xffffffffL, 0);
        vmsa.u64(CR0, 0x11); // ET, PE
        vmsa.u64(RIP, entryAddress);
        if (rules == SvsmRules.REFERENCE_CALCULATOR_0_0_13) {
            vmsa.u16(X87_FCW, 0);
        }
        return vmsa.page;
    }

    /**
     * The page of a vCPU under libkrun, which sets rip, rsp, rbp and rsi and leaves the rest as KVM resets it.
     * Source: libkrun src/arch/src/x86_64/regs.rs and layout.rs; on a host kernel from 6.10.
     */
    static byte[] krun(boolean first, SevFeatures features) {
        Vmsa vmsa = new Vmsa(reset(new SnpGuest(Vmm.EC2_LEGACY, 1, CpuModel.NONE, features), true, RESET_VECTOR));
        if (first) {
            vmsa.u64(RSP, KRUN_STACK);
            vmsa.u64(RBP, KRUN_STACK);
            vmsa.u64(RSI, KRUN_BOOT_PARAMETERS);
        } else {
            vmsa.u64(RIP, KRUN_AP_RIP);
        }
        vmsa.u32(MXCSR, 0x1f80);
        vmsa.u16(X87_FCW, 0x37f);
        return vmsa.page;
    }

    private static long rdx(SnpGuest guest) {
        if (guest.vmm().measuresCpuSignature()) {
            return guest.cpu().signature() & 0xffffffffL;
        }
        return guest.vmm() == Vmm.EC2_LEGACY ? 0 : 0x600;
    }

    private void segment(int offset, int selector, int attributes, long limit, long base) {
        u16(offset, selector);
        u16(offset + 2, attributes);
        u32(offset + 4, limit);
        u64(offset + 8, base);
    }

    private void u16(int offset, int value) {
        page[offset] = (byte) value;
        page[offset + 1] = (byte) (value >>> 8);
    }

    private void u32(int offset, long value) {
        u16(offset, (int) value & 0xffff);
        u16(offset + 2, (int) (value >>> 16) & 0xffff);
    }

    private void u64(int offset, long value) {
        u32(offset, value & 0xffffffffL);
        u32(offset + 4, value >>> 32);
    }
}
