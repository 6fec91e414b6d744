package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.List;

/**
 * TDINFO_STRUCT, 512 bytes, little-endian: what a TDREPORT says of a trust domain. Its SHA-384 is TEE_INFO_HASH in the report, and
 * what a service TD such as a migration TD is bound by. Intel TDX Module ABI Specification, "TDINFO_STRUCT".
 *
 * @param attributes ATTRIBUTES
 * @param xfam XFAM, 64 bits
 * @param mrtd MRTD
 * @param mrConfigId MRCONFIGID
 * @param mrOwner MROWNER
 * @param mrOwnerConfig MROWNERCONFIG
 * @param rtmrs RTMR0 to RTMR3
 * @param servTdHash SHA-384 of the service TDs; zero without
 */
public record TdInfo(
        TdAttributes attributes,
        long xfam,
        Digest mrtd,
        Digest mrConfigId,
        Digest mrOwner,
        Digest mrOwnerConfig,
        List<Digest> rtmrs,
        Digest servTdHash) {
    /** How many bytes it has. */
    public static final int SIZE = 512;

    private static final int RTMRS = 4;

    /** Copies the list, and checks the lengths. */
    public TdInfo {
        rtmrs = List.copyOf(rtmrs);
        if (rtmrs.size() != RTMRS) {
            throw new IllegalArgumentException("expected 4 RTMRs, got " + rtmrs.size());
        }
        for (Digest digest : List.of(mrtd, mrConfigId, mrOwner, mrOwnerConfig, servTdHash)) {
            check(digest);
        }
        rtmrs.forEach(TdInfo::check);
    }

    private static void check(Digest digest) {
        if (digest.algorithm() != DigestAlgorithm.SHA384) {
            throw new IllegalArgumentException("expected 48 bytes, got a digest of " + digest.algorithm());
        }
    }

    /**
     * {@return that of a trust domain before it has run: RTMRs and all but these zero}
     *
     * @param attributes ATTRIBUTES
     * @param xfam XFAM, 64 bits
     * @param mrtd MRTD
     */
    public static TdInfo launched(TdAttributes attributes, long xfam, Digest mrtd) {
        Digest zero = Digest.zero(DigestAlgorithm.SHA384);
        return new TdInfo(attributes, xfam, mrtd, zero, zero, zero, Collections.nCopies(RTMRS, zero), zero);
    }

    /** {@return the bytes} */
    public Source bytes() {
        ByteBuffer out = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(attributes.bits()).putLong(xfam).put(mrtd.toByteArray());
        out.put(mrConfigId.toByteArray()).put(mrOwner.toByteArray()).put(mrOwnerConfig.toByteArray());
        rtmrs.forEach(rtmr -> out.put(rtmr.toByteArray()));
        out.put(servTdHash.toByteArray());
        return Source.of("TDINFO_STRUCT", out.array());
    }

    /** {@return TEE_INFO_HASH} */
    public Digest teeInfoHash() {
        return bytes().digest(DigestAlgorithm.SHA384);
    }
}
