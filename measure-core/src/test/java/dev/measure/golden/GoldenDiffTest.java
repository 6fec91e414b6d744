package dev.measure.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.golden.GoldenDiff.Cause;
import dev.measure.golden.GoldenDiff.CauseKind;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GoldenDiffTest {
    private static final String PCR11 = "pcr11/bank=sha256/profile=0/fwid=none/phase=none/variant=only";
    private static final String PCR4 = "pcr4/bank=sha256/profile=0/fwid=none/phase=none/variant=only";
    private static final String SNP = "snp/fw=efifw:a/vmm=qemu/cpu=EPYC/features=0x1/vcpus=1/hashes=%s/rules=raw";
    private static final List<String> IMAGE = List.of("linux.efi#.cmdline", "linux.efi#.initrd", "linux.efi#headers");

    private static Digest sha256(int fill) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) fill);
        return Digest.of(DigestAlgorithm.SHA256, bytes);
    }

    private static Digest sha384(int fill) {
        byte[] bytes = new byte[48];
        Arrays.fill(bytes, (byte) fill);
        return Digest.of(DigestAlgorithm.SHA384, bytes);
    }

    private static GoldenInput uki(int cmdline, int initrd, int headers) {
        return new GoldenInput(
                "uki",
                "linux.efi",
                30,
                sha256(cmdline + initrd + headers),
                List.of(
                        new GoldenSection(".cmdline", 10, sha256(cmdline)),
                        new GoldenSection(".initrd", 10, sha256(initrd)),
                        new GoldenSection("headers", 10, sha256(headers))));
    }

    private static GoldenValue value(String id, Digest digest, List<String> origins) {
        return new GoldenValue(id, digest, GoldenValue.Status.PREDICTED, Evidence.BOOT, origins);
    }

    private static GoldenValues golden(
            String madeBy,
            List<GoldenInput> inputs,
            List<GoldenBehaviour> behaviours,
            List<Assumption> assumptions,
            GoldenValue... values) {
        return new GoldenValues(madeBy, inputs, behaviours, assumptions, Map.of(), List.of(values), List.of());
    }

    private static GoldenValues golden(GoldenInput input, GoldenValue... values) {
        return golden("measure 1", List.of(input), List.of(), List.of(), values);
    }

    private static GoldenDiff rules(String madeBy, List<GoldenBehaviour> behaviours, List<Assumption> assumptions) {
        GoldenInput input = uki(1, 2, 3);
        return GoldenDiff.of(
                golden(
                        "measure 1",
                        List.of(input),
                        List.of(new GoldenBehaviour("stub", "262", "a")),
                        List.of(),
                        value(PCR4, sha256(1), IMAGE)),
                golden(madeBy, List.of(input), behaviours, assumptions, value(PCR4, sha256(2), IMAGE)));
    }

    @Test
    void blamesTheSectionThatIsMeasuredIntoTheValue() {
        GoldenDiff diff = GoldenDiff.of(
                golden(
                        uki(1, 2, 3),
                        value(PCR11, sha256(1), List.of("linux.efi#.cmdline")),
                        value(PCR4, sha256(1), IMAGE)),
                golden(
                        uki(1, 9, 3),
                        value(PCR11, sha256(1), List.of("linux.efi#.cmdline")),
                        value(PCR4, sha256(2), IMAGE)));
        assertEquals(1, diff.same());
        assertEquals(
                List.of(PCR4), diff.moved().stream().map(GoldenDiff.Moved::id).toList());
        assertEquals(
                List.of(new Cause(CauseKind.INPUT, "linux.efi#.initrd")),
                diff.moved().get(0).causes());
        assertEquals("linux.efi", diff.inputs().get(0).file());
        assertEquals(".initrd", diff.inputs().get(0).section().orElseThrow());
    }

    @Test
    void headersAreToBlameOnlyWhereNoSectionIs() {
        GoldenValue before = value(PCR4, sha256(1), IMAGE);
        GoldenValue after = value(PCR4, sha256(2), IMAGE);
        assertEquals(
                List.of(new Cause(CauseKind.INPUT, "linux.efi#.cmdline")),
                GoldenDiff.of(golden(uki(1, 2, 3), before), golden(uki(7, 2, 8), after))
                        .moved()
                        .get(0)
                        .causes());
        assertEquals(
                List.of(new Cause(CauseKind.INPUT, "linux.efi#headers")),
                GoldenDiff.of(golden(uki(1, 2, 3), before), golden(uki(1, 2, 8), after))
                        .moved()
                        .get(0)
                        .causes());
    }

    @Test
    void aSectionThatIsGoneIsToBlame() {
        GoldenInput without = new GoldenInput(
                "uki",
                "linux.efi",
                30,
                sha256(4),
                List.of(new GoldenSection(".cmdline", 10, sha256(1)), new GoldenSection("headers", 10, sha256(3))));
        GoldenDiff diff = GoldenDiff.of(
                golden(uki(1, 2, 3), value(PCR11, sha256(1), IMAGE)),
                golden(without, value(PCR11, sha256(2), List.of("linux.efi#.cmdline"))));
        assertEquals(
                List.of(new Cause(CauseKind.INPUT, "linux.efi#.initrd")),
                diff.moved().get(0).causes());
        assertTrue(diff.inputs().get(0).after().isEmpty());
    }

    @Test
    void whatMovedWithoutAnInputIsBlamedOnRulesThenAssumptionsThenTheProgram() {
        List<GoldenBehaviour> same = List.of(new GoldenBehaviour("stub", "262", "a"));
        assertEquals(
                List.of(new Cause(CauseKind.BEHAVIOUR, "stub=262")),
                rules("measure 2", List.of(new GoldenBehaviour("stub", "262", "b")), List.of())
                        .moved()
                        .get(0)
                        .causes());
        assertEquals(
                List.of(new Cause(CauseKind.ASSUMPTION, "vmm")),
                rules("measure 2", same, List.of(new Assumption("vmm", "qemu", "default")))
                        .moved()
                        .get(0)
                        .causes());
        assertEquals(
                List.of(new Cause(CauseKind.PROGRAM, "measure 1 -> measure 2")),
                rules("measure 2", same, List.of()).moved().get(0).causes());
        assertEquals(
                CauseKind.UNKNOWN,
                rules("measure 1", same, List.of())
                        .moved()
                        .get(0)
                        .causes()
                        .get(0)
                        .kind());
    }

    @Test
    void aValueWhoseIdHoldsTheHashesOfItsKernelMovesWithIt() {
        String before = String.format(SNP, "0123456789ab");
        String after = String.format(SNP, "ba9876543210");
        GoldenDiff diff = GoldenDiff.of(
                golden(uki(1, 2, 3), value(before, sha384(1), IMAGE)),
                golden(uki(1, 5, 3), value(after, sha384(2), IMAGE)));
        assertEquals(before, diff.moved().get(0).idBefore());
        assertEquals(after, diff.moved().get(0).id());
        assertEquals(List.of(), diff.added());
        assertEquals(List.of(), diff.removed());
        GoldenDiff other = GoldenDiff.of(
                golden(uki(1, 2, 3), value(before, sha384(1), IMAGE)),
                golden(uki(1, 5, 3), value(String.format(SNP, "none"), sha384(2), IMAGE)));
        assertEquals(List.of(before), other.removed());
        assertEquals(List.of(String.format(SNP, "none")), other.added());
    }

    @Test
    void sameValuesOfOtherInputsAreNoEmptyDifference() {
        GoldenValue value = value(PCR11, sha256(1), List.of("linux.efi#.cmdline"));
        GoldenDiff diff = GoldenDiff.of(golden(uki(1, 2, 3), value), golden(uki(1, 2, 4), value));
        assertTrue(diff.hasSameValues());
        assertFalse(diff.isEmpty());
        assertTrue(GoldenDiff.of(golden(uki(1, 2, 3), value), golden(uki(1, 2, 3), value))
                .isEmpty());
    }

    /** Of an image all of whose sections are the same, the digest of the whole file may still be another. */
    @Test
    void bytesOutsideOfAllSectionsAreAChangeOfTheFile() {
        GoldenValue value = value(PCR11, sha256(1), IMAGE);
        GoldenInput image = uki(1, 2, 3);
        GoldenInput longer = new GoldenInput("uki", "linux.efi", 31, sha256(9), image.sections());
        GoldenDiff diff = GoldenDiff.of(golden(image, value), golden(longer, value));
        assertEquals(1, diff.inputs().size());
        assertEquals("linux.efi", diff.inputs().get(0).part());
        assertEquals(30, diff.inputs().get(0).before().orElseThrow().size());
        assertEquals(31, diff.inputs().get(0).after().orElseThrow().size());
        assertFalse(diff.isEmpty());
        // a section that changed tells more than the file
        assertEquals(
                List.of("linux.efi#.cmdline"),
                GoldenDiff.of(golden(uki(1, 2, 3), value), golden(uki(4, 2, 3), value)).inputs().stream()
                        .map(GoldenDiff.InputChange::part)
                        .toList());
    }

    @Test
    void aFileWhoseSectionsOneSideDoesNotKnowIsComparedWhole() {
        GoldenInput bare = new GoldenInput("uki", "linux.efi", 30, uki(1, 2, 3).sha256(), List.of());
        GoldenInput other = new GoldenInput("uki", "linux.efi", 30, sha256(8), List.of());
        GoldenValues lock = golden(uki(1, 2, 3), value(PCR11, sha256(1), IMAGE));
        assertTrue(GoldenDiff.of(
                        lock,
                        golden("", List.of(bare), List.of(), List.of(), value(PCR11, sha256(1), List.of("linux.efi"))))
                .isEmpty());
        GoldenDiff diff = GoldenDiff.of(
                lock, golden("", List.of(other), List.of(), List.of(), value(PCR11, sha256(2), List.of("linux.efi"))));
        assertEquals(
                List.of(new Cause(CauseKind.INPUT, "linux.efi")),
                diff.moved().get(0).causes());
        assertEquals(1, diff.inputs().size());
    }

    @Test
    void whatIsSaidOfTheSameValueMattersIfOneProgramSaidBoth() {
        GoldenInput input = uki(1, 2, 3);
        GoldenValue value = value(PCR11, sha256(1), IMAGE);
        GoldenValue stronger =
                new GoldenValue(PCR11, sha256(1), GoldenValue.Status.PREDICTED, Evidence.HARDWARE, IMAGE);
        GoldenDiff edited = GoldenDiff.of(golden(input, stronger), golden(input, value));
        assertEquals(List.of(PCR11), edited.retold());
        assertTrue(edited.isEdited());
        assertFalse(edited.isEmpty());
        GoldenDiff upgraded = GoldenDiff.of(
                golden("measure 0", List.of(input), List.of(), List.of(), stronger), golden(input, value));
        assertEquals(List.of(PCR11), upgraded.retold());
        assertTrue(upgraded.isEmpty());
        GoldenInput firmware = new GoldenInput("firmware", "linux.efi", 30, input.sha256(), input.sections());
        assertEquals(
                List.of("linux.efi"),
                GoldenDiff.of(golden(input, value), golden(firmware, value)).retold());
    }

    private static GoldenValues ruled(String madeBy, List<GoldenBehaviour> behaviours, List<Assumption> assumptions) {
        return golden(madeBy, List.of(uki(1, 2, 3)), behaviours, assumptions, value(PCR11, sha256(1), IMAGE));
    }

    @Test
    void theRulesBehindTheSameValuesMatterIfOneProgramSaidBoth() {
        List<GoldenBehaviour> stub = List.of(new GoldenBehaviour("stub", "262", "a"));
        List<GoldenBehaviour> otherStub = List.of(new GoldenBehaviour("stub", "262", "b"));
        List<Assumption> vmm = List.of(new Assumption("vmm", "qemu", "said"));
        List<Assumption> otherVmm = List.of(new Assumption("vmm", "another", "said"));
        GoldenValues now = ruled("measure 1", stub, vmm);
        List<List<GoldenBehaviour>> behaviours = List.of(stub, stub, otherStub, List.of());
        List<List<Assumption>> assumptions = List.of(List.of(), otherVmm, vmm, vmm);
        for (int i = 0; i < behaviours.size(); i++) {
            GoldenDiff edited = GoldenDiff.of(ruled("measure 1", behaviours.get(i), assumptions.get(i)), now);
            assertTrue(edited.isEdited());
            assertFalse(edited.isEmpty());
            for (String other : List.of("measure 0", "")) {
                GoldenDiff upgraded = GoldenDiff.of(ruled(other, behaviours.get(i), assumptions.get(i)), now);
                assertFalse(upgraded.sameProgram());
                assertTrue(upgraded.isEmpty());
            }
        }
        assertTrue(GoldenDiff.of(now, now).isEmpty());
        // With other inputs there are other rules.
        GoldenDiff moved = GoldenDiff.of(
                golden("measure 1", List.of(uki(1, 2, 4)), otherStub, vmm, value(PCR11, sha256(1), IMAGE)), now);
        assertFalse(moved.isEdited());
        assertFalse(moved.isEmpty());
    }

    @Test
    void twoThatDoNotNameTheirProgramAreOfNoneThatIsTheSame() {
        GoldenValues first = ruled("", List.of(), List.of(new Assumption("vmm", "qemu", "said")));
        GoldenDiff diff = GoldenDiff.of(first, ruled("", List.of(), List.of()));
        assertFalse(diff.sameProgram());
        assertTrue(diff.isEmpty());
    }
}
