package dev.measure.eventlog;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.util.List;
import java.util.Optional;
import org.apache.commons.codec.binary.Hex;

/**
 * One record of an event log. Its payload is a range of the log, never a copy.
 *
 * @param number the place in the log, the first record is 0
 * @param registerIndex the PCR, or in a CCEL log the measurement register (0 MRTD, 1 to 4 RTMR0 to RTMR3); 32 bits, unsigned
 * @param type the event type
 * @param digests the digests in the order of the record
 * @param data the event data
 * @param dataLength the length that the log gives; more than {@code data} has only where a text log does not tell the bytes
 */
public record TcgEvent(
        long number, long registerIndex, EventType type, List<TaggedDigest> digests, Source data, long dataLength) {
    /** Copies the list. */
    public TcgEvent {
        digests = List.copyOf(digests);
    }

    /**
     * A digest with its algorithm, which need not be a known one.
     *
     * @param algorithmId TPM_ALG_ID
     * @param hex the digest in lower-case hexadecimal
     */
    public record TaggedDigest(int algorithmId, String hex) {
        /** {@return the name of the algorithm, or its number} */
        public String algorithmName() {
            return Bank.name(algorithmId);
        }

        /** {@return the digest, if its algorithm is known} */
        public Optional<Digest> digest() {
            return Bank.known(algorithmId)
                    .filter(algorithm -> hex.length() == 2 * algorithm.length())
                    .map(algorithm -> Digest.parse(algorithm, hex));
        }

        static TaggedDigest of(int algorithmId, byte[] bytes) {
            return new TaggedDigest(algorithmId, Hex.encodeHexString(bytes));
        }
    }

    /**
     * {@return the digest for a bank, if the record has one}
     *
     * @param bank the bank
     */
    public Optional<Digest> digest(DigestAlgorithm bank) {
        return digests.stream()
                .filter(digest -> digest.algorithmId() == bank.tpmAlgId())
                .findFirst()
                .flatMap(TaggedDigest::digest);
    }

    /** {@return whether all bytes of the event data are known: always, except for events of a YAML log} */
    public boolean dataKnown() {
        return data.length() == dataLength;
    }

    /** {@return the decoded event data} */
    public EventData decoded() {
        return EventDataReader.read(this);
    }
}
