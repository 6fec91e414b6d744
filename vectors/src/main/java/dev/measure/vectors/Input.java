package dev.measure.vectors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A file that tests refer to: made by rule, or real firmware.
 *
 * @param id its name in the tests
 * @param kind {@code ovmf}: made by {@link OvmfWriter}; {@code pattern}: byte i is i*31 + (i/256)*17 + seed, with the seed in the
 *     one step; {@code real}: found by {@link RealFirmware}
 * @param size bytes, before an {@code ovmf} image is truncated
 * @param sha256 of its bytes
 * @param steps how it is made
 */
public record Input(String id, String kind, int size, String sha256, List<String> steps) {
    /** Checks the form. */
    public Input {
        Vectors.oneOf(kind, "kind", "ovmf", "pattern", "real");
        Vectors.hex(sha256, 32, "sha256");
        steps = List.copyOf(steps);
    }

    /** {@return the bytes; empty if it is real firmware that is not at hand} */
    public Optional<byte[]> bytes() {
        Optional<byte[]> bytes = switch (kind) {
            case "ovmf" -> Optional.of(OvmfWriter.of(size, steps).build());
            case "pattern" ->
                Optional.of(
                        OvmfWriter.pattern(size, Integer.parseInt(steps.get(0).split(" ")[1])));
            default ->
                RealFirmware.find(id).map(file -> {
                    try {
                        return Files.readAllBytes(file);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
        };
        bytes.ifPresent(found -> {
            if (!sha256(found).equals(sha256)) {
                throw new IllegalStateException("input " + id + " has SHA-256 " + sha256(found) + ", not " + sha256);
            }
        });
        return bytes;
    }

    /** {@return the SHA-256 of bytes, hexadecimal} */
    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java platform has SHA-256
        }
    }
}
