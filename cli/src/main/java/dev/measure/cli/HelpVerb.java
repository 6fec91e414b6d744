package dev.measure.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code measure help}: the page of a verb or of a topic. */
final class HelpVerb implements Verb {
    @Override
    public String name() {
        return "help";
    }

    @Override
    public String summary() {
        return "explains a verb or a topic";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("all behaviour profiles, what each changes and how it is known", "help profiles"),
                new Example("one verb", "help version"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of();
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(
                Options.positional(0, "VERB|TOPIC", "a verb, or a topic: " + String.join(", ", HelpTopics.names())),
                Options.positional(1, "SUBVERB", "the second word of a verb such as snp vmsa"));
    }

    @Override
    public List<String> notes() {
        return List.of();
    }

    @Override
    public ExitCode run(Call call) {
        Optional<String> about = call.positional(0);
        if (about.isEmpty()) {
            call.sink().print(HelpText.overview());
            return ExitCode.DONE;
        }
        String name =
                call.positional(1).map(second -> about.get() + " " + second).orElse(about.get());
        Optional<Verb> verb = Verbs.named(name);
        if (verb.isPresent()) {
            call.sink().print(HelpText.of(verb.get()));
            return ExitCode.DONE;
        }
        List<String> known = new ArrayList<>(Verbs.names());
        known.addAll(HelpTopics.names());
        call.sink()
                .print(HelpTopics.page(name)
                        .orElseThrow(() -> Complaint.usage(
                                "no help on '" + name + "'",
                                Suggestion.didYouMean(name, known) + "verbs and topics: " + String.join(", ", known))));
        return ExitCode.DONE;
    }
}
