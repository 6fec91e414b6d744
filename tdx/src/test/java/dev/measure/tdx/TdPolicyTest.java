package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Quotes of real machines with bits of ATTRIBUTES that a guest should not have. */
final class TdPolicyTest {
    private static final int BODY = 48;
    private static final int SEAMATTRIBUTES = BODY + 112;
    private static final int ATTRIBUTES = BODY + 120;
    private static final int MRTD = BODY + 136;

    private static Optional<byte[]> quote() throws IOException {
        Optional<Path> file = Shared.file("vectors/tdx/evidence/quotes/tdx_quote_6.dat");
        return file.isEmpty() ? Optional.empty() : Optional.of(Files.readAllBytes(file.get()));
    }

    private static List<String> objections(byte[] quote, Map<String, String> policy) {
        String mrtd = HexFormat.of().formatHex(Arrays.copyOfRange(quote, MRTD, MRTD + 48));
        return golden(mrtd, policy)
                .check(TdQuote.read(Source.of("quote", quote)))
                .objections();
    }

    private static GoldenValues golden(String mrtd, Map<String, String> policy) {
        return new GoldenValues(
                "",
                List.of(),
                List.of(),
                List.of(),
                Map.of("tdx", policy),
                List.of(GoldenValue.of("mrtd", Digest.parse(DigestAlgorithm.SHA384, mrtd))),
                List.of());
    }

    private static byte[] with(byte[] quote, int at, int bits) {
        byte[] changed = quote.clone();
        changed[at] |= (byte) bits;
        return changed;
    }

    @Test
    void takesAQuoteOfARealMachine() throws IOException {
        quote().ifPresent(quote -> assertEquals(List.of(), objections(quote, Map.of())));
    }

    /** Intel TDX Module ABI Specification, ATTRIBUTES: with any bit of the group TUD, 7:0, the TD is untrusted. */
    @Test
    void refusesEachBitOfTheGroupTud() throws IOException {
        Optional<byte[]> quote = quote();
        for (int bit = 0; bit < 8 && quote.isPresent(); bit++) {
            byte[] watched = with(quote.get(), ATTRIBUTES, 1 << bit);
            assertEquals(
                    List.of("ATTRIBUTES." + (bit == 0 ? "DEBUG" : "TUD")
                            + ": expected 0, found 1: the host can read and change the TD"),
                    objections(watched, Map.of()));
            assertEquals(List.of(), objections(watched, Map.of("allow-debug", "true")));
            String exact = "0x" + Long.toHexString(0x10000000L | 1 << bit);
            assertEquals(List.of(), objections(watched, Map.of("attributes", exact)));
        }
    }

    @Test
    void refusesATdThatAServiceTdMayTakeElsewhereUnlessThePolicyHasTheBit() throws IOException {
        Optional<byte[]> quote = quote();
        if (quote.isPresent()) {
            byte[] movable = with(quote.get(), ATTRIBUTES + 3, 0x20);
            List<String> refused =
                    List.of("ATTRIBUTES.MIGRATABLE: expected 0, found 1: a service TD can take the TD elsewhere");
            assertEquals(refused, objections(movable, Map.of()));
            assertEquals(refused, objections(movable, Map.of("allow-debug", "true")));
            assertEquals(refused, objections(movable, Map.of("attributes-set", "0x10000000")));
            assertEquals(List.of(), objections(movable, Map.of("attributes-set", "0x20000000")));
            assertEquals(List.of(), objections(movable, Map.of("attributes", "0x30000000")));
        }
    }

    @Test
    void refusesATdxModuleThatIsNoProductionOne() throws IOException {
        Optional<byte[]> quote = quote();
        if (quote.isPresent()) {
            assertEquals(
                    List.of(
                            "SEAMATTRIBUTES: expected 0, found 0x0000000000000001: a TDX module that is no production one"),
                    objections(with(quote.get(), SEAMATTRIBUTES, 1), Map.of("allow-debug", "true")));
        }
    }

    /** Intel TDX DCAP Quoting Library API, TD report body of TDX 1.5: TEE_TCB_SVN_2 at 584, MRSERVICETD at 600. */
    @Test
    void comparesWhatOnlyTdx15Shows() throws IOException {
        Optional<Path> file = Shared.file("vectors/tdx/evidence/quotes/quote_v5_sample.dat");
        Optional<byte[]> older = quote();
        if (file.isEmpty() || older.isEmpty()) {
            return;
        }
        byte[] quote = Files.readAllBytes(file.get());
        int body = BODY + 6;
        String mrtd = HexFormat.of().formatHex(Arrays.copyOfRange(quote, body + 136, body + 184));
        String zero = "00".repeat(48);
        String service = "5e" + "00".repeat(47);
        assertEquals(List.of(), fifteen(quote, mrtd, Map.of("mrservicetd", zero)));
        assertEquals(
                List.of("MRSERVICETD: expected " + service + ", found " + zero),
                fifteen(quote, mrtd, Map.of("mrservicetd", service)));
        assertEquals(
                List.of("MRSERVICETD: expected " + zero + ", found " + service),
                fifteen(with(quote, body + 600, 0x5e), mrtd, Map.of("mrservicetd", zero)));
        String least = "0d0104" + "00".repeat(13);
        assertEquals(List.of(), fifteen(quote, mrtd, Map.of("min-tee-tcb-svn-2", least)));
        assertEquals(
                List.of("TEE_TCB_SVN_2: expected at least 0e0104" + "00".repeat(13) + " in each byte, found " + least),
                fifteen(quote, mrtd, Map.of("min-tee-tcb-svn-2", "0e0104" + "00".repeat(13))));
        assertEquals(List.of(), fifteen(quote, mrtd, Map.of("xfam-set", "0x3", "xfam-clear", "0x8")));
        assertEquals(
                List.of("XFAM: expected clear: 0x0000000000000003, found 0x00000000000602e7"),
                fifteen(quote, mrtd, Map.of("xfam-clear", "0x3")));
        assertEquals(
                List.of("MRSERVICETD: expected " + zero + ", found none: the quote is of TDX 1.0"),
                objections(older.get(), Map.of("mrservicetd", zero)));
        assertEquals(
                List.of("TEE_TCB_SVN_2: expected at least " + "00".repeat(16)
                        + " in each byte, found none: the quote is of TDX 1.0"),
                objections(older.get(), Map.of("min-tee-tcb-svn-2", "00".repeat(16))));
    }

    private static List<String> fifteen(byte[] quote, String mrtd, Map<String, String> policy) {
        return golden(mrtd, policy)
                .check(TdQuote.read(Source.of("quote", quote)))
                .objections();
    }
}
