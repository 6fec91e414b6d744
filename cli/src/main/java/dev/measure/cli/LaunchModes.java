package dev.measure.cli;

import java.util.List;
import java.util.Map;

/** The kinds of launch that {@code --mode} takes, with the spellings of sev-snp-measure. */
final class LaunchModes {
    /** The names, as they are offered. */
    static final List<String> ALL = List.of("snp", "sev", "seves", "svsm", "ovmf-hash");

    private static final Map<String, String> ALIASES =
            Map.of("sev-es", "seves", "sev-snp", "snp", "snp:svsm", "svsm", "snp:ovmf-hash", "ovmf-hash");

    private LaunchModes() {}

    /** {@return the name of a mode} */
    static String canonical(String mode) {
        String name = ALIASES.getOrDefault(mode, mode);
        if (!ALL.contains(name)) {
            throw Complaint.usage(
                    "unknown mode '" + mode + "'", Suggestion.didYouMean(mode, ALL) + "all: " + String.join(", ", ALL));
        }
        return name;
    }
}
