package dev.measure.key;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.EncryptedPrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.EncryptionScheme;
import org.bouncycastle.asn1.pkcs.KeyDerivationFunc;
import org.bouncycastle.asn1.pkcs.PBES2Parameters;
import org.bouncycastle.asn1.pkcs.PBKDF2Params;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.crypto.BlockCipher;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA224Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA384Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.engines.DESedeEngine;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.generators.SCrypt;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/** PBES2, the encryption of PKCS #8 keys (RFC 8018): PBKDF2 or scrypt, then AES or triple DES in CBC mode. */
public final class Pbes2 {
    private static final ASN1ObjectIdentifier SCRYPT = new ASN1ObjectIdentifier("1.3.6.1.4.1.11591.4.11");

    /** The most rounds of PBKDF2: ten times what today's guides ask for, some seconds of work. */
    private static final int MAX_ITERATIONS = 10_000_000;

    /** The most memory of scrypt, 128 * N * r bytes; OpenSSL's default uses 16 MiB. */
    private static final long MAX_SCRYPT_BYTES = 1L << 28;

    private static final int MAX_SCRYPT_PARALLEL = 16;
    private static final int MAX_PASSPHRASE = 4096;

    private Pbes2() {}

    /**
     * {@return the clear PrivateKeyInfo}
     *
     * @param key the file, for errors
     * @param info what it holds
     * @param passphraseFile a file with the passphrase on its first line
     */
    static byte[] decrypt(Source key, EncryptedPrivateKeyInfo info, Source passphraseFile) {
        if (!info.getEncryptionAlgorithm().getAlgorithm().equals(PKCSObjectIdentifiers.id_PBES2)) {
            throw unsupported(key);
        }
        byte[] passphrase = passphrase(passphraseFile);
        try {
            PBES2Parameters parameters =
                    PBES2Parameters.getInstance(info.getEncryptionAlgorithm().getParameters());
            EncryptionScheme scheme = parameters.getEncryptionScheme();
            ASN1ObjectIdentifier cipher = scheme.getAlgorithm();
            byte[] derived = derive(key, parameters.getKeyDerivationFunc(), passphrase, keyLength(key, cipher));
            byte[] iv = ASN1OctetString.getInstance(scheme.getParameters()).getOctets();
            boolean des = cipher.equals(PKCSObjectIdentifiers.des_EDE3_CBC);
            BlockCipher engine = des ? new DESedeEngine() : AESEngine.newInstance();
            return decrypt(engine, new KeyParameter(derived), iv, info.getEncryptedData());
        } catch (MalformedInputException e) {
            throw e;
        } catch (InvalidCipherTextException e) {
            throw wrongPassphrase(key);
        } catch (RuntimeException e) {
            throw unsupported(key);
        } finally {
            Arrays.fill(passphrase, (byte) 0);
        }
    }

    private static byte[] decrypt(BlockCipher engine, KeyParameter key, byte[] iv, byte[] encrypted)
            throws InvalidCipherTextException {
        PaddedBufferedBlockCipher cipher = new PaddedBufferedBlockCipher(CBCBlockCipher.newInstance(engine));
        cipher.init(false, new ParametersWithIV(key, iv));
        if (encrypted.length == 0 || encrypted.length % engine.getBlockSize() != 0) {
            throw new InvalidCipherTextException("length");
        }
        byte[] clear = new byte[cipher.getOutputSize(encrypted.length)];
        int count = cipher.processBytes(encrypted, 0, encrypted.length, clear, 0);
        count += cipher.doFinal(clear, count);
        byte[] exact = Arrays.copyOf(clear, count);
        Arrays.fill(clear, (byte) 0);
        return exact;
    }

    private static int keyLength(Source key, ASN1ObjectIdentifier cipher) {
        if (cipher.equals(NISTObjectIdentifiers.id_aes256_CBC)) {
            return 32;
        }
        if (cipher.equals(NISTObjectIdentifiers.id_aes192_CBC) || cipher.equals(PKCSObjectIdentifiers.des_EDE3_CBC)) {
            return 24;
        }
        if (cipher.equals(NISTObjectIdentifiers.id_aes128_CBC)) {
            return 16;
        }
        throw unsupported(key);
    }

