package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A TD quote, version 4 or 5, little-endian: what the quoting enclave made of a TDREPORT, signed so that anyone can check it.
 * Intel TDX DCAP Quoting Library API, appendix A.
 *
 * @param header the first 48 bytes
 * @param bodyType 2 for TDX 1.0, 3 for TDX 1.5; a quote of version 4 is always of TDX 1.0
 * @param teeTcbSvn 16 bytes
 * @param mrSeam the measurement of the TDX module
 * @param mrSignerSeam the measurement of its signer; zero for Intel's own
 * @param seamAttributes attributes of the TDX module
 * @param attributes ATTRIBUTES of the trust domain
 * @param xfam XFAM of the trust domain
 * @param mrtd MRTD
 * @param mrConfigId MRCONFIGID
 * @param mrOwner MROWNER
 * @param mrOwnerConfig MROWNERCONFIG
 * @param rtmrs RTMR0 to RTMR3
 * @param reportData the guest's 64 bytes
 * @param teeTcbSvn2 16 bytes; TDX 1.5 only
 * @param mrServiceTd the measurement of the service TDs; TDX 1.5 only
 * @param signed the bytes that the attestation key signs: header and body
 * @param signature the signature and what certifies its key
 * @param warnings what the user should know about the bytes
 */
public record TdQuote(
        Header header,
        int bodyType,
        Source teeTcbSvn,
        Digest mrSeam,
        Digest mrSignerSeam,
        long seamAttributes,
        TdAttributes attributes,
        long xfam,
        Digest mrtd,
        Digest mrConfigId,
        Digest mrOwner,
        Digest mrOwnerConfig,
        List<Digest> rtmrs,
        Source reportData,
        Optional<Source> teeTcbSvn2,
        Optional<Digest> mrServiceTd,
        Source signed,
        QuoteSignature signature,
        List<Warning> warnings)
        implements TdEvidence {
    /** TD report body of TDX 1.0. */
    public static final int TD_1_0 = 2;
    /** TD report body of TDX 1.5. */
    public static final int TD_1_5 = 3;

    /** Quotes have 5 to 8 KB; what is larger is no quote. */
    private static final int MAX_QUOTE = 1 << 20;

    /** Copies the lists. */
    public TdQuote {
        rtmrs = List.copyOf(rtmrs);
        warnings = List.copyOf(warnings);
    }

    /**
     * The header.
     *
     * @param version 4 or 5
     * @param attestationKeyType 2: ECDSA P-256 with SHA-256
     * @param teeType 0x81: TDX
     * @param qeVendorId 16 bytes
     * @param userData 20 bytes
     */
    public record Header(int version, int attestationKeyType, long teeType, Source qeVendorId, Source userData) {
        static final int SIZE = 48;
        private static final int ECDSA_P256 = 2;

        static Header read(Cursor c) {
            int version = c.u16("version");
            if (version != 4 && version != 5) {
                throw c.malformed(0, "quote version 4 or 5", Integer.toString(version), "is this a TD quote?");
            }
            int keyType = c.u16("attestation key type");
            if (keyType != ECDSA_P256) {
                throw c.malformed(2, "attestation key type 2 (ECDSA P-256)", Integer.toString(keyType), "");
            }
            long tee = c.u32("TEE type");
            if (tee != TdReport.TDX) {
                throw c.malformed(
                        4,
                        "TEE type 0x81 (TDX)",
                        "0x" + Long.toHexString(tee),
                        tee == 0 ? "this is a quote of an SGX enclave" : "");
            }
            c.skip(4, "reserved");
            return new Header(version, keyType, tee, c.slice(16, "QE vendor id"), c.slice(20, "user data"));
        }
    }

    /**
     * {@return whether bytes begin as a TD quote does}
     *
     * @param source the bytes
     */
    public static boolean isQuote(Source source) {
        if (source.length() < Header.SIZE || source.length() > MAX_QUOTE) {
            return false;
        }
        Cursor c = Cursor.of(source.slice(0, 8));
        int version = c.u16("version");
        int keyType = c.u16("attestation key type");
        return (version == 4 || version == 5) && keyType != 0 && c.u32("TEE type") == TdReport.TDX;
    }

    /**
     * {@return the quote at the start of a file; what follows its signature is not looked into}
     *
     * @param source its bytes
     * @throws MalformedInputException if they are no quote
     */
    public static TdQuote read(Source source) {
        if (source.length() > MAX_QUOTE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start() + MAX_QUOTE,
                    "a quote of at most " + MAX_QUOTE + " bytes",
                    source.length() + " bytes",
                    "");
        }
        Cursor c = Cursor.of(source);
        Header header = Header.read(c);
        int bodyType = header.version() == 4 ? TD_1_0 : bodyType(c);
        Source teeTcbSvn = c.slice(16, "TEE_TCB_SVN");
        Digest mrSeam = TdFields.sha384(c, "MRSEAM");
        Digest mrSignerSeam = TdFields.sha384(c, "MRSIGNERSEAM");
        long seamAttributes = c.u64("SEAMATTRIBUTES");
        TdAttributes attributes = new TdAttributes(c.u64("TDATTRIBUTES"));
        long xfam = c.u64("XFAM");
        Digest mrtd = TdFields.sha384(c, "MRTD");
        Digest mrConfigId = TdFields.sha384(c, "MRCONFIGID");
        Digest mrOwner = TdFields.sha384(c, "MROWNER");
        Digest mrOwnerConfig = TdFields.sha384(c, "MROWNERCONFIG");
        List<Digest> rtmrs = TdFields.rtmrs(c);
        Source reportData = c.slice(64, "REPORTDATA");
        boolean newer = bodyType == TD_1_5;
        Optional<Source> teeTcbSvn2 = newer ? Optional.of(c.slice(16, "TEE_TCB_SVN_2")) : Optional.empty();
        Optional<Digest> mrServiceTd = newer ? Optional.of(TdFields.sha384(c, "MRSERVICETD")) : Optional.empty();
        Source signed = source.slice(0, c.position());
        long length = c.u32("signature data length");
        QuoteSignature signature = QuoteSignature.read(Cursor.of(c.slice(length, "signature data")));
        return new TdQuote(
                header,
                bodyType,
                teeTcbSvn,
                mrSeam,
                mrSignerSeam,
                seamAttributes,
                attributes,
                xfam,
                mrtd,
                mrConfigId,
                mrOwner,
                mrOwnerConfig,
                rtmrs,
                reportData,
                teeTcbSvn2,
                mrServiceTd,
                signed,
                signature,
                warnings(c, attributes));
    }

    private static int bodyType(Cursor c) {
        int at = c.position();
        int type = c.u16("body type");
        if (type != TD_1_0 && type != TD_1_5) {
            throw c.malformed(
                    at,
                    "body type 2 (TDX 1.0) or 3 (TDX 1.5)",
                    Integer.toString(type),
                    type == 1 ? "this is a quote of an SGX enclave" : "");
        }
        long size = c.u32("body size");
        int expected = type == TD_1_0 ? 584 : 648;
        if (size != expected) {
            throw c.malformed(at + 2, "body size " + expected, Long.toString(size), "");
        }
        return type;
    }

    /** {@return TEE_TCB_SVN_2, if it is of TDX 1.5} */
    @Override
    public Optional<Source> secondTeeTcbSvn() {
        return teeTcbSvn2;
    }

    /**
     * {@return who signed the quote, link by link; expiry, revocation and TCB state are not looked at}
     *
     * @param root the root certificate that the chain must end at, DER or PEM; empty if nobody says which
     * @throws IllegalArgumentException if the root is no certificate
     */
    public List<FieldVerdict> verify(Optional<Source> root) {
        return QuoteTrust.of(this, root);
    }

    /** {@return that no root is given; see {@link #verify}} */
    @Override
    public List<FieldVerdict> trust() {
        return List.of(new FieldVerdict.NotChecked("SIGNATURE", "no root certificate is given"));
    }

    /** Buffers that quotes come in are longer than quotes, so zeros behind one are normal. */
    private static List<Warning> warnings(Cursor c, TdAttributes attributes) {
        List<Warning> warnings = new ArrayList<>();
        int at = c.position();
        byte[] rest = c.bytes(c.remaining(), "bytes behind the signature");
        for (int i = 0; i < rest.length; i++) {
            if (rest[i] != 0) {
                warnings.add(new Warning(
                        WarningCode.QUOTE_TRAILING_BYTES,
                        c.source().name() + ": offset 0x"
                                + Long.toHexString(c.source().start() + at + i) + ": " + (rest.length - i)
                                + " bytes behind the signature, which nothing signs"));
                break;
            }
        }
        if (attributes.debug()) {
            warnings.add(new Warning(WarningCode.TD_DEBUG, debug(attributes)));
        }
        return warnings;
    }

    static String debug(TdAttributes attributes) {
        return "ATTRIBUTES " + attributes.text()
                + ": a debug TD, which its host can read and change; no value in it proves anything";
    }

    /** {@return the quote's version and MRTD} */
    @Override
    public String toString() {
        return "TD quote version " + header.version() + ", MRTD " + mrtd.hex();
    }
}
