package dev.measure.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import dev.measure.Assumption;
import dev.measure.DigestAlgorithm;
import dev.measure.Measurement.Detail;
import dev.measure.Warning;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a result by the schema {@code measure/result/v1}, as JSON or as YAML, value by value: nothing is held in memory twice.
 * Jackson's classes are loaded with this class, so text output starts without them.
 */
final class JsonOutput {
    /** The name of the schema, part of every result. */
    static final String SCHEMA = "measure/result/v1";

    private JsonOutput() {}

    /**
     * Writes a result.
     *
     * @param result the result
     * @param common the format and how it is indented
     * @param stream takes the bytes
     */
    static void write(Result result, Common common, OutputStream stream) {
        try (JsonGenerator json = generator(common, stream)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            json.writeStringField("schema", SCHEMA);
            json.writeObjectFieldStart("tool");
            json.writeStringField("name", "measure");
            json.writeStringField("version", Version.text());
            json.writeEndObject();
            inputs(json, result);
            assumptions(json, result);
            measurements(json, result);
            if (!result.alternatives().isEmpty()) {
                json.writeFieldName("alternatives");
                tree(json, result.alternatives());
            }
            events(json, result, common.trace());
            notPredictable(json, result);
            warnings(json, result);
            if (result.found().isPresent()) {
                json.writeFieldName("found");
                tree(json, result.found().get());
            }
            json.writeEndObject();
            if (common.format() == Format.JSON) {
                json.writeRaw('\n');
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonGenerator generator(Common common, OutputStream stream) throws IOException {
        if (common.format() == Format.YAML) {
            return YAMLFactory.builder()
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .disable(YAMLGenerator.Feature.SPLIT_LINES)
                    .build()
                    .createGenerator(stream);
        }
        JsonGenerator json = new JsonFactory().createGenerator(stream);
        if (common.pretty()) {
            DefaultIndenter lines = new DefaultIndenter("  ", "\n");
            Separators separators = Separators.createDefaultInstance()
                    .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                    .withArrayEmptySeparator("")
                    .withObjectEmptySeparator("");
            DefaultPrettyPrinter printer = new DefaultPrettyPrinter(separators);
            printer.indentArraysWith(lines);
            printer.indentObjectsWith(lines);
            json.setPrettyPrinter(printer);
        }
        return json;
    }

    private static void inputs(JsonGenerator json, Result result) throws IOException {
        json.writeArrayFieldStart("inputs");
        for (Result.Input input : result.inputs()) {
            json.writeStartObject();
            json.writeStringField("role", input.role());
            json.writeStringField("name", input.source().name());
            json.writeNumberField("size", input.source().length());
            json.writeStringField(
                    "sha256", input.source().digest(DigestAlgorithm.SHA256).hex());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void assumptions(JsonGenerator json, Result result) throws IOException {
        json.writeArrayFieldStart("assumptions");
        for (Assumption assumption : result.assumptions()) {
            json.writeStartObject();
            json.writeStringField("key", assumption.key());
            json.writeStringField("value", assumption.value());
            json.writeStringField("why", assumption.why());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void measurements(JsonGenerator json, Result result) throws IOException {
        json.writeArrayFieldStart("measurements");
        for (Result.Value value : result.values()) {
            json.writeStartObject();
            json.writeStringField("id", value.id());
            json.writeStringField("register", value.register().id());
            json.writeStringField("alg", value.digest().algorithm().id());
            json.writeStringField("value", value.digest().hex());
            json.writeStringField("status", value.status().id());
            json.writeStringField("evidence", value.evidence().name().toLowerCase(Locale.ROOT));
            json.writeFieldName("parameters");
            tree(json, value.parameters());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void events(JsonGenerator json, Result result, Optional<Detail> trace) throws IOException {
        json.writeArrayFieldStart("events");
        if (trace.isPresent()) {
            for (Result.Value value : result.values()) {
                value.measurement().replay(trace.get(), event -> {
                    try {
                        json.writeStartObject();
                        json.writeStringField("id", value.id());
                        json.writeStringField("name", event.name());
                        json.writeFieldName("details");
                        tree(json, event.details());
                        json.writeStringField("digest", event.digest().hex());
                        json.writeStringField("after", event.after().hex());
                        json.writeStringField("provenance", event.provenance().text());
                        json.writeStringField(
                                "evidence", event.evidence().name().toLowerCase(Locale.ROOT));
                        json.writeEndObject();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            }
        }
        json.writeEndArray();
    }

    private static void notPredictable(JsonGenerator json, Result result) throws IOException {
        json.writeArrayFieldStart("notPredictable");
        for (Result.Refusal refusal : result.refusals()) {
            json.writeStartObject();
            json.writeStringField("register", refusal.register().id());
            json.writeStringField("why", refusal.why());
            json.writeStringField("id", refusal.id());
            json.writeStringField("status", status(refusal.exit()));
            if (!refusal.hint().isEmpty()) {
                json.writeStringField("hint", refusal.hint());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static String status(ExitCode exit) {
        return switch (exit) {
            case NOT_LAUNCHABLE -> "not-launchable";
            case MALFORMED -> "malformed";
            case NOT_PREDICTABLE -> "not-predictable";
            default -> throw new AssertionError(exit);
        };
    }

    private static void warnings(JsonGenerator json, Result result) throws IOException {
        json.writeArrayFieldStart("warnings");
        for (Warning warning : result.warnings()) {
            json.writeStartObject();
            json.writeStringField("code", warning.code().name());
            json.writeStringField("text", warning.text());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** Text, whole numbers, truth values, and lists and maps of them. */
    private static void tree(JsonGenerator json, Object node) throws IOException {
        if (node instanceof Map<?, ?> map) {
            json.writeStartObject();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                json.writeFieldName((String) entry.getKey());
                tree(json, entry.getValue());
            }
            json.writeEndObject();
        } else if (node instanceof List<?> list) {
            json.writeStartArray();
            for (Object item : list) {
                tree(json, item);
            }
            json.writeEndArray();
        } else if (node instanceof Boolean truth) {
            json.writeBoolean(truth);
        } else if (node instanceof Number number) {
            json.writeNumber(number.longValue());
        } else if (node instanceof String text) {
            json.writeString(text);
        } else {
            throw new AssertionError(node);
        }
    }
}
