package dev.measure.boot;

import dev.measure.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Commands of GRUB that read files or decide something (grub-core/commands, grub-core/loader/i386/linux.c). */
final class GrubCommands {
    private final GrubMachine machine;

    GrubCommands(GrubMachine machine) {
        this.machine = machine;
    }

    GrubOutcome condition(String name, List<String> arguments) {
        List<String> words = arguments;
        if (name.equals("[")) {
            if (arguments.isEmpty() || !arguments.get(arguments.size() - 1).equals("]")) {
                return GrubOutcome.FAILED;
            }
            words = arguments.subList(0, arguments.size() - 1);
        }
        GrubCondition test = new GrubCondition(words, new GrubCondition.Disk() {
            @Override
            public boolean exists(String path) {
                boolean found = machine.files.file(path, machine.environment).isPresent()
                        || folder(path)
                        || path.startsWith("(memdisk)")
                                && machine.image
                                        .memdisk()
                                        .flatMap(disk -> GrubMemdisk.file(disk, path.substring(9)))
                                        .isPresent();
                if (!found) {
                    machine.absent(path);
                }
                return found;
            }

            @Override
            public boolean folder(String path) {
                return machine.files.folder(path, machine.environment);
            }

            @Override
            public boolean filled(String path) {
                return machine.read(path).filter(source -> source.length() > 0).isPresent();
            }
        });
        boolean holds = test.holds();
        if (!test.understood()) {
            machine.stop("a test that is not known: " + String.join(" ", words), "--grub-commands");
        }
        return GrubOutcome.of(holds);
    }

    GrubOutcome set(List<String> arguments) {
        if (arguments.isEmpty()) {
            return GrubOutcome.DONE;
        }
        int equals = arguments.get(0).indexOf('=');
        if (equals < 1) {
            return GrubOutcome.FAILED;
        }
        machine.assign(arguments.get(0).substring(0, equals), arguments.get(0).substring(equals + 1));
        return GrubOutcome.DONE;
    }

    GrubOutcome count(List<String> arguments, int by) {
        if (arguments.size() != 1) {
            return GrubOutcome.FAILED;
        }
        Optional<String> old = machine.value(arguments.get(0));
        if (old.isEmpty() || !old.get().matches("-?[0-9]{1,9}")) {
            return GrubOutcome.FAILED;
        }
        machine.environment.set(arguments.get(0), Integer.toString(Integer.parseInt(old.get()) + by));
        return GrubOutcome.DONE;
    }

    GrubOutcome search(String name, List<String> arguments) {
        Optional<GrubSearch> asked = GrubSearch.of(name, arguments);
        if (asked.isEmpty()) {
            return GrubOutcome.FAILED;
        }
        String key = asked.get().key();
        String variable = asked.get().variable();
        Optional<String> device = Optional.ofNullable(machine.devices.get(key))
                .or(() -> asked.get().byFile() ? machine.files.device(key) : Optional.empty());
        if (device.isPresent()) {
            machine.environment.set(variable, device.get());
            return GrubOutcome.DONE;
        }
        if (asked.get().byFile()) {
            return GrubOutcome.FAILED; // a file that is not given is taken not to be there
        }
        String why = "on which device grub finds " + key + " is not given";
        String input = "--grub-device " + key + "=hd0,gpt1";
        machine.environment.set(variable, GrubEnvironment.Value.unknown(why, input));
        return GrubOutcome.unknown(why, input);
    }

    GrubOutcome insmod(List<String> arguments) {
        if (arguments.size() != 1) {
            return GrubOutcome.FAILED;
        }
        String module = arguments.get(0);
        if (machine.image.modules().contains(module)) {
            return GrubOutcome.DONE;
        }
        if (machine.secure) {
            return GrubOutcome.FAILED; // modules of the disk are not even opened under Secure Boot
        }
        String path = module.startsWith("(") || module.startsWith("/")
                ? module
                : machine.environment.text("prefix").orElse("") + "/x86_64-efi/" + module + ".mod";
        return GrubOutcome.of(machine.read(path).isPresent());
    }

    GrubOutcome loadfont(List<String> arguments) {
        boolean all = true;
        for (String font : arguments) {
            if (font.startsWith("/") || font.startsWith("(") || font.startsWith("+")) {
                all &= machine.read(font).isPresent();
                continue;
            }
            String own = "/fonts/" + font + ".pf2";
            Optional<Boolean> inside = machine.image.memdisk().flatMap(disk -> GrubMemdisk.holds(disk, own));
            if (machine.image.memdisk().isPresent() && inside.isEmpty()) {
                machine.stop(
                        "whether the disk inside grub has the font " + font + " cannot be read", "--grub-commands");
                return GrubOutcome.FAILED;
            }
            all &= inside.orElse(false)
                    || machine.read(machine.environment.text("prefix").orElse("") + own)
                            .isPresent();
        }
        return GrubOutcome.of(all);
    }

    GrubOutcome loadEnv(List<String> arguments) {
        String name = machine.environment.text("prefix").orElse("") + "/grubenv";
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
        Optional<Source> block = machine.read(
                name.startsWith("(") || name.startsWith("/")
                        ? name
                        : machine.environment.text("prefix").orElse("") + "/" + name);
        if (block.isEmpty()) {
            return GrubOutcome.FAILED;
        }
        machine.environment.load(GrubMachine.text(block.get()), wanted);
        return GrubOutcome.DONE;
    }

    GrubOutcome linux(List<String> arguments) {
        if (arguments.isEmpty()) {
            return GrubOutcome.FAILED;
        }
        String kernel = arguments.get(0);
        machine.steps.add(new GrubStep.File(kernel, machine.files.file(kernel, machine.environment)));
        machine.steps.add(new GrubStep.Text(GrubStep.Kind.KERNEL, GrubCommandLine.of(arguments)));
        machine.kernelLoaded = true;
        return GrubOutcome.DONE;
    }

    GrubOutcome initrd(List<String> arguments) {
        if (!machine.kernelLoaded) {
            return GrubOutcome.FAILED;
        }
        for (String name : arguments) {
            if (name.startsWith("newc:")) {
                machine.stop("an initrd that grub puts into an archive", "--grub-commands");
                return GrubOutcome.FAILED;
            }
            machine.steps.add(new GrubStep.File(name, machine.files.file(name, machine.environment)));
        }
        return GrubOutcome.DONE;
    }
}
