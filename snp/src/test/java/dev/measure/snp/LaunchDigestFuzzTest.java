package dev.measure.snp;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.OvmfWriter;
import java.util.Optional;

class LaunchDigestFuzzTest {
    /** Firmware with sections of any address, size and type: refused with a reason, or measured and explained. */
    @FuzzTest
    void refusesOrMeasures(FuzzedDataProvider data) {
        OvmfWriter writer = OvmfWriter.ovmf(8192)
                .resetBlock(data.consumeInt())
                .hashTable(data.consumeLong(0, 0xffffffffL), data.consumeLong(0, 0xffffffffL))
                .sevMetadata();
        int sections = data.consumeInt(1, 8);
        for (int i = 0; i < sections; i++) {
            long size = data.consumeBoolean() ? data.consumeLong(0, 64) << 12 : data.consumeLong(0, 0xffffffffL);
            writer = writer.section(data.consumeLong(0, 0xfffffL) << 12, size, data.consumeLong(0, 0x20));
        }
        Strictness strictness = data.pickValue(Strictness.values());
        Vmm vmm = data.pickValue(new Vmm[] {Vmm.QEMU, Vmm.EC2, Vmm.GCE});
        Optional<KernelHashes> hashes = data.consumeBoolean()
                ? Optional.of(KernelHashes.of(Source.of("kernel", new byte[1]), Optional.empty(), Optional.empty()))
                : Optional.empty();
        try {
            Firmware firmware = Firmware.read(Source.of("fuzz", writer.build()), strictness);
            Prediction prediction = LaunchDigest.of(
                    new SnpLaunch(firmware, hashes, Optional.empty(), strictness),
                    new SnpGuest(vmm, data.consumeInt(1, 3), CpuModel.parse("EPYC-v4"), SevFeatures.SNP_ACTIVE));
            if (prediction instanceof Prediction.Predicted predicted) {
                predicted.measurement().events(Measurement.Detail.REGIONS); // throws if it disagrees with the value
            }
        } catch (MalformedInputException expected) {
            // the writer cannot break a table here, but a reader may still refuse one
        }
    }
}
