package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.vectors.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Endorsements with values of Debian's OVMF.amdsev.fd as other programs compute them: launch digests by sev-snp-measure 8f2b337
 * (--vmm-type gce), MRTDs by google/gce-tcb-verifier 74582c0 (tdx.MRTD); the signature by a synthetic endorsement.
 */
final class VerifyEndorsementTest {
    private static final String DIGEST =
            "7d6b3ffceecc584863e2e577f049730a605ff1e97eacc083824b5d2e5f3183b9f78c056e3d8a30eae30471ae1ce33671";
    private static final String ONE =
            "892954bc3aaf8680d84e6150978bf5c30e57b4fcf4ba5705a9b02942b3e8301841b933eca82abe82546b103ecd469506";
    private static final String TWO =
            "6405f8c894bda7cc5c14f3d02409c19905af1a428a3a741edd0b8bb8bb93a96d297f15852759e69e84ebdb8d1d84ec11";
    private static final String SIXTEEN =
            "96f07f3d84f53e4a7d7cf8163f90228e71ee41309e21786ca3bca6ad297f9364106aca6c4b9777b2836679d2779718ba";
    private static final String TODAY =
            "5f77220a7135b2be2087c3555b897a1c56ca84516fafc622a33fa498a46305a12597a18bb57bc50f714ffab9fe6f004d";
    private static final String GIB_16 =
            "d938e2d41bdb36cd1936c3e45627e2772d5a35cc323ca7620ced02ec2c0ac2c6656e9f88e19369b96c1e4fcd9adef038";
    private static final String GIB_704_EARLY =
            "7afa70460491454713000fe231c72f846ef2e9e39cfa0b444b5c6eaccb6ffa0c56b20380da9fd8c3b41727d3ac7258b2";

    @TempDir
    Path folder;

    private static byte[] field(int number, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(number << 3 | 2);
        varint(out, body.size());
        out.writeBytes(body.toByteArray());
        return out.toByteArray();
    }

    private static byte[] number(int number, long value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(number << 3);
        varint(out, value);
        return out.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long left = value;
        while (left > 0x7f) {
            out.write((int) (left & 0x7f | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private static byte[] launch(int vcpus, String digest) {
        return field(2, number(1, vcpus), field(2, hex(digest)));
    }

    private static byte[] mrtd(int gib, boolean early, String digest) {
        return field(2, number(1, gib), number(2, early ? 1 : 0), field(3, hex(digest)));
    }

    private Session run(byte[] golden, String firmware) throws IOException {
        Files.write(folder.resolve("endorsement.binarypb"), field(1, golden));
        return Session.in(folder, "verify-endorsement", "endorsement.binarypb", "--firmware", firmware, "-v");
    }

    private static byte[] golden(String digest, byte[] snp, byte[] tdx) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(field(5, hex(digest)));
        out.writeBytes(field(7, snp));
        out.writeBytes(field(8, tdx));
        return out.toByteArray();
    }

    private static byte[] together(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @Test
    void valuesAreThoseOfTheFirmware() throws IOException {
        Optional<Path> firmware = Shared.unxz("firmware/forky-OVMF.amdsev.fd.xz");
        if (firmware.isEmpty()) {
            return;
        }
        byte[] snp = together(launch(1, ONE), launch(2, TWO), launch(16, SIXTEEN));
        byte[] tdx = together(
                mrtd(16, false, GIB_16), mrtd(704, true, GIB_704_EARLY), mrtd(0, false, TODAY), mrtd(3, false, TODAY));
        Session good = run(golden(DIGEST, snp, tdx), firmware.get().toString());
        assertEquals(8, good.exit(), good.toString()); // nobody signed it
        for (String line : new String[] {
            "untrusted   cert: ",
            "matches     digest: ",
            "matches     measurement for 1 vCPU: ",
            "matches     measurement for 2 vCPUs: ",
            "matches     measurement for 16 vCPUs: ",
            "matches     MRTD for 16 GiB: ",
            "matches     MRTD for 704 GiB, accepted early: ",
            "matches     MRTD: ",
            "not-checked MRTD for 3 GiB: ",
        }) {
            assertTrue(good.out().contains(line), line + good);
        }
        assertFalse(good.out().contains("differs"), good.toString());

        Session bad = run(
                golden(ONE, launch(2, ONE), together(mrtd(16, true, GIB_16), mrtd(0, false, GIB_16))),
                firmware.get().toString());
        assertEquals(
                4, bad.out().lines().filter(line -> line.startsWith("differs ")).count(), bad.toString());
        assertFalse(bad.out().contains("matches"), bad.toString());
    }

    @Test
    void theSignatureIsVerifiedUpToTheRoot() throws IOException {
        String at = "vectors/formats/gce/";
        if (Shared.file(at + "index.json").isEmpty()) {
            return;
        }
        String endorsement =
                Shared.file(at + "synthetic-endorsement.binarypb").orElseThrow().toString();
        String root = Shared.file(at + "synthetic-root.pem").orElseThrow().toString();
        Session good = Session.in(folder, "verify-endorsement", endorsement, "--root", root);
        assertEquals(0, good.exit(), good.toString());
        assertEquals(
                2,
                good.out().lines().filter(line -> line.startsWith("matches ")).count(),
                good.toString());
        Session rootless = Session.in(folder, "verify-endorsement", endorsement);
        assertTrue(rootless.err().contains("note: cert: not checked, no root certificate"), rootless.toString());
        Session other = Session.in(
                folder,
                "verify-endorsement",
                endorsement,
                "--root",
                Shared.file(at + "devkeys-root.crt").orElseThrow().toString());
        assertEquals(8, other.exit(), other.toString());
        Session forged = Session.in(
                folder,
                "verify-endorsement",
                Shared.file(at + "synthetic-endorsement-badsig.binarypb")
                        .orElseThrow()
                        .toString(),
                "--root",
                root);
        assertEquals(8, forged.exit(), forged.toString());
        // A firmware that it is not of.
        Files.write(folder.resolve("other.fd"), new byte[4096]);
        Session differs =
                Session.in(folder, "verify-endorsement", endorsement, "--root", root, "--firmware", "other.fd");
        assertEquals(3, differs.exit(), differs.toString());
        assertTrue(differs.err().contains("error: digest: "), differs.toString());
    }

    @Test
    void whatIsNoEndorsementIsRefused() throws IOException {
        Files.write(folder.resolve("junk"), new byte[] {1, 2, 3});
        assertEquals(4, Session.in(folder, "verify-endorsement", "junk").exit());
        assertEquals(2, Session.in(folder, "verify-endorsement").exit());
    }
}
