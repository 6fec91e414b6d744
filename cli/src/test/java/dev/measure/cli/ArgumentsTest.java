package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a word on the command line means, whatever files there are. */
class ArgumentsTest {
    @TempDir
    Path folder;

    private Session digest(String... appended) throws IOException {
        Samples.write(folder);
        String[] args = {"snp", "OVMF.fd", "--vcpus", "1", "--cpu", "EPYC-v4", "--kernel", "kernel", "-q"};
        String[] all = Arrays.copyOf(args, args.length + appended.length);
        System.arraycopy(appended, 0, all, args.length, appended.length);
        return Session.in(folder, all);
    }

    @Test
    void takesTheCommandLineFromAFileThatTheProcessCanSee() throws IOException {
        // An absolute path exists wherever the process runs; words and options inside are text, not arguments.
        Path file = folder.resolve("absolute").toAbsolutePath();
        Files.writeString(file, "console=ttyS0 --vcpus 7 \"quiet\" # no comment");
        String expected = digest("--append", Files.readString(file)).out();
        assertEquals(expected, digest("--append", "@" + file).out());
        assertEquals(expected, digest("--append=@" + file).out());
        assertEquals(expected, digest("--cmdline", "@" + file).out());
        assertEquals(97, expected.length());
    }

    @Test
    void doesNotTakeArgumentsFromAFile() throws IOException {
        Path file = folder.resolve("arguments").toAbsolutePath();
        Files.writeString(file, "good.efi");
        Samples.write(folder);
        Session session = Session.in(folder, "fuki", "@" + file);
        assertEquals("measure: error: @" + file + ": no such file\n", session.err());
        assertEquals(4, session.exit());
    }

    @Test
    void namesAnOptionAsTheHelpDoes() {
        assertEquals(
                "measure: error: option '--append' needs a value: TEXT\n"
                        + "measure: hint: a value that begins with a dash is attached: --append=-x\n",
                Session.in(folder, "snp", "--append").err());
    }

    @Test
    void saysThatALinkLeadsNowhere() throws IOException {
        Files.createSymbolicLink(folder.resolve("link"), Path.of("nowhere"));
        assertEquals(
                "measure: error: link: no such file\n"
                        + "measure: hint: it is a symbolic link to what is not there: ls -l link\n",
                Session.in(folder, "inspect", "link").err());
    }
}
