package dev.measure.boot;

import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A running GRUB: its variables, its files, what it has measured, and why it cannot be followed any further. */
final class GrubMachine {
    private static final int MAX_SCRIPT = 4 << 20;

    final GrubImage image;
    final boolean secure;
    final GrubEnvironment environment;
    final GrubFiles files;
    final Map<String, String> devices;
    final List<GrubStep> steps = new ArrayList<>();
    final List<String> notes = new ArrayList<>();
    private Optional<NotKnown> end = Optional.empty();
    boolean kernelLoaded;
    int line;
    String script = "";

    GrubMachine(
            GrubImage image,
            boolean secure,
            List<NamedFile> files,
            Map<String, String> variables,
            Map<String, String> devices) {
        this.image = image;
        this.secure = secure;
        this.files = new GrubFiles(files);
        this.devices = devices;
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

    /** {@return why it cannot be followed any further} */
    Optional<NotKnown> end() {
        return end;
    }

    static String text(Source source) {
        byte[] bytes = source.slice(0, Math.min(MAX_SCRIPT, source.length())).toByteArray();
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    void stop(String why, String input) {
        if (end.isEmpty()) {
            String place = script.isEmpty() ? "" : script + ", line " + line + ": ";
            end = Optional.of(new NotKnown(8, place + why, input));
        }
    }

    /** read_lists: what modules there are; measured where the files are. */
    void readLists() {
        for (String list : List.of("command", "fs", "crypto", "terminal")) {
            read(environment.text("prefix").orElse("") + "/x86_64-efi/" + list + ".lst");
        }
    }

    /** Says where it cannot be told that a file is not there: on a root device that a search has found nobody knows where. */
    void absent(String name) {
        GrubEnvironment.Value root = environment.get("root");
        if (!name.startsWith("(") && root.text().isEmpty()) {
            stop("whether there is " + name + " depends on the root device: " + root.why(), root.input());
        }
    }

    /** Opens a file: a whole one into PCR 9, but for those of the disk inside GRUB. */
    Optional<Source> read(String name) {
        Optional<Source> content = files.file(name, environment);
        if (name.startsWith("(memdisk)")) {
            return content.or(() -> image.memdisk().flatMap(disk -> GrubMemdisk.file(disk, name.substring(9))));
        }
        content.ifPresentOrElse(source -> steps.add(new GrubStep.File(name, Optional.of(source))), () -> absent(name));
        return content;
    }

    Optional<String> value(String name) {
        GrubEnvironment.Value value = environment.get(name);
        if (value.text().isEmpty()) {
            stop(value.why(), value.input());
        }
        return value.text();
    }

    /** Sets a variable, and does what follows from that (grub-core/normal/dyncmd.c, read_lists_env_hook). */
    void assign(String name, String value) {
        environment.set(name, value);
        if (name.equals("prefix")) {
            readLists();
        }
    }
}
