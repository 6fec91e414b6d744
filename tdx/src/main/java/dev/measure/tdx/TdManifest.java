package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * The manifest of td-shim-tee-info-hash: a JSON object with what a TDINFO_STRUCT holds besides registers, each the bytes as they lie
 * there in hexadecimal.
 *
 * @param attributes ATTRIBUTES
 * @param xfam XFAM
 * @param mrConfigId MRCONFIGID
 * @param mrOwner MROWNER
 * @param mrOwnerConfig MROWNERCONFIG
 */
public record TdManifest(TdAttributes attributes, long xfam, Digest mrConfigId, Digest mrOwner, Digest mrOwnerConfig) {
    private static final int MAX_FILE = 65536;

    /**
     * {@return the manifest in a file}
     *
     * @param source the file
     * @throws MalformedInputException if it is no JSON, or has not these five fields
     */
    public static TdManifest read(Source source) {
        return StrictJson.read(source, "manifest of td-shim-tee-info-hash", MAX_FILE, TdManifest::read);
    }

    private static TdManifest read(StrictJson json) throws IOException {
        Map<String, byte[]> fields = new TreeMap<>();
        json.object("manifest");
        while (json.field()) {
            String name = json.name();
            int length = switch (name) {
                case "attributes", "xfam" -> Long.BYTES;
                case "mrconfigid", "mrowner", "mrownerconfig" -> DigestAlgorithm.SHA384.length();
                default ->
                    throw json.malformed(
                            "one of attributes, xfam, mrconfigid, mrowner, mrownerconfig",
                            "the field " + StrictJson.shown(name));
            };
            String text = json.string(name);
            if (!text.matches("[0-9a-fA-F]{" + 2 * length + "}")) {
                throw json.malformed(name + " as " + 2 * length + " hexadecimal digits", StrictJson.shown(text));
            }
            fields.put(name, HexFormat.of().parseHex(text));
        }
        if (fields.size() != 5) {
            throw json.malformed(
                    "attributes, xfam, mrconfigid, mrowner and mrownerconfig", String.join(", ", fields.keySet()));
        }
        return new TdManifest(
                new TdAttributes(u64(fields.get("attributes"))),
                u64(fields.get("xfam")),
                Digest.of(DigestAlgorithm.SHA384, fields.get("mrconfigid")),
                Digest.of(DigestAlgorithm.SHA384, fields.get("mrowner")),
                Digest.of(DigestAlgorithm.SHA384, fields.get("mrownerconfig")));
    }

    private static long u64(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }
}
