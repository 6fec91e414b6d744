package dev.measure.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * Runs the benchmarks with JMH's own options, and writes the results as JSON with the host and the JDK that gave them, to
 * {@code benchmarks.json} or to the file that {@code -rff} names.
 */
public final class Main {
    private Main() {}

    /**
     * Runs the benchmarks.
     *
     * @param arguments JMH's: {@code java -jar benchmarks.jar -h} lists them
     * @throws IOException if the results cannot be written
     * @throws CommandLineOptionException if an option is wrong
     */
    public static void main(String[] arguments) throws IOException, CommandLineOptionException {
        CommandLineOptions options = new CommandLineOptions(arguments);
        boolean asks = options.shouldHelp()
                || options.shouldList()
                || options.shouldListWithParams()
                || options.shouldListProfilers()
                || options.shouldListResultFormats();
        if (asks) {
            org.openjdk.jmh.Main.main(arguments);
            return;
        }
        Collection<RunResult> results;
        try {
            results = new Runner(options).run();
        } catch (RunnerException e) {
            System.err.println("benchmarks: error: " + e);
            System.exit(1);
            return;
        }
        Path file = Path.of(options.getResult().orElse("benchmarks.json"));
        Files.writeString(file, json(results) + "\n");
        System.out.println("results: " + file);
    }

    private static String json(Collection<RunResult> results) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ResultFormatFactory.getInstance(ResultFormatType.JSON, new PrintStream(bytes, true, StandardCharsets.UTF_8))
                .writeOut(results);
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode();
        root.set("host", host(mapper));
        ObjectNode jdk = root.putObject("jdk");
        jdk.put("version", System.getProperty("java.runtime.version"));
        jdk.put("vm", System.getProperty("java.vm.name"));
        root.set("results", mapper.readTree(bytes.toByteArray()));
        root.withArray("results").forEach(result -> ((ObjectNode) result).remove(List.of("jvm", "jvmArgs")));
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root);
    }

    /** The machine: processor, the instructions of it that matter for hashing, system. */
    static ObjectNode host(ObjectMapper mapper) {
        ObjectNode host = mapper.createObjectNode();
        host.put("cpu", cpuInfo("model name"));
        String flags = " " + cpuInfo("flags") + " ";
        host.put(
                "flags",
                Stream.of("avx2", "avx512f", "avx512vl", "avx512bw", "avx512vbmi", "sha_ni", "sha512", "bmi2")
                        .filter(flag -> flags.contains(" " + flag + " "))
                        .collect(Collectors.joining(" ")));
        host.put("processors", Runtime.getRuntime().availableProcessors());
        host.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        return host;
    }

    /** A line of what the system tells of its first processor. */
    private static String cpuInfo(String key) {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(info)) {
            return "unknown";
        }
        try (Stream<String> lines = Files.lines(info)) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
