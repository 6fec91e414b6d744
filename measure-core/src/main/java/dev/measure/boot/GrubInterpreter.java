package dev.measure.boot;

import dev.measure.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Runs the scripts of a GRUB up to the start of the kernel, and notes what it measures on the way. What cannot be decided from what is
 * given ends the run, with the reason and the input that would settle it; nothing is guessed.
 *
 * <p>GRUB grub-core/normal/main.c, menu.c, script/execute.c, commands; Debian's and Red Hat's patches of them.
 */
final class GrubInterpreter {
    private static final String CONFIG_FILE =
            "config_file"; // set while a configuration is read (main.c, read_config_file)
    private static final String CONFIG_FOLDER = "config_directory";
    private static final int MAX_STEPS = 100_000; // a script of grub-mkconfig takes some hundred
    private static final int MAX_CALLS = 100;

    private final GrubMachine machine;
    private final GrubCommands commands;
    private final Optional<String> entry;
    private final Map<String, List<GrubScript.Statement>> functions = new TreeMap<>();
    private List<GrubMenuEntry> menu = new ArrayList<>();
    private List<String> parameters = List.of();
    private boolean booted;
    private boolean returning;
    private int calls;

    GrubInterpreter(GrubMachine machine, Optional<String> entry) {
        this.machine = machine;
        this.commands = new GrubCommands(machine);
        this.entry = entry;
    }

    /** {@return what is measured, as far as it could be decided} */
    List<GrubStep> steps() {
        return List.copyOf(machine.steps);
    }

    /** {@return why the run did not get to the start of a kernel} */
    Optional<NotKnown> end() {
        return machine.end();
    }

    /** {@return what was taken for granted} */
    List<String> notes() {
        return List.copyOf(machine.notes);
    }

    /** Runs from the start of GRUB to that of the kernel. */
    void run() {
        Optional<String> first = machine.image.config().map(GrubMachine::text).filter(text -> !text.isBlank());
        if (first.isPresent()) {
            rescue(first.get());
        } else {
            normal();
        }
        if (machine.end().isEmpty() && !machine.kernelLoaded) {
            machine.stop(
                    "the scripts of grub start no kernel",
                    "--grub-config of a system that boots, with the files that it names");
        }
    }

    private boolean stopped() {
        return machine.end().isPresent() || booted;
    }

    /** The script inside GRUB, which the rescue parser runs: it measures no commands. */
    private void rescue(String text) {
        for (String each : text.split("\n")) {
            String command = each.strip();
            if (command.isEmpty() || command.startsWith("#")) {
                continue;
            }
            String[] words = command.split("\\s+");
            if (words[0].equals("normal") && words.length == 2) {
                machine.readLists();
                config(words[1]);
            } else if (words[0].equals("normal")) {
                normal();
            } else {
                machine.stop("the script inside grub runs '" + words[0] + "'", "--grub-commands");
            }
            if (stopped()) {
                return;
            }
        }
        if (!machine.kernelLoaded && machine.end().isEmpty()) {
            normal();
        }
    }

    /** grub_cmd_normal without a parameter: grub.cfg in the folder of prefix, opened once to see whether it is there. */
    private void normal() {
        machine.readLists();
        String name = machine.environment.text("prefix").orElse("") + "/grub.cfg";
        if (machine.files.file(name, machine.environment).isEmpty()) {
            machine.stop("grub looks for " + name + ", which is not given", "--grub-file " + name + "=FILE");
            return;
        }
        if (machine.image.family() != GrubImage.Family.OTHER) {
            machine.read(name);
        }
        config(name);
    }

