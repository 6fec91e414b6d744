package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.parse.StrictJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.codec.binary.Hex;

/** Reads {@link PcrSignature}, strictly: what is signed must follow from what stands beside it. */
final class PcrSignatureReader {
    private static final String WHAT = "PCR signatures";
    private static final String BANKS = "sha1, sha256, sha384, sha512 or sm3_256";

    private PcrSignatureReader() {}

    static PcrSignature read(Source source) {
        return StrictJson.read(withoutNul(source), WHAT, json -> {
            Map<DigestAlgorithm, List<PcrSignature.Entry>> banks = new LinkedHashMap<>();
            json.object(WHAT);
            while (json.field()) {
                DigestAlgorithm bank = bank(json);
                List<PcrSignature.Entry> entries = new ArrayList<>();
                json.array("the entries of the bank");
                while (json.element("an entry")) {
                    entries.add(entry(json));
                }
                banks.put(bank, entries);
            }
            return new PcrSignature(banks);
        });
    }

    /** UAPI.5 has the section end in a NUL; ukify writes none. */
    private static Source withoutNul(Source source) {
        long length = source.length();
        if (length > 0 && source.slice(length - 1, 1).toByteArray()[0] == 0) {
            length--;
        }
        return source.slice(0, length);
    }

    private static DigestAlgorithm bank(StrictJson json) throws IOException {
        for (DigestAlgorithm algorithm : DigestAlgorithm.values()) {
            if (algorithm.id().equals(json.name())) {
                return algorithm;
            }
        }
        throw json.malformed("a bank: " + BANKS, "the field " + StrictJson.shown(json.name()));
    }

    private static PcrSignature.Entry entry(StrictJson json) throws IOException {
        List<Integer> pcrs = List.of();
        Optional<Digest> pkfp = Optional.empty();
        Optional<String> ref = Optional.empty();
        Optional<Digest> pol = Optional.empty();
        Optional<String> tbs = Optional.empty();
        Optional<String> sig = Optional.empty();
        while (json.field()) {
            switch (json.name()) {
                case "pcrs" -> pcrs = pcrs(json);
                case "pkfp" -> pkfp = Optional.of(sha256(json, "pkfp"));
                case "ref" -> ref = Optional.of(ref(json));
                case "pol" -> pol = Optional.of(sha256(json, "pol"));
                case "tbs" -> tbs = Optional.of(json.string("tbs"));
                case "sig" -> sig = Optional.of(base64(json));
                default ->
                    throw json.malformed(
                            "pcrs, pkfp, ref, pol, tbs or sig", "the field " + StrictJson.shown(json.name()));
            }
        }
        if (pcrs.isEmpty()) {
            throw json.malformed("pcrs in the entry", "an entry without it");
        }
        if (pol.isEmpty()) {
            throw json.malformed("pol in the entry", "an entry without it");
        }
        if (sig.isEmpty() && tbs.isEmpty()) {
            throw json.malformed("sig or tbs in the entry", "an entry without them");
        }
        PcrSignature.Entry entry = new PcrSignature.Entry(pcrs, pkfp, ref, pol.get(), tbs.isPresent(), sig);
        String signed = Hex.encodeHexString(entry.toBeSigned());
        if (tbs.isPresent() && !tbs.get().equalsIgnoreCase(signed)) {
            throw json.malformed(
                    "tbs = " + (ref.isEmpty() ? "pol" : "pol || SHA-256(ref)"), "another tbs at the end of the entry");
        }
        return entry;
    }

    private static List<Integer> pcrs(StrictJson json) throws IOException {
        List<Integer> pcrs = new ArrayList<>();
        json.array("pcrs");
        while (json.numberElement("a PCR")) {
            int pcr = json.number("a PCR", PcrPolicy.LAST_PCR);
            if (!pcrs.isEmpty() && pcr <= pcrs.get(pcrs.size() - 1)) {
                throw json.malformed("PCRs in ascending order", pcr + " after " + pcrs.get(pcrs.size() - 1));
            }
            pcrs.add(pcr);
        }
        if (pcrs.isEmpty()) {
            throw json.malformed("at least one PCR", "none");
        }
        return pcrs;
    }

    private static String ref(StrictJson json) throws IOException {
        String ref = json.string("ref");
        if (ref.isEmpty()) {
            throw json.malformed("a ref of at least one character", "an empty one");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(ref)) {
            throw json.malformed("a ref of whole characters", "half of a surrogate pair");
        }
        return ref;
    }

    private static Digest sha256(StrictJson json, String field) throws IOException {
        String hex = json.string(field);
        try {
            return Digest.parse(DigestAlgorithm.SHA256, hex);
        } catch (IllegalArgumentException e) {
            throw json.malformed(field + " of 64 hexadecimal digits", StrictJson.shown(hex));
        }
    }

    private static String base64(StrictJson json) throws IOException {
        String text = json.string("sig");
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            // one spelling only: no bits behind the last byte, and the padding that systemd writes
            if (bytes.length > 0 && Base64.getEncoder().encodeToString(bytes).equals(text)) {
                return text;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw json.malformed("sig in base64", StrictJson.shown(text));
    }
}
