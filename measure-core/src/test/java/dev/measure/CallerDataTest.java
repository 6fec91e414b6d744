package dev.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Nonces in evidence: in a field of one length zeros fill up what is shorter, in one of any length nothing does. */
final class CallerDataTest {
    private static CallerData data(boolean padded, int... bytes) {
        byte[] value = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            value[i] = (byte) bytes[i];
        }
        return new CallerData("REPORTDATA", Source.of("report", value), padded);
    }

    @Test
    void aFieldOfOneLengthHoldsShorterDataBeforeZeros() {
        CallerData field = data(true, 1, 2, 0, 0);
        FieldVerdict expected = new FieldVerdict.Matches("REPORTDATA", "01020000");
        assertEquals(expected, field.check(new byte[] {1, 2}));
        assertEquals(expected, field.check(new byte[] {1, 2, 0}));
        assertEquals(expected, field.check(new byte[] {1, 2, 0, 0}));
        assertEquals(new FieldVerdict.Differs("REPORTDATA", "01000000", "01020000"), field.check(new byte[] {1}));
        assertEquals(new FieldVerdict.Differs("REPORTDATA", "00010200", "01020000"), field.check(new byte[] {0, 1, 2}));
        assertEquals(
                "REPORTDATA has 4 bytes, got 5",
                assertThrows(IllegalArgumentException.class, () -> field.check(new byte[5]))
                        .getMessage());
    }

    @Test
    void aFieldOfAnyLengthHoldsNothingElse() {
        CallerData field = data(false, 1, 2, 0);
        assertInstanceOf(FieldVerdict.Matches.class, field.check(new byte[] {1, 2, 0}));
        assertInstanceOf(FieldVerdict.Differs.class, field.check(new byte[] {1, 2}));
        assertInstanceOf(FieldVerdict.Differs.class, field.check(new byte[] {1, 2, 0, 0}));
        assertEquals(
                new FieldVerdict.Differs("REPORTDATA", "01", "nothing"),
                data(false).check(new byte[] {1}));
    }

    /** Else evidence for nobody's question would be an answer to an empty one. */
    @Test
    void noDataBindsNothing() {
        for (CallerData field : List.of(data(true, 0, 0), data(false))) {
            assertEquals(
                    "REPORTDATA is bound to at least one byte",
                    assertThrows(IllegalArgumentException.class, () -> field.check(new byte[0]))
                            .getMessage());
        }
    }

    @Test
    void everyOtherByteIsAnotherNonce() {
        byte[] value = new byte[64];
        new SplittableRandom(0x9e3779b97f4a7c15L).nextBytes(value);
        CallerData field = new CallerData("REPORTDATA", Source.of("report", value), true);
        assertInstanceOf(FieldVerdict.Matches.class, field.check(value));
        for (int bit = 0; bit < 8 * value.length; bit++) {
            byte[] other = value.clone();
            other[bit / 8] ^= (byte) (1 << bit % 8);
            assertInstanceOf(FieldVerdict.Differs.class, field.check(other), "bit " + bit);
        }
    }

    private static RegisterEvidence evidence(Optional<CallerData> data) {
        return new RegisterEvidence() {
            @Override
            public Map<Register, Digest> registers() {
                return Map.of(new Register.Mrtd(), Digest.zero(DigestAlgorithm.SHA384));
            }

            @Override
            public Optional<String> technology() {
                return Optional.of("tdx");
            }

            @Override
            public Optional<CallerData> callerData() {
                return data;
            }
        };
    }

    @Test
    void boundEvidenceKeepsWhatItTellsAndJudgesTheNonceBesideIt() {
        RegisterEvidence plain = evidence(Optional.of(data(true, 7, 0)));
        RegisterEvidence bound = plain.boundTo(new byte[] {7});
        assertEquals(plain.registers(), bound.registers());
        assertEquals(plain.technology(), bound.technology());
        assertEquals(plain.callerData(), bound.callerData());
        assertEquals(plain.trust(), bound.trust());
        assertEquals(List.of(new FieldVerdict.Matches("REPORTDATA", "0700")), bound.check(Map.of()));
        RegisterEvidence stale = plain.boundTo(new byte[] {8});
        assertEquals(List.of(new FieldVerdict.Differs("REPORTDATA", "0800", "0700")), stale.check(Map.of()));
        // Who signed it is told afterwards, or before; the nonce's verdict stays.
        List<FieldVerdict> trust = List.of(new FieldVerdict.Matches("SIGNATURE", "by somebody"));
        assertEquals(stale.check(Map.of()), stale.with(trust).check(Map.of()));
        assertEquals(trust, stale.with(trust).trust());
        assertEquals(trust, plain.with(trust).boundTo(new byte[] {8}).trust());
        assertEquals(
                stale.check(Map.of()), plain.with(trust).boundTo(new byte[] {8}).check(Map.of()));
        assertThrows(IllegalArgumentException.class, () -> plain.with(List.of()));
    }

    @Test
    void evidenceWithoutDataOfItsCallerIsBoundToNothing() {
        assertEquals(
                "evidence that holds no data of its caller",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> evidence(Optional.empty()).boundTo(new byte[] {1}))
                        .getMessage());
    }
}