    /** A script with a menu of its own. */
    private void config(String name) {
        Optional<Source> source = machine.read(name);
        if (source.isEmpty()) {
            machine.stop("grub runs " + name + ", which is not given", "--grub-file " + name + "=FILE");
            return;
        }
        List<GrubMenuEntry> outer = menu;
        menu = new ArrayList<>();
        GrubEnvironment.Value outerFile = machine.environment.get(CONFIG_FILE);
        GrubEnvironment.Value outerFolder = machine.environment.get(CONFIG_FOLDER);
        String whole = name.startsWith("(")
                ? name
                : "(" + machine.environment.text("root").orElse("") + ")" + name;
        machine.environment.set(CONFIG_FILE, whole);
        machine.environment.set(CONFIG_FOLDER, whole.substring(0, Math.max(0, whole.lastIndexOf('/'))));
        source(name, source.get());
        machine.environment.set(CONFIG_FILE, outerFile);
        machine.environment.set(CONFIG_FOLDER, outerFolder);
        if (!stopped()) {
            choose();
        }
        menu = outer;
    }

    private void source(String name, Source source) {
        String outer = machine.script;
        int outerLine = machine.line;
        machine.script = name;
        run(new GrubScript(GrubMachine.text(source)));
        returning = false;
        if (machine.end().isEmpty()) {
            machine.script = outer;
            machine.line = outerLine;
        }
    }

    private GrubOutcome run(GrubScript reader) {
        GrubOutcome last = GrubOutcome.DONE;
        Optional<GrubScript.Statement> next = reader.next();
        while (next.isPresent() && !stopped() && !returning) {
            last = statement(next.get());
            next = reader.next();
        }
        if (reader.fault().isPresent() && !stopped()) {
            machine.line = 0;
            machine.stop("cannot be read: " + reader.fault().get(), "--grub-commands");
        }
        return last;
    }

    private GrubOutcome statements(List<GrubScript.Statement> statements) {
        GrubOutcome last = GrubOutcome.DONE;
        for (GrubScript.Statement statement : statements) {
            if (stopped() || returning) {
                break;
            }
            last = statement(statement);
        }
        return last;
    }

    private GrubOutcome statement(GrubScript.Statement statement) {
        if (statement instanceof GrubScript.Statement.Command command) {
            machine.line = command.line();
            return command(command);
        } else if (statement instanceof GrubScript.Statement.If choice) {
            for (GrubScript.Branch branch : choice.branches()) {
                if (holds(branch.condition())) {
                    return statements(branch.body());
                }
                if (stopped()) {
                    return GrubOutcome.FAILED;
                }
            }
            return statements(choice.otherwise());
        } else if (statement instanceof GrubScript.Statement.For loop) {
            GrubOutcome last = GrubOutcome.DONE;
            for (String value : expand(loop.words()).orElse(List.of())) {
                machine.environment.set(loop.variable(), value);
                last = statements(loop.body());
                if (stopped()) {
                    break;
                }
            }
            return last;
        } else if (statement instanceof GrubScript.Statement.While loop) {
            GrubOutcome last = GrubOutcome.DONE;
            while (!stopped() && holds(loop.condition()) != loop.until() && !stopped()) {
                last = statements(loop.body());
            }
            return last;
        } else if (statement instanceof GrubScript.Statement.Function function) {
            functions.put(function.name(), function.body());
            return GrubOutcome.DONE;
        }
        throw new AssertionError(statement);
    }

    private boolean holds(List<GrubScript.Statement> condition) {
        GrubOutcome outcome = statements(condition);
        if (outcome.success().isEmpty()) {
            machine.stop(outcome.why(), outcome.input());
        }
        return !stopped() && outcome.success().orElse(false);
    }

    private Optional<List<String>> expand(List<GrubScript.Word> words) {
        GrubWords expansion = new GrubWords(machine.environment, parameters);
        List<String> expanded = expansion.expand(words);
        expansion.unknown().ifPresent(value -> machine.stop(value.why(), value.input()));
        return stopped() ? Optional.empty() : Optional.of(expanded);
    }

