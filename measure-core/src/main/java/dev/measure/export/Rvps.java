package dev.measure.export;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reference values for Trustee's Reference Value Provider Service (confidential-containers/trustee, August 2026), under the names that
 * its default policies ask for, and the rules in Rego that compare claims with them.
 */
public final class Rvps {
    private static final String VERSION = "0.1.0";

    /** Trustee reads {@code %Y-%m-%dT%H:%M:%SZ} and nothing else. */
    private static final DateTimeFormatter EXPIRATION =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** What Trustee takes TPM claims from: the SHA-256 bank. */
    public static final DigestAlgorithm BANK = DigestAlgorithm.SHA256;

    /** How evidence reaches Trustee: it decides on the names of claims and of reference values. */
    public enum Evidence {
        /** SNP reports, TD quotes and TPM quotes, each by itself. */
        PLAIN,
        /** Azure's SNP report with a vTPM. */
        AZ_SNP_VTPM,
        /** Azure's TD quote with a vTPM. */
        AZ_TDX_VTPM;

        /** {@return the name in claims and options} */
        public String id() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        private String name(Register register) {
            String prefix = switch (this) {
                case PLAIN -> "tpm_";
                case AZ_SNP_VTPM -> "snp_";
                case AZ_TDX_VTPM -> "tdx_";
            };
            if (register instanceof Register.Pcr) {
                return prefix + register.id();
            }
            if (register instanceof Register.Rtmr rtmr) {
                return "rtmr_" + rtmr.index();
            }
            if (register instanceof Register.Mrtd) {
                return "mr_td";
            }
            return this == AZ_SNP_VTPM ? "measurement" : "snp_launch_measurement";
        }

        private String claim(Register register) {
            String root = switch (this) {
                case PLAIN -> "input." + technology(register);
                default -> "input[\"" + id() + "\"]";
            };
            if (register instanceof Register.Pcr pcr) {
                return root + (this == PLAIN ? "" : ".tpm") + String.format(Locale.ROOT, ".pcr%02d", pcr.index());
            }
            if (register instanceof Register.LaunchDigest) {
                return root + ".measurement";
            }
            return root + ".quote.body." + name(register);
        }

        /** The claim about debugging that must hold, if evidence of this register has one. */
        private Optional<String> debug(Register register) {
            return switch (this) {
                case PLAIN ->
                    register instanceof Register.Pcr
                            ? Optional.empty()
                            : Optional.of(
                                    ReferenceSet.isTdx(register)
                                            ? "input.tdx.td_attributes.debug == false"
                                            : "input.snp.policy_debug_allowed == false");
                // Claims of this report are texts.
                case AZ_SNP_VTPM -> Optional.of("input[\"az-snp-vtpm\"].policy_debug_allowed == \"false\"");
                case AZ_TDX_VTPM -> Optional.of("input[\"az-tdx-vtpm\"].td_attributes.debug == false");
            };
        }

        private boolean isSnp(Register register) {
            return this == AZ_SNP_VTPM || this == PLAIN && ReferenceSet.isSnp(register);
        }

        /** The text of a digest in claims: the launch digest of Azure's report is in base64, everything else in hexadecimal. */
        private String text(Register register, Digest digest) {
            return this == AZ_SNP_VTPM && register instanceof Register.LaunchDigest
                    ? Base64.getEncoder().encodeToString(digest.toByteArray())
                    : digest.hex();
        }

        private boolean shows(Register register) {
            return switch (this) {
                case PLAIN -> true;
                case AZ_SNP_VTPM -> !ReferenceSet.isTdx(register);
                case AZ_TDX_VTPM -> !ReferenceSet.isSnp(register);
            };
        }
    }

    private final Evidence evidence;
    private final Map<Register, Set<String>> digests = new LinkedHashMap<>();
    private final Map<Register, String> names = new LinkedHashMap<>();
    private final Map<String, Object> others;
    private final ReferenceSet references;

    /**
     * Takes reference values.
     *
     * @param references the values; those that this evidence cannot show, and PCRs outside of the SHA-256 bank, are left out
     * @param evidence how evidence reaches Trustee
     * @param renamed other names than the usual ones, by register id
     * @param others further reference values: text, numbers, truth values, lists and maps of them
     * @throws IllegalArgumentException if there is none, or two registers have one name
     */
    public Rvps(ReferenceSet references, Evidence evidence, Map<String, String> renamed, Map<String, Object> others) {
        this.evidence = evidence;
        this.references = references;
        this.others = new LinkedHashMap<>(others);
        ReferenceSet shown = shown(references, evidence);
        shown.digests().forEach((register, values) -> {
            // An SVSM is in the same field of a report as any other launch.
            Register field = ReferenceSet.isSnp(register) ? new Register.LaunchDigest(Register.Launch.SNP) : register;
            Set<String> all = digests.computeIfAbsent(field, any -> new LinkedHashSet<>());
            values.forEach(digest -> all.add(evidence.text(field, digest)));
            if (renamed.containsKey(register.id()) || !names.containsKey(field)) {
                names.put(field, renamed.getOrDefault(register.id(), evidence.name(register)));
            }
        });
        if (digests.isEmpty() && others.isEmpty()) {
            throw new IllegalArgumentException("there is no value that evidence of " + evidence.id() + " shows: "
                    + BANK.id() + " is the bank of its PCRs");
        }
        List<String> all = new ArrayList<>(names.values());
        all.addAll(others.keySet());
        all.stream()
                .filter(name -> all.indexOf(name) != all.lastIndexOf(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new IllegalArgumentException("two reference values have the name " + name);
                });
        renamed.keySet().forEach(id -> {
            if (shown.digests().keySet().stream()
                    .noneMatch(register -> register.id().equals(id))) {
                throw new IllegalArgumentException("there is no value of " + id + " to be renamed");
            }
        });
    }

