package dev.measure.snp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The launch digest as the specification of SNP_LAUNCH_UPDATE puts it, byte by byte, without anything of the library. */
final class NaiveLaunch {
    private byte[] digest = new byte[48];

    NaiveLaunch normal(long gpa, byte[] page) {
        return update(1, gpa, sha384(page));
    }

    NaiveLaunch vmsa(long gpa, byte[] page) {
        return update(2, gpa, sha384(page));
    }

    NaiveLaunch typed(int type, long gpa) {
        return update(type, gpa, new byte[48]);
    }

    NaiveLaunch copy() {
        NaiveLaunch copy = new NaiveLaunch();
        copy.digest = digest.clone();
        return copy;
    }

    String hex() {
        return HexFormat.of().formatHex(digest);
    }

    private NaiveLaunch update(int type, long gpa, byte[] contents) {
        ByteArrayOutputStream info = new ByteArrayOutputStream();
        info.writeBytes(digest);
        info.writeBytes(contents);
        info.writeBytes(new byte[] {0x70, 0, (byte) type, 0, 0, 0, 0, 0});
        info.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(gpa)
                .array());
        digest = sha384(info.toByteArray());
        return this;
    }

    static byte[] sha384(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-384").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
