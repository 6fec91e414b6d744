package dev.measure.snp;

import dev.measure.FieldComparison;
import dev.measure.FieldVerdict;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What golden values demand of the fields of an attestation report beside its launch digest: the policies {@code snp} of a manifest and
 * a lock file.
 *
 * <p>{@code min-} is a least number; of a TCB it counts in REPORTED_TCB, for which the key that signs the report was derived.
 * {@code -set} and {@code -clear} name bits. A guest that its host may debug is refused, unless {@code policy} has the bit or
 * {@code allow-debug} is {@code true}. A guest that a migration agent may take elsewhere is refused, unless {@code policy} has the bit:
 * the agent is another guest, has the keys, and the host chooses it.
 */
public final class ReportPolicy {
    /** The name of these policies. */
    public static final String TECHNOLOGY = "snp";

    private static final String MIN_TCB = "min-tcb-";

    /** The parts of a TCB version, as far as a processor has them. */
    private static final List<String> TCB_PARTS = List.of("fmc", "bootloader", "tee", "snp", "microcode");

    /** Bytes of each field; none is true or false. */
    private static final Map<String, Integer> FIELDS = lengths();

    private final Map<String, String> policy;

    private ReportPolicy(Map<String, String> policy) {
        this.policy = policy;
    }

    /** {@return the fields by name, sorted, with the bytes that each has; 0 is a field of true or false} */
    public static Map<String, Integer> fields() {
        return FIELDS;
    }

    private static Map<String, Integer> lengths() {
        Map<String, Integer> lengths = new TreeMap<>();
        lengths.put("policy", 8);
        lengths.put("guest-svn", 4);
        lengths.put("min-guest-svn", 4);
        lengths.put("vmpl", 4);
        lengths.put("family-id", 16);
        lengths.put("image-id", 16);
        lengths.put("host-data", 32);
        lengths.put("id-key-digest", 48);
        lengths.put("author-key-digest", 48);
        lengths.put("chip-id", 64);
        lengths.put("platform-info-set", 8);
        lengths.put("platform-info-clear", 8);
        TCB_PARTS.forEach(part -> lengths.put(MIN_TCB + part, 1));
        lengths.put(FieldComparison.ALLOW_DEBUG, 0);
        return Collections.unmodifiableMap(lengths);
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
        tcb(fields, report.reportedTcb().parts());
        fields.equal("chip-id", "CHIP_ID", report.chipId().hex());
        return fields.verdicts();
    }

    private static void tcb(FieldComparison fields, Map<String, Integer> reported) {
        for (String part : TCB_PARTS) {
            String name = MIN_TCB + part;
            String field = "REPORTED_TCB." + part.toUpperCase(Locale.ROOT);
            if (reported.containsKey(part)) {
                fields.least(name, field, reported.get(part));
            } else {
                fields.text(name)
                        .ifPresent(least -> fields.met(
                                name, field, false, "at least " + least, "none: the processor has no such part"));
            }
        }
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
