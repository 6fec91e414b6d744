package dev.measure.snp;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.igvm.IgvmFile;
import dev.measure.vectors.IgvmFileWriter;
import java.util.Optional;

/** Directives of any content are measured or refused with a reason under every rule, and the trace ends at the value. */
class IgvmLaunchFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void predictsOrRefuses(FuzzedDataProvider data) {
        IgvmFileWriter writer = IgvmFileWriter.snp().platform(2, data.consumeInt(0, 6));
        for (int i = 0; i < 12 && data.remainingBytes() > 0; i++) {
            add(data, writer);
        }
        IgvmFile file;
        try {
            file = IgvmFile.read(Source.of("fuzz", writer.build()));
        } catch (MalformedInputException expected) {
            return;
        }
        for (IgvmRules rules : IgvmRules.values()) {
            Prediction prediction = IgvmLaunchDigest.of(new IgvmLaunch(
                    file,
                    rules,
                    data.consumeBoolean() ? Optional.of(data.consumeInt(1, 4)) : Optional.empty(),
                    data.consumeBoolean() ? Optional.of(CpuModel.parse("EPYC")) : Optional.empty(),
                    data.consumeBoolean() ? Strictness.LENIENT : Strictness.STRICT,
                    false,
                    rules == IgvmRules.IGVMMEASURE && data.consumeBoolean()));
            if (prediction instanceof Prediction.Predicted predicted) {
                predicted.measurement().events();
            }
        }
    }

    private static void add(FuzzedDataProvider data, IgvmFileWriter writer) {
        long gpa = data.consumeBoolean() ? data.consumeLong(0, 1L << 53) << 12 : data.consumeInt(0, 64) * 0x200000L;
        long mask = data.consumeInt(0, 3);
        byte[] page = data.consumeBoolean() ? new byte[] {1} : new byte[0];
        switch (data.consumeInt(0, 5)) {
            case 0 -> writer.page(gpa, mask, page, data.consumeInt(0, 7), data.consumeInt(0, 3));
            case 1 -> writer.parameterArea(data.consumeLong(0, 1L << 20) << 12, data.consumeInt(0, 2));
            case 2 -> writer.parameterInsert(gpa, mask, data.consumeInt(0, 2));
            case 3 -> {
                byte[] context = new byte[4096];
                context[0x3b0] = 1;
                context[data.consumeInt(0, 4095)] = data.consumeByte();
                writer.context(SnpLaunch.KVM_VMSA_GPA, mask, context, data.consumeInt(0, 4));
            }
            case 4 -> writer.idBlock(mask, new byte[48]);
            default -> writer.requiredMemory(gpa, mask, 4096);
        }
    }
}
