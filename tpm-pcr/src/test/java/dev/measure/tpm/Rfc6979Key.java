package dev.measure.tpm;

import dev.measure.Source;
import java.util.HexFormat;
import java.util.Optional;

/** The P-256 key of RFC 6979, appendix A.2.5, which everybody knows. */
final class Rfc6979Key {
    private static final String SEC1 =
            "30310201010420c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721a00a06082a8648ce3d030107";

    private Rfc6979Key() {}

    static PolicySigningKey key() {
        return PolicySigningKey.read(Source.of("key", HexFormat.of().parseHex(SEC1)), Optional.empty());
    }

    /** {@return its public half as SubjectPublicKeyInfo} */
    static byte[] publicKey() {
        return HexFormat.of()
                .parseHex("3059301306072a8648ce3d020106082a8648ce3d030107034200"
                        + "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                        + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    }
}
