package dev.measure.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Makes one JSON of the parts that {@code compare.sh} measured, and of that JSON a page with tables and a plot for each figure. {@code
 * Report collect DATE FOLDER JSON}, {@code Report page JSON FOLDER}.
 */
public final class Report {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * What a figure asks, and what is aimed at.
     *
     * @param question for people
     * @param targets the least ratio by series; the ratio is that of the other to ours, so more is better
     * @param most the most milliseconds by series
     */
    private record Figure(String question, Map<String, Double> targets, Map<String, Double> most) {
        Figure(String question, Map<String, Double> targets) {
            this(question, targets, Map.of());
        }
    }

    private static final Map<String, Figure> FIGURES = figures();

    private static final Pattern NUMBER = Pattern.compile("[0-9]+\\.[0-9]+");

    private Report() {}

    private static Map<String, Figure> figures() {
        Map<String, Figure> figures = new LinkedHashMap<>();
        figures.put(
                "pages / MessageDigest",
                new Figure(
                        "SHA-384 of 1024 random pages of 4 KiB, one core, against MessageDigest",
                        Map.of("25 vector", 4.0, "17 vector", 3.0)));
        figures.put(
                "pages / ipsec-mb",
                new Figure("The same against the AVX-512 job API of intel-ipsec-mb 1.3", Map.of("25 vector", 0.9)));
        figures.put(
                "launch digest / sev-snp-measure",
                new Figure(
                        "Launch digest of forky-OVMF.amdsev.fd, 4 vCPUs, from file, warm, against sev-snp-measure in its process",
                        Map.of("25 vector", 6.0, "17 vector", 6.0, "25", 3.0, "17", 3.0)));
        figures.put(
                "launch digest after a pause / sev-snp-measure",
                new Figure("The same one at a time, after the pause in which the other one works", Map.of()));
        figures.put("launch digest CPU / sev-snp-measure", new Figure("The same in CPU time of all threads", Map.of()));
        figures.put(
                "10240 launch digests / chain steps alone",
                new Figure(
                        "10,240 launch digests of one firmware from file (5 vCPU types x 2 VMMs x 2 features x 512), against as many"
                                + " SHA-384 of 112 bytes and nothing else",
                        Map.of(),
                        Map.of("25 vector", 5.0, "17 vector", 5.0, "25", 10.0, "17", 10.0)));
        figures.put(
                "1 MRTD / MessageDigest",
                new Figure(
                        "One MRTD of 4 MiB against bare MessageDigest over its stream",
                        Map.of("25", 0.95, "17", 0.95, "25 vector", 0.95, "17 vector", 0.95)));
        figures.put(
                "8 MRTDs / MessageDigest",
                new Figure(
                        "Eight MRTDs side by side against bare MessageDigest over their streams, one after another",
                        Map.of("25 vector", 5.0, "17 vector", 3.3)));
        double cpu = 1 / 1.1;
        double vectorCpu = 1 / 0.95;
        figures.put(
                "UKI sections CPU / systemd-measure",
                new Figure(
                        "Sections of a UKI of 200 MB in four banks, CPU time, in process, against systemd-measure as a process",
                        Map.of("25", cpu, "17", cpu, "25 vector", vectorCpu, "17 vector", vectorCpu)));
        double wall = 1 / 0.6;
        figures.put(
                "UKI sections / systemd-measure",
                new Figure(
                        "The same, wall, two threads",
                        Map.of("25", wall, "17", wall, "25 vector", wall, "17 vector", wall)));
        figures.put(
                "UKI sections and Authenticode / MessageDigest",
                new Figure(
                        "Sections and Authenticode together in four banks, CPU time, against MessageDigest in two passes",
                        Map.of("25 vector", 1 / 0.65, "17 vector", 1 / 0.65)));
        figures.put(
                "measure snp / sev-snp-measure",
                new Figure(
                        "measure snp on 4 MiB, cold, whole process, against sev-snp-measure",
                        Map.of("25", 1 / 1.5, "17", 1 / 2.0)));
        figures.put("measure snp / sev-snp-measure, CPU", new Figure("The same in CPU time", Map.of()));
        figures.put(
                "measure version / empty JVM",
                new Figure(
                        "measure version, whole process with the launcher script, against an empty Java with the same flags",
                        Map.of("25", 1 / 1.3, "17", 1 / 1.3)));
        figures.put(
                "java version / empty JVM",
                new Figure("The same without the launcher script", Map.of("25", 1 / 1.3, "17", 1 / 1.3)));
        figures.put(
                "measure eventlog show / tpm2_eventlog",
                new Figure("measure eventlog show, whole process, against tpm2_eventlog", Map.of()));
        figures.put(
                "measure pcr / systemd-measure",
                new Figure(
                        "measure pcr --pcr 11 of the UKI of 200 MB, whole process, against systemd-measure", Map.of()));
        return figures;
    }

