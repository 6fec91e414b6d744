package dev.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class DigestTest {
    /** The digests of "abc": FIPS 180-4 examples, and GB/T 32905-2016 appendix A.1 for SM3. */
    private static final Map<DigestAlgorithm, String> ABC = Map.of(
            DigestAlgorithm.SHA1,
            "a9993e364706816aba3e25717850c26c9cd0d89d",
            DigestAlgorithm.SHA256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            DigestAlgorithm.SHA384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            DigestAlgorithm.SHA512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
                    + "454d4423643ce80e2a9ac94fa54ca49f",
            DigestAlgorithm.SM3_256,
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");

    @TestFactory
    Stream<DynamicTest> givesTheStandardsDigestOfAbc() {
        Source abc = Source.of("abc", "abc".getBytes(StandardCharsets.US_ASCII));
        Map<DigestAlgorithm, Digest> together = abc.digests(EnumSet.allOf(DigestAlgorithm.class));
        return ABC.entrySet().stream()
                .map(expected -> DynamicTest.dynamicTest(expected.getKey().id(), () -> {
                    assertEquals(
                            expected.getValue(), abc.digest(expected.getKey()).hex());
                    assertEquals(
                            expected.getValue(), together.get(expected.getKey()).hex());
                }));
    }

    @Test
    void parsesTheNamesThatPeopleWrite() {
        assertEquals(DigestAlgorithm.SHA384, DigestAlgorithm.parse("SHA-384"));
        assertEquals(DigestAlgorithm.SM3_256, DigestAlgorithm.parse("sm3"));
        assertEquals(DigestAlgorithm.SM3_256, DigestAlgorithm.parse("SM3_256"));
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> DigestAlgorithm.parse("md5"));
        assertEquals(
                "unknown digest algorithm 'md5', known: sha1, sha256, sha384, sha512, sm3_256", refused.getMessage());
    }

    @Test
    void refusesAValueOfAnotherLength() {
        IllegalArgumentException bytes =
                assertThrows(IllegalArgumentException.class, () -> Digest.of(DigestAlgorithm.SHA1, new byte[21]));
        assertEquals("a sha1 digest has 20 bytes, got 21", bytes.getMessage());
        IllegalArgumentException text =
                assertThrows(IllegalArgumentException.class, () -> Digest.parse(DigestAlgorithm.SHA256, "00ff"));
        assertEquals("a sha256 digest has 64 hexadecimal digits, got 4", text.getMessage());
        assertThrows(
                IllegalArgumentException.class, () -> Digest.parse(DigestAlgorithm.SHA1, "g".repeat(40)), "not hex");
    }

    @Test
    void copiesBytesInAndOut() {
        byte[] bytes = new byte[20];
        Digest digest = Digest.of(DigestAlgorithm.SHA1, bytes);
        bytes[0] = 1;
        digest.toByteArray()[1] = 1;
        assertEquals(Digest.zero(DigestAlgorithm.SHA1), digest);
    }

    @Test
    void differsByAlgorithmAsWellAsByBytes() {
        assertNotEquals(Digest.zero(DigestAlgorithm.SHA256), Digest.zero(DigestAlgorithm.SM3_256));
        assertEquals(
                Digest.parse(DigestAlgorithm.SHA1, "AB".repeat(20)),
                Digest.parse(DigestAlgorithm.SHA1, "ab".repeat(20)));
    }

    @Test
    void namesEveryRegisterOnce() {
        List<String> ids = Stream.of(
                        new Register.LaunchDigest(Register.Launch.SNP),
                        new Register.LaunchDigest(Register.Launch.SEV),
                        new Register.LaunchDigest(Register.Launch.SEVES),
                        new Register.LaunchDigest(Register.Launch.SVSM),
                        new Register.Mrtd(),
                        new Register.Rtmr(3),
                        new Register.Pcr(11, DigestAlgorithm.SHA256))
                .map(Register::id)
                .toList();
        assertEquals(List.of("snp", "sev", "seves", "svsm", "mrtd", "rtmr3", "pcr11"), ids);
        assertEquals(
                "RTMR index must be 0..3, got 4",
                assertThrows(IllegalArgumentException.class, () -> new Register.Rtmr(4))
                        .getMessage());
        assertEquals(
                "PCR index must be 0..23, got 24",
                assertThrows(IllegalArgumentException.class, () -> new Register.Pcr(24, DigestAlgorithm.SHA1))
                        .getMessage());
    }
}
