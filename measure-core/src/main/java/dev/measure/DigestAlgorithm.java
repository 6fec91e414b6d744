package dev.measure;

import dev.measure.hash.Digests;
import java.security.MessageDigest;
import java.util.Locale;
import org.bouncycastle.jcajce.provider.digest.SM3;

/**
 * A hash algorithm that measures a boot, with its TPM_ALG_ID.
 *
 * <p>TCG Algorithm Registry, revision 1.34, table 3.
 */
public enum DigestAlgorithm {
    /** SHA-1, 20 bytes. */
    SHA1("sha1", "SHA-1", 0x0004, 20),
    /** SHA-256, 32 bytes. */
    SHA256("sha256", "SHA-256", 0x000b, 32),
    /** SHA-384, 48 bytes. */
    SHA384("sha384", "SHA-384", 0x000c, 48),
    /** SHA-512, 64 bytes. */
    SHA512("sha512", "SHA-512", 0x000d, 64),
    /** SM3 (GB/T 32905-2016), 32 bytes. */
    SM3_256("sm3_256", "SM3", 0x0012, 32);

    private final String id;
    private final String jcaName;
    private final int tpmAlgId;
    private final int length;

    DigestAlgorithm(String id, String jcaName, int tpmAlgId, int length) {
        this.id = id;
        this.jcaName = jcaName;
        this.tpmAlgId = tpmAlgId;
        this.length = length;
    }

    /** {@return the name in ids, options and JSON: {@code sha1}, {@code sha256}, {@code sha384}, {@code sha512}, {@code sm3_256}} */
    public String id() {
        return id;
    }

    /** {@return the TPM_ALG_ID, 16 bits} */
    public int tpmAlgId() {
        return tpmAlgId;
    }

    /** {@return the length of a digest in bytes} */
    public int length() {
        return length;
    }

    /** {@return a new, empty message digest; it is the caller's alone} */
    public MessageDigest newMessageDigest() {
        if (this == SM3_256) {
            return Sm3.digest();
        }
        return Digests.of(jcaName);
    }

    /** By itself, so that Bouncy Castle is loaded when SM3 is used and not before. */
    private static final class Sm3 {
        private Sm3() {}

        private static MessageDigest digest() {
            return new SM3.Digest(); // lightweight use: Bouncy Castle is never registered as a provider
        }
    }

    /**
     * {@return the algorithm of a name such as {@code sha384}, {@code SHA-384} or {@code sm3}}
     *
     * @param name the name; case, {@code -} and {@code _} do not matter
     * @throws IllegalArgumentException if no algorithm has this name
     */
    public static DigestAlgorithm parse(String name) {
        String plain = name.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
        for (DigestAlgorithm algorithm : values()) {
            String known = algorithm.id.replace("_", "");
            if (plain.equals(known) || (algorithm == SM3_256 && plain.equals("sm3"))) {
                return algorithm;
            }
        }
        throw new IllegalArgumentException(
                "unknown digest algorithm '" + name + "', known: sha1, sha256, sha384, sha512, sm3_256");
    }
}
