package dev.measure.uefi;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.key.Asn1;
import dev.measure.pe.PeImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.cert.X509CertificateHolder;

/** The walk of DxeImageVerificationHandler through the signatures of an image. */
final class ImageVerification {
    private final PeImage image;
    private final SignatureDatabase db;
    private final SignatureDatabase dbx;
    private final List<String> notes = new ArrayList<>();

    ImageVerification(PeImage image, SignatureDatabase db, SignatureDatabase dbx) {
        this.image = image;
        this.db = db;
        this.dbx = dbx;
    }

    ImageAuthority result() {
        WinCertificate.Table table = WinCertificate.table(image);
        if (image.certificates().isEmpty()) {
            return unsigned();
        }
        ImageAuthority verified = null;
        for (WinCertificate entry : table.entries()) {
            Optional<AuthenticodeSignature> signature = signature(entry);
            if (signature.isEmpty()) {
                continue;
            }
            Optional<SignatureData> before = verified == null ? Optional.empty() : verified.measured();
            Digest digest = digest(signature.get().algorithm());
            Optional<String> forbidden = forbidden(signature.get(), digest);
            if (forbidden.isPresent()) {
                return new ImageAuthority.Forbidden(forbidden.get(), before);
            }
            if (verified == null) {
                verified = allowed(signature.get(), digest).orElse(null);
            }
            if (find(dbx, digest).isPresent()) {
                return new ImageAuthority.Forbidden(
                        "dbx has the " + digest.algorithm().id() + " digest of the image",
                        verified == null ? Optional.empty() : verified.measured());
            }
            if (verified == null) {
                verified = find(db, digest).map(ImageAuthority.ByDigest::new).orElse(null);
            }
        }
        if (!table.complete()) {
            return new ImageAuthority.NotAllowed(
                    "the entries of the certificate table do not fill it",
                    verified == null ? Optional.empty() : verified.measured());
        }
        if (verified != null) {
            return verified;
        }
        String why = "no certificate in db vouches for a signature of the image, and its digest is not there";
        return new ImageAuthority.NotAllowed(
                notes.isEmpty() ? why : why + " (" + String.join("; ", notes) + ")", Optional.empty());
    }

    private ImageAuthority unsigned() {
        Digest digest = digest(DigestAlgorithm.SHA256);
        if (find(dbx, digest).isPresent()) {
            return new ImageAuthority.Forbidden("dbx has the sha256 digest of the image", Optional.empty());
        }
        Optional<SignatureData> entry = find(db, digest);
        return entry.isPresent()
                ? new ImageAuthority.ByDigest(entry.get())
                : new ImageAuthority.NotAllowed(
                        "the image is not signed, and db does not have its sha256 digest", Optional.empty());
    }

    private Digest digest(DigestAlgorithm algorithm) {
        return image.authenticode(List.of(algorithm)).get(algorithm);
    }

    private Optional<AuthenticodeSignature> signature(WinCertificate entry) {
        if (!entry.isPkcs7()) {
            notes.add(String.format("an entry of type 0x%04x is passed over", entry.certificateType()));
            return Optional.empty();
        }
        try {
            return Optional.of(AuthenticodeSignature.read(entry.data()));
        } catch (MalformedInputException e) {
            notes.add(e.getMessage());
            return Optional.empty();
        }
    }

    /** IsForbiddenByDbx. */
    private Optional<String> forbidden(AuthenticodeSignature signature, Digest digest) {
        for (SignatureData entry : certificates(dbx)) {
            if (signature.isFor(digest) && signature.isVerifiedBy(entry.data())) {
                return Optional.of("a certificate in dbx vouches for the signature");
            }
        }
        List<X509CertificateHolder> signers = signature.signerCertificates();
        if (signers.isEmpty() && !dbx.lists().isEmpty()) {
            return Optional.of("the signature does not carry the certificate of its signer");
        }
        for (X509CertificateHolder signer : signers) {
            if (isRevoked(AuthenticodeSignature.encoded(signer))) {
                return Optional.of("dbx has the digest of the signer's certificate");
            }
        }
        return Optional.empty();
    }

    /** IsAllowedByDb: the first certificate that vouches decides, also when it is revoked. */
    private Optional<ImageAuthority> allowed(AuthenticodeSignature signature, Digest digest) {
        if (!signature.isFor(digest)) {
            notes.add("a signature is for another image");
            return Optional.empty();
        }
        for (SignatureData entry : certificates(db)) {
            if (signature.isVerifiedBy(entry.data())) {
                if (isRevoked(entry.data().toByteArray())) {
                    notes.add("dbx has the digest of the certificate in db that vouches for the signature");
                    return Optional.empty();
                }
                return Optional.of(new ImageAuthority.ByCertificate(entry));
            }
        }
        return Optional.empty();
    }

    private static List<SignatureData> certificates(SignatureDatabase database) {
        return database.lists().stream()
                .filter(list -> list.type().equals(SignatureType.X509))
                .flatMap(list -> list.signatures().stream())
                .toList();
    }

    /** IsCertHashFoundInDatabase: the digest of TBSCertificate, behind which stands the time of the revocation. */
    private boolean isRevoked(byte[] certificate) {
        Map<SignatureType, DigestAlgorithm> types = Map.of(
                SignatureType.X509_SHA256, DigestAlgorithm.SHA256,
                SignatureType.X509_SHA384, DigestAlgorithm.SHA384,
                SignatureType.X509_SHA512, DigestAlgorithm.SHA512);
        for (SignatureList list : dbx.lists()) {
            DigestAlgorithm algorithm = types.get(list.type());
            if (algorithm == null) {
                continue;
            }
            byte[] tbs = Asn1.firstElement(certificate);
            byte[] digest = algorithm.newMessageDigest().digest(tbs);
            for (SignatureData entry : list.signatures()) {
                if (startsWith(entry, digest)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean startsWith(SignatureData entry, byte[] digest) {
        return entry.data().length() >= digest.length
                && Arrays.equals(entry.data().slice(0, digest.length).toByteArray(), digest);
    }

    /** IsSignatureFoundInDatabase: the digest of the image, in a list of its own type. */
    private static Optional<SignatureData> find(SignatureDatabase database, Digest digest) {
        SignatureType type = switch (digest.algorithm()) {
            case SHA1 -> SignatureType.SHA1;
            case SHA256 -> SignatureType.SHA256;
            case SHA384 -> SignatureType.SHA384;
            case SHA512 -> SignatureType.SHA512;
            case SM3_256 -> throw new IllegalArgumentException("no signature list holds SM3 digests");
        };
        byte[] bytes = digest.toByteArray();
        return database.lists().stream()
                .filter(list -> list.type().equals(type))
                .flatMap(list -> list.signatures().stream())
                .filter(entry -> Arrays.equals(entry.data().toByteArray(), bytes))
                .findFirst();
    }
}
