package dev.measure.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import dev.measure.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GoldenValuesTest {
    private static final String PCR11 = "pcr11/bank=sha256/profile=0/fwid=none/phase=none/variant=only";
    private static final String PCR5_AGAIN = "pcr5/bank=sha256/profile=0/fwid=none/phase=none/variant=exit-boot-retry";
    private static final String PCR5_ONCE = "pcr5/bank=sha256/profile=0/fwid=none/phase=none/variant=exit-boot-once";
    private static final String MRTD = "mrtd/fw=efifw:a%20b/order=page";

    private static final Register PCR_11 = new Register.Pcr(11, DigestAlgorithm.SHA256);
    private static final Register PCR_5 = new Register.Pcr(5, DigestAlgorithm.SHA256);
    private static final Register PCR_0 = new Register.Pcr(0, DigestAlgorithm.SHA256);

    static final String LOCK = """
            {
              "schema": "measure/lock/v1",
              "madeBy": "measure 0.1.0",
              "inputs": [
                {"role": "firmware", "name": "fw/OVMF.fd", "size": 3, "sha256": "0303030303030303030303030303030303030303030303030303030303030303"},
                {"role": "uki", "name": "linux.efi", "size": 2, "sha256": "0202020202020202020202020202020202020202020202020202020202020202", "sections": [
                  {"name": ".cmdline", "size": 1, "sha256": "0101010101010101010101010101010101010101010101010101010101010101"}
                ]}
              ],
              "behaviours": [
                {"kind": "order", "id": "page", "rule": "a page is added and measured"}
              ],
              "assumptions": [
                {"key": "stub", "value": "262", "why": "the file says so: \\"262\\""}
              ],
              "policies": {
                "snp": {"guest-svn": "1", "policy": "0x30000"}
              },
              "origins": {
                "cff6474e": ["linux.efi#.cmdline"],
                "e24ac389": ["fw/OVMF.fd"]
              },
              "values": [
                {"id": "mrtd/fw=efifw:a%20b/order=page", "alg": "sha384", "value": "040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404", "status": "predicted", "evidence": "hardware", "origins": "e24ac389"},
                {"id": "pcr11/bank=sha256/profile=0/fwid=none/phase=none/variant=only", "alg": "sha256", "value": "0505050505050505050505050505050505050505050505050505050505050505", "status": "from-evidence", "evidence": "boot", "origins": "cff6474e"}
              ],
              "confirmed": [
                {"id": "mrtd/fw=efifw:a%20b/order=page", "alg": "sha384", "value": "040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404040404", "evidence": "host.quote", "sha256": "0606060606060606060606060606060606060606060606060606060606060606"}
              ]
            }
            """;

    private static Digest of(DigestAlgorithm algorithm, int fill) {
        byte[] bytes = new byte[algorithm.length()];
        Arrays.fill(bytes, (byte) fill);
        return Digest.of(algorithm, bytes);
    }

    private static Digest sha256(int fill) {
        return of(DigestAlgorithm.SHA256, fill);
    }

    private static GoldenValues golden() {
        return new GoldenValues(
                "measure 0.1.0",
                List.of(
                        new GoldenInput(
                                "uki", "linux.efi", 2, sha256(2), List.of(new GoldenSection(".cmdline", 1, sha256(1)))),
                        new GoldenInput("firmware", "fw/OVMF.fd", 3, sha256(3), List.of())),
                List.of(new GoldenBehaviour("order", "page", "a page is added and measured")),
                List.of(new Assumption("stub", "262", "the file says so: \"262\"")),
                Map.of("snp", Map.of("policy", "0x30000", "guest-svn", "1")),
                List.of(
                        new GoldenValue(
                                PCR11,
                                sha256(5),
                                GoldenValue.Status.FROM_EVIDENCE,
                                Evidence.BOOT,
                                List.of("linux.efi#.cmdline")),
                        new GoldenValue(
                                MRTD,
                                of(DigestAlgorithm.SHA384, 4),
                                GoldenValue.Status.PREDICTED,
                                Evidence.HARDWARE,
                                List.of("fw/OVMF.fd"))),
                List.of(new GoldenConfirmation(MRTD, of(DigestAlgorithm.SHA384, 4), "host.quote", sha256(6))));
    }

    private static String written(GoldenValues golden) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        golden.write(bytes);
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static GoldenValues read(String text) {
        return GoldenValues.read(Source.of("measure.lock.json", text.getBytes(StandardCharsets.UTF_8)));
    }

    private static GoldenValues of(GoldenValue... values) {
        return GoldenValues.of(List.of(values));
    }

    @Test
    void writesOneValueOnEachLineSorted() throws IOException {
        assertEquals(LOCK, written(golden()));
    }

    @Test
    void readsWhatItWrites() throws IOException {
        assertEquals(golden(), read(LOCK));
        assertEquals(LOCK, written(read(LOCK)));
    }

    @Test
    void readsAnEmptyLock() throws IOException {
        GoldenValues empty = GoldenValues.of(List.of());
        assertEquals(empty, read(written(empty)));
    }

    @Test
    void findsValuesByIdAndByRegister() {
        assertEquals(sha256(5), golden().value(PCR11).orElseThrow().digest());
        assertEquals(
                Map.of("fw", "efifw:a b", "order", "page"),
                golden().value(MRTD).orElseThrow().parameters());
        assertTrue(golden().value("mrtd").isEmpty());
        assertEquals(PCR11, golden().of(PCR_11).get(0).id());
    }

    @Test
    void anyOfSeveralRightValuesPassesAndIsNamed() {
        GoldenValues golden = of(GoldenValue.of(PCR5_ONCE, sha256(1)), GoldenValue.of(PCR5_AGAIN, sha256(2)));
        GoldenCheck check = golden.check(Map.of(PCR_5, sha256(2)));
        assertTrue(check.passes());
        assertEquals(List.of(PCR5_AGAIN), check.matches());
    }

    @Test
    void anotherValueFails() {
        GoldenCheck check = of(GoldenValue.of(PCR11, sha256(1))).check(Map.of(PCR_11, sha256(2)));
        assertFalse(check.passes());
        assertEquals(List.of(new Verdict.Mismatch(PCR_11, Map.of(PCR11, sha256(1)), sha256(2))), check.verdicts());
    }

    @Test
    void aRegisterThatTheEvidenceLeavesOutFails() {
        GoldenValues golden = of(GoldenValue.of(PCR11, sha256(1)), GoldenValue.of(PCR5_ONCE, sha256(2)));
        GoldenCheck check = golden.check(Map.of(PCR_11, sha256(1)));
        assertFalse(check.passes());
        assertTrue(check.verdicts().contains(new Verdict.Absent(PCR_5, Map.of(PCR5_ONCE, sha256(2)))));
    }

    @Test
    void evidenceOfRegistersThatNobodyExpectsDoesNotPass() {
        assertFalse(of(GoldenValue.of(MRTD, of(DigestAlgorithm.SHA384, 4)))
                .check(Map.of(PCR_0, sha256(1)))
                .passes());
        assertFalse(of().check(Map.of()).passes());
        assertFalse(golden().check(Map.of()).passes());
    }

    @Test
    void objectionsNameTheRegister() {
        GoldenValues golden = of(GoldenValue.of(PCR11, sha256(1)), GoldenValue.of(PCR5_ONCE, sha256(2)));
        assertEquals(
                List.of(
                        "pcr11:sha256 holds " + sha256(3).hex() + ", which is none of 1 golden values",
                        "pcr5:sha256 has a golden value, and the evidence does not show it"),
                golden.check(Map.of(PCR_11, sha256(3))).objections());
        assertEquals(
                List.of("no register of the evidence has a golden value"),
                of().check(Map.of(PCR_11, sha256(3))).objections());
        assertEquals(
                List.of(),
                golden.check(Map.of(PCR_11, sha256(1), PCR_5, sha256(2))).objections());
    }

    @Test
    void aTechnologyWithoutEvidenceIsSaidToBeUnchecked() {
        GoldenCheck check = golden().check(Map.of(PCR_11, sha256(5), PCR_0, sha256(9)));
        assertTrue(check.passes());
        assertEquals(Set.of("mrtd"), check.unchecked());
    }

    @Test
    void aBankThatTheEvidenceLeavesOutIsNotCheckedByAnother() {
        Register sha1 = new Register.Pcr(11, DigestAlgorithm.SHA1);
        assertFalse(golden().check(Map.of(sha1, of(DigestAlgorithm.SHA1, 5))).passes());
    }

    @Test
    void severalPiecesOfEvidenceAreCheckedTogether() {
        Map<Register, Digest> td = Map.of(new Register.Mrtd(), of(DigestAlgorithm.SHA384, 4));
        assertTrue(golden().check(() -> td, () -> Map.of(PCR_11, sha256(5))).passes());
        assertFalse(golden().check(() -> td, () -> Map.of(PCR_11, sha256(6))).passes());
        assertFalse(golden().check(() -> Map.of(PCR_11, sha256(5)), () -> Map.of(PCR_11, sha256(6)))
                .passes());
    }

    /** A processor has either technology; two quotes, each of a machine of its own, must not pass for one. */
    @Test
    void aLaunchDigestAndAnMrtdAreNeverOfOneGuest() {
        String id = "snp/fw=file:a/vmm=qemu/cpu=EPYC-v4/features=0x1/vcpus=1/hashes=none/rules=raw";
        Digest value = of(DigestAlgorithm.SHA384, 7);
        Register launch = new Register.LaunchDigest(Register.Launch.SNP);
        Map<Register, Digest> td = Map.of(new Register.Mrtd(), of(DigestAlgorithm.SHA384, 4));
        GoldenValue mrtd = GoldenValue.of(MRTD, of(DigestAlgorithm.SHA384, 4));
        String objection = "the evidence is of different machines: no guest has registers of snp and of tdx";
        for (GoldenValues golden :
                List.of(of(GoldenValue.of(id, value), mrtd), of(GoldenValue.of(id, value)), of(mrtd))) {
            GoldenCheck check = golden.check(() -> Map.of(launch, value), () -> td);
            assertEquals(List.of(objection), check.objections());
            assertEquals(List.of(), check.machines());
        }
        assertTrue(of(GoldenValue.of(id, value), GoldenValue.of(PCR11, sha256(5)))
                .check(() -> Map.of(launch, value), () -> Map.of(PCR_11, sha256(5)))
                .passes());
    }

    /** A launch digest has no phase, and is no machine of its own beside a PCR that has one. */
    @Test
    void aMachineStandsOnce() {
        GoldenCheck check = of(GoldenValue.of(MRTD, of(DigestAlgorithm.SHA384, 4)), GoldenValue.of(PCR11, sha256(5)))
                .check(
                        () -> Map.of(new Register.Mrtd(), of(DigestAlgorithm.SHA384, 4)),
                        () -> Map.of(PCR_11, sha256(5)));
        assertEquals(
                List.of(Map.of("fw", "efifw:a b", "fwid", "none", "phase", "none", "profile", "0")),
                check.machines().stream().map(GoldenMachine::keys).toList());
    }

    @Test
    void theBankOfAnIdIsThatOfItsDigest() {
        for (String bank : List.of("sha1", "sha384", "sm3_256", "SHA256", "")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> GoldenValue.of(
                            "pcr11/bank=" + bank + "/profile=0/fwid=none/phase=none/variant=only", sha256(1)));
        }
    }

    @Test
    void aReportOfAGuestBehindAnSvsmIsCheckedByItsValue() {
        String id = "svsm/fw=file:a/vmm=qemu/cpu=EPYC-v4/features=0x1/vcpus=1/hashes=none/rules=raw";
        Digest value = of(DigestAlgorithm.SHA384, 7);
        Register inReport = new Register.LaunchDigest(Register.Launch.SNP);
        assertTrue(of(GoldenValue.of(id, value)).check(Map.of(inReport, value)).passes());
    }

    /** Else an edited lock file could claim that a machine has shown what it has not. */
    @Test
    void whatIsConfirmedIsOneOfTheValues() {
        int confirmed = LOCK.indexOf("\"confirmed\"");
        String other = LOCK.substring(0, confirmed) + LOCK.substring(confirmed).replace("040404", "040405");
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(other));
        assertEquals(
                "measure.lock.json: offset 0x" + Integer.toHexString(other.indexOf("\"mrtd/fw=efifw:a%20b", confirmed))
                        + ": expected one of the values above, found another value of 'mrtd/fw=efifw:a%20b/order=page'",
                e.getMessage());
        String unknown =
                LOCK.substring(0, confirmed) + LOCK.substring(confirmed).replace("order=page", "order=section");
        assertEquals(
                "one of the values above, found 'mrtd/fw=efifw:a%20b/order=section'",
                assertThrows(MalformedInputException.class, () -> read(unknown))
                        .getMessage()
                        .split("expected ")[1]);
        GoldenConfirmation seen = new GoldenConfirmation(PCR11, sha256(1), "host.log", sha256(6));
        List<GoldenValue> values = List.of(GoldenValue.of(PCR11, sha256(2)));
        assertThrows(
                IllegalArgumentException.class,
                () -> new GoldenValues("", List.of(), List.of(), List.of(), Map.of(), values, List.of(seen)));
    }

    @Test
    void whatIsLeftOutIsNotConfirmedEither() throws IOException {
        GoldenValues golden = golden().only(value -> !value.id().equals(MRTD));
        assertEquals(List.of(), golden.confirmed());
        assertEquals(golden, read(written(golden)));
    }

    private static final String PCR_KEYS = "/bank=sha256/profile=%s/fwid=%s/phase=%s/variant=%s";

    private static String pcr(int pcr, Object... keys) {
        return "pcr" + pcr + String.format(PCR_KEYS, keys);
    }

    /** PCR 4 of two profiles and two variants, PCR 11 of two profiles and phases; PCR 4 was asked for at one phase only. */
    private static GoldenValues machines() {
        return of(
                GoldenValue.of(pcr(4, 0, "none", "none", "m1"), sha256(1)),
                GoldenValue.of(pcr(4, 1, "none", "none", "m1"), sha256(2)),
                GoldenValue.of(pcr(4, 0, "none", "none", "m2"), sha256(3)),
                GoldenValue.of(pcr(5, 0, "none", "none", "m1+once"), sha256(4)),
                GoldenValue.of(pcr(5, 0, "none", "none", "m1+again"), sha256(5)),
                GoldenValue.of(pcr(5, 1, "none", "none", "m1+again"), sha256(5)),
                GoldenValue.of(pcr(5, 0, "none", "none", "m2+once"), sha256(6)),
                GoldenValue.of(pcr(11, 0, "none", "enter-initrd", "only"), sha256(7)),
                GoldenValue.of(pcr(11, 0, "none", "enter-initrd:ready", "only"), sha256(8)),
                GoldenValue.of(pcr(11, 1, "none", "enter-initrd", "only"), sha256(9)),
                GoldenValue.of(pcr(12, 0, "none", "enter-initrd", "only"), sha256(0)),
                GoldenValue.of(pcr(12, 0, "none", "enter-initrd:ready", "only"), sha256(10)),
                GoldenValue.of(pcr(12, 1, "none", "enter-initrd", "only"), sha256(0)));
    }

    private static GoldenCheck machine(int pcr4, int pcr5, int pcr11, int pcr12) {
        Register eleven = new Register.Pcr(11, DigestAlgorithm.SHA256);
        return machines()
                .check(Map.of(
                        new Register.Pcr(4, DigestAlgorithm.SHA256),
                        sha256(pcr4),
                        PCR_5,
                        sha256(pcr5),
                        eleven,
                        sha256(pcr11),
                        new Register.Pcr(12, DigestAlgorithm.SHA256),
                        sha256(pcr12)));
    }

    @Test
    void matchesMustBeOfOneMachineAndItIsNamed() {
        GoldenCheck zero = machine(1, 5, 7, 0);
        assertTrue(zero.passes(), zero.objections().toString());
        assertEquals(
                List.of("fwid=none, phase=enter-initrd, profile=0, variant=again+m1"),
                zero.machines().stream().map(GoldenMachine::text).toList());
        assertTrue(zero.matches().contains(pcr(12, 0, "none", "enter-initrd", "only")));
        assertTrue(machine(1, 4, 8, 10).passes());
        GoldenCheck one = machine(2, 5, 9, 0);
        assertTrue(one.passes(), one.objections().toString());
        assertTrue(one.matches().contains(pcr(12, 1, "none", "enter-initrd", "only")));
        assertTrue(one.matches().contains(pcr(5, 1, "none", "none", "m1+again")));
    }

    private static void apart(String message, GoldenCheck check) {
        assertFalse(check.passes());
        assertEquals(List.of("the registers hold golden values of different machines: " + message), check.objections());
        assertEquals(List.of(), check.machines());
    }

    @Test
    void matchesOfDifferentProfilesMachinesOrMomentsDoNotPass() {
        apart("pcr4:sha256 of profile=0, pcr11:sha256 of profile=1", machine(1, 5, 9, 0));
        apart("pcr4:sha256 of variant=m1, pcr5:sha256 of variant=m2+once", machine(1, 6, 7, 0));
        apart("pcr11:sha256 of phase=enter-initrd, pcr12:sha256 of phase=enter-initrd:ready", machine(1, 5, 7, 10));
    }

    private static final Register SNP = new Register.LaunchDigest(Register.Launch.SNP);

    /** An image with two firmwares, which its stub measures into PCR 11 when it selects one. */
    private static GoldenCheck firmware(Register launch, int launched, int pcr11) {
        String snp = "snp/fw=%s/vmm=qemu/cpu=EPYC-v4/features=0x1/vcpus=1/hashes=none/rules=raw";
        GoldenValues golden = of(
                GoldenValue.of(String.format(snp, "efifw:a%20a"), of(DigestAlgorithm.SHA384, 1)),
                GoldenValue.of(String.format(snp, "efifw:b"), of(DigestAlgorithm.SHA384, 2)),
                GoldenValue.of(String.format(snp, "file:a"), of(DigestAlgorithm.SHA384, 3)),
                GoldenValue.of("mrtd/fw=efifw:a%20a/order=page", of(DigestAlgorithm.SHA384, 1)),
                GoldenValue.of("mrtd/fw=efifw:b/order=page", of(DigestAlgorithm.SHA384, 2)),
                GoldenValue.of("mrtd/fw=file:a/order=page", of(DigestAlgorithm.SHA384, 3)),
                GoldenValue.of(pcr(11, 0, "a%20a", "none", "only"), sha256(1)),
                GoldenValue.of(pcr(11, 0, "b", "none", "only"), sha256(2)),
                GoldenValue.of(pcr(11, 0, "none", "none", "only"), sha256(3)));
        return golden.check(Map.of(
                launch,
                of(DigestAlgorithm.SHA384, launched),
                new Register.Pcr(11, DigestAlgorithm.SHA256),
                sha256(pcr11)));
    }

    @Test
    void aLaunchedFirmwareIsTheOneThatTheStubMeasured() {
        for (Register launch : List.of(SNP, new Register.Mrtd())) {
            assertTrue(firmware(launch, 1, 1).passes());
            assertTrue(firmware(launch, 2, 2).passes());
            String of = launch.text() + " of firmware of the image=";
            apart(of + "a a, pcr11:sha256 of firmware of the image=b", firmware(launch, 1, 2));
            apart(of + "b, pcr11:sha256 of firmware of the image=a a", firmware(launch, 2, 1));
            // Before the stub has handed over, the machine has the host's firmware; after it, the stub need not run
            // again.
            assertTrue(firmware(launch, 3, 2).passes());
            assertTrue(firmware(launch, 1, 3).passes());
        }
        for (GoldenMachine machine : firmware(SNP, 1, 1).machines()) {
            assertEquals("efifw:a a", machine.keys().get("fw"));
            assertEquals("a a", machine.keys().get("fwid"));
            assertFalse(machine.text().contains("firmware of the image"), machine.text());
        }
    }

    @Test
    void whatIsUnknownGoesWithEverything() {
        String rtmr =
                "rtmr%s/fw=file:a/edk2=%s/vmm=%s/memory=%s/vcpus=unknown/profile=0/fwid=none/phase=none/variant=only";
        Digest value = of(DigestAlgorithm.SHA384, 1);
        GoldenValues golden = of(
                GoldenValue.of(String.format(rtmr, 0, "202505", "qemu", "2G"), value),
                GoldenValue.of(String.format(rtmr, 1, "unknown", "unknown", "unknown"), value));
        assertTrue(golden.check(Map.of(new Register.Rtmr(0), value, new Register.Rtmr(1), value))
                .passes());
    }

    @Test
    void piecesThatShowOneRegisterDifferentlyDoNotPass() {
        GoldenValues golden = of(GoldenValue.of(PCR5_ONCE, sha256(1)), GoldenValue.of(PCR5_AGAIN, sha256(2)));
        GoldenCheck check = golden.check(() -> Map.of(PCR_5, sha256(1)), () -> Map.of(PCR_5, sha256(2)));
        assertEquals(
                List.of("pcr5:sha256: expected " + sha256(1).hex() + ", as another piece of evidence shows, found "
                        + sha256(2).hex()),
                check.objections());
    }

    private static RegisterEvidence signed(Register register, Digest value, FieldVerdict verdict) {
        RegisterEvidence bare = () -> Map.of(register, value);
        return bare.with(List.of(verdict));
    }

    @Test
    void aWrongSignatureFailsAndOneThatNobodyLookedAtIsSaid() {
        GoldenValues golden = of(GoldenValue.of(PCR11, sha256(1)));
        GoldenCheck wrong =
                golden.check(signed(PCR_11, sha256(1), new FieldVerdict.Untrusted("SIGNATURE", "ours", "another")));
        assertEquals(List.of("signature wrong: SIGNATURE: expected ours, found another"), wrong.objections());
        GoldenCheck bare = golden.check(Map.of(PCR_11, sha256(1)));
        assertTrue(bare.passes());
        assertFalse(bare.isSigned());
        assertEquals(
                "signature not verified: nobody looked at it",
                bare.signatures().get(0).text());
        RegisterEvidence quote = signed(PCR_11, sha256(1), new FieldVerdict.Matches("SIGNATURE", "by the key"));
        GoldenCheck both = golden.check(quote, () -> Map.of(PCR_11, sha256(1), PCR_0, sha256(9)));
        assertTrue(both.isSigned(), "no golden value is of PCR 0");
    }

    @Test
    void whatNoSignedEvidenceShowsIsNotSigned() {
        GoldenValues golden = of(GoldenValue.of(PCR11, sha256(1)), GoldenValue.of(PCR5_ONCE, sha256(2)));
        RegisterEvidence quote = signed(PCR_11, sha256(1), new FieldVerdict.Matches("SIGNATURE", "by the key"));
        GoldenCheck check = golden.check(quote, () -> Map.of(PCR_11, sha256(1), PCR_5, sha256(2)));
        assertTrue(check.passes());
        assertFalse(check.isSigned());
        assertEquals(
                "signature not verified: no signed evidence shows pcr5:sha256",
                check.signatures().get(1).text());
    }

    @Test
    void keepsOnlyWhatAServiceWants() {
        GoldenValues golden = golden().only(value -> value.status() == GoldenValue.Status.PREDICTED);
        assertEquals(
                List.of(MRTD), golden.values().stream().map(GoldenValue::id).toList());
    }

    @Test
    void refusesTwoValuesOfOneId() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> of(GoldenValue.of(PCR11, sha256(1)), GoldenValue.of(PCR11, sha256(1))));
        assertEquals("two values have the id " + PCR11, e.getMessage());
    }

    @Test
    void refusesAnIdThatIsNotCanonical() {
        assertThrows(IllegalArgumentException.class, () -> GoldenValue.of("pcr11/bank=%73ha256", sha256(1)));
        assertThrows(IllegalArgumentException.class, () -> GoldenValue.of("pcr24/bank=sha256", sha256(1)));
        assertThrows(IllegalArgumentException.class, () -> GoldenValue.of("mrtd/fw=a", sha256(1)));
        assertThrows(IllegalArgumentException.class, () -> GoldenValue.of("pcr11/a=1/a=2", sha256(1)));
    }

    private static void refused(String from, String to, String message) {
        assertTrue(LOCK.contains(from), from);
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(LOCK.replace(from, to)));
        assertEquals("measure.lock.json: " + message, e.getMessage());
    }

    /** Nobody would check it: a slip of the pen must not let every guest in. */
    @Test
    void aPolicyIsOfATechnologyThatHasOne() {
        for (String name : List.of("SNP", "sev", "tpm", "")) {
            MalformedInputException e = assertThrows(
                    MalformedInputException.class, () -> read(LOCK.replace("\"snp\": {", "\"" + name + "\": {")));
            assertEquals("the policy of snp or tdx", e.expected());
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new GoldenValues(
                            "",
                            List.of(),
                            List.of(),
                            List.of(),
                            Map.of(name, Map.of("policy", "0x30000")),
                            List.of(),
                            List.of()));
        }
    }

    @Test
    void saysWhereALockIsBroken() {
        refused("lock/v1", "lock/v2", "offset 0xe: expected schema 'measure/lock/v1', found 'measure/lock/v2'");
        refused(
                "\"madeBy\"",
                "\"made\"",
                "offset 0x23: expected schema, madeBy, inputs, behaviours, assumptions, policies, origins, values or"
                        + " confirmed, found the field 'made'");
        refused(
                "\"origins\": \"cff6474e\"}",
                "\"origins\": \"cff6474f\"}",
                "offset 0x" + Integer.toHexString(LOCK.lastIndexOf("\"cff6474e\"}"))
                        + ": expected one of the origins above, found 'cff6474f'");
        refused(
                "[\"linux.efi#.cmdline\"]",
                "[\"../../etc/passwd\"]",
                "offset 0x310: expected a part of one of the inputs above, found '../../etc/passwd'");
        refused(
                "\"alg\": \"sha256\"",
                "\"alg\": \"sha384\"",
                "offset 0x" + Integer.toHexString(LOCK.indexOf("\"0505"))
                        + ": expected value, 96 lower-case digits of sha384, found '"
                        + "05".repeat(20) + "'...");
    }

    @Test
    void refusesAFieldThatStandsTwice() {
        MalformedInputException e = assertThrows(
                MalformedInputException.class,
                () -> read(LOCK.replace("\"kind\": \"order\"", "\"kind\": \"order\", \"kind\": \"order\"")));
        assertTrue(e.getMessage().contains("expected each field once, found the field 'kind'"), e.getMessage());
    }

    @Test
    void refusesAnIdThatStandsTwice() {
        String value = LOCK.substring(LOCK.indexOf("    {\"id\": \"mrtd"), LOCK.indexOf("    {\"id\": \"pcr11"));
        MalformedInputException e =
                assertThrows(MalformedInputException.class, () -> read(LOCK.replace(value, value + value)));
        assertTrue(e.getMessage().contains("expected each id once, found '"), e.getMessage());
    }

    @Test
    void everyPrefixIsRefusedAndNothingElseHappens() {
        for (int length = 0; length < LOCK.length() - 1; length++) {
            String cut = LOCK.substring(0, length);
            if (cut.strip().endsWith("\n}")) {
                continue;
            }
            assertThrows(MalformedInputException.class, () -> read(cut), cut);
        }
    }

    /** A lock file of a stranger can have one value under as many ids as it is large. */
    @Test
    void manyIdsOfOneValueAreComparedInSeconds() {
        Register pcr4 = new Register.Pcr(4, DigestAlgorithm.SHA256);
        for (String other : List.of("other", "")) {
            List<GoldenValue> values = new ArrayList<>();
            for (int i = 0; i < 20_000; i++) {
                values.add(GoldenValue.of(pcr(11, i, "none", "none", "only"), sha256(5)));
                values.add(GoldenValue.of(pcr(4, other + i, "none", "none", "only"), sha256(5)));
            }
            long start = System.nanoTime();
            GoldenCheck check = GoldenValues.of(values).check(Map.of(PCR_11, sha256(5), pcr4, sha256(5)));
            long seconds = (System.nanoTime() - start) / 1_000_000_000;
            assertEquals(other.isEmpty(), check.passes());
            assertEquals(other.isEmpty() ? 20_000 : 0, check.machines().size());
            assertTrue(check.disagreement().length() < 500, check.disagreement());
            assertTrue(seconds < 20, seconds + " s");
        }
        List<GoldenValue> moments = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            moments.add(GoldenValue.of(pcr(11, 0, "none", "a" + i, "only"), sha256(5)));
        }
        assertFalse(GoldenValues.of(moments).check(Map.of(PCR_11, sha256(5))).passes());
    }
}
