package dev.measure.golden;

import dev.measure.Register;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A machine that golden values were computed for, and that evidence can be of.
 *
 * @param keys what it is, by the keys of ids: firmware, profile, vCPUs, ...
 * @param ids for each register of the evidence the id of the golden value that it holds
 */
public record GoldenMachine(Map<String, String> keys, Map<Register, String> ids) {
    /** Copies the maps, the keys sorted. */
    public GoldenMachine {
        keys = Collections.unmodifiableMap(new TreeMap<>(keys));
        ids = Collections.unmodifiableMap(new LinkedHashMap<>(ids));
    }

    /** {@return the keys as text: {@code fw=file:OVMF.fd, profile=0}} */
    public String text() {
        return keys.entrySet().stream()
                .map(key -> key.getKey() + "=" + key.getValue())
                .collect(Collectors.joining(", "));
    }
}
