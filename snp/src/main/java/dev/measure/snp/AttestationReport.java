package dev.measure.snp;

import dev.measure.CallerData;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * ATTESTATION_REPORT, 1184 (0x4a0) bytes: what the processor signs about a running guest. AMD SEV-SNP Firmware ABI, #56860,
 * "ATTESTATION_REPORT Structure"; versions 2 to 5, numbers are little-endian.
 *
 * @param version VERSION, 2 to 5
 * @param guestSvn GUEST_SVN, unsigned 32 bits
 * @param policy POLICY
 * @param familyId FAMILY_ID, 16 bytes
 * @param imageId IMAGE_ID, 16 bytes
 * @param vmpl VMPL of who asked, 0 to 3, or 0xffffffff if the host asked
 * @param currentTcb CURRENT_TCB
 * @param platformInfo PLATFORM_INFO
 * @param authorKeyEnabled AUTHOR_KEY_EN
 * @param maskChipKey MASK_CHIP_KEY: CHIP_ID is hidden
 * @param signingKey SIGNING_KEY
 * @param reportData REPORT_DATA, 64 bytes, given by the guest
 * @param measurement MEASUREMENT, the launch digest
 * @param hostData HOST_DATA, 32 bytes, given by the host at launch
 * @param idKeyDigest ID_KEY_DIGEST, zero if the guest was launched without an ID block
 * @param authorKeyDigest AUTHOR_KEY_DIGEST
 * @param reportId REPORT_ID, 32 bytes
 * @param reportIdMa REPORT_ID_MA, 32 bytes
 * @param reportedTcb REPORTED_TCB, for which the signing key was derived
 * @param cpu family, model and stepping of the processor; since version 3
 * @param chipId CHIP_ID, 64 bytes
 * @param committedTcb COMMITTED_TCB
 * @param currentVersion CURRENT_MAJOR, CURRENT_MINOR and CURRENT_BUILD
 * @param committedVersion COMMITTED_MAJOR, COMMITTED_MINOR and COMMITTED_BUILD
 * @param launchTcb LAUNCH_TCB
 * @param launchMitVector LAUNCH_MIT_VECTOR; since version 5
 * @param currentMitVector CURRENT_MIT_VECTOR; since version 5
 * @param signature SIGNATURE, over the bytes before it
 * @param signed the bytes that are signed, 0x000 to 0x29f
 */
