package dev.measure.corim;

import java.util.ArrayList;
import java.util.List;

/**
 * Values that an environment should have ({@code reference-triple-record}).
 *
 * @param environment the environment
 * @param measurements what it should measure, at least one
 */
public record ReferenceTriple(EnvironmentMap environment, List<MeasurementMap> measurements) {
    /** Copies the list. */
    public ReferenceTriple {
        measurements = List.copyOf(measurements);
        if (measurements.isEmpty()) {
            throw new IllegalArgumentException("a reference triple has at least one measurement");
        }
    }

    static ReferenceTriple read(CborItem item) {
        List<CborItem> pair = item.array(2, "reference triple");
        if (pair.size() != 2) {
            throw item.malformed("reference triple (environment and measurements)", pair.size() + " elements");
        }
        EnvironmentMap environment = EnvironmentMap.read(pair.get(0));
        List<MeasurementMap> measurements = new ArrayList<>();
        pair.get(1).array(1, "measurements").forEach(map -> measurements.add(MeasurementMap.read(map)));
        return new ReferenceTriple(environment, measurements);
    }

    CborItem item() {
        return CborItem.array(List.of(
                environment.item(),
                CborItem.array(measurements.stream().map(MeasurementMap::item).toList())));
    }
}
