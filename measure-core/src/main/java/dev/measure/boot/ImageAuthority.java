package dev.measure.boot;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.pe.PeImage;
import dev.measure.uefi.SignatureData;
import dev.measure.uefi.SignatureDatabase;
import dev.measure.uefi.SignatureList;
import dev.measure.uefi.SignatureType;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which entry of db allows an image under Secure Boot (edk2 SecurityPkg/Library/DxeImageVerificationLib,
 * DxeImageVerificationHandler): dbx is asked first, then db in its order, certificates by verified chains, images by hash.
 */
final class ImageAuthority {
    private final SignatureDatabase db;
    private final SignatureDatabase dbx;

    ImageAuthority(SignatureDatabase db, SignatureDatabase dbx) {
        this.db = db;
        this.dbx = dbx;
    }

    /** {@return the entry of db that allows the image; empty if firmware refuses it} */
    Optional<SignatureData> of(PeImage image) {
        List<ImageSignature> signatures = ImageSignature.of(image);
        if (forbidden(image, signatures)) {
            return Optional.empty();
        }
        for (ImageSignature signature : signatures) {
            Optional<SignatureData> certificate = certificate(db, signature);
            if (certificate.isPresent()) {
                return certificate;
            }
        }
        return hash(db, image);
    }

    private boolean forbidden(PeImage image, List<ImageSignature> signatures) {
        if (hash(dbx, image).isPresent()) {
            return true;
        }
        for (ImageSignature signature : signatures) {
            if (certificate(dbx, signature).isPresent() || certificateHash(signature)) {
                return true;
            }
        }
        return false;
    }

    private static Optional<SignatureData> certificate(SignatureDatabase database, ImageSignature signature) {
        for (SignatureList list : database.lists()) {
            if (!list.type().equals(SignatureType.X509)) {
                continue;
            }
            for (SignatureData entry : list.signatures()) {
                try {
                    if (signature.leadsTo(
                            ImageSignature.certificate(entry.data().toByteArray()))) {
                        return Optional.of(entry);
                    }
                } catch (CertificateException notACertificate) {
                    continue; // firmware passes over it, too
                }
            }
        }
        return Optional.empty();
    }

    private static final Map<DigestAlgorithm, SignatureType> IMAGE_HASHES = new TreeMap<>(Map.of(
            DigestAlgorithm.SHA1, SignatureType.SHA1,
            DigestAlgorithm.SHA256, SignatureType.SHA256,
            DigestAlgorithm.SHA384, SignatureType.SHA384,
            DigestAlgorithm.SHA512, SignatureType.SHA512));

    private static final Map<DigestAlgorithm, SignatureType> CERTIFICATE_HASHES = new TreeMap<>(Map.of(
            DigestAlgorithm.SHA256, SignatureType.X509_SHA256,
            DigestAlgorithm.SHA384, SignatureType.X509_SHA384,
            DigestAlgorithm.SHA512, SignatureType.X509_SHA512));

    private static Optional<SignatureData> hash(SignatureDatabase database, PeImage image) {
        for (SignatureList list : database.lists()) {
            for (Map.Entry<DigestAlgorithm, SignatureType> kind : IMAGE_HASHES.entrySet()) {
                if (list.type().equals(kind.getValue())) {
                    Digest digest = image.authenticode(List.of(kind.getKey())).get(kind.getKey());
                    for (SignatureData entry : list.signatures()) {
                        if (java.util.Arrays.equals(entry.data().toByteArray(), digest.toByteArray())) {
                            return Optional.of(entry);
                        }
                    }
                }
            }
        }
        return Optional.empty();
    }

    private boolean certificateHash(ImageSignature signature) {
        for (SignatureList list : dbx.lists()) {
            for (Map.Entry<DigestAlgorithm, SignatureType> kind : CERTIFICATE_HASHES.entrySet()) {
                if (list.type().equals(kind.getValue())
                        && signature.chain().stream().anyMatch(c -> listed(list, kind.getKey(), c))) {
                    return true;
                }
            }
        }
        return false;
    }

    /** An entry is the hash of the to-be-signed part and a time of revocation, which counts only beside a time stamp. */
    private static boolean listed(SignatureList list, DigestAlgorithm algorithm, X509Certificate certificate) {
        try {
            byte[] hash = algorithm.newMessageDigest().digest(certificate.getTBSCertificate());
            for (SignatureData entry : list.signatures()) {
                Source data = entry.data();
                if (data.length() >= hash.length
                        && java.util.Arrays.equals(data.slice(0, hash.length).toByteArray(), hash)) {
                    return true;
                }
            }
            return false;
        } catch (CertificateException e) {
            return false;
        }
    }
}
