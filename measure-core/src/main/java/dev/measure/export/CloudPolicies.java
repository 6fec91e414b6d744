package dev.measure.export;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Policies and golden maps of cloud attestation services: Microsoft Azure Attestation, Intel Trust Authority, Google Compute Engine. */
public final class CloudPolicies {
    /** Combinations of several registers grow fast; a launch digest for each machine of a matrix is a few thousand. */
    private static final int MAX_RULES = 4096;

    /** POLICY without debugging and migration, on a host with SMT: what QEMU starts guests with. */
    static final long DEFAULT_POLICY = 0x30000;

    private static final long POLICY_DEBUG = 1 << 19;

    private static final Register SVSM = new Register.LaunchDigest(Register.Launch.SVSM);

    private CloudPolicies() {}

    /** {@return the values that claims of Azure Attestation show: SNP, MRTD and RTMRs; its PCR claims have no values} */
    public static ReferenceSet azureShown(ReferenceSet references) {
        return references.only(value -> ReferenceSet.isSnp(value.register()) || ReferenceSet.isTdx(value.register()));
    }

    /**
     * {@return a policy of Azure Attestation, grammar 1.0, that permits these values: one rule for each combination of right values}
     *
     * <p>A guest that its host may debug is not permitted, unless the policies of the golden values allow it.
     *
     * @param references values of SNP or of a TD
     */
    public static String azure(ReferenceSet references) {
        ReferenceSet shown = azureShown(references).notEmpty("SNP or a TD");
        StringBuilder policy = new StringBuilder("version= 1.0;\nauthorizationrules\n{\n");
        List<List<String>> rules = new ArrayList<>();
        Map<String, List<Digest>> snp = new LinkedHashMap<>();
        Map<String, List<Digest>> tdx = new LinkedHashMap<>();
        shown.digests().forEach((register, digests) -> {
            if (ReferenceSet.isSnp(register)) {
                snp.computeIfAbsent("x-ms-sevsnpvm-launchmeasurement", any -> new ArrayList<>())
                        .addAll(digests);
            } else {
                tdx.put("tdx_" + register.id(), digests);
            }
        });
        rules.addAll(combinations(snp, shown.refusesDebug(true), "x-ms-sevsnpvm-is-debuggable"));
        rules.addAll(combinations(tdx, shown.refusesDebug(false), "tdx_td_attributes_debug"));
        for (List<String> rule : rules) {
            policy.append("    ").append(String.join("\n    && ", rule)).append("\n    => permit();\n");
        }
        return policy.append("};\nissuancerules\n{\n};\n").toString();
    }

    private static List<List<String>> combinations(
            Map<String, List<Digest>> claims, boolean refusesDebug, String debugClaim) {
        if (claims.isEmpty()) {
            return List.of();
        }
        List<List<String>> rules =
                List.of(refusesDebug ? List.of("[ type==\"" + debugClaim + "\", value==false ]") : List.of());
        for (Map.Entry<String, List<Digest>> claim : claims.entrySet()) {
            List<List<String>> longer = new ArrayList<>();
            for (List<String> rule : rules) {
                for (Digest digest : claim.getValue()) {
                    List<String> one = new ArrayList<>(rule);
                    one.add("[ type==\"" + claim.getKey() + "\", value==\"" + digest.hex() + "\" ]");
                    longer.add(one);
                }
            }
            if (longer.size() > MAX_RULES) {
                throw new IllegalArgumentException("the right values of " + claims.keySet() + " have more than "
                        + MAX_RULES + " combinations, and this form needs a rule for each");
            }
            rules = longer;
        }
        return rules;
    }

    /** {@return the values that claims of Trust Authority show: of a TD, and PCRs} */
    public static ReferenceSet trustAuthorityShown(ReferenceSet references) {
        return references.only(value -> ReferenceSet.isTdx(value.register())
                || value.register() instanceof Register.Pcr pcr && pcr.bank() != DigestAlgorithm.SM3_256);
    }

