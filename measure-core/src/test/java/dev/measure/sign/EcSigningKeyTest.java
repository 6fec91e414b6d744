package dev.measure.sign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys and signatures of RFC 6979, appendix A.2. */
class EcSigningKeyTest {
    private static final String X256 = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    private static final String UX256 = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
    private static final String UY256 = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
    private static final String SIGNATURE256 = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
            + "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    private static final byte[] SAMPLE = "sample".getBytes(StandardCharsets.US_ASCII);

    private static Source pkcs8(String curve, String secret) throws GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec(curve));
        return Source.of(
                "key.der",
                KeyFactory.getInstance("EC")
                        .generatePrivate(new ECPrivateKeySpec(
                                new BigInteger(secret, 16), parameters.getParameterSpec(ECParameterSpec.class)))
                        .getEncoded());
    }

    private static Source jwk(String d, String y) {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        String text = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"key_ops\":[\"sign\"],\"x\":\""
                + encoder.encodeToString(HexFormat.of().parseHex(UX256)) + "\",\"y\":\""
                + encoder.encodeToString(HexFormat.of().parseHex(y)) + "\""
                + (d.isEmpty()
                        ? ""
                        : ",\"d\":\"" + encoder.encodeToString(HexFormat.of().parseHex(d)) + "\"")
                + "}";
        return Source.of("key.jwk", text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({
        "secp256r1,SHA256," + X256 + "," + SIGNATURE256,
        "secp384r1,SHA384,6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5,"
                + "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
                + "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"
    })
    void signsAsTheSpecificationDoes(String curve, DigestAlgorithm hash, String secret, String signature)
            throws GeneralSecurityException {
        EcSigningKey key = EcSigningKey.read(pkcs8(curve, secret), Optional.empty());
        byte[] made = key.sign(hash, SAMPLE);
        assertEquals(signature, HexFormat.of().formatHex(made));
        assertTrue(key.publicKey().verify(hash, SAMPLE, made));
        made[0] ^= 1;
        assertFalse(key.publicKey().verify(hash, SAMPLE, made));
        assertFalse(key.publicKey().verify(hash, SAMPLE, new byte[7]));
    }

    @Test
    void readsJsonWebKeys() {
        EcSigningKey key = EcSigningKey.read(jwk(X256, UY256), Optional.empty());
        assertEquals(SIGNATURE256, HexFormat.of().formatHex(key.sign(DigestAlgorithm.SHA256, SAMPLE)));
        assertEquals(key.publicKey(), EcPublicKey.read(jwk("", UY256)));
    }

    @Test
    void refusesKeysThatAreNone() {
        refused(() -> EcSigningKey.read(jwk("", UY256), Optional.empty()), "found a public key");
        refused(() -> EcPublicKey.read(jwk("", UX256)), "a point on the curve P-256, found bytes that are none");
        refused(
                () -> EcSigningKey.read(jwk(UX256, UY256), Optional.empty()),
                "a private key that belongs to the public key beside it, found another");
        refused(
                () -> EcSigningKey.read(jwk("00".repeat(32), UY256), Optional.empty()),
                "a private key of P-256, 1 to n-1, found a number out of this range");
        refused(
                () -> EcPublicKey.read(Source.of("x", "{\"kty\":\"RSA\"}".getBytes(StandardCharsets.UTF_8))),
                "a JSON Web Key of type EC, found another type");
        refused(
                () -> EcPublicKey.read(Source.of("x", "{\"kty\":\"EC\",".getBytes(StandardCharsets.UTF_8))),
                "a JSON Web Key, found no JSON, or something else");
        refused(() -> EcSigningKey.read(Source.of("x", new byte[9]), Optional.empty()), "nested deeper than 64");
    }

    private static void refused(Executable reading, String end) {
        MalformedInputException e = assertThrows(MalformedInputException.class, reading);
        assertTrue(e.getMessage().endsWith(end), e.getMessage());
        assertFalse(e.getMessage().contains(X256.substring(0, 8)), "a message shows the key");
    }
}
