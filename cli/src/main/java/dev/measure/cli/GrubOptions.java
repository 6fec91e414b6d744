package dev.measure.cli;

import dev.measure.Source;
import dev.measure.boot.BootInputs;
import dev.measure.boot.GrubTranscript;
import dev.measure.boot.NamedFile;
import java.util.List;

/** The options that say what a GRUB does, as far as its file does not tell. */
final class GrubOptions {
    private static final int MOST_EVENTS = 8;

    private GrubOptions() {}

    static Options.Group group() {
        return new Options.Group(
                "Boot path through grub: the last --loader, then --kernel and --initrd",
                Options.value(
                        "FILE",
                        "commands that grub runs, as the texts of PCR 8 in a log spell them: grub_cmd: , kernel_cmdline: ,"
                                + " module_cmdline: ; `file: NAME` where it reads a file",
                        "--grub-commands"),
                Options.repeated(
                        "NAME=FILE",
                        "file that grub reads, by the name that it spells, such as (hd0,gpt1)/EFI/debian/grub.cfg; in the order"
                                + " of reading if --grub-commands has no `file: ` lines; may be repeated",
                        "--grub-file"),
                Options.value(
                        "N",
                        "how often PCR 4 gets the kernel, for a grub that is not known; measure help profiles lists those that are",
                        "--grub-kernel-events"));
    }

    static void read(Call call, Result result, BootInputs.Builder in) {
        PcrRequest.file(call, result, "--grub-commands")
                .ifPresent(source -> in.grubCommands(GrubTranscript.read(source)));
        in.grubFiles(call.values("--grub-file").stream()
                .map(text -> file(call, result, text))
                .toList());
        call.value("--grub-kernel-events")
                .ifPresent(
                        text -> in.grubKernelEvents(Lists.numbers("--grub-kernel-events", List.of(text), 0, MOST_EVENTS)
                                .get(0)));
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
