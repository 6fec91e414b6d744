package dev.measure.snp;

import static dev.measure.vectors.IgvmFileWriter.igvm;
import static dev.measure.vectors.IgvmFileWriter.snp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Provenance;
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

/** What each loader makes of each directive: spec and sources as cited in {@link IgvmRules}; digests by {@link NaiveLaunch}. */
class IgvmRulesTest {
    private static final long GPA = SnpLaunch.KVM_VMSA_GPA;
    private static final byte[] NONE = {};
    private static final byte[] DATA = Arrays.copyOf(new byte[] {7, 7, 7}, 4096);
    private static final byte[] VMSA = Vmsa.first(SnpGuest.qemu(1, CpuModel.parse("EPYC-v4")));

    private static Prediction predict(IgvmFileWriter writer, IgvmRules rules) {
        return IgvmLaunchDigest.of(IgvmLaunch.of(read(writer), rules));
    }

    private static IgvmFile read(IgvmFileWriter writer) {
        return IgvmFile.read(Source.of("t.igvm", writer.build()));
    }

    private static void measures(NaiveLaunch expected, IgvmFileWriter writer, IgvmRules... rules) {
        for (IgvmRules each : rules) {
            Prediction.Predicted predicted =
                    assertInstanceOf(Prediction.Predicted.class, predict(writer, each), each::id);
            assertEquals(expected.hex(), predicted.measurement().value().hex(), each::id);
        }
    }

    private static void refuses(String why, Prediction prediction) {
        assertEquals(
                why,
                assertInstanceOf(Prediction.NotLaunchable.class, prediction).why());
    }

    private static NaiveLaunch launch() {
        return new NaiveLaunch();
    }

    private static final IgvmRules[] ALL = {
        IgvmRules.QEMU, IgvmRules.QEMU_BATCHED, IgvmRules.HYPERV, IgvmRules.IGVMMEASURE
    };
    private static final IgvmRules[] KVM = {IgvmRules.QEMU, IgvmRules.QEMU_BATCHED};
    private static final IgvmRules[] IN_PLACE = {IgvmRules.HYPERV, IgvmRules.IGVMMEASURE};

    @Test
    void measuresAPageWithDataAlike() {
        measures(
                launch().normal(0x1000, DATA).vmsa(GPA, VMSA),
                snp().page(0x1000, 1, DATA, 0, 0).context(GPA, 1, VMSA, 0),
                ALL);
    }

    @Test
    void measuresAPageWithoutDataAsZeroesOrAsZero() {
        IgvmFileWriter writer = snp().page(0x1000, 1, NONE, 0, 0).context(GPA, 1, VMSA, 0);
        measures(launch().normal(0x1000, new byte[4096]).vmsa(GPA, VMSA), writer, IN_PLACE);
        measures(launch().typed(3, 0x1000).vmsa(GPA, VMSA), writer, KVM);
        IgvmLaunch zero = new IgvmLaunch(
                read(writer),
                IgvmRules.IGVMMEASURE,
                Optional.empty(),
                Optional.empty(),
                Strictness.STRICT,
                true,
                false);
        assertEquals(launch().typed(3, 0x1000).vmsa(GPA, VMSA).hex(), value(IgvmLaunchDigest.of(zero)));
    }

    private static String value(Prediction prediction) {
        return assertInstanceOf(Prediction.Predicted.class, prediction)
                .measurement()
                .value()
                .hex();
    }

    @Test
    void measuresTheTypeOfUnmeasuredSecretsAndCpuidPages() {
        measures(
                launch().typed(4, 0x1000)
                        .typed(4, 0x2000)
                        .typed(5, 0x3000)
                        .typed(6, 0x4000)
                        .typed(6, 0x5000)
                        .typed(5, 0x6000)
                        .vmsa(GPA, VMSA),
                snp().page(0x1000, 1, DATA, 2, 0)
                        .page(0x2000, 1, NONE, 2, 0)
                        .page(0x3000, 1, NONE, 0, 1)
                        .page(0x4000, 1, NONE, 0, 2)
                        .page(0x5000, 1, DATA, 0, 3)
                        .page(0x6000, 1, NONE, 2, 1)
                        .context(GPA, 1, VMSA, 0),
                ALL);
    }

    @Test
    void leavesSharedPagesOutForHyperVAlone() {
        IgvmFileWriter writer =
                snp().page(0x1000, 1, DATA, 4, 0).page(0x2000, 1, DATA, 0, 0).context(GPA, 1, VMSA, 0);
        measures(launch().normal(0x2000, DATA).vmsa(GPA, VMSA), writer, IgvmRules.HYPERV);
        measures(
                launch().normal(0x1000, DATA).normal(0x2000, DATA).vmsa(GPA, VMSA),
                writer,
                IgvmRules.IGVMMEASURE,
                IgvmRules.QEMU);
    }

