package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.OpenSsl;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** ID blocks and their authentication information, against the vectors of two peers and against OpenSSL. */
class IdBlockTest {
    private static final SigningKey ID_KEY = new SigningKey("id", BigInteger.valueOf(0x1d));
    private static final SigningKey AUTHOR_KEY = new SigningKey("author", BigInteger.valueOf(0xa0));
    private static final Digest LD = Digest.parse(DigestAlgorithm.SHA384, "ab".repeat(48));

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> blocksAndKeyDigestsAreThePeers() throws IOException {
        Optional<Path> file = Shared.file("vectors/snp/peer_vectors.json");
        if (file.isEmpty()) {
            return Stream.empty();
        }
        JsonNode blocks = new JsonMapper().readTree(file.get().toFile()).get("id_blocks");
        return StreamSupport.stream(blocks.spliterator(), false)
                .map(row -> dynamicTest(row.get("source").asText(), () -> checkPeer(row)));
    }

    private static void checkPeer(JsonNode row) throws IOException {
        byte[] digest = row.has("launch_digest_b64")
                ? Base64.getDecoder().decode(row.get("launch_digest_b64").asText())
                : Octets.parse("digest", 48, row.get("launch_digest_hex").asText())
                        .toByteArray();
        IdBlock block = new IdBlock(
                Digest.of(DigestAlgorithm.SHA384, digest),
                Octets.zero(16),
                Octets.zero(16),
                row.get("guest_svn").asLong(),
                new GuestPolicy(row.get("policy").asLong()));
        String expected = row.get("expected_id_block_b64").asText();
        assertEquals(expected, block.base64());
        assertEquals(block, IdBlock.read(Source.of("block", expected.getBytes(StandardCharsets.US_ASCII))));
        SevPublicKey idKey = point(row.get("id_key_public"));
        SevPublicKey authorKey = point(row.get("author_key_public"));
        assertEquals(row.get("expected_id_key_digest_b64").asText(), base64(idKey.digest()));
        assertEquals(row.get("expected_author_key_digest_b64").asText(), base64(authorKey.digest()));
        if (row.has("expected_id_auth_b64")) {
            checkPeerAuth(row, block, idKey, authorKey);
        }
    }

    private static void checkPeerAuth(JsonNode row, IdBlock block, SevPublicKey idKey, SevPublicKey authorKey)
            throws IOException {
        byte[] expected = row.get("expected_id_auth_b64").asText().getBytes(StandardCharsets.US_ASCII);
        IdAuth auth = IdAuth.read(Source.of("auth", expected));
        IdAuth built = new IdAuth(
                signature(row.get("id_block_sig_file").asText()),
                idKey,
                Optional.of(
                        new IdAuth.Author(signature(row.get("id_key_sig_file").asText()), authorKey)));
        assertEquals(built, auth);
        assertEquals(new String(expected, StandardCharsets.US_ASCII), built.base64());
        IdBlockCheck check = new IdBlockCheck(
                Optional.of(block.launchDigest()),
                Optional.of(new GuestPolicy(0x30000)),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.of(0),
                Optional.of(idKey.digest()),
                Optional.of(authorKey.digest()));
        List<FieldVerdict> verdicts = check.of(block, auth);
        assertTrue(FieldVerdict.allGood(verdicts), verdicts.toString());
        assertEquals(
                List.of(
                        "LD",
                        "POLICY",
                        "FAMILY_ID",
                        "IMAGE_ID",
                        "GUEST_SVN",
                        "ID_KEY",
                        "ID_BLOCK_SIG",
                        "AUTHOR_KEY",
                        "ID_KEY_SIG"),
                verdicts.stream().map(FieldVerdict::field).toList());
    }

    private static SevPublicKey point(JsonNode key) {
        return new SevPublicKey(
                new BigInteger(key.get("x").asText(), 16),
                new BigInteger(key.get("y").asText(), 16));
    }

    private static String base64(Digest digest) {
        return Base64.getEncoder().encodeToString(digest.toByteArray());
    }

    private static EcdsaSignature signature(String name) throws IOException {
        return EcdsaSignature.read(
                Source.open(Shared.file("vectors/snp/fixtures/" + name).orElseThrow()));
    }

    @Test
    void fieldsLieWhereTheSpecificationPutsThem() {
        IdBlock block = new IdBlock(
                LD,
                Octets.parse("family", 16, "000102030405060708090a0b0c0d0e0f"),
                Octets.parse("image", 16, "101112131415161718191a1b1c1d1e1f"),
                0xfedcba98L,
                new GuestPolicy(0x3ff_0102L));
        assertEquals(
                "ab".repeat(48) + "000102030405060708090a0b0c0d0e0f" + "101112131415161718191a1b1c1d1e1f" + "01000000"
                        + "98badcfe" + "0201ff0300000000",
                Octets.of(block.toByteArray()).hex());
        assertEquals(block, IdBlock.read(Source.of("block", block.toByteArray())));
    }

