package dev.measure.uefi;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.pe.PeImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CertificateHolder;

/**
 * What shim with Secure Boot decides about an image that it loads or is asked about, and which entries it measures into PCR 7 for it.
 *
 * <p>shim, verify.c (up to 16.0 shim.c): verify_buffer_authenticode. Signatures are judged as EDK2 judges them, and only over the
 * SHA-256 digest of the image. SBAT is another question.
 */
public final class ShimVerification {
    /** OID_EKU_MODSIGN: a certificate for kernel modules vouches for no program. */
    private static final KeyPurposeId MODULE_SIGNING =
            KeyPurposeId.getInstance(new ASN1ObjectIdentifier("1.3.6.1.4.1.2312.16.1.2"));

    private static final String NONE = "no entry of db, of shim's own certificates and of the MokList allows it";

    /**
     * The lists that shim looks into.
     *
     * @param db db
     * @param dbx dbx
     * @param ignoreDb whether MokDBState tells shim to pass db over
     * @param vendorDb the list in shim, of one that is built with a list
     * @param vendorDbx the list of what shim's vendor forbids
     * @param vendorCert the certificate in shim, of one that is built with a certificate
     * @param buildCert the certificate that shim's build made for MokManager and fallback
     * @param mokListName the variable that shim takes as the list of the machine's owner, {@code MokList} or {@code MokListRT}
     * @param mokList its value
     * @param mokListX MokListX
     * @param owners whether an entry is measured with its owner, as shim from 15.3 on does
     */
    public record Lists(
            SignatureDatabase db,
            SignatureDatabase dbx,
            boolean ignoreDb,
            SignatureDatabase vendorDb,
            SignatureDatabase vendorDbx,
            Optional<Source> vendorCert,
            Optional<Source> buildCert,
            String mokListName,
            SignatureDatabase mokList,
            SignatureDatabase mokListX,
            boolean owners) {
        /** Checks for null. */
        public Lists {
            Objects.requireNonNull(db, "db");
            Objects.requireNonNull(dbx, "dbx");
            Objects.requireNonNull(vendorDb, "vendorDb");
            Objects.requireNonNull(vendorDbx, "vendorDbx");
            Objects.requireNonNull(vendorCert, "vendorCert");
            Objects.requireNonNull(buildCert, "buildCert");
            Objects.requireNonNull(mokListName, "mokListName");
            Objects.requireNonNull(mokList, "mokList");
            Objects.requireNonNull(mokListX, "mokListX");
        }
    }

    /**
     * What vouches for an image.
     *
     * @param name the name of the variable in the event
     * @param guid its vendor
     * @param data the value in the event
     */
    public record Authority(String name, UUID guid, Source data) {}

    /**
     * A decision.
     *
     * @param measured the authorities, in the order in which shim finds them
     * @param refusal why the image may not run; empty if it may
     */
    public record Decision(List<Authority> measured, Optional<String> refusal) {
        /** Copies the list. */
        public Decision {
            measured = List.copyOf(measured);
        }
    }

    private final PeImage image;
    private final Lists lists;
    private final Digest sha256;
    private final Digest sha1;

    private ShimVerification(PeImage image, Lists lists) {
        this.image = image;
        this.lists = lists;
        // shim pads a file without signatures to a multiple of 8 before it hashes it; EDK2 does not (pe.c,
        // generate_hash)
        long padding = image.certificates().isEmpty() ? -image.source().length() & 7 : 0;
        PeImage hashed = padding == 0 ? image : PeImage.read(image.source().withZeroTail(padding));
        var digests = hashed.authenticode(List.of(DigestAlgorithm.SHA256, DigestAlgorithm.SHA1));
        this.sha256 = digests.get(DigestAlgorithm.SHA256);
        this.sha1 = digests.get(DigestAlgorithm.SHA1);
    }

    /**
     * {@return the decision about an image}
     *
     * @param image the image
     * @param lists what shim looks into
     * @throws MalformedInputException if shim could not even hash the image
     */
    public static Decision of(PeImage image, Lists lists) {
        return new ShimVerification(image, lists).decision();
    }

    private Decision decision() {
        Optional<String> forbidden = forbiddenDigest();
        if (forbidden.isPresent()) {
            return new Decision(List.of(), forbidden);
        }
        Optional<Authority> byDigest = allowedDigest();
        if (byDigest.isPresent()) {
            return new Decision(List.of(byDigest.get()), Optional.empty());
        }
        if (image.certificates().isEmpty()) {
            return new Decision(List.of(), Optional.of("it is not signed, and no list has its digest"));
        }
        List<Authority> measured = new ArrayList<>();
        Optional<String> why = Optional.of(NONE);
        for (WinCertificate entry : WinCertificate.table(image).entries()) {
            if (entry.certificateType() != WinCertificate.PKCS_SIGNED_DATA) {
                continue;
            }
            Optional<AuthenticodeSignature> signature = signature(entry);
            if (signature.isEmpty() || !signature.get().isFor(sha256)) {
                continue;
            }
            Optional<String> denied = forbiddenCertificate(signature.get());
            Optional<Authority> authority = denied.isPresent() ? Optional.empty() : allowedCertificate(signature.get());
            if (authority.isPresent()) {
                measured.add(authority.get());
                why = Optional.empty();
            } else if (denied.isPresent() && why.isPresent()) {
                why = denied;
            }
        }
        return new Decision(measured, why);
    }

