package dev.measure.vectors;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Real firmware in Debian packages, {@code firmware.json}. None of it is stored in the project: it is taken from the
 * {@linkplain Shared shared folder} or from where {@code vectors/fetch-firmware} puts it.
 *
 * @param schema {@code firmware_schema_v1.json}
 * @param header what the file is
 * @param firmware the images
 */
public record RealFirmware(String schema, List<String> header, List<Image> firmware) {
    private static final Map<String, Optional<Path>> FOUND = new ConcurrentHashMap<>();

    /** Checks the form. */
    public RealFirmware {
        Vectors.oneOf(schema, "schema", "firmware_schema_v1.json");
        header = List.copyOf(header);
        firmware = Vectors.some(firmware, "firmware");
    }

    /**
     * A firmware image.
     *
     * @param id how vectors call it
     * @param package_ the Debian package
     * @param version its version
     * @param suite a release of Debian that had it
     * @param path in the package
     * @param size bytes
     * @param sha256 of its bytes
     * @param sevSectionTypes the types of its SEV metadata sections, in table order
     * @param launchable whether it has SEV metadata and no section of size 0
     */
    public record Image(
            String id,

            @com.fasterxml.jackson.annotation.JsonProperty("package")
            String package_,

            String version,
            String suite,
            String path,
            int size,
            String sha256,
            List<String> sevSectionTypes,
            boolean launchable) {
        /** Checks the form. */
        public Image {
            Vectors.hex(sha256, 32, "sha256");
            sevSectionTypes = List.copyOf(sevSectionTypes);
        }
    }

    /** {@return all real firmware that the vectors name} */
    public static List<Image> all() {
        return Vectors.open("firmware.json", RealFirmware.class).firmware();
    }

    /**
     * {@return the file; empty if it is not at hand, which is printed, so that a green run does not hide a skip}
     *
     * @param id as in {@code firmware.json}
     * @throws IllegalStateException if there is a file of that name with other bytes
     */
    public static Optional<Path> find(String id) {
        Image image = all().stream()
                .filter(candidate -> candidate.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no firmware " + id));
        return FOUND.computeIfAbsent(id, unknown -> search(image));
    }

    private static Optional<Path> search(Image image) {
        try {
            Optional<Path> file = inShared(image.id).or(() -> fetched(image.id));
            if (file.isEmpty()) {
                System.out.println("SKIPPED: firmware " + image.id + " is not here; vectors/fetch-firmware fetches it");
            } else if (!Input.sha256(Files.readAllBytes(file.get())).equals(image.sha256)) {
                throw new IllegalStateException(file.get() + " is not the " + image.id + " of firmware.json");
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> inShared(String id) throws IOException {
        String packed = "firmware/" + id + ".xz";
        boolean there = Shared.folder()
                .filter(folder -> Files.exists(folder.resolve(packed)))
                .isPresent();
        return there ? Shared.unxz(packed) : Optional.empty();
    }

    private static Optional<Path> fetched(String id) {
        for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
            for (String folder : List.of("vectors/target/firmware", "target/firmware")) {
                if (Files.exists(up.resolve(folder).resolve(id))) {
                    return Optional.of(up.resolve(folder).resolve(id));
                }
            }
        }
        return Optional.empty();
    }
}
