package dev.measure.sign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Keys that OpenSSL 3.0 wrote ({@code genrsa -3}, {@code genpkey -algorithm X25519}, {@code ecparam -name secp256k1}). */
class VerificationKeyTest {
    /** SubjectPublicKeyInfo of RSA, exponent 3, which is its last byte. */
    private static final String RSA =
            "MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAz7Tx3eo9wF9Cdg0/NfDO/+g8SJWcDu977LVVuIaSMJFooEwUOigWV4rN"
                    + "mNPRc3mtg3n0Sn5sJdyKW9jTb2KPRMAbmi9zzCZEvO1qQycqrESTEenpyUakwqEQ4oyXcRlC77yU/be1rjoT8OTiTGZZ07ic/Qv0"
                    + "JkBxgTPnkKFoCXrKracRa8BFxbmQ30JzMpYnY82DZXQWuRleWIAcN1GBvVbwwko2guHhtBxBPjcS0B4M04JPNFlUK6ZbeWQxna0E"
                    + "tGEfjWdU5FI/zPwdDXeLm0L+RyAVU1nEHVNK7SmQL8dc4sCNdpGi/YwkRk1FxotO+6bpk4gZ/XZWT2w0AAb0UwIBAw==";

    /** RSAPublicKey (RFC 8017) of the same, which does not say that it is RSA. */
    private static final String RSA_ALONE =
            "MIIBCAKCAQEAz7Tx3eo9wF9Cdg0/NfDO/+g8SJWcDu977LVVuIaSMJFooEwUOigWV4rNmNPRc3mtg3n0Sn5sJdyKW9jTb2KPRMAb"
                    + "mi9zzCZEvO1qQycqrESTEenpyUakwqEQ4oyXcRlC77yU/be1rjoT8OTiTGZZ07ic/Qv0JkBxgTPnkKFoCXrKracRa8BFxbmQ30Jz"
                    + "MpYnY82DZXQWuRleWIAcN1GBvVbwwko2guHhtBxBPjcS0B4M04JPNFlUK6ZbeWQxna0EtGEfjWdU5FI/zPwdDXeLm0L+RyAVU1nE"
                    + "HVNK7SmQL8dc4sCNdpGi/YwkRk1FxotO+6bpk4gZ/XZWT2w0AAb0UwIBAw==";

    private static final String X25519 = "MCowBQYDK2VuAyEA3Y9M78Vg3ENmjW8o2Z3gZVHagkRGTnuVu0JfWP4HRXU=";
    private static final String SECP256K1 =
            "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAED9+xi0wCmnKGB2ZEh28CpjqCdhnp3eBtZ/J0OgerVApP1EL6g4q8189t6+cj0II2QFu5"
                    + "5o2fXUdwaXWu/7Wifg==";

    private static VerificationKey read(byte[] bytes) {
        return VerificationKey.read(Source.of("key", bytes));
    }

    private static byte[] decoded(String base64) {
        return Base64.getDecoder().decode(base64);
    }

    @Test
    void theExponentIsPositive() {
        byte[] key = decoded(RSA);
        assertEquals("RSA-2048", read(key).kind());
        key[key.length - 1] = (byte) 0xfd; // -3
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(key));
        assertTrue(e.getMessage().contains("odd public exponent"), e.getMessage());
    }

    @Test
    void otherKeysAreToldWhichAreTaken() {
        for (String other : new String[] {RSA_ALONE, X25519}) {
            MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(decoded(other)));
            assertTrue(e.getMessage().contains("Ed25519, Ed448 or RSA"), e.getMessage());
        }
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> read(decoded(SECP256K1)));
        assertTrue(e.getMessage().contains("P-256"), e.getMessage());
    }
}
