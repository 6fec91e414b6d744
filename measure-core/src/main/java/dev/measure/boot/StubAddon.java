package dev.measure.boot;

import dev.measure.Source;
import dev.measure.uki.Uki;
import java.util.Optional;

/**
 * An add-on that the firmware, or shim, loaded for systemd-stub.
 *
 * @param file as it lies beside the UKI
 * @param image its sections
 */
record StubAddon(NamedFile file, Uki image) {
    /** {@return the first section of a name that is not empty in memory} */
    Optional<Source> section(String name) {
        return image.base()
                .first(name)
                .filter(section -> section.virtualSize() > 0)
                .map(section -> section.content());
    }
}