    private static byte[] derive(Source key, KeyDerivationFunc function, byte[] passphrase, int length) {
        if (function.getAlgorithm().equals(SCRYPT)) {
            return scrypt(key, ASN1Sequence.getInstance(function.getParameters()), passphrase, length);
        }
        if (!function.getAlgorithm().equals(PKCSObjectIdentifiers.id_PBKDF2)) {
            throw unsupported(key);
        }
        PBKDF2Params pbkdf2 = PBKDF2Params.getInstance(function.getParameters());
        BigInteger iterations = pbkdf2.getIterationCount();
        if (iterations.signum() <= 0 || iterations.compareTo(BigInteger.valueOf(MAX_ITERATIONS)) > 0) {
            throw tooMuchWork(key);
        }
        PKCS5S2ParametersGenerator generator =
                new PKCS5S2ParametersGenerator(digest(key, pbkdf2.getPrf().getAlgorithm()));
        generator.init(passphrase, pbkdf2.getSalt(), iterations.intValueExact());
        return ((KeyParameter) generator.generateDerivedMacParameters(8 * length)).getKey();
    }

    /** RFC 7914, section 7: SEQUENCE of salt, N, r, p and perhaps the length of the key. */
    private static byte[] scrypt(Source key, ASN1Sequence parameters, byte[] passphrase, int length) {
        byte[] salt = ASN1OctetString.getInstance(parameters.getObjectAt(0)).getOctets();
        BigInteger cost = ASN1Integer.getInstance(parameters.getObjectAt(1)).getValue();
        BigInteger blockSize =
                ASN1Integer.getInstance(parameters.getObjectAt(2)).getValue();
        BigInteger lanes = ASN1Integer.getInstance(parameters.getObjectAt(3)).getValue();
        BigInteger memory = cost.multiply(blockSize).shiftLeft(7);
        if (cost.signum() <= 0
                || blockSize.signum() <= 0
                || memory.compareTo(BigInteger.valueOf(MAX_SCRYPT_BYTES)) > 0
                || lanes.compareTo(BigInteger.valueOf(MAX_SCRYPT_PARALLEL)) > 0) {
            throw tooMuchWork(key);
        }
        return SCrypt.generate(
                passphrase, salt, cost.intValueExact(), blockSize.intValueExact(), lanes.intValueExact(), length);
    }

    private static Digest digest(Source key, ASN1ObjectIdentifier prf) {
        if (prf.equals(PKCSObjectIdentifiers.id_hmacWithSHA1)) {
            return new SHA1Digest();
        }
        if (prf.equals(PKCSObjectIdentifiers.id_hmacWithSHA224)) {
            return new SHA224Digest();
        }
        if (prf.equals(PKCSObjectIdentifiers.id_hmacWithSHA256)) {
            return SHA256Digest.newInstance();
        }
        if (prf.equals(PKCSObjectIdentifiers.id_hmacWithSHA384)) {
            return new SHA384Digest();
        }
        if (prf.equals(PKCSObjectIdentifiers.id_hmacWithSHA512)) {
            return new SHA512Digest();
        }
        throw unsupported(key);
    }

    /** The first line of the file, without its end, byte for byte. */
    private static byte[] passphrase(Source file) {
        byte[] bytes = new byte[(int) Math.min(file.length(), MAX_PASSPHRASE + 1)];
        file.read(0, bytes, 0, bytes.length);
        int end = 0;
        while (end < bytes.length && bytes[end] != '\n' && bytes[end] != '\r') {
            end++;
        }
        if (end > MAX_PASSPHRASE) {
            throw new MalformedInputException(
                    file.name(),
                    file.start(),
                    "a passphrase of at most " + MAX_PASSPHRASE + " bytes on the first line",
                    "a longer line",
                    "");
        }
        byte[] first = Arrays.copyOf(bytes, end);
        Arrays.fill(bytes, (byte) 0);
        return first;
    }

    /** {@return the exception for a key that is none after it was decrypted} */
    public static MalformedInputException wrongPassphrase(Source key) {
        return new MalformedInputException(
                key.name(),
                key.start(),
                "a private key that the passphrase decrypts",
                "one that it does not decrypt",
                "is it the right passphrase, on the first line of its file?");
    }

    private static MalformedInputException tooMuchWork(Source key) {
        return new MalformedInputException(
                key.name(),
                key.start(),
                "at most " + MAX_ITERATIONS + " rounds of PBKDF2, or " + (MAX_SCRYPT_BYTES >> 20) + " MiB and "
                        + MAX_SCRYPT_PARALLEL + " lanes of scrypt",
                "a costlier derivation",
                "");
    }

    private static MalformedInputException unsupported(Source key) {
        return new MalformedInputException(
                key.name(),
                key.start(),
                "PKCS #8 encrypted with PBES2: PBKDF2 or scrypt, AES or triple DES in CBC mode",
                "another encryption",
                "`openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW` writes a form that is read here");
    }
}
