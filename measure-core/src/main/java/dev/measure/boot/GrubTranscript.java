package dev.measure.boot;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The commands that GRUB runs, as its event log spells them: {@code grub_cmd: }, {@code kernel_cmdline: } or {@code module_cmdline: }
 * before each, in logs of Red Hat's 2.02 {@code grub_cmd } and {@code grub_kernel_cmdline }; a line without one of these goes on with the text before it, as the blocks of menu entries do. A line {@code file: NAME}
 * says where GRUB reads a file.
 *
 * @param steps the steps, in order; the files without content
 */
public record GrubTranscript(List<GrubStep> steps) {
    private static final String FILE = "file: ";
    private static final int MAX_LENGTH = 16 << 20; // logs of real boots have some KiB of such texts

    /** Copies the list. */
    public GrubTranscript {
        steps = List.copyOf(steps);
    }

    /**
     * {@return the transcript in a file}
     *
     * @param source UTF-8 text
     */
    public static GrubTranscript read(Source source) {
        if (source.length() > MAX_LENGTH) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "commands of GRUB, at most " + MAX_LENGTH + " bytes",
                    source.length() + " bytes",
                    "");
        }
        String text = new String(source.toByteArray(), StandardCharsets.UTF_8);
        List<GrubStep> steps = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int end = text.indexOf('\n', at);
            String line = text.substring(at, end < 0 ? text.length() : end);
            Optional<GrubStep> step = step(line);
            if (step.isPresent()) {
                steps.add(step.get());
            } else if (!steps.isEmpty() && steps.get(steps.size() - 1) instanceof GrubStep.Text last) {
                steps.set(steps.size() - 1, new GrubStep.Text(last.kind(), last.text() + "\n" + line));
            } else if (!line.isBlank()) {
                throw new MalformedInputException(
                        source.name(),
                        source.start() + text.substring(0, at).getBytes(StandardCharsets.UTF_8).length,
                        "grub_cmd: , kernel_cmdline: , module_cmdline: or file: at the start of the line",
                        "'" + (line.length() > 40 ? line.substring(0, 40) + "..." : line) + "'",
                        "take the texts of PCR 8 from a log of the machine: measure eventlog show");
            }
            at = end < 0 ? text.length() : end + 1;
        }
        return new GrubTranscript(steps);
    }

    private static Optional<GrubStep> step(String line) {
        if (line.startsWith(FILE)) {
            return Optional.of(new GrubStep.File(line.substring(FILE.length()), Optional.empty()));
        }
        for (GrubStep.Kind kind : GrubStep.Kind.values()) {
            if (line.startsWith(kind.prefix())) {
                return Optional.of(
                        new GrubStep.Text(kind, line.substring(kind.prefix().length())));
            }
        }
        return Optional.empty();
    }
}
