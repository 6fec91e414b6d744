package dev.measure.corim;

import dev.measure.DigestAlgorithm;
import dev.measure.sign.EcCurve;
import dev.measure.sign.EcPublicKey;
import dev.measure.sign.EdwardsPublicKey;
import dev.measure.sign.RsaPublicKey;
import dev.measure.sign.VerificationKey;
import java.util.Optional;

/**
 * The signature algorithms of COSE that manifests are verified with here: RFC 9053, sections 2.1 and 2.2, RFC 8230, section 2, and, with
 * a curve of their own, RFC 9864.
 */
public enum CoseAlgorithm {
    /** ECDSA with SHA-256; here on P-256 only. */
    ES256(-7, EcCurve.P256, DigestAlgorithm.SHA256),
    /** ECDSA with SHA-384; here on P-384 only. */
    ES384(-35, EcCurve.P384, DigestAlgorithm.SHA384),
    /** ECDSA with SHA-512; here on P-521 only. */
    ES512(-36, EcCurve.P521, DigestAlgorithm.SHA512),
    /** EdDSA on Ed25519 or Ed448. */
    EDDSA(-8),
    /** RSASSA-PSS with SHA-256. */
    PS256(-37, DigestAlgorithm.SHA256),
    /** RSASSA-PSS with SHA-384. */
    PS384(-38, DigestAlgorithm.SHA384),
    /** RSASSA-PSS with SHA-512. */
    PS512(-39, DigestAlgorithm.SHA512),
    /** ECDSA on P-256 with SHA-256. */
    ESP256(-9, EcCurve.P256, DigestAlgorithm.SHA256),
    /** ECDSA on P-384 with SHA-384. */
    ESP384(-51, EcCurve.P384, DigestAlgorithm.SHA384),
    /** ECDSA on P-521 with SHA-512. */
    ESP512(-52, EcCurve.P521, DigestAlgorithm.SHA512),
    /** EdDSA on Ed25519. */
    ED25519(-19, EdwardsPublicKey.Curve.ED25519),
    /** EdDSA on Ed448. */
    ED448(-53, EdwardsPublicKey.Curve.ED448);

    private final int id;
    private final Optional<EcCurve> ec;
    private final Optional<EdwardsPublicKey.Curve> edwards;
    private final Optional<DigestAlgorithm> hash;

    CoseAlgorithm(int id, EcCurve curve, DigestAlgorithm hash) {
        this(id, Optional.of(curve), Optional.empty(), Optional.of(hash));
    }

    CoseAlgorithm(int id, EdwardsPublicKey.Curve curve) {
        this(id, Optional.empty(), Optional.of(curve), Optional.empty());
    }

    CoseAlgorithm(int id, DigestAlgorithm hash) {
        this(id, Optional.empty(), Optional.empty(), Optional.of(hash));
    }

    CoseAlgorithm(int id) {
        this(id, Optional.empty(), Optional.empty(), Optional.empty());
    }

    CoseAlgorithm(
            int id, Optional<EcCurve> ec, Optional<EdwardsPublicKey.Curve> edwards, Optional<DigestAlgorithm> hash) {
        this.id = id;
        this.ec = ec;
        this.edwards = edwards;
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
            if (algorithm.ec.filter(curve::equals).isPresent()) {
                return algorithm;
            }
        }
        throw new AssertionError(curve);
    }

    /**
     * {@return why signatures of an algorithm that is none of these are not taken}
     *
     * @param id its number in the registry
     */
    public static String refusal(long id) {
        String why = id == -65535
                ? "RS1 is RSA with SHA-1, for which others can make a signature"
                : id >= -259 && id <= -257
                        ? "RS256, RS384 and RS512 are RSA with PKCS #1 v1.5, which COSE does not recommend (RFC 8812)"
                        : id == -47
                                ? "ES256K is on secp256k1, a curve that is not read here"
                                : id >= 4 && id <= 15
                                        ? "it is a message authentication code, which everybody who can check it can make"
                                        : "it is not known here";
        return "COSE algorithm " + id + ": " + why;
    }

    int id() {
        return id;
    }

    DigestAlgorithm hash() {
        return hash.orElseThrow();
    }

    /** {@return whether keys of this kind sign with the algorithm} */
    boolean takes(VerificationKey key) {
        if (key instanceof EcPublicKey point) {
            return ec.filter(point.curve()::equals).isPresent();
        }
        if (key instanceof EdwardsPublicKey point) {
            return this == EDDSA || edwards.filter(point.curve()::equals).isPresent();
        }
        return this == PS256 || this == PS384 || this == PS512;
    }

    /** {@return whether a signature is a key's} */
    boolean verify(VerificationKey key, byte[] message, byte[] signature) {
        if (!takes(key)) {
            return false;
        }
        if (key instanceof EcPublicKey point) {
            return point.verify(hash(), message, signature);
        }
        if (key instanceof EdwardsPublicKey point) {
            return point.verify(message, signature);
        }
        return ((RsaPublicKey) key).verifyPss(hash(), message, signature);
    }
}