    @Test
    void countsALargePageOnceOr512Times() {
        IgvmFileWriter writer = snp().page(0x200000, 1, NONE, 1, 0).context(GPA, 1, VMSA, 0);
        measures(launch().normal(0x200000, new byte[4096]).vmsa(GPA, VMSA), writer, IgvmRules.HYPERV);
        NaiveLaunch zero = launch();
        NaiveLaunch normal = launch();
        NaiveLaunch data = launch();
        byte[] large = Arrays.copyOf(new byte[] {1, 2, 3}, 1 << 21);
        large[5000] = 9;
        for (int page = 0; page < 512; page++) {
            zero.typed(3, 0x200000 + page * 4096L);
            normal.normal(0x200000 + page * 4096L, new byte[4096]);
            data.normal(0x200000 + page * 4096L, Arrays.copyOfRange(large, page * 4096, (page + 1) * 4096));
        }
        measures(zero.vmsa(GPA, VMSA), writer, KVM);
        measures(normal.vmsa(GPA, VMSA), writer, IgvmRules.IGVMMEASURE);
        IgvmFileWriter withData = snp().page(0x200000, 1, large, 1, 0).context(GPA, 1, VMSA, 0);
        measures(data.vmsa(GPA, VMSA), withData, IgvmRules.IGVMMEASURE, IgvmRules.QEMU);
        refuses(
                "t.igvm: offset 0x48: expected at most 4096 bytes of page data, which is all that the rules hyperv allow,"
                        + " found a 2 MiB page with data",
                predict(withData, IgvmRules.HYPERV));
    }

    @Test
    void insertsEveryPageOfAParameterAreaOrTheFirst() {
        IgvmFileWriter writer = snp().parameterArea(0x3000, 9)
                .page(0x1000, 1, DATA, 0, 0)
                .page(0x8000, 1, NONE, 0, 1)
                .parameterInsert(0x5000, 1, 9)
                .context(GPA, 1, VMSA, 0);
        NaiveLaunch before = launch().normal(0x1000, DATA).typed(5, 0x8000);
        measures(
                before.copy().typed(4, 0x5000).typed(4, 0x6000).typed(4, 0x7000).vmsa(GPA, VMSA),
                writer,
                IgvmRules.HYPERV,
                IgvmRules.QEMU);
        measures(before.copy().typed(4, 0x5000).vmsa(GPA, VMSA), writer, IgvmRules.IGVMMEASURE);
        measures(
                launch().normal(0x1000, DATA)
                        .typed(4, 0x5000)
                        .typed(4, 0x6000)
                        .typed(4, 0x7000)
                        .typed(5, 0x8000)
                        .vmsa(GPA, VMSA),
                writer,
                IgvmRules.QEMU_BATCHED);
        assertEquals(List.of(WarningCode.IGVM_ORDER_UNCERTAIN), codes(predict(writer, IgvmRules.QEMU)));
        assertEquals(List.of(), codes(predict(writer, IgvmRules.QEMU_BATCHED)));
        assertEquals(List.of(), codes(predict(writer, IgvmRules.HYPERV)));
    }

    private static List<WarningCode> codes(Prediction prediction) {
        return assertInstanceOf(Prediction.Predicted.class, prediction).warnings().stream()
                .map(Warning::code)
                .toList();
    }

    @Test
    void refusesAnEmptyParameterAreaWhereQemuDoes() {
        IgvmFileWriter writer =
                snp().parameterArea(0, 0).parameterInsert(0x5000, 1, 0).context(GPA, 1, VMSA, 0);
        refuses(
                "t.igvm: offset 0x60: expected a parameter area of at least one page, as QEMU demands, found an area of 0 bytes",
                predict(writer, IgvmRules.QEMU));
        measures(launch().vmsa(GPA, VMSA), writer, IgvmRules.HYPERV);
        measures(launch().typed(4, 0x5000).vmsa(GPA, VMSA), writer, IgvmRules.IGVMMEASURE);
    }

    @Test
    void measuresWhatTheMaskMarks() {
        IgvmFileWriter writer = igvm().platform(1, 0)
                .platform(4, 2)
                .policy(0x30000, 4)
                .page(0x1000, 1, DATA, 0, 0)
                .page(0x2000, 4, DATA, 0, 0)
                .page(0x3000, 5, DATA, 0, 0)
                .context(0, 1, new byte[4096], 0)
                .context(GPA, 4, VMSA, 0);
        measures(launch().normal(0x2000, DATA).normal(0x3000, DATA).vmsa(GPA, VMSA), writer, ALL);
    }

