package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * PAGE_INFO, the 0x70 bytes that the AMD-SP hashes for every page of SNP_LAUNCH_UPDATE, and the chain that it makes:
 * {@code LD = SHA-384(PAGE_INFO)}, where PAGE_INFO begins with the LD before.
 *
 * <p>AMD SEV-SNP Firmware ABI, #56860, SNP_LAUNCH_UPDATE, "Structure of the PAGE_INFO". Little-endian:
 *
 * <pre>
 * 0x00  DIGEST_CUR  48  the launch digest before
 * 0x30  CONTENTS    48  SHA-384 of the page for NORMAL and VMSA, else zero
 * 0x60  LENGTH       2  0x70
 * 0x62  PAGE_TYPE    1
 * 0x63  IMI_PAGE     1  bit 0; 0 in all known VMMs
 * 0x64  reserved     1
 * 0x65  VMPL1..3     3  permissions; 0 in all known VMMs
 * 0x68  GPA          8
 * </pre>
 *
 * <p>Mutable, for one thread: the chain writes each digest over DIGEST_CUR of the next PAGE_INFO.
 */
final class PageInfo {
    static final int PAGE = 4096;
    static final int DIGEST = 48;

    private static final int CONTENTS = 0x30;
    private static final int LENGTH = 0x60;
    private static final int PAGE_TYPE = 0x62;
    private static final int GPA = 0x68;
    static final int SIZE = 0x70;

    private final byte[] bytes = new byte[SIZE];
    private final MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();

    PageInfo(Digest launchDigest) {
        System.arraycopy(launchDigest.toByteArray(), 0, bytes, 0, DIGEST);
        bytes[LENGTH] = SIZE;
    }

    /** Extends the chain by a page whose contents count. */
    void extend(PageType type, long gpa, byte[] contents, int contentsOffset) {
        describe(type, gpa, contents, contentsOffset);
        hash();
    }

    /** Extends the chain by a run of pages whose contents do not count, or are all the same. */
    void extend(PageType type, long gpa, long stride, long pages, byte[] contents) {
        if (pages == 0) {
            return;
        }
        describe(type, gpa, contents, 0);
        for (long i = 0; i < pages; i++) {
            putGpa(gpa + i * stride);
            hash();
        }
    }

    /** The PAGE_INFO that {@link #extend} would hash. */
    byte[] describe(PageType type, long gpa, byte[] contents, int contentsOffset) {
        if (type.hasContents()) {
            System.arraycopy(contents, contentsOffset, bytes, CONTENTS, DIGEST);
        } else {
            Arrays.fill(bytes, CONTENTS, CONTENTS + DIGEST, (byte) 0);
        }
        bytes[PAGE_TYPE] = (byte) type.number;
        putGpa(gpa);
        return bytes;
    }

    /**
     * Writes the PAGE_INFO that {@link #extend} would hash into an array of them.
     *
     * @param index which of the array's it is
     */
    void describe(PageType type, long gpa, byte[] contents, int contentsOffset, byte[] into, int index) {
        System.arraycopy(describe(type, gpa, contents, contentsOffset), 0, into, index * SIZE, SIZE);
    }

    Digest launchDigest() {
        return Digest.of(DigestAlgorithm.SHA384, Arrays.copyOf(bytes, DIGEST));
    }

    private void putGpa(long gpa) {
        for (int i = 0; i < 8; i++) {
            bytes[GPA + i] = (byte) (gpa >>> 8 * i);
        }
    }

    private void hash() {
        sha384.update(bytes, 0, SIZE);
        try {
            sha384.digest(bytes, 0, DIGEST);
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-384 gives 48 bytes", e);
        }
    }
}
