package dev.measure.sign;

import dev.measure.Source;

/** A public key that verifies signatures: on a NIST curve, on an Edwards curve, or of RSA. */
public sealed interface VerificationKey permits EcPublicKey, EdwardsPublicKey, RsaPublicKey {
    /**
     * {@return the key in a file: PEM or DER (SubjectPublicKeyInfo or X.509 certificate; on a NIST curve a private key, too), or a JSON
     * Web Key}
     *
     * @param source the file
     * @throws dev.measure.MalformedInputException if it holds no such key
     */
    static VerificationKey read(Source source) {
        return VerificationKeyFile.read(source);
    }

    /** {@return what kind of key it is, such as {@code P-256}, {@code Ed25519} or {@code RSA-2048}} */
    String kind();
}
