package dev.measure.tpm;

import java.util.Optional;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;

/** The curves of policy keys, with their TPM_ECC_CURVE (TCG Algorithm Registry, revision 1.34, table 4). */
enum PolicyCurve {
    P224("P-224", SECObjectIdentifiers.secp224r1, 0x0002),
    P256("P-256", SECObjectIdentifiers.secp256r1, 0x0003),
    P384("P-384", SECObjectIdentifiers.secp384r1, 0x0004),
    P521("P-521", SECObjectIdentifiers.secp521r1, 0x0005);

    private final String title;
    private final ASN1ObjectIdentifier oid;
    private final int tpmEccCurve;

    PolicyCurve(String title, ASN1ObjectIdentifier oid, int tpmEccCurve) {
        this.title = title;
        this.oid = oid;
        this.tpmEccCurve = tpmEccCurve;
    }

    static Optional<PolicyCurve> of(ASN1ObjectIdentifier oid) {
        for (PolicyCurve curve : values()) {
            if (curve.oid.equals(oid)) {
                return Optional.of(curve);
            }
        }
        return Optional.empty();
    }

    static Optional<PolicyCurve> ofTpm(int tpmEccCurve) {
        for (PolicyCurve curve : values()) {
            if (curve.tpmEccCurve == tpmEccCurve) {
                return Optional.of(curve);
            }
        }
        return Optional.empty();
    }

    static PolicyCurve of(ECDomainParameters parameters) {
        // PolicyKeyFile makes keys with named parameters of these curves only
        return of(((ECNamedDomainParameters) parameters).getName()).orElseThrow();
    }

    ECNamedDomainParameters parameters() {
        return new ECNamedDomainParameters(oid, SECNamedCurves.getByOID(oid));
    }

    String title() {
        return title;
    }

    int tpmEccCurve() {
        return tpmEccCurve;
    }
}