    /** {@return the values that this evidence can show} */
    public static ReferenceSet shown(ReferenceSet references, Evidence evidence) {
        return references
                .inBank(BANK)
                .only(value -> evidence.shows(value.register())
                        && !value.register().id().equals("sev")
                        && !value.register().id().equals("seves"));
    }

    /** {@return every reference value by name} */
    public Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        digests.forEach((register, hex) -> values.put(names.get(register), List.copyOf(hex)));
        values.putAll(others);
        return values;
    }

    /**
     * {@return the records as RVPS stores them, for its LocalJson storage or a ConfigMap}
     *
     * @param expiration until when they hold, which a record must say
     */
    public String records(Instant expiration) {
        List<Object> records = new ArrayList<>();
        values().forEach((name, value) -> records.add(JsonTree.map(
                "version", VERSION, "name", name, "expiration", EXPIRATION.format(expiration), "value", value)));
        return JsonTree.pretty(records);
    }

    /**
     * {@return the records of RVPS before 2026: digests with their algorithms}
     *
     * @param expiration until when they hold
     * @throws IllegalArgumentException if there are other values than digests
     */
    public String legacyRecords(Instant expiration) {
        if (!others.isEmpty()) {
            throw new IllegalArgumentException("records of this form hold digests only, not " + others.keySet());
        }
        List<Object> records = new ArrayList<>();
        digests.forEach((register, hex) -> records.add(JsonTree.map(
                "version",
                VERSION,
                "name",
                names.get(register),
                "expiration",
                EXPIRATION.format(expiration),
                "hash-value",
                hex.stream()
                        .map(value -> JsonTree.map("alg", register.algorithm().id(), "value", value))
                        .toList())));
        return JsonTree.pretty(records);
    }

    /** {@return the message that registers the values: {@code rvps-tool register}, or a POST of KBS} */
    public String message() {
        return message("sample", JsonTree.compact(values()).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * {@return the message that registers a manifest}
     *
     * @param corim the manifest, unsigned: Trustee checks no signature
     */
    public static String message(byte[] corim) {
        return message("corim", corim);
    }

    private static String message(String type, byte[] provenance) {
        String base64 = Base64.getEncoder().encodeToString(provenance);
        // The code of RVPS reads "payload" and passes over what it does not know; its README calls the field
        // "provenance".
        return JsonTree.pretty(JsonTree.map("version", VERSION, "type", type, "provenance", base64, "payload", base64));
    }

    /**
     * {@return rules for a policy: one for each technology, true if every register of it holds one of its reference values}
     *
     * <p>They are not true of a guest that its host may debug, unless the policies of the golden values allow it.
     */
    public String rego() {
        StringBuilder rego = new StringBuilder("""
                package policy

                import rego.v1

                # Rules for the attestation policy of Trustee. Each is true if every register of a technology holds one of its
                # reference values. Use them where the policy decides on "executables", for example:
                #
                """);
        Map<String, List<Register>> technologies = digests.keySet().stream()
                .collect(Collectors.groupingBy(this::rule, LinkedHashMap::new, Collectors.toList()));
        technologies.forEach((rule, registers) ->
                rego.append("#\texecutables := 3 if {\n#\t\t").append(rule).append("\n#\t}\n"));
        technologies.forEach((rule, registers) -> {
            rego.append('\n').append(rule).append(" if {\n");
            Register first = registers.get(0);
            evidence.debug(first)
                    .filter(claim -> references.refusesDebug(evidence.isSnp(first)))
                    .ifPresent(claim -> rego.append('\t').append(claim).append('\n'));
            registers.forEach(register -> rego.append('\t')
                    .append(evidence.claim(register))
                    .append(" in query_reference_value(\"")
                    .append(names.get(register))
                    .append("\")\n"));
            rego.append("}\n");
        });
        return rego.toString();
    }

    private String rule(Register register) {
        return "measured_"
                + (evidence == Evidence.PLAIN
                        ? technology(register)
                        : evidence.id().replace('-', '_'));
    }

    private static String technology(Register register) {
        if (register instanceof Register.Pcr) {
            return "tpm";
        }
        return ReferenceSet.isTdx(register) ? "tdx" : "snp";
    }
}
