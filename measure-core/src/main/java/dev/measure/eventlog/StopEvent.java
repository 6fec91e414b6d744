package dev.measure.eventlog;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;

/**
 * An event at which reading of a log stops, in the words of pcr-oracle ({@code --stop-event}).
 *
 * @param kind {@code grub-command}, {@code grub-file}, {@code type} or {@code number}
 * @param value the command's name; the file's path or the tail of it; the event type; the number of the event, from 0
 */
public record StopEvent(String kind, String value) {
    /** The kinds. */
    public static final List<String> KINDS = List.of("grub-command", "grub-file", "type", "number");

    private static final int GRUB_COMMANDS = 8;
    private static final int GRUB_FILES = 9;
    private static final String GRUB_COMMAND = "grub_cmd: ";

    /** Checks the kind. */
    public StopEvent {
        if (!KINDS.contains(kind) || value.isEmpty() || kind.equals("number") && !value.matches("[0-9]{1,9}")) {
            throw new IllegalArgumentException(
                    "expected grub-command=NAME, grub-file=PATH, type=EV_... or number=N, got '" + kind + "=" + value
                            + "'");
        }
    }

    /**
     * {@return the event that a text describes}
     *
     * @param text kind and value, joined by an equals sign
     * @throws IllegalArgumentException for another form
     */
    public static StopEvent parse(String text) {
        int equals = text.indexOf('=');
        return new StopEvent(
                equals < 0 ? text : text.substring(0, equals), equals < 0 ? "" : text.substring(equals + 1));
    }

    /**
     * {@return the number of the first such event, from 0; empty if the log has none}
     *
     * @param log the log
     */
    public OptionalInt in(EventLog log) {
        int number = 0;
        for (TcgEvent event : log.events()) {
            if (is(event, number)) {
                return OptionalInt.of(number);
            }
            number++;
        }
        return OptionalInt.empty();
    }

    private boolean is(TcgEvent event, int number) {
        return switch (kind) {
            case "number" -> number == Integer.parseInt(value);
            case "type" -> event.type().text().equals(value);
            case "grub-command" -> ipl(event, GRUB_COMMANDS) && isCommand(text(event));
            default -> ipl(event, GRUB_FILES) && isPath(text(event));
        };
    }

    private static boolean ipl(TcgEvent event, int pcr) {
        return event.registerIndex() == pcr && event.type().equals(EventType.EV_IPL);
    }

    private boolean isCommand(String text) {
        return text.startsWith(GRUB_COMMAND)
                && text.substring(GRUB_COMMAND.length())
                        .strip()
                        .split("\\s+", 2)[0]
                        .equals(value);
    }

    /** A path that grub read, with or without its device: {@code (hd0,gpt2)/boot/grub/grub.cfg}. */
    private boolean isPath(String text) {
        String path = text.startsWith("(") ? text.substring(text.indexOf(')') + 1) : text;
        return path.equals(value) || text.equals(value) || path.endsWith("/" + value);
    }

    private static String text(TcgEvent event) {
        String text = new String(event.data().toByteArray(), StandardCharsets.UTF_8);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }
}
