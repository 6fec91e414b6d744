package dev.measure.tpm;

import dev.measure.CallerData;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A quote of a TPM: TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE. It holds a digest over PCR values, not the values. TPM 2.0 Library
 * specification, part 2, section 10.12.8.
 *
 * @param extraData qualifyingData of TPM2_Quote, the verifier's nonce, as hexadecimal digits
 * @param resetCount how often the TPM was reset
 * @param restartCount how often it was restarted or resumed since
 * @param firmwareVersion of the TPM
 * @param selection the PCRs that are quoted, in the order of the digest
 * @param pcrDigest over their values; the hash is that of the signature
 * @param signed the bytes that are signed
 */
public record TpmQuote(
        String extraData,
        long resetCount,
        long restartCount,
        long firmwareVersion,
        List<PcrSelection> selection,
        String pcrDigest,
        Source signed) {
    private static final long MAGIC = 0xff544347L; // TPM_GENERATED_VALUE
    private static final int QUOTE = 0x8018; // TPM_ST_ATTEST_QUOTE
    private static final int MAX_NAME = 2 + 64;
    private static final int MAX_DATA = 2 + 64;

    /** Larger is no quote: names and digests have at most 66 bytes each. */
    private static final int MAX_SIZE = 1 << 12;

    /** Copies the list. */
    public TpmQuote {
        selection = List.copyOf(selection);
    }

    /**
     * {@return whether bytes begin as a quote does}
     *
     * @param source the bytes
     */
    public static boolean isQuote(Source source) {
        if (source.length() < 6 || source.length() > MAX_SIZE) {
            return false;
        }
        TpmFields c = TpmFields.of(bare(source).slice(0, 6));
        return c.u32("magic") == MAGIC && c.u16("type") == QUOTE;
    }

    /** TPM2B_ATTEST has its size in front. */
    private static Source bare(Source source) {
        boolean sized = source.length() >= 8
                && TpmFields.of(source.slice(0, 2)).u16("size") == source.length() - 2
                && TpmFields.of(source.slice(2, 4)).u32("magic") == MAGIC;
        return sized ? source.slice(2, source.length() - 2) : source;
    }

    /**
     * {@return the quote in a file, such as {@code tpm2_quote --message} writes it}
     *
     * @param source TPMS_ATTEST or TPM2B_ATTEST
     * @throws MalformedInputException if it is anything else
     */
    public static TpmQuote read(Source source) {
        if (source.length() > MAX_SIZE) {
            throw new MalformedInputException(
                    source.name(), source.start(), "a quote of a TPM", source.length() + " bytes", "");
        }
        Source bytes = bare(source);
        TpmFields c = TpmFields.of(bytes);
        long magic = c.u32("magic");
        if (magic != MAGIC) {
            throw c.cursor().malformed(0, "magic 0xff544347", String.format("0x%08x", magic), "");
        }
        int type = c.u16("type");
        if (type != QUOTE) {
            throw c.cursor().malformed(4, "type 0x8018 (quote)", String.format("0x%04x", type), "");
        }
        c.sized("qualifiedSigner", MAX_NAME);
        String extraData = HexFormat.of().formatHex(c.sized("extraData", MAX_DATA));
        c.u64("clock");
        long resetCount = c.u32("resetCount");
        long restartCount = c.u32("restartCount");
        c.cursor().u8("safe");
        long firmwareVersion = c.u64("firmwareVersion");
        List<PcrSelection> selection = c.selection();
        String pcrDigest = HexFormat.of().formatHex(c.sized("pcrDigest", 64));
        c.end("the quote");
        return new TpmQuote(extraData, resetCount, restartCount, firmwareVersion, selection, pcrDigest, bytes);
    }

    /** {@return how many bytes the values that are quoted have together} */
    public int valueBytes() {
        return selection.stream()
                .mapToInt(bank -> bank.pcrs().size() * bank.bank().length())
                .sum();
    }

    /**
     * {@return the values that are quoted, out of a file that holds nothing but them, such as {@code tpm2_pcrread -o} and
     * {@code tpm2_quote -F values -o} write it}
     *
     * @param source the values one after the other
     * @throws MalformedInputException if it has another length
     */
    public Map<Register, Digest> values(Source source) {
        if (source.length() != valueBytes()) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "the " + valueBytes() + " bytes of the PCR values that are quoted",
                    source.length() + " bytes",
                    "");
        }
        TpmFields c = TpmFields.of(source);
        Map<Register, Digest> values = new LinkedHashMap<>();
        for (PcrSelection bank : selection) {
            for (int pcr : bank.pcrs()) {
                Register register = new Register.Pcr(pcr, bank.bank());
                values.put(
                        register,
                        Digest.of(bank.bank(), c.cursor().bytes(bank.bank().length(), register.id())));
            }
        }
        return values;
    }

    /**
     * {@return the evidence of PCR values that this quote signs: those that it names and no others}
     *
     * @param values PCR values, from a file or the replay of a log
     * @param signature the signature over the quote; empty if there is none
     * @param key the attestation key; empty if nobody says which
     */
    public RegisterEvidence of(
            Map<Register, Digest> values, Optional<TpmSignature> signature, Optional<AttestationKey> key) {
        Map<Register, Digest> quoted = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        for (PcrSelection bank : selection) {
            for (int pcr : bank.pcrs()) {
                Register register = new Register.Pcr(pcr, bank.bank());
                if (values.containsKey(register)) {
                    quoted.put(register, values.get(register));
                } else {
                    missing.add(register.text());
                }
            }
        }
        List<FieldVerdict> trust = new ArrayList<>();
        if (signature.isEmpty()) {
            trust.add(new FieldVerdict.NotChecked("QUOTE.SIGNATURE", "no signature of the quote is given"));
        } else if (key.isEmpty()) {
            trust.add(new FieldVerdict.NotChecked("QUOTE.SIGNATURE", "no attestation key is given"));
        } else {
            trust.addAll(key.get().verify(this, signature.get()));
        }
        trust.add(digest(quoted, missing, signature));
        Map<Register, Digest> shown = Collections.unmodifiableMap(quoted);
        return new Quoted(shown, new CallerData("QUOTE.extraData", nonce(), false)).with(trust);
    }

    private Source nonce() {
        return Source.of("extraData", HexFormat.of().parseHex(extraData));
    }

    /** PCR values that a quote signs. */
    private record Quoted(Map<Register, Digest> registers, CallerData extraData) implements RegisterEvidence {
        @Override
        public Optional<CallerData> callerData() {
            return Optional.of(extraData);
        }
    }

    private FieldVerdict digest(Map<Register, Digest> quoted, List<String> missing, Optional<TpmSignature> signature) {
        String field = "QUOTE.PCR_DIGEST";
        if (!missing.isEmpty()) {
            return new FieldVerdict.NotChecked(field, "no values of the quoted " + String.join(", ", missing));
        }
        for (DigestAlgorithm hash : DigestAlgorithm.values()) {
            boolean possible = hash.length() * 2 == pcrDigest.length()
                    && signature.flatMap(TpmSignature::hash).map(hash::equals).orElse(true);
            if (possible) {
                MessageDigest digest = hash.newMessageDigest();
                quoted.values().forEach(value -> digest.update(value.toByteArray()));
                if (Digest.of(hash, digest).hex().equals(pcrDigest)) {
                    return new FieldVerdict.Matches(field, pcrDigest);
                }
            }
        }
        return new FieldVerdict.Untrusted(field, pcrDigest + ", over the PCR values given", "another");
    }
}
