package dev.measure.cli;

import dev.measure.Source;
import dev.measure.snp.VmsaField;
import dev.measure.snp.VmsaPage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
    public List<Options.Parameter> positionals() {
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
        if (call.common().format() == Format.BASE64) {
            throw Complaint.usage("snp vmsa has no base64 form", "--dump-vmsa writes the bytes of the pages");
        }
        if (call.positional(0).isPresent()) {
            if (call.has("--firmware") || call.has("--metadata") || call.has("--dump-vmsa")) {
                throw Complaint.usage("both a page and a guest are given", "keep one of them");
            }
            return call.positional(1).isPresent() ? compare(call) : print(call);
        }
        String mode = call.value("--mode").map(LaunchModes::canonical).orElse("snp");
        if (!MODES.contains(mode)) {
            throw Complaint.usage("mode '" + mode + "' measures no VMSA page", "all: " + String.join(", ", MODES));
        }
        SnpRequest request = SnpRequest.of(call, false);
        Result result = new Result();
        Map<String, VmsaDump.Pages> kinds = VmsaDump.pages(call, mode, request, Targets.of(call, result));
        if (call.has("--dump-vmsa")) {
            VmsaDump.write(call.value("--dump-vmsa").orElseThrow(), kinds, call);
            return ExitCode.DONE;
        }
        Map<String, VmsaPage> pages = new LinkedHashMap<>();
        kinds.forEach((kind, ofKind) -> gather(call, kinds.size() == 1 ? "" : kind + ": ", ofKind, pages));
        if (Output.isTree(call.common())) {
            List<Object> all = new ArrayList<>();
            pages.forEach((name, page) -> all.add(tree(call, name, page)));
            String file = result.inputs().get(0).source().name();
            result.found(found(file, result.inputs().get(0).source().length(), "pages", all));
            Output.write(result, false, call);
        } else {
            pages.forEach((name, page) -> {
                call.sink().line("# " + name);
                lines(call, page);
            });
        }
        return ExitCode.DONE;
    }

    private static VmsaPage page(Call call, int index, Result result) {
        Source file = call.inputs().open(call.positional(index).orElseThrow());
        result.input(index == 0 ? "vmsa" : "vmsa-other", file);
        return VmsaPage.read(file);
    }

    /** The pages that differ, under the vCPUs that have them. */
    private static void gather(Call call, String kind, VmsaDump.Pages ofKind, Map<String, VmsaPage> pages) {
        pages.put(kind + "vCPU 0", VmsaPage.of(ofKind.first()));
        if (ofKind.vcpus() > 1) {
            String others = kind + "vCPU 1" + (ofKind.vcpus() > 2 ? " to " + (ofKind.vcpus() - 1) : "");
            if (ofKind.later().isPresent()) {
                pages.put(others, VmsaPage.of(ofKind.later().get()));
            } else {
                call.talk().say("note: " + others + ": no page, for the firmware has no reset block");
            }
        }
    }

    private static ExitCode print(Call call) {
        Result result = new Result();
        VmsaPage page = page(call, 0, result);
        if (Output.isTree(call.common())) {
            String name = call.positional(0).orElseThrow();
            result.found(found(name, 4096, "pages", List.of(tree(call, name, page))));
            Output.write(result, false, call);
        } else {
            lines(call, page);
        }
        return ExitCode.DONE;
    }

    private static ExitCode compare(Call call) {
        Result result = new Result();
        List<VmsaPage.Difference> differences = page(call, 0, result).differences(page(call, 1, result));
        if (Output.isTree(call.common())) {
            List<Object> all = new ArrayList<>();
            for (VmsaPage.Difference difference : differences) {
                Map<String, Object> one = field(difference.field());
                one.put("left", difference.left());
                one.put("right", difference.right());
                all.add(one);
            }
            result.found(found(call.positional(0).orElseThrow(), 4096, "differences", all));
            Output.write(result, false, call);
        } else {
            for (VmsaPage.Difference difference : differences) {
                line(call, difference.field(), difference.left() + "  " + difference.right());
            }
        }
        return differences.isEmpty() ? ExitCode.DONE : ExitCode.MISMATCH;
    }

    private static Map<String, Object> found(String file, long size, String key, List<Object> items) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("file", file);
        found.put("kind", "vmsa");
        found.put("size", size);
        found.put(key, items);
        return found;
    }

    private static Map<String, Object> tree(Call call, String name, VmsaPage page) {
        List<Object> fields = new ArrayList<>();
        for (VmsaField field : fields(call, page)) {
            Map<String, Object> one = field(field);
            one.put("value", page.value(field));
            fields.add(one);
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", name);
        tree.put("sha384", page.contents().hex());
        tree.put("fields", fields);
        return tree;
    }

    private static Map<String, Object> field(VmsaField field) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("offset", String.format(Locale.ROOT, "0x%03x", field.offset()));
        one.put("name", field.name());
        return one;
    }

    private static List<VmsaField> fields(Call call, VmsaPage page) {
        return call.has("--all") ? VmsaField.all() : page.setFields();
    }

    private static void lines(Call call, VmsaPage page) {
        for (VmsaField field : fields(call, page)) {
            line(call, field, page.value(field));
        }
        for (VmsaField field : page.setReservedFields()) {
            call.talk().say("note: " + field.name() + " is reserved and not zero: KVM makes no such page");
        }
    }

    private static void line(Call call, VmsaField field, String value) {
        call.sink().line(String.format(Locale.ROOT, "0x%03x  %-21s  %s", field.offset(), field.name(), value));
    }
}
