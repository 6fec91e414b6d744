package dev.measure.eventlog;

import dev.measure.DigestAlgorithm;
import java.util.Locale;
import java.util.Optional;

/**
 * One of the banks that the header of a log declares (TCG_EfiSpecIdEventAlgorithmSize).
 *
 * @param algorithmId TPM_ALG_ID, 16 bits
 * @param digestSize bytes of a digest in this log
 */
public record Bank(int algorithmId, int digestSize) {

    /** {@return the algorithm, if it is known and the declared size is its own, so that the bank can be replayed} */
    public Optional<DigestAlgorithm> algorithm() {
        return known(algorithmId).filter(algorithm -> algorithm.length() == digestSize);
    }

    /** {@return the name of the algorithm, or its number} */
    public String text() {
        return name(algorithmId);
    }

    static Optional<DigestAlgorithm> known(int algorithmId) {
        for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
            if (algorithm.tpmAlgId() == algorithmId) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }

    /** Sizes of the TCG Algorithm Registry 1.34, table 3; -1 for what is not in it. */
    static int sizeOf(int algorithmId) {
        return switch (algorithmId) {
            case 0x27 -> 32; // SHA3_256
            case 0x28 -> 48; // SHA3_384
            case 0x29 -> 64; // SHA3_512
            default -> known(algorithmId).map(DigestAlgorithm::length).orElse(-1);
        };
    }

    static String name(int algorithmId) {
        return switch (algorithmId) {
            case 0x27 -> "sha3_256";
            case 0x28 -> "sha3_384";
            case 0x29 -> "sha3_512";
            default ->
                known(algorithmId).map(DigestAlgorithm::id).orElseGet(() -> String.format("0x%04x", algorithmId));
        };
    }

    /** The number of a name; -1 for none. */
    static int idOf(String name) {
        for (int id : new int[] {0x04, 0x0b, 0x0c, 0x0d, 0x12, 0x27, 0x28, 0x29}) {
            String plain = name(id).replace("_", "");
            String asked = name.toLowerCase(Locale.ROOT)
                    .replace("tpm2_alg_", "")
                    .replace("tpm_alg_", "")
                    .replace("-", "")
                    .replace("_", "");
            if (asked.equals(plain) || id == 0x12 && asked.equals("sm3")) {
                return id;
            }
        }
        return -1;
    }
}
