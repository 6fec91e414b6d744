package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.igvm.IgvmFile;
import dev.measure.vectors.IgvmFileWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * MRTD of IGVM files as the igvm crate computes it: microsoft/igvm e6c3ff1, IgvmFile::new_from_binary and
 * measurement::generate_tdx_measurement with the mask of the TDX platform, built from its sources with rustc 1.95.
 */
final class IgvmMrtdCrossCheckTest {
    private static final int FILES = 200;
    private static final long SNP = 1;
    private static final long TDX = 2;

    /** SHA-256 over the values of all files, in hexadecimal, a line each. */
    private static final String ACCUMULATED = "76908909f4cd51f958dcf47e2639f325e2503a1528ccf6dfedbb2cb86ea29b42";

    /** A file by number: pages of all kinds for both platforms, with and without data, parameter areas, required memory. */
    static byte[] file(int number) {
        SplittableRandom random = new SplittableRandom(0x9e3779b97f4a7c15L + number);
        long tdx = number % 3 == 0 ? SNP : TDX;
        long snp = number % 3 == 0 ? TDX : SNP;
        IgvmFileWriter writer = IgvmFileWriter.igvm();
        if (number % 2 == 0) {
            writer.platform(snp, 2);
        }
        writer.platform(tdx, 3);
        int areas = random.nextInt(3);
        for (int i = 0; i < areas; i++) {
            writer.parameterArea(4096L * (1 + random.nextInt(4)), i);
        }
        long gpa = 0x1000L * (1 + random.nextInt(1 << 20));
        int inserted = 0;
        for (int i = 0; i < 1 + random.nextInt(24); i++) {
            gpa += 0x1000L * (1 + random.nextInt(3) / 2 * random.nextInt(1000));
            long mask = number % 2 == 0 ? (random.nextInt(4) == 0 ? snp : random.nextInt(3) == 0 ? 3 : tdx) : tdx;
            int kind = random.nextInt(10);
            if (kind == 0) {
                writer.requiredMemory(gpa, mask, 4096L * (1 + random.nextInt(16)));
            } else if (kind == 1 && inserted < areas) {
                writer.parameterInsert(gpa, mask, inserted++);
                gpa += 0x3000;
            } else {
                byte[] data = new byte[random.nextInt(4) == 0 ? 0 : 4096];
                random.nextBytes(data);
                if (random.nextInt(3) == 0 && data.length > 0) {
                    Arrays.fill(data, 1 + random.nextInt(4095), 4096, (byte) 0);
                }
                int flag = random.nextInt(6);
                writer.page(gpa, mask, data, flag == 0 ? 2 : flag == 1 ? 4 : 0, 0);
            }
        }
        // One page that counts, so that none of the files is without.
        return writer.page(gpa + 0x1000, tdx, new byte[] {(byte) number}, 0, 0).build();
    }

    @Test
    void filesHaveTheValuesOfTheIgvmCrate() {
        StringBuilder values = new StringBuilder();
        for (int number = 0; number < FILES; number++) {
            IgvmFile file = IgvmFile.read(Source.of("made " + number, file(number)));
            Prediction.Predicted predicted =
                    assertInstanceOf(Prediction.Predicted.class, IgvmMrtd.of(file), "file " + number);
            values.append(predicted.measurement().value().hex()).append('\n');
        }
        assertEquals(
                ACCUMULATED,
                Source.of("values", values.toString().getBytes(StandardCharsets.US_ASCII))
                        .digest(DigestAlgorithm.SHA256)
                        .hex());
    }
}
