package dev.measure.sign;

import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;

/** The NIST curves of signing keys (FIPS 186-5), as JSON Web Keys name them. */
public enum EcCurve {
    /** secp256r1. */
    P256("P-256", SECObjectIdentifiers.secp256r1),
    /** secp384r1. */
    P384("P-384", SECObjectIdentifiers.secp384r1),
    /** secp521r1. */
    P521("P-521", SECObjectIdentifiers.secp521r1);

    private final String title;
    private final ASN1ObjectIdentifier oid;

    EcCurve(String title, ASN1ObjectIdentifier oid) {
        this.title = title;
        this.oid = oid;
    }

    static Optional<EcCurve> of(ASN1ObjectIdentifier oid) {
        for (EcCurve curve : values()) {
            if (curve.oid.equals(oid)) {
                return Optional.of(curve);
            }
        }
        return Optional.empty();
    }

    static Optional<EcCurve> of(String title) {
        for (EcCurve curve : values()) {
            if (curve.title.equals(title)) {
                return Optional.of(curve);
            }
        }
        return Optional.empty();
    }

    /** {@return its name} */
    public String title() {
        return title;
    }

    ECNamedDomainParameters parameters() {
        return new ECNamedDomainParameters(oid, SECNamedCurves.getByOID(oid));
    }

    /** {@return how many bytes a coordinate, a private key or half a signature has} */
    int length() {
        return (parameters().getN().bitLength() + 7) / 8;
    }
}
