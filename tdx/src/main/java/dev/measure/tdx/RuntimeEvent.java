package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;

/** What the running system extends RTMR3 with, in the formats that are in use. */
public sealed interface RuntimeEvent {
    /** The event type of dstack's runtime events. */
    long DSTACK = 0x08000001L;

    /** {@return what it is, for people} */
    String name();

    /** {@return what RTMR3 is extended with} */
    Digest digest();

    /** {@return the event type in a log} */
    default long type() {
        return DSTACK;
    }

    /**
     * A digest.
     *
     * @param digest SHA-384
     */
    record Given(Digest digest) implements RuntimeEvent {
        /** Checks the algorithm. */
        public Given {
            if (digest.algorithm() != DigestAlgorithm.SHA384) {
                throw new IllegalArgumentException("expected a SHA-384 digest, got " + digest.algorithm());
            }
        }

        @Override
        public String name() {
            return "digest";
        }

        @Override
        public long type() {
            return 0x0d;
        }
    }

    /**
     * An event that a log tells of, so that it proves nothing about the machine that wrote the log.
     *
     * @param name what the log says it is
     * @param type the event type in the log
     * @param digest SHA-384
     * @param log the log
     */
    record Logged(String name, long type, Digest digest, String log) implements RuntimeEvent {
        /** Checks the algorithm. */
        public Logged {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(log, "log");
            if (digest.algorithm() != DigestAlgorithm.SHA384) {
                throw new IllegalArgumentException("expected a SHA-384 digest, got " + digest.algorithm());
            }
        }
    }

    /**
     * A file, of which all bytes are measured.
     *
     * @param content its bytes
     */
    record Content(Source content) implements RuntimeEvent {
        /** Checks for null. */
        public Content {
            Objects.requireNonNull(content, "content");
        }

        @Override
        public String name() {
            return content.name();
        }

        @Override
        public Digest digest() {
            return content.digest(DigestAlgorithm.SHA384);
        }

        @Override
        public long type() {
            return 0x0d;
        }
    }

    /**
     * dstack's first format: SHA-384 of type (u32, little-endian), colon, name, colon, payload.
     *
     * @param name the name
     * @param payload the payload
     */
    record DstackV1(String name, Source payload) implements RuntimeEvent {
        /** Checks for null. */
        public DstackV1 {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(payload, "payload");
        }

        @Override
        public Digest digest() {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt((int) DSTACK)
                    .array());
            out.writeBytes((":" + name + ":").getBytes(StandardCharsets.UTF_8));
            return Source.concat(Source.of("event", out.toByteArray()), payload).digest(DigestAlgorithm.SHA384);
        }
    }

    /**
     * dstack's second format: SHA-384 of an object with name, payload and type in canonical JSON (RFC 8785).
     *
     * @param name the name
     * @param payload the payload
     */
    record DstackV2(String name, Source payload) implements RuntimeEvent {
        /** Checks for null. */
        public DstackV2 {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(payload, "payload");
        }

        @Override
        public Digest digest() {
            return Source.of("event", canonical().getBytes(StandardCharsets.UTF_8))
                    .digest(DigestAlgorithm.SHA384);
        }

        String canonical() {
            return "{\"name\":\"" + escaped(name) + "\",\"payload\":\""
                    + HexFormat.of().formatHex(payload.toByteArray()) + "\",\"type\":" + DSTACK + "}";
        }

        private static String escaped(String text) {
            StringBuilder out = new StringBuilder();
            for (char c : text.toCharArray()) {
                switch (c) {
                    case '"', '\\' -> out.append('\\').append(c);
                    case '\b' -> out.append("\\b");
                    case '\f' -> out.append("\\f");
                    case '\n' -> out.append("\\n");
                    case '\r' -> out.append("\\r");
                    case '\t' -> out.append("\\t");
                    default -> out.append(c < 0x20 ? String.format("\\u%04x", (int) c) : String.valueOf(c));
                }
            }
            return out.toString();
        }
    }

    /**
     * The attestation agent's event log (AAEL): a tagged event that is measured with its header.
     *
     * @param text domain, operation and content, as the agent writes them
     */
    record AgentLog(String text) implements RuntimeEvent {
        private static final int TAG = 0x4141454c;

        /** Checks for null. */
        public AgentLog {
            Objects.requireNonNull(text, "text");
        }

        @Override
        public String name() {
            return text;
        }

        @Override
        public Digest digest() {
            byte[] data = text.getBytes(StandardCharsets.UTF_8);
            return Source.of(
                            "AAEL",
                            ByteBuffer.allocate(8 + data.length)
                                    .order(ByteOrder.LITTLE_ENDIAN)
                                    .putInt(TAG)
                                    .putInt(data.length)
                                    .put(data)
                                    .array())
                    .digest(DigestAlgorithm.SHA384);
        }

        @Override
        public long type() {
            return 6;
        }
    }

    /**
     * A container image as confos measures it: SHA-384 of the text {@code sha256:} and the digest in hexadecimal.
     *
     * @param sha256 the digest of the image
     */
    record ContainerImage(Digest sha256) implements RuntimeEvent {
        /** Checks the algorithm. */
        public ContainerImage {
            if (sha256.algorithm() != DigestAlgorithm.SHA256) {
                throw new IllegalArgumentException("expected a SHA-256 digest, got " + sha256.algorithm());
            }
        }

        @Override
        public String name() {
            return "sha256:" + HexFormat.of().formatHex(sha256.toByteArray());
        }

        @Override
        public Digest digest() {
            return Source.of("image", name().getBytes(StandardCharsets.US_ASCII))
                    .digest(DigestAlgorithm.SHA384);
        }

        @Override
        public long type() {
            return 0x0d;
        }
    }
}
