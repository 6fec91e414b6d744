package dev.measure.eventlog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.commons.codec.binary.Hex;

/**
 * Writes CEL-JSON as systemd-pcrlock does, one record a line, with the Spec ID event as record 0 so that reading it gives the log again
 * (TCG Canonical Event Log Format 1.0, section 5.3).
 */
final class CelJsonWriter {
    private CelJsonWriter() {}

    static void write(EventLog log, OutputStream out) throws IOException {
        JsonFactory factory = JsonFactory.builder()
                .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
                .build();
        try (JsonGenerator json = factory.createGenerator(out)) {
            json.writeStartArray();
            for (TcgEvent event : log.events()) {
                json.writeRaw('\n');
                record(event, json);
            }
            json.writeRaw('\n');
            json.writeEndArray();
            json.writeRaw('\n');
        }
    }

    private static void record(TcgEvent event, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeNumberField("pcr", event.registerIndex());
        json.writeNumberField("recnum", event.number());
        json.writeArrayFieldStart("digests");
        for (TcgEvent.TaggedDigest digest : event.digests()) {
            json.writeStartObject();
            if (Bank.idOf(digest.algorithmName()) >= 0) {
                json.writeStringField("hashAlg", digest.algorithmName());
            } else {
                json.writeNumberField("hashAlg", digest.algorithmId());
            }
            json.writeStringField("digest", digest.hex());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeStringField("content_type", "pcclient_std");
        json.writeObjectFieldStart("content");
        if (event.type().name().isPresent()) {
            json.writeStringField("event_type", event.type().text());
        } else {
            json.writeNumberField("event_type", event.type().value());
        }
        if (event.dataKnown()) {
            json.writeStringField("event_data", Hex.encodeHexString(event.data().toByteArray()));
        } else {
            json.writeNullField("event_data");
        }
        json.writeEndObject();
        json.writeEndObject();
    }
}
