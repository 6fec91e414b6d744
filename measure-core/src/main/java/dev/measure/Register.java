package dev.measure;

import java.util.Locale;

/**
 * A place in hardware (or in a TPM) that holds a measurement. The set is closed: each technology adds its registers here.
 */
public sealed interface Register {

    /** {@return the name in ids and JSON: snp, sev, seves, svsm, mrtd, rtmr0..3, pcr0..23} */
    String id();

    /** {@return the algorithm of the value that this register holds} */
    DigestAlgorithm algorithm();

    /** {@return the name for people, with the bank of a PCR: mrtd, pcr11:sha256} */
    default String text() {
        return id();
    }

    /**
     * {@return the register of a name in ids}
     *
     * @param id the name
     * @param algorithm the algorithm of its value, which for a PCR is the bank
     * @throws IllegalArgumentException if no register has this name, or if it does not hold values of this algorithm
     */
    static Register of(String id, DigestAlgorithm algorithm) {
        Register register = switch (id) {
            case "snp" -> new LaunchDigest(Launch.SNP);
            case "sev" -> new LaunchDigest(Launch.SEV);
            case "seves" -> new LaunchDigest(Launch.SEVES);
            case "svsm" -> new LaunchDigest(Launch.SVSM);
            case "mrtd" -> new Mrtd();
            default -> {
                if (id.matches("rtmr[0-3]")) {
                    yield new Rtmr(id.charAt(4) - '0');
                }
                if (id.matches("pcr(0|[1-9]|1[0-9]|2[0-3])")) {
                    yield new Pcr(Integer.parseInt(id.substring(3)), algorithm);
                }
                throw new IllegalArgumentException("no register has the name '" + id + "'");
            }
        };
        if (register.algorithm() != algorithm) {
            throw new IllegalArgumentException(
                    id + " holds " + register.algorithm().id() + ", not " + algorithm.id());
        }
        return register;
    }

    /**
     * The launch digest of an AMD SEV guest, as the AMD-SP keeps it (MEASUREMENT in an SNP attestation report).
     *
     * @param launch the kind of launch
     */
    record LaunchDigest(Launch launch) implements Register {
        @Override
        public String id() {
            return launch.name().toLowerCase(Locale.ROOT);
        }

        @Override
        public DigestAlgorithm algorithm() {
            return launch == Launch.SNP || launch == Launch.SVSM ? DigestAlgorithm.SHA384 : DigestAlgorithm.SHA256;
        }
    }

    /** The kinds of AMD SEV launch. */
    enum Launch {
        /** SEV-SNP, SHA-384. */
        SNP,
        /** SEV, SHA-256. */
        SEV,
        /** SEV-ES, SHA-256. */
        SEVES,
        /** SEV-SNP with a raw SVSM image in front of the firmware, SHA-384. */
        SVSM
    }

    /** MRTD, the build-time measurement of an Intel TDX trust domain, SHA-384. */
    record Mrtd() implements Register {
        @Override
        public String id() {
            return "mrtd";
        }

        @Override
        public DigestAlgorithm algorithm() {
            return DigestAlgorithm.SHA384;
        }
    }

    /**
     * A run-time measurement register of an Intel TDX trust domain, SHA-384.
     *
     * @param index 0 to 3
     */
    record Rtmr(int index) implements Register {
        /** Checks the index. */
        public Rtmr {
            if (index < 0 || index > 3) {
                throw new IllegalArgumentException("RTMR index must be 0..3, got " + index);
            }
        }

        @Override
        public String id() {
            return "rtmr" + index;
        }

        @Override
        public DigestAlgorithm algorithm() {
            return DigestAlgorithm.SHA384;
        }
    }

    /**
     * A platform configuration register of a TPM, in one bank.
     *
     * @param index 0 to 23
     * @param bank the bank's algorithm
     */
    record Pcr(int index, DigestAlgorithm bank) implements Register {
        /** Checks the index. */
        public Pcr {
            if (index < 0 || index > 23) {
                throw new IllegalArgumentException("PCR index must be 0..23, got " + index);
            }
        }

        @Override
        public String id() {
            return "pcr" + index;
        }

        @Override
        public String text() {
            return id() + ":" + bank.id();
        }

        @Override
        public DigestAlgorithm algorithm() {
            return bank;
        }
    }
}
