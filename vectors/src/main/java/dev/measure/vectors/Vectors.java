package dev.measure.vectors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Opens the vector files, strictly: a field that is unknown, missing, null or given twice fails the load.
 *
 * <pre>{@code
 * for (LaunchDigestTests.Group group : Vectors.open("snp_launch_digest_test.json", LaunchDigestTests.class).testGroups()) {
 *     for (LaunchDigestTests.Test test : group.tests()) { ... }
 * }
 * }</pre>
 */
public final class Vectors {
    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final Pattern LOWER_HEX = Pattern.compile("([0-9a-f]{2})*");

    private Vectors() {}

    /**
     * {@return a vector file}
     *
     * @param name its file name
     * @param type the record that its schema describes
     */
    public static <T> T open(String name, Class<T> type) {
        try (InputStream in = open(name)) {
            return read(in, type);
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": " + e.getMessage(), e);
        }
    }

    /**
     * {@return the bytes of a vector file, a schema or another resource of this module}
     *
     * @param name its file name
     * @throws IOException if there is none of that name
     */
    public static InputStream open(String name) throws IOException {
        InputStream in = Vectors.class.getResourceAsStream(name);
        if (in == null) {
            throw new FileNotFoundException(name);
        }
        return in;
    }

    static <T> T read(InputStream in, Class<T> type) throws IOException {
        return STRICT.readValue(in, type);
    }

    /** {@return the text, if it is an even number of lower-case hexadecimal digits} */
    static String hex(String text, String field) {
        if (!LOWER_HEX.matcher(text).matches()) {
            throw new IllegalArgumentException(field + ": not lower-case hexadecimal: " + text);
        }
        return text;
    }

    /** {@return the text, if it is so many bytes in lower-case hexadecimal digits} */
    static String hex(String text, int length, String field) {
        if (hex(text, field).length() != 2 * length) {
            throw new IllegalArgumentException(field + ": not " + length + " bytes: " + text);
        }
        return text;
    }

    /** {@return the list, copied, if it is not empty} */
    static <T> List<T> some(List<T> list, String field) {
        if (list.isEmpty()) {
            throw new IllegalArgumentException(field + " is empty");
        }
        return List.copyOf(list);
    }

    /** {@return the text, if it is one of those allowed} */
    static String oneOf(String text, String field, String... allowed) {
        if (!List.of(allowed).contains(text)) {
            throw new IllegalArgumentException(field + ": " + text);
        }
        return text;
    }
}
