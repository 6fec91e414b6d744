package dev.measure.qemu;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A QEMU command line, as it stands in a shell script, in libvirt's logs and {@code .args} files, or in {@code /proc/PID/cmdline}.
 *
 * <p>Options mean what they mean to QEMU 10 (system/vl.c, qemu-options.hx): the last of a kind counts, {@code -machine} and
 * {@code -smp} add up, a confidential guest object counts only if the machine names it.
 */
public final class QemuCommandLine {
    private static final String HINT = "is there one command with options such as -smp, -cpu or -machine?";

    /** Options of which at least one stands in every command line that is worth reading. */
    private static final Set<String> TELLING =
            Set.of("smp", "cpu", "machine", "M", "object", "bios", "kernel", "pflash", "m");

    // spotless:off
    /** The options without a value (qemu-options.hx); all others have one. */
    private static final Set<String> BARE = Set.of(
            "h", "help", "version", "S", "s", "enable-kvm", "snapshot", "nographic", "nodefaults", "no-user-config", "nodefconfig",
            "no-reboot", "no-shutdown", "no-acpi", "no-hpet", "no-fd-bootchk", "daemonize", "full-screen", "curses", "sdl", "portrait",
            "only-migratable", "mem-prealloc", "preconfig", "singlestep", "one-insn-per-tb", "usb", "win2k-hack", "semihosting",
            "alt-grab", "ctrl-grab", "no-frame", "no-quit", "no-kvm", "no-kvm-irqchip", "show-cursor", "tdf", "enable-fips",
            "xen-attach", "xen-domid-restrict", "enable-sync-profile", "old-param");
    // spotless:on

    private QemuCommandLine() {}

    /**
     * {@return the guest that a command line starts}
     *
     * @param source the text
     * @throws MalformedInputException if there is no command of QEMU, or several, or one that QEMU would refuse
     */
    public static QemuGuest read(Source source) {
        QemuOptions options = new QemuOptions(source);
        apply(command(source), options);
        return options.guest();
    }

    private static List<ShellWords.Word> command(Source source) {
        List<List<ShellWords.Word>> all = ShellWords.commands(source);
        List<List<ShellWords.Word>> telling =
                all.stream().filter(QemuCommandLine::tells).toList();
        List<List<ShellWords.Word>> named =
                telling.stream().filter(words -> program(words) >= 0).toList();
        List<List<ShellWords.Word>> chosen = named.isEmpty() ? telling : named;
        if (chosen.size() == 1) {
            return chosen.get(0);
        }
        // A file of arguments, one option a line.
        if (!all.isEmpty() && all.stream().allMatch(words -> words.get(0).text().startsWith("-"))) {
            List<ShellWords.Word> joined = new ArrayList<>();
            all.forEach(joined::addAll);
            if (tells(joined)) {
                return joined;
            }
        }
        throw new MalformedInputException(
                source.name(), source.start(), "one QEMU command", Integer.toString(chosen.size()), HINT);
    }

    private static boolean tells(List<ShellWords.Word> words) {
        return words.stream().anyMatch(word -> word.text().startsWith("-") && TELLING.contains(option(word)));
    }

    private static int program(List<ShellWords.Word> words) {
        for (int i = 0; i < words.size(); i++) {
            String text = words.get(i).text();
            String name = text.substring(text.lastIndexOf('/') + 1);
            if (name.startsWith("qemu-system-")
                    || name.startsWith("qemu_system")
                    || name.equals("qemu-kvm")
                    || name.equals("kvm")) {
                return i;
            }
        }
        return -1;
    }

    /** {@return the name of an option, which has one dash or two} */
    private static String option(ShellWords.Word word) {
        return word.text().startsWith("--")
                ? word.text().substring(2)
                : word.text().substring(1);
    }

    private static void apply(List<ShellWords.Word> words, QemuOptions options) {
        options.apply(words, program(words) + 1);
    }

    /** Walks over the options from one word on and hands each with its value to a taker. */
    static void walk(Source source, List<ShellWords.Word> words, int from, Taker taker) {
        boolean begun = false;
        for (int i = from; i < words.size(); i++) {
            ShellWords.Word word = words.get(i);
            if (!word.text().startsWith("-") || word.text().length() == 1) {
                continue; // the program, an assignment before it, or the name of a disk
            }
            String name = option(word);
            if (BARE.contains(name)) {
                begun = true;
                continue;
            }
            boolean known = QemuOptions.KNOWN.contains(name);
            if (i + 1 == words.size()) {
                if (known) {
                    throw new MalformedInputException(
                            source.name(), word.offset(), "a value of -" + name, "the end of the command", "");
                }
                break;
            }
            if (known) {
                taker.take(name, words.get(i + 1));
                begun = true;
                i++;
            } else if (begun || !words.get(i + 1).text().startsWith("-")) {
                // An option that is not known here has a value, unless the next word is plainly an option.
                i += words.get(i + 1).text().startsWith("-") ? 0 : 1;
            }
        }
    }

    /** Takes an option and its value. */
    @FunctionalInterface
    interface Taker {
        void take(String option, ShellWords.Word value);
    }
}
