package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.corim.NsmDocument;
import dev.measure.snp.SnpEvidence;
import dev.measure.tdx.HclReport;
import dev.measure.tdx.TdQuote;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Evidence of hardware inside of what carries it: JSON of an attester, such as Trustee's evidence of Azure, with a report or quote as
 * hexadecimal, base64 or a list of bytes; or an attestation of dstack, in SCALE.
 *
 * @param field where it lies
 * @param content the report or quote
 */
record Envelope(String field, Source content) {
    /** Such files have 5 to 40 KB. */
    private static final int MAX_SIZE = 4 << 20;

    /** The smallest piece of evidence, TDREPORT, has 1024 bytes. */
    private static final int MIN_EVIDENCE = 1024;

    private static final int MAX_DEPTH = 8;

    /** dstack-attest: version 0, the kind of platform, then the evidence with its length as a compact number of SCALE. */
    private static final String[] DSTACK = {"TDX quote", "kind 1", "Nitro document", "SEV-SNP report"};

    /** {@return the evidence in a file; empty if the file is evidence itself, an answer of dstack's GetQuote, or something else} */
    static Optional<Envelope> of(Source file) {
        if (file.length() < MIN_EVIDENCE || file.length() > MAX_SIZE) {
            return Optional.empty();
        }
        if (!DstackQuote.is(file)) {
            return scale(file);
        }
        try {
            Object json =
                    DstackQuote.parse(file, "the evidence", new String(file.toByteArray(), StandardCharsets.UTF_8));
            return isGetQuote(json) ? Optional.empty() : best(file, json, "", 0);
        } catch (MalformedInputException otherwise) {
            return Optional.empty();
        }
    }

    /** {@return the evidence in a file, or the file if it carries none} */
    static Source open(Source file) {
        return of(file).map(Envelope::content).orElse(file);
    }

    private static boolean isGetQuote(Object json) {
        return json instanceof Map<?, ?> map
                && (map.containsKey("event_log")
                        || map.containsKey("vm_config")
                        || map.get("quote") instanceof String text && text.matches("[0-9a-fA-F]+"));
    }

    /** The first quote of a trust domain; else the first report: Azure's evidence has the quote that was made of the report in it. */
    private static Optional<Envelope> best(Source file, Object json, String path, int depth) {
        Optional<Envelope> first = Optional.empty();
        if (depth < MAX_DEPTH && json instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                String field = path.isEmpty() ? entry.getKey().toString() : path + "." + entry.getKey();
                Optional<Envelope> found = best(file, entry.getValue(), field, depth + 1);
                if (found.filter(envelope -> TdQuote.isQuote(envelope.content)).isPresent()) {
                    return found;
                }
                first = first.or(() -> found);
            }
            return first;
        }
        return bytes(json)
                .filter(bytes -> bytes.length >= MIN_EVIDENCE)
                .map(bytes -> Source.of(file.name() + " (" + path + ")", bytes))
                .flatMap(content -> isEvidence(content)
                        ? Optional.of(new Envelope(path, content))
                        : scale(content).map(inner -> new Envelope(path, inner.content)));
    }

    private static boolean isEvidence(Source content) {
        return TdQuote.isQuote(content)
                || HclReport.isHclReport(content)
                || SnpEvidence.looksLike(content)
                || NsmDocument.looksLike(content);
    }

    private static Optional<byte[]> bytes(Object json) {
        if (json instanceof List<?> list) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (Object each : list) {
                if (!(each instanceof Long number) || number < 0 || number > 0xff) {
                    return Optional.empty();
                }
                bytes.write(number.intValue());
            }
            return Optional.of(bytes.toByteArray());
        }
        if (!(json instanceof String text) || text.length() < MIN_EVIDENCE) {
            return Optional.empty();
        }
        try {
            if (text.length() % 2 == 0 && text.matches("[0-9a-fA-F]+")) {
                return Optional.of(HexFormat.of().parseHex(text));
            }
            return Optional.of(
                    (text.indexOf('-') >= 0 || text.indexOf('_') >= 0 ? Base64.getUrlDecoder() : Base64.getDecoder())
                            .decode(text));
        } catch (IllegalArgumentException otherwise) {
            return Optional.empty();
        }
    }

    private static Optional<Envelope> scale(Source file) {
        byte[] start = file.slice(0, Math.min(6, file.length())).toByteArray();
        if (start.length < 6 || start[0] != 0 || start[1] < 0 || start[1] >= DSTACK.length) {
            return Optional.empty();
        }
        // The two low bits say how wide the number is: 01 is two bytes, 10 is four; shorter ones are too small for
        // evidence.
        int mode = start[2] & 3;
        long length = mode == 1
                ? (start[2] & 0xff | (start[3] & 0xff) << 8) >> 2
                : ((start[2] & 0xffL) | (start[3] & 0xffL) << 8 | (start[4] & 0xffL) << 16 | (start[5] & 0xffL) << 24)
                        >> 2;
        int at = mode == 1 ? 4 : 6;
        if (mode != 1 && mode != 2 || length < MIN_EVIDENCE || length > file.length() - at) {
            return Optional.empty();
        }
        String field = "attestation of dstack, " + DSTACK[start[1]];
        Source content = Source.of(
                file.name() + " (" + field + ")", file.slice(at, length).toByteArray());
        return isEvidence(content) ? Optional.of(new Envelope(field, content)) : Optional.empty();
    }
}
