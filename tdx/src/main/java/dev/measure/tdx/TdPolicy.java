package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.FieldComparison;
import dev.measure.FieldVerdict;
import dev.measure.Source;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What golden values demand of the fields of a TD report or quote beside its registers: the policies {@code tdx} of a manifest and a
 * lock file.
 *
 * <p>{@code -set} and {@code -clear} name bits; {@code min-tee-tcb-svn} and {@code min-tee-tcb-svn-2} are least
 * numbers for each of 16 bytes. What a quote of TDX 1.0 does not show is never met. A debug TD is
 * refused, unless {@code attributes} has the bit or {@code allow-debug} is {@code true}; a TD that a service TD may take elsewhere,
 * unless {@code attributes} or {@code attributes-set} has the bit; and whatever a TDX module says that is itself debugged.
 */
public final class TdPolicy {
    /** The name of these policies. */
    public static final String TECHNOLOGY = "tdx";

    private static final String ATTRIBUTES = "attributes";
    private static final String LEAST_SVN = "min-tee-tcb-svn";
    private static final String SERVICE_TD = "mrservicetd";
    private static final String TDX_1_0 = "the quote is of TDX 1.0";

    private final Map<String, String> policy;

    private TdPolicy(Map<String, String> policy) {
        this.policy = policy;
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
        FieldComparison fields = new FieldComparison(TECHNOLOGY, policy);
        TdAttributes attributes = evidence.attributes();
        Optional<TdAttributes> wanted = fields.number(ATTRIBUTES).map(TdAttributes::new);
        boolean allowed = wanted.map(TdAttributes::debug).orElse(false);
        boolean under = attributes.debug() && (attributes.bits() & 1) == 0;
        fields.debug(under ? "ATTRIBUTES.TUD" : "ATTRIBUTES.DEBUG", attributes.debug(), allowed, "TD");
        boolean movable = wanted.or(() -> fields.number("attributes-set").map(TdAttributes::new))
                .map(TdAttributes::migratable)
                .orElse(false);
        if (attributes.migratable() && !movable) {
            fields.refuse("ATTRIBUTES.MIGRATABLE", "0", "1: a service TD can take the TD elsewhere");
        }
        if (evidence.seamAttributes() != 0) {
            fields.refuse(
                    "SEAMATTRIBUTES",
                    "0",
                    String.format(
                            Locale.ROOT, "0x%016x: a TDX module that is no production one", evidence.seamAttributes()));
        }
        leastSvn(fields, LEAST_SVN, "TEE_TCB_SVN", Optional.of(evidence.teeTcbSvn()));
        digits(fields, "mrseam", evidence.mrSeam());
        digits(fields, "mrsignerseam", evidence.mrSignerSeam());
        fields.equal(ATTRIBUTES, "ATTRIBUTES", attributes.bits(), bits -> new TdAttributes(bits).text());
        fields.bits(ATTRIBUTES, "ATTRIBUTES", attributes.bits(), bits -> new TdAttributes(bits).text());
        fields.equal("xfam", "XFAM", evidence.xfam(), TdPolicy::hex);
        fields.bits("xfam", "XFAM", evidence.xfam(), TdPolicy::hex);
        digits(fields, "mrconfigid", evidence.mrConfigId());
        digits(fields, "mrowner", evidence.mrOwner());
        digits(fields, "mrownerconfig", evidence.mrOwnerConfig());
        leastSvn(fields, LEAST_SVN + "-2", "TEE_TCB_SVN_2", evidence.secondTeeTcbSvn());
        evidence.mrServiceTd()
                .ifPresentOrElse(
                        found -> digits(fields, SERVICE_TD, found),
                        () -> fields.text(SERVICE_TD)
                                .ifPresent(digits ->
                                        fields.met(SERVICE_TD, "MRSERVICETD", false, digits, "none: " + TDX_1_0)));
        return fields.verdicts();
    }

    private static void digits(FieldComparison fields, String name, Digest found) {
        fields.equal(name, name.toUpperCase(Locale.ROOT), found.hex());
    }

    private static String hex(long bits) {
        return String.format(Locale.ROOT, "0x%016x", bits);
    }

    private static void leastSvn(FieldComparison fields, String name, String field, Optional<Source> found) {
        fields.text(name)
                .ifPresent(least -> fields.met(
                        name,
                        field,
                        found.filter(svn -> isAtLeast(svn.toByteArray(), least)).isPresent(),
                        "at least " + least + " in each byte",
                        found.map(svn -> HexFormat.of().formatHex(svn.toByteArray()))
                                .orElse("none: " + TDX_1_0)));
    }

    private static boolean isAtLeast(byte[] found, String least) {
        boolean enough = least.matches("[0-9a-f]{" + 2 * found.length + "}");
        for (int i = 0; enough && i < found.length; i++) {
            enough = (found[i] & 0xff) >= Integer.parseInt(least.substring(2 * i, 2 * i + 2), 16);
        }
        return enough;
    }
}
