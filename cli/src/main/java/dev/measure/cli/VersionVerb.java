package dev.measure.cli;

import java.util.List;

/** {@code measure version}: the version of this program. */
final class VersionVerb implements Verb {
    @Override
    public String name() {
        return "version";
    }

    @Override
    public String summary() {
        return "prints the version";
    }

    @Override
    public List<Example> examples() {
        return List.of();
    }

    @Override
    public List<Options.Group> groups() {
        return List.of();
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of();
    }

    @Override
    public List<String> notes() {
        return List.of("With -v also the Java that runs it, for bug reports.");
    }

    @Override
    public ExitCode run(Call call) {
        if (call.common().format() == Format.TEXT) {
            call.sink().line("measure " + Version.text());
            call.talk()
                    .detail("Java " + System.getProperty("java.version") + ", " + System.getProperty("java.vm.name")
                            + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        } else {
            Output.write(new Result(), false, call);
        }
        return ExitCode.DONE;
    }
}
