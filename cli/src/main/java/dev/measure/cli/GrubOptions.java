package dev.measure.cli;

import dev.measure.Source;
import dev.measure.boot.BootInputs;
import dev.measure.boot.GrubInputs;
import dev.measure.boot.GrubTranscript;
import dev.measure.boot.NamedFile;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The options that say what a GRUB does, as far as its file does not tell. */
final class GrubOptions {
    private static final int MOST_EVENTS = 8;

    private GrubOptions() {}

    static Options.Group group() {
        return new Options.Group(
                "Boot path through grub: the last --loader, then --kernel and --initrd",
                Options.value(
                        "FILE",
                        "grub.cfg in the folder of grub's prefix, which is run up to the start of the kernel; what cannot be"
                                + " decided ends that, with the reason",
                        "--grub-config"),
                Options.repeated(
                        "NAME=FILE",
                        "file that grub reads, by the name that it spells, such as /vmlinuz or (hd0,gpt2)/grub/grub.cfg; others"
                                + " are taken not to be there; may be repeated",
                        "--grub-file"),
                Options.repeated(
                        "KEY=DEVICE",
                        "device on which grub finds a UUID, label or file, such as 4D45-4153=hd0,gpt1; may be repeated",
                        "--grub-device"),
                Options.repeated(
                        "NAME=VALUE",
                        "variable of grub at its start: root (default: the first EFI system partition), prefix, cmdpath; may be"
                                + " repeated",
                        "--grub-variable"),
                Options.value(
                        "ENTRY",
                        "entry of grub's menu, by number, id or title; SUBMENU>ENTRY (default: what the variable default says)",
                        "--grub-entry"),
                Options.value(
                        "FILE",
                        "instead of --grub-config: commands that grub runs, as the texts of PCR 8 in a log spell them: grub_cmd: ,"
                                + " kernel_cmdline: , module_cmdline: ; `file: NAME` where it reads a file, else the files are those"
                                + " of --grub-file in their order",
                        "--grub-commands"),
                Options.value(
                        "N",
                        "how often PCR 4 gets the kernel, for a grub that is not known; measure help profiles lists those that are",
                        "--grub-kernel-events"));
    }

    static void read(Call call, Result result, BootInputs.Builder in) {
        if (call.has("--grub-commands") && call.has("--grub-config")) {
            throw Complaint.usage("--grub-commands and --grub-config both say what grub runs", "leave one out");
        }
        in.grub(new GrubInputs(
                PcrRequest.file(call, result, "--grub-commands").map(GrubTranscript::read),
                PcrRequest.file(call, result, "--grub-config"),
                call.values("--grub-file").stream()
                        .map(text -> file(call, result, text))
                        .toList(),
                pairs(call, "--grub-variable", "root=hd0,gpt1"),
                pairs(call, "--grub-device", "4D45-4153=hd0,gpt1"),
                call.value("--grub-entry"),
                call.value("--grub-kernel-events")
                        .map(text -> Lists.numbers("--grub-kernel-events", List.of(text), 0, MOST_EVENTS)
                                .get(0))));
    }

    private static SortedMap<String, String> pairs(Call call, String option, String example) {
        SortedMap<String, String> pairs = new TreeMap<>();
        for (String text : call.values(option)) {
            int equals = text.indexOf('=');
            if (equals < 1) {
                throw Complaint.usage(option + ": expected something such as " + example + ", got '" + text + "'", "");
            }
            pairs.put(text.substring(0, equals), text.substring(equals + 1));
        }
        return pairs;
    }

    private static NamedFile file(Call call, Result result, String text) {
        int equals = text.indexOf('=');
        if (equals < 1 || equals == text.length() - 1) {
            throw Complaint.usage(
                    "--grub-file: expected NAME=FILE, got '" + text + "'",
                    "NAME is what grub calls the file, such as /vmlinuz or (hd0,gpt2)/grub/grub.cfg");
        }
        Source source = PcrRequest.opened(call, result, "grub-file", text.substring(equals + 1));
        return new NamedFile(text.substring(0, equals), source);
    }
}
