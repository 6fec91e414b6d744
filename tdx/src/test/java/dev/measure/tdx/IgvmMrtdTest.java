package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.igvm.IgvmFile;
import dev.measure.vectors.IgvmFileWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** MRTD of IGVM files. The values are those of the igvm crate, microsoft/igvm e6c3ff1. */
final class IgvmMrtdTest {
    private static final long SNP = 1;
    private static final long TDX = 2;
    private static final String FIRST_PAGE =
            "e3024362f5241449c373a186243b2ea4cf82271814e51153d89c4148c6f1d56d84106ee29cfcab464e1a5653ebf3eb9d";
    private static final String ALL =
            "b76bdf2718c64acfb9b957930a851d4a37b6e803f36ae5c93b4582158a3c6c07223cfe34d5e54aeda1bd197b975455f7";

    private static byte[] pattern(int seed) {
        byte[] bytes = new byte[4096];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8) * 17 + seed);
        }
        return bytes;
    }

    private static IgvmFileWriter both() {
        return IgvmFileWriter.igvm().platform(SNP, 2).platform(TDX, 3);
    }

    private static IgvmFile read(IgvmFileWriter writer) {
        return IgvmFile.read(Source.of("t.igvm", writer.build()));
    }

    private static Measurement measured(IgvmFileWriter writer) {
        return assertInstanceOf(Prediction.Predicted.class, IgvmMrtd.of(read(writer)))
                .measurement();
    }

    private static IgvmFileWriter full() {
        return both().parameterArea(0x3000, 0)
                .page(0x1000, TDX, pattern(1), 0, 0)
                .page(0x2000, SNP | TDX, pattern(2), 0, 0)
                .page(0x3000, TDX, new byte[0], 0, 0)
                .page(0x4000, TDX, pattern(3), 2, 0) // unmeasured
                .page(0x5000, TDX, pattern(4), 4, 0) // shared
                .page(0x6000, SNP, pattern(5), 0, 0)
                .context(0x7000, SNP, pattern(6), 0)
                .requiredMemory(0x8000, TDX, 0x1000)
                .parameterInsert(0x10000, TDX, 0)
                .page(0x13000, TDX, pattern(7), 0, 0);
    }

    @Test
    void addsAndExtendsThePagesOfThePlatform() {
        assertEquals(
                FIRST_PAGE,
                measured(both().page(0x1000, TDX, pattern(1), 0, 0)).value().hex());
        assertEquals(ALL, measured(full()).value().hex());
    }

    @Test
    void thePlatformHasTheMaskThatTheFileGivesIt() {
        // The same pages under other masks.
        IgvmFileWriter swapped = IgvmFileWriter.igvm()
                .platform(4, 3)
                .platform(1, 2)
                .page(0x1000, 4, pattern(1), 0, 0)
                .page(0x2000, 1 | 2, pattern(2), 0, 0);
        assertEquals(FIRST_PAGE, measured(swapped).value().hex());
    }

    @Test
    void eventsLeadToTheValue() {
        for (Measurement.Detail detail : Measurement.Detail.values()) {
            Measurement measurement = measured(full());
            List<MeasuredEvent> events = new ArrayList<>();
            measurement.replay(detail, events::add);
            assertEquals(measurement.value(), events.get(events.size() - 1).after());
            assertEquals(detail == Measurement.Detail.STEPS ? 8 : 4, events.size());
            assertEquals("0x1000", events.get(0).details().get("gpa"));
        }
        List<MeasuredEvent> regions = new ArrayList<>();
        measured(full()).replay(Measurement.Detail.REGIONS, regions::add);
        assertEquals("3", regions.get(0).details().get("pages"));
        assertEquals("PARAMETER_INSERT", regions.get(2).name());
        assertEquals("TDH.MEM.PAGE.ADD", regions.get(2).details().get("records"));
    }

    @Test
    void refusesAFileForOtherPlatforms() {
        Prediction.NotLaunchable refused = assertInstanceOf(
                Prediction.NotLaunchable.class,
                IgvmMrtd.of(read(IgvmFileWriter.snp().page(0x1000, 1, pattern(1), 0, 0))));
        assertEquals("t.igvm: offset 0x0: expected a supported platform Intel TDX, found AMD SEV-SNP", refused.why());
        assertTrue(!IgvmMrtd.isFor(read(IgvmFileWriter.snp())));
    }

    @Test
    void refusesAFileWithoutPages() {
        Prediction.NotLaunchable empty = assertInstanceOf(
                Prediction.NotLaunchable.class,
                IgvmMrtd.of(read(both().page(0x1000, TDX, pattern(1), 4, 0).page(0x1000, SNP, pattern(1), 0, 0))));
        assertEquals("t.igvm: offset 0x0: expected a private page for Intel TDX, found none", empty.why());
    }

    @Test
    void refusesLargePagesWithDataAndAreasWithoutEnd() {
        Prediction.NotLaunchable large = assertInstanceOf(
                Prediction.NotLaunchable.class,
                IgvmMrtd.of(read(both().page(0x20_0000, TDX, new byte[1 << 21], 1, 0))));
        assertTrue(
                large.why().endsWith("expected a page of 4096 bytes, as TDX adds them, found 2097152 bytes"),
                large.why());
        Prediction.NotLaunchable endless = assertInstanceOf(
                Prediction.NotLaunchable.class,
                IgvmMrtd.of(read(both().parameterArea(-4096, 0).parameterInsert(0x1000, TDX, 0))));
        assertTrue(endless.why().contains("expected at most 4194304 pages, found "), endless.why());
    }
}
