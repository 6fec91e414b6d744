package dev.measure.snp;

import dev.measure.Warning;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.SevMetadata;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What a launch needs to know of a firmware: the file itself, or the little that is left of it once its pages are hashed. */
public sealed interface LaunchFirmware permits LaunchFirmware.Image, FirmwareMetadata {

    /** {@return the name of the file, for messages} */
    String name();

    /** {@return the size of the firmware in bytes; empty if it is not known} */
    Optional<Long> size();

    /** {@return the sections of the SEV metadata in table order; empty if there is no metadata} */
    Optional<List<SevMetadata.Section>> sections();

    /** {@return where the second and later vCPUs start, 32 bits; empty without a reset block; 0 if it says 0} */
    Optional<Long> resetAddress();

    /** {@return the area for kernel hashes, if there is one} */
    Optional<Firmware.Area> hashTableArea();

    /** {@return what the user should know about the file} */
    List<Warning> warnings();

    /** {@return where the firmware lies in guest memory: it ends at 4 GiB; empty if its size is not known} */
    default Optional<Firmware.Area> rom() {
        return size().map(size -> new Firmware.Area((1L << 32) - size, size));
    }

    /**
     * A firmware file.
     *
     * @param firmware the file and its tables
     */
    record Image(Firmware firmware) implements LaunchFirmware {
        /** Checks for null. */
        public Image {
            Objects.requireNonNull(firmware, "firmware");
        }

        @Override
        public String name() {
            return firmware.image().name();
        }

        @Override
        public Optional<Long> size() {
            return Optional.of(firmware.image().length());
        }

        @Override
        public Optional<List<SevMetadata.Section>> sections() {
            return SevMetadata.find(firmware).map(SevMetadata::sections);
        }

        @Override
        public Optional<Long> resetAddress() {
            return firmware.resetAddress();
        }

        @Override
        public Optional<Firmware.Area> hashTableArea() {
            return firmware.hashTableArea();
        }

        @Override
        public List<Warning> warnings() {
            return firmware.warnings();
        }
    }
}
