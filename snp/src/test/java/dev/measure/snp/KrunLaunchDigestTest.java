package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.measure.Evidence;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.WarningCode;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KrunLaunchDigestTest {
    private static final byte[] QBOOT = pattern(65536, 1);
    private static final byte[] KERNEL = pattern(3 * 4096, 2);
    private static final byte[] INITRD = pattern(2 * 4096, 3);
    private static final byte[] BOOT = pattern(4096, 4);

    private static byte[] pattern(int size, int seed) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8) * 17 + seed);
        }
        return bytes;
    }

    private static KrunLaunch launch(long kernelAddress) {
        return new KrunLaunch(
                Source.of("qboot", QBOOT),
                Optional.of(Source.of("kernel", KERNEL)),
                Optional.of(kernelAddress),
                Optional.of(Source.of("initrd", INITRD)),
                Optional.of(Source.of("boot", BOOT)));
    }

    private static SnpGuest guest(int vcpus) {
        return new SnpGuest(Vmm.KRUN, vcpus, CpuModel.NONE, SevFeatures.SNP_ACTIVE);
    }

    /** The layout of spec and libkrun's source, written out as PAGE_INFO by PAGE_INFO. */
    @Test
    void measuresTheLayoutOfLibkrun() throws Exception {
        Chain chain = new Chain();
        chain.normal(0xffff0000L, QBOOT);
        chain.normal(0x1000000L, KERNEL);
        chain.normal(0xa00000L, INITRD);
        chain.normal(0x7000, BOOT);
        chain.page(3, 0, new byte[48]);
        chain.page(5, 0x5000, new byte[48]);
        chain.page(6, 0x6000, new byte[48]);
        for (long gpa = 0x8000; gpa < 0xf000; gpa += 4096) {
            chain.page(3, gpa, new byte[48]);
        }
        chain.page(2, 0xfffffffff000L, sha384(vmsa(true)));
        String one = HexFormat.of().formatHex(chain.digest);
        chain.page(2, 0xfffffffff000L, sha384(vmsa(false)));
        chain.page(2, 0xfffffffff000L, sha384(vmsa(false)));
        String three = HexFormat.of().formatHex(chain.digest);
        List<Prediction> predictions = KrunLaunchDigest.of(launch(0x1000000L), List.of(guest(3), guest(1)));
        assertEquals(three, LaunchVectors.value(predictions.get(0)));
        assertEquals(one, LaunchVectors.value(predictions.get(1)));
        Prediction.Predicted predicted = assertInstanceOf(Prediction.Predicted.class, predictions.get(0));
        assertEquals(Evidence.SOURCE, predicted.measurement().evidence());
        assertEquals(
                List.of(WarningCode.EXPERIMENTAL_LAYOUT),
                predicted.warnings().stream().map(Warning::code).toList());
    }

    /** Reset state of KVM as EC2's VMM leaves it too, with libkrun's registers. */
    private static byte[] vmsa(boolean first) {
        String data = "00009300ffff00000000000000000000";
        StringBuilder hex = new StringBuilder();
        hex.append(data).append("00f09a00ffff00000000ffff00000000"); // es, cs
        hex.append("00009200ffff00000000000000000000"); // ss
        hex.append(data).append(data).append(data);
        hex.append("00000000ffff00000000000000000000"); // gdtr
        hex.append("00008200ffff00000000000000000000"); // ldtr
        hex.append("00000000ffff00000000000000000000"); // idtr
        hex.append("00008300ffff00000000000000000000"); // tr
        byte[] page = Arrays.copyOf(HexFormat.of().parseHex(hex), 4096);
        set(page, 0x0d0, "0010");
        set(page, 0x148, "40");
        set(page, 0x158, "10");
        set(page, 0x160, "0004");
        set(page, 0x168, "f00fffff");
        set(page, 0x170, "02");
        set(page, 0x178, first ? "f0ff" : "f3ff");
        set(page, 0x268, "0604070006040700");
        set(page, 0x3b0, "01");
        set(page, 0x3e8, "01");
        set(page, 0x408, "801f");
        set(page, 0x410, "7f03");
        if (first) {
            set(page, 0x1d8, "f08f");
            set(page, 0x328, "f08f");
            set(page, 0x330, "0070");
        }
        return page;
    }

    private static void set(byte[] page, int at, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        System.arraycopy(bytes, 0, page, at, bytes.length);
    }

    private static byte[] sha384(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-384").digest(bytes);
    }

    private static final class Chain {
        private byte[] digest = new byte[48];

        void normal(long gpa, byte[] bytes) throws Exception {
            for (int at = 0; at < bytes.length; at += 4096) {
                page(1, gpa + at, sha384(Arrays.copyOfRange(bytes, at, at + 4096)));
            }
        }

        void page(int type, long gpa, byte[] contents) throws Exception {
            ByteArrayOutputStream info = new ByteArrayOutputStream();
            info.write(digest);
            info.write(contents);
            info.write(new byte[] {0x70, 0, (byte) type, 0, 0, 0, 0, 0});
            for (int shift = 0; shift < 64; shift += 8) {
                info.write((int) (gpa >>> shift));
            }
            digest = sha384(info.toByteArray());
        }
    }

    @Test
    void namesTheInputThatIsMissing() {
        KrunLaunch all = launch(0x1000000L);
        assertEquals("--kernel FILE", missing(Optional.empty(), Optional.of(0L), all.initrd(), all.bootParameters()));
        assertEquals(
                "--kernel-address ADDRESS",
                missing(all.kernel(), Optional.empty(), all.initrd(), all.bootParameters()));
        assertEquals(
                "--initrd FILE", missing(all.kernel(), all.kernelAddress(), Optional.empty(), all.bootParameters()));
        assertEquals("--boot-params FILE", missing(all.kernel(), all.kernelAddress(), all.initrd(), Optional.empty()));
    }

    private static String missing(
            Optional<Source> kernel, Optional<Long> address, Optional<Source> initrd, Optional<Source> boot) {
        KrunLaunch launch = new KrunLaunch(Source.of("qboot", QBOOT), kernel, address, initrd, boot);
        Prediction prediction = KrunLaunchDigest.of(launch, List.of(guest(1))).get(0);
        return assertInstanceOf(Prediction.NotPredictable.class, prediction).input();
    }

    @Test
    void refusesWhatKvmAndTheProcessorWouldRefuse() {
        assertEquals(
                "the kernel at 0xa01000 or the initrd at 0xa00000 overlaps other pages; the processor refuses the"
                        + " second use of a page",
                refused(launch(0xa01000)));
        KrunLaunch all = launch(0x1000000L);
        assertEquals(
                "small: expected qboot of 65536 bytes, found 4096 bytes",
                refused(new KrunLaunch(
                        Source.of("small", BOOT),
                        all.kernel(),
                        all.kernelAddress(),
                        all.initrd(),
                        all.bootParameters())));
        assertEquals(
                "odd: expected a positive multiple of 4096 bytes, as KVM demands of launch data, found 100 bytes",
                refused(new KrunLaunch(
                        all.qboot(),
                        Optional.of(Source.of("odd", new byte[100])),
                        all.kernelAddress(),
                        all.initrd(),
                        all.bootParameters())));
    }

    private static String refused(KrunLaunch launch) {
        Prediction prediction = KrunLaunchDigest.of(launch, List.of(guest(1))).get(0);
        Prediction.NotLaunchable refused = assertInstanceOf(Prediction.NotLaunchable.class, prediction);
        assertFalse(refused.lenient());
        return refused.why();
    }
}
