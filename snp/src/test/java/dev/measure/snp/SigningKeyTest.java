package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.key.Pem;
import dev.measure.vectors.OpenSsl;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Keys and signatures, against RFC 6979 and against OpenSSL. */
class SigningKeyTest {
    /** RFC 6979, A.2.6: ECDSA, 384 bits. */
    private static final BigInteger RFC_KEY = new BigInteger(
            "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5", 16);

    @TempDir
    Path folder;

    @Test
    void signsTheSampleOfRfc6979() {
        SigningKey key = new SigningKey("RFC 6979", RFC_KEY);
        assertEquals(
                "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13",
                key.publicKey().x().toString(16));
        assertEquals(
                "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
                key.publicKey().y().toString(16));
        EcdsaSignature sample = key.sign("sample".getBytes(StandardCharsets.US_ASCII));
        assertEquals(
                "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
                sample.r().toString(16));
        assertEquals(
                "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8",
                sample.s().toString(16));
        EcdsaSignature test = key.sign("test".getBytes(StandardCharsets.US_ASCII));
        assertEquals(
                "8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb0542a7f0812998da8f1dd3ca3cf023db",
                test.r().toString(16));
    }

    @TestFactory
    Stream<DynamicTest> readsEveryFormThatOpenSslWrites() throws IOException {
        if (!OpenSsl.isHere()) {
            return Stream.empty();
        }
        openssl("ecparam -name secp384r1 -genkey -out sec1-with-parameters.pem");
        openssl("ec -in sec1-with-parameters.pem -out sec1.pem");
        openssl("ec -in sec1.pem -outform DER -out sec1.der");
        openssl("pkcs8 -topk8 -nocrypt -in sec1.pem -out pkcs8.pem");
        openssl("pkcs8 -topk8 -nocrypt -in sec1.pem -outform DER -out pkcs8.der");
        Files.writeString(folder.resolve("passphrase"), "cafe au lait \u00e9\nsecond line\n");
        String encrypt = "pkcs8 -topk8 -passout file:passphrase -in sec1.pem ";
        openssl(encrypt + "-v2 aes-256-cbc -out aes256.pem");
        openssl(encrypt + "-v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 10000 -outform DER -out aes128.der");
        openssl(encrypt + "-v2 des3 -v2prf hmacWithSHA1 -out des3.pem");
        openssl(encrypt + "-v2 aes-192-cbc -v2prf hmacWithSHA384 -out aes192.pem");
        openssl(encrypt + "-scrypt -out scrypt.pem");
        openssl("pkey -in sec1.pem -pubout -out public.pem");
        openssl("pkey -in sec1.pem -pubout -outform DER -out public.der");
        openssl("req -new -x509 -key sec1.pem -subj /CN=test -days 1 -out certificate.pem");
        SevPublicKey expected = SevPublicKey.read(Source.open(folder.resolve("public.der")));
        Files.writeString(folder.resolve("message"), "message");
        Stream<DynamicTest> secret = Stream.of(
                        "sec1-with-parameters.pem",
                        "sec1.pem",
                        "sec1.der",
                        "pkcs8.pem",
                        "pkcs8.der",
                        "aes256.pem",
                        "aes128.der",
                        "des3.pem",
                        "aes192.pem",
                        "scrypt.pem")
                .map(name -> dynamicTest(name, () -> {
                    SigningKey key = SigningKey.read(
                            Source.open(folder.resolve(name)), Optional.of(Source.open(folder.resolve("passphrase"))));
                    assertEquals(expected, key.publicKey());
                    EcdsaSignature signature = key.sign("message".getBytes(StandardCharsets.US_ASCII));
                    Files.write(folder.resolve("signature"), signature.toDer());
                    assertEquals(
                            "Verified OK",
                            openssl("dgst -sha384 -verify public.pem -signature signature message")
                                    .trim());
                }));
        Stream<DynamicTest> open = Stream.of("public.pem", "public.der", "certificate.pem", "sec1.pem", "pkcs8.der")
                .map(name -> dynamicTest(
                        name + " as public key",
                        () -> assertEquals(expected, SevPublicKey.read(Source.open(folder.resolve(name))))));
        return Stream.concat(secret, open);
    }

    @Test
    void verifiesASignatureThatOpenSslMade() throws IOException {
        if (!OpenSsl.isHere()) {
            return;
        }
        openssl("ecparam -name secp384r1 -genkey -noout -out key.pem");
        Files.writeString(folder.resolve("message"), "message");
        openssl("dgst -sha384 -sign key.pem -out signature message");
        SevPublicKey key = SevPublicKey.read(Source.open(folder.resolve("key.pem")));
        EcdsaSignature signature = EcdsaSignature.read(Source.open(folder.resolve("signature")));
        assertTrue(key.verifies("message".getBytes(StandardCharsets.US_ASCII), signature));
        assertFalse(key.verifies("massage".getBytes(StandardCharsets.US_ASCII), signature));
    }

