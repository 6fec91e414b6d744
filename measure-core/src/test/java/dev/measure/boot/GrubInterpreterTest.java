package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What scripts of GRUB leave in PCRs 8 and 9. The texts of {@link #ordinary} are those that Debian's GRUB 2.12 logged when it booted with this script. */
class GrubInterpreterTest {
    private static final String SCRIPT = """
            set timeout=0
            set default=0
            insmod part_gpt
            search --no-floppy --fs-uuid --set=root 4D45-4153
            if [ -n "$feature_menuentry_id" ]; then
              menuentry_id_option="--id"
            else
              menuentry_id_option=""
            fi
            export menuentry_id_option
            # a comment
            set words="console=ttyS0 quiet"
            function load_video {
              insmod all_video
            }
            menuentry 'Linux' --class debian $menuentry_id_option 'linux' {
            	load_video
            	echo 'Loading Linux ...'
            	linux /vmlinuz $words panic=-1
            	initrd /initrd
            }
            menuentry 'Other' { linux /vmlinuz single; }
            """;

    private static final String LOGGED = """
            file: (hd0,gpt1)/EFI/debian/grub.cfg
            file: (hd0,gpt1)/EFI/debian/grub.cfg
            grub_cmd: set timeout=0
            grub_cmd: set default=0
            grub_cmd: insmod part_gpt
            grub_cmd: search --no-floppy --fs-uuid --set=root 4D45-4153
            grub_cmd: [ -n y ]
            grub_cmd: menuentry_id_option=--id
            grub_cmd: export menuentry_id_option
            grub_cmd: set words=console=ttyS0 quiet
            grub_cmd: menuentry Linux --class debian --id linux {
            	load_video
            	echo 'Loading Linux ...'
            	linux /vmlinuz $words panic=-1
            	initrd /initrd
            }
            grub_cmd: menuentry Other { linux /vmlinuz single; }
            grub_cmd: setparams Linux
            grub_cmd: load_video
            grub_cmd: insmod all_video
            grub_cmd: echo Loading Linux ...
            grub_cmd: linux /vmlinuz console=ttyS0 quiet panic=-1
            file: /vmlinuz
            kernel_cmdline: /vmlinuz console=ttyS0 quiet panic=-1
            grub_cmd: initrd /initrd
            file: /initrd
            """;

    private final List<NamedFile> files = new ArrayList<>();
    private boolean secure;
    private Optional<String> entry = Optional.empty();
    private GrubFile grub = new GrubFile()
            .debian("2.12")
            .prefix("/EFI/debian")
            .module("part_gpt")
            .module("all_video");

    private void file(String name, String text) {
        files.add(new NamedFile(name, Source.of(name, text.getBytes(StandardCharsets.UTF_8))));
    }

    private GrubInterpreter run(String script) {
        List<NamedFile> files = new ArrayList<>(this.files);
        for (String[] each : new String[][] {
            {"(hd0,gpt1)/EFI/debian/grub.cfg", script}, {"/vmlinuz", "kernel"}, {"/initrd", "initrd"}
        }) {
            files.add(new NamedFile(each[0], Source.of(each[0], each[1].getBytes(StandardCharsets.UTF_8))));
        }
        GrubInterpreter interpreter = new GrubInterpreter(
                new GrubMachine(
                        grub.image(), secure, files, Map.of("root", "hd0,gpt1"), Map.of("4D45-4153", "hd0,gpt1")),
                entry);
        interpreter.run();
        return interpreter;
    }

    private static String text(GrubInterpreter interpreter) {
        StringBuilder lines = new StringBuilder();
        for (GrubStep step : interpreter.steps()) {
            if (step instanceof GrubStep.Text text) {
                lines.append(text.kind().prefix()).append(text.text()).append('\n');
            } else if (step instanceof GrubStep.File file) {
                lines.append("file: ").append(file.name()).append('\n');
            }
        }
        return lines.toString();
    }

    private String commands(String script) {
        GrubInterpreter interpreter = run(script + "\nmenuentry x { linux /vmlinuz; }\n");
        assertEquals(Optional.empty(), interpreter.end());
        String all = text(interpreter);
        return all.substring(0, all.indexOf("grub_cmd: menuentry x"))
                .replace("file: (hd0,gpt1)/EFI/debian/grub.cfg\n", "")
                .replace("grub_cmd: ", "");
    }

    private NotKnown end(String script) {
        return run(script).end().orElseThrow();
    }

    @Test
    void ordinary() {
        GrubInterpreter interpreter = run(SCRIPT);
        assertEquals(Optional.empty(), interpreter.end());
        assertEquals(LOGGED, text(interpreter));
    }

    @Test
    void readsItsOwnTranscript() {
        assertEquals(
                run(SCRIPT).steps().stream()
                        .map(step -> step instanceof GrubStep.File file
                                ? new GrubStep.File(file.name(), Optional.empty())
                                : step)
                        .toList(),
                GrubTranscript.read(Source.of("t", LOGGED.getBytes(StandardCharsets.UTF_8)))
                        .steps());
    }

    /** Words as the logs of Ubuntu and Red Hat show them: an empty variable in quotes leaves a word, one without leaves none. */
    @Test
    void putsInVariables() {
        assertEquals("[  = 1 ]\n", commands("if [ \"${recordfail}\" = 1 ]; then echo no; fi"));
        assertEquals(
                "[ = 1 ]\necho 1\n", commands("if [ $recordfail = 1 ]; then echo 1; fi"), "two words, neither empty");
        assertEquals("set a=1 2\necho 1 2 x1 2\n", commands("set a='1 2'\necho $a \"x$a\""));
        assertEquals("set a=q\necho q$b\n", commands("set a=q\necho \"${a}\"'$b'"));
        assertEquals(
                "[ xy = xy ]\nset timeout_style=hidden\n",
                commands("if [ x$feature_timeout_style = xy ] ; then set timeout_style=hidden; fi"));
    }

    @Test
    void decidesByFilesThatAreGiven() {
        file("(hd0,gpt1)/EFI/debian/custom.cfg", "echo custom");
        assertEquals(
                "[ -f (hd0,gpt1)/EFI/debian/custom.cfg ]\nsource (hd0,gpt1)/EFI/debian/custom.cfg\n"
                        + "file: (hd0,gpt1)/EFI/debian/custom.cfg\necho custom\n",
                commands("if [ -f $prefix/custom.cfg ]; then source $prefix/custom.cfg; fi"));
        files.clear();
        assertEquals(
                "[ -f (hd0,gpt1)/EFI/debian/custom.cfg ]\n",
                commands("if [ -f $prefix/custom.cfg ]; then source $prefix/custom.cfg; fi"));
    }

    @Test
    void readsItsEnvironmentBlock() {
        file("(hd0,gpt1)/EFI/debian/grubenv", "# GRUB Environment Block\nsaved_entry=1\n####");
        assertEquals(
                "[ -s (hd0,gpt1)/EFI/debian/grubenv ]\nfile: (hd0,gpt1)/EFI/debian/grubenv\nload_env\n"
                        + "file: (hd0,gpt1)/EFI/debian/grubenv\nset default=1\n",
                commands("if [ -s $prefix/grubenv ]; then load_env; fi\nset default=\"${saved_entry}\""));
    }

    @Test
    void startsTheEntryThatIsAskedFor() {
        entry = Optional.of("Other");
        assertTrue(text(run(SCRIPT))
                .endsWith("grub_cmd: setparams Other\ngrub_cmd: linux /vmlinuz single\nfile: /vmlinuz\n"
                        + "kernel_cmdline: /vmlinuz single\n"));
        entry = Optional.of("more>1");
        assertTrue(text(run(
                        "submenu More --id more { menuentry a { echo a; }; menuentry b { linux /vmlinuz \"a b\"; }; }"))
                .endsWith("grub_cmd: setparams More\ngrub_cmd: menuentry a { echo a; }\n"
                        + "grub_cmd: menuentry b { linux /vmlinuz \"a b\"; }\ngrub_cmd: setparams b\n"
                        + "grub_cmd: linux /vmlinuz a b\nfile: /vmlinuz\nkernel_cmdline: /vmlinuz \"a b\"\n"));
    }

    @Test
    void endsAtWhatCannotBeDecided() {
        assertEquals(
                "(hd0,gpt1)/EFI/debian/grub.cfg, line 2: on which device grub finds abc is not given",
                end("search --fs-uuid --set=dev abc\nconfigfile ($dev)/grub.cfg")
                        .why());
        NotKnown search = end("search --fs-uuid --set=dev abc\nconfigfile ($dev)/grub.cfg");
        assertEquals("--grub-device abc=hd0,gpt1", search.input());
        assertEquals(
                "(hd0,gpt1)/EFI/debian/grub.cfg, line 2: whether there is /x depends on the root device: on which device grub finds abc"
                        + " is not given",
                end("search --fs-uuid --set=root abc\nif [ -f /x ]; then echo a; fi")
                        .why());
        assertEquals(
                "(hd0,gpt1)/EFI/debian/grub.cfg, line 1: what the command 'blscfg' does is not known",
                end("blscfg").why());
        assertTrue(end("source $cmdpath/x").input().startsWith("--grub-variable cmdpath="));
        assertTrue(end("echo a | cat").why().contains("unexpected '|'"));
        assertTrue(end("if true; then echo a").why().contains("expected 'fi'"));
        assertTrue(end("echo *.cfg").why().contains("a pattern of file names"));
        assertTrue(end("while true; do echo a; done").why().contains("more than 100000 commands"));
        assertTrue(end("function f { f; }\nf").why().contains("more than 100 deep"));
        assertTrue(end("echo nothing").why().contains("the menu of grub has no entry"));
    }

    @Test
    void modulesOfTheDiskAreReadWithoutSecureBootOnly() {
        file("(hd0,gpt1)/EFI/debian/x86_64-efi/bli.mod", "module");
        assertEquals("insmod bli\nfile: (hd0,gpt1)/EFI/debian/x86_64-efi/bli.mod\n", commands("insmod bli"));
        secure = true;
        assertEquals("insmod bli\n", commands("insmod bli"));
        assertEquals("insmod part_gpt\n", commands("insmod part_gpt"));
    }

    @Test
    void readsTheListsOfModulesWhenThePrefixChanges() {
        for (String list : List.of("terminal", "command", "fs", "crypto")) {
            file("(hd0,gpt2)/grub/x86_64-efi/" + list + ".lst", list);
        }
        assertEquals(
                "set prefix=(hd0,gpt2)/grub\nfile: (hd0,gpt2)/grub/x86_64-efi/command.lst\n"
                        + "file: (hd0,gpt2)/grub/x86_64-efi/fs.lst\nfile: (hd0,gpt2)/grub/x86_64-efi/crypto.lst\n"
                        + "file: (hd0,gpt2)/grub/x86_64-efi/terminal.lst\n",
                commands("set prefix=(hd0,gpt2)/grub"));
    }

    @Test
    void onlyExportedVariablesReachAnotherMenu() {
        file("/a.cfg", "echo \"$x$y\"\nmenuentry a { linux /vmlinuz; }\n");
        String all = text(run("set x=1\nset y=2\nexport y\nconfigfile /a.cfg\n"));
        assertTrue(all.contains("grub_cmd: configfile /a.cfg\nfile: /a.cfg\ngrub_cmd: echo 2\n"), all);
        assertTrue(all.endsWith("kernel_cmdline: /vmlinuz\n"), all);
    }
}