    @Test
    void looksAtTheMaskOfAContextExceptForIgvmmeasure() {
        IgvmFileWriter writer = igvm().platform(1, 5)
                .platform(4, 2)
                .policy(0x30000, 4)
                .page(0x2000, 4, DATA, 0, 0)
                .context(0x7000, 1, DATA, 0)
                .context(GPA, 4, VMSA, 0);
        measures(launch().normal(0x2000, DATA).vmsa(GPA, VMSA), writer, IgvmRules.HYPERV, IgvmRules.QEMU);
        measures(launch().normal(0x2000, DATA).vmsa(0x7000, DATA).vmsa(GPA, VMSA), writer, IgvmRules.IGVMMEASURE);
    }

    @Test
    void measuresContextsInPlaceOrLast() {
        byte[] second = Vmsa.later(SnpGuest.qemu(2, CpuModel.parse("EPYC-v4")), 0x80b004);
        IgvmFileWriter writer =
                snp().context(GPA, 1, second, 1).page(0x1000, 1, DATA, 0, 0).context(GPA, 1, VMSA, 0);
        measures(launch().vmsa(GPA, second).normal(0x1000, DATA).vmsa(GPA, VMSA), writer, IN_PLACE);
        measures(launch().normal(0x1000, DATA).vmsa(GPA, VMSA).vmsa(GPA, second), writer, KVM);
    }

    @Test
    void takesTheLastContextOfAVcpu() {
        byte[] other = VMSA.clone();
        other[0x310] ^= 1;
        IgvmFileWriter writer =
                snp().page(0x1000, 1, DATA, 0, 0).context(GPA, 1, other, 0).context(GPA, 1, VMSA, 0);
        measures(launch().normal(0x1000, DATA).vmsa(GPA, VMSA), writer, KVM);
        assertEquals(1, IgvmLaunchDigest.defaultVcpus(read(writer), IgvmRules.QEMU));
        assertEquals(2, IgvmLaunchDigest.defaultVcpus(read(writer), IgvmRules.HYPERV));
    }

    @Test
    void buildsThePageOfAVcpuAsKvmDoes() {
        byte[] context = VMSA.clone();
        context[0x0d1] = 0; // no SVME in efer
        context[0x148] = 0; // no MCE in cr4
        context[0x158] = 1; // no ET in cr0, but PE
        context[0x062] = 0x55; // attributes of gdtr
        context[0x082] = 0x55; // attributes of idtr
        context[0x078] = 0x11; // base of ldtr, which QEMU gives to tr
        context[0x098] = 0x22; // base of tr
        byte[] page = context.clone();
        page[0x0d1] = 0x10;
        page[0x148] = 0x40;
        page[0x158] = 0x11;
        page[0x062] = 0;
        page[0x082] = 0;
        page[0x098] = 0x11;
        IgvmFileWriter writer = snp().page(0x1000, 1, DATA, 0, 0).context(GPA, 1, context, 0);
        measures(launch().normal(0x1000, DATA).vmsa(GPA, page), writer, KVM);
        assertEquals(
                List.of(
                        new Warning(
                                WarningCode.IGVM_CONTEXT_CHANGED,
                                "the page that KVM measures for vCPU 0 differs from the context in the file, first at offset 0x62")),
                assertInstanceOf(Prediction.Predicted.class, predict(writer, IgvmRules.QEMU))
                        .warnings());
        measures(launch().normal(0x1000, DATA).vmsa(GPA, context), writer, IN_PLACE);
    }

    @Test
    void givesTheFeaturesOfVcpu0ToAll() {
        byte[] first = VMSA.clone();
        first[0x3b0] = 0x21;
        byte[] second = VMSA.clone();
        byte[] secondMeasured = second.clone();
        secondMeasured[0x3b0] = 0x21;
        measures(
                launch().normal(0x1000, DATA).vmsa(GPA, first).vmsa(GPA, secondMeasured),
                snp().page(0x1000, 1, DATA, 0, 0).context(GPA, 1, second, 1).context(GPA, 1, first, 0),
                KVM);
    }

