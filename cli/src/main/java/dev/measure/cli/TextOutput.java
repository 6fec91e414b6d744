package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Measurement.Detail;
import dev.measure.Warning;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Writes a result as text: values on standard output, all that is said about them on standard error. */
final class TextOutput {
    private TextOutput() {}

    /**
     * Writes the values: a single one bare, several one line each with their ids.
     *
     * @param result the result
     * @param format text and hex are hexadecimal
     * @param bare whether a single value was asked for
     * @param sink takes the lines
     */
    static void values(Result result, Format format, boolean bare, Sink sink) {
        for (Result.Value value : result.values()) {
            String text = format == Format.BASE64
                    ? Base64.getEncoder().encodeToString(value.digest().toByteArray())
                    : value.digest().hex();
            sink.line(bare ? text : value.id() + "  " + text);
        }
    }

    /** Says the reasons of values that are not given; equal reasons are said once, with the ids they are for. */
    static void refusals(List<Result.Refusal> refusals, boolean bare, boolean failed, Talk talk) {
        Set<String> said = new HashSet<>();
        for (Result.Refusal refusal : refusals) {
            if (!said.add(refusal.why())) {
                continue;
            }
            List<String> ids = refusals.stream()
                    .filter(other -> other.why().equals(refusal.why()))
                    .map(Result.Refusal::id)
                    .toList();
            String subject = bare
                    ? ""
                    : ids.size() == 1 ? ids.get(0) + ": " : ids.get(0) + " and " + (ids.size() - 1) + " more: ";
            if (failed) {
                talk.error(subject + refusal.why(), refusal.hint());
            } else {
                talk.refused(subject + refusal.why(), refusal.hint());
            }
        }
    }

    /** Says what the values take for granted, and what is the matter with the inputs. */
    static void remarks(Result result, Talk talk) {
        for (Assumption assumption : result.assumptions()) {
            talk.assumption(assumption);
        }
        for (Warning warning : result.warnings()) {
            talk.warning(warning);
        }
    }

    /** Says for every value the command line that gives it alone. */
    static void commands(Result result, Talk talk) {
        if (!talk.isVerbose()) {
            return;
        }
        for (Result.Value value : result.values()) {
            talk.detail(value.id() + ": " + value.command().get());
        }
    }

    /** Lists the events behind every value on standard error, one line each. */
    static void trace(Result result, Detail detail, Talk talk) {
        for (Result.Value value : result.values()) {
            talk.heading("trace of " + value.id());
            value.measurement().replay(detail, event -> {
                StringBuilder line = new StringBuilder("  ").append(event.name());
                event.details()
                        .forEach((key, text) ->
                                line.append(' ').append(key).append('=').append(text));
                line.append(" digest=").append(event.digest().hex());
                line.append(" after=").append(event.after().hex());
                line.append(" from=").append(event.provenance().text());
                talk.say(line.toString());
            });
        }
    }
}