    @Test
    void aBlockSignedTwiceIsTheSameBytesAndOpenSslVerifiesIt() throws IOException {
        IdBlock block = IdBlock.of(LD);
        IdAuth auth = IdAuth.sign(block, ID_KEY, Optional.of(AUTHOR_KEY));
        assertArrayEquals(
                auth.toByteArray(),
                IdAuth.sign(block, ID_KEY, Optional.of(AUTHOR_KEY)).toByteArray());
        assertEquals(auth, IdAuth.read(Source.of("auth", auth.toByteArray())));
        if (OpenSsl.isHere()) {
            opensslVerifies(ID_KEY.publicKey(), block.toByteArray(), auth.idBlockSignature());
            opensslVerifies(
                    AUTHOR_KEY.publicKey(),
                    ID_KEY.publicKey().toByteArray(),
                    auth.author().orElseThrow().idKeySignature());
        }
    }

    /** Writes the point as a SubjectPublicKeyInfo by hand, so that nothing of our own code stands between. */
    private void opensslVerifies(SevPublicKey key, byte[] message, EcdsaSignature signature) throws IOException {
        byte[] head = Octets.parse("head", 24, "3076301006072a8648ce3d020106052b81040022036200" + "04")
                .toByteArray();
        byte[] der = Arrays.copyOf(head, head.length + 96);
        byte[] structure = key.toByteArray();
        for (int i = 0; i < 48; i++) {
            der[head.length + i] = structure[4 + 47 - i];
            der[head.length + 48 + i] = structure[4 + 72 + 47 - i];
        }
        Files.write(folder.resolve("key.der"), der);
        Files.write(folder.resolve("message"), message);
        Files.write(folder.resolve("signature"), signature.toDer());
        String said = OpenSsl.run(
                folder,
                "dgst",
                "-sha384",
                "-keyform",
                "DER",
                "-verify",
                "key.der",
                "-signature",
                "signature",
                "message");
        assertEquals("Verified OK", said.trim());
    }

    @Test
    void withoutAnAuthorItsFieldsAreZero() {
        IdAuth auth = IdAuth.sign(IdBlock.of(LD), ID_KEY, Optional.empty());
        byte[] bytes = auth.toByteArray();
        assertTrue(Octets.of(Arrays.copyOfRange(bytes, 0x644, 4096)).isZero());
        assertEquals(auth, IdAuth.read(Source.of("auth", bytes)));
        bytes[4] = 0;
        assertEquals(auth, IdAuth.read(Source.of("auth", bytes)));
    }

    @Test
    void namesEachFieldThatDiffers() {
        IdBlock block = IdBlock.of(LD);
        IdAuth auth = IdAuth.sign(block, ID_KEY, Optional.of(AUTHOR_KEY));
        IdBlockCheck check = new IdBlockCheck(
                Optional.of(Digest.parse(DigestAlgorithm.SHA384, "cd".repeat(48))),
                Optional.of(new GuestPolicy(0x20000)),
                Optional.of(Octets.parse("family", 16, "01".repeat(16))),
                Optional.of(Octets.zero(16)),
                OptionalLong.of(7),
                Optional.of(AUTHOR_KEY.publicKey().digest()),
                Optional.of(AUTHOR_KEY.publicKey().digest()));
        String id = ID_KEY.publicKey().digest().hex();
        String author = AUTHOR_KEY.publicKey().digest().hex();
        assertEquals(
                List.of(
                        "LD: expected " + "cd".repeat(48) + ", found " + "ab".repeat(48),
                        "POLICY: expected 0x20000, found 0x30000",
                        "FAMILY_ID: expected " + "01".repeat(16) + ", found " + "00".repeat(16),
                        "IMAGE_ID: " + "00".repeat(16),
                        "GUEST_SVN: expected 7, found 0",
                        "ID_KEY: expected a key with digest " + author + ", found " + id,
                        "ID_BLOCK_SIG: signs the ID block",
                        "AUTHOR_KEY: " + author,
                        "ID_KEY_SIG: signs the ID key"),
                check.of(block, auth).stream().map(FieldVerdict::text).toList());
    }

