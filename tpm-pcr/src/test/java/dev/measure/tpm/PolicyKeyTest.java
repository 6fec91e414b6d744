package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.vectors.OpenSsl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that OpenSSL makes, and signatures that it makes and verifies: RSA signatures are equal byte for byte. */
class PolicyKeyTest {
    private static final List<DigestAlgorithm> HASHES =
            List.of(DigestAlgorithm.SHA1, DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512);
    private static final byte[] MESSAGE = "32 bytes, as a policy digest has".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path folder;

    @BeforeEach
    void needsOpenSsl() throws IOException {
        assumeTrue(OpenSsl.isHere());
        Files.write(folder.resolve("message"), MESSAGE);
    }

    private void openssl(String... arguments) throws IOException {
        OpenSsl.run(folder, arguments);
    }

    private Source file(String name) throws IOException {
        return Source.of(name, Files.readAllBytes(folder.resolve(name)));
    }

    private PolicySigningKey key(String name) throws IOException {
        return PolicySigningKey.read(file(name), Optional.empty());
    }

    @Test
    void signsWithRsaAsOpenSslDoes() throws IOException {
        openssl("genrsa", "-out", "key", "2048");
        for (DigestAlgorithm hash : HASHES) {
            openssl("dgst", "-" + hash.id(), "-sign", "key", "-out", "sig", "message");
            byte[] signature = key("key").sign(hash, MESSAGE);
            assertArrayEquals(Files.readAllBytes(folder.resolve("sig")), signature, hash.id());
            assertTrue(key("key").publicKey().verify(hash, MESSAGE, signature), hash.id());
            signature[17] ^= 1;
            assertFalse(key("key").publicKey().verify(hash, MESSAGE, signature), hash.id());
        }
    }

    @Test
    void signsWithEcSoThatOpenSslVerifiesIt() throws IOException {
        for (String curve : List.of("secp224r1", "prime256v1", "secp384r1", "secp521r1")) {
            openssl("ecparam", "-name", curve, "-genkey", "-out", "key");
            openssl("pkey", "-in", "key", "-pubout", "-out", "pub");
            for (DigestAlgorithm hash : HASHES) {
                byte[] signature = key("key").sign(hash, MESSAGE);
                assertArrayEquals(signature, key("key").sign(hash, MESSAGE), "deterministic");
                Files.write(folder.resolve("sig"), signature);
                openssl("dgst", "-" + hash.id(), "-verify", "pub", "-signature", "sig", "message");
                openssl("dgst", "-" + hash.id(), "-sign", "key", "-out", "sig", "message");
                byte[] theirs = Files.readAllBytes(folder.resolve("sig"));
                assertTrue(PolicyPublicKey.read(file("pub")).verify(hash, MESSAGE, theirs), curve + " " + hash.id());
                assertFalse(PolicyPublicKey.read(file("pub")).verify(hash, new byte[32], theirs));
            }
        }
    }

    @Test
    void readsOneKeyInAllOfItsForms() throws IOException {
        for (String[] make : new String[][] {
            {"genrsa", "-out", "key", "2048"}, {"ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key"}
        }) {
            openssl(make);
            Files.writeString(folder.resolve("pass"), "secret\n");
            openssl("pkey", "-in", "key", "-pubout", "-out", "pub");
            openssl("pkey", "-in", "key", "-pubout", "-outform", "DER", "-out", "pub.der");
            openssl("pkey", "-in", "key", "-outform", "DER", "-out", "key.der");
            openssl("pkcs8", "-topk8", "-nocrypt", "-in", "key", "-out", "pkcs8");
            openssl("pkcs8", "-topk8", "-in", "key", "-passout", "file:pass", "-out", "encrypted");
            openssl("req", "-x509", "-new", "-key", "key", "-subj", "/CN=x", "-out", "crt");
            PolicyPublicKey key = key("key").publicKey();
            for (String form : List.of("pub", "pub.der", "key", "key.der", "pkcs8", "crt")) {
                assertEquals(key, PolicyPublicKey.read(file(form)), form);
            }
            assertEquals(key, key("pkcs8").publicKey());
            assertEquals(key, key("key.der").publicKey());
            assertEquals(
                    key,
                    PolicySigningKey.read(file("encrypted"), Optional.of(file("pass")))
                            .publicKey());
            MalformedInputException wrong = assertThrows(
                    MalformedInputException.class,
                    () -> PolicySigningKey.read(
                            file("encrypted"),
                            Optional.of(Source.of("other", "wrong".getBytes(StandardCharsets.US_ASCII)))));
            assertTrue(wrong.expected().contains("passphrase"), wrong.getMessage());
            assertThrows(MalformedInputException.class, () -> key("encrypted"));
            assertThrows(MalformedInputException.class, () -> key("pub"));
            assertThrows(MalformedInputException.class, () -> key("crt"));
        }
    }

    @Test
    void refusesKeysThatAreNoneAndSaysWhy() throws IOException {
        openssl("genpkey", "-algorithm", "ed25519", "-out", "ed25519");
        openssl("ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", "koblitz");
        openssl("genrsa", "-out", "small", "512");
        assertEquals(
                "ed25519 (PRIVATE KEY): offset 0x0: expected an RSA or EC private key (PEM or DER; PKCS #1, SEC 1,"
                        + " PKCS #8 or encrypted PKCS #8), found something else",
                message("ed25519"));
        assertEquals(
                "koblitz (EC PRIVATE KEY): offset 0x0: expected an EC key on the named curve P-224, P-256, P-384 or"
                        + " P-521, found another curve",
                message("koblitz"));
        assertEquals(
                "small (PRIVATE KEY): offset 0x0: expected an RSA key of 1024..8192 bits, found 512 bits",
                message("small"));
    }

    private String message(String name) {
        return assertThrows(MalformedInputException.class, () -> key(name)).getMessage();
    }

    @Test
    void refusesAnRsaKeyWithOneBitWrong() throws IOException {
        openssl("genrsa", "-out", "pem", "1024");
        openssl("rsa", "-in", "pem", "-outform", "DER", "-traditional", "-out", "key");
        byte[] der = Files.readAllBytes(folder.resolve("key"));
        assertEquals(key("pem").publicKey(), key("key").publicKey());
        int refused = 0;
        for (int at = 10; at < der.length; at += 7) {
            byte[] broken = der.clone();
            broken[at] ^= 4;
            try {
                PolicySigningKey read = PolicySigningKey.read(Source.of("broken", broken), Optional.empty());
                // what is not refused must be another, consistent key: there is none one bit away
                throw new AssertionError("byte " + at + " does not matter to " + read);
            } catch (MalformedInputException expected) {
                refused++;
            }
        }
        assertTrue(refused > 80, "refused " + refused);
    }
}
