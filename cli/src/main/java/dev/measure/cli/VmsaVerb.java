package dev.measure.cli;

import dev.measure.snp.VmsaField;
import dev.measure.snp.VmsaPage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code measure snp vmsa}: VMSA pages, printed field by field, compared, or written to files. */
final class VmsaVerb implements Verb {
    private static final List<String> MODES = List.of("snp", "seves", "svsm");

    @Override
    public String name() {
        return "snp vmsa";
    }

    @Override
    public String summary() {
        return "VMSA pages: of a guest or from files, field by field; or how two differ";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("the fields of a page", "snp vmsa vmsa0.bin"),
                new Example("how two pages differ", "snp vmsa vmsa0.bin vmsa1.bin"),
                new Example("the pages of a guest", "snp vmsa --firmware OVMF.amdsev.fd --vcpus 2 --vcpu-type EPYC-v4"),
                new Example(
                        "written to files",
                        "snp vmsa --firmware OVMF.amdsev.fd --vcpus 4 --vcpu-type EPYC-v4 --dump-vmsa pages"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>();
        groups.add(new Options.Group(
                "Input",
                Options.value(
                        "FILE", "firmware file of a guest; - is standard input", "--firmware", "--ovmf", "--bios"),
                Options.list("which firmwares of an f-UKI, by id (default: all)", List.of(), "--fwid"),
                Options.value("FILE", "or the metadata of a firmware", "--metadata"),
                Options.choice("MODE", MODES, "kind of launch (default snp)", "--mode")));
        groups.addAll(SnpRequest.groups());
        groups.add(SvsmMode.group());
        groups.add(new Options.Group(
                "Output",
                Options.value("FOLDER", "write the page of every vCPU into a folder instead", "--dump-vmsa"),
                Options.flag("also the fields that are zero", "--all")));
        return groups;
    }

    @Override
    public List<PositionalParamSpec> positionals() {
        return List.of(
                Options.positional(0, "FILE", "a VMSA page of 4096 bytes"),
                Options.positional(1, "FILE", "another, to compare with; the exit code is 3 if they differ"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Offsets and names are those of the AMD64 Architecture Programmer's Manual, volume 2, table B-4; numbers"
                        + " are little-endian in the page.");
    }

    @Override
    public ExitCode run(Call call) {
        if (Output.isTree(call.common()) || call.common().format() == Format.BASE64) {
            throw Complaint.usage(
                    "snp vmsa prints text, got --format "
                            + call.common().format().id(),
                    "its lines are: offset, name, value");
        }
        if (call.positional(0).isPresent()) {
            if (call.has("--firmware") || call.has("--metadata") || call.has("--dump-vmsa")) {
                throw Complaint.usage("both a page and a guest are given", "keep one of them");
            }
            VmsaPage page = page(call, 0);
            return call.positional(1).isPresent() ? compare(call, page, page(call, 1)) : print(call, page);
        }
        String mode = call.value("--mode").map(LaunchModes::canonical).orElse("snp");
        if (!MODES.contains(mode)) {
            throw Complaint.usage("mode '" + mode + "' measures no VMSA page", "all: " + String.join(", ", MODES));
        }
        SnpRequest request = SnpRequest.of(call, false);
        Map<String, VmsaDump.Pages> kinds = VmsaDump.pages(call, mode, request, Targets.of(call, new Result()));
        if (call.has("--dump-vmsa")) {
            VmsaDump.write(call.value("--dump-vmsa").orElseThrow(), kinds, call);
            return ExitCode.DONE;
        }
        kinds.forEach((kind, pages) -> print(call, kinds.size() == 1 ? "" : kind + ": ", pages));
        return ExitCode.DONE;
    }

    private static VmsaPage page(Call call, int index) {
        return VmsaPage.read(call.inputs().open(call.positional(index).orElseThrow()));
    }

    private static void print(Call call, String kind, VmsaDump.Pages pages) {
        call.sink().line("# " + kind + "vCPU 0");
        print(call, VmsaPage.of(pages.first()));
        if (pages.vcpus() > 1) {
            String others = "vCPU 1" + (pages.vcpus() > 2 ? " to " + (pages.vcpus() - 1) : "");
            if (pages.later().isPresent()) {
                call.sink().line("# " + kind + others);
                print(call, VmsaPage.of(pages.later().get()));
            } else {
                call.talk().say("note: " + kind + others + ": no page, for the firmware has no reset block");
            }
        }
    }

    private static ExitCode print(Call call, VmsaPage page) {
        for (VmsaField field : call.has("--all") ? VmsaField.all() : page.setFields()) {
            line(call, field, page.value(field));
        }
        for (VmsaField field : page.setReservedFields()) {
            call.talk().say("note: " + field.name() + " is reserved and not zero: KVM makes no such page");
        }
        return ExitCode.DONE;
    }

    private static ExitCode compare(Call call, VmsaPage left, VmsaPage right) {
        List<VmsaPage.Difference> differences = left.differences(right);
        for (VmsaPage.Difference difference : differences) {
            line(call, difference.field(), difference.left() + "  " + difference.right());
        }
        return differences.isEmpty() ? ExitCode.DONE : ExitCode.MISMATCH;
    }

    private static void line(Call call, VmsaField field, String value) {
        call.sink().line(String.format(Locale.ROOT, "0x%03x  %-21s  %s", field.offset(), field.name(), value));
    }
}
