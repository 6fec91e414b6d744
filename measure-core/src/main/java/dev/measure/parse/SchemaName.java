package dev.measure.parse;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.measure.Source;
import java.io.IOException;

/** Which schema a JSON file says to follow, in the first field of its object. */
public final class SchemaName {
    /** The field stands at the start. */
    private static final int READ = 4096;

    private SchemaName() {}

    /** {@return the value of the field {@code schema}, if it is the first one; empty otherwise} */
    public static String of(Source source) {
        byte[] start = source.slice(0, Math.min(READ, source.length())).toByteArray();
        try (JsonParser json = new JsonFactory().createParser(start)) {
            boolean first = json.nextToken() == JsonToken.START_OBJECT
                    && json.nextToken() == JsonToken.FIELD_NAME
                    && json.currentName().equals("schema")
                    && json.nextToken() == JsonToken.VALUE_STRING;
            return first ? json.getText() : "";
        } catch (IOException e) {
            return ""; // whoever reads the file will say what is wrong with it
        }
    }
}