    /** grub_script_execute_cmdline: measured, then run. */
    private GrubOutcome command(GrubScript.Statement.Command command) {
        Optional<List<String>> expanded = expand(command.words());
        if (expanded.isEmpty() || expanded.get().isEmpty()) {
            return GrubOutcome.FAILED;
        }
        List<String> words = new ArrayList<>(expanded.get());
        List<String> measured = new ArrayList<>(words);
        command.block().ifPresent(block -> measured.add(block.text()));
        if (machine.steps.size() >= MAX_STEPS) {
            machine.stop("the scripts of grub run more than " + MAX_STEPS + " commands", "--grub-commands");
            return GrubOutcome.FAILED;
        }
        machine.steps.add(new GrubStep.Text(GrubStep.Kind.COMMAND, String.join(" ", measured)));
        boolean invert = words.get(0).equals("!");
        if (invert) {
            words.remove(0);
        }
        if (words.isEmpty()) {
            return GrubOutcome.FAILED;
        }
        GrubOutcome outcome = builtin(words.get(0), words.subList(1, words.size()), command.block());
        if (invert && outcome.success().isPresent()) {
            outcome = GrubOutcome.of(!outcome.success().get());
        }
        status(outcome);
        return outcome;
    }

    private void status(GrubOutcome outcome) {
        machine.environment.set(
                "?",
                outcome.success().isPresent() && outcome.success().get()
                        ? GrubEnvironment.Value.of("0")
                        : GrubEnvironment.Value.unknown(
                                outcome.success().isPresent() ? "the number of an error" : outcome.why(),
                                outcome.input().isEmpty() ? "--grub-commands" : outcome.input()));
    }

    private GrubOutcome builtin(String name, List<String> arguments, Optional<GrubScript.Block> block) {
        return switch (name) {
            case "[", "test" -> commands.condition(name, arguments);
            case "true",
                    "echo",
                    "sleep",
                    "clear",
                    "cls",
                    "terminal_input",
                    "terminal_output",
                    "serial",
                    "rmmod",
                    "videoinfo",
                    "list_env",
                    "lsmod",
                    "background_color",
                    "play",
                    "keymap",
                    "gfxinfo",
                    "save_env" -> GrubOutcome.DONE;
            case "false" -> GrubOutcome.FAILED;
            case "set" -> commands.set(arguments);
            case "unset" -> {
                arguments.forEach(machine.environment::unset);
                yield GrubOutcome.DONE;
            }
            case "export" -> {
                arguments.forEach(machine.environment::export);
                yield GrubOutcome.DONE;
            }
            case "setparams" -> {
                parameters = List.copyOf(arguments);
                yield GrubOutcome.DONE;
            }
            case "shift" -> {
                parameters = parameters.isEmpty() ? parameters : parameters.subList(1, parameters.size());
                yield GrubOutcome.DONE;
            }
            case "return" -> {
                returning = true;
                yield arguments.isEmpty() || arguments.get(0).equals("0") ? GrubOutcome.DONE : GrubOutcome.FAILED;
            }
            case "increment", "decrement" -> commands.count(arguments, name.equals("increment") ? 1 : -1);
            case "search", "search.fs_uuid", "search.file", "search.fs_label" -> commands.search(name, arguments);
            case "insmod" -> commands.insmod(arguments);
            case "loadfont" -> commands.loadfont(arguments);
            case "load_env" -> commands.loadEnv(arguments);
            case "source", "." -> {
                if (arguments.size() != 1) {
                    yield GrubOutcome.FAILED;
                }
                Optional<Source> found = machine.read(arguments.get(0));
                found.ifPresent(source -> source(arguments.get(0), source));
                yield GrubOutcome.of(found.isPresent());
            }
            case "configfile", "normal" -> configfile(arguments);
            case "menuentry", "submenu", "hiddenentry" -> menuentry(name, arguments, block);
            case "linux", "linuxefi" -> commands.linux(arguments);
            case "initrd", "initrdefi" -> commands.initrd(arguments);
            case "boot" -> {
                booted = machine.kernelLoaded;
                yield GrubOutcome.of(machine.kernelLoaded);
            }
            case "fwsetup" -> {
                if (!arguments.equals(List.of("--is-supported"))) {
                    machine.stop("'fwsetup' leaves grub", "--grub-entry");
                }
                machine.notes.add("the firmware has a setup that grub can ask for (fwsetup --is-supported)");
                yield GrubOutcome.DONE;
            }
            default -> function(name, arguments);
        };
    }

