package dev.measure.uefi;

import dev.measure.pe.PeImage;
import java.util.Optional;
import java.util.UUID;

/**
 * What firmware with Secure Boot decides about an image, and which EFI_SIGNATURE_DATA of {@code db} is its authority: what PCR 7 takes
 * as EV_EFI_VARIABLE_AUTHORITY when it is used for the first time.
 *
 * <p>edk2, SecurityPkg/Library/DxeImageVerificationLib, DxeImageVerificationHandler. {@code dbt} is taken as absent, so a revocation
 * of a certificate holds whatever its time.
 */
public sealed interface ImageAuthority {
    /** EFI_IMAGE_SECURITY_DATABASE_GUID, the vendor of db and dbx. */
    UUID IMAGE_SECURITY_DATABASE = UUID.fromString("d719b2cb-3d3a-4596-a3bc-dad00e67656f");

    /** {@return the entry of db that firmware measures for this image, also if it refuses the image afterwards} */
    Optional<SignatureData> measured();

    /**
     * A certificate in db vouches for a signature of the image.
     *
     * @param entry the certificate with its owner
     */
    record ByCertificate(SignatureData entry) implements ImageAuthority {
        @Override
        public Optional<SignatureData> measured() {
            return Optional.of(entry);
        }
    }

    /**
     * The digest of the image is in db.
     *
     * @param entry the digest with its owner
     */
    record ByDigest(SignatureData entry) implements ImageAuthority {
        @Override
        public Optional<SignatureData> measured() {
            return Optional.of(entry);
        }
    }

    /**
     * dbx forbids the image.
     *
     * @param why what forbids it
     * @param measured the entry of db that was found, and measured, before
     */
    record Forbidden(String why, Optional<SignatureData> measured) implements ImageAuthority {}

    /**
     * Nothing in db allows the image.
     *
     * @param why what was looked at
     * @param measured the entry of db that was found, and measured, before
     */
    record NotAllowed(String why, Optional<SignatureData> measured) implements ImageAuthority {}

    /**
     * {@return the decision about an image}
     *
     * @param image the image
     * @param db the value of db
     * @param dbx the value of dbx; without entries if there is none
     * @throws dev.measure.MalformedInputException if EDK2 would not even hash the image
     */
    static ImageAuthority of(PeImage image, SignatureDatabase db, SignatureDatabase dbx) {
        return new ImageVerification(image, db, dbx).result();
    }

    /**
     * {@return the event data of EV_EFI_VARIABLE_AUTHORITY for an entry of db, which PCR 7 is extended with the digest of}
     *
     * @param entry the entry
     */
    static byte[] eventData(SignatureData entry) {
        return VariableData.bytes(IMAGE_SECURITY_DATABASE, "db", entry.whole().toByteArray());
    }
}
