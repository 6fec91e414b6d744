package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * TDREPORT_STRUCT, 1024 bytes, little-endian: what TDG.MR.REPORT gives to the guest. Its MAC can be checked only on the machine
 * that made it. Intel TDX Module ABI Specification, "Measurement and Attestation Types".
 *
 * @param version REPORTTYPE.VERSION: 0 without, 1 with a service TD
 * @param cpuSvn 16 bytes
 * @param teeTcbInfoHash SHA-384 of the first 239 bytes of TEE_TCB_INFO
 * @param teeInfoHash SHA-384 of TDINFO
 * @param reportData the guest's 64 bytes
 * @param mac 32 bytes
 * @param teeTcbInfo TEE_TCB_INFO, as far as it is hashed
 * @param teeTcbSvn 16 bytes
 * @param mrSeam the measurement of the TDX module
 * @param mrSignerSeam the measurement of its signer
 * @param seamAttributes attributes of the TDX module
 * @param teeTcbSvn2 TEE_TCB_SVN2, 16 bytes: the security versions of the TDX module that runs now; zero before TDX 1.5
 * @param attributes ATTRIBUTES of the trust domain
 * @param xfam XFAM of the trust domain
 * @param mrtd MRTD
 * @param mrConfigId MRCONFIGID
 * @param mrOwner MROWNER
 * @param mrOwnerConfig MROWNERCONFIG
 * @param rtmrs RTMR0 to RTMR3
 * @param servTdHash SHA-384 of the service TDs; zero without
 * @param tdInfo TDINFO, 512 bytes
 */
public record TdReport(
        int version,
        Source cpuSvn,
        Digest teeTcbInfoHash,
        Digest teeInfoHash,
        Source reportData,
        Source mac,
        Source teeTcbInfo,
        Source teeTcbSvn,
        Digest mrSeam,
        Digest mrSignerSeam,
        long seamAttributes,
        Source teeTcbSvn2,
        TdAttributes attributes,
        long xfam,
        Digest mrtd,
        Digest mrConfigId,
        Digest mrOwner,
        Digest mrOwnerConfig,
        List<Digest> rtmrs,
        Digest servTdHash,
        Source tdInfo)
        implements TdEvidence {
    /** How many bytes a report has. */
    public static final int SIZE = 1024;

    /** REPORTTYPE.TYPE of TDX. */
    static final int TDX = 0x81;

    /** Copies the list. */
    public TdReport {
        rtmrs = List.copyOf(rtmrs);
    }

    /**
     * {@return the report in a file of exactly 1024 bytes}
     *
     * @param source its bytes
     * @throws MalformedInputException if they are no report
     */
    public static TdReport read(Source source) {
        if (source.length() != SIZE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start() + Math.min(source.length(), SIZE),
                    "a TDREPORT of 1024 bytes",
                    source.length() + " bytes",
                    "");
        }
        return read(Cursor.of(source));
    }

    private static TdReport read(Cursor c) {
        int type = c.u8("REPORTTYPE.TYPE");
        if (type != TDX) {
            throw c.malformed(0, "REPORTTYPE.TYPE 0x81 (TDX)", "0x" + Integer.toHexString(type), "is this a TDREPORT?");
        }
        int subtype = c.u8("REPORTTYPE.SUBTYPE");
        if (subtype != 0) {
            throw c.malformed(1, "REPORTTYPE.SUBTYPE 0", Integer.toString(subtype), "");
        }
        int version = c.u8("REPORTTYPE.VERSION");
        if (version > 1) {
            throw c.malformed(2, "REPORTTYPE.VERSION 0 or 1", Integer.toString(version), "");
        }
        c.skip(1 + 12, "reserved");
        Source cpuSvn = c.slice(16, "CPUSVN");
        Digest teeTcbInfoHash = TdFields.sha384(c, "TEE_TCB_INFO_HASH");
        Digest teeInfoHash = TdFields.sha384(c, "TEE_INFO_HASH");
        Source reportData = c.slice(64, "REPORTDATA");
        c.skip(32, "reserved");
        Source mac = c.slice(32, "MAC");
        Source teeTcbInfo = c.source().slice(c.position(), 239);
        c.skip(8, "TEE_TCB_INFO.VALID");
        Source teeTcbSvn = c.slice(16, "TEE_TCB_SVN");
        Digest mrSeam = TdFields.sha384(c, "MRSEAM");
        Digest mrSignerSeam = TdFields.sha384(c, "MRSIGNERSEAM");
        long seamAttributes = c.u64("SEAM ATTRIBUTES");
        Source teeTcbSvn2 = c.slice(16, "TEE_TCB_SVN2");
        c.skip(95 + 17, "reserved");
        Source tdInfo = c.source().slice(c.position(), 512);
        TdAttributes attributes = new TdAttributes(c.u64("ATTRIBUTES"));
        long xfam = c.u64("XFAM");
        Digest mrtd = TdFields.sha384(c, "MRTD");
        Digest mrConfigId = TdFields.sha384(c, "MRCONFIGID");
        Digest mrOwner = TdFields.sha384(c, "MROWNER");
        Digest mrOwnerConfig = TdFields.sha384(c, "MROWNERCONFIG");
        List<Digest> rtmrs = TdFields.rtmrs(c);
        Digest servTdHash = TdFields.sha384(c, "SERVTD_HASH");
        c.skip(64, "reserved");
        return new TdReport(
                version,
                cpuSvn,
                teeTcbInfoHash,
                teeInfoHash,
                reportData,
                mac,
                teeTcbInfo,
                teeTcbSvn,
                mrSeam,
                mrSignerSeam,
                seamAttributes,
                teeTcbSvn2,
                attributes,
                xfam,
                mrtd,
                mrConfigId,
                mrOwner,
                mrOwnerConfig,
                rtmrs,
                servTdHash,
                tdInfo);
    }

    /** {@return TEE_TCB_SVN2; zero from a TDX module before 1.5} */
    @Override
    public Optional<Source> secondTeeTcbSvn() {
        return Optional.of(teeTcbSvn2);
    }

    /** {@return SERVTD_HASH} */
    @Override
    public Optional<Digest> mrServiceTd() {
        return Optional.of(servTdHash);
    }

    /** {@return whether the hashes in the part that the MAC covers are those of the rest; the MAC itself cannot be checked here} */
    public List<FieldVerdict> verify() {
        List<FieldVerdict> verdicts = new ArrayList<>();
        verdicts.add(hash("TEE_TCB_INFO_HASH", teeTcbInfoHash, teeTcbInfo.digest(DigestAlgorithm.SHA384)));
        verdicts.add(hash("TEE_INFO_HASH", teeInfoHash, tdInfo.digest(DigestAlgorithm.SHA384)));
        verdicts.add(new FieldVerdict.NotChecked("MAC", "only the machine that made the report can check it"));
        return List.copyOf(verdicts);
    }

    /** {@return the verdicts of {@link #verify()}: nobody but the machine that made the report can tell whether it is genuine} */
    @Override
    public List<FieldVerdict> trust() {
        return verify();
    }

    private static FieldVerdict hash(String field, Digest found, Digest expected) {
        return found.equals(expected)
                ? new FieldVerdict.Matches(field, found.hex())
                : new FieldVerdict.Untrusted(field, expected.hex(), found.hex());
    }
}
