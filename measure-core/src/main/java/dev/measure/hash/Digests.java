package dev.measure.hash;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Message digests for one stream: those of the Java runtime, or plain ones where that is what was asked for. */
public final class Digests {
    private Digests() {}

    /** {@return a new SHA-384; it is the caller's alone} */
    public static MessageDigest sha384() {
        return of("SHA-384");
    }

    /**
     * {@return a new message digest; it is the caller's alone}
     *
     * @param name as Java calls it: {@code SHA-256}
     */
    public static MessageDigest of(String name) {
        if (Choice.ofProperty() == Choice.PLAIN) {
            if (name.equals(Sha512.Variant.SHA384.jcaName())) {
                return PlainSha512.sha384();
            }
            if (name.equals(Sha512.Variant.SHA512.jcaName())) {
                return PlainSha512.sha512();
            }
        }
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(name + " is missing from this Java runtime", e);
        }
    }
}
