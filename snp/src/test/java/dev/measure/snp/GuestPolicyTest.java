package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Guest policies by number and by name; the bits are those of the specification's table. */
class GuestPolicyTest {
    @Test
    void readsNumbersAndNames() {
        assertEquals(0x30000, GuestPolicy.parse("0x30000").bits());
        assertEquals(0x30000, GuestPolicy.parse("196608").bits());
        assertEquals(0x30000, GuestPolicy.parse("SMT").bits());
        assertEquals(0xb0000, GuestPolicy.parse("smt+debug").bits());
        assertEquals(0x3001f, GuestPolicy.parse("ABI=0.31+SMT").bits());
        assertEquals(0x20137, GuestPolicy.parse("abi=1.55").bits());
        assertEquals(
                0x3ff0000,
                GuestPolicy.parse(String.join("+", GuestPolicy.allNames())).bits());
        assertEquals(-1L, GuestPolicy.parse("0xffffffffffffffff").bits());
    }

    @Test
    void saysWhatThePolicyAllows() {
        assertEquals("0x30000 (ABI 0.0, SMT)", GuestPolicy.DEFAULT.text());
        assertEquals("0x3001f (ABI 0.31, SMT)", new GuestPolicy(0x3001f).text());
        assertEquals(
                "0x3fc0000 (ABI 0.0, MIGRATE_MA, DEBUG, SINGLE_SOCKET, CXL_ALLOW, MEM_AES_256_XTS, RAPL_DIS,"
                        + " CIPHERTEXT_HIDING_DRAM, PAGE_SWAP_DISABLE, bit 17 is clear, it must be one)",
                new GuestPolicy(0x3fc0000).text());
        assertEquals(Optional.of("reserved bits 26..63 are not zero"), new GuestPolicy(0x4020000).fault());
        assertEquals(List.of("bit26"), new GuestPolicy(0x4020000).names());
    }

    @Test
    void refusesWhatIsNoPolicy() {
        assertEquals("a guest policy must be a number or names, got an empty text", refusal(" "));
        assertEquals("a guest policy must be 0..0xffffffffffffffff, got '-1'", refusal("-1"));
        assertEquals(
                "a guest policy must be 0..0xffffffffffffffff, got '0x10000000000000000'",
                refusal("0x10000000000000000"));
        assertEquals("a guest policy must be a number or names, got '0x'", refusal("0x"));
        assertEquals(
                "unknown word 'SMTX' in a guest policy: known are ABI=major.minor and SMT, MIGRATE_MA, DEBUG,"
                        + " SINGLE_SOCKET, CXL_ALLOW, MEM_AES_256_XTS, RAPL_DIS, CIPHERTEXT_HIDING_DRAM,"
                        + " PAGE_SWAP_DISABLE",
                refusal("SMTX"));
    }

    private static String refusal(String text) {
        return assertThrows(IllegalArgumentException.class, () -> GuestPolicy.parse(text))
                .getMessage();
    }
}
