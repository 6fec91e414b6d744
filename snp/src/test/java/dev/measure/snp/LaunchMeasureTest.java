package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.IOException;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class LaunchMeasureTest {
    private static final byte[] KEY = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");
    private static final byte[] NONCE = HexFormat.of().parseHex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");

    @TestFactory
    Stream<DynamicTest> sevTool() throws IOException {
        return LaunchVectors.rows(LaunchVectors.PEERS, "launch_measure_hmac")
                .map(row -> DynamicTest.dynamicTest(row.get("path").asText(), () -> {
                    byte[] tik = HexFormat.of().parseHex(row.get("tik").asText());
                    byte[] nonce = HexFormat.of().parseHex(row.get("mnonce").asText());
                    LaunchMeasure measure = LaunchMeasure.of(
                            LaunchMeasure.Tik.read(Source.of("tik.bin", tik)),
                            Digest.parse(
                                    DigestAlgorithm.SHA256,
                                    row.get("launch_digest").asText()),
                            nonce,
                            new LaunchMeasure.Api(
                                    row.get("api_major").asInt(),
                                    row.get("api_minor").asInt(),
                                    row.get("build_id").asInt()),
                            row.get("policy").asLong());
                    assertEquals(row.get("expected").asText(), measure.hmac().hex());
                    assertEquals(
                            row.get("expected").asText() + row.get("mnonce").asText(),
                            HexFormat.of().formatHex(measure.toByteArray()));
                }));
    }

    /** The message is written out by hand, byte for byte as the API lists it, and keyed by another implementation of HMAC. */
    @Test
    void keysTheMessageOfBothApiGenerations() {
        Digest digest = Digest.parse(DigestAlgorithm.SHA256, "aa".repeat(32));
        String tail = "67452301" + "aa".repeat(32) + "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
        assertEquals(hmac("04001107" + tail), of(digest, new LaunchMeasure.Api(0, 17, 7)));
        assertEquals(hmac("04010207" + tail), of(digest, new LaunchMeasure.Api(1, 2, 7)));
        assertEquals(hmac(tail), of(digest, new LaunchMeasure.Api(0, 16, 7)));
    }

    private static String of(Digest digest, LaunchMeasure.Api api) {
        LaunchMeasure.Tik tik = LaunchMeasure.Tik.read(Source.of("tik.bin", KEY));
        return LaunchMeasure.of(tik, digest, NONCE, api, 0x01234567L).hmac().hex();
    }

    private static String hmac(String message) {
        byte[] bytes = HexFormat.of().parseHex(message);
        HMac mac = new HMac(new SHA256Digest());
        mac.init(new KeyParameter(KEY));
        mac.update(bytes, 0, bytes.length);
        byte[] out = new byte[32];
        mac.doFinal(out, 0);
        return HexFormat.of().formatHex(out);
    }

    @Test
    void refusesAKeyOfAnotherLengthWithoutShowingIt() {
        MalformedInputException e = assertThrows(
                MalformedInputException.class, () -> LaunchMeasure.Tik.read(Source.of("tmp_tk.bin", new byte[32])));
        assertEquals(
                "tmp_tk.bin: offset 0x10: expected a transport integrity key of 16 bytes, found 32 bytes",
                e.getMessage());
        assertEquals("sev-tool's tmp_tk.bin holds TEK and TIK: the TIK is its second half", e.hint());
        assertFalse(LaunchMeasure.Tik.read(Source.of("k", KEY)).toString().contains("0"));
    }

    @Test
    void refusesWhatIsOutOfRange() {
        LaunchMeasure.Tik tik = LaunchMeasure.Tik.read(Source.of("k", KEY));
        Digest digest = Digest.zero(DigestAlgorithm.SHA256);
        LaunchMeasure.Api api = new LaunchMeasure.Api(0, 17, 7);
        assertThrows(IllegalArgumentException.class, () -> new LaunchMeasure.Api(0, 256, 0));
        assertThrows(IllegalArgumentException.class, () -> LaunchMeasure.of(tik, digest, new byte[15], api, 0));
        assertThrows(IllegalArgumentException.class, () -> LaunchMeasure.of(tik, digest, NONCE, api, -1));
        assertThrows(
                IllegalArgumentException.class,
                () -> LaunchMeasure.of(tik, Digest.zero(DigestAlgorithm.SHA384), NONCE, api, 0));
    }
}