    @Test
    void refusesContextsThatQemuRefuses() {
        refuses(
                "t.igvm: offset 0x48: expected a vCPU context at gpa 0xfffffffff000, where KVM puts every VMSA, found 0x1000",
                predict(snp().context(0x1000, 1, VMSA, 0), IgvmRules.QEMU));
        byte[] inactive = VMSA.clone();
        inactive[0x3b0] = 0x20;
        refuses(
                "t.igvm: offset 0x48: expected a context with SNPActive set in sev_features, found sev_features 0x20",
                predict(snp().context(GPA, 1, inactive, 0), IgvmRules.QEMU));
        for (int offset : new int[] {0x0a0, 0x0cb, 0x140, 0x180, 0x200, 0x40c, 0x412, 0x66f}) {
            byte[] other = VMSA.clone();
            other[offset] = 3;
            refuses(
                    "t.igvm: offset 0x" + Integer.toHexString(0x68 + offset) + ": expected 0 at offset 0x"
                            + Integer.toHexString(offset)
                            + " of the vCPU context, a register that QEMU does not copy, found 0x03",
                    predict(snp().context(GPA, 1, other, 0), IgvmRules.QEMU));
        }
        refuses(
                "t.igvm: offset 0x48: expected a vp_index below the number of vCPUs, 1, found 1",
                predict(snp().context(GPA, 1, VMSA, 1), IgvmRules.QEMU));
    }

    @Test
    void measuresWhatQemuWouldRefuseOnRequest() {
        IgvmLaunch launch = new IgvmLaunch(
                read(snp().page(0x1000, 1, DATA, 0, 0).context(0x5000, 1, VMSA, 0)),
                IgvmRules.QEMU,
                Optional.empty(),
                Optional.empty(),
                Strictness.LENIENT,
                false,
                false);
        assertEquals(launch().normal(0x1000, DATA).vmsa(GPA, VMSA).hex(), value(IgvmLaunchDigest.of(launch)));
        assertEquals(List.of(WarningCode.IGVM_CONTEXT_CHANGED), codes(IgvmLaunchDigest.of(launch)));
    }

    @Test
    void measuresVcpusWithoutContextInTheirResetState() {
        IgvmFile file = read(snp().page(0x1000, 1, DATA, 0, 0).context(GPA, 1, VMSA, 0));
        CpuModel genoa = CpuModel.parse("EPYC-Genoa");
        byte[] reset = Vmsa.first(SnpGuest.qemu(1, genoa));
        Prediction three = IgvmLaunchDigest.of(new IgvmLaunch(
                file, IgvmRules.QEMU, Optional.of(3), Optional.of(genoa), Strictness.STRICT, false, false));
        assertEquals(
                launch().normal(0x1000, DATA)
                        .vmsa(GPA, VMSA)
                        .vmsa(GPA, reset)
                        .vmsa(GPA, reset)
                        .hex(),
                value(three));
        Prediction unknown = IgvmLaunchDigest.of(new IgvmLaunch(
                file, IgvmRules.QEMU, Optional.of(3), Optional.empty(), Strictness.STRICT, false, false));
        assertEquals(
                "vCPU 1 has no context in the file: it starts in its reset state, which holds the vCPU's signature",
                assertInstanceOf(Prediction.NotPredictable.class, unknown).why());
    }

    @Test
    void refusesAFileWithoutTheMeans() {
        refuses(
                "t.igvm: expected the platform SEV_SNP among the supported platforms, found NATIVE, TDX",
                predict(igvm().platform(1, 0).platform(2, 3), IgvmRules.QEMU));
        refuses(
                "t.igvm: expected a guest policy for SEV_SNP, as the rules hyperv demand, found none",
                predict(igvm().platform(1, 2).page(0x1000, 1, DATA, 0, 0), IgvmRules.HYPERV));
        refuses("t.igvm: expected a page to launch, found none", predict(snp(), IgvmRules.HYPERV));
        refuses(
                "t.igvm: offset 0x48: expected pages below the address 0x10000000000000, found 1 pages at 0x10000000000000",
                predict(snp().page(1L << 52, 1, DATA, 0, 0), IgvmRules.HYPERV));
        refuses(
                "t.igvm: offset 0x60: expected at most 4194304 pages in a launch, found 4194305 pages after 0",
                predict(snp().parameterArea(4194305L << 12, 0).parameterInsert(0, 1, 0), IgvmRules.HYPERV));
    }

