package dev.measure.tdx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.igvm.IgvmFile;
import dev.measure.vectors.IgvmFileWriter;

/** Headers of an IGVM file for TDX, built from arbitrary numbers, and arbitrary bytes. */
final class IgvmMrtdFuzzTest {
    @FuzzTest
    void givesAValueOrRefuses(byte[] data) {
        IgvmFileWriter writer = IgvmFileWriter.igvm().platform(1, 3);
        for (int i = 0; i + 3 < data.length && i < 400; i += 4) {
            long gpa = (data[i + 1] & 0xffL) << (data[i + 2] & 63) & -4096;
            long mask = data[i + 2] >>> 6 & 3;
            switch (data[i] & 3) {
                case 0 -> writer.page(gpa, mask, new byte[0], data[i + 3] & 7, 0);
                case 1 -> writer.page(gpa, mask, new byte[4096], data[i + 3] & 6, 0);
                case 2 -> writer.parameterArea(gpa, data[i + 3] & 3);
                default -> writer.parameterInsert(gpa, mask, data[i + 3] & 3);
            }
        }
        check(writer.build());
        check(data);
    }

    private static void check(byte[] file) {
        try {
            if (IgvmMrtd.of(IgvmFile.read(Source.of("fuzz", file))) instanceof Prediction.Predicted predicted) {
                predicted.measurement().events();
            }
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }
}
