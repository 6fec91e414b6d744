package dev.measure.uefi;

import java.util.Optional;
import java.util.UUID;

/**
 * SignatureType of a signature list (UEFI 2.10, section 32.4.1). A type without a name is legal: its entries are carried and
 * never matched.
 *
 * @param guid the GUID that stands in the list
 */
public record SignatureType(UUID guid) {
    /** EFI_CERT_X509_GUID: a DER certificate. */
    public static final SignatureType X509 = of("a5c059a1-94e4-4aa7-87b5-ab155c2bf072");

    /** EFI_CERT_SHA256_GUID: a SHA-256 digest. */
    public static final SignatureType SHA256 = of("c1c41626-504c-4092-aca9-41f936934328");

    /** EFI_CERT_SHA1_GUID. */
    public static final SignatureType SHA1 = of("826ca512-cf10-4ac9-b187-be01496631bd");

    /** EFI_CERT_SHA384_GUID. */
    public static final SignatureType SHA384 = of("ff3e5307-9fd0-48c9-85f1-8ad56c701e01");

    /** EFI_CERT_SHA512_GUID. */
    public static final SignatureType SHA512 = of("093e0fae-a6c4-4f50-9f1b-d41e2b89c19a");

    /** EFI_CERT_RSA2048_GUID: a public key. */
    public static final SignatureType RSA2048 = of("3c5766e8-269c-4e34-aa14-ed776e85b3b6");

    /** EFI_CERT_X509_SHA256_GUID: hash of a certificate's to-be-signed part and a time of revocation. */
    public static final SignatureType X509_SHA256 = of("3bd2a492-96c0-4079-b420-fcf98ef103ed");

    /** EFI_CERT_X509_SHA384_GUID. */
    public static final SignatureType X509_SHA384 = of("7076876e-80c2-4ee6-aad2-28b349a6865b");

    /** EFI_CERT_X509_SHA512_GUID. */
    public static final SignatureType X509_SHA512 = of("446dbf63-2502-4cda-bcfa-2465d2b0fe9d");

    /** EFI_CERT_EXTERNAL_MANAGEMENT_GUID: no key; who owns the platform is settled elsewhere. */
    public static final SignatureType EXTERNAL_MANAGEMENT = of("452e8ced-dfff-4b8c-ae01-5118862e682c");

    private static SignatureType of(String guid) {
        return new SignatureType(UUID.fromString(guid));
    }

    static SignatureType of(UUID guid) {
        return new SignatureType(guid);
    }

    /** {@return the name, such as {@code X509}, if the type is known} */
    public Optional<String> name() {
        if (equals(X509)) {
            return Optional.of("X509");
        } else if (equals(SHA256)) {
            return Optional.of("SHA256");
        } else if (equals(SHA1)) {
            return Optional.of("SHA1");
        } else if (equals(SHA384)) {
            return Optional.of("SHA384");
        } else if (equals(SHA512)) {
            return Optional.of("SHA512");
        } else if (equals(RSA2048)) {
            return Optional.of("RSA2048");
        } else if (equals(X509_SHA256)) {
            return Optional.of("X509_SHA256");
        } else if (equals(X509_SHA384)) {
            return Optional.of("X509_SHA384");
        } else if (equals(X509_SHA512)) {
            return Optional.of("X509_SHA512");
        } else if (equals(EXTERNAL_MANAGEMENT)) {
            return Optional.of("EXTERNAL_MANAGEMENT");
        }
        return Optional.empty();
    }

    /** {@return name or GUID} */
    public String text() {
        return name().orElse(guid.toString());
    }
}