    @Test
    void checksForKvmAsIgvmmeasureDoes() {
        byte[] good = VMSA.clone();
        good[0x158] = 0x31;
        assertInstanceOf(Prediction.Predicted.class, checked(snp().context(GPA, 1, good, 0)));
        refuses(
                "t.igvm: offset 0x48: expected a context with cr0 = 0x31 or 0x30, as --check-kvm demands, found 0x10",
                checked(snp().context(GPA, 1, VMSA, 0)));
        refuses(
                "t.igvm: offset 0x48: expected a vCPU context at gpa 0xfffffffff000, where KVM puts every VMSA, found 0x1000",
                checked(snp().context(0x1000, 1, good, 0)));
        refuses(
                "t.igvm: offset 0x68: expected one vCPU context, as --check-kvm demands, found a second one",
                checked(snp().context(GPA, 1, good, 0).context(GPA, 1, good, 1)));
        refuses(
                "t.igvm: offset 0x80: expected every parameter insert before the vCPU context, as --check-kvm demands,"
                        + " found one behind it",
                checked(snp().parameterArea(0x1000, 0).context(GPA, 1, good, 0).parameterInsert(0, 1, 0)));
        // A page behind the context is not looked for.
        assertInstanceOf(
                Prediction.Predicted.class,
                checked(snp().context(GPA, 1, good, 0).page(0x1000, 1, DATA, 0, 0)));
    }

    private static Prediction checked(IgvmFileWriter writer) {
        return IgvmLaunchDigest.of(new IgvmLaunch(
                read(writer),
                IgvmRules.IGVMMEASURE,
                Optional.empty(),
                Optional.empty(),
                Strictness.STRICT,
                false,
                true));
    }

    @Test
    void refusesOptionsOfOtherRules() {
        IgvmFile file = read(snp());
        assertEquals(
                "native-zero and check-kvm belong to the rules igvmmeasure, got qemu",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new IgvmLaunch(
                                        file,
                                        IgvmRules.QEMU,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Strictness.STRICT,
                                        true,
                                        false))
                        .getMessage());
        assertEquals(
                "--vcpus must be 1..512, got 0",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new IgvmLaunch(
                                        file,
                                        IgvmRules.QEMU,
                                        Optional.of(0),
                                        Optional.empty(),
                                        Strictness.STRICT,
                                        false,
                                        false))
                        .getMessage());
        assertEquals(
                "unknown IGVM rules 'xen', known: qemu, hyperv, igvmmeasure, qemu-batched, cloud-hypervisor",
                assertThrows(IllegalArgumentException.class, () -> IgvmRules.parse("xen"))
                        .getMessage());
    }

    @Test
    void warnsOfPagesTwiceAndOfAnotherIdBlock() {
        assertEquals(
                List.of(WarningCode.IGVM_PAGE_TWICE),
                codes(predict(
                        snp().page(0x1000, 1, DATA, 0, 0)
                                .page(0x1000, 1, DATA, 0, 0)
                                .context(GPA, 1, VMSA, 0),
                        IgvmRules.HYPERV)));
        byte[] ld = new byte[48];
        assertEquals(List.of(), codes(predict(snp().page(0, 1, DATA, 0, 0).idBlock(1, ld), IgvmRules.HYPERV)));
        ld[0] = 1;
        assertEquals(
                List.of(WarningCode.IGVM_ID_BLOCK_MISMATCH),
                codes(predict(snp().page(0, 1, DATA, 0, 0).idBlock(1, ld), IgvmRules.HYPERV)));
        assertEquals(
                List.of(WarningCode.IGVM_HEADER_UNHANDLED),
                codes(predict(snp().errorRange(0, 1, 0x1000).context(GPA, 1, VMSA, 0), IgvmRules.QEMU)));
    }

    @Test
    void explainsPagesByTheirPlaceInTheFile() {
        IgvmFileWriter writer = snp().page(0x1000, 1, DATA, 0, 0)
                .page(0x2000, 1, DATA, 0, 0)
                .page(0x9000, 1, NONE, 0, 1)
                .context(GPA, 1, VMSA, 0);
        Measurement measurement = assertInstanceOf(Prediction.Predicted.class, predict(writer, IgvmRules.HYPERV))
                .measurement();
        List<MeasuredEvent> regions = measurement.events();
        assertEquals(3, regions.size());
        // 24 + 24 + 24 bytes of headers, then 3 * 32 and 32
        assertEquals(
                new Provenance.FileRange("t.igvm", 0xc8, 0x2000), regions.get(0).provenance());
        assertEquals("2", regions.get(0).details().get("pages"));
        assertEquals(
                new Provenance.FileRange("t.igvm", 0x88, 32), regions.get(1).provenance());
        assertEquals(
                new Provenance.FileRange("t.igvm", 0x20c8, 0x1000),
                regions.get(2).provenance());
        List<MeasuredEvent> steps = measurement.events(Measurement.Detail.STEPS);
        assertEquals(4, steps.size());
        assertEquals(
                new Provenance.FileRange("t.igvm", 0x10c8, 0x1000), steps.get(1).provenance());
    }
}
