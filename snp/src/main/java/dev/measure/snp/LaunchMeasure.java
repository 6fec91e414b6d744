package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * LAUNCH_MEASURE of SEV and SEV-ES: what the owner of a guest is shown of its launch digest, keyed with the transport integrity key
 * (TIK) that only owner and AMD-SP know.
 *
 * <p>AMD SEV API, #55766, LAUNCH_MEASURE: HMAC-SHA256 with the 16-byte TIK over {@code 0x04, API_MAJOR, API_MINOR, BUILD, policy
 * (u32, little-endian), launch digest (32), MNONCE (16)}. Before API 0.17 the first four bytes are not there. The command's output
 * is the HMAC followed by MNONCE. Agrees with AMDESE/sev-tool's test value.
 *
 * @param hmac the keyed value
 * @param nonce MNONCE, 16 bytes
 */
public record LaunchMeasure(Digest hmac, byte[] nonce) {
    /** Bytes of TIK and of MNONCE. */
    private static final int SIZE = 16;

    private static final int CONTEXT = 4;

    /** Copies the nonce and checks its length. */
    public LaunchMeasure {
        if (nonce.length != SIZE) {
            throw new IllegalArgumentException("MNONCE has 16 bytes, got " + nonce.length);
        }
        nonce = nonce.clone();
    }

    /** {@return a copy of MNONCE} */
    @Override
    public byte[] nonce() {
        return nonce.clone();
    }

    /** {@return the 48 bytes that the command gives: HMAC and MNONCE} */
    public byte[] toByteArray() {
        byte[] all = Arrays.copyOf(hmac.toByteArray(), hmac.algorithm().length() + SIZE);
        System.arraycopy(nonce, 0, all, hmac.algorithm().length(), SIZE);
        return all;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LaunchMeasure measure
                && hmac.equals(measure.hmac)
                && Arrays.equals(nonce, measure.nonce);
    }

    @Override
    public int hashCode() {
        return 31 * hmac.hashCode() + Arrays.hashCode(nonce);
    }

    /**
     * The version of the SEV firmware, as PLATFORM_STATUS tells it.
     *
     * @param major API_MAJOR, 0 to 255
     * @param minor API_MINOR, 0 to 255
     * @param build BUILD, 0 to 255
     */
    public record Api(int major, int minor, int build) {
        /** Checks the ranges: each is one byte. */
        public Api {
            for (int part : new int[] {major, minor, build}) {
                if (part < 0 || part > 255) {
                    throw new IllegalArgumentException("a part of the SEV API version must be 0..255, got " + part);
                }
            }
        }

        /** {@return whether the version is part of what is signed: since 0.17} */
        public boolean isMeasured() {
            return major > 0 || minor >= 17;
        }
    }

    /**
     * The transport integrity key. Its bytes never leave it: neither through an accessor nor in a message.
     */
    public static final class Tik {
        private final byte[] key;

        private Tik(byte[] key) {
            this.key = key;
        }

        /**
         * {@return the key in a file: 16 bytes, as sevctl session and virt-qemu-sev-validate keep it}
         *
         * @param file the file
         * @throws MalformedInputException if it has another length
         */
        public static Tik read(Source file) {
            if (file.length() != SIZE) {
                throw new MalformedInputException(
                        file.name(),
                        file.start() + Math.min(file.length(), SIZE),
                        "a transport integrity key of 16 bytes",
                        file.length() + " bytes",
                        file.length() == 2 * SIZE
                                ? "sev-tool's tmp_tk.bin holds TEK and TIK: the TIK is its second half"
                                : "give the raw key, neither in hexadecimal nor in base64");
            }
            return new Tik(file.toByteArray());
        }

        /** {@return no bytes of the key} */
        @Override
        public String toString() {
            return "Tik";
        }
    }

    /**
     * {@return the value that LAUNCH_MEASURE gives}
     *
     * @param tik the key
     * @param launchDigest the launch digest of the guest, SHA-256
     * @param nonce MNONCE, 16 bytes, which the AMD-SP chooses
     * @param api the version of the SEV firmware
     * @param policy the policy of the guest, 32 bits
     * @throws IllegalArgumentException if a length or range is wrong
     */
    public static LaunchMeasure of(Tik tik, Digest launchDigest, byte[] nonce, Api api, long policy) {
        if (launchDigest.algorithm() != DigestAlgorithm.SHA256) {
            throw new IllegalArgumentException("the launch digest of SEV and SEV-ES is sha256, got "
                    + launchDigest.algorithm().id());
        }
        if (nonce.length != SIZE) {
            throw new IllegalArgumentException("MNONCE has 16 bytes, got " + nonce.length);
        }
        if (policy < 0 || policy > 0xffff_ffffL) {
            throw new IllegalArgumentException("an SEV policy is 0..0xffffffff, got 0x" + Long.toHexString(policy));
        }
        Mac mac = hmacSha256(tik);
        if (api.isMeasured()) {
            mac.update((byte) CONTEXT);
            mac.update((byte) api.major());
            mac.update((byte) api.minor());
            mac.update((byte) api.build());
        }
        for (int shift = 0; shift < 32; shift += 8) {
            mac.update((byte) (policy >>> shift));
        }
        mac.update(launchDigest.toByteArray());
        mac.update(nonce);
        return new LaunchMeasure(Digest.of(DigestAlgorithm.SHA256, mac.doFinal()), nonce);
    }

    private static Mac hmacSha256(Tik tik) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(tik.key, "HmacSHA256"));
            return mac;
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("HmacSHA256 is missing from this Java runtime", e);
        }
    }
}
