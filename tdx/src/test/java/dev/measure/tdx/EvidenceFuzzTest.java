package dev.measure.tdx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.Map;
import java.util.Optional;

final class EvidenceFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesAQuote(byte[] data) {
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
