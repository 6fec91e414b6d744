package dev.measure.key;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.pkcs.EncryptedPrivateKeyInfo;

/**
 * The one key or certificate of a file, PEM or DER, as the ASN.1 SEQUENCE that it is; what kind of SEQUENCE is for the reader of keys to
 * say.
 *
 * @param der the SEQUENCE
 * @param elements how many elements it has, at least 2
 * @param decrypted whether it was encrypted (PKCS #8, RFC 5958) in the file
 */
public record KeyBlock(Source der, int elements, boolean decrypted) {
    /**
     * {@return the private key of a file, decrypted if it was encrypted}
     *
     * @param source the file
     * @param passphrase the file that holds the passphrase on its first line; needed for an encrypted key only
     * @param expected what it should hold, for errors
     * @param hint how to make one, for errors
     * @throws MalformedInputException if there is no such block, or it cannot be decrypted
     */
    public static KeyBlock ofPrivate(Source source, Optional<Source> passphrase, String expected, String hint) {
        Source der = theBlock(source, expected, hint);
        ASN1Sequence sequence = sequence(der, expected);
        if (!isEncrypted(sequence)) {
            return new KeyBlock(der, sequence.size(), false);
        }
        EncryptedPrivateKeyInfo encrypted =
                Asn1.read(der, "an encrypted PKCS #8 key", EncryptedPrivateKeyInfo::getInstance);
        Source file = passphrase.orElseThrow(() -> new MalformedInputException(
                source.name(),
                source.start(),
                "a private key that is not encrypted, or a file with its passphrase",
                "an encrypted key",
                "name the file that holds the passphrase on its first line"));
        byte[] clear = Pbes2.decrypt(source, encrypted, file);
        Source inner = Source.of(source.name() + " (decrypted)", clear);
        Arrays.fill(clear, (byte) 0);
        try {
            return new KeyBlock(inner, sequence(inner, expected).size(), true);
        } catch (MalformedInputException e) {
            throw Pbes2.wrongPassphrase(inner);
        }
    }

    /**
     * {@return the public key, certificate or private key of a file}
     *
     * @param source the file
     * @param expected what it should hold, for errors
     * @param hint how to make one, for errors
     * @throws MalformedInputException if there is no such block, or it is encrypted
     */
    public static KeyBlock ofPublic(Source source, String expected, String hint) {
        Source der = theBlock(source, expected, hint);
        ASN1Sequence sequence = sequence(der, expected);
        if (isEncrypted(sequence)) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    expected,
                    "an encrypted private key",
                    "`openssl pkey -in KEY -pubout` writes its public half");
        }
        return new KeyBlock(der, sequence.size(), false);
    }

    /** The one key of a file: parameters of a curve may stand before it, as OpenSSL writes them. */
    private static Source theBlock(Source source, String expected, String hint) {
        if (source.length() > Pem.MAX_FILE) {
            throw new MalformedInputException(
                    source.name(), source.start(), expected, source.length() + " bytes", hint);
        }
        if (!Pem.is(source)) {
            return source;
        }
        List<Pem.Block> blocks = Pem.read(source).stream()
                .filter(block -> !block.label().equals("EC PARAMETERS"))
                .toList();
        if (blocks.size() != 1) {
            throw new MalformedInputException(
                    source.name(), source.start(), expected, blocks.size() + " PEM blocks", hint);
        }
        if (blocks.get(0).encrypted()) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    expected,
                    "a key encrypted in OpenSSL's traditional form",
                    "`openssl pkcs8 -topk8 -in KEY -out NEW` writes the form that is read here");
        }
        return blocks.get(0).source();
    }

    private static ASN1Sequence sequence(Source der, String expected) {
        ASN1Sequence sequence = Asn1.read(der, expected, object -> object instanceof ASN1Sequence is ? is : null);
        if (sequence.size() < 2) {
            throw Asn1.malformed(der, expected, "something else");
        }
        return sequence;
    }

    private static boolean isEncrypted(ASN1Sequence sequence) {
        return sequence.getObjectAt(0) instanceof ASN1Sequence && sequence.getObjectAt(1) instanceof ASN1OctetString;
    }
}
