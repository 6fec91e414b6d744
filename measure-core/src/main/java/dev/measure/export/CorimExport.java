package dev.measure.export;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import dev.measure.corim.CborItem;
import dev.measure.corim.ClassMap;
import dev.measure.corim.Comid;
import dev.measure.corim.Corim;
import dev.measure.corim.CorimDigest;
import dev.measure.corim.CorimId;
import dev.measure.corim.EntityMap;
import dev.measure.corim.EnvironmentMap;
import dev.measure.corim.MeasurementMap;
import dev.measure.corim.ReferenceTriple;
import dev.measure.corim.ValidityMap;
import dev.measure.golden.GoldenValue;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reference values as a manifest, in the shape that one kind of reader understands.
 *
 * @param reader who will read it
 * @param id the id of the manifest; empty: made from its content
 * @param maker who makes it
 * @param validity when it holds
 * @param providerKeys for AMD's profile: whether reports are signed by the keys of a cloud provider (VLEK), not of a chip (VCEK)
 * @param policy for AMD's profile: the guest policy of a report, if it is known
 */
public record CorimExport(
        Reader reader,
        Optional<String> id,
        Optional<EntityMap> maker,
        Optional<ValidityMap> validity,
        boolean providerKeys,
        Optional<Long> policy) {
    /** tag:amd.com,2025: the profile of June 2025. */
    private static final String AMD_PROFILE = "tag:amd.com,2025:snp-corim-profile";

    /** 1.3.6.1.4.1.3704.3.1 and .2 in DER with tag and length, as the profile's examples have them. */
    private static final String AMD_BY_CHIP = "06092b060104019c780301";

    private static final String AMD_BY_PROVIDER = "06092b060104019c780302";
    private static final long AMD_POLICY = 2;
    private static final long AMD_MEASUREMENT = 641;

    /** Who reads a manifest. */
    public enum Reader {
        /** Verifiers of AMD's profile for SEV-SNP reports. */
        AMD,
        /** Verifiers of the base draft, such as Veraison: launch digests as digests, RTMRs and PCRs as integrity registers. */
        VERAISON,
        /** Trustee's extractor, which joins vendor, model and key to the name of a reference value and reads digests only. */
        TRUSTEE;

        /** {@return the name in options} */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * {@return whether a value can be in such a manifest}
     *
     * @param value the value; no manifest has SHA-1 or SM3
     */
    public boolean holds(GoldenValue value) {
        DigestAlgorithm algorithm = value.digest().algorithm();
        if (algorithm == DigestAlgorithm.SHA1 || algorithm == DigestAlgorithm.SM3_256) {
            return false;
        }
        return reader != Reader.AMD || ReferenceSet.isSnp(value.register());
    }

    /**
     * {@return the manifest}
     *
     * @param references the values; those that it cannot hold are left out
     * @throws IllegalArgumentException if it can hold none
     */
    public Corim corim(ReferenceSet references) {
        ReferenceSet held = references.only(this::holds);
        if (held.size() == 0) {
            throw new IllegalArgumentException(
                    reader == Reader.AMD
                            ? "AMD's profile is about SEV-SNP launch digests, and there is none"
                            : "there is no value of SHA-256, SHA-384 or SHA-512");
        }
        List<ReferenceTriple> triples = switch (reader) {
            case AMD -> amd(held);
            case VERAISON -> veraison(held);
            case TRUSTEE -> trustee(held);
        };
        CorimId corimId = CorimId.of(id.orElseGet(() -> contentId(triples)));
        Comid comid = Comid.of(
                corimId,
                maker.map(by -> List.of(new EntityMap(by.name(), by.regId(), List.of(0L))))
                        .orElse(List.of()),
                triples);
        return Corim.of(
                corimId,
                reader == Reader.AMD ? Optional.of(AMD_PROFILE) : Optional.empty(),
                validity,
                maker.map(by -> List.of(new EntityMap(by.name(), by.regId(), List.of(1L))))
                        .orElse(List.of()),
                List.of(comid));
    }

    /** An id must be unique, and the same values must give the same bytes: so it is made from them. */
    private static String contentId(List<ReferenceTriple> triples) {
        MessageDigest sha256 = DigestAlgorithm.SHA256.newMessageDigest();
        sha256.update(Comid.of(CorimId.of("measure"), List.of(), triples).encode());
        return "measure:" + Digest.of(DigestAlgorithm.SHA256, sha256).hex();
    }

    /** One triple for each right digest: the digests of one measurement are one thing in several algorithms, not alternatives. */
    private List<ReferenceTriple> amd(ReferenceSet references) {
        EnvironmentMap environment = EnvironmentMap.of(
                ClassMap.ofOid(HexFormat.of().parseHex(providerKeys ? AMD_BY_PROVIDER : AMD_BY_CHIP)));
        List<ReferenceTriple> triples = new ArrayList<>();
        for (Digest digest : launchDigests(references)) {
            List<MeasurementMap> measurements = new ArrayList<>(
                    List.of(MeasurementMap.ofDigests(CborItem.of(AMD_MEASUREMENT), List.of(CorimDigest.of(digest)))));
            // The bytes of the field in a report, little-endian.
            policy.ifPresent(bits -> measurements.add(MeasurementMap.ofRawValue(
                    CborItem.of(AMD_POLICY), String.format("%016x", Long.reverseBytes(bits)))));
            triples.add(new ReferenceTriple(environment, measurements));
        }
        return triples;
    }

    private static List<Digest> launchDigests(ReferenceSet references) {
        return references.digests().entrySet().stream()
                .filter(entry -> ReferenceSet.isSnp(entry.getKey()))
                .flatMap(entry -> entry.getValue().stream())
                .distinct()
                .toList();
    }

    private static List<ReferenceTriple> veraison(ReferenceSet references) {
        List<ReferenceTriple> triples = new ArrayList<>();
        references.digests().forEach((register, digests) -> {
            if (register instanceof Register.LaunchDigest) {
                EnvironmentMap environment = EnvironmentMap.of(launchClass(register));
                digests.forEach(digest -> triples.add(new ReferenceTriple(
                        environment,
                        List.of(MeasurementMap.ofDigests(
                                CborItem.of("measurement"), List.of(CorimDigest.of(digest)))))));
            }
        });
        registers(
                references.only(value -> ReferenceSet.isTdx(value.register())),
                ClassMap.of("Intel Corporation", "TDX TD"),
                "td",
                triples);
        registers(
                references.only(value -> value.register() instanceof Register.Pcr),
                ClassMap.of("TCG", "TPM2 PCR"),
                "pcrs",
                triples);
        return triples;
    }

    private static ClassMap launchClass(Register register) {
        return ClassMap.of("AMD", ReferenceSet.isSnp(register) ? "SEV-SNP" : "SEV");
    }

    /** Registers with one right value share a triple; each other right value has one of its own. */
    private static void registers(
            ReferenceSet references, ClassMap classMap, String key, List<ReferenceTriple> triples) {
        Map<String, List<CorimDigest>> common = new LinkedHashMap<>();
        List<Map<String, List<CorimDigest>>> alternatives = new ArrayList<>();
        Map<String, Map<String, Map<DigestAlgorithm, Digest>>> byRegister = new LinkedHashMap<>();
        references.values().forEach((register, values) -> {
            String name = register instanceof Register.Pcr pcr ? Integer.toString(pcr.index()) : register.id();
            // The banks of one boot are one thing in several algorithms.
            values.forEach(value -> byRegister
                    .computeIfAbsent(name, any -> new LinkedHashMap<>())
                    .computeIfAbsent(boot(value), any -> new TreeMap<>())
                    .put(value.digest().algorithm(), value.digest()));
        });
        byRegister.forEach((name, boots) -> {
            List<List<CorimDigest>> different = boots.values().stream()
                    .map(banks -> banks.values().stream().map(CorimDigest::of).toList())
                    .distinct()
                    .toList();
            if (different.size() == 1) {
                common.put(name, different.get(0));
            } else {
                different.forEach(digests -> alternatives.add(Map.of(name, digests)));
            }
        });
        if (!common.isEmpty()) {
            alternatives.add(0, common);
        }
        alternatives.forEach(one -> triples.add(new ReferenceTriple(
                EnvironmentMap.of(classMap), List.of(MeasurementMap.ofRegisters(Optional.of(CborItem.of(key)), one)))));
    }

    private static String boot(GoldenValue value) {
        Map<String, String> parameters = new LinkedHashMap<>(value.parameters());
        parameters.remove("bank");
        return parameters.toString();
    }

    /** One measurement a register with all of its digests: a second of the same name would replace the first. */
    private static List<ReferenceTriple> trustee(ReferenceSet references) {
        Map<ClassMap, Map<String, Set<CorimDigest>>> byClass = new LinkedHashMap<>();
        references.digests().forEach((register, digests) -> {
            ClassMap of = register instanceof Register.Pcr
                    ? ClassMap.of("TCG", "TPM2 PCR")
                    : ReferenceSet.isTdx(register) ? ClassMap.of("Intel Corporation", "TDX TD") : launchClass(register);
            String key = register instanceof Register.LaunchDigest
                    ? "measurement"
                    : register instanceof Register.Pcr pcr
                            ? pcr.id() + "_" + pcr.bank().id()
                            : register.id();
            Set<CorimDigest> all = byClass.computeIfAbsent(of, any -> new LinkedHashMap<>())
                    .computeIfAbsent(key, any -> new LinkedHashSet<>());
            digests.forEach(digest -> all.add(CorimDigest.of(digest)));
        });
        List<ReferenceTriple> triples = new ArrayList<>();
        byClass.forEach((of, keys) -> triples.add(new ReferenceTriple(
                EnvironmentMap.of(of),
                keys.entrySet().stream()
                        .map(entry ->
                                MeasurementMap.ofDigests(CborItem.of(entry.getKey()), List.copyOf(entry.getValue())))
                        .toList())));
        return triples;
    }
}
