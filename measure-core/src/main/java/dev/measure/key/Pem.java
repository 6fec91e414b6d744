package dev.measure.key;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** PEM, RFC 7468: base64 between BEGIN and END lines. Text outside of the blocks is passed over, as OpenSSL does. */
public final class Pem {
    /** The longest file of keys or certificates: a chain of RSA-4096 certificates is below 16 KiB. */
    public static final int MAX_FILE = 1 << 18;

    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";

    private Pem() {}

    /**
     * One block.
     *
     * @param label what it says to be
     * @param encrypted whether it has the headers of a key encrypted in the traditional way
     * @param source the decoded bytes
     */
    public record Block(String label, boolean encrypted, Source source) {}

    /** {@return whether a file holds PEM rather than DER} */
    public static boolean is(Source source) {
        if (source.length() < BEGIN.length() || source.length() > MAX_FILE) {
            return false;
        }
        return new String(source.toByteArray(), StandardCharsets.ISO_8859_1).contains(BEGIN);
    }

    /** {@return the blocks of a file in their order} */
    public static List<Block> read(Source source) {
        String text = new String(source.toByteArray(), StandardCharsets.ISO_8859_1);
        List<Block> blocks = new ArrayList<>();
        String label = null;
        int start = 0;
        boolean encrypted = false;
        StringBuilder body = new StringBuilder();
        for (int at = 0; at < text.length(); ) {
            int newline = text.indexOf('\n', at);
            int next = newline < 0 ? text.length() : newline + 1;
            String line =
                    text.substring(at, newline < 0 ? text.length() : newline).strip();
            if (label == null) {
                if (line.startsWith(BEGIN)
                        && line.endsWith(DASHES)
                        && line.length() > BEGIN.length() + DASHES.length()) {
                    label = line.substring(BEGIN.length(), line.length() - DASHES.length());
                    start = at;
                    encrypted = false;
                    body.setLength(0);
                }
            } else if (line.startsWith(END)) {
                if (!line.equals(END + label + DASHES)) {
                    throw malformed(source, at, END + label + DASHES, "another END line");
                }
                blocks.add(new Block(label, encrypted, decoded(source, start, label, body.toString())));
                label = null;
            } else if (line.indexOf(':') >= 0) {
                encrypted |= line.startsWith("Proc-Type:") && line.contains("ENCRYPTED");
            } else {
                body.append(line);
            }
            at = next;
        }
        if (label != null) {
            throw malformed(source, text.length(), END + label + DASHES, "the end of the data");
        }
        return blocks;
    }

    private static Source decoded(Source source, int start, String label, String body) {
        try {
            return Source.of(
                    source.name() + " (" + label + ")", Base64.getDecoder().decode(body));
        } catch (IllegalArgumentException e) {
            // The exception's own message could quote the key.
            throw malformed(source, start, "base64 in the block " + label, "other characters");
        }
    }

    private static MalformedInputException malformed(Source source, int at, String expected, String found) {
        return new MalformedInputException(source.name(), source.start() + at, expected, found, "");
    }
}
