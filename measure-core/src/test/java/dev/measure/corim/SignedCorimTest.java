package dev.measure.corim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.sign.EcSigningKey;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignedCorimTest {
    private static final SignedCorim.Meta META = new SignedCorim.Meta(
            "ACME",
            Optional.of("https://acme.example"),
            Optional.of(new ValidityMap(
                    Optional.of(Instant.parse("2026-01-01T00:00:00Z")), Instant.parse("2027-01-01T00:00:00Z"))));

    private static Corim corim() {
        MeasurementMap measurement =
                MeasurementMap.ofDigests(CborItem.of(641), List.of(new CorimDigest("sha-384", "ab".repeat(48))));
        return Corim.of(
                CorimId.of("x"),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(Comid.of(
                        CorimId.of("x"),
                        List.of(),
                        List.of(new ReferenceTriple(
                                EnvironmentMap.of(ClassMap.of("AMD", "SNP")), List.of(measurement))))));
    }

    /** The limit on items is one of files; it must not add up over the manifests that a service makes. */
    @Test
    void makingManifestsHasNoLimitInTotal() {
        List<CorimDigest> digests = Collections.nCopies(1000, new CorimDigest("sha-384", "ab".repeat(48)));
        MeasurementMap measurement = MeasurementMap.ofDigests(CborItem.of(641), digests);
        ReferenceTriple triple =
                new ReferenceTriple(EnvironmentMap.of(ClassMap.of("AMD", "SNP")), List.of(measurement));
        byte[] first = manifest(triple);
        for (int i = 0; i < 200; i++) { // 3000 items each, more than 524288 in all
            assertArrayEquals(first, manifest(triple));
        }
    }

    private static byte[] manifest(ReferenceTriple triple) {
        return Corim.of(
                        CorimId.of("x"),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        List.of(Comid.of(CorimId.of("x"), List.of(), List.of(triple))))
                .encode();
    }

    /** Another implementation of ECDSA checks it, over a Sig_structure that is put together by hand. */
    @ParameterizedTest
    @CsvSource({
        "secp256r1,26,SHA256withECDSAinP1363Format,64",
        "secp384r1,3822,SHA384withECDSAinP1363Format,96",
        "secp521r1,3823,SHA512withECDSAinP1363Format,132"
    })
    void signsSoThatOthersVerify(String curve, String algorithm, String verifier, int length)
            throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        KeyPair pair = generator.generateKeyPair();
        EcSigningKey key = EcSigningKey.read(Source.of("key", pair.getPrivate().getEncoded()), Optional.empty());
        SignedCorim signed = SignedCorim.sign(corim(), META, Optional.of(new byte[] {0x31}), key);
        byte[] bytes = signed.encode();
        assertArrayEquals(
                bytes,
                SignedCorim.sign(corim(), META, Optional.of(new byte[] {0x31}), key)
                        .encode());

        byte[] meta = HexFormat.of()
                .parseHex("a200a2006441434d4501d820" + "7468747470733a2f2f61636d652e6578616d706c65"
                        + "01a200c11a6955b90001c11a6b36ec80");
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.writeBytes(HexFormat.of().parseHex("a401" + algorithm + "0374"));
        header.writeBytes("application/rim+cbor".getBytes(StandardCharsets.US_ASCII));
        header.writeBytes(HexFormat.of().parseHex("044131" + "0858" + String.format("%02x", meta.length)));
        header.writeBytes(meta);
        byte[] payload = corim().encode();
        ByteArrayOutputStream structure = new ByteArrayOutputStream();
        structure.write(0x84);
        structure.write(0x6a);
        structure.writeBytes("Signature1".getBytes(StandardCharsets.US_ASCII));
        structure.writeBytes(new byte[] {0x58, (byte) header.size()});
        structure.writeBytes(header.toByteArray());
        structure.write(0x40);
        structure.writeBytes(new byte[] {0x58, (byte) payload.length});
        structure.writeBytes(payload);

        Signature check = Signature.getInstance(verifier);
        check.initVerify(pair.getPublic());
        check.update(structure.toByteArray());
        assertTrue(check.verify(Arrays.copyOfRange(bytes, bytes.length - length, bytes.length)));

        SignedCorim read = SignedCorim.read(Source.of("signed", bytes));
        assertTrue(read.verify(key.publicKey()));
        assertEquals(Optional.of(META), read.meta());
        assertEquals(Optional.of("31"), read.keyId());
        assertArrayEquals(bytes, read.encode());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "d2a0|COSE_Sign1 (an array), found a map",
                "d28340a040|COSE_Sign1 with at least 4 elements, found 3 elements",
                "d28540a0404040|COSE_Sign1 with 4 elements, found 5 elements",
                "d2844126a04040|protected header (a map), found -7",
                "d28440a04040|protected header, found the end of the data",
                "d28441a0804040|unprotected header (a map), found an array",
                "d28441a0a04040|algorithm (key 1), found a map without it",
                "d28443a10126a04040|content type (key 3), found a map without it",
                "d28445a201260301a04040|content type (a text string), found 1",
                "d28446a20126036178a04040|content type \"application/rim+cbor\", found \"x\"",
                "d28446a201260281 0ca04040|a header without critical parameters (key 2), found an array"
            })
    void refusesBrokenHeaders(String hex, String end) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        MalformedInputException e =
                assertThrows(MalformedInputException.class, () -> SignedCorim.read(Source.of("x", bytes)));
        assertTrue(e.getMessage().endsWith("expected " + end), e.getMessage());
    }

    /** Header {alg, content type, corim-meta} and payload of a manifest, put together by hand; the signature is not looked at here. */
    private static byte[] withUnprotected(String unprotected) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(HexFormat.of()
                .parseHex("d2" + "84" + "5824" + "a3012603746170706c69636174696f6e2f72696d2b63626f72" + "0849a100a10064"
                        + "41434d45" + unprotected));
        byte[] payload = corim().encode();
        bytes.writeBytes(new byte[] {0x58, (byte) payload.length});
        bytes.writeBytes(payload);
        bytes.write(0x40);
        return bytes.toByteArray();
    }

    /** Many signers leave the key id, or a chain of certificates (33), where it is not signed. */
    @Test
    void keepsTheUnprotectedHeader() {
        byte[] bytes = withUnprotected("a2" + "044131" + "18214401020304");
        SignedCorim signed = SignedCorim.read(Source.of("x", bytes));
        assertEquals(Optional.of("31"), signed.keyId());
        assertArrayEquals(bytes, signed.encode());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a10126|0x29: expected a label in one header, found 1 in both",
                "a1038101|0x29: expected a label in one header, found 3 in both",
                "a1028104|0x2a: expected critical parameters (key 2) in the protected header, found an array"
            })
    void refusesLabelsThatAreNotWhereTheyBelong(String unprotected, String end) {
        MalformedInputException e = assertThrows(
                MalformedInputException.class, () -> SignedCorim.read(Source.of("x", withUnprotected(unprotected))));
        assertEquals("x: offset " + end, e.getMessage());
    }

    @Test
    void refusesADetachedPayload() {
        byte[] bytes = HexFormat.of()
                .parseHex("d2" + "84" + "5824" + "a3012603746170706c69636174696f6e2f72696d2b63626f72" + "0849a100a10064"
                        + "41434d45" + "a0" + "f6" + "40");
        // 0x24 bytes of header: alg, content type and a corim-meta that names a signer
        MalformedInputException e =
                assertThrows(MalformedInputException.class, () -> SignedCorim.read(Source.of("x", bytes)));
        assertTrue(e.getMessage().endsWith("payload, a CoRIM (CBOR in a byte string), found null"), e.getMessage());
    }
}