    @Test
    void tellsASignatureOverAnotherBlock() {
        IdAuth auth = IdAuth.sign(IdBlock.of(LD), ID_KEY, Optional.of(AUTHOR_KEY));
        IdBlock other = new IdBlock(LD, Octets.zero(16), Octets.zero(16), 1, GuestPolicy.DEFAULT);
        List<FieldVerdict> verdicts = IdBlockCheck.SIGNATURES.of(other, auth);
        assertTrue(verdicts.contains(new FieldVerdict.Untrusted(
                "ID_BLOCK_SIG", "a signature over the ID block", "one that does not verify")));
        assertTrue(FieldVerdict.anyUntrusted(verdicts));
        IdAuth swapped = new IdAuth(
                auth.idBlockSignature(),
                auth.idKey(),
                Optional.of(new IdAuth.Author(auth.idBlockSignature(), AUTHOR_KEY.publicKey())));
        assertTrue(IdBlockCheck.SIGNATURES
                .of(IdBlock.of(LD), swapped)
                .contains(new FieldVerdict.Untrusted(
                        "ID_KEY_SIG", "a signature over the ID key", "one that does not verify")));
    }

    @Test
    void refusesAPolicyThatNoProcessorTakes() {
        IdBlock block = new IdBlock(LD, Octets.zero(16), Octets.zero(16), 0, new GuestPolicy(0x10000));
        assertEquals(
                "POLICY: expected a policy that the processor takes, found 0x10000: bit 17 is clear, it must be one",
                IdBlockCheck.SIGNATURES
                        .of(block, IdAuth.sign(block, ID_KEY, Optional.empty()))
                        .get(1)
                        .text());
    }

    @Test
    void refusesBrokenStructuresAtTheRightByte() {
        byte[] block = IdBlock.of(LD).toByteArray();
        block[0x50] = 2;
        assertEquals("block: offset 0x50: expected VERSION = 1, found 2", message(() -> IdBlock.read(source(block))));
        assertEquals(
                "block: offset 0x0: expected an ID block of 96 bytes, or its base64, found 95 bytes of something else",
                message(() -> IdBlock.read(source(Arrays.copyOf(block, 95)))));
        assertEquals(
                "block: offset 0x0: expected an ID block of 96 bytes, found base64 of 3 bytes",
                message(() -> IdBlock.read(source("AAAA\n".getBytes(StandardCharsets.US_ASCII)))));
        byte[] auth =
                IdAuth.sign(IdBlock.of(LD), ID_KEY, Optional.of(AUTHOR_KEY)).toByteArray();
        assertEquals(
                "block: offset 0x0: expected ID_KEY_ALGO = 1 (ECDSA P-384 with SHA-384), found 7", broken(auth, 0, 7));
        assertEquals(
                "block: offset 0x4: expected AUTHOR_KEY_ALGO = 1 (ECDSA P-384 with SHA-384), found 9",
                broken(auth, 4, 9));
        assertEquals(
                "block: offset 0x4: expected AUTHOR_KEY_ALGO = 1, as there is an author key, found 0",
                broken(auth, 4, 0));
        assertEquals("block: offset 0x3f: expected reserved bytes = 0, found 0x01", broken(auth, 0x3f, 1));
        assertEquals("block: offset 0x70: expected ID_BLOCK_SIG R upper bytes = 0, found 0x01", broken(auth, 0x70, 1));
        assertEquals("block: offset 0x240: expected ID_KEY curve = 2 (P-384), found 1", broken(auth, 0x240, 1));
        assertEquals(
                "block: offset 0x240: expected ID_KEY on the curve P-384, found a point that is not on it",
                broken(auth, 0x244, auth[0x244] + 1));
        assertEquals("block: offset 0xfff: expected reserved bytes = 0, found 0xff", broken(auth, 0xfff, 0xff));
    }

    private static String broken(byte[] auth, int at, int value) {
        byte[] copy = auth.clone();
        copy[at] = (byte) value;
        return message(() -> IdAuth.read(source(copy)));
    }

    private static Source source(byte[] bytes) {
        return Source.of("block", bytes);
    }

    private static String message(Executable reading) {
        return assertThrows(MalformedInputException.class, reading).getMessage();
    }

    @Test
    void readsTheBlockThatLitProtocolGivesToQemu() throws IOException {
        Optional<Path> block = Shared.file("vectors/formats/snp-reports/lit/id_block.b64");
        Optional<Path> auth = Shared.file("vectors/formats/snp-reports/lit/auth_info.b64");
        if (block.isEmpty() || auth.isEmpty()) {
            return;
        }
        List<FieldVerdict> verdicts = IdBlockCheck.SIGNATURES.of(
                IdBlock.read(Source.open(block.get())), IdAuth.read(Source.open(auth.get())));
        assertTrue(FieldVerdict.allGood(verdicts), verdicts.toString());
    }
}
