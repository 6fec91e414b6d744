package dev.measure.uefi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.pe.PeImage;
import dev.measure.vectors.PeWriter;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which list allows a signed UKI, in the order in which shim looks into them (shim verify.c, check_allowlist). */
class ShimVerificationTest {
    private static final SignatureDatabase NONE = new SignatureDatabaseWriter().build();

    private PeImage signed;
    private byte[] certificate;
    private byte[] digest;
    private SignatureDatabase withCertificate;
    private SignatureDatabase withDigest;

    @BeforeEach
    void open() throws IOException {
        Optional<Path> file = Shared.untar("fixtures/ukis.tar.xz", "ukis/v257.signed.efi");
        assumeTrue(file.isPresent());
        signed = PeImage.read(Source.open(file.get()));
        AuthenticodeSignature signature = AuthenticodeSignature.read(
                WinCertificate.table(signed).entries().get(0).data());
        certificate = signature.certificates().get(0).toByteArray();
        digest = signed.authenticode(List.of(DigestAlgorithm.SHA256))
                .get(DigestAlgorithm.SHA256)
                .toByteArray();
        withCertificate = new SignatureDatabaseWriter()
                .entry(SignatureType.X509, certificate)
                .build();
        withDigest = new SignatureDatabaseWriter()
                .entry(SignatureType.SHA256, digest)
                .build();
    }

    private record Given(
            SignatureDatabase db,
            SignatureDatabase dbx,
            boolean ignoreDb,
            SignatureDatabase vendorDb,
            SignatureDatabase vendorDbx,
            boolean vendorCert,
            SignatureDatabase mokList,
            SignatureDatabase mokListX,
            boolean owners) {
        static Given none() {
            return new Given(NONE, NONE, false, NONE, NONE, false, NONE, NONE, true);
        }

        Given db(SignatureDatabase value) {
            return new Given(value, dbx, ignoreDb, vendorDb, vendorDbx, vendorCert, mokList, mokListX, owners);
        }

        Given dbx(SignatureDatabase value) {
            return new Given(db, value, ignoreDb, vendorDb, vendorDbx, vendorCert, mokList, mokListX, owners);
        }

        Given ignoringDb() {
            return new Given(db, dbx, true, vendorDb, vendorDbx, vendorCert, mokList, mokListX, owners);
        }

        Given vendorDb(SignatureDatabase value) {
            return new Given(db, dbx, ignoreDb, value, vendorDbx, vendorCert, mokList, mokListX, owners);
        }

        Given vendorDbx(SignatureDatabase value) {
            return new Given(db, dbx, ignoreDb, vendorDb, value, vendorCert, mokList, mokListX, owners);
        }

        Given withVendorCert() {
            return new Given(db, dbx, ignoreDb, vendorDb, vendorDbx, true, mokList, mokListX, owners);
        }

        Given mokList(SignatureDatabase value) {
            return new Given(db, dbx, ignoreDb, vendorDb, vendorDbx, vendorCert, value, mokListX, owners);
        }

        Given mokListX(SignatureDatabase value) {
            return new Given(db, dbx, ignoreDb, vendorDb, vendorDbx, vendorCert, mokList, value, owners);
        }

        Given withoutOwners() {
            return new Given(db, dbx, ignoreDb, vendorDb, vendorDbx, vendorCert, mokList, mokListX, false);
        }
    }

    private ShimVerification.Decision decide(PeImage image, Given given) {
        return ShimVerification.of(
                image,
                new ShimVerification.Lists(
                        given.db(),
                        given.dbx(),
                        given.ignoreDb(),
                        given.vendorDb(),
                        given.vendorDbx(),
                        given.vendorCert() ? Optional.of(Source.of("vendor", certificate)) : Optional.empty(),
                        Optional.empty(),
                        "MokListRT",
                        given.mokList(),
                        given.mokListX(),
                        given.owners()));
    }

    private String names(Given given) {
        ShimVerification.Decision decision = decide(signed, given);
        assertEquals(Optional.empty(), decision.refusal());
        return String.join(
                " ",
                decision.measured().stream()
                        .map(ShimVerification.Authority::name)
                        .toList());
    }

