package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Digest;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.tdx.TdQuote;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java of README.md compiles, and its attestation service does what it says. */
class ReadmeJavaTest {
    private static final Path README = Path.of("..", "README.md");

    private static final String IMPORTS = """
            import dev.measure.*;
            import dev.measure.firmware.*;
            import dev.measure.golden.*;
            import dev.measure.snp.*;
            import dev.measure.tdx.*;
            import dev.measure.uki.*;
            import java.io.*;
            import java.nio.file.*;
            import java.security.MessageDigest;
            import java.util.*;
            """;

    private static final String END = "-----END CERTIFICATE-----";

    @TempDir
    Path folder;

    private static List<String> blocks() throws IOException {
        List<String> blocks = new ArrayList<>();
        String[] parts = Files.readString(README).split("```java\n");
        for (int i = 1; i < parts.length; i++) {
            blocks.add(parts[i].substring(0, parts[i].indexOf("```")));
        }
        return blocks;
    }

    private void compile(String name, String text) throws IOException {
        Path file = Files.writeString(folder.resolve(name + ".java"), text);
        Optional<ToolProvider> javac = ToolProvider.findFirst("javac");
        Assumptions.assumeTrue(javac.isPresent(), "a Java runtime without a compiler");
        StringWriter said = new StringWriter();
        PrintWriter writer = new PrintWriter(said);
        int status = javac.get()
                .run(
                        writer,
                        writer,
                        "-proc:none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        folder.toString(),
                        file.toString());
        assertEquals(0, status, said.toString());
    }

    @Test
    void compiles() throws IOException {
        Assumptions.assumeTrue(Files.exists(README));
        List<String> blocks = blocks();
        assertEquals(2, blocks.size());
        compile(
                "Fragment",
                IMPORTS + "class Fragment { void run(Path file, List<String> digests) throws IOException {\n"
                        + blocks.get(0) + "}}\n");
        compile("AttestationService", IMPORTS + blocks.get(1));
    }

    @Test
    void theServiceLetsInWhatTheLockFileKnowsAndNothingElse() throws Exception {
        Optional<Path> evidence = Shared.file("vectors/tdx/evidence/quotes/tdx_quote_6.dat");
        Assumptions.assumeTrue(evidence.isPresent() && Files.exists(README));
        byte[] bytes = Files.readAllBytes(evidence.get());
        TdQuote quote = TdQuote.read(Source.of("quote", bytes));
        String chain = new String(quote.signature().certification().data().toByteArray(), StandardCharsets.US_ASCII);
        String[] certificates = chain.split(END);
        Path root = Files.writeString(folder.resolve("root.pem"), certificates[2].strip() + "\n" + END + "\n");
        Path lock = lock("golden.json", quote, false);
        Path other = lock("other.json", quote, true);
        byte[] nonce = quote.reportData().toByteArray();
        compile("AttestationService", IMPORTS + blocks().get(1));
        assertEquals(List.of(), objections(lock, root, bytes, nonce));
        List<String> wrong = objections(other, root, bytes, nonce);
        assertEquals(1, wrong.size(), wrong.toString());
        assertTrue(wrong.get(0).startsWith("mrtd holds " + quote.mrtd().hex()), wrong.toString());
        assertEquals(1, objections(lock, root, bytes, new byte[64]).size());
        byte[] forged = bytes.clone();
        forged[0x30 + 0x178] ^= 1; // RTMR1 of a quote of version 4
        assertTrue(objections(lock, root, forged, nonce).size() >= 2);
    }

    private Path lock(String name, TdQuote quote, boolean another) throws IOException {
        List<GoldenValue> values = new ArrayList<>();
        quote.registers().forEach((register, digest) -> {
            boolean changed = another && register instanceof Register.Mrtd;
            values.add(GoldenValue.of(
                    register.id() + "/fw=file:OVMF.fd", changed ? Digest.zero(register.algorithm()) : digest));
        });
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            GoldenValues.of(values).write(out);
        }
        return file;
    }

    private List<String> objections(Path lock, Path root, byte[] quote, byte[] nonce) throws Exception {
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
            Class<?> service = loader.loadClass("AttestationService");
            Constructor<?> make = service.getDeclaredConstructor(Path.class, Path.class);
            make.setAccessible(true);
            Method objections = service.getDeclaredMethod("objections", byte[].class, byte[].class);
            objections.setAccessible(true);
            List<String> texts = new ArrayList<>();
            for (Object text : (List<?>) objections.invoke(make.newInstance(lock, root), quote, nonce)) {
                texts.add((String) text);
            }
            return texts;
        }
    }

    @Test
    void theBomNamesEveryLibraryModuleInTheVersionOfTheBuild() throws IOException {
        Path bom = Path.of("..", "measure-core", "bom", "pom.xml");
        Assumptions.assumeTrue(Files.exists(bom));
        String text = Files.readString(bom);
        String build = Files.readString(Path.of("..", "pom.xml"));
        String version = build.substring(build.indexOf("<version>"), build.indexOf("</version>"));
        assertTrue(text.contains("<artifactId>measure-bom</artifactId>\n  " + version), version);
        for (String module :
                List.of("measure-core", "measure-snp", "measure-tdx", "measure-tpm-pcr", "measure-vectors")) {
            assertTrue(
                    text.contains("<artifactId>" + module + "</artifactId><version>${project.version}</version>"),
                    module);
        }
    }
}
