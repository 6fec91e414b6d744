package dev.measure.tpm;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;

/**
 * TPMT_SIGNATURE of RSASSA, RSAPSS or ECDSA (TPM 2.0 Library specification, part 2, section 11.3.4), or the bare bytes of a signature, as
 * {@code tpm2_quote -f plain} writes them: of RSA the number, of ECDSA the DER sequence.
 */
public final class TpmSignature {
    /** The scheme of a signature. */
    enum Scheme {
        RSASSA,
        RSAPSS,
        ECDSA,
        BARE
    }

    private static final int RSASSA = 0x0014;
    private static final int RSAPSS = 0x0016;
    private static final int ECDSA = 0x0018;

    /** RSA of 8192 bits and a few bytes around it. */
    private static final int MAX_SIZE = 1100;

    private final Scheme scheme;
    private final Optional<DigestAlgorithm> hash;
    private final byte[] first;
    private final byte[] second;

    private TpmSignature(Scheme scheme, Optional<DigestAlgorithm> hash, byte[] first, byte[] second) {
        this.scheme = scheme;
        this.hash = hash;
        this.first = first;
        this.second = second;
    }

    /**
     * {@return the signature in a file}
     *
     * @param source TPMT_SIGNATURE, or the bare bytes
     * @throws MalformedInputException if it is too short or too long for any
     */
    public static TpmSignature read(Source source) {
        if (source.length() < 8 || source.length() > MAX_SIZE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "a signature of a TPM of 8 to " + MAX_SIZE + " bytes",
                    source.length() + " bytes",
                    "");
        }
        try {
            return structure(source);
        } catch (MalformedInputException e) {
            return new TpmSignature(Scheme.BARE, Optional.empty(), source.toByteArray(), new byte[0]);
        }
    }

    private static TpmSignature structure(Source source) {
        TpmFields c = TpmFields.of(source);
        int algorithm = c.u16("sigAlg");
        Scheme scheme = switch (algorithm) {
            case RSASSA -> Scheme.RSASSA;
            case RSAPSS -> Scheme.RSAPSS;
            case ECDSA -> Scheme.ECDSA;
            default -> throw c.cursor().malformed(0, "RSASSA, RSAPSS or ECDSA", String.format("0x%04x", algorithm), "");
        };
        Optional<DigestAlgorithm> hash = Optional.of(c.hash("hash"));
        byte[] first = c.sized("signature", 1024);
        byte[] second = scheme == Scheme.ECDSA ? c.sized("signatureS", 128) : new byte[0];
        c.end("the signature");
        return new TpmSignature(scheme, hash, first, second);
    }

    Scheme scheme() {
        return scheme;
    }

    /** {@return the hash that it says it was made with; bare bytes do not say} */
    public Optional<DigestAlgorithm> hash() {
        return hash;
    }

    /** {@return the bytes of an RSA signature, or all of bare ones} */
    byte[] bytes() {
        return Arrays.copyOf(first, first.length);
    }

    BigInteger r() {
        return new BigInteger(1, first);
    }

    BigInteger s() {
        return new BigInteger(1, second);
    }
}