    /**
     * {@return a policy of Intel Trust Authority in Rego: {@code match} if every register holds one of its right values}
     *
     * <p>With values of a TD, a debug TD does not match, unless the policies of the golden values allow it.
     */
    public static String trustAuthority(ReferenceSet references) {
        StringBuilder rego = new StringBuilder("import rego.v1\n\ndefault match := false\n\nmatch if {\n");
        StringBuilder rules = new StringBuilder();
        ReferenceSet shown = trustAuthorityShown(references).notEmpty("a TD or a PCR");
        if (shown.has(ReferenceSet::isTdx) && shown.refusesDebug(false)) {
            rego.append("\tinput.tdx.tdx_is_debuggable == false\n");
        }
        shown.digests().forEach((register, digests) -> {
            String rule = "measured_" + register.id()
                    + (register instanceof Register.Pcr
                            ? "_" + register.algorithm().id()
                            : "");
            rego.append('\t').append(rule).append('\n');
            rules.append('\n').append(rule).append(" if {\n");
            if (register instanceof Register.Pcr pcr) {
                rules.append("\tpcr := input.tpm.pcrs[_]\n\tpcr.alg == \"SHA-")
                        .append(
                                pcr.bank() == DigestAlgorithm.SHA1
                                        ? "1"
                                        : pcr.bank().id().substring(3))
                        .append("\"\n\tpcr.index == ")
                        .append(pcr.index())
                        .append("\n\tpcr.digest in ");
            } else {
                rules.append("\tinput.tdx.tdx_").append(register.id()).append(" in ");
            }
            rules.append(digests.stream()
                    .map(digest -> "\t\t\"" + digest.hex() + "\",\n")
                    .collect(Collectors.joining("", "{\n", "\t}\n}\n")));
        });
        return rego.append("}\n").append(rules).toString();
    }

    /** {@return the values that a golden measurement of Google Compute Engine holds: SNP by vCPU count, and MRTD} */
    public static ReferenceSet gceShown(ReferenceSet references) {
        return references.only(
                value -> ReferenceSet.isSnp(value.register()) || value.register() instanceof Register.Mrtd);
    }

    /**
     * {@return measurements as a VMGoldenMeasurement of Google Compute Engine has them (google/gce-tcb-verifier,
     * proto/endorsement.proto), in the JSON form of protocol buffers: bytes are base64, numbers of 64 bits are text}
     *
     * <p>Verifiers take its policy as the most that a guest may be allowed, and refuse a file without one (go-sev-guest: bit 17 must be
     * one): if the golden values have none it is {@link #DEFAULT_POLICY}.
     *
     * @param references SNP launch digests, one for each vCPU count, one of an SVSM, and MRTDs
     * @throws IllegalArgumentException if a vCPU count has several values
     */
    public static String gce(ReferenceSet references) {
        ReferenceSet shown = gceShown(references).notEmpty("SNP or MRTD");
        Map<Integer, Digest> byVcpus = new TreeMap<>();
        List<Object> mrtds = new ArrayList<>();
        shown.values()
                .forEach((register, values) -> values.forEach(value -> {
                    if (register instanceof Register.Mrtd) {
                        Map<String, Object> entry = JsonTree.map("mrtd", base64(value.digest()));
                        if (!mrtds.contains(entry)) {
                            mrtds.add(entry);
                        }
                        return;
                    }
                    if (register instanceof Register.LaunchDigest launch && launch.launch() == Register.Launch.SVSM) {
                        return;
                    }
                    int vcpus = ReferenceSet.vcpus(value);
                    Digest other = byVcpus.putIfAbsent(vcpus, value.digest());
                    if (other != null && !other.equals(value.digest())) {
                        throw shown.only(one -> one.register().equals(register) && ReferenceSet.vcpus(one) == vcpus)
                                .several(register);
                    }
                }));
        Map<String, Object> golden = JsonTree.map();
        ReferenceSet svsm = shown.only(value -> value.register().equals(SVSM));
        if (!byVcpus.isEmpty() || svsm.size() > 0) {
            Map<String, Object> snp = JsonTree.map();
            if (!byVcpus.isEmpty()) {
                Map<String, Object> measurements = JsonTree.map();
                byVcpus.forEach((vcpus, digest) -> measurements.put(Integer.toString(vcpus), base64(digest)));
                snp.put("measurements", measurements);
            }
            snp.put("policy", Long.toUnsignedString(policy(shown)));
            svsm.single().forEach((register, digest) -> snp.put("svsmMeasurement", base64(digest)));
            golden.put("sevSnp", snp);
        }
        if (!mrtds.isEmpty()) {
            golden.put("tdx", JsonTree.map("measurements", mrtds));
        }
        return JsonTree.pretty(golden);
    }

    private static long policy(ReferenceSet references) {
        return references
                .demanded("snp", "policy")
                .orElse(references.refusesDebug(true) ? DEFAULT_POLICY : DEFAULT_POLICY | POLICY_DEBUG);
    }

    private static String base64(Digest digest) {
        return Base64.getEncoder().encodeToString(digest.toByteArray());
    }
}
