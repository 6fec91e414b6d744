package dev.measure.tdx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

final class EvidenceFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesAQuote(byte[] data) {
        // A quote by rule with what the fuzzer says over it, since it would not find the lengths by itself.
        byte[] quote = quote();
        for (int i = 0; i + 2 < data.length; i += 3) {
            quote[((data[i] & 0xff) | (data[i + 1] & 0xff) << 8) % quote.length] = data[i + 2];
        }
        check(quote);
        check(data);
    }

    private static byte[] quote() {
        byte[] chain = ("-----BEGIN CERTIFICATE-----\nMIIBAA==\n-----END CERTIFICATE-----\n")
                .repeat(2)
                .getBytes(StandardCharsets.US_ASCII);
        int inner = 384 + 64 + 2 + 32 + 6 + chain.length;
        ByteBuffer out = ByteBuffer.allocate(48 + 584 + 4 + 64 + 64 + 6 + inner).order(ByteOrder.LITTLE_ENDIAN);
        out.putShort((short) 4).putShort((short) 2).putInt(0x81).position(48 + 584);
        out.putInt(64 + 64 + 6 + inner).position(48 + 584 + 4 + 128);
        out.putShort((short) 6).putInt(inner).position(48 + 584 + 4 + 134 + 448);
        out.putShort((short) 32).position(out.position() + 32);
        return out.putShort((short) 5).putInt(chain.length).put(chain).array();
    }

    private static void check(byte[] data) {
        try {
            TdQuote quote = TdQuote.read(Source.of("fuzz", data));
            quote.verify(Optional.empty());
            TdExpectation.ofMrtd(Map.of()).check(quote);
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }

    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesAReport(byte[] data) {
        try {
            Source source = Source.of("fuzz", data);
            if (HclReport.isHclReport(source)) {
                HclReport.read(source).verify();
            }
            TdReport.read(source).verify();
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }

    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesACcelTable(byte[] data) {
        try {
            CcelTable.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }

    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesAcpiTables(byte[] data) {
        try {
            AcpiBlobs blobs = AcpiBlobs.of(Source.of("fuzz", data), Optional.empty(), Optional.empty());
            if (blobs.loader().length() % 4096 != 0 || blobs.rsdp().length() != 20) {
                throw new AssertionError("wrong sizes");
            }
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }
}
