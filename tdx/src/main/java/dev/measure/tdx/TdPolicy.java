package dev.measure.tdx;

import dev.measure.FieldVerdict;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;

/**
 * What golden values demand of the fields of a TD report or quote beside its registers: the policies {@code tdx} of a manifest and a
 * lock file.
 *
 * <p>{@code -set} and {@code -clear} name bits; {@code min-tee-tcb-svn} is a least number for each of its 16 bytes. A debug TD is
 * refused, unless {@code attributes} has the bit or {@code allow-debug} is {@code true}.
 */
public final class TdPolicy {
    /** The name of these policies. */
    public static final String TECHNOLOGY = "tdx";

    private static final String ALLOW_DEBUG = "allow-debug";
    private static final String ATTRIBUTES = "attributes";
    private static final String LEAST_SVN = "min-tee-tcb-svn";

    /** Bytes of each field; none is true or false. */
    private static final Map<String, Integer> FIELDS = lengths();

    private final Map<String, String> policy;

    private TdPolicy(Map<String, String> policy) {
        this.policy = policy;
    }

    /** {@return the fields by name, sorted, with the bytes that each has; 0 is a field of true or false} */
    public static Map<String, Integer> fields() {
        return FIELDS;
    }

    private static Map<String, Integer> lengths() {
        Map<String, Integer> lengths = new TreeMap<>();
        List.of(ATTRIBUTES, "attributes-set", "attributes-clear", "xfam").forEach(name -> lengths.put(name, 8));
        List.of("mrconfigid", "mrowner", "mrownerconfig", "mrseam", "mrsignerseam")
                .forEach(name -> lengths.put(name, 48));
        lengths.put(LEAST_SVN, 16);
        lengths.put(ALLOW_DEBUG, 0);
        return Collections.unmodifiableMap(lengths);
    }

    /**
     * {@return the policy of these fields}
     *
     * @param policy numbers as {@code 0x} and digits, longer fields as all of their hexadecimal digits; a field that is unknown or
     *     cannot be read so is never met
     */
    public static TdPolicy of(Map<String, String> policy) {
        return new TdPolicy(new TreeMap<>(policy));
    }

    /**
     * {@return a verdict for each field, and for ATTRIBUTES.DEBUG}
     *
     * @param evidence the report or quote
     */
    public List<FieldVerdict> check(TdEvidence evidence) {
        Map<String, FieldVerdict> verdicts = new LinkedHashMap<>();
        TdAttributes attributes = evidence.attributes();
        boolean allowed = policy.getOrDefault(ALLOW_DEBUG, "").equals("true")
                || wanted(ATTRIBUTES)
                        .map(bits -> new TdAttributes(bits).debug())
                        .orElse(false);
        verdicts.put(
                ALLOW_DEBUG,
                attributes.debug() && !allowed
                        ? new FieldVerdict.Differs("ATTRIBUTES.DEBUG", "0", "1: the host can read and change the TD")
                        : new FieldVerdict.Matches("ATTRIBUTES.DEBUG", attributes.debug() ? "1" : "0"));
        least(verdicts, evidence.teeTcbSvn());
        digits(verdicts, "mrseam", evidence.mrSeam().hex());
        digits(verdicts, "mrsignerseam", evidence.mrSignerSeam().hex());
        number(verdicts, ATTRIBUTES, attributes.bits(), bits -> new TdAttributes(bits).text());
        bits(verdicts, "attributes-set", attributes.bits(), true);
        bits(verdicts, "attributes-clear", attributes.bits(), false);
        number(verdicts, "xfam", evidence.xfam(), bits -> String.format(Locale.ROOT, "0x%016x", bits));
        digits(verdicts, "mrconfigid", evidence.mrConfigId().hex());
        digits(verdicts, "mrowner", evidence.mrOwner().hex());
        digits(verdicts, "mrownerconfig", evidence.mrOwnerConfig().hex());
        List<FieldVerdict> all = new ArrayList<>(verdicts.values());
        for (String name : policy.keySet()) {
            if (!verdicts.containsKey(name)) {
                all.add(new FieldVerdict.Differs(
                        TECHNOLOGY + " " + name, policy.get(name), "a field that is not known"));
            }
        }
        return List.copyOf(all);
    }

    private static String field(String name) {
        return name.toUpperCase(Locale.ROOT);
    }

    private void number(Map<String, FieldVerdict> verdicts, String name, long found, LongFunction<String> text) {
        if (policy.containsKey(name)) {
            String expected = wanted(name).map(text::apply).orElse(policy.get(name));
            verdicts.put(name, FieldVerdict.of(field(name), Optional.of(expected), text.apply(found)));
        }
    }

    private void bits(Map<String, FieldVerdict> verdicts, String name, long found, boolean set) {
        if (policy.containsKey(name)) {
            boolean good = wanted(name)
                    .filter(mask -> (found & mask) == (set ? mask : 0))
                    .isPresent();
            String expected = (set ? "set: " : "clear: ")
                    + wanted(name).map(mask -> new TdAttributes(mask).text()).orElse(policy.get(name));
            String text = new TdAttributes(found).text();
            verdicts.put(
                    name,
                    good
                            ? new FieldVerdict.Matches("ATTRIBUTES", text + ", " + expected)
                            : new FieldVerdict.Differs("ATTRIBUTES", expected, text));
        }
    }

    private void digits(Map<String, FieldVerdict> verdicts, String name, String found) {
        if (policy.containsKey(name)) {
            verdicts.put(name, FieldVerdict.of(field(name), Optional.of(policy.get(name)), found));
        }
    }

    private void least(Map<String, FieldVerdict> verdicts, Source found) {
        if (!policy.containsKey(LEAST_SVN)) {
            return;
        }
        String text = policy.get(LEAST_SVN);
        byte[] svn = found.toByteArray();
        boolean enough = text.matches("[0-9a-f]{" + 2 * svn.length + "}");
        for (int i = 0; enough && i < svn.length; i++) {
            enough = (svn[i] & 0xff) >= Integer.parseInt(text.substring(2 * i, 2 * i + 2), 16);
        }
        String shown = HexFormat.of().formatHex(svn);
        verdicts.put(
                LEAST_SVN,
                enough
                        ? new FieldVerdict.Matches("TEE_TCB_SVN", shown + ", at least " + text + " in each byte")
                        : new FieldVerdict.Differs("TEE_TCB_SVN", "at least " + text + " in each byte", shown));
    }

    private Optional<Long> wanted(String name) {
        String text = policy.getOrDefault(name, "");
        return text.matches("0x[0-9a-f]{1,16}")
                ? Optional.of(Long.parseUnsignedLong(text.substring(2), 16))
                : text.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
    }
}
