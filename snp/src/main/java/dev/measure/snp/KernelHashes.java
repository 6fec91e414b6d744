package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Provenance;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The table of kernel hashes, by which a launch digest covers a kernel given to the VMM (QEMU {@code -kernel} with
 * {@code kernel-hashes=on}).
 *
 * <p>168 bytes and 8 of padding: GUID, u16 length of the table, then for command line, initrd and kernel, in this order, GUID, u16
 * length of the entry, SHA-256. Source: QEMU target/i386/sev.c sev_add_kernel_loader_hashes, edk2 OvmfPkg/AmdSev.
 *
 * @param kernel SHA-256 of the kernel file
 * @param initrd SHA-256 of the initrd file, or of nothing
 * @param cmdline SHA-256 of the command line with one final NUL
 * @param provenance where they come from
 */
public record KernelHashes(Digest kernel, Digest initrd, Digest cmdline, Provenance provenance) {
    /** Bytes of the table with its padding. */
    static final int SIZE = 176;

    private static final UUID TABLE = UUID.fromString("9438d606-4f22-4cc9-b479-a793d411fd21");
    private static final UUID CMDLINE = UUID.fromString("97d02dd8-bd20-4c94-aa78-e7714d36ab2a");
    private static final UUID INITRD = UUID.fromString("44baf731-3a2f-4bd7-9af1-41e29169781d");
    private static final UUID KERNEL = UUID.fromString("4de79437-abd2-427f-b835-d5b172d2045b");
    private static final Digest NO_INITRD = sha256();
    private static final Digest NO_CMDLINE = sha256((byte) 0);
    private static final int TABLE_LENGTH = 168;
    private static final int ENTRY_LENGTH = 50;

    /** Checks that the digests are SHA-256. */
    public KernelHashes {
        for (Digest digest : List.of(kernel, initrd, cmdline)) {
            if (digest.algorithm() != DigestAlgorithm.SHA256) {
                throw new IllegalArgumentException(
                        "kernel hashes are sha256, got " + digest.algorithm().id());
            }
        }
    }

    /**
     * {@return the hashes of files}
     *
     * @param kernel the kernel
     * @param initrd the initrd, if there is one
     * @param cmdline the bytes of the command line without a final NUL, if there is one
     */
    public static KernelHashes of(Source kernel, Optional<Source> initrd, Optional<byte[]> cmdline) {
        MessageDigest line = DigestAlgorithm.SHA256.newMessageDigest();
        cmdline.ifPresent(line::update);
        line.update((byte) 0);
        List<Provenance> from = new ArrayList<>();
        from.add(Provenance.FileRange.of(kernel));
        initrd.ifPresent(file -> from.add(Provenance.FileRange.of(file)));
        cmdline.ifPresent(
                text -> from.add(new Provenance.Parameter("append", new String(text, StandardCharsets.UTF_8))));
        return new KernelHashes(
                kernel.digest(DigestAlgorithm.SHA256),
                initrd.map(file -> file.digest(DigestAlgorithm.SHA256)).orElse(NO_INITRD),
                Digest.of(DigestAlgorithm.SHA256, line),
                new Provenance.Derived("table of kernel hashes", from));
    }

    /**
     * {@return hashes that were computed before}
     *
     * @param kernel SHA-256 of the kernel file
     * @param initrd SHA-256 of the initrd; empty if there is none
     * @param cmdline SHA-256 of the command line with one final NUL; empty if there is none
     */
    public static KernelHashes ofDigests(Digest kernel, Optional<Digest> initrd, Optional<Digest> cmdline) {
        List<Provenance> from = new ArrayList<>();
        from.add(new Provenance.Parameter("kernel-hash", kernel.hex()));
        initrd.ifPresent(hash -> from.add(new Provenance.Parameter("initrd-hash", hash.hex())));
        cmdline.ifPresent(hash -> from.add(new Provenance.Parameter("cmdline-hash", hash.hex())));
        return new KernelHashes(
                kernel,
                initrd.orElse(NO_INITRD),
                cmdline.orElse(NO_CMDLINE),
                new Provenance.Derived("table of kernel hashes", from));
    }

    /** {@return the 176 bytes of the table with its padding} */
    public byte[] table() {
        byte[] table = new byte[SIZE];
        int at = put(table, 0, TABLE, TABLE_LENGTH);
        at = put(table, at, CMDLINE, cmdline);
        at = put(table, at, INITRD, initrd);
        put(table, at, KERNEL, kernel);
        return table;
    }

    /** {@return the SHA-256 of the table; its first 12 digits stand in ids} */
    public Digest tableDigest() {
        return sha256(table());
    }

    private static Digest sha256(byte... bytes) {
        MessageDigest digest = DigestAlgorithm.SHA256.newMessageDigest();
        digest.update(bytes);
        return Digest.of(DigestAlgorithm.SHA256, digest);
    }

    private static int put(byte[] table, int at, UUID guid, Digest hash) {
        int next = put(table, at, guid, ENTRY_LENGTH);
        System.arraycopy(hash.toByteArray(), 0, table, next, hash.algorithm().length());
        return next + hash.algorithm().length();
    }

    /** Mixed-endian GUID, then a little-endian 16-bit length. */
    private static int put(byte[] table, int at, UUID guid, int length) {
        long high = guid.getMostSignificantBits();
        long low = guid.getLeastSignificantBits();
        for (int i = 0; i < 4; i++) {
            table[at + i] = (byte) (high >>> 32 + 8 * i);
        }
        for (int i = 0; i < 2; i++) {
            table[at + 4 + i] = (byte) (high >>> 16 + 8 * i);
            table[at + 6 + i] = (byte) (high >>> 8 * i);
        }
        for (int i = 0; i < 8; i++) {
            table[at + 8 + i] = (byte) (low >>> 56 - 8 * i);
        }
        table[at + 16] = (byte) length;
        table[at + 17] = (byte) (length >>> 8);
        return at + 18;
    }
}
