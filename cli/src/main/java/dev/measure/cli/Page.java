package dev.measure.cli;

import java.util.List;
import java.util.function.Consumer;

/** Takes an inventory: headings, facts and tables. It goes to standard error beside values, and is the result of inspect. */
final class Page {
    private final Consumer<String> heading;
    private final Consumer<String> line;
    private boolean begun;

    private Page(Consumer<String> heading, Consumer<String> line) {
        this.heading = heading;
        this.line = line;
    }

    /** {@return a page on standard error} */
    static Page on(Talk talk) {
        return new Page(talk::heading, talk::say);
    }

    /** {@return a page that is the result} */
    static Page on(Sink sink) {
        return new Page(text -> sink.line(Talk.printable(text)), text -> sink.line(Talk.printable(text)));
    }

    /** Starts a part. */
    void heading(String text) {
        if (begun) {
            line.accept("");
        }
        begun = true;
        heading.accept(text);
    }

    /** Adds a named fact. */
    void fact(String name, String value) {
        line.accept(String.format("  %-9s %s", name, value));
    }

    /** Adds a part with a table; nothing if the table is empty. */
    void table(String title, Table table) {
        if (!table.isEmpty()) {
            heading(title);
            lines(table.lines());
        }
    }

    /** Adds lines as they are. */
    void lines(List<String> lines) {
        lines.forEach(line);
    }
}
