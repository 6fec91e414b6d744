package dev.measure.cli;

import java.io.File;
import java.util.List;
import java.util.Optional;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code measure completion}: a script that makes a shell complete verbs, options and their values. */
final class CompletionVerb implements Verb {
    private static final List<String> SHELLS = List.of("bash", "zsh", "fish");

    @Override
    public String name() {
        return "completion";
    }

    @Override
    public String summary() {
        return "prints a completion script for bash, zsh or fish";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("complete in this bash", "completion bash > measure.bash && . ./measure.bash"),
                new Example("for fish, for good", "completion fish > ~/.config/fish/completions/measure.fish"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of();
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "SHELL", "bash, zsh or fish"));
    }

    @Override
    public List<String> notes() {
        return List.of();
    }

    @Override
    public ExitCode run(Call call) {
        Optional<String> shell = call.positional(0);
        if (shell.isEmpty()) {
            throw Complaint.usage("completion for which shell?", "measure completion bash, zsh or fish");
        }
        switch (shell.get()) {
            case "bash", "zsh" -> call.sink().print(AutoComplete.bash("measure", new CommandLine(whole())));
            case "fish" -> call.sink().print(fish());
            default ->
                throw Complaint.usage(
                        "no completion for '" + shell.get() + "'",
                        Suggestion.didYouMean(shell.get(), SHELLS) + "all: " + String.join(", ", SHELLS));
        }
        return ExitCode.DONE;
    }

    private static CommandSpec whole() {
        CommandSpec root = CommandSpec.create().name("measure");
        for (String name : Verbs.names()) {
            String[] words = name.split(" ");
            String last = words[words.length - 1];
            CommandSpec parent =
                    words.length == 1 ? root : root.subcommands().get(words[0]).getCommandSpec();
            CommandSpec verb = CommandSpec.create().name(last);
            CommandSpec spec = ParserReader.spec(Verbs.named(name).orElseThrow());
            spec.options().forEach(option -> verb.addOption(completed(option)));
            for (PositionalParamSpec positional : spec.positionalParameters()) {
                verb.addPositional(PositionalParamSpec.builder()
                        .index(positional.index())
                        .type(namesFile(positional.paramLabel()) ? File.class : String.class)
                        .paramLabel(positional.paramLabel())
                        .build());
            }
            parent.addSubcommand(last, verb);
        }
        return root;
    }

    /** An option as the generator wants it: it names shell variables by the label, and completes files by the type. */
    private static OptionSpec completed(OptionSpec option) {
        if (option.arity().max() == 0) {
            return option;
        }
        OptionSpec.Builder builder = OptionSpec.builder(option.names())
                .type(namesFile(option.paramLabel()) ? File.class : String.class)
                .arity(option.arity())
                .paramLabel(option.longestName().substring(2).replace('-', '_'))
                .description(option.description());
        if (option.completionCandidates() != null) {
            builder.completionCandidates(option.completionCandidates());
        }
        return builder.build();
    }

    private static boolean namesFile(String label) {
        return label.startsWith("FILE") || label.equals("FOLDER");
    }

    private static String fish() {
        StringBuilder script = new StringBuilder("# Completion of measure for fish.\n");
        for (String name : Verbs.names()) {
            Verb verb = Verbs.named(name).orElseThrow();
            String[] words = name.split(" ");
            String when =
                    words.length == 1 ? "__fish_use_subcommand" : "'__fish_seen_subcommand_from " + words[0] + "'";
            script.append("complete -c measure -n ")
                    .append(when)
                    .append(" -f -a ")
                    .append(words[words.length - 1])
                    .append(" -d ")
                    .append(quoted(verb.summary()))
                    .append('\n');
            for (Options.Option option : Options.of(verb)) {
                fish(script, words[words.length - 1], option);
            }
        }
        return script.toString();
    }

    private static void fish(StringBuilder script, String verb, Options.Option option) {
        script.append("complete -c measure -n '__fish_seen_subcommand_from ")
                .append(verb)
                .append('\'');
        for (String name : option.names()) {
            script.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
        }
        if (option.kind() == Options.Kind.VALUE || option.kind() == Options.Kind.VALUES) {
            script.append(" -r");
        }
        if (!option.choices().isEmpty()) {
            script.append(" -f -a ").append(quoted(String.join(" ", option.choices())));
        }
        script.append(" -d ").append(quoted(option.description())).append('\n');
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
