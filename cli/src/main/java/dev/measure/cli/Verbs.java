package dev.measure.cli;

import java.util.List;
import java.util.Optional;

/** All verbs, in the order of the help. A verb is only made, and its class only loaded, when it is asked for. */
final class Verbs {
    private static final List<String> NAMES = List.of(
            "fuki",
            "snp",
            "snp ovmf-hash",
            "snp vmsa",
            "snp launch-measure",
            "tdx",
            "tdx acpi",
            "tdx verify-quote",
            "pcr",
            "pcr sign",
            "pcr policy",
            "pcr check",
            "eventlog",
            "snp id-block",
            "snp verify-id-block",
            "snp key-digest",
            "snp verify-report",
            "verify-endorsement",
            "export",
            "inspect",
            "lock",
            "check",
            "diff",
            "completion",
            "help",
            "version");

    private Verbs() {}

    /** {@return the names, in the order of the help} */
    static List<String> names() {
        return NAMES;
    }

    /** {@return the verb of a name} */
    static Optional<Verb> named(String name) {
        return switch (name) {
            case "fuki" -> Optional.of(new FukiVerb());
            case "snp" -> Optional.of(new SnpVerb());
            case "snp ovmf-hash" -> Optional.of(new OvmfHashVerb());
            case "snp vmsa" -> Optional.of(new VmsaVerb());
            case "snp launch-measure" -> Optional.of(new LaunchMeasureVerb());
            case "tdx" -> Optional.of(new TdxVerb());
            case "tdx acpi" -> Optional.of(new TdxAcpiVerb());
            case "tdx verify-quote" -> Optional.of(new TdxVerifyQuoteVerb());
            case "pcr" -> Optional.of(new PcrVerb());
            case "pcr sign" -> Optional.of(new PcrSignVerb());
            case "pcr policy" -> Optional.of(new PcrPolicyVerb());
            case "pcr check" -> Optional.of(new PcrCheckVerb());
            case "eventlog" -> Optional.of(new EventLogVerb());
            case "snp id-block" -> Optional.of(new IdBlockVerb());
            case "snp verify-id-block" -> Optional.of(new VerifyIdBlockVerb());
            case "snp key-digest" -> Optional.of(new KeyDigestVerb());
            case "snp verify-report" -> Optional.of(new VerifyReportVerb());
            case "verify-endorsement" -> Optional.of(new VerifyEndorsementVerb());
            case "export" -> Optional.of(new ExportVerb());
            case "inspect" -> Optional.of(new InspectVerb());
            case "lock" -> Optional.of(new LockVerb());
            case "check" -> Optional.of(new CheckVerb());
            case "diff" -> Optional.of(new DiffVerb());
            case "completion" -> Optional.of(new CompletionVerb());
            case "help" -> Optional.of(new HelpVerb());
            case "version" -> Optional.of(new VersionVerb());
            default -> Optional.empty();
        };
    }
}
