package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import java.math.BigInteger;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.junit.jupiter.api.Test;

/** Names and fingerprints are those that systemd's own unit tests expect (src/test/test-tpm2.c). */
class PcrPolicyTest {
    private static final String RSA_MODULUS =
            "c9596e41f2ae550a988d9a828decefe8d2685de2eca29febbd2b9f734c3b89330eb1580052d6d04d13d342b5edf69792cc2a510e0702c5e9234c00d6af2d0a"
                    + "998c63cfae30963a7417d63cd217239242bb600337d137cb1477a5fbbbad06ca70a811739fef197d856c4822bdb13a68d656bb9d219036d416a3a0c9ea54"
                    + "59de382699739a4c54c0684d090bea455c1b150eab2617677cebfd4d42a26e6504d159745c893a4d5f9bc8cbfeef925663854891971bcd60e374a5c76f48"
                    + "9efa36d2270f3d073e8c19f2964438cfc910e6316b32c98dd23a0e4e51c98e71d99c88ecfb558f4592ac144e322a3e80b7951330b8e15dddf3567c0d0f15"
                    + "3772e26d0d37a5";

    private static PolicyPublicKey p256(String x, String y) {
        return new PolicyPublicKey(new ECPublicKeyParameters(
                PolicyCurve.P256.parameters().getCurve().createPoint(new BigInteger(x, 16), new BigInteger(y, 16)),
                PolicyCurve.P256.parameters()));
    }

    private static String name(PolicyPublicKey key) {
        return HexFormat.of().formatHex(key.tpmName());
    }

    @Test
    void namesAnEcKeyAsSystemdDoes() {
        PolicyPublicKey key = p256(
                "ae39c4b812ec225f6b869870caf5cd3e18f88c19cf0d79f22742bd532acd81de",
                "92e40e764fea12bed9028fa66b9788571b7c004145e9a01952fad1eab51a8be5");
        assertEquals(
                "cd3373293b62a52b48c12100e80ea9bfd806266ce76893a5ec31cb128052d97c",
                key.fingerprint().hex());
        assertEquals("000b5c127e4dbaf8fb7bac641e8db25a84a48db876ca7ee3bd317ae1a4554ff72f17", name(key));
    }

    @Test
    void namesAnRsaKeyWithAnUnusualExponentAsSystemdDoes() {
        PolicyPublicKey key = new PolicyPublicKey(
                new RSAKeyParameters(false, new BigInteger(RSA_MODULUS, 16), BigInteger.valueOf(0x10005)));
        assertEquals(
                "c8ca80a687d5972e1d961aaa2cfde2ff2e7a20d85e3ea0382804e70e013d65af",
                key.fingerprint().hex());
        assertEquals("000beb8974d36d8cf58fdc87460dda00319e10c94c1b9f222ac9ce29d1c4776246cc", name(key));
    }

    @Test
    void bindsSeveralPcrsAsSystemdDoes() {
        TreeMap<Integer, Digest> values = new TreeMap<>(Map.of(
                4, sha256("368f85b3013041dfe203faaa364f00b07c5da7b1e5f1dbf2efb06fa6b9bd92de"),
                7, sha256("aa1154c9e0a774854ccbed4c8ce7e9b906b3d700a1a8db1772d0341a62dbe51b"),
                8, sha256("cfde439a2c06af3479ca6bdc60429b90553d65300c5cfcc40004a08c6b5ad81a")));
        assertEquals(
                "76532a0e16f7e6bf6b02918c11f75d99d729fab0cc81d0df2c4284a2c4fe6e05",
                PcrPolicy.policyPcr(values).hex());
    }

    @Test
    void signsThePolicyAloneWithoutAReference() {
        Digest policy = sha256("0123456789abcdef".repeat(4));
        assertArrayEquals(policy.toByteArray(), PcrPolicy.toBeSigned(policy, Optional.empty()));
        byte[] both = PcrPolicy.toBeSigned(policy, Optional.of("foo"));
        // SHA-256 of "foo", FIPS 180-4 by sha256sum
        assertEquals(
                policy.hex() + "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
                HexFormat.of().formatHex(both));
    }

    @Test
    void refusesPcrsOfTwoBanksAndPcrsThatDoNotExist() {
        Digest sha256 = Digest.zero(DigestAlgorithm.SHA256);
        assertThrows(
                IllegalArgumentException.class,
                () -> PcrPolicy.policyPcr(new TreeMap<>(Map.of(1, sha256, 2, Digest.zero(DigestAlgorithm.SHA1)))));
        assertThrows(IllegalArgumentException.class, () -> PcrPolicy.policyPcr(new TreeMap<>(Map.of(24, sha256))));
        assertThrows(IllegalArgumentException.class, () -> PcrPolicy.policyPcr(new TreeMap<>(Map.of(-1, sha256))));
        assertThrows(IllegalArgumentException.class, () -> PcrPolicy.policyPcr(new TreeMap<>()));
    }

    private static Digest sha256(String hex) {
        return Digest.parse(DigestAlgorithm.SHA256, hex);
    }
}