    /**
     * Collects or writes.
     *
     * @param args see above
     * @throws IOException if a file cannot be read or written
     */
    public static void main(String[] args) throws IOException {
        if (args[0].equals("collect")) {
            collect(args[1], Path.of(args[2]), Path.of(args[3]));
        } else {
            page(Path.of(args[1]), Path.of(args[2]));
        }
    }

    private static void collect(String date, Path parts, Path json) throws IOException {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("date", date);
        root.set("host", Main.host(MAPPER));
        ObjectNode series = root.putObject("series");
        List<Path> files;
        try (var listed = Files.list(parts)) {
            files = listed.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            String name = file.getFileName().toString().replace(".json", "").replace('-', ' ');
            series.set(name, MAPPER.readTree(file.toFile()));
        }
        Files.writeString(json, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    }

    /** A bar of a plot: one figure of one series. */
    private record Bar(String series, JsonNode result, OptionalDouble target, OptionalDouble most) {
        Bar(String series, JsonNode result, Figure figure) {
            this(
                    series,
                    result,
                    aim(figure.targets().get(series)),
                    aim(figure.most().get(series)));
        }

        private static OptionalDouble aim(Double value) {
            return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
        }

        double ratio() {
            return result.get("ratio").asDouble();
        }

        boolean hasAim() {
            return target.isPresent() || most.isPresent();
        }

        /** Whether it is what was aimed at; without an aim, whether it is no slower than the other. */
        boolean won() {
            return most.isPresent()
                    ? result.get("oursMs").asDouble() <= most.getAsDouble()
                    : ratio() >= target.orElse(1);
        }

        String aim() {
            if (!hasAim()) {
                return "";
            }
            String aim = most.isPresent()
                    ? String.format(Locale.ROOT, "%.0f ms", most.getAsDouble())
                    : two(target.getAsDouble());
            return aim + (won() ? " reached" : " **missed**");
        }

        /** The ratio, so exact that it can be told from the aim. */
        String shown() {
            return two(ratio()).equals(two(target.orElse(-1)))
                    ? String.format(Locale.ROOT, "%.3f", ratio())
                    : two(ratio());
        }
    }

    private static void page(Path json, Path folder) throws IOException {
        JsonNode root = MAPPER.readTree(json.toFile());
        Map<String, List<Bar>> bars = new LinkedHashMap<>();
        FIGURES.keySet().forEach(figure -> bars.put(figure, new ArrayList<>()));
        Map<String, JsonNode> series = new TreeMap<>();
        root.get("series").properties().forEach(entry -> series.put(entry.getKey(), entry.getValue()));
        series.forEach((name, measured) -> measured.get("results").properties().forEach(result -> {
            String short1 = name.replace(" cold", "");
            Figure figure = FIGURES.getOrDefault(result.getKey(), new Figure(result.getKey(), Map.of()));
            bars.computeIfAbsent(result.getKey(), unused -> new ArrayList<>())
                    .add(new Bar(short1, result.getValue(), figure));
        }));
        bars.values().removeIf(List::isEmpty);

        StringBuilder page = new StringBuilder("# Results of the comparisons\n\n");
        page.append("Made by `benchmarks/compare.sh` from `")
                .append(json.getFileName())
                .append("`: do not edit.\n\n");
        page.append("* Date: ").append(root.get("date").asText()).append('\n');
        page.append("* Processor: ").append(root.at("/host/cpu").asText()).append(", ");
        page.append(root.at("/host/processors").asText())
                .append(" of them; ")
                .append(root.at("/host/flags").asText());
        page.append('\n');
        series.forEach((name, measured) -> {
            if (measured.has("jdk")) {
                page.append("* ")
                        .append(name)
                        .append(": Java ")
                        .append(measured.get("jdk").asText());
                page.append(engine(measured.get("engine").asText())).append('\n');
            }
        });
        page.append(
                "\nA ratio is the other's time to ours: more is better, below 1 we lose. Each is the median of rounds in which both"
                        + " ran in turns, with the 10th and 90th percentile. One core is measured in thread CPU time where the machine gives"
                        + " no cycle counter. \"vector\" means `--add-modules jdk.incubator.vector`.\n");
        List<Bar> aims =
                bars.values().stream().flatMap(List::stream).filter(Bar::hasAim).toList();
        page.append("\nAims: ").append(aims.stream().filter(Bar::won).count());
        page.append(" reached, ").append(aims.stream().filter(bar -> !bar.won()).count());
        page.append(" missed, of which the end of this page says why.\n");
        int number = 0;
        for (Map.Entry<String, List<Bar>> figure : bars.entrySet()) {
            String question = FIGURES.getOrDefault(figure.getKey(), new Figure(figure.getKey(), Map.of()))
                    .question();
            String file = String.format(Locale.ROOT, "figure-%02d.svg", ++number);
            Files.writeString(folder.resolve(file), svg(question, figure.getValue()));
            page.append("\n## ")
                    .append(question)
                    .append("\n\n![")
                    .append(question)
                    .append("](")
                    .append(file);
            page.append(")\n\n| Java | unit | ours, ms | other, ms | ratio | 10 % to 90 % | rounds | aim |\n");
            page.append("|---|---|---|---|---|---|---|---|\n");
            for (Bar bar : figure.getValue()) {
                JsonNode r = bar.result();
                page.append("| ")
                        .append(bar.series())
                        .append(" | ")
                        .append(r.get("unit").asText());
                page.append(" | ")
                        .append(r.get("oursMs").asText())
                        .append(" | ")
                        .append(r.get("theirsMs").asText());
                page.append(" | **").append(bar.shown()).append("** | ");
                page.append(two(r.get("ratioP10").asDouble()))
                        .append(" to ")
                        .append(two(r.get("ratioP90").asDouble()));
                page.append(" | ")
                        .append(r.get("rounds").asText())
                        .append(" | ")
                        .append(bar.aim())
                        .append(" |\n");
            }
        }
        Path limits = folder.resolve("LIMITS.md");
        if (Files.exists(limits)) {
            page.append('\n').append(Files.readString(limits));
        }
        Files.writeString(folder.resolve("RESULTS.md"), page);
    }

    /** What the duel of the engines found, if there was one. */
    private static String engine(String text) {
        if (!text.contains("lanes")) {
            return ": MessageDigest alone";
        }
        return "; a block of SHA-512, in ns: "
                + NUMBER.matcher(text)
                        .replaceAll(found -> String.format(Locale.ROOT, "%.0f", Double.valueOf(found.group())));
    }

    private static String two(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    /** Colours by class, for light and for dark surroundings. */
    private static final String STYLE = "<style>.paper{fill:#ffffff}.ink{fill:#222222}.dim{fill:#5c5c5c}"
            + ".won{fill:#3d7ac9}.lost{fill:#c9803d}"
            + "line{stroke-width:1}.grid{stroke:#e4e4e4}.even{stroke:#555555}.spread{stroke:#222222;stroke-width:1.5}"
            + ".aim{stroke:#b02020;stroke-width:2.5}"
            + "@media (prefers-color-scheme:dark){.paper{fill:#0d1117}.ink{fill:#e6e6e6}.dim{fill:#a8a8a8}"
            + ".won{fill:#2f62a8}.lost{fill:#a8672c}"
            + ".grid{stroke:#2b3138}.even{stroke:#a8a8a8}.spread{stroke:#f0f0f0}.aim{stroke:#ff7b72}}</style>";

    private static final int TITLE_LINE = 92;

    /** Bars from zero, a whisker for the interval, a mark for the aim, a line at 1. */
    private static String svg(String question, List<Bar> bars) {
        double most = 1.2;
        for (Bar bar : bars) {
            most = Math.max(most, 1.08 * bar.result().get("ratioP90").asDouble());
            most = Math.max(most, 1.08 * bar.target().orElse(0));
        }
        List<String> title = wrapped(question);
        int left = 110;
        int width = 560;
        int row = 34;
        int top = 20 + 18 * title.size();
        int bottom = top + 8 + bars.size() * row;
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %1$d %2$d\" width=\"%1$d\" height=\"%2$d\" role=\"img\""
                        + " font-family=\"sans-serif\" font-size=\"13\">%n<title>%3$s</title>%n%4$s%n"
                        + "<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>%n",
                left + width + 60,
                bottom + 46,
                escaped(question),
                STYLE));
        for (int i = 0; i < title.size(); i++) {
            svg.append(text(10, 20 + 18 * i, "start", "ink", title.get(i)));
        }
        double scale = width / most;
        double step = most > 12 ? 5 : most > 5 ? 1 : 0.5;
        for (double tick = 0; tick <= most; tick += step) {
            int x = (int) (left + tick * scale);
            svg.append(line(x, top, x, bottom, tick == 1 ? "even" : "grid"));
            svg.append(text(x, bottom + 17, "middle", "dim", String.format(Locale.ROOT, "%.1f", tick)));
        }
        int y = top + 8;
        boolean aims = false;
        for (Bar bar : bars) {
            svg.append(text(left - 8, y + 16, "end", "ink", "Java " + bar.series()));
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"20\" class=\"%s\"/>%n",
                    left,
                    y,
                    bar.ratio() * scale,
                    bar.won() ? "won" : "lost"));
            int from = (int) (left + bar.result().get("ratioP10").asDouble() * scale);
            int to = (int) (left + bar.result().get("ratioP90").asDouble() * scale);
            svg.append(line(from, y + 10, to, y + 10, "spread"));
            svg.append(line(from, y + 6, from, y + 14, "spread")).append(line(to, y + 6, to, y + 14, "spread"));
            int label = Math.max(to, from) + 8;
            aims |= bar.hasAim();
            if (bar.target().isPresent()) {
                int aim = (int) (left + bar.target().getAsDouble() * scale);
                svg.append(line(aim, y - 3, aim, y + 23, "aim"));
                label = aim > label - 8 && aim < label + 40 ? aim + 8 : label;
            }
            svg.append(text(label, y + 15, "start", "ink", bar.shown()));
            y += row;
        }
        svg.append(text(
                10,
                bottom + 36,
                "start",
                "dim",
                "the other's time / ours, median, 10 % to 90 %; below 1 we lose"
                        + (aims ? "; red: the aim, orange: missed" : "; orange: lost")));
        return svg.append("</svg>\n").toString();
    }

    private static List<String> wrapped(String words) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : words.split(" ")) {
            if (line.length() + word.length() > TITLE_LINE) {
                lines.add(line.toString().strip());
                line.setLength(0);
            }
            line.append(word).append(' ');
        }
        lines.add(line.toString().strip());
        return lines;
    }

    private static String line(int x1, int y1, int x2, int y2, String kind) {
        return String.format(
                Locale.ROOT, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"%s\"/>%n", x1, y1, x2, y2, kind);
    }

    private static String text(int x, int y, String anchor, String kind, String words) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" class=\"%s\">%s</text>%n",
                x,
                y,
                anchor,
                kind,
                escaped(words));
    }

    private static String escaped(String words) {
        return words.replace("&", "&amp;").replace("<", "&lt;");
    }
}
