package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Provenance;
import dev.measure.Source;
import java.security.MessageDigest;
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
        Digest noInitrd = Digest.of(DigestAlgorithm.SHA256, DigestAlgorithm.SHA256.newMessageDigest());
        List<Provenance> from = new java.util.ArrayList<>();
        from.add(Provenance.FileRange.of(kernel));
        initrd.ifPresent(file -> from.add(Provenance.FileRange.of(file)));
        cmdline.ifPresent(text -> from.add(
                new Provenance.Parameter("append", new String(text, java.nio.charset.StandardCharsets.UTF_8))));
        return new KernelHashes(
                kernel.digest(DigestAlgorithm.SHA256),
                initrd.map(file -> file.digest(DigestAlgorithm.SHA256)).orElse(noInitrd),
                Digest.of(DigestAlgorithm.SHA256, line),
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
        MessageDigest digest = DigestAlgorithm.SHA256.newMessageDigest();
        digest.update(table());
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
