package dev.measure.qemu;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The words of the commands in a shell script (POSIX.1-2017, Shell Command Language, 2.2 Quoting and 2.3 Token Recognition), or of
 * {@code /proc/PID/cmdline}. Nothing is expanded: a word with a variable in it is marked.
 */
final class ShellWords {
    /** The longest text; Linux itself limits the arguments of a process to 2 MiB. */
    private static final int MAX_FILE = 2 << 20;

    private final Source source;
    private final String text;
    private final List<List<Word>> commands = new ArrayList<>();
    private List<Word> command = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private boolean inWord;
    private boolean unresolved;
    private int start;
    private int at;

    private ShellWords(Source source, String text) {
        this.source = source;
        this.text = text;
    }

    /**
     * A word.
     *
     * @param text without its quotes
     * @param unresolved whether the shell would put something else for a part of it
     * @param offset where it begins in the file
     */
    record Word(String text, boolean unresolved, long offset) {}

    /** {@return the commands with their words} */
    static List<List<Word>> commands(Source source) {
        if (source.length() > MAX_FILE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "a command line of at most " + MAX_FILE + " bytes",
                    source.length() + " bytes",
                    "");
        }
        // One char for each byte, so that places in the text are offsets in the file.
        String text = new String(source.toByteArray(), StandardCharsets.ISO_8859_1);
        if (text.indexOf('\0') >= 0) {
            return List.of(process(source, text));
        }
        return new ShellWords(source, text).script();
    }

    private static String utf8(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static List<Word> process(Source source, String text) {
        List<Word> words = new ArrayList<>();
        for (int from = 0; from < text.length(); ) {
            int end = text.indexOf('\0', from);
            end = end < 0 ? text.length() : end;
            words.add(new Word(utf8(text.substring(from, end)), false, source.start() + from));
            from = end + 1;
        }
        return words;
    }

    private List<List<Word>> script() {
        while (at < text.length()) {
            char c = text.charAt(at);
            switch (c) {
                case ' ', '\t', '\r', '<', '>' -> endWord();
                case '\n', ';', '&', '|', '(', ')' -> endCommand();
                case '#' -> comment();
                case '\\' -> backslash();
                case '\'' -> singleQuotes();
                case '"' -> doubleQuotes();
                case '$' -> dollar();
                case '`' -> backquotes();
                default -> append(c);
            }
            at++;
        }
        endCommand();
        return commands;
    }

    private void begin() {
        if (!inWord) {
            inWord = true;
            start = at;
        }
    }

    private void append(char c) {
        begin();
        word.append(c);
    }

    private void endWord() {
        if (inWord) {
            command.add(new Word(utf8(word.toString()), unresolved, source.start() + start));
            word.setLength(0);
            inWord = false;
            unresolved = false;
        }
    }

    private void endCommand() {
        endWord();
        if (!command.isEmpty()) {
            commands.add(command);
            command = new ArrayList<>();
        }
    }

    private void comment() {
        if (inWord) {
            append('#');
            return;
        }
        while (at + 1 < text.length() && text.charAt(at + 1) != '\n') {
            at++;
        }
    }

    private void backslash() {
        if (at + 1 == text.length()) {
            append('\\');
            return;
        }
        if (text.startsWith("\r\n", at + 1)) {
            at += 2; // a continued line of a file from another system
            return;
        }
        at++;
        if (text.charAt(at) != '\n') {
            at--;
            begin();
            at++;
            word.append(text.charAt(at));
        }
    }

    private void singleQuotes() {
        begin();
        int end = text.indexOf('\'', at + 1);
        if (end < 0) {
            throw open("'");
        }
        word.append(text, at + 1, end);
        at = end;
    }

    private void doubleQuotes() {
        begin();
        int opened = at;
        for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
            char c = text.charAt(at);
            if (c == '\\' && at + 1 < text.length() && "$`\"\\\n".indexOf(text.charAt(at + 1)) >= 0) {
                at++;
                if (text.charAt(at) != '\n') {
                    word.append(text.charAt(at));
                }
            } else if (c == '$') {
                dollar();
            } else if (c == '`') {
                backquotes();
            } else {
                word.append(c);
            }
        }
        if (at >= text.length()) {
            at = opened;
            throw open("\"");
        }
    }

    /** A variable, a substitution or a lone dollar; the text stays as it is written. */
    private void dollar() {
        begin();
        char next = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
        if (next == '{' || next == '(') {
            unresolved = true;
            int from = at;
            int depth = 0;
            do {
                at++;
                if (at >= text.length()) {
                    at = from;
                    throw open("$" + next);
                }
                char c = text.charAt(at);
                depth += c == '{' || c == '(' ? 1 : c == '}' || c == ')' ? -1 : 0;
            } while (depth > 0);
            word.append(text, from, at + 1);
            return;
        }
        unresolved |= Character.isLetterOrDigit(next) || "_@*#?!-'\"".indexOf(next) >= 0 && next != '"';
        word.append('$');
    }

    private void backquotes() {
        begin();
        unresolved = true;
        int end = text.indexOf('`', at + 1);
        if (end < 0) {
            throw open("`");
        }
        word.append(text, at, end + 1);
        at = end;
    }

    private MalformedInputException open(String quote) {
        return new MalformedInputException(
                source.name(), source.start() + at, "an end of " + quote, "the end of the data", "");
    }
}
