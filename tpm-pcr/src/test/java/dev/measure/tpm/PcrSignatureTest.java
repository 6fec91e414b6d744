package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class PcrSignatureTest {
    private static final String HASH = "0123456789abcdef".repeat(4);
    private static final String POL = "\"pcrs\":[11],\"pol\":\"" + HASH + "\"";

    private static PcrSignature read(String text) {
        return PcrSignature.read(Source.of("sig.json", text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String of(String entry) {
        return "{\"sha256\":[{" + entry + "}]}";
    }

    @Test
    void takesTheNulThatEndsASectionAndTheBlanksThatPadOne() {
        PcrSignature plain = read(of(POL + ",\"sig\":\"AAAA\""));
        assertEquals(1, plain.banks().size());
        assertEquals(plain, read(of(POL + ",\"sig\":\"AAAA\"") + "\0"));
        assertEquals(plain, read(of(POL + ",\"sig\":\"AAAA\"") + "   \n"));
        assertThrows(MalformedInputException.class, () -> read(of(POL + ",\"sig\":\"AAAA\"") + "\0\0"));
    }

    @Test
    void anEmptyFileIsNone() {
        assertEquals(
                "sig.json: offset 0x0: expected PCR signatures (an object), found the end of the data", message(""));
    }

    @TestFactory
    Stream<DynamicTest> refusesEveryOtherForm() {
        Map<String, String> cases = new LinkedHashMap<>();
        cases.put("[]", "0x0: expected PCR signatures (an object), found an array");
        cases.put(
                "{\"md5\":[]}", "0x1: expected a bank: sha1, sha256, sha384, sha512 or sm3_256, found the field 'md5'");
        cases.put("{\"sha256\":{}}", "0xa: expected the entries of the bank (an array), found an object");
        cases.put("{\"sha256\":[1]}", "0xb: expected an entry (an object), found '1'");
        cases.put(of(""), "0xc: expected pcrs in the entry, found an entry without it");
        cases.put(of("\"pcrs\":[11]"), "0x17: expected pol in the entry, found an entry without it");
        cases.put(of("\"pcrs\":[24]"), "0x14: expected a PCR of 0..23, found 24");
        cases.put(of("\"pcrs\":[11,11]"), "0x17: expected PCRs in ascending order, found 11 after 11");
        cases.put(of("\"pcrs\":[]"), "0x14: expected at least one PCR, found none");
        cases.put(of("\"pcrs\":[1.0]"), "0x14: expected a PCR (a number), found '1.0'");
        cases.put(of("\"typo\":1"), "0xc: expected pcrs, pkfp, ref, pol, tbs or sig, found the field 'typo'");
        cases.put(of("\"pol\":\"00\""), "0x12: expected pol of 64 hexadecimal digits, found '00'");
        cases.put(of("\"ref\":\"\""), "0x12: expected a ref of at least one character, found an empty one");
        cases.put(of("\"sig\":\"AAA\""), "0x12: expected sig in base64, found 'AAA'");
        cases.put(of("\"sig\":\"AAB=\""), "0x12: expected sig in base64, found 'AAB='");
        cases.put(of("\"sig\":1"), "0x12: expected sig (a string), found '1'");
        cases.put(of(POL), "0x60: expected sig or tbs in the entry, found an entry without them");
        cases.put(
                of(POL + ",\"tbs\":\"" + "0".repeat(64) + "\""),
                "0xa9: expected tbs = pol, found another tbs at the end of the entry");
        cases.put("{\"sha256\":[]} x", "0xe: expected PCR signatures, found no JSON: Unrecognized token 'x'");
        return cases.entrySet().stream()
                .map(one -> dynamicTest(one.getKey(), () -> {
                    String found = message(one.getKey());
                    assertEquals(
                            "sig.json: offset " + one.getValue(),
                            found.substring(
                                    0, Math.min(found.length(), ("sig.json: offset " + one.getValue()).length())));
                }));
    }

    /** Found by fuzzing: the JSON parser takes a NUL for UTF-16 or UTF-32. */
    @Test
    void refusesOtherEncodingsThanUtf8() {
        assertEquals(
                "sig.json: offset 0x0: expected PCR signatures in UTF-8 without byte order mark, found the byte 0x00",
                message("\0\0\u0007\0\u0004"));
        assertEquals(
                "sig.json: offset 0x0: expected PCR signatures in UTF-8 without byte order mark, found the byte 0xef",
                message("\ufeff{}"));
    }

    @Test
    void refusesABankThatStandsTwice() {
        assertEquals(
                "expected each field once, found the field 'sha1'",
                message("{\"sha1\":[],\"sha1\":[]}").replaceAll("^sig.json: offset 0x[0-9a-f]+: ", ""));
    }

    private static String message(String text) {
        return assertThrows(MalformedInputException.class, () -> read(text)).getMessage();
    }
}
