package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Provenance;
import dev.measure.Source;
import java.util.Objects;
import java.util.Optional;

/** What an RTMR is extended with: bytes that are at hand, or only their digest. */
public sealed interface RtmrContent {

    /**
     * Bytes.
     *
     * @param source the bytes
     */
    record Bytes(Source source) implements RtmrContent {
        /** Checks for null. */
        public Bytes {
            Objects.requireNonNull(source, "source");
        }
    }

    /**
     * A digest of bytes that are not at hand.
     *
     * @param digest SHA-384
     * @param origin given, or from a log
     * @param provenance where it comes from
     */
    record Known(Digest digest, RtmrEvent.Origin origin, Provenance provenance) implements RtmrContent {
        /** Checks the algorithm. */
        public Known {
            Objects.requireNonNull(origin, "origin");
            Objects.requireNonNull(provenance, "provenance");
            if (digest.algorithm() != DigestAlgorithm.SHA384) {
                throw new IllegalArgumentException("expected a SHA-384 digest, got " + digest.algorithm());
            }
        }
    }

    /**
     * {@return bytes}
     *
     * @param source the bytes
     */
    static RtmrContent of(Source source) {
        return new Bytes(source);
    }

    /**
     * {@return a digest that was given}
     *
     * @param digest SHA-384
     * @param from where it comes from, such as {@code measurement.cbor}
     */
    static RtmrContent given(Digest digest, String from) {
        return new Known(digest, RtmrEvent.Origin.GIVEN, new Provenance.Parameter(from, digest.hex()));
    }

    /**
     * {@return a digest from a log}
     *
     * @param digest SHA-384
     * @param log the name of the log
     */
    static RtmrContent fromLog(Digest digest, String log) {
        return new Known(digest, RtmrEvent.Origin.LOG, new Provenance.Parameter("from-log", log));
    }

    /** {@return the bytes, if they are at hand} */
    default Optional<Source> bytes() {
        return this instanceof Bytes bytes ? Optional.of(bytes.source) : Optional.empty();
    }
}
