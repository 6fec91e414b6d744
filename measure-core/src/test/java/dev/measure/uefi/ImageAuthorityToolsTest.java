package dev.measure.uefi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.key.Asn1;
import dev.measure.pe.PeImage;
import dev.measure.vectors.PeWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images signed by sbsign and osslsigncode with keys from OpenSSL; which certificates vouch for
 * them, OpenSSL says too, with the flags that EDK2 gives it. (sbverify is no oracle: it takes a certificate of the right name and wrong key.) */
class ImageAuthorityToolsTest {
    @TempDir
    static Path keys;

    @TempDir
    Path folder;

    @BeforeAll
    static void findTools() throws IOException {
        boolean here = true;
        for (List<String> tool : List.of(
                List.of("openssl", "version"), List.of("sbsign", "--version"), List.of("osslsigncode", "--version"))) {
            try {
                run(keys, tool.toArray(String[]::new));
            } catch (IOException e) {
                System.out.println("SKIPPED: no " + tool.get(0) + " command");
                here = false;
            }
        }
        assumeTrue(here);
    }

    @BeforeEach
    void makeImage() throws IOException {
        byte[] image = PeWriter.pe32Plus()
                .section(".text", new byte[4096])
                .section(".data", "data".getBytes(StandardCharsets.US_ASCII))
                .build();
        Files.write(folder.resolve("image.efi"), image);
    }

    private boolean succeeds(String... command) throws IOException {
        return succeeds(folder, command);
    }

    private static boolean succeeds(Path folder, String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("said").toFile())
                .start();
        try {
            return process.waitFor() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void run(String... command) throws IOException {
        run(folder, command);
    }

    private static void run(Path folder, String... command) throws IOException {
        if (!succeeds(folder, command)) {
            throw new IOException(String.join(" ", command) + ": " + Files.readString(folder.resolve("said")));
        }
    }

    /** A key {@code NAME.key}; one of this name and kind that an earlier test made is as good, and making one is what takes time. */
    private void key(String name, String... kind) throws IOException {
        Path made = keys.resolve(name + "-" + kind[0] + ".key");
        if (!Files.exists(made)) {
            List<String> genpkey =
                    new ArrayList<>(List.of("openssl", "genpkey", "-out", made.toString(), "-algorithm"));
            genpkey.addAll(List.of(kind));
            run(genpkey.toArray(String[]::new));
        }
        Files.copy(made, folder.resolve(name + ".key"), StandardCopyOption.REPLACE_EXISTING);
    }

    /** A certificate with key {@code NAME.key} in {@code NAME.pem} and {@code NAME.der}. */
    private void certificate(String name, String subject, Optional<String> issuer, String extensions, String... kind)
            throws IOException {
        key(name, kind);
        Files.writeString(folder.resolve("ext"), extensions);
        run("openssl", "req", "-new", "-key", name + ".key", "-subj", "/CN=" + subject, "-out", "csr");
        if (issuer.isEmpty()) {
            run(
                    "openssl",
                    "x509",
                    "-req",
                    "-in",
                    "csr",
                    "-signkey",
                    name + ".key",
                    "-extfile",
                    "ext",
                    "-days",
                    "30",
                    "-out",
                    name + ".pem");
        } else {
            run(
                    "openssl",
                    "x509",
                    "-req",
                    "-in",
                    "csr",
                    "-CA",
                    issuer.get() + ".pem",
                    "-CAkey",
                    issuer.get() + ".key",
                    "-CAcreateserial",
                    "-extfile",
                    "ext",
                    "-days",
                    "30",
                    "-out",
                    name + ".pem");
        }
        String pem = Files.readString(folder.resolve(name + ".pem"));
        Files.write(
                folder.resolve(name + ".der"), Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", "")));
    }

    private static final String CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
    private static final String LEAF = "basicConstraints=CA:FALSE\nextendedKeyUsage=codeSigning\n";

    /** Chains of one kind are made once, as keys are. */
    private void chain(String... kind) throws IOException {
        Path made = keys.resolve("chain-" + kind[0]);
        if (!Files.exists(made)) {
            newChain(kind);
            copy(folder, Files.createDirectory(made));
        }
        copy(made, folder);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(file -> file.toString().matches(".*\\.(key|pem|der)"))
                    .toList()) {
                Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private void newChain(String... kind) throws IOException {
        certificate("root", "Root", Optional.empty(), CA, kind);
        certificate("middle", "Middle", Optional.of("root"), CA, kind);
        certificate("leaf", "Leaf", Optional.of("middle"), LEAF, kind);
        certificate("impostor", "Root", Optional.empty(), CA, kind);
        certificate("other", "Other", Optional.empty(), CA, kind);
    }

    /** Has sbsign sign image.efi with leaf.key. */
    private void sign(String output, String... more) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("sbsign", "--key", "leaf.key", "--cert", "leaf.pem", "--output", output));
        command.addAll(List.of(more));
        command.add("image.efi");
        run(command.toArray(String[]::new));
    }

    /** Whether OpenSSL leads the chain of leaf.pem by middle.pem to a certificate. */
    private boolean opensslTrusts(String name) throws IOException {
        return succeeds(
                "openssl",
                "verify",
                "-partial_chain",
                "-no_check_time",
                "-purpose",
                "any",
                "-trusted",
                name + ".pem",
                "-untrusted",
                "middle.pem",
                "leaf.pem");
    }

    private byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(folder.resolve(name));
    }

