package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.igvm.IgvmFile;
import dev.measure.igvm.IgvmWriter;
import dev.measure.vectors.IgvmFileWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Random lists of directives: the digest under each rule equals a fold written from the table of the specification, and stays
 * the same when the file is written again.
 */
class IgvmPropertyTest {
    private static final long SEED = 0x9e3779b97f4a7c15L;
    private static final long KVM = 0xfffffffff000L;
    private static final int SNP = 4;

    /** One directive of the model: how to write it, and what each rule measures of it in place and at the end. */
    private record Step(
            Consumer<IgvmFileWriter> write,
            Consumer<NaiveLaunch> hyperv,
            Consumer<NaiveLaunch> igvmmeasure,
            Consumer<NaiveLaunch> nativeZero,
            Consumer<NaiveLaunch> qemu) {}

    private static final Consumer<NaiveLaunch> NOTHING = launch -> {};

    @Test
    void measuresRandomFilesAsTheTableSays() throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int iteration = 0; iteration < 150; iteration++) {
            String where = "seed 0x" + Long.toHexString(SEED) + ", iteration " + iteration;
            List<Step> steps = new ArrayList<>();
            int count = random.nextInt(1, 40);
            for (int i = 0; i < count; i++) {
                steps.add(step(random, i));
            }
            byte[] vmsa = Vmsa.first(SnpGuest.qemu(1, CpuModel.parse("EPYC-Milan")));
            int contextAt = random.nextInt(steps.size() + 1);
            steps.add(
                    contextAt,
                    new Step(
                            writer -> writer.context(KVM, SNP, vmsa, 0),
                            launch -> launch.vmsa(KVM, vmsa),
                            launch -> launch.vmsa(KVM, vmsa),
                            launch -> launch.vmsa(KVM, vmsa),
                            NOTHING));
            IgvmFileWriter writer = IgvmFileWriter.igvm()
                    .platform(1, 0)
                    .platform(SNP, 2)
                    .policy(0x30000, SNP)
                    .version(1 + random.nextInt(2));
            steps.forEach(step -> step.write().accept(writer));
            IgvmFile file = IgvmFile.read(Source.of("random.igvm", writer.build()));
            check(
                    where,
                    file,
                    IgvmRules.HYPERV,
                    false,
                    fold(steps, Step::hyperv).hex());
            check(
                    where,
                    file,
                    IgvmRules.IGVMMEASURE,
                    false,
                    fold(steps, Step::igvmmeasure).hex());
            check(
                    where,
                    file,
                    IgvmRules.IGVMMEASURE,
                    true,
                    fold(steps, Step::nativeZero).hex());
            check(
                    where,
                    file,
                    IgvmRules.QEMU,
                    false,
                    fold(steps, Step::qemu).vmsa(KVM, vmsa).hex());
        }
    }

    private static NaiveLaunch fold(List<Step> steps, Function<Step, Consumer<NaiveLaunch>> rule) {
        NaiveLaunch launch = new NaiveLaunch();
        steps.forEach(step -> rule.apply(step).accept(launch));
        return launch;
    }

    private static void check(String where, IgvmFile file, IgvmRules rules, boolean nativeZero, String expected)
            throws IOException {
        assertEquals(expected, value(file, rules, nativeZero), () -> where + ", " + rules.id());
        if (file.formatVersion() == 1) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            IgvmWriter.write(file, out);
            IgvmFile again = IgvmFile.read(Source.of("again.igvm", out.toByteArray()));
            assertEquals(expected, value(again, rules, nativeZero), () -> where + ", written again");
        }
    }

    private static String value(IgvmFile file, IgvmRules rules, boolean nativeZero) {
        Prediction prediction = IgvmLaunchDigest.of(
                new IgvmLaunch(file, rules, Optional.empty(), Optional.empty(), Strictness.STRICT, nativeZero, false));
        Measurement measurement = assertInstanceOf(Prediction.Predicted.class, prediction, prediction::toString)
                .measurement();
        measurement.events(Measurement.Detail.STEPS); // throws if the trace ends elsewhere
        return measurement.value().hex();
    }

    /** A directive at an address of its own: every 16 MiB begins another. */
    private static Step step(SplittableRandom random, int index) {
        long gpa = (1L + index) << (random.nextBoolean() ? 24 : 12);
        gpa = random.nextBoolean() ? gpa : (1L + index) * 4096;
        long mask = random.nextInt(8) == 0 ? 1 : random.nextBoolean() ? SNP : SNP | 1;
        boolean loaded = (mask & SNP) != 0;
        int kind = random.nextInt(10);
        if (kind == 0) {
            return parameters(random, index, gpa, mask, loaded);
        }
        if (kind == 1) {
            long required = gpa;
            return new Step(
                    writer -> writer.requiredMemory(required, mask, 0x5000), NOTHING, NOTHING, NOTHING, NOTHING);
        }
        byte[] data = {};
        if (random.nextInt(3) > 0) {
            data = new byte[4096];
            Arrays.fill(data, (byte) random.nextInt(4));
        }
        int type = random.nextInt(4) == 0 ? random.nextInt(4) : 0;
        long flags = random.nextInt(4) == 0 ? 2 * random.nextInt(4) : 0;
        return page(gpa, mask, data, flags, type, loaded);
    }

    private static Step page(long gpa, long mask, byte[] data, long flags, int type, boolean loaded) {
        Consumer<IgvmFileWriter> write = writer -> writer.page(gpa, mask, data, flags, type);
        if (!loaded) {
            return new Step(write, NOTHING, NOTHING, NOTHING, NOTHING);
        }
        Consumer<NaiveLaunch> zeros;
        Consumer<NaiveLaunch> zero;
        if (type != 0) {
            zeros = launch -> launch.typed(type == 1 ? 5 : 6, gpa);
            zero = zeros;
        } else if ((flags & 2) != 0) {
            zeros = launch -> launch.typed(4, gpa);
            zero = zeros;
        } else if (data.length > 0) {
            zeros = launch -> launch.normal(gpa, data);
            zero = zeros;
        } else {
            zeros = launch -> launch.normal(gpa, new byte[4096]);
            zero = launch -> launch.typed(3, gpa);
        }
        return new Step(write, (flags & 4) != 0 ? NOTHING : zeros, zeros, zero, zero);
    }

    private static Step parameters(SplittableRandom random, int index, long gpa, long mask, boolean loaded) {
        int pages = random.nextInt(1, 4);
        Consumer<IgvmFileWriter> write =
                writer -> writer.parameterArea(pages * 4096L, index).parameterInsert(gpa, mask, index);
        if (!loaded) {
            return new Step(write, NOTHING, NOTHING, NOTHING, NOTHING);
        }
        Consumer<NaiveLaunch> first = launch -> launch.typed(4, gpa);
        Consumer<NaiveLaunch> all = launch -> {
            for (int page = 0; page < pages; page++) {
                launch.typed(4, gpa + page * 4096L);
            }
        };
        return new Step(write, all, first, first, all);
    }
}
