package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** RFC 6979, appendix A.2.5: P-256, SHA-256, the messages "sample" and "test". */
class Rfc6979Test {
    @Test
    void signaturesAreThoseOfTheStandard() {
        assertEquals(
                "3046"
                        + "022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                        + "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
                signed("sample"));
        assertEquals(
                "3045"
                        + "022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
                        + "0220019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
                signed("test"));
    }

    @Test
    void thePublicHalfIsThatOfTheStandard() {
        assertEquals(
                PolicyPublicKey.read(Source.of("spki", Rfc6979Key.publicKey())),
                Rfc6979Key.key().publicKey());
    }

    private static String signed(String message) {
        return HexFormat.of()
                .formatHex(Rfc6979Key.key().sign(DigestAlgorithm.SHA256, message.getBytes(StandardCharsets.US_ASCII)));
    }
}
