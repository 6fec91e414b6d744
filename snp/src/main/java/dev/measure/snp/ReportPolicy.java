package dev.measure.snp;

import dev.measure.FieldVerdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * What golden values demand of the fields of an attestation report beside its launch digest: the policies {@code snp} of a manifest and
 * a lock file.
 *
 * <p>{@code min-} is a least number; of a TCB it counts in REPORTED_TCB, for which the key that signs the report was derived.
 * {@code -set} and {@code -clear} name bits. A guest that its host may debug is refused, unless {@code policy} has the bit or
 * {@code allow-debug} is {@code true}.
 */
public final class ReportPolicy {
    /** The name of these policies. */
    public static final String TECHNOLOGY = "snp";

    private static final String ALLOW_DEBUG = "allow-debug";
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
        lengths.put(ALLOW_DEBUG, 0);
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
        Map<String, FieldVerdict> verdicts = new LinkedHashMap<>();
        debug(verdicts, report.policy());
        least(verdicts, "min-guest-svn", "GUEST_SVN", report.guestSvn());
        number(verdicts, "guest-svn", "GUEST_SVN", report.guestSvn());
        number(verdicts, "policy", "POLICY", report.policy().bits());
        bytes(verdicts, "family-id", "FAMILY_ID", report.familyId().hex());
        bytes(verdicts, "image-id", "IMAGE_ID", report.imageId().hex());
        number(verdicts, "vmpl", "VMPL", report.vmpl());
        long platform = report.platformInfo().bits();
        bits(verdicts, "platform-info-set", "PLATFORM_INFO", platform, true);
        bits(verdicts, "platform-info-clear", "PLATFORM_INFO", platform, false);
        bytes(verdicts, "host-data", "HOST_DATA", report.hostData().hex());
        bytes(verdicts, "id-key-digest", "ID_KEY_DIGEST", report.idKeyDigest().hex());
        bytes(
                verdicts,
                "author-key-digest",
                "AUTHOR_KEY_DIGEST",
                report.authorKeyDigest().hex());
        tcb(verdicts, report.reportedTcb());
        bytes(verdicts, "chip-id", "CHIP_ID", report.chipId().hex());
        List<FieldVerdict> all = new ArrayList<>(verdicts.values());
        for (String name : policy.keySet()) {
            if (!verdicts.containsKey(name)) {
                all.add(new FieldVerdict.Differs(
                        TECHNOLOGY + " " + name, policy.get(name), "a field that is not known"));
            }
        }
        return List.copyOf(all);
    }

    private void debug(Map<String, FieldVerdict> verdicts, GuestPolicy found) {
        boolean allowed = policy.getOrDefault(ALLOW_DEBUG, "").equals("true")
                || wanted("policy").map(bits -> new GuestPolicy(bits).debug()).orElse(false);
        String text = found.debug() ? "1" : "0";
        verdicts.put(
                ALLOW_DEBUG,
                found.debug() && !allowed
                        ? new FieldVerdict.Differs("POLICY.DEBUG", "0", "1: the host can read and change the guest")
                        : new FieldVerdict.Matches("POLICY.DEBUG", text));
    }

    private void tcb(Map<String, FieldVerdict> verdicts, TcbVersion reported) {
        Map<String, Integer> parts = reported.parts();
        for (String part : TCB_PARTS) {
            String field = "REPORTED_TCB." + part.toUpperCase(java.util.Locale.ROOT);
            OptionalInt found = parts.containsKey(part) ? OptionalInt.of(parts.get(part)) : OptionalInt.empty();
            if (found.isPresent()) {
                least(verdicts, MIN_TCB + part, field, found.getAsInt());
            } else if (policy.containsKey(MIN_TCB + part)) {
                verdicts.put(
                        MIN_TCB + part,
                        new FieldVerdict.Differs(
                                field,
                                "at least " + policy.get(MIN_TCB + part),
                                "none: the processor has no such part"));
            }
        }
    }

    private void number(Map<String, FieldVerdict> verdicts, String name, String field, long found) {
        if (policy.containsKey(name)) {
            String hex = "0x" + Long.toHexString(found);
            verdicts.put(name, FieldVerdict.of(field, Optional.of(number(name)), hex));
        }
    }

    private void least(Map<String, FieldVerdict> verdicts, String name, String field, long found) {
        if (policy.containsKey(name)) {
            boolean enough = wanted(name)
                    .filter(least -> Long.compareUnsigned(found, least) >= 0)
                    .isPresent();
            String expected =
                    "at least " + wanted(name).map(Long::toUnsignedString).orElse(policy.get(name));
            verdicts.put(
                    name,
                    enough
                            ? new FieldVerdict.Matches(field, found + ", " + expected)
                            : new FieldVerdict.Differs(field, expected, Long.toUnsignedString(found)));
        }
    }

    private void bits(Map<String, FieldVerdict> verdicts, String name, String field, long found, boolean set) {
        if (policy.containsKey(name)) {
            boolean good = wanted(name)
                    .filter(mask -> (found & mask) == (set ? mask : 0))
                    .isPresent();
            String expected = (set ? "set: " : "clear: ")
                    + wanted(name).map(mask -> new PlatformInfo(mask).text()).orElse(policy.get(name));
            String text = new PlatformInfo(found).text();
            verdicts.put(
                    name,
                    good
                            ? new FieldVerdict.Matches(field, text + ", " + expected)
                            : new FieldVerdict.Differs(field, expected, text));
        }
    }

    private void bytes(Map<String, FieldVerdict> verdicts, String name, String field, String found) {
        if (policy.containsKey(name)) {
            verdicts.put(name, FieldVerdict.of(field, Optional.of(policy.get(name)), found));
        }
    }

    private String number(String name) {
        return wanted(name).map(value -> "0x" + Long.toHexString(value)).orElse(policy.get(name));
    }

    private Optional<Long> wanted(String name) {
        String text = policy.getOrDefault(name, "");
        return text.matches("0x[0-9a-f]{1,16}")
                ? Optional.of(Long.parseUnsignedLong(text.substring(2), 16))
                : text.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
    }
}
