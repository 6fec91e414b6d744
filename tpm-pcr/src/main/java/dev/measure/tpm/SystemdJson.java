package dev.measure.tpm;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Writes JSON byte for byte as systemd does (src/libsystemd/sd-json/sd-json.c, json_format): a line end follows the value. */
final class SystemdJson {
    private final StringBuilder out = new StringBuilder();
    private final JsonStyle style;

    private SystemdJson(JsonStyle style) {
        this.style = style;
    }

    /**
     * {@return the text}
     *
     * @param value maps in their order, lists, texts and integers
     * @param style the layout
     */
    static String text(Object value, JsonStyle style) {
        SystemdJson json = new SystemdJson(style);
        json.value(value, 0);
        return json.out.append('\n').toString();
    }

    private void value(Object value, int depth) {
        if (value instanceof Map<?, ?> map) {
            Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
            out.append('{');
            while (entries.hasNext()) {
                Map.Entry<?, ?> entry = entries.next();
                line(depth + 1);
                string((String) entry.getKey());
                out.append(style == JsonStyle.PRETTY ? " : " : ":");
                value(entry.getValue(), depth + 1);
                end(entries.hasNext(), depth);
            }
            out.append('}');
        } else if (value instanceof List<?> list) {
            Iterator<?> elements = list.iterator();
            out.append('[');
            while (elements.hasNext()) {
                line(depth + 1);
                value(elements.next(), depth + 1);
                end(elements.hasNext(), depth);
            }
            out.append(']');
        } else if (value instanceof String text) {
            string(text);
        } else {
            out.append((int) (Integer) value);
        }
    }

    private void end(boolean more, int depth) {
        if (more) {
            out.append(',');
        } else {
            line(depth);
        }
    }

    private void line(int depth) {
        if (style == JsonStyle.PRETTY) {
            out.append('\n').append("\t".repeat(depth));
        }
    }

    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
