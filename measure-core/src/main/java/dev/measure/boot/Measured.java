package dev.measure.boot;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.pe.PeImage;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What an event hashes. The bytes are referred to, not held, so an event on a large initrd costs nothing until it is hashed. */
public sealed interface Measured {

    /**
     * Bytes, hashed one part after the other without a gap.
     *
     * @param parts the parts, in order; none are the empty text
     */
    record Bytes(List<Source> parts) implements Measured {
        /** Copies the list. */
        public Bytes {
            parts = List.copyOf(parts);
        }

        /** {@return the number of bytes} */
        public long length() {
            return parts.stream().mapToLong(Source::length).sum();
        }
    }

    /**
     * An EFI program, of which the Authenticode digest is taken.
     *
     * @param image the image
     */
    record Image(PeImage image) implements Measured {
        /** Checks for null. */
        public Image {
            Objects.requireNonNull(image, "image");
        }

        /** Two images are equal if they are the same bytes. */
        @Override
        public boolean equals(Object other) {
            return other instanceof Image that && image.source().equals(that.image.source());
        }

        @Override
        public int hashCode() {
            return image.source().hashCode();
        }
    }

    /**
     * Digests that were given, not computed.
     *
     * @param digests by bank
     */
    record Given(Map<DigestAlgorithm, Digest> digests) implements Measured {
        /** Copies the map. */
        public Given {
            Map<DigestAlgorithm, Digest> copy = new EnumMap<>(DigestAlgorithm.class);
            copy.putAll(digests);
            digests = Collections.unmodifiableMap(copy);
        }
    }

    /**
     * {@return bytes in one part}
     *
     * @param source the bytes
     */
    static Measured of(Source source) {
        return new Bytes(List.of(source));
    }

    /**
     * {@return bytes in memory}
     *
     * @param name how they are called
     * @param bytes the bytes
     */
    static Measured of(String name, byte[] bytes) {
        return of(Source.of(name, bytes));
    }

    /**
     * {@return ASCII text without a NUL}
     *
     * @param text the text
     */
    static Measured ascii(String text) {
        return of(text, text.getBytes(StandardCharsets.US_ASCII));
    }
}
