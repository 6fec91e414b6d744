package dev.measure.vectors;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Checks JSON against the few keywords of JSON Schema 2020-12 that the schemas here use. A keyword that it does not know is a
 * failure, not a pass.
 */
final class JsonSchema {
    private static final Set<String> KNOWN = Set.of(
            "$schema",
            "title",
            "type",
            "enum",
            "pattern",
            "minLength",
            "minimum",
            "items",
            "minItems",
            "properties",
            "required",
            "additionalProperties",
            "propertyNames");

    private JsonSchema() {}

    /** {@return what is wrong, each with its place; empty if nothing is} */
    static List<String> violations(JsonNode schema, JsonNode value) {
        List<String> found = new ArrayList<>();
        check(schema, value, "$", found);
        return found;
    }

    private static void check(JsonNode schema, JsonNode value, String at, List<String> found) {
        schema.fieldNames().forEachRemaining(keyword -> {
            if (!KNOWN.contains(keyword)) {
                found.add(at + ": the schema has an unknown keyword " + keyword);
            }
        });
        if (schema.has("type") && !isA(value, schema.get("type").asText())) {
            found.add(at + ": not of type " + schema.get("type").asText());
            return;
        }
        if (schema.has("enum")) {
            boolean listed = false;
            for (JsonNode allowed : schema.get("enum")) {
                listed |= allowed.equals(value);
            }
            require(listed, at + ": " + value + " is not listed", found);
        }
        if (schema.has("pattern")) {
            boolean matches = Pattern.compile(schema.get("pattern").asText())
                    .matcher(value.asText())
                    .find();
            require(matches, at + ": " + value + " does not match " + schema.get("pattern"), found);
        }
        if (schema.has("minLength")) {
            require(value.asText().length() >= schema.get("minLength").asInt(), at + ": too short", found);
        }
        if (schema.has("minimum")) {
            require(value.asLong() >= schema.get("minimum").asLong(), at + ": too small", found);
        }
        if (schema.has("minItems")) {
            require(value.size() >= schema.get("minItems").asInt(), at + ": too few", found);
        }
        if (schema.has("items")) {
            for (int i = 0; i < value.size(); i++) {
                check(schema.get("items"), value.get(i), at + "[" + i + "]", found);
            }
        }
        checkMembers(schema, value, at, found);
    }

    private static void checkMembers(JsonNode schema, JsonNode value, String at, List<String> found) {
        for (JsonNode name : schema.path("required")) {
            require(value.has(name.asText()), at + ": lacks " + name.asText(), found);
        }
        value.properties().forEach(member -> {
            String place = at + "." + member.getKey();
            if (schema.has("propertyNames")) {
                String pattern = schema.get("propertyNames").get("pattern").asText();
                require(Pattern.matches(pattern, member.getKey()), place + ": bad name", found);
            }
            JsonNode known = schema.path("properties").path(member.getKey());
            JsonNode others = schema.path("additionalProperties");
            if (!known.isMissingNode()) {
                check(known, member.getValue(), place, found);
            } else if (others.isObject()) {
                check(others, member.getValue(), place, found);
            } else if (value.isObject() && schema.has("type")) {
                require(others.isBoolean() && others.asBoolean(), place + ": unknown member", found);
            }
        });
    }

    private static boolean isA(JsonNode value, String type) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "integer" -> value.isIntegralNumber();
            case "boolean" -> value.isBoolean();
            default -> false;
        };
    }

    private static void require(boolean holds, String otherwise, List<String> found) {
        if (!holds) {
            found.add(otherwise);
        }
    }
}
