package dev.measure.snp;

import static dev.measure.vectors.IgvmFileWriter.snp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.igvm.IgvmFile;
import dev.measure.vectors.IgvmFileWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Cloud Hypervisor's launch of IGVM files on KVM, as its source has it (vmm/src/igvm/igvm_loader.rs, hypervisor/src/kvm/mod.rs
 * setup_sev_snp_regs): digests by {@link NaiveLaunch}, pages of vCPUs written here byte by byte.
 */
class CloudHypervisorIgvmTest {
    private static final long GPA = SnpLaunch.KVM_VMSA_GPA;
    private static final byte[] NONE = {};
    private static final byte[] DATA = Arrays.copyOf(new byte[] {7, 7, 7}, 4096);
    private static final byte[] VMSA = Vmsa.first(SnpGuest.qemu(1, CpuModel.parse("EPYC-v4")));
    private static final KernelHashes HASHES =
            KernelHashes.of(Source.of("kernel", new byte[] {1, 2, 3}), Optional.empty(), Optional.empty());

    private static IgvmLaunch launch(IgvmFileWriter writer, Optional<KernelHashes> hashes, Strictness strictness) {
        return new IgvmLaunch(
                IgvmFile.read(Source.of("t.igvm", writer.build())),
                IgvmRules.CLOUD_HYPERVISOR,
                Optional.empty(),
                Optional.empty(),
                strictness,
                false,
                false,
                hashes);
    }

    private static Prediction.Predicted predicted(IgvmFileWriter writer, Optional<KernelHashes> hashes) {
        return assertInstanceOf(
                Prediction.Predicted.class, IgvmLaunchDigest.of(launch(writer, hashes, Strictness.STRICT)));
    }

    private static void measures(NaiveLaunch expected, IgvmFileWriter writer) {
        assertEquals(
                expected.hex(),
                predicted(writer, Optional.empty()).measurement().value().hex());
    }

    private static void measuresWithHashes(NaiveLaunch expected, IgvmFileWriter writer) {
        assertEquals(
                expected.hex(),
                predicted(writer, Optional.of(HASHES)).measurement().value().hex());
    }

    private static String refusal(IgvmFileWriter writer, Optional<KernelHashes> hashes) {
        return assertInstanceOf(
                        Prediction.NotLaunchable.class, IgvmLaunchDigest.of(launch(writer, hashes, Strictness.STRICT)))
                .why();
    }

    @Test
    void typesPagesAsKvmKnowsThem() {
        measures(
                new NaiveLaunch()
                        .normal(0x1000, DATA)
                        .typed(3, 0x2000)
                        .typed(4, 0x3000)
                        .typed(5, 0x4000)
                        .typed(6, 0x5000)
                        .typed(4, 0x6000)
                        .typed(4, 0x7000)
                        .typed(3, 0x200000)
                        .vmsa(GPA, VMSA),
                snp().parameterArea(0x2000, 0)
                        .context(0x9000, 1, VMSA, 0)
                        .page(0x1000, 1, DATA, 0, 0)
                        .page(0x2000, 1, NONE, 0, 0)
                        .page(0x3000, 1, DATA, 2, 0)
                        .page(0x4000, 1, NONE, 0, 1)
                        .page(0x5000, 1, NONE, 0, 2)
                        .parameterInsert(0x6000, 1, 0)
                        .page(0x200000, 1, NONE, 1, 0));
    }

    @Test
    void saysThatTheLayoutIsExperimental() {
        assertEquals(
                List.of(WarningCode.EXPERIMENTAL_LAYOUT),
                predicted(snp().context(GPA, 1, VMSA, 0), Optional.empty()).warnings().stream()
                        .map(Warning::code)
                        .toList());
    }

