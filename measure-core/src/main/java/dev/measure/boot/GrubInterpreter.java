package dev.measure.boot;

import dev.measure.Source;
import java.nio.charset.StandardCharsets;
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
    private static final int MAX_SCRIPT = 4 << 20;

    private final GrubImage image;
    private final boolean secure;
    private final GrubEnvironment environment;
    private final GrubFiles files;
    private final Map<String, String> devices;
    private final Optional<String> entry;
    private final List<GrubStep> steps = new ArrayList<>();
    private final Map<String, List<GrubScript.Statement>> functions = new TreeMap<>();
    private final List<String> notes = new ArrayList<>();
    private Optional<NotKnown> end = Optional.empty();
    private List<GrubMenuEntry> menu = new ArrayList<>();
    private List<String> parameters = List.of();
    private boolean kernelLoaded;
    private boolean booted;
    private boolean returning;
    private int calls;
    private int line;
    private String script = "";

    /** How a command ended. */
    private record Outcome(Optional<Boolean> success, String why, String input) {
        static final Outcome DONE = new Outcome(Optional.of(true), "", "");
        static final Outcome FAILED = new Outcome(Optional.of(false), "", "");

        static Outcome of(boolean success) {
            return success ? DONE : FAILED;
        }

        static Outcome unknown(String why, String input) {
            return new Outcome(Optional.empty(), why, input);
        }
    }

    GrubInterpreter(
            GrubImage image,
            boolean secure,
            List<NamedFile> files,
            Map<String, String> variables,
            Map<String, String> devices,
            Optional<String> entry) {
        this.image = image;
        this.secure = secure;
        this.files = new GrubFiles(files);
        this.devices = devices;
        this.entry = entry;
        this.environment = new GrubEnvironment(secure);
        variables.forEach(environment::set);
        environment.set("?", "0");
        if (!variables.containsKey("prefix")) {
            String prefix = image.prefix().orElse("");
            environment.set(
                    "prefix",
                    prefix.startsWith("(")
                            ? prefix
                            : "(" + environment.text("root").orElse("") + ")" + prefix);
        }
        if (!variables.containsKey("cmdpath")) {
            environment.set(
                    "cmdpath",
                    GrubEnvironment.Value.unknown(
                            "the folder that grub lies in is not given",
                            "--grub-variable cmdpath=(hd0,gpt1)/EFI/BOOT"));
        }
    }

    /** {@return what is measured, as far as it could be decided} */
    List<GrubStep> steps() {
        return List.copyOf(steps);
    }

    /** {@return why the run did not get to the start of a kernel} */
    Optional<NotKnown> end() {
        return end;
    }

    /** {@return what was taken for granted} */
    List<String> notes() {
        return List.copyOf(notes);
    }

    /** Runs from the start of GRUB to that of the kernel. */
    void run() {
        Optional<String> first = image.config().map(GrubInterpreter::text).filter(text -> !text.isBlank());
        if (first.isPresent()) {
            rescue(first.get());
        } else {
            normal();
        }
        if (end.isEmpty() && !kernelLoaded) {
            stop(
                    "the scripts of grub start no kernel",
                    "--grub-config of a system that boots, with the files that it names");
        }
    }

    private static String text(Source source) {
        byte[] bytes = source.slice(0, Math.min(MAX_SCRIPT, source.length())).toByteArray();
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private boolean stopped() {
        return end.isPresent() || booted;
    }

    private void stop(String why, String input) {
        if (end.isEmpty()) {
            String place = script.isEmpty() ? "" : script + ", line " + line + ": ";
            end = Optional.of(new NotKnown(8, place + why, input));
        }
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
                readLists();
                config(words[1]);
            } else if (words[0].equals("normal")) {
                normal();
            } else {
                stop("the script inside grub runs '" + words[0] + "'", "--grub-commands");
            }
            if (stopped()) {
                return;
            }
        }
        if (!kernelLoaded && end.isEmpty()) {
            normal();
        }
    }

    /** grub_cmd_normal without a parameter: grub.cfg in the folder of prefix, opened once to see whether it is there. */
    private void normal() {
        readLists();
        String name = environment.text("prefix").orElse("") + "/grub.cfg";
        if (files.file(name, environment).isEmpty()) {
            stop("grub looks for " + name + ", which is not given", "--grub-file " + name + "=FILE");
            return;
        }
        if (image.family() != GrubImage.Family.OTHER) {
            read(name);
        }
        config(name);
    }

    /** read_lists: what modules there are; measured where the files are. */
    private void readLists() {
        for (String list : List.of("command", "fs", "crypto", "terminal")) {
            read(environment.text("prefix").orElse("") + "/x86_64-efi/" + list + ".lst");
        }
    }

    /** Opens a file: a whole one into PCR 9, but for those of the disk inside GRUB. */
    private Optional<Source> read(String name) {
        Optional<Source> content = files.file(name, environment);
        if (name.startsWith("(memdisk)")) {
            return content.or(() -> image.memdisk().flatMap(disk -> GrubMemdisk.file(disk, name.substring(9))));
        }
        content.ifPresent(source -> steps.add(new GrubStep.File(name, Optional.of(source))));
        return content;
    }

    /** A script with a menu of its own. */
    private void config(String name) {
        Optional<Source> source = read(name);
        if (source.isEmpty()) {
            stop("grub runs " + name + ", which is not given", "--grub-file " + name + "=FILE");
            return;
        }
        List<GrubMenuEntry> outer = menu;
        menu = new ArrayList<>();
        GrubEnvironment.Value outerFile = environment.get(CONFIG_FILE);
        GrubEnvironment.Value outerFolder = environment.get(CONFIG_FOLDER);
        String whole =
                name.startsWith("(") ? name : "(" + environment.text("root").orElse("") + ")" + name;
        environment.set(CONFIG_FILE, whole);
        environment.set(CONFIG_FOLDER, whole.substring(0, Math.max(0, whole.lastIndexOf('/'))));
        source(name, source.get());
        environment.set(CONFIG_FILE, outerFile);
        environment.set(CONFIG_FOLDER, outerFolder);
        if (!stopped()) {
            choose();
        }
        menu = outer;
    }

    private void source(String name, Source source) {
        String outer = script;
        int outerLine = line;
        script = name;
        run(new GrubScript(text(source)));
        returning = false;
        if (end.isEmpty()) {
            script = outer;
            line = outerLine;
        }
    }

    private Outcome run(GrubScript reader) {
        Outcome last = Outcome.DONE;
        Optional<GrubScript.Statement> next = reader.next();
        while (next.isPresent() && !stopped() && !returning) {
            last = statement(next.get());
            next = reader.next();
        }
        if (reader.fault().isPresent() && !stopped()) {
            line = 0;
            stop("cannot be read: " + reader.fault().get(), "--grub-commands");
        }
        return last;
    }

    private Outcome statements(List<GrubScript.Statement> statements) {
        Outcome last = Outcome.DONE;
        for (GrubScript.Statement statement : statements) {
            if (stopped() || returning) {
                break;
            }
            last = statement(statement);
        }
        return last;
    }

    private Outcome statement(GrubScript.Statement statement) {
        if (statement instanceof GrubScript.Statement.Command command) {
            line = command.line();
            return command(command);
        } else if (statement instanceof GrubScript.Statement.If choice) {
            for (GrubScript.Branch branch : choice.branches()) {
                if (holds(branch.condition())) {
                    return statements(branch.body());
                }
                if (stopped()) {
                    return Outcome.FAILED;
                }
            }
            return statements(choice.otherwise());
        } else if (statement instanceof GrubScript.Statement.For loop) {
            Outcome last = Outcome.DONE;
            for (String value : expand(loop.words()).orElse(List.of())) {
                environment.set(loop.variable(), value);
                last = statements(loop.body());
                if (stopped()) {
                    break;
                }
            }
            return last;
        } else if (statement instanceof GrubScript.Statement.While loop) {
            Outcome last = Outcome.DONE;
            while (!stopped() && holds(loop.condition()) != loop.until() && !stopped()) {
                last = statements(loop.body());
            }
            return last;
        } else if (statement instanceof GrubScript.Statement.Function function) {
            functions.put(function.name(), function.body());
            return Outcome.DONE;
        }
        throw new AssertionError(statement);
    }

    private boolean holds(List<GrubScript.Statement> condition) {
        Outcome outcome = statements(condition);
        if (outcome.success().isEmpty()) {
            stop(outcome.why(), outcome.input());
        }
        return !stopped() && outcome.success().orElse(false);
    }

    private Optional<List<String>> expand(List<GrubScript.Word> words) {
        GrubWords expansion = new GrubWords(environment, parameters);
        List<String> expanded = expansion.expand(words);
        expansion.unknown().ifPresent(value -> stop(value.why(), value.input()));
        return stopped() ? Optional.empty() : Optional.of(expanded);
    }

    private Optional<String> value(String name) {
        GrubEnvironment.Value value = environment.get(name);
        if (value.text().isEmpty()) {
            stop(value.why(), value.input());
        }
        return value.text();
    }

    /** grub_script_execute_cmdline: measured, then run. */
    private Outcome command(GrubScript.Statement.Command command) {
        Optional<List<String>> expanded = expand(command.words());
        if (expanded.isEmpty() || expanded.get().isEmpty()) {
            return Outcome.FAILED;
        }
        List<String> words = new ArrayList<>(expanded.get());
        List<String> measured = new ArrayList<>(words);
        command.block().ifPresent(block -> measured.add(block.text()));
        if (steps.size() >= MAX_STEPS) {
            stop("the scripts of grub run more than " + MAX_STEPS + " commands", "--grub-commands");
            return Outcome.FAILED;
        }
        steps.add(new GrubStep.Text(GrubStep.Kind.COMMAND, String.join(" ", measured)));
        boolean invert = words.get(0).equals("!");
        if (invert) {
            words.remove(0);
        }
        if (words.isEmpty()) {
            return Outcome.FAILED;
        }
        Outcome outcome = builtin(words.get(0), words.subList(1, words.size()), command.block());
        if (invert && outcome.success().isPresent()) {
            outcome = Outcome.of(!outcome.success().get());
        }
        status(outcome);
        return outcome;
    }

    private void status(Outcome outcome) {
        environment.set(
                "?",
                outcome.success().isPresent() && outcome.success().get()
                        ? GrubEnvironment.Value.of("0")
                        : GrubEnvironment.Value.unknown(
                                outcome.success().isPresent() ? "the number of an error" : outcome.why(),
                                outcome.input().isEmpty() ? "--grub-commands" : outcome.input()));
    }

    private Outcome builtin(String name, List<String> arguments, Optional<GrubScript.Block> block) {
        return switch (name) {
            case "[", "test" -> condition(name, arguments);
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
                    "save_env" -> Outcome.DONE;
            case "false" -> Outcome.FAILED;
            case "set" -> set(arguments);
            case "unset" -> {
                arguments.forEach(environment::unset);
                yield Outcome.DONE;
            }
            case "export" -> {
                arguments.forEach(environment::export);
                yield Outcome.DONE;
            }
            case "setparams" -> {
                parameters = List.copyOf(arguments);
                yield Outcome.DONE;
            }
            case "shift" -> {
                parameters = parameters.isEmpty() ? parameters : parameters.subList(1, parameters.size());
                yield Outcome.DONE;
            }
            case "return" -> {
                returning = true;
                yield arguments.isEmpty() || arguments.get(0).equals("0") ? Outcome.DONE : Outcome.FAILED;
            }
            case "increment", "decrement" -> count(arguments, name.equals("increment") ? 1 : -1);
            case "search", "search.fs_uuid", "search.file", "search.fs_label" -> search(name, arguments);
            case "insmod" -> insmod(arguments);
            case "loadfont" -> loadfont(arguments);
            case "load_env" -> loadEnv(arguments);
            case "source", "." -> {
                if (arguments.size() != 1) {
                    yield Outcome.FAILED;
                }
                Optional<Source> found = read(arguments.get(0));
                found.ifPresent(source -> source(arguments.get(0), source));
                yield Outcome.of(found.isPresent());
            }
            case "configfile", "normal" -> configfile(arguments);
            case "menuentry", "submenu", "hiddenentry" -> menuentry(name, arguments, block);
            case "linux", "linuxefi" -> linux(arguments);
            case "initrd", "initrdefi" -> initrd(arguments);
            case "boot" -> {
                booted = kernelLoaded;
                yield Outcome.of(kernelLoaded);
            }
            case "fwsetup" -> {
                if (!arguments.equals(List.of("--is-supported"))) {
                    stop("'fwsetup' leaves grub", "--grub-entry");
                }
                notes.add("the firmware has a setup that grub can ask for (fwsetup --is-supported)");
                yield Outcome.DONE;
            }
            default -> function(name, arguments);
        };
    }

    private Outcome function(String name, List<String> arguments) {
        List<GrubScript.Statement> body = functions.get(name);
        if (body != null) {
            if (++calls > MAX_CALLS) {
                stop("functions call each other more than " + MAX_CALLS + " deep", "--grub-commands");
                return Outcome.FAILED;
            }
            List<String> outer = parameters;
            parameters = List.copyOf(arguments);
            Outcome outcome = statements(body);
            parameters = outer;
            returning = false;
            calls--;
            return outcome;
        }
        int equals = name.indexOf('=');
        if (equals > 0) {
            assign(name.substring(0, equals), name.substring(equals + 1));
            return Outcome.DONE;
        }
        stop("what the command '" + name + "' does is not known", "--grub-commands");
        return Outcome.FAILED;
    }

    private Outcome condition(String name, List<String> arguments) {
        List<String> words = arguments;
        if (name.equals("[")) {
            if (arguments.isEmpty() || !arguments.get(arguments.size() - 1).equals("]")) {
                return Outcome.FAILED;
            }
            words = arguments.subList(0, arguments.size() - 1);
        }
        GrubCondition test = new GrubCondition(words, new GrubCondition.Disk() {
            @Override
            public boolean exists(String path) {
                return files.file(path, environment).isPresent()
                        || folder(path)
                        || path.startsWith("(memdisk)")
                                && image.memdisk()
                                        .flatMap(disk -> GrubMemdisk.file(disk, path.substring(9)))
                                        .isPresent();
            }

            @Override
            public boolean folder(String path) {
                return files.folder(path, environment);
            }

            @Override
            public boolean filled(String path) {
                return read(path).filter(source -> source.length() > 0).isPresent();
            }
        });
        boolean holds = test.holds();
        if (!test.understood()) {
            stop("a test that is not known: " + String.join(" ", words), "--grub-commands");
        }
        return Outcome.of(holds);
    }

    private Outcome set(List<String> arguments) {
        if (arguments.isEmpty()) {
            return Outcome.DONE;
        }
        int equals = arguments.get(0).indexOf('=');
        if (equals < 1) {
            return Outcome.FAILED;
        }
        assign(arguments.get(0).substring(0, equals), arguments.get(0).substring(equals + 1));
        return Outcome.DONE;
    }

    private void assign(String name, String value) {
        environment.set(name, value);
        if (name.equals("prefix")) {
            readLists();
        }
    }

    private Outcome count(List<String> arguments, int by) {
        if (arguments.size() != 1) {
            return Outcome.FAILED;
        }
        Optional<String> old = value(arguments.get(0));
        if (old.isEmpty() || !old.get().matches("-?[0-9]{1,9}")) {
            return Outcome.FAILED;
        }
        environment.set(arguments.get(0), Integer.toString(Integer.parseInt(old.get()) + by));
        return Outcome.DONE;
    }

    private Outcome search(String name, List<String> arguments) {
        Optional<GrubSearch> asked = GrubSearch.of(name, arguments);
        if (asked.isEmpty()) {
            return Outcome.FAILED;
        }
        String key = asked.get().key();
        String variable = asked.get().variable();
        Optional<String> device = Optional.ofNullable(devices.get(key))
                .or(() -> asked.get().byFile() ? files.device(key) : Optional.empty());
        if (device.isPresent()) {
            environment.set(variable, device.get());
            return Outcome.DONE;
        }
        if (asked.get().byFile()) {
            return Outcome.FAILED; // a file that is not given is taken not to be there
        }
        String why = "on which device grub finds " + key + " is not given";
        String input = "--grub-device " + key + "=hd0,gpt1";
        environment.set(variable, GrubEnvironment.Value.unknown(why, input));
        return Outcome.unknown(why, input);
    }

    private Outcome insmod(List<String> arguments) {
        if (arguments.size() != 1) {
            return Outcome.FAILED;
        }
        String module = arguments.get(0);
        if (image.modules().contains(module)) {
            return Outcome.DONE;
        }
        if (secure) {
            return Outcome.FAILED; // modules of the disk are not even opened under Secure Boot
        }
        String path = module.startsWith("(") || module.startsWith("/")
                ? module
                : environment.text("prefix").orElse("") + "/x86_64-efi/" + module + ".mod";
        return Outcome.of(read(path).isPresent());
    }

    private Outcome loadfont(List<String> arguments) {
        boolean all = true;
        for (String font : arguments) {
            if (font.startsWith("/") || font.startsWith("(") || font.startsWith("+")) {
                all &= read(font).isPresent();
                continue;
            }
            String own = "/fonts/" + font + ".pf2";
            Optional<Boolean> inside = image.memdisk().flatMap(disk -> GrubMemdisk.holds(disk, own));
            if (image.memdisk().isPresent() && inside.isEmpty()) {
                stop("whether the disk inside grub has the font " + font + " cannot be read", "--grub-commands");
                return Outcome.FAILED;
            }
            all &= inside.orElse(false)
                    || read(environment.text("prefix").orElse("") + own).isPresent();
        }
        return Outcome.of(all);
    }

    private Outcome loadEnv(List<String> arguments) {
        String name = environment.text("prefix").orElse("") + "/grubenv";
        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String word = arguments.get(i);
            if ((word.equals("-f") || word.equals("--file")) && i + 1 < arguments.size()) {
                name = arguments.get(++i);
            } else if (word.startsWith("--file=")) {
                name = word.substring(7);
            } else if (!word.startsWith("-")) {
                wanted.add(word);
            }
        }
        Optional<Source> block = read(
                name.startsWith("(") || name.startsWith("/")
                        ? name
                        : environment.text("prefix").orElse("") + "/" + name);
        if (block.isEmpty()) {
            return Outcome.FAILED;
        }
        environment.load(text(block.get()), wanted);
        return Outcome.DONE;
    }

    private Outcome configfile(List<String> arguments) {
        if (arguments.size() != 1) {
            stop("'configfile' or 'normal' without the name of a file", "--grub-commands");
            return Outcome.FAILED;
        }
        environment.open();
        config(arguments.get(0));
        environment.close();
        return Outcome.DONE;
    }

    private Outcome menuentry(String name, List<String> arguments, Optional<GrubScript.Block> block) {
        Optional<GrubMenuEntry> entry = GrubMenuEntry.of(arguments, block, name.equals("submenu"));
        if (!name.equals("hiddenentry")) {
            entry.ifPresent(menu::add);
        }
        return Outcome.of(entry.isPresent());
    }

    /** menu.c: the entry that starts when nobody touches a key. */
    private void choose() {
        if (menu.isEmpty()) {
            stop("the menu of grub has no entry", "--grub-commands");
            return;
        }
        String wanted = entry.orElse("");
        if (wanted.isEmpty()) {
            Optional<String> preset = value("default");
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
        steps.add(new GrubStep.Text(GrubStep.Kind.COMMAND, "setparams " + String.join(" ", chosen.arguments())));
        if (chosen.submenu()) {
            environment.open();
            menu = new ArrayList<>();
            statements(chosen.block().statements());
            if (!stopped() && menu.isEmpty()) {
                stop("the submenu " + chosen.title() + " has no entry", "--grub-entry");
            } else if (!stopped()) {
                execute(submenu < 0 ? "0" : wanted.substring(submenu + 1));
            }
            environment.close();
        } else {
            statements(chosen.block().statements());
        }
        parameters = outer;
        returning = false;
        booted = kernelLoaded;
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

    private Outcome linux(List<String> arguments) {
        if (arguments.isEmpty()) {
            return Outcome.FAILED;
        }
        String kernel = arguments.get(0);
        steps.add(new GrubStep.File(kernel, files.file(kernel, environment)));
        steps.add(new GrubStep.Text(GrubStep.Kind.KERNEL, GrubCommandLine.of(arguments)));
        kernelLoaded = true;
        return Outcome.DONE;
    }

    private Outcome initrd(List<String> arguments) {
        if (!kernelLoaded) {
            return Outcome.FAILED;
        }
        for (String name : arguments) {
            if (name.startsWith("newc:")) {
                stop("an initrd that grub puts into an archive", "--grub-commands");
                return Outcome.FAILED;
            }
            steps.add(new GrubStep.File(name, files.file(name, environment)));
        }
        return Outcome.DONE;
    }
}
