package dev.measure.uki;

import static dev.measure.vectors.EfifwWriter.efifw;
import static dev.measure.vectors.EfifwWriter.legacy;
import static dev.measure.vectors.HwidsWriter.hwids;
import static dev.measure.vectors.PeWriter.stub;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DamagedUkiTest {
    private static final long SEED = 0x9e3779b97f4a7c15L;

    private static final UUID A = UUID.fromString("817fca52-ae83-52f5-8642-9497f79d49d0");

    private static byte[] whole() {
        return stub("262.1-1")
                .section(".osrel", "ID=x\nPRETTY_NAME=\"X 1\"")
                .section(".sbat", "sbat,1,x\nuki,1,y")
                .section(".linux", "kernel")
                .section(
                        ".hwids",
                        hwids().firmware(A, "n", "fw").devicetree(A, "n", "c").build())
                .section(".efifw", efifw().trailing(new byte[3]).build())
                .section(".efifw", legacy().fwid("old").build())
                .section(".efifw", efifw().fwid("cap").targetChid(A).build())
                .section(".profile", "ID=p\nTITLE=P")
                .section(".cmdline", "quiet")
                .trailing(new byte[5])
                .certificates(new byte[24])
                .build();
    }

    private static boolean reads(byte[] bytes, String what) {
        try {
            Uki uki = Uki.read(Source.of("x.efi", bytes), Strictness.STRICT);
            for (Profile profile : uki.profiles()) {
                profile.sections();
                profile.osRelease();
                FirmwareChoice.of(uki, profile.number(), Map.of("9", A), StubVersion.parse("262.1"));
            }
            FukiLint.of(uki, Map.of("9", A));
            uki.sbat();
            uki.image().authenticode(List.of(DigestAlgorithm.SHA256));
            return true;
        } catch (MalformedInputException e) {
            assertTrue(
                    e.offset() >= 0 && e.offset() <= bytes.length, () -> what + ": offset outside: " + e.getMessage());
            return false;
        } catch (RuntimeException e) {
            return fail(what, e);
        }
    }

    @Test
    void refusesEveryTruncation() {
        byte[] whole = whole();
        assertTrue(reads(whole, "whole"));
        for (int length = 0; length < whole.length; length++) {
            // what is cut last are certificates, and the certificate table says how long they are
            assertTrue(!reads(Arrays.copyOf(whole, length), "length " + length), "length " + length);
        }
    }

    @Test
    void readsOrRefusesEveryFlippedBitOfHeadersAndTables() {
        byte[] whole = whole();
        for (int bit = 0; bit < 8 * whole.length; bit++) {
            byte[] damaged = whole.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            reads(damaged, "bit " + bit);
        }
    }

    @Test
    void readsOrRefusesRandomDamage() {
        byte[] whole = whole();
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = whole.clone();
            for (int n = random.nextInt(1, 6); n > 0; n--) {
                int at = random.nextInt(damaged.length);
                int kind = random.nextInt(3);
                damaged[at] = (byte) (kind == 0 ? 0 : kind == 1 ? 0xff : random.nextInt());
            }
            reads(damaged, "seed " + SEED + ", iteration " + i);
        }
    }
}
