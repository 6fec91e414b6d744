package dev.measure.boot;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What systemd measures into PCR 15 of the system that it starts: volume keys, the machine id and file systems (systemd-pcrextend,
 * systemd-cryptsetup; src/shared/pcrextend-util.c, src/cryptsetup/cryptsetup.c).
 *
 * @param given whether anything is said about it; if not, PCR 15 is known only until the initrd ends
 * @param machineIdKnown whether the machine id is said, be it that none is measured
 * @param records what is measured, in order
 */
public record SystemIdentity(boolean given, boolean machineIdKnown, List<Item> records) {
    /** Nothing is said about it. */
    public static final SystemIdentity UNKNOWN = new SystemIdentity(false, false, List.of());

    /** The number of fields of a file system: type, UUID, label, and UUID, type and name of its partition. */
    public static final int FILE_SYSTEM_FIELDS = 6;

    /** Copies the list. */
    public SystemIdentity {
        records = List.copyOf(records);
    }

    /** A record. */
    public sealed interface Item {
        /** {@return the text that stands in the log} */
        String word();

        /** {@return what the register is extended with} */
        Measured measured();
    }

    /**
     * The machine id.
     *
     * @param id 32 lower-case hexadecimal digits
     */
    public record MachineId(String id) implements Item {
        /** Checks the form. */
        public MachineId {
            if (!id.matches("[0-9a-f]{32}")) {
                throw new IllegalArgumentException("a machine id has 32 hexadecimal digits, got '" + id + "'");
            }
        }

        @Override
        public String word() {
            return "machine-id:" + id;
        }

        @Override
        public Measured measured() {
            return Measured.of(word(), word().getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * A mounted file system.
     *
     * @param word {@code file-system:}, the escaped path and the escaped fields, joined by colons
     */
    public record FileSystem(String word) implements Item {
        /** Checks the number of fields. */
        public FileSystem {
            if (!word.startsWith("file-system:/") || word.split(":", -1).length != FILE_SYSTEM_FIELDS + 2) {
                throw new IllegalArgumentException(
                        "expected file-system:PATH:TYPE:UUID:LABEL:PARTUUID:PARTTYPE:PARTLABEL, got '" + word + "'");
            }
        }

        /**
         * {@return a file system}
         *
         * @param path where it is mounted
         * @param fields type, UUID, label, and UUID, type and name of its partition; empty texts for what it does not have
         */
        public static FileSystem of(String path, List<String> fields) {
            StringBuilder word = new StringBuilder("file-system:").append(escaped(path));
            fields.forEach(field -> word.append(':').append(escaped(field)));
            return new FileSystem(word.toString());
        }

        @Override
        public Measured measured() {
            return Measured.of(word, word.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The key of an encrypted volume: measured as HMAC, so that no digest of the key leaves the processor. */
    public static final class VolumeKey implements Item {
        private final String word;
        private final Measured measured;

        /**
         * A volume.
         *
         * @param name the name under which it is opened
         * @param uuid of its LUKS header
         * @param key the volume key; it is not kept
         */
        public VolumeKey(String name, String uuid, Source key) {
            this.word = "cryptsetup:" + escaped(name) + ":" + Objects.requireNonNull(uuid, "uuid");
            byte[] bytes = key.toByteArray();
            Map<DigestAlgorithm, Digest> digests = new EnumMap<>(DigestAlgorithm.class);
            for (DigestAlgorithm bank : DigestAlgorithm.values()) {
                digests.put(bank, hmac(bank, bytes, word.getBytes(StandardCharsets.UTF_8)));
            }
            this.measured = new Measured.Given(digests);
        }

        @Override
        public String word() {
            return word;
        }

        @Override
        public Measured measured() {
            return measured;
        }
    }

    /** HMAC (FIPS 198-1), for SM3 too. */
    private static Digest hmac(DigestAlgorithm bank, byte[] key, byte[] text) {
        int block = bank == DigestAlgorithm.SHA384 || bank == DigestAlgorithm.SHA512 ? 128 : 64;
        byte[] k0 = key;
        if (key.length > block) {
            MessageDigest hash = bank.newMessageDigest();
            hash.update(key);
            k0 = Digest.of(bank, hash).toByteArray();
        }
        byte[] inner = new byte[block];
        byte[] outer = new byte[block];
        for (int i = 0; i < block; i++) {
            int b = i < k0.length ? k0[i] : 0;
            inner[i] = (byte) (b ^ 0x36);
            outer[i] = (byte) (b ^ 0x5c);
        }
        MessageDigest hash = bank.newMessageDigest();
        hash.update(inner);
        hash.update(text);
        byte[] middle = Digest.of(bank, hash).toByteArray();
        hash = bank.newMessageDigest();
        hash.update(outer);
        hash.update(middle);
        return Digest.of(bank, hash);
    }

    /** systemd's xescape(): colon, backslash and what is not printable ASCII become {@code \xNN}, byte by byte. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (b < ' ' || b == 127 || b == '\\' || b == ':') {
                escaped.append("\\x").append(HexFormat.of().toHexDigits(b));
            } else {
                escaped.append((char) b);
            }
        }
        return escaped.toString();
    }

    /** {@return what is missing for PCR 15 at a time after the initrd; empty if nothing is} */
    Optional<NotKnown> missing(boolean started) {
        if (!given) {
            return Optional.of(new NotKnown(
                    15,
                    "after the initrd systemd measures volume keys, the machine id and file systems of that machine",
                    "--machine-id, with --volume-key and --file-system if it measures those"));
        }
        return started && !machineIdKnown
                ? Optional.of(new NotKnown(15, "systemd measures the machine id", "--machine-id, or --machine-id none"))
                : Optional.empty();
    }
}