    private GrubOutcome function(String name, List<String> arguments) {
        List<GrubScript.Statement> body = functions.get(name);
        if (body != null) {
            if (++calls > MAX_CALLS) {
                machine.stop("functions call each other more than " + MAX_CALLS + " deep", "--grub-commands");
                return GrubOutcome.FAILED;
            }
            List<String> outer = parameters;
            parameters = List.copyOf(arguments);
            GrubOutcome outcome = statements(body);
            parameters = outer;
            returning = false;
            calls--;
            return outcome;
        }
        int equals = name.indexOf('=');
        if (equals > 0) {
            machine.assign(name.substring(0, equals), name.substring(equals + 1));
            return GrubOutcome.DONE;
        }
        machine.stop("what the command '" + name + "' does is not known", "--grub-commands");
        return GrubOutcome.FAILED;
    }

    private GrubOutcome configfile(List<String> arguments) {
        if (arguments.size() != 1) {
            machine.stop("'configfile' or 'normal' without the name of a file", "--grub-commands");
            return GrubOutcome.FAILED;
        }
        machine.environment.open();
        config(arguments.get(0));
        machine.environment.close();
        return GrubOutcome.DONE;
    }

    private GrubOutcome menuentry(String name, List<String> arguments, Optional<GrubScript.Block> block) {
        Optional<GrubMenuEntry> entry = GrubMenuEntry.of(arguments, block, name.equals("submenu"));
        if (!name.equals("hiddenentry")) {
            entry.ifPresent(menu::add);
        }
        return GrubOutcome.of(entry.isPresent());
    }

    /** menu.c: the entry that starts when nobody touches a key. */
    private void choose() {
        if (menu.isEmpty()) {
            machine.stop("the menu of grub has no entry", "--grub-commands");
            return;
        }
        String wanted = entry.orElse("");
        if (wanted.isEmpty()) {
            Optional<String> preset = machine.value("default");
            if (preset.isEmpty()) {
                return;
            }
            wanted = preset.get();
        }
        execute(wanted);
    }

    private void execute(String wanted) {
        int submenu = wanted.indexOf('>');
        String first = submenu < 0 ? wanted : wanted.substring(0, submenu);
        GrubMenuEntry chosen = find(first);
        List<String> outer = parameters;
        parameters = chosen.arguments();
        machine.steps.add(
                new GrubStep.Text(GrubStep.Kind.COMMAND, "setparams " + String.join(" ", chosen.arguments())));
        if (chosen.submenu()) {
            machine.environment.open();
            menu = new ArrayList<>();
            statements(chosen.block().statements());
            if (!stopped() && menu.isEmpty()) {
                machine.stop("the submenu " + chosen.title() + " has no entry", "--grub-entry");
            } else if (!stopped()) {
                execute(submenu < 0 ? "0" : wanted.substring(submenu + 1));
            }
            machine.environment.close();
        } else {
            statements(chosen.block().statements());
        }
        parameters = outer;
        returning = false;
        booted = machine.kernelLoaded;
    }

    private GrubMenuEntry find(String wanted) {
        for (GrubMenuEntry each : menu) {
            if (each.id().equals(wanted) || each.title().equals(wanted)) {
                return each;
            }
        }
        if (wanted.matches("[0-9]{1,4}") && Integer.parseInt(wanted) < menu.size()) {
            return menu.get(Integer.parseInt(wanted));
        }
        return menu.get(0);
    }
}
