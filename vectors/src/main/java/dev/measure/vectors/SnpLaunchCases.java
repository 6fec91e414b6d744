package dev.measure.vectors;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes random SEV-SNP launches from a seed; {@code a_case} in {@code vectors/oracle/snp.py} is the same rule. Every draw is
 * {@link SplittableRandom#nextLong()} modulo a bound, unsigned, in the order in which this file names them.
 */
public final class SnpLaunchCases {
    private final SplittableRandom random;
    private int index;

    /**
     * A launch.
     *
     * @param firmware the image
     * @param vmm {@code qemu}, {@code ec2} or {@code gce}
     * @param vcpus number of vCPUs
     * @param cpuSignature CPUID 1 EAX, reserved bits clear, base family 15
     * @param sevFeatures SEV features, bit 0 set
     * @param directBoot whether there is a kernel
     * @param kernel its bytes
     * @param initrd its bytes; empty if there is none, which measures the same
     * @param append the command line
     */
    public record Launch(
            byte[] firmware,
            String vmm,
            int vcpus,
            long cpuSignature,
            long sevFeatures,
            boolean directBoot,
            byte[] kernel,
            byte[] initrd,
            String append) {}

    /**
     * Starts at the first case of a seed.
     *
     * @param seed the literal seed
     */
    public SnpLaunchCases(long seed) {
        random = new SplittableRandom(seed);
    }

    /** {@return the next case} */
    public Launch next() {
        int size = 0x1000 * (1 + below(24));
        OvmfWriter firmware = OvmfWriter.ovmf(size).fill(below(256));
        if (below(2) == 1) {
            firmware.erase(0, 0x1000 * below(size / 0x1000));
        }
        firmware.hashTable(0x810c00, 0x400);
        firmware.resetBlock(1 + Long.remainderUnsigned(random.nextLong(), 0xffffffefL));
        firmware.sevMetadata();
        int count = 1 + below(6);
        long gpa = 0x800000;
        for (int i = 0; i < count; i++) {
            int type = 1 + below(4);
            int pages = type == 1 || type == 4 ? 1 + below(5) : 1;
            firmware.section(gpa, 0x1000L * pages, type);
            gpa += 0x1000L * (pages + below(3));
            if (gpa >= 0x808000) { // keeps clear of the hash page at 0x810000
                gpa = Math.max(gpa, 0x811000);
            }
        }
        boolean hashes = below(2) == 1;
        if (hashes) {
            firmware.section(0x810000, 0x1000, 0x10);
        }
        String vmm = List.of("qemu", "ec2", "gce").get(below(3));
        int vcpus = 1 + below(12);
        long signature = Long.remainderUnsigned(random.nextLong(), 1L << 32) & 0x0fff00ff | 0xf00;
        long features = random.nextLong() | 1;
        int kernel = kernelLength(hashes);
        int initrd = kernelLength(kernel >= 0);
        String append = kernel >= 0 ? "a".repeat(below(100)) : "";
        int seed = index++ & 255;
        return new Launch(
                firmware.build(),
                vmm,
                vcpus,
                signature,
                features,
                kernel >= 0,
                OvmfWriter.pattern(Math.max(kernel, 0), seed),
                OvmfWriter.pattern(Math.max(initrd, 0), seed),
                append);
    }

    /** {@return the first cases of a seed} */
    static List<Launch> first(long seed, int count) {
        SnpLaunchCases cases = new SnpLaunchCases(seed);
        List<Launch> launches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            launches.add(cases.next());
        }
        return launches;
    }

    private int kernelLength(boolean possible) {
        return possible && below(2) == 1 ? below(5000) : -1;
    }

    private int below(int bound) {
        return (int) Long.remainderUnsigned(random.nextLong(), bound);
    }
}