    private static Optional<AuthenticodeSignature> signature(WinCertificate entry) {
        try {
            return Optional.of(AuthenticodeSignature.read(entry.data()));
        } catch (MalformedInputException e) {
            return Optional.empty();
        }
    }

    /** check_denylist, as far as it is about the image itself. */
    private Optional<String> forbiddenDigest() {
        if (find(lists.vendorDbx(), sha256, SignatureType.SHA256).isPresent()
                || find(lists.vendorDbx(), sha1, SignatureType.SHA1).isPresent()) {
            return Optional.of("the vendor's list in shim forbids its digest");
        }
        if (find(lists.dbx(), sha256, SignatureType.SHA256).isPresent()
                || find(lists.dbx(), sha1, SignatureType.SHA1).isPresent()) {
            return Optional.of("dbx has its digest");
        }
        if (find(lists.mokListX(), sha256, SignatureType.SHA256).isPresent()) {
            return Optional.of("MokListX has its digest");
        }
        return Optional.empty();
    }

    private Optional<String> forbiddenCertificate(AuthenticodeSignature signature) {
        if (certificate(lists.vendorDbx(), signature).isPresent()) {
            return Optional.of("the vendor's list in shim forbids the certificate of its signature");
        }
        if (certificate(lists.dbx(), signature).isPresent()) {
            return Optional.of("dbx has a certificate that vouches for its signature");
        }
        if (certificate(lists.mokListX(), signature).isPresent()) {
            return Optional.of("MokListX has a certificate that vouches for its signature");
        }
        return Optional.empty();
    }

    /** check_allowlist without a signature. */
    private Optional<Authority> allowedDigest() {
        if (!lists.ignoreDb()) {
            Optional<SignatureData> entry =
                    find(lists.db(), sha256, SignatureType.SHA256).or(() -> find(lists.db(), sha1, SignatureType.SHA1));
            if (entry.isPresent()) {
                return entry.map(e -> authority("db", GuidName.EFI_IMAGE_SECURITY_DATABASE, e));
            }
        }
        return find(lists.vendorDb(), sha256, SignatureType.SHA256)
                .map(e -> authority("vendor_db", GuidName.EFI_IMAGE_SECURITY_DATABASE, e))
                .or(() -> find(lists.mokList(), sha256, SignatureType.SHA256)
                        .map(e -> authority(lists.mokListName(), GuidName.SHIM_LOCK, e)));
    }

    private Optional<Authority> allowedCertificate(AuthenticodeSignature signature) {
        if (!lists.ignoreDb()) {
            Optional<SignatureData> entry = certificate(lists.db(), signature);
            if (entry.isPresent()) {
                return entry.map(e -> authority("db", GuidName.EFI_IMAGE_SECURITY_DATABASE, e));
            }
        }
        return certificate(lists.vendorDb(), signature)
                .map(e -> authority("vendor_db", GuidName.EFI_IMAGE_SECURITY_DATABASE, e))
                .or(() -> certificate(lists.mokList(), signature)
                        .map(e -> authority(lists.mokListName(), GuidName.SHIM_LOCK, e)))
                .or(() -> lists.buildCert().filter(signature::isVerifiedBy).map(ShimVerification::builtIn))
                .or(() -> lists.vendorCert().filter(signature::isVerifiedBy).map(ShimVerification::builtIn));
    }

    private Authority authority(String name, UUID guid, SignatureData entry) {
        return new Authority(name, guid, lists.owners() ? entry.whole() : entry.data());
    }

    private static Authority builtIn(Source certificate) {
        return new Authority("Shim", GuidName.SHIM_LOCK, certificate);
    }

    private static Optional<SignatureData> find(SignatureDatabase database, Digest digest, SignatureType type) {
        byte[] bytes = digest.toByteArray();
        return database.lists().stream()
                .filter(list -> list.type().equals(type))
                .flatMap(list -> list.signatures().stream())
                .filter(entry -> Arrays.equals(entry.data().toByteArray(), bytes))
                .findFirst();
    }

    /** check_db_cert_in_ram: of a list with several certificates it looks at the first one only. */
    private static Optional<SignatureData> certificate(SignatureDatabase database, AuthenticodeSignature signature) {
        return database.lists().stream()
                .filter(list -> list.type().equals(SignatureType.X509))
                .flatMap(list -> list.signatures().stream().limit(1))
                .filter(entry -> isProgramCertificate(entry.data()) && signature.isVerifiedBy(entry.data()))
                .findFirst();
    }

    /** verify_x509 and verify_eku. */
    private static boolean isProgramCertificate(Source certificate) {
        if (certificate.length() < 4 || certificate.length() > 0xffff + 4) {
            return false;
        }
        byte[] head = certificate.slice(0, 4).toByteArray();
        if (head[0] != 0x30
                || head[1] != (byte) 0x82
                || ((head[2] & 0xff) << 8 | head[3] & 0xff) != certificate.length() - 4) {
            return false;
        }
        Optional<X509CertificateHolder> read = CertificateChain.anchor(certificate);
        if (read.isEmpty() || read.get().getExtensions() == null) {
            return true;
        }
        try {
            ExtendedKeyUsage usage = ExtendedKeyUsage.fromExtensions(read.get().getExtensions());
            return usage == null || !usage.hasKeyPurposeId(MODULE_SIGNING);
        } catch (RuntimeException e) {
            return true; // OpenSSL finds no usage in an extension that it cannot read
        }
    }
}
