package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The completion script, asked by a real bash. */
class CompletionTest {
    @TempDir
    Path folder;

    @Test
    void bashCompletesVerbsOptionsValuesAndFiles() throws IOException, InterruptedException {
        if (!Files.isExecutable(Path.of("/bin/bash"))) {
            System.out.println("SKIPPED: there is no bash");
            return;
        }
        Files.writeString(
                folder.resolve("measure.bash"),
                Session.in(folder, "completion", "bash").out());
        Files.writeString(folder.resolve("OVMF.fd"), "");
        assertEquals("fuki", completed("measure fu"));
        assertEquals("--vcpu-type", completed("measure snp --vcpu-t"));
        assertEquals("EPYC-Turin EPYC-Turin-v1 EPYC-Turin-v2", completed("measure snp --vcpu-type EPYC-T"));
        assertEquals("ec2 ec2-legacy", completed("measure fuki x.efi --vmm ec"));
        assertEquals("DebugSwap", completed("measure snp --guest-features Deb"));
        assertEquals("stub", completed("measure fuki --chid-mode s"));
        assertEquals("OVMF.fd", completed("measure snp --firmware OV"));
        assertEquals("OVMF.fd", completed("measure inspect OV"));
    }

    private String completed(String line) throws IOException, InterruptedException {
        String script = "cd '" + folder + "'; . ./measure.bash; COMP_LINE='" + line + "'; COMP_POINT=${#COMP_LINE};"
                + " COMP_WORDS=($COMP_LINE); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=();"
                + " _complete_measure 2>/dev/null; echo ${COMPREPLY[@]}";
        Process bash = new ProcessBuilder("/bin/bash", "--norc", "-c", script)
                .redirectErrorStream(true)
                .start();
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, bash.waitFor(), said);
        return said.strip();
    }
}
