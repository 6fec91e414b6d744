package dev.measure.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** All verbs, in the order of the help. A verb is only made when it is asked for, which keeps the start short. */
final class Verbs {
    private static final Map<String, Supplier<Verb>> ALL = all();

    private Verbs() {}

    private static Map<String, Supplier<Verb>> all() {
        Map<String, Supplier<Verb>> verbs = new LinkedHashMap<>();
        verbs.put("fuki", FukiVerb::new);
        verbs.put("snp", SnpVerb::new);
        verbs.put("snp ovmf-hash", OvmfHashVerb::new);
        verbs.put("snp vmsa", VmsaVerb::new);
        verbs.put("snp launch-measure", LaunchMeasureVerb::new);
        verbs.put("tdx", TdxVerb::new);
        verbs.put("tdx acpi", TdxAcpiVerb::new);
        verbs.put("tdx verify-quote", TdxVerifyQuoteVerb::new);
        verbs.put("pcr", PcrVerb::new);
        verbs.put("pcr sign", PcrSignVerb::new);
        verbs.put("pcr policy", PcrPolicyVerb::new);
        verbs.put("pcr check", PcrCheckVerb::new);
        verbs.put("eventlog", EventLogVerb::new);
        verbs.put("snp id-block", IdBlockVerb::new);
        verbs.put("snp verify-id-block", VerifyIdBlockVerb::new);
        verbs.put("snp key-digest", KeyDigestVerb::new);
        verbs.put("snp verify-report", VerifyReportVerb::new);
        verbs.put("export", ExportVerb::new);
        verbs.put("inspect", InspectVerb::new);
        verbs.put("lock", LockVerb::new);
        verbs.put("check", CheckVerb::new);
        verbs.put("diff", DiffVerb::new);
        verbs.put("completion", CompletionVerb::new);
        verbs.put("help", HelpVerb::new);
        verbs.put("version", VersionVerb::new);
        return verbs;
    }

    /** {@return the names, in the order of the help} */
    static Set<String> names() {
        return ALL.keySet();
    }

    /** {@return the verb of a name} */
    static Optional<Verb> named(String name) {
        return Optional.ofNullable(ALL.get(name)).map(Supplier::get);
    }
}
