package dev.measure.corim;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A digest of a manifest: an algorithm of the IANA registry Named Information Hash Algorithms, by number or by name, and bytes
 * (draft-ietf-rats-corim, {@code digest}).
 *
 * @param algorithm its name in the registry, such as {@code sha-256}; what the file says if the registry does not have it
 * @param hex the bytes in lower-case hexadecimal
 */
public record CorimDigest(String algorithm, String hex) {
    /** The registry: number, name and how many bytes. */
    private enum Registered {
        SHA_256(1, 32),
        SHA_256_128(2, 16),
        SHA_256_120(3, 15),
        SHA_256_96(4, 12),
        SHA_256_64(5, 8),
        SHA_256_32(6, 4),
        SHA_384(7, 48),
        SHA_512(8, 64),
        SHA3_224(9, 28),
        SHA3_256(10, 32),
        SHA3_384(11, 48),
        SHA3_512(12, 64);

        private final int id;
        private final int length;

        Registered(int id, int length) {
            this.id = id;
            this.length = length;
        }

        String title() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        static Optional<Registered> of(String title) {
            for (Registered one : values()) {
                if (one.title().equals(title)) {
                    return Optional.of(one);
                }
            }
            return Optional.empty();
        }

        static Optional<Registered> of(long id) {
            return id >= 1 && id <= values().length ? Optional.of(values()[(int) id - 1]) : Optional.empty();
        }
    }

    /**
     * {@return the form of a digest in a manifest}
     *
     * @throws IllegalArgumentException if the registry does not have its algorithm: SHA-1 and SM3
     */
    public static CorimDigest of(Digest digest) {
        Registered registered = switch (digest.algorithm()) {
            case SHA256 -> Registered.SHA_256;
            case SHA384 -> Registered.SHA_384;
            case SHA512 -> Registered.SHA_512;
            case SHA1, SM3_256 ->
                throw new IllegalArgumentException(
                        "the algorithms of CoRIM have no " + digest.algorithm().id());
        };
        return new CorimDigest(registered.title(), digest.hex());
    }

    /** {@return the digest, if it is of an algorithm of this library} */
    public Optional<Digest> digest() {
        return switch (algorithm) {
            case "sha-256" -> Optional.of(Digest.parse(DigestAlgorithm.SHA256, hex));
            case "sha-384" -> Optional.of(Digest.parse(DigestAlgorithm.SHA384, hex));
            case "sha-512" -> Optional.of(Digest.parse(DigestAlgorithm.SHA512, hex));
            default -> Optional.empty();
        };
    }

    static CorimDigest read(CborItem item) {
        List<CborItem> pair = item.array(2, "digest");
        if (pair.size() != 2) {
            throw item.malformed("digest (algorithm and value)", pair.size() + " elements");
        }
        CborItem id = pair.get(0);
        byte[] value = pair.get(1).bytes("digest value");
        Optional<Registered> registered;
        String name;
        if (id.kind() == CborItem.Kind.TEXT) {
            name = id.text("digest algorithm");
            registered = Registered.of(name);
        } else {
            long number = id.integer("digest algorithm");
            registered = Registered.of(number);
            name = registered.map(Registered::title).orElse(Long.toString(number));
        }
        if (value.length == 0 || registered.isPresent() && registered.get().length != value.length) {
            throw pair.get(1)
                    .malformed(
                            "digest value"
                                    + registered
                                            .map(of -> " of " + of.length + " bytes for " + of.title())
                                            .orElse(" that is not empty"),
                            value.length + " bytes");
        }
        return new CorimDigest(name, HexFormat.of().formatHex(value));
    }

    static List<CorimDigest> readAll(CborItem item, String field) {
        List<CorimDigest> digests = new ArrayList<>();
        item.array(1, field).forEach(digest -> digests.add(read(digest)));
        return digests;
    }

    CborItem item() {
        CborItem id = Registered.of(algorithm)
                .map(of -> CborItem.of(of.id))
                .orElseGet(() -> algorithm.matches("-?[0-9]{1,9}")
                        ? CborItem.of(Long.parseLong(algorithm))
                        : CborItem.of(algorithm));
        return CborItem.array(List.of(id, CborItem.of(HexFormat.of().parseHex(hex))));
    }

    static CborItem items(List<CorimDigest> digests) {
        return CborItem.array(digests.stream().map(CorimDigest::item).toList());
    }

    /** {@return algorithm and bytes, as {@code sha-384:00ff...}} */
    @Override
    public String toString() {
        return algorithm + ":" + hex;
    }
}
