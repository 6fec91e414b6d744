package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.eventlog.EventType;
import java.util.Objects;

/**
 * One extension of an RTMR.
 *
 * @param name what is measured, for people
 * @param type the event type in the CCEL log
 * @param digest what the register is extended with
 * @param origin how the digest came about
 * @param provenance where the hashed bytes, or the digest, come from
 * @param evidence how the rule behind the event is known
 */
public record RtmrEvent(
        String name, EventType type, Digest digest, Origin origin, Provenance provenance, Evidence evidence) {
    /** How a digest came about. */
    public enum Origin {
        /** Computed from what was given. */
        PREDICTED("predicted"),
        /** Given as a digest by whoever built the image, such as dstack's measurement.cbor. */
        GIVEN("given"),
        /** Taken from a log, so that it proves nothing about the machine that wrote the log. */
        LOG("from-evidence");

        private final String id;

        Origin(String id) {
            this.id = id;
        }

        /** {@return the name in output} */
        public String id() {
            return id;
        }
    }

    /** Checks for null, and the algorithm. */
    public RtmrEvent {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(origin, "origin");
        Objects.requireNonNull(provenance, "provenance");
        Objects.requireNonNull(evidence, "evidence");
        if (digest.algorithm() != DigestAlgorithm.SHA384) {
            throw new IllegalArgumentException("an RTMR is extended with SHA-384 digests, got " + digest.algorithm());
        }
    }
}
