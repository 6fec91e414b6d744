package dev.measure.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A script of GRUB, read statement by statement as GRUB reads it (grub-core/script/yylex.l, parser.y).
 *
 * <p>Recursive descent over the text: a statement that cannot be read ends the script there, and {@link #fault} says why.
 */
final class GrubScript {
    private static final Set<String> RESERVED = Set.of(
            "case",
            "do",
            "done",
            "elif",
            "else",
            "esac",
            "fi",
            "for",
            "if",
            "in",
            "select",
            "then",
            "until",
            "while",
            "function");
    private static final String ENDS_WORD = "{}|&;<> \t\r\n";
    private static final int MAX_DEPTH = 64; // scripts of grub-mkconfig nest less than ten deep

    /** A statement. */
    sealed interface Statement {
        /**
         * A command.
         *
         * @param words its words, the name first
         * @param block the block behind them
         * @param line where it stands
         */
        record Command(List<Word> words, Optional<Block> block, int line) implements Statement {}

        /**
         * A choice.
         *
         * @param branches conditions and what runs, in order
         * @param otherwise what runs if none holds
         */
        record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

        /**
         * A loop over words.
         *
         * @param variable the variable
         * @param words its values
         * @param body what runs
         */
        record For(String variable, List<Word> words, List<Statement> body) implements Statement {}

        /**
         * A loop while, or until, a condition holds.
         *
         * @param condition the condition
         * @param until whether it ends the loop
         * @param body what runs
         * @param line where it stands
         */
        record While(List<Statement> condition, boolean until, List<Statement> body, int line) implements Statement {}

        /**
         * The definition of a function.
         *
         * @param name its name
         * @param body what runs
         */
        record Function(String name, List<Statement> body) implements Statement {}
    }

    /** A branch of a choice. */
    record Branch(List<Statement> condition, List<Statement> body) {}

    /** A block, with its text as it stands in the script, braces included. */
    record Block(String text, List<Statement> statements) {}

    /** A word: pieces without a space between them. */
    record Word(List<Piece> pieces) {}

    /** What a piece of a word is. */
    enum Kind {
        /** Text without quotes. */
        PLAIN,
        /** Text in quotes. */
        QUOTED,
        /** A variable without quotes, whose value is split into words. */
        VARIABLE,
        /** A variable in double quotes. */
        QUOTED_VARIABLE
    }

    /** A piece of a word: a text, or the name of a variable. */
    record Piece(Kind kind, String text) {}

    private final String text;
    private int at;
    private int line = 1;
    private int depth;
    private Optional<String> fault = Optional.empty();

    GrubScript(String text) {
        this.text = text;
    }

    /** {@return why the script cannot be read on; empty as long as it can} */
    Optional<String> fault() {
        return fault;
    }

    /** {@return the next statement; empty at the end, and at a fault} */
    Optional<Statement> next() {
        skipDelimiters();
        if (at >= text.length() || fault.isPresent()) {
            return Optional.empty();
        }
        return statement();
    }

    private Optional<Statement> fail(String why) {
        if (fault.isEmpty()) {
            fault = Optional.of("line " + line + ": " + why);
        }
        return Optional.empty();
    }

    private void skipBlanks() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == ' ' || c == '\t' || c == '\r') {
                at++;
            } else if (c == '\\' && at + 1 < text.length() && text.charAt(at + 1) == '\n') {
                at += 2;
                line++;
            } else if (c == '#') {
                while (at < text.length() && text.charAt(at) != '\n') {
                    at++;
                }
            } else {
                return;
            }
        }
    }

    private void skipDelimiters() {
        skipBlanks();
        while (at < text.length() && (text.charAt(at) == '\n' || text.charAt(at) == ';')) {
            line += text.charAt(at) == '\n' ? 1 : 0;
            at++;
            skipBlanks();
        }
    }

    private Optional<Statement> statement() {
        if (++depth > MAX_DEPTH) {
            depth--;
            return fail("more than " + MAX_DEPTH + " blocks inside each other");
        }
        String word = peekName();
        Optional<Statement> statement = switch (word) {
            case "if" -> choice();
            case "for" -> loop();
            case "while", "until" -> repetition(word.equals("until"));
            case "function" -> function();
            default -> RESERVED.contains(word) ? fail("unexpected '" + word + "'") : command();
        };
        depth--;
        return statement;
    }

    /** {@return the name that stands here, or nothing if it is no plain name} */
    private String peekName() {
        int end = at;
        while (end < text.length()
                && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '_')
                && text.charAt(end) < 0x80) {
            end++;
        }
        boolean whole = end == text.length() || ENDS_WORD.indexOf(text.charAt(end)) >= 0;
        return whole ? text.substring(at, end) : "";
    }

    private boolean take(String word) {
        skipDelimiters();
        if (fault.isPresent() || !peekName().equals(word)) {
            return false;
        }
        at += word.length();
        return true;
    }

    private Optional<Statement> expected(String word) {
        return fail("expected '" + word + "'");
    }

    /** Statements up to one of the words, which is left to be read. */
    private List<Statement> until(String... ends) {
        List<Statement> statements = new ArrayList<>();
        while (fault.isEmpty()) {
            skipDelimiters();
            String word = at < text.length() ? peekName() : "";
            boolean brace = at < text.length() && text.charAt(at) == '}';
            for (String end : ends) {
                if (end.equals(word) || brace && end.equals("}")) {
                    return statements;
                }
            }
            if (at >= text.length()) {
                expected(ends[ends.length - 1]);
                return statements;
            }
            statement().ifPresent(statements::add);
        }
        return statements;
    }

    private Optional<Statement> choice() {
        List<Branch> branches = new ArrayList<>();
        List<Statement> otherwise = List.of();
        at += 2;
        while (true) {
            List<Statement> condition = until("then");
            if (!take("then")) {
                return expected("then");
            }
            branches.add(new Branch(condition, until("elif", "else", "fi")));
            if (take("elif")) {
                continue;
            }
            if (take("else")) {
                otherwise = until("fi");
            }
            return take("fi") ? Optional.of(new Statement.If(branches, otherwise)) : expected("fi");
        }
    }

    private Optional<Statement> loop() {
        at += 3;
        skipBlanks();
        String variable = peekName();
        at += variable.length();
        if (variable.isEmpty() || !take("in")) {
            return expected("in");
        }
        List<Word> words = words();
        if (!take("do")) {
            return expected("do");
        }
        List<Statement> body = until("done");
        return take("done") ? Optional.of(new Statement.For(variable, words, body)) : expected("done");
    }

    private Optional<Statement> repetition(boolean ends) {
        int start = line;
        at += 5;
        List<Statement> condition = until("do");
        if (!take("do")) {
            return expected("do");
        }
        List<Statement> body = until("done");
        return take("done") ? Optional.of(new Statement.While(condition, ends, body, start)) : expected("done");
    }

    private Optional<Statement> function() {
        at += 8;
        skipBlanks();
        String name = peekName();
        at += name.length();
        skipDelimiters();
        if (name.isEmpty() || at >= text.length() || text.charAt(at) != '{') {
            return expected("{");
        }
        at++;
        List<Statement> body = until("}");
        if (fault.isPresent()) {
            return Optional.empty();
        }
        at++;
        return Optional.of(new Statement.Function(name, body));
    }

    private Optional<Statement> command() {
        int start = line;
        List<Word> words = words();
        if (fault.isPresent() || words.isEmpty()) {
            return fault.isPresent() ? Optional.empty() : fail("unexpected '" + text.charAt(at) + "'");
        }
        Optional<Block> block = Optional.empty();
        if (at < text.length() && text.charAt(at) == '{') {
            int open = at++;
            List<Statement> statements = until("}");
            if (fault.isPresent()) {
                return Optional.empty();
            }
            at++;
            block = Optional.of(new Block(text.substring(open, at), statements));
            skipBlanks();
        }
        if (at < text.length() && "|&<>{".indexOf(text.charAt(at)) >= 0) {
            return fail("unexpected '" + text.charAt(at) + "'");
        }
        return Optional.of(new Statement.Command(words, block, start));
    }

    private List<Word> words() {
        List<Word> words = new ArrayList<>();
        skipBlanks();
        while (fault.isEmpty() && at < text.length() && ENDS_WORD.indexOf(text.charAt(at)) < 0) {
            words.add(word());
            skipBlanks();
        }
        return words;
    }

    private Word word() {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder plain = new StringBuilder();
        while (at < text.length() && ENDS_WORD.indexOf(text.charAt(at)) < 0 && fault.isEmpty()) {
            char c = text.charAt(at);
            if (c == '\\') {
                escaped(plain);
            } else if (c == '\'') {
                flush(pieces, plain);
                single(pieces);
            } else if (c == '"') {
                flush(pieces, plain);
                at++;
                quoted(pieces);
            } else if (c == '$') {
                if (text.startsWith("$\"", at)) {
                    fail("a text to be translated");
                    break;
                }
                flush(pieces, plain);
                variable(pieces, Kind.VARIABLE);
            } else {
                if (c == '*' || c == '?') {
                    fail("a pattern of file names");
                }
                plain.append(c);
                at++;
            }
        }
        flush(pieces, plain);
        return new Word(List.copyOf(pieces));
    }

    private void escaped(StringBuilder plain) {
        if (at + 1 >= text.length()) {
            fail("a backslash at the end");
            return;
        }
        char next = text.charAt(at + 1);
        if (next == '\n') {
            line++;
        } else {
            plain.append(next);
        }
        at += 2;
    }

    private static void flush(List<Piece> pieces, StringBuilder plain) {
        if (!plain.isEmpty()) {
            pieces.add(new Piece(Kind.PLAIN, plain.toString()));
            plain.setLength(0);
        }
    }

    private void single(List<Piece> pieces) {
        int end = text.indexOf('\'', at + 1);
        if (end < 0) {
            fail("a quote without an end");
            return;
        }
        String inside = text.substring(at + 1, end);
        line += (int) inside.chars().filter(c -> c == '\n').count();
        pieces.add(new Piece(Kind.QUOTED, inside));
        at = end + 1;
    }

    private void quoted(List<Piece> pieces) {
        StringBuilder inside = new StringBuilder();
        while (fault.isEmpty()) {
            if (at >= text.length()) {
                fail("a quote without an end");
                return;
            }
            char c = text.charAt(at);
            char next = at + 1 < text.length() ? text.charAt(at + 1) : 0;
            if (c == '"') {
                at++;
                pieces.add(new Piece(Kind.QUOTED, inside.toString()));
                return;
            } else if (c == '\\' && (next == '$' || next == '\\' || next == '"')) {
                inside.append(next);
                at += 2;
            } else if (c == '\\' && next == '\n') {
                line++;
                at += 2;
            } else if (c == '$') {
                pieces.add(new Piece(Kind.QUOTED, inside.toString()));
                inside.setLength(0);
                variable(pieces, Kind.QUOTED_VARIABLE);
            } else {
                line += c == '\n' ? 1 : 0;
                inside.append(c);
                at++;
            }
        }
    }

    private void variable(List<Piece> pieces, Kind kind) {
        at++;
        boolean braces = at < text.length() && text.charAt(at) == '{';
        at += braces ? 1 : 0;
        int start = at;
        char first = at < text.length() ? text.charAt(at) : 0;
        if ("?#*@".indexOf(first) >= 0 && first != 0) {
            at++;
        } else if (Character.isDigit(first)) {
            while (at < text.length() && Character.isDigit(text.charAt(at))) {
                at++;
            }
        } else {
            while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
                at++;
            }
        }
        if (at == start || braces && (at >= text.length() || text.charAt(at) != '}')) {
            fail("no name behind '$'");
            return;
        }
        pieces.add(new Piece(kind, text.substring(start, at)));
        at += braces ? 1 : 0;
    }
}