public record AttestationReport(
        int version,
        long guestSvn,
        GuestPolicy policy,
        Octets familyId,
        Octets imageId,
        long vmpl,
        TcbVersion currentTcb,
        PlatformInfo platformInfo,
        boolean authorKeyEnabled,
        boolean maskChipKey,
        ReportSigner signingKey,
        Octets reportData,
        Digest measurement,
        Octets hostData,
        Digest idKeyDigest,
        Digest authorKeyDigest,
        Octets reportId,
        Octets reportIdMa,
        TcbVersion reportedTcb,
        Optional<CpuModel> cpu,
        Octets chipId,
        TcbVersion committedTcb,
        FirmwareVersion currentVersion,
        FirmwareVersion committedVersion,
        TcbVersion launchTcb,
        OptionalLong launchMitVector,
        OptionalLong currentMitVector,
        EcdsaSignature signature,
        Octets signed)
        implements RegisterEvidence {
    /** Bytes of the structure. */
    public static final int SIZE = 0x4a0;

    private static final Register REGISTER = new Register.LaunchDigest(Register.Launch.SNP);

    /** VMPL of a report that the host asked for. */
    public static final long VMPL_HOST = 0xffff_ffffL;

    private static final int SIGNATURE = 0x2a0;
    private static final int CPUID = 0x188;
    private static final int FIRST_VERSION = 2;
    private static final int LAST_VERSION = 5;

    /**
     * The version of the firmware on the AMD-SP.
     *
     * @param major ABI major version
     * @param minor ABI minor version
     * @param build build number
     */
    public record FirmwareVersion(int major, int minor, int build) {
        /** {@return the version as {@code 1.55.29}} */
        public String text() {
            return major + "." + minor + "." + build;
        }
    }

    /**
     * {@return the report that fills a source}
     *
     * @param source its 1184 bytes; for a report inside something else see {@link SnpEvidence}
     * @throws dev.measure.MalformedInputException if it is no report of a known version
     */
    public static AttestationReport read(Source source) {
        if (source.length() != SIZE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "an attestation report of " + SIZE + " bytes",
                    source.length() + " bytes",
                    "");
        }
        return read(Cursor.of(source));
    }

    static AttestationReport read(Cursor c) {
        int start = c.position();
        long version = c.u32("VERSION");
        if (version < FIRST_VERSION || version > LAST_VERSION) {
            throw c.malformed(start, "VERSION = 2..5", Long.toString(version), "");
        }
        boolean fmcFirst = fmcFirst(c, start, version);
        long guestSvn = c.u32("GUEST_SVN");
        GuestPolicy policy = policy(c);
        Octets familyId = octets(c, 16, "FAMILY_ID");
        Octets imageId = octets(c, 16, "IMAGE_ID");
        long vmpl = vmpl(c);
        int at = c.position();
        long algorithm = c.u32("SIGNATURE_ALGO");
        if (algorithm != 1) {
            throw c.malformed(at, "SIGNATURE_ALGO = 1 (ECDSA P-384 with SHA-384)", Long.toString(algorithm), "");
        }
        TcbVersion currentTcb = tcb(c, "CURRENT_TCB", fmcFirst);
        PlatformInfo platformInfo = new PlatformInfo(c.u64("PLATFORM_INFO"));
        at = c.position();
        long flags = c.u32("signer flags");
        if (flags >>> 5 != 0) {
            throw c.malformed(at, "bits 5..31 of the signer flags = 0", String.format("0x%08x", flags), "");
        }
        ReportSigner signingKey = ReportSigner.of((int) (flags >>> 2 & 7), c, at);
        Reserved.zero(c, 4, "reserved bytes");
        Octets reportData = octets(c, 64, "REPORT_DATA");
        Digest measurement = digest(c, "MEASUREMENT");
        Octets hostData = octets(c, 32, "HOST_DATA");
        Digest idKeyDigest = digest(c, "ID_KEY_DIGEST");
        Digest authorKeyDigest = digest(c, "AUTHOR_KEY_DIGEST");
        Octets reportId = octets(c, 32, "REPORT_ID");
        Octets reportIdMa = octets(c, 32, "REPORT_ID_MA");
        TcbVersion reportedTcb = tcb(c, "REPORTED_TCB", fmcFirst);
        Optional<CpuModel> cpu = cpu(c, version);
        Octets chipId = octets(c, 64, "CHIP_ID");
        TcbVersion committedTcb = tcb(c, "COMMITTED_TCB", fmcFirst);
        FirmwareVersion current = firmwareVersion(c, "CURRENT");
        FirmwareVersion committed = firmwareVersion(c, "COMMITTED");
        TcbVersion launchTcb = tcb(c, "LAUNCH_TCB", fmcFirst);
        OptionalLong launchMit = OptionalLong.empty();
        OptionalLong currentMit = OptionalLong.empty();
        if (version >= 5) {
            launchMit = OptionalLong.of(c.u64("LAUNCH_MIT_VECTOR"));
            currentMit = OptionalLong.of(c.u64("CURRENT_MIT_VECTOR"));
        }
        Reserved.zero(c, start + SIGNATURE - c.position(), "reserved bytes");
        c.seek(start, "signed bytes");
        Octets signed = octets(c, SIGNATURE, "signed bytes");
        EcdsaSignature signature = EcdsaSignature.read(c, "SIGNATURE");
        return new AttestationReport(
                (int) version,
                guestSvn,
                policy,
                familyId,
                imageId,
                vmpl,
                currentTcb,
                platformInfo,
                (flags & 1) != 0,
                (flags & 2) != 0,
                signingKey,
                reportData,
                measurement,
                hostData,
                idKeyDigest,
                authorKeyDigest,
                reportId,
                reportIdMa,
                reportedTcb,
                cpu,
                chipId,
                committedTcb,
                current,
                committed,
                launchTcb,
                launchMit,
                currentMit,
                signature,
                signed);
    }

    /** The layout of TCB versions is told by the processor, which a report of version 2 does not name: none of Zen 5 has one. */
    private static boolean fmcFirst(Cursor c, int start, long version) {
        if (version < 3) {
            return false;
        }
        int back = c.position();
        int family = c.seek(start + CPUID, "CPUID_FAM_ID").u8("CPUID_FAM_ID");
        c.seek(back, "GUEST_SVN");
        return SevProduct.fmcFirst(family);
    }

    private static GuestPolicy policy(Cursor c) {
        int at = c.position();
        GuestPolicy policy = new GuestPolicy(c.u64("POLICY"));
        Optional<String> fault = policy.fault();
        if (fault.isPresent()) {
            // The processor launches no guest with such a policy, so it signs no report about one.
            throw c.malformed(at, "a POLICY that a guest can have", policy.hex() + ": " + fault.get(), "");
        }
        return policy;
    }

    private static long vmpl(Cursor c) {
        int at = c.position();
        long vmpl = c.u32("VMPL");
        if (vmpl > 3 && vmpl != VMPL_HOST) {
            throw c.malformed(at, "VMPL = 0..3, or 0xffffffff", Long.toString(vmpl), "");
        }
        return vmpl;
    }

    private static TcbVersion tcb(Cursor c, String field, boolean fmcFirst) {
        int at = c.position();
        TcbVersion tcb = new TcbVersion(c.u64(field), fmcFirst);
        if (tcb.reservedBits() != 0) {
            throw c.malformed(at, "reserved bytes of " + field + " = 0", tcb.hex(), "");
        }
        return tcb;
    }

    private static Optional<CpuModel> cpu(Cursor c, long version) {
        if (version < 3) {
            Reserved.zero(c, 0x18, "reserved bytes of a version 2 report");
            return Optional.empty();
        }
        int at = c.position();
        int family = c.u8("CPUID_FAM_ID");
        int model = c.u8("CPUID_MOD_ID");
        int stepping = c.u8("CPUID_STEP");
        if (stepping > 15) {
            throw c.malformed(at + 2, "CPUID_STEP = 0..15", Integer.toString(stepping), "");
        }
        Reserved.zero(c, 0x15, "reserved bytes");
        return Optional.of(CpuModel.of(family, model, stepping));
    }

    private static FirmwareVersion firmwareVersion(Cursor c, String which) {
        int build = c.u8(which + "_BUILD");
        int minor = c.u8(which + "_MINOR");
        int major = c.u8(which + "_MAJOR");
        Reserved.zero(c, 1, "reserved byte");
        return new FirmwareVersion(major, minor, build);
    }

    private static Octets octets(Cursor c, int length, String field) {
        return Octets.of(c.bytes(length, field));
    }

    private static Digest digest(Cursor c, String field) {
        return Digest.of(DigestAlgorithm.SHA384, c.bytes(48, field));
    }

    /** {@return the launch digest; of a report whose signature was not verified it says nothing} */
    @Override
    public Map<Register, Digest> registers() {
        return Map.of(REGISTER, measurement);
    }

    /** {@return snp} */
    @Override
    public Optional<String> technology() {
        return Optional.of(ReportPolicy.TECHNOLOGY);
    }

    /** {@return REPORT_DATA} */
    @Override
    public Optional<CallerData> callerData() {
        return Optional.of(new CallerData("REPORT_DATA", Source.of("REPORT_DATA", reportData.toByteArray()), true));
    }

    /** {@return a verdict for each field that a policy of {@link dev.measure.golden.PolicyFields} names} */
    @Override
    public List<FieldVerdict> check(Map<String, String> policy) {
        return ReportPolicy.of(policy).check(this);
    }

    /** {@return that no certificate is given; see {@link EndorsementChain#verify}} */
    @Override
    public List<FieldVerdict> trust() {
        return List.of(new FieldVerdict.NotChecked(
                "SIGNATURE", "no certificate of the " + signingKey.name() + " that signs it is given"));
    }

    /** {@return the product, if the report names the processor (since version 3) and it is a known one} */
    public Optional<SevProduct> product() {
        return cpu.flatMap(model -> SevProduct.of(model.family(), model.model()));
    }
}
