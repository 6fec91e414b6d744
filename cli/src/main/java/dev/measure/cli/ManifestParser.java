package dev.measure.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a manifest, YAML or JSON, into a tree of text, lists and maps. Aliases, anchors, tags, merge keys, nulls and second documents
 * are refused, so a file cannot grow while it is read; size, depth and number of nodes have limits.
 */
final class ManifestParser {
    /** A manifest is written by people; 1 MiB is some ten thousand lines. */
    static final int MAX_FILE = 1 << 20;

    private static final int MAX_DEPTH = 8;
    private static final String BYTE_ORDER_MARK = "\ufeff";
    private static final int MAX_NODES = 20_000;

    private final String name;
    private final String what;
    private final int maxNodes;
    private final String text;
    /** The bytes of a byte order mark, which is not part of the text. */
    private final int mark;

    private final int[] lines;
    private final JsonParser parser;
    private int nodes;
    private int counted;
    private long countedBytes;
    private int lineAt;
    private int columnsAt;
    private int indexAt;

    private ManifestParser(String name, String what, int maxNodes, String text, int mark, JsonParser parser) {
        this.name = name;
        this.what = what;
        this.maxNodes = maxNodes;
        this.text = text;
        this.mark = mark;
        this.parser = parser;
        this.lines = lines(text, parser instanceof YAMLParser);
    }

    /**
     * {@return the tree of a manifest}
     *
     * @throws MalformedInputException with offset, line and column if it is neither YAML nor JSON, or beyond the limits
     */
    static ManifestNode read(Source source) {
        return read(source, "a manifest", MAX_FILE, MAX_NODES);
    }

    /**
     * {@return the tree of a file}
     *
     * @param source the file
     * @param what its kind, for messages
     * @param maxFile the largest file in bytes
     * @param maxNodes the most nodes
     */
    static ManifestNode read(Source source, String what, int maxFile, int maxNodes) {
        if (source.length() > maxFile) {
            throw new MalformedInputException(
                    source.name(), maxFile, what + " of at most " + maxFile + " bytes", source.length() + " bytes", "");
        }
        String whole = utf8(source, what);
        int mark = whole.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length() : 0;
        String text = whole.substring(mark);
        ManifestParser[] reader = {null};
        try (JsonParser parser = parser(text, maxFile)) {
            reader[0] = new ManifestParser(source.name(), what, maxNodes, text, 3 * mark, parser);
            return reader[0].document();
        } catch (JsonProcessingException e) {
            throw reader[0].broken(e);
        } catch (IOException e) {
            throw new UncheckedIOException("bytes in memory", e);
        }
    }

    private static JsonParser parser(String text, int maxFile) throws IOException {
        StreamReadConstraints limits = StreamReadConstraints.builder()
                .maxNestingDepth(4 * MAX_DEPTH) // ours is smaller, and says where
                .maxDocumentLength(4L * maxFile)
                .maxStringLength(MAX_FILE)
                .build();
        if (text.stripLeading().startsWith("{")) {
            return JsonFactory.builder().streamReadConstraints(limits).build().createParser(text);
        }
        return YAMLFactory.builder().streamReadConstraints(limits).build().createParser(text);
    }

    private static String utf8(Source source, String what) {
        byte[] bytes = source.toByteArray();
        for (int i = 0; i < bytes.length; i++) {
            int b = bytes[i] & 0xff;
            if (b < ' ' && b != '\n' && b != '\r' && b != '\t') {
                throw new MalformedInputException(
                        source.name(),
                        i,
                        what + " in UTF-8",
                        String.format("the byte 0x%02x", b),
                        "is it a text file?");
            }
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(in)
                    .toString();
            printable(source.name(), what, text);
            return text;
        } catch (CharacterCodingException e) {
            throw new MalformedInputException(
                    source.name(),
                    in.position(),
                    what + " in UTF-8",
                    String.format("the byte 0x%02x", bytes[in.position()]),
                    "save it as UTF-8");
        }
    }