    private PeImage image(String name) throws IOException {
        return PeImage.read(Source.of(name, bytes(name)));
    }

    private SignatureDatabase certificates(String... names) throws IOException {
        SignatureDatabaseWriter db = new SignatureDatabaseWriter();
        for (String name : names) {
            db.entry(SignatureType.X509, bytes(name + ".der"));
        }
        return db.build();
    }

    private static final SignatureDatabase NONE = new SignatureDatabaseWriter().build();

    @Test
    void theCertificatesThatVouchAreThoseOfOpenSsl() throws IOException {
        chain("RSA", "-pkeyopt", "rsa_keygen_bits:2048");
        sign("signed.efi", "--addcert", "middle.pem");
        int verified = 0;
        for (String name : List.of("root", "middle", "leaf", "impostor", "other")) {
            boolean theirs = opensslTrusts(name);
            boolean ours = ImageAuthority.of(image("signed.efi"), certificates(name), NONE)
                    instanceof ImageAuthority.ByCertificate;
            assertEquals(theirs, ours, name);
            verified += ours ? 1 : 0;
        }
        assertEquals(3, verified);
    }

    @Test
    void theFirstEntryOfDbThatVouchesIsTheAuthority() throws IOException {
        chain("RSA", "-pkeyopt", "rsa_keygen_bits:2048");
        sign("signed.efi", "--addcert", "middle.pem");
        SignatureDatabase db = certificates("other", "impostor", "middle", "root", "leaf");
        ImageAuthority.ByCertificate found =
                assertInstanceOf(ImageAuthority.ByCertificate.class, ImageAuthority.of(image("signed.efi"), db, NONE));
        assertEquals(2, db.signatures().indexOf(found.entry()));
        // the intermediate certificate is missing from the image: the chain to the root breaks
        sign("short.efi");
        assertInstanceOf(
                ImageAuthority.NotAllowed.class, ImageAuthority.of(image("short.efi"), certificates("root"), NONE));
    }

