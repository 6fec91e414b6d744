package dev.measure.sign;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A JSON Web Key of type EC (RFC 7517; RFC 7518, section 6.2). Members that say what it is for are passed over. Of the types RSA
 * (section 6.3) and OKP (RFC 8037) there are public keys only.
 *
 * @param curve the curve
 * @param point the public key, uncompressed: 04 || x || y
 * @param d the private key, if it has one
 */
record JsonWebKey(EcCurve curve, byte[] point, Optional<BigInteger> d) {
    /** A key takes less than 400 bytes; with a chain of certificates (x5c) some thousands. */
    private static final int MAX_FILE = 1 << 16;

    /** {@return whether a file is JSON rather than PEM or DER} */
    static boolean is(Source source) {
        if (source.length() == 0 || source.length() > MAX_FILE) {
            return false;
        }
        for (byte b : source.toByteArray()) {
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return b == '{';
            }
        }
        return false;
    }

    static JsonWebKey read(Source source) {
        Map<String, String> members = members(source);
        if (!"EC".equals(members.get("kty"))) {
            throw malformed(source, "a JSON Web Key of type EC", "another type");
        }
        EcCurve curve = EcCurve.of(members.getOrDefault("crv", ""))
                .orElseThrow(() -> malformed(source, "a JSON Web Key on P-256, P-384 or P-521", "another curve"));
        byte[] x = number(source, members, "x", curve);
        byte[] y = number(source, members, "y", curve);
        byte[] point = new byte[1 + x.length + y.length];
        point[0] = 4;
        System.arraycopy(x, 0, point, 1, x.length);
        System.arraycopy(y, 0, point, 1 + x.length, y.length);
        return new JsonWebKey(
                curve,
                point,
                members.containsKey("d")
                        ? Optional.of(new BigInteger(1, number(source, members, "d", curve)))
                        : Optional.empty());
    }

    static VerificationKey verificationKey(Source source) {
        Map<String, String> members = members(source);
        switch (members.getOrDefault("kty", "")) {
            case "RSA":
                return VerificationKeyFile.rsa(
                        source,
                        new BigInteger(1, bytes(source, members, "n")),
                        new BigInteger(1, bytes(source, members, "e")));
            case "OKP":
                for (EdwardsPublicKey.Curve curve : EdwardsPublicKey.Curve.values()) {
                    if (curve.title().equals(members.get("crv"))) {
                        return EdwardsPublicKey.of(source, curve, bytes(source, members, "x"));
                    }
                }
                throw malformed(source, "a JSON Web Key on Ed25519 or Ed448", "another curve");
            case "EC":
                return EcPublicKey.read(source);
            default:
                throw malformed(source, "a JSON Web Key of type EC, OKP or RSA", "another type");
        }
    }

    private static byte[] bytes(Source source, Map<String, String> members, String name) {
        try {
            return Base64.getUrlDecoder().decode(members.getOrDefault(name, ""));
        } catch (IllegalArgumentException e) {
            throw malformed(source, "\"" + name + "\" in base64url", "another value");
        }
    }

    private static byte[] number(Source source, Map<String, String> members, String name, EcCurve curve) {
        String text = members.getOrDefault(name, "");
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            if (bytes.length == curve.length()) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // The message of the exception could quote the key.
        }
        throw malformed(source, "\"" + name + "\" with " + curve.length() + " bytes in base64url", "another value");
    }

    private static Map<String, String> members(Source source) {
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(4)
                        .maxNameLength(64)
                        .build())
                .build();
        Map<String, String> members = new TreeMap<>();
        try (JsonParser parser = factory.createParser(source.toByteArray())) {
            parser.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.VALUE_STRING) {
                    members.put(name, parser.getText());
                } else {
                    parser.skipChildren();
                }
            }
            if (parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null) {
                return members;
            }
        } catch (IOException e) {
            // The message of the exception could quote the key.
        }
        throw malformed(source, "a JSON Web Key", "no JSON, or something else");
    }

    private static MalformedInputException malformed(Source source, String expected, String found) {
        return new MalformedInputException(source.name(), source.start(), expected, found, "");
    }
}