    /** YAML has none of these either, but does not say where they are. */
    private static void printable(String name, String what, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x7f && c < 0xa0 && c != 0x85 || c >= 0xfffe) {
                throw new MalformedInputException(
                        name,
                        text.substring(0, i).getBytes(StandardCharsets.UTF_8).length,
                        what + " of characters that can be printed",
                        String.format("U+%04X", (int) c),
                        "is it a text file?");
            }
        }
    }

    private ManifestNode document() throws IOException {
        JsonToken token = next();
        if (token == null) {
            throw place().malformed(what + " (a map)", "nothing", "");
        }
        ManifestNode tree = node(token, 0);
        if (next() != null) {
            throw place().malformed("the end of " + what, "more", "it is one document");
        }
        return tree;
    }

    private JsonToken next() throws IOException {
        JsonToken token = parser.nextToken();
        if (parser instanceof YAMLParser yaml
                && token != null
                && token != JsonToken.END_ARRAY
                && token != JsonToken.END_OBJECT) {
            // The parser forgets the anchor of a value that is text; only an anchor begins with &.
            boolean anchored = text.startsWith("&", index(parser.currentTokenLocation()));
            if (yaml.isCurrentAlias() || yaml.getObjectId() != null || anchored) {
                throw place().malformed("values in full", "an anchor or alias", "write them out: there is no & and *");
            }
            // It forgets the tag of a key, too.
            if (yaml.getTypeId() != null || text.startsWith("!", index(parser.currentTokenLocation()))) {
                throw place().malformed("values without tags", "a tag", "there is no !");
            }
        }
        return token;
    }

    private ManifestNode node(JsonToken token, int depth) throws IOException {
        ManifestNode.Place place = place();
        if (++nodes > maxNodes) {
            throw place.malformed("at most " + maxNodes + " nodes", "more", "");
        }
        if (depth > MAX_DEPTH) {
            throw place.malformed("at most " + MAX_DEPTH + " levels", "another", "");
        }
        if (token == JsonToken.START_ARRAY) {
            List<ManifestNode> items = new ArrayList<>();
            for (JsonToken item = next(); item != JsonToken.END_ARRAY; item = next()) {
                items.add(node(item, depth + 1));
            }
            return new ManifestNode.Items(place, items);
        }
        if (token == JsonToken.START_OBJECT) {
            return fields(place, depth);
        }
        // A key without a value is a null in YAML; the parser gives an empty text.
        boolean bare = isBare();
        if (token == JsonToken.VALUE_NULL
                || token == JsonToken.VALUE_STRING && bare && parser.getText().isEmpty()) {
            throw place.malformed("a value", "none", "leave the key out, or write \"\"");
        }
        if (token.isScalarValue()) {
            return new ManifestNode.Text(place, parser.getText(), bare);
        }
        throw place.malformed("a value", token.name(), "");
    }

    private ManifestNode fields(ManifestNode.Place place, int depth) throws IOException {
        Map<ManifestNode.Text, ManifestNode> fields = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        for (JsonToken token = next(); token != JsonToken.END_OBJECT; token = next()) {
            ManifestNode.Text key = new ManifestNode.Text(place(), parser.currentName(), isBare());
            if (key.text().equals("<<")) {
                throw key.place().malformed("values in full", "a merge key", "write them out: there is no <<");
            }
            if (!names.add(key.text())) {
                throw key.place().malformed("each key once", key.kind() + " again", "");
            }
            fields.put(key, node(next(), depth + 1));
        }
        return new ManifestNode.Fields(place, fields);
    }

    /** The parser does not tell how a scalar is written; what it begins with does. */
    private boolean isBare() {
        int at = index(parser.currentTokenLocation());
        return at >= text.length() || "\"'|>".indexOf(text.charAt(at)) < 0;
    }

    private ManifestNode.Place place() {
        return place(parser.currentTokenLocation());
    }

    private ManifestNode.Place place(JsonLocation at) {
        int line = Math.max(1, Math.min(at.getLineNr(), lines.length));
        return new ManifestNode.Place(name, mark + offset(index(at)), line, Math.max(1, at.getColumnNr()));
    }

    /**
     * The index of a place in the text. Columns of YAML count code points, those of JSON count characters. Places are asked for in
     * order, so the characters of a long line are gone through once.
     */
    private int index(JsonLocation at) {
        int line = Math.max(1, Math.min(at.getLineNr(), lines.length));
        int columns = Math.max(1, at.getColumnNr()) - 1;
        if (!(parser instanceof YAMLParser)) {
            return Math.min(text.length(), lines[line - 1] + columns);
        }
        if (line != lineAt || columns < columnsAt) {
            lineAt = line;
            columnsAt = 0;
            indexAt = lines[line - 1];
        }
        for (; columnsAt < columns && indexAt < text.length(); columnsAt++) {
            indexAt += Character.charCount(text.codePointAt(indexAt));
        }
        return indexAt;
    }

    /** Bytes before a character. Places are asked for in order, so each character is counted once. */
    private long offset(int characters) {
        if (characters < counted) {
            counted = 0;
            countedBytes = 0;
        }
        countedBytes += text.substring(counted, characters).getBytes(StandardCharsets.UTF_8).length;
        counted = characters;
        return countedBytes;
    }

    /** The index of the first character of each line. YAML 1.1 ends lines in more ways than JSON. */
    private static int[] lines(String text, boolean yaml) {
        List<Integer> starts = new ArrayList<>(List.of(0));
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean carriage = c == '\r' && !text.startsWith("\n", i + 1);
            if (c == '\n' || carriage || yaml && (c == '\u0085' || c == '\u2028' || c == '\u2029')) {
                starts.add(i + 1);
            }
        }
        return starts.stream().mapToInt(Integer::intValue).toArray();
    }

    private MalformedInputException broken(JsonProcessingException e) {
        JsonLocation at = e.getLocation() == null ? parser.currentLocation() : e.getLocation();
        return place(at).malformed("YAML or JSON", Talk.printable(reason(e)), "");
    }

    /** What a parser says, without its context and the names of its own switches. */
    private static String reason(JsonProcessingException e) {
        String reason = "neither";
        for (String line :
                Optional.ofNullable(e.getOriginalMessage()).orElse("").split("\n")) {
            if (!line.isBlank() && !Character.isWhitespace(line.charAt(0))) {
                reason = line; // the context stands first, each part with its place in lines that are indented
            }
        }
        if (reason.startsWith("Expected a field name")) {
            return "a key that is no text";
        }
        if (reason.contains("NumberFormatException")) {
            return "an escape or a number that is none";
        }
        if (reason.startsWith("found ")) {
            return reason.substring("found ".length());
        }
        return reason.split(" \\(not recognized| \\(start marker|: enable ", 2)[0];
    }
}