    @Test
    void tellsAWrongPassphraseWithoutShowingIt() throws IOException {
        if (!OpenSsl.isHere()) {
            return;
        }
        openssl("ecparam -name secp384r1 -genkey -noout -out key.pem");
        Files.writeString(folder.resolve("right"), "right");
        openssl("pkcs8 -topk8 -passout file:right -in key.pem -out encrypted.pem");
        Source key = Source.of("encrypted.pem", Files.readAllBytes(folder.resolve("encrypted.pem")));
        Source wrong = Source.of("wrong", "hunter2\n".getBytes(StandardCharsets.US_ASCII));
        MalformedInputException refused =
                assertThrows(MalformedInputException.class, () -> SigningKey.read(key, Optional.of(wrong)));
        assertEquals(
                "encrypted.pem: offset 0x0: expected a private key that the passphrase decrypts, found one that it does not"
                        + " decrypt",
                refused.getMessage().replace(" (decrypted)", ""));
        MalformedInputException without =
                assertThrows(MalformedInputException.class, () -> SigningKey.read(key, Optional.empty()));
        assertEquals(
                "encrypted.pem: offset 0x0: expected a private key that is not encrypted, or a file with its passphrase,"
                        + " found an encrypted key",
                without.getMessage());
        assertEquals("name the file that holds the passphrase on its first line", without.hint());
    }

    @Test
    void refusesAKeyOnAnotherCurve() throws IOException {
        if (!OpenSsl.isHere()) {
            return;
        }
        openssl("ecparam -name prime256v1 -genkey -noout -out p256.pem");
        openssl("genrsa -out rsa.pem 2048");
        for (String name : new String[] {"p256.pem", "rsa.pem"}) {
            Source key = Source.of("key", Files.readAllBytes(folder.resolve(name)));
            MalformedInputException refused =
                    assertThrows(MalformedInputException.class, () -> SigningKey.read(key, Optional.empty()));
            assertTrue(
                    refused.getMessage()
                            .endsWith("expected a key on the named curve P-384 (secp384r1), found a key of"
                                    + " another kind"),
                    refused.getMessage());
        }
    }

    @Test
    void refusesWhatIsNoKey() {
        refused(
                "",
                "key: offset 0x0: expected a P-384 private key (PEM or DER; SEC 1, PKCS #8 or encrypted PKCS #8),"
                        + " found something else");
        refused(
                "-----BEGIN EC PRIVATE KEY-----\nMIGk\n",
                "key: offset 0x24: expected -----END EC PRIVATE KEY-----, found the end of the data");
        refused(
                "-----BEGIN EC PRIVATE KEY-----\nM!Gk\n-----END EC PRIVATE KEY-----\n",
                "key: offset 0x0: expected base64 in the block EC PRIVATE KEY, found other characters");
        refused(
                "-----BEGIN EC PRIVATE KEY-----\nMIGk\n-----END PRIVATE KEY-----\n",
                "key: offset 0x24: expected -----END EC PRIVATE KEY-----, found another END line");
        refused(
                "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIGk\n"
                        + "-----END EC PRIVATE KEY-----\n",
                "key: offset 0x0: expected a P-384 private key (PEM or DER; SEC 1, PKCS #8 or encrypted PKCS #8), found a"
                        + " key encrypted in OpenSSL's traditional form");
        refused(
                "0\u0001\u0001",
                "key: offset 0x0: expected a P-384 private key (PEM or DER; SEC 1, PKCS #8 or encrypted"
                        + " PKCS #8), found no DER, or DER nested deeper than 64");
    }

    private static void refused(String text, String message) {
        Source source = Source.of("key", text.getBytes(StandardCharsets.ISO_8859_1));
        MalformedInputException refused =
                assertThrows(MalformedInputException.class, () -> SigningKey.read(source, Optional.empty()));
        assertEquals(message, refused.getMessage());
    }

    @Test
    void refusesDerThatNestsDeeplyAndIsLong() {
        // Each level is an indefinite or one-byte longer sequence; a recursive parser would run out of stack.
        byte[] der = new byte[Pem.MAX_FILE];
        for (int at = 0; at + 5 <= der.length; at += 5) {
            int left = der.length - at - 5;
            der[at] = 0x30;
            der[at + 1] = (byte) 0x83;
            der[at + 2] = (byte) (left >> 16);
            der[at + 3] = (byte) (left >> 8);
            der[at + 4] = (byte) left;
        }
        MalformedInputException refused = assertThrows(
                MalformedInputException.class, () -> SigningKey.read(Source.of("key", der), Optional.empty()));
        assertEquals("no DER, or DER nested deeper than 64", refused.found());
    }

    @Test
    void showsNothingOfTheKey() {
        assertEquals("P-384 signing key from id.pem", new SigningKey("id.pem", RFC_KEY).toString());
    }

    private String openssl(String arguments) throws IOException {
        return OpenSsl.run(folder, arguments.split(" "));
    }
}
