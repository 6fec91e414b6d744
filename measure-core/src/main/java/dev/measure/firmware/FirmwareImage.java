package dev.measure.firmware;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.Objects;
import java.util.Optional;

/**
 * A firmware file with the volumes that lie compressed in it. Unpacking takes some tenths of a second, so it is done once, and only
 * when it is asked for: boots of one firmware share one of these.
 */
public final class FirmwareImage {
    private final Source source;
    private Optional<Optional<FirmwareVolumes.Unpacked>> unpacked = Optional.empty();

    private FirmwareImage(Source source) {
        this.source = Objects.requireNonNull(source, "source");
    }

    /** {@return the image in a file} */
    public static FirmwareImage of(Source file) {
        return new FirmwareImage(file);
    }

    /** {@return the file} */
    public Source source() {
        return source;
    }

    /**
     * {@return the volumes; empty if the image has none that are compressed}
     *
     * @throws MalformedInputException as {@link FirmwareVolumes#find}
     */
    public synchronized Optional<FirmwareVolumes> volumes() {
        if (unpacked.isEmpty()) {
            unpacked = Optional.of(FirmwareVolumes.unpacked(source));
        }
        return unpacked.get().map(FirmwareVolumes.Unpacked::volumes);
    }

    /** {@return what lies in a compressed stream of the file; empty if that is not yet known} */
    synchronized Optional<Source> unpacked(Source packed) {
        return unpacked.flatMap(known -> known)
                .filter(known -> known.packed().equals(packed))
                .map(FirmwareVolumes.Unpacked::stream);
    }
}
