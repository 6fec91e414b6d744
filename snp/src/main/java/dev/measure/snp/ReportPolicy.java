package dev.measure.snp;

import dev.measure.FieldComparison;
import dev.measure.FieldVerdict;
import dev.measure.golden.PolicyFields;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What golden values demand of the fields of an attestation report beside its launch digest: the policies {@code snp} of a manifest and
 * a lock file.
 *
 * <p>{@code min-} is a least number; of {@code min-tcb-} it counts in REPORTED_TCB, for which the key that signs the report was derived.
 * Versions of the firmware are {@code 0xMMmmbb}: 1.55.41 is {@code 0x013729}.
 * {@code -set} and {@code -clear} name bits. A guest that its host may debug is refused, unless {@code policy} has the bit or
 * {@code allow-debug} is {@code true}. A guest that a migration agent may take elsewhere is refused, unless {@code policy} has the bit:
 * the agent is another guest, has the keys, and the host chooses it.
 */
public final class ReportPolicy {
    /** The name of these policies. */
    public static final String TECHNOLOGY = "snp";

    private final Map<String, String> policy;

    private ReportPolicy(Map<String, String> policy) {
        this.policy = policy;
    }

    /**
     * {@return the policy of these fields}
     *
     * @param policy numbers as {@code 0x} and digits, longer fields as all of their hexadecimal digits; a field that is unknown or
     *     cannot be read so is never met
     */
    public static ReportPolicy of(Map<String, String> policy) {
        return new ReportPolicy(new TreeMap<>(policy));
    }

    /**
     * {@return a verdict for each field, in the order of the report, and for POLICY.DEBUG}
     *
     * @param report the report
     */
    public List<FieldVerdict> check(AttestationReport report) {
        FieldComparison fields = new FieldComparison(TECHNOLOGY, policy);
        Optional<GuestPolicy> wanted = fields.number("policy").map(GuestPolicy::new);
        boolean allowed = wanted.map(GuestPolicy::debug).orElse(false);
        if (report.policy().migrateMa() && !wanted.map(GuestPolicy::migrateMa).orElse(false)) {
            fields.refuse(
                    "POLICY.MIGRATE_MA",
                    "0",
                    "1: the migration agent with REPORT_ID "
                            + report.reportIdMa().hex() + " can take the guest elsewhere");
        }
        fields.debug("POLICY.DEBUG", report.policy().debug(), allowed, "guest");
        fields.least("min-guest-svn", "GUEST_SVN", report.guestSvn());
        fields.equal("guest-svn", "GUEST_SVN", report.guestSvn(), ReportPolicy::hex);
        fields.equal("policy", "POLICY", report.policy().bits(), ReportPolicy::hex);
        fields.equal("family-id", "FAMILY_ID", report.familyId().hex());
        fields.equal("image-id", "IMAGE_ID", report.imageId().hex());
        fields.equal("vmpl", "VMPL", report.vmpl(), ReportPolicy::hex);
        fields.bits(
                "platform-info", "PLATFORM_INFO", report.platformInfo().bits(), bits -> new PlatformInfo(bits).text());
        fields.equal("host-data", "HOST_DATA", report.hostData().hex());
        fields.equal("id-key-digest", "ID_KEY_DIGEST", report.idKeyDigest().hex());
        fields.equal(
                "author-key-digest",
                "AUTHOR_KEY_DIGEST",
                report.authorKeyDigest().hex());
        fields.equal("report-id-ma", "REPORT_ID_MA", report.reportIdMa().hex());
        fields.equal("signing-key", "SIGNING_KEY", report.signingKey().value(), value -> signer(value));
        tcb(fields, "min-tcb-", "REPORTED_TCB.", report.reportedTcb().parts());
        cpu(fields, report.cpu());
        fields.equal("chip-id", "CHIP_ID", report.chipId().hex());
        tcb(
                fields,
                "min-committed-tcb-",
                "COMMITTED_TCB.",
                report.committedTcb().parts());
        version(fields, "min-current-version", "CURRENT_VERSION", report.currentVersion());
        version(fields, "min-committed-version", "COMMITTED_VERSION", report.committedVersion());
        tcb(fields, "min-launch-tcb-", "LAUNCH_TCB.", report.launchTcb().parts());
        vector(fields, "launch-mit-vector", "LAUNCH_MIT_VECTOR", report.launchMitVector());
        vector(fields, "current-mit-vector", "CURRENT_MIT_VECTOR", report.currentMitVector());
        return fields.verdicts();
    }

    private static void tcb(FieldComparison fields, String names, String field, Map<String, Integer> parts) {
        for (String part : PolicyFields.TCB_PARTS) {
            if (parts.containsKey(part)) {
                fields.least(names + part, field + part.toUpperCase(Locale.ROOT), parts.get(part));
            } else {
                absent(
                        fields,
                        names + part,
                        field + part.toUpperCase(Locale.ROOT),
                        "at least ",
                        "the processor has no such part");
            }
        }
    }

    private static void absent(FieldComparison fields, String name, String field, String what, String why) {
        fields.text(name).ifPresent(wanted -> fields.met(name, field, false, what + wanted, "none: " + why));
    }

    private static void cpu(FieldComparison fields, Optional<CpuModel> cpu) {
        Map<String, String> names = new TreeMap<>(
                Map.of("cpuid-fam", "CPUID_FAM_ID", "cpuid-mod", "CPUID_MOD_ID", "cpuid-step", "CPUID_STEP"));
        if (cpu.isEmpty()) {
            names.forEach((name, field) -> absent(fields, name, field, "", "reports have it since version 3"));
            return;
        }
        fields.equal("cpuid-fam", names.get("cpuid-fam"), cpu.get().family(), ReportPolicy::hex);
        fields.equal("cpuid-mod", names.get("cpuid-mod"), cpu.get().model(), ReportPolicy::hex);
        fields.equal("cpuid-step", names.get("cpuid-step"), cpu.get().stepping(), ReportPolicy::hex);
    }

    /** As 0xMMmmbb, each part a byte, so that numbers are in the order of versions. */
    private static void version(
            FieldComparison fields, String name, String field, AttestationReport.FirmwareVersion found) {
        long number = (long) found.major() << 16 | (long) found.minor() << 8 | found.build();
        fields.text(name)
                .ifPresent(wanted -> fields.met(
                        name,
                        field,
                        fields.number(name)
                                .filter(least -> number >= least && least >= 0)
                                .isPresent(),
                        "at least "
                                + fields.number(name).map(ReportPolicy::version).orElse(wanted),
                        found.text()));
    }

    private static String version(long number) {
        return (number >>> 16) + "." + (number >>> 8 & 0xff) + "." + (number & 0xff);
    }

    private static void vector(FieldComparison fields, String name, String field, OptionalLong found) {
        if (found.isPresent()) {
            fields.bits(name, field, found.getAsLong(), ReportPolicy::hex);
        } else {
            absent(fields, name + "-set", field, "set: ", "reports have it since version 5");
        }
    }

    private static String signer(long value) {
        for (ReportSigner signer : ReportSigner.values()) {
            if (signer.value() == value) {
                return value + " (" + signer + ")";
            }
        }
        return Long.toUnsignedString(value);
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
