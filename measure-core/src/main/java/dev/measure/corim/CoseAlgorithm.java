package dev.measure.corim;

import dev.measure.DigestAlgorithm;
import dev.measure.sign.EcCurve;
import java.util.Optional;

/** The signature algorithms of COSE (RFC 9053, section 2.1) that manifests are signed with here; each is used with its own curve. */
public enum CoseAlgorithm {
    /** ECDSA with SHA-256 on P-256. */
    ES256(-7, EcCurve.P256, DigestAlgorithm.SHA256),
    /** ECDSA with SHA-384 on P-384. */
    ES384(-35, EcCurve.P384, DigestAlgorithm.SHA384),
    /** ECDSA with SHA-512 on P-521. */
    ES512(-36, EcCurve.P521, DigestAlgorithm.SHA512);

    private final int id;
    private final EcCurve curve;
    private final DigestAlgorithm hash;

    CoseAlgorithm(int id, EcCurve curve, DigestAlgorithm hash) {
        this.id = id;
        this.curve = curve;
        this.hash = hash;
    }

    /** {@return the algorithm of a number of the registry} */
    static Optional<CoseAlgorithm> of(long id) {
        for (CoseAlgorithm algorithm : values()) {
            if (algorithm.id == id) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }

    /** {@return the algorithm that goes with a curve} */
    static CoseAlgorithm of(EcCurve curve) {
        for (CoseAlgorithm algorithm : values()) {
            if (algorithm.curve == curve) {
                return algorithm;
            }
        }
        throw new AssertionError(curve);
    }

    int id() {
        return id;
    }

    EcCurve curve() {
        return curve;
    }

    DigestAlgorithm hash() {
        return hash;
    }
}
