package dev.measure.boot;

import dev.measure.Source;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a GRUB reads and runs, as far as its file does not tell.
 *
 * @param commands what it runs, word for word; then neither {@code config} nor what belongs to it counts
 * @param config the first configuration that it reads, grub.cfg in the folder of its prefix
 * @param files the files on its disks, by the names that it spells
 * @param variables variables at its start: {@code root}, {@code prefix}, {@code cmdpath}
 * @param devices where it finds what it searches for: the device by UUID, label or file
 * @param entry the entry of the menu that boots: number, id or title, and behind {@code >} that of a submenu; empty for the default
 * @param kernelEvents how often it has the kernel measured into PCR 4, whatever its version
 */
public record GrubInputs(
        Optional<GrubTranscript> commands,
        Optional<Source> config,
        List<NamedFile> files,
        SortedMap<String, String> variables,
        SortedMap<String, String> devices,
        Optional<String> entry,
        Optional<Integer> kernelEvents) {
    /** Copies the collections. */
    public GrubInputs {
        Objects.requireNonNull(commands, "commands");
        Objects.requireNonNull(config, "config");
        files = List.copyOf(files);
        variables = Collections.unmodifiableSortedMap(new TreeMap<>(variables));
        devices = Collections.unmodifiableSortedMap(new TreeMap<>(devices));
        Objects.requireNonNull(entry, "entry");
        Objects.requireNonNull(kernelEvents, "kernelEvents");
        if (commands.isPresent() && config.isPresent()) {
            throw new IllegalArgumentException(
                    "the commands of grub are given, and a configuration that would tell them");
        }
    }

    /** {@return nothing given} */
    public static GrubInputs none() {
        return new GrubInputs(
                Optional.empty(),
                Optional.empty(),
                List.of(),
                new TreeMap<>(Map.of()),
                new TreeMap<>(Map.of()),
                Optional.empty(),
                Optional.empty());
    }
}
