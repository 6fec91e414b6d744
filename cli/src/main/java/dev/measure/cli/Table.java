package dev.measure.cli;

import java.util.ArrayList;
import java.util.List;

/** Lines of aligned columns, two blanks apart; a column of numbers stands to the right. */
final class Table {
    private final List<String> heads;
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... heads) {
        this.heads = List.of(heads);
    }

    /** Adds a row with a cell for every column. */
    void row(String... cells) {
        if (cells.length != heads.size()) {
            throw new AssertionError(cells.length + " cells for " + heads);
        }
        List<String> row = new ArrayList<>();
        for (String cell : cells) {
            row.add(Talk.printable(cell));
        }
        rows.add(row);
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** {@return heads and rows, each indented by two blanks} */
    List<String> lines() {
        List<StringBuilder> lines = new ArrayList<>();
        for (int i = 0; i <= rows.size(); i++) {
            lines.add(new StringBuilder());
        }
        for (int column = 0; column < heads.size(); column++) {
            int at = column;
            int width = heads.get(column).length();
            boolean numbers = true;
            for (List<String> row : rows) {
                width = Math.max(width, row.get(at).length());
                numbers &= row.get(at).matches("[0-9]*");
            }
            add(lines.get(0), heads.get(at), width, numbers);
            for (int i = 0; i < rows.size(); i++) {
                add(lines.get(i + 1), rows.get(i).get(at), width, numbers);
            }
        }
        return lines.stream().map(line -> line.toString().stripTrailing()).toList();
    }

    private static void add(StringBuilder line, String cell, int width, boolean right) {
        String blanks = " ".repeat(width - cell.length());
        line.append("  ").append(right ? blanks + cell : cell + blanks);
    }
}