    @Test
    void looksIntoDbThenTheVendorsListThenTheOwnersThenTheBuiltInCertificate() {
        Given all = Given.none()
                .db(withCertificate)
                .vendorDb(withCertificate)
                .mokList(withCertificate)
                .withVendorCert();
        assertEquals("db", names(all));
        assertEquals("vendor_db", names(all.ignoringDb()));
        assertEquals("MokListRT", names(all.ignoringDb().vendorDb(NONE)));
        assertEquals("Shim", names(Given.none().withVendorCert()));
        assertEquals(
                "MokListRT", names(Given.none().mokList(withDigest).db(withCertificate)), "digests before signatures");
    }

    @Test
    void measuresAnEntryWithItsOwnerFrom15_3On() {
        ShimVerification.Authority with =
                decide(signed, Given.none().db(withCertificate)).measured().get(0);
        ShimVerification.Authority without = decide(
                        signed, Given.none().db(withCertificate).withoutOwners())
                .measured()
                .get(0);
        assertEquals(16 + certificate.length, with.data().length());
        assertEquals(
                HexFormat.of().formatHex(certificate),
                HexFormat.of().formatHex(without.data().toByteArray()));
        assertEquals("d719b2cb-3d3a-4596-a3bc-dad00e67656f", with.guid().toString());
        assertEquals(
                "605dab50-e046-4300-abb6-3dd810dd8b23",
                decide(signed, Given.none().withVendorCert())
                        .measured()
                        .get(0)
                        .guid()
                        .toString());
    }

    @Test
    void refusesWhatAListForbids() {
        for (Given given : List.of(
                Given.none().db(withCertificate).dbx(withDigest),
                Given.none().db(withCertificate).dbx(withCertificate),
                Given.none().db(withCertificate).mokListX(withDigest),
                Given.none().db(withCertificate).mokListX(withCertificate),
                Given.none().withVendorCert().vendorDbx(withCertificate),
                Given.none())) {
            ShimVerification.Decision decision = decide(signed, given);
            assertTrue(decision.refusal().isPresent(), given.toString());
            assertEquals(List.of(), decision.measured());
        }
    }

    /** check_db_cert_in_ram takes the first certificate of a list only. */
    @Test
    void looksAtTheFirstCertificateOfAListOnly() {
        byte[] other = certificate.clone();
        other[other.length - 1] ^= 1; // a certificate with another signature vouches too: its key is the same
        byte[] foreign = new byte[certificate.length];
        System.arraycopy(certificate, 0, foreign, 0, 4);
        ByteBuffer list =
                ByteBuffer.allocate(28 + 2 * (16 + certificate.length)).order(ByteOrder.LITTLE_ENDIAN);
        Guid.put(list, SignatureType.X509.guid());
        list.putInt(list.capacity()).putInt(0).putInt(16 + certificate.length);
        list.put(new byte[16]).put(foreign).put(new byte[16]).put(certificate);
        SignatureDatabase two = SignatureDatabase.read(Source.of("two", list.array()));
        assertEquals(2, two.signatures().size());
        assertTrue(decide(signed, Given.none().db(two)).refusal().isPresent());
    }

    @Test
    void refusesAnImageThatWasChanged() throws IOException {
        byte[] bytes = signed.source().toByteArray();
        bytes[bytes.length / 2] ^= 1;
        PeImage changed = PeImage.read(Source.of("changed.efi", bytes));
        assertTrue(decide(changed, Given.none().db(withCertificate)).refusal().isPresent());
    }

    /** generate_hash pads an unsigned file to a multiple of 8 before it hashes it, which the firmware does not. */
    @Test
    void findsAnUnsignedImageByThePaddedDigest() {
        byte[] unsigned = PeWriter.pe32Plus()
                .section(".text", "code")
                .trailing(new byte[] {1, 2, 3})
                .build();
        byte[] padded = Arrays.copyOf(unsigned, (unsigned.length + 7) / 8 * 8);
        PeImage image = PeImage.read(Source.of("unsigned.efi", unsigned));
        byte[] own = PeImage.read(Source.of("padded.efi", padded))
                .authenticode(List.of(DigestAlgorithm.SHA256))
                .get(DigestAlgorithm.SHA256)
                .toByteArray();
        SignatureDatabase list =
                new SignatureDatabaseWriter().entry(SignatureType.SHA256, own).build();
        assertTrue(unsigned.length % 8 != 0);
        assertEquals(Optional.empty(), decide(image, Given.none().mokList(list)).refusal());
    }
}