    @Test
    void ellipticCurvesVouchToo() throws IOException {
        chain("EC", "-pkeyopt", "ec_paramgen_curve:P-256");
        Files.write(folder.resolve("certs.pem"), concat(bytes("leaf.pem"), bytes("middle.pem")));
        run(
                "osslsigncode",
                "sign",
                "-h",
                "sha384",
                "-certs",
                "certs.pem",
                "-key",
                "leaf.key",
                "-in",
                "image.efi",
                "-out",
                "signed.efi");
        for (String name : List.of("root", "middle", "leaf")) {
            ImageAuthority found = ImageAuthority.of(image("signed.efi"), certificates(name), NONE);
            assertInstanceOf(ImageAuthority.ByCertificate.class, found, () -> name + ": " + found);
        }
        for (String name : List.of("impostor", "other")) {
            assertInstanceOf(
                    ImageAuthority.NotAllowed.class,
                    ImageAuthority.of(image("signed.efi"), certificates(name), NONE),
                    name);
        }
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    @Test
    void anIssuerThatIsNoCaLeadsNowhere() throws IOException {
        String[] rsa = {"RSA", "-pkeyopt", "rsa_keygen_bits:2048"};
        certificate("root", "Root", Optional.empty(), CA, rsa);
        certificate("middle", "Middle", Optional.of("root"), "basicConstraints=critical,CA:FALSE\n", rsa);
        certificate("leaf", "Leaf", Optional.of("middle"), LEAF, rsa);
        sign("signed.efi", "--addcert", "middle.pem");
        for (String name : List.of("root", "middle", "leaf")) {
            assertEquals(
                    opensslTrusts(name),
                    ImageAuthority.of(image("signed.efi"), certificates(name), NONE)
                            instanceof ImageAuthority.ByCertificate,
                    name);
        }
    }

    @Test
    void pathLengthsNonCaRootsAndUnknownCriticalExtensionsAreJudgedAsByOpenSsl() throws IOException {
        String[] rsa = {"RSA", "-pkeyopt", "rsa_keygen_bits:2048"};
        String[][] roots = {
            {"basicConstraints=critical,CA:TRUE,pathlen:0\n", CA},
            {"basicConstraints=critical,CA:TRUE,pathlen:1\n", CA},
            {CA, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature\n"},
            {"keyUsage=keyCertSign\n", CA},
            {CA, "keyUsage=keyCertSign\n"},
            {"subjectKeyIdentifier=none\n", CA},
            {CA, CA + "1.2.3.4.5=critical,ASN1:NULL\n"},
            {CA + "1.2.3.4.5=critical,ASN1:NULL\n", CA},
            {CA + "1.2.3.4.5=ASN1:NULL\n", CA},
        };
        int trusted = 0;
        for (String[] extensions : roots) {
            certificate("root", "Root", Optional.empty(), extensions[0], rsa);
            certificate("middle", "Middle", Optional.of("root"), extensions[1], rsa);
            certificate("leaf", "Leaf", Optional.of("middle"), LEAF, rsa);
            sign("signed.efi", "--addcert", "middle.pem");
            for (String name : List.of("root", "middle")) {
                boolean ours = ImageAuthority.of(image("signed.efi"), certificates(name), NONE)
                        instanceof ImageAuthority.ByCertificate;
                assertEquals(opensslTrusts(name), ours, name + " of " + String.join(" ", extensions));
                trusted += ours ? 1 : 0;
            }
        }
        assertTrue(trusted > 4 && trusted < 2 * roots.length - 4, "trusted " + trusted);
    }

    @Test
    void aSignatureOfAnotherImageCountsForNothing() throws IOException {
        chain("RSA", "-pkeyopt", "rsa_keygen_bits:2048");
        sign("signed.efi");
        byte[] image = bytes("signed.efi");
        image[1024] ^= 1; // the first byte of .text
        PeImage changed = PeImage.read(Source.of("changed.efi", image));
        ImageAuthority.NotAllowed found = assertInstanceOf(
                ImageAuthority.NotAllowed.class, ImageAuthority.of(changed, certificates("leaf"), NONE));
        assertTrue(found.why().contains("another image"), found.why());
    }

    @Test
    void dbxForbidsBySignerChainTbsDigestAndImageDigest() throws IOException {
        chain("RSA", "-pkeyopt", "rsa_keygen_bits:2048");
        sign("signed.efi", "--addcert", "middle.pem");
        PeImage image = image("signed.efi");
        SignatureDatabase db = certificates("root");
        for (String name : List.of("leaf", "middle", "root")) {
            ImageAuthority.Forbidden found = assertInstanceOf(
                    ImageAuthority.Forbidden.class, ImageAuthority.of(image, db, certificates(name)), name);
            assertEquals(Optional.empty(), found.measured());
        }
        assertInstanceOf(ImageAuthority.ByCertificate.class, ImageAuthority.of(image, db, certificates("other")));
        byte[] digest = image.authenticode(List.of(DigestAlgorithm.SHA256))
                .get(DigestAlgorithm.SHA256)
                .toByteArray();
        ImageAuthority.Forbidden byDigest = assertInstanceOf(
                ImageAuthority.Forbidden.class,
                ImageAuthority.of(
                        image,
                        db,
                        new SignatureDatabaseWriter()
                                .entry(SignatureType.SHA256, digest)
                                .build()));
        // EDK2 measures the authority before it looks for the digest
        assertEquals(Optional.of(db.signatures().get(0)), byDigest.measured());
        for (String name : List.of("leaf", "root")) {
            assertTrue(!(ImageAuthority.of(image, db, revoked(name)) instanceof ImageAuthority.ByCertificate), name);
        }
        // neither signer nor entry of db: EDK2 does not look at what lies between
        assertInstanceOf(ImageAuthority.ByCertificate.class, ImageAuthority.of(image, db, revoked("middle")));
    }

    private SignatureDatabase revoked(String name) throws IOException {
        byte[] tbs = Asn1.firstElement(bytes(name + ".der"));
        byte[] digest = DigestAlgorithm.SHA256.newMessageDigest().digest(tbs);
        return new SignatureDatabaseWriter()
                .entry(SignatureType.X509_SHA256, Arrays.copyOf(digest, 32 + 16)) // time zero: revoked for ever
                .build();
    }

    @Test
    void digestsInDbAllowSignedAndUnsignedImages() throws IOException {
        chain("RSA", "-pkeyopt", "rsa_keygen_bits:2048");
        sign("signed.efi");
        for (String name : List.of("image.efi", "signed.efi")) {
            byte[] digest = image(name)
                    .authenticode(List.of(DigestAlgorithm.SHA256))
                    .get(DigestAlgorithm.SHA256)
                    .toByteArray();
            SignatureDatabase db = new SignatureDatabaseWriter()
                    .entry(SignatureType.SHA256, new byte[32])
                    .entry(SignatureType.SHA256, digest)
                    .build();
            ImageAuthority.ByDigest found =
                    assertInstanceOf(ImageAuthority.ByDigest.class, ImageAuthority.of(image(name), db, NONE), name);
            assertEquals(1, db.signatures().indexOf(found.entry()));
            // a list of another type holds no digest of an image, whatever its bytes
            SignatureDatabase otherType = new SignatureDatabaseWriter()
                    .entry(SignatureType.RSA2048, digest)
                    .build();
            assertInstanceOf(ImageAuthority.NotAllowed.class, ImageAuthority.of(image(name), otherType, NONE), name);
        }
    }

    @Test
    void anyByteThatIsDamagedCostsTheSignature() throws IOException {
        chain("RSA", "-pkeyopt", "rsa_keygen_bits:2048");
        sign("signed.efi");
        PeImage image = image("signed.efi");
        byte[] pkcs7 = WinCertificate.table(image).entries().get(0).data().toByteArray();
        Source leaf = Source.of("leaf", bytes("leaf.der"));
        assertTrue(AuthenticodeSignature.read(Source.of("pkcs7", pkcs7)).isVerifiedBy(leaf));
        byte[] signature = pkcs7.clone();
        signature[Asn1.totalLength(pkcs7) - 5] ^= 1; // inside the signature value
        assertTrue(!AuthenticodeSignature.read(Source.of("pkcs7", signature)).isVerifiedBy(leaf));
        for (int at = 0; at < pkcs7.length; at += 11) {
            byte[] damaged = pkcs7.clone();
            damaged[at] ^= (byte) 0x20;
            try {
                AuthenticodeSignature.read(Source.of("pkcs7", damaged)).isVerifiedBy(leaf);
            } catch (MalformedInputException expected) {
                // nothing else may come
            }
        }
    }
}
