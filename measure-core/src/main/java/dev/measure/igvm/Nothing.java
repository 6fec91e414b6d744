package dev.measure.igvm;

import dev.measure.Source;

/** No data. */
final class Nothing {
    static final Source SOURCE = Source.of("no data", new byte[0]);

    private Nothing() {}
}
