package dev.measure.snp;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;

/**
 * The ID authentication information, 4096 bytes: who signed an ID block, and who signed for that key. AMD SEV-SNP Firmware ABI,
 * #56860, "ID Authentication Information Structure"; numbers are little-endian.
 *
 * @param idBlockSignature ID_BLOCK_SIG, over the 96 bytes of the ID block, by the ID key
 * @param idKey ID_KEY
 * @param author the author key, if the guest is launched with one (QEMU {@code author-key-enabled=on})
 */
public record IdAuth(EcdsaSignature idBlockSignature, SevPublicKey idKey, Optional<Author> author) {
    /** Bytes of the structure. */
    public static final int SIZE = 4096;

    private static final int ALGORITHM_ECDSA_P384_SHA384 = 1;
    private static final int ID_BLOCK_SIG = 0x040;
    private static final int ID_KEY = 0x240;
    private static final int ID_KEY_SIG = 0x680;
    private static final int AUTHOR_KEY = 0x880;

    /**
     * Who vouches for the ID key.
     *
     * @param idKeySignature ID_KEY_SIG, over the 1028 bytes of the ID key, by the author key
     * @param key AUTHOR_KEY
     */
    public record Author(EcdsaSignature idKeySignature, SevPublicKey key) {
        /** Checks that both are there. */
        public Author {
            Objects.requireNonNull(idKeySignature, "idKeySignature");
            Objects.requireNonNull(key, "key");
        }
    }

    /** Checks that all are there. */
    public IdAuth {
        Objects.requireNonNull(idBlockSignature, "idBlockSignature");
        Objects.requireNonNull(idKey, "idKey");
        Objects.requireNonNull(author, "author");
    }

    /**
     * {@return the authentication information that signs an ID block}
     *
     * @param block the ID block
     * @param idKey signs it
     * @param authorKey signs the ID key, if there is to be one
     */
    public static IdAuth sign(IdBlock block, SigningKey idKey, Optional<SigningKey> authorKey) {
        byte[] key = idKey.publicKey().toByteArray();
        return new IdAuth(
                idKey.sign(block.toByteArray()),
                idKey.publicKey(),
                authorKey.map(author -> new Author(author.sign(key), author.publicKey())));
    }

    /**
     * {@return the authentication information in a file}
     *
     * @param source its 4096 bytes, or their base64 as QEMU takes it
     * @throws dev.measure.MalformedInputException if it is neither
     */
    public static IdAuth read(Source source) {
        return read(Cursor.of(Base64Text.orBinary(source, SIZE, "ID authentication information")));
    }

    static IdAuth read(Cursor c) {
        algorithm(c, "ID_KEY_ALGO");
        long authorAlgorithm = c.u32("AUTHOR_KEY_ALGO");
        if (authorAlgorithm > ALGORITHM_ECDSA_P384_SHA384) {
            throw c.malformed(4, "AUTHOR_KEY_ALGO = 1 (ECDSA P-384 with SHA-384)", Long.toString(authorAlgorithm), "");
        }
        Reserved.zero(c, ID_BLOCK_SIG - 8, "reserved bytes");
        EcdsaSignature idBlockSignature = EcdsaSignature.read(c, "ID_BLOCK_SIG");
        SevPublicKey idKey = SevPublicKey.read(c, "ID_KEY");
        Reserved.zero(c, ID_KEY_SIG - ID_KEY - SevPublicKey.SIZE, "reserved bytes");
        // Without an author key its fields are zero; the key's curve tells.
        boolean authored = !allZero(c, ID_KEY_SIG, EcdsaSignature.SIZE + SevPublicKey.SIZE);
        Optional<Author> author = Optional.empty();
        if (authored) {
            if (authorAlgorithm != ALGORITHM_ECDSA_P384_SHA384) {
                throw c.malformed(4, "AUTHOR_KEY_ALGO = 1, as there is an author key", "0", "");
            }
            EcdsaSignature idKeySignature = EcdsaSignature.read(c, "ID_KEY_SIG");
            author = Optional.of(new Author(idKeySignature, SevPublicKey.read(c, "AUTHOR_KEY")));
        } else {
            c.skip(EcdsaSignature.SIZE + SevPublicKey.SIZE, "ID_KEY_SIG and AUTHOR_KEY");
        }
        Reserved.zero(c, SIZE - AUTHOR_KEY - SevPublicKey.SIZE, "reserved bytes");
        return new IdAuth(idBlockSignature, idKey, author);
    }

    private static void algorithm(Cursor c, String field) {
        int at = c.position();
        long algorithm = c.u32(field);
        if (algorithm != ALGORITHM_ECDSA_P384_SHA384) {
            throw c.malformed(at, field + " = 1 (ECDSA P-384 with SHA-384)", Long.toString(algorithm), "");
        }
    }

    private static boolean allZero(Cursor c, int at, int count) {
        int back = c.position();
        boolean zero =
                Octets.of(c.seek(at, "ID_KEY_SIG").bytes(count, "ID_KEY_SIG")).isZero();
        c.seek(back, "ID_KEY_SIG");
        return zero;
    }

    /**
     * {@return the 4096 bytes}
     *
     * <p>AUTHOR_KEY_ALGO is 1 even without an author key: the processor looks at it only when the launch enables one. The reader
     * takes 0, which other tools write, as well.
     */
    public byte[] toByteArray() {
        byte[] bytes = new byte[SIZE];
        bytes[0] = ALGORITHM_ECDSA_P384_SHA384;
        bytes[4] = ALGORITHM_ECDSA_P384_SHA384;
        put(idBlockSignature.toByteArray(), bytes, ID_BLOCK_SIG);
        put(idKey.toByteArray(), bytes, ID_KEY);
        author.ifPresent(by -> {
            put(by.idKeySignature().toByteArray(), bytes, ID_KEY_SIG);
            put(by.key().toByteArray(), bytes, AUTHOR_KEY);
        });
        return bytes;
    }

    private static void put(byte[] part, byte[] into, int at) {
        System.arraycopy(part, 0, into, at, part.length);
    }

    /** {@return the 4096 bytes as base64, as QEMU's {@code id-auth=} and libvirt's {@code idAuth} take them} */
    public String base64() {
        return Base64.getEncoder().encodeToString(toByteArray());
    }
}
