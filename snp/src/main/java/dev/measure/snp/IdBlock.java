package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Objects;

/**
 * The ID block, 96 bytes: what the owner of a guest says about it. The processor refuses the launch if the launch digest or the policy
 * is another, and shows the ids in the attestation report. AMD SEV-SNP Firmware ABI, #56860, "ID Block"; numbers are little-endian.
 *
 * @param launchDigest LD, the expected launch digest, SHA-384
 * @param familyId FAMILY_ID, 16 bytes, free to choose
 * @param imageId IMAGE_ID, 16 bytes, free to choose
 * @param guestSvn GUEST_SVN, the security version number of the guest, unsigned 32 bits
 * @param policy POLICY
 */
public record IdBlock(Digest launchDigest, Octets familyId, Octets imageId, long guestSvn, GuestPolicy policy) {
    /** Bytes of the structure. */
    public static final int SIZE = 96;

    /** VERSION, the only one there is. */
    public static final int VERSION = 1;

    /** Bytes of FAMILY_ID and of IMAGE_ID. */
    public static final int ID_LENGTH = 16;

    /** Checks lengths and ranges. */
    public IdBlock {
        Objects.requireNonNull(policy, "policy");
        if (launchDigest.algorithm() != DigestAlgorithm.SHA384) {
            throw new IllegalArgumentException(
                    "a launch digest is sha384, got " + launchDigest.algorithm().id());
        }
        familyId.checkLength("family id", ID_LENGTH);
        imageId.checkLength("image id", ID_LENGTH);
        if (guestSvn < 0 || guestSvn > 0xffff_ffffL) {
            throw new IllegalArgumentException("guest SVN must be 0..4294967295, got " + guestSvn);
        }
    }

    /**
     * {@return an ID block without ids, with SVN 0 and the default policy}
     *
     * @param launchDigest the expected launch digest
     */
    public static IdBlock of(Digest launchDigest) {
        return new IdBlock(launchDigest, Octets.zero(ID_LENGTH), Octets.zero(ID_LENGTH), 0, GuestPolicy.DEFAULT);
    }

    /**
     * {@return the ID block in a file}
     *
     * @param source its 96 bytes, or their base64 as QEMU takes it
     * @throws dev.measure.MalformedInputException if it is neither
     */
    public static IdBlock read(Source source) {
        Cursor c = Cursor.of(Base64Text.orBinary(source, SIZE, "an ID block"));
        return read(c);
    }

    static IdBlock read(Cursor c) {
        Digest launchDigest = Digest.of(DigestAlgorithm.SHA384, c.bytes(48, "LD"));
        Octets familyId = Octets.of(c.bytes(ID_LENGTH, "FAMILY_ID"));
        Octets imageId = Octets.of(c.bytes(ID_LENGTH, "IMAGE_ID"));
        int at = c.position();
        long version = c.u32("VERSION");
        if (version != VERSION) {
            throw c.malformed(at, "VERSION = 1", Long.toString(version), "");
        }
        long guestSvn = c.u32("GUEST_SVN");
        GuestPolicy policy = new GuestPolicy(c.u64("POLICY"));
        return new IdBlock(launchDigest, familyId, imageId, guestSvn, policy);
    }

    /** {@return the 96 bytes, which the ID key signs} */
    public byte[] toByteArray() {
        return ByteBuffer.allocate(SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(launchDigest.toByteArray())
                .put(familyId.toByteArray())
                .put(imageId.toByteArray())
                .putInt(VERSION)
                .putInt((int) guestSvn)
                .putLong(policy.bits())
                .array();
    }

    /** {@return the 96 bytes as base64, as QEMU's {@code id-block=} and libvirt's {@code idBlock} take them} */
    public String base64() {
        return Base64.getEncoder().encodeToString(toByteArray());
    }
}