    /** KVM's own values stay in DR6, DR7, PAT, XCR0 and the floating-point state; selectors and general registers are taken. */
    @Test
    void takesSegmentsControlAndGeneralRegistersAlone() {
        byte[] context = VMSA.clone();
        byte[] page = VMSA.clone();
        context[0x178] = 0x34; // rip
        page[0x178] = 0x34;
        context[0x340] = 0x56; // r8
        page[0x340] = 0x56;
        context[0x98] = 0x78; // base of tr
        page[0x98] = 0x78;
        context[0x168] = 0x12; // dr6
        context[0x161] = 0x12; // dr7
        context[0x268] = 0x12; // g_pat
        context[0x3e8] = 7; // xcr0
        context[0x408] = 0; // mxcsr
        context[0x410] = 0; // fcw
        context[0x13] = (byte) 0xf0; // attributes of cs beyond bit 11
        Prediction.Predicted predicted = predicted(snp().context(GPA, 1, context, 0), Optional.empty());
        assertEquals(
                new NaiveLaunch().vmsa(GPA, page).hex(),
                predicted.measurement().value().hex());
        assertEquals(
                List.of(WarningCode.EXPERIMENTAL_LAYOUT, WarningCode.IGVM_CONTEXT_CHANGED),
                predicted.warnings().stream().map(Warning::code).toList());
    }

    @Test
    void writesTheKernelHashesOverThePageAt0x10000OrAppendsOne() {
        byte[] over = DATA.clone();
        Arrays.fill(over, 0xc00, 0x1000, (byte) 0);
        System.arraycopy(HASHES.table(), 0, over, 0xc00, 176);
        byte[] full = Arrays.copyOf(DATA, 4096);
        Arrays.fill(full, 0xc00, 0x1000, (byte) 9); // what lies there is replaced
        measuresWithHashes(
                new NaiveLaunch().normal(0x10000, over).typed(3, 0x11000).vmsa(GPA, VMSA),
                snp().page(0x10000, 1, full, 0, 0).page(0x11000, 1, NONE, 0, 0).context(GPA, 1, VMSA, 0));
        byte[] alone = new byte[4096];
        System.arraycopy(HASHES.table(), 0, alone, 0xc00, 176);
        measuresWithHashes(
                new NaiveLaunch().typed(3, 0x11000).normal(0x10000, alone).vmsa(GPA, VMSA),
                snp().page(0x11000, 1, NONE, 0, 0).context(GPA, 1, VMSA, 0));
    }

    @Test
    void refusesWhatCloudHypervisorStopsOn() {
        IgvmFileWriter xf = snp().page(0x1000, 1, NONE, 0, 3).context(GPA, 1, VMSA, 0);
        assertEquals(
                "expected a page of NORMAL, SECRETS or CPUID_DATA, as Cloud Hypervisor demands, found CPUID_XF",
                after(refusal(xf, Optional.empty())));
        IgvmFileWriter range = snp().errorRange(0x3000, 1, 0x1000).context(GPA, 1, VMSA, 0);
        assertEquals(
                "expected a directive that Cloud Hypervisor has code for, found ERROR_RANGE",
                after(refusal(range, Optional.empty())));
        assertEquals(
                new NaiveLaunch().vmsa(GPA, VMSA).hex(),
                assertInstanceOf(
                                Prediction.Predicted.class,
                                IgvmLaunchDigest.of(launch(range, Optional.empty(), Strictness.LENIENT)))
                        .measurement()
                        .value()
                        .hex());
        IgvmFileWriter covered =
                snp().parameterArea(0x1000, 0).parameterInsert(0x10000, 1, 0).context(GPA, 1, VMSA, 0);
        assertEquals(
                "expected no parameters over the kernel hashes at 0x10c00..0x11000, found 4096 bytes at 0x10000",
                after(refusal(covered, Optional.of(HASHES))));
        byte[] longTable = VMSA.clone();
        longTable[0x66] = 1;
        assertEquals(
                "expected a context with limits of 16 bits in gdtr and idtr, found longer ones",
                after(refusal(snp().context(GPA, 1, longTable, 0), Optional.empty())));
        assertEquals(
                "t.igvm: expected a context for each of 1 vCPUs, found none for vCPU 0",
                refusal(snp().page(0x1000, 1, DATA, 0, 0), Optional.empty()));
    }

    private static String after(String why) {
        return why.substring(why.indexOf("expected "));
    }

    @Test
    void kernelHashesAreForCloudHypervisorAlone() {
        IgvmFile file =
                IgvmFile.read(Source.of("t.igvm", snp().context(GPA, 1, VMSA, 0).build()));
        assertEquals(
                "kernel hashes belong to the rules cloud-hypervisor, got qemu",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new IgvmLaunch(
                                        file,
                                        IgvmRules.QEMU,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Strictness.STRICT,
                                        false,
                                        false,
                                        Optional.of(HASHES)))
                        .getMessage());
    }
}
