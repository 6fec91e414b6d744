package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.export.ResultFile;
import dev.measure.golden.GoldenValues;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a document is that verifiers, build tools and VMMs write, by its fields: statements, policies, templates, settings. It is named, with
 * the command that takes it, and not checked.
 *
 * @param form what it is
 * @param facts what it says, for people
 * @param values registers in it
 */
record DocumentReport(Source file, String form, Map<String, String> facts, List<Map<String, Object>> values) {
    private static final int MAX_JSON = 4 << 20;

    private static final int SHOWN = 6;

    /** A document in JSON is known by fields that it has, each of them; the first form that fits counts. */
    private record Form(String name, String use, String... fields) {}

    private static final List<Form> FORMS = List.of(
            new Form("envelope of a signed statement (DSSE)", "", "payloadType", "payload", "signatures"),
            new Form("Sigstore bundle", "", "mediaType", "dsseEnvelope"),
            new Form("measured boot reference state of Keylime", "", "scrtm_and_bios"),
            new Form("claims of Trustee's verifier about a TD", "", "quote", "td_attributes"),
            new Form(
                    "event log as Trustee's verifier shows it",
                    "it is made from a CCEL log: measure eventlog show reads that",
                    "uefi_event_logs"),
            new Form("claims of a token of Microsoft Azure Attestation", "", "x-ms-attestation-type"),
            new Form("claims of an attestation token (EAT)", "", "eat_profile"),
            new Form(
                    "template of cocli for a CoMID",
                    "cocli makes CBOR of it, which measure inspect reads",
                    "tag-identity",
                    "triples"),
            new Form(
                    "template of cocli for a CoRIM", "cocli makes CBOR of it, which measure inspect reads", "corim-id"),
            new Form("template of cocli for the signer of a CoRIM", "", "signer"),
            new Form("JSON Web Key", "--public-key, --golden-key or --sign-key", "kty"),
            new Form(
                    "metadata of an OVMF firmware, as sev-snp-measure-go writes it",
                    "measure snp --metadata FILE",
                    "MetadataItems",
                    "OVMFHash"),
            new Form("metadata.json of tdx-measure", "measure tdx FILE", "boot_config"),
            new Form("metadata.json of a dstack image", "measure tdx FILE", "bios", "kernel", "initrd", "cmdline"),
            new Form("manifest of Contrast", "", "ReferenceValues"),
            new Form("golden measurement of Google Compute Engine", "", "sevSnp"),
            new Form("measurements of a Constellation image", "", "csp", "measurements"),
            new Form("measurements of a Constellation image", "", "version", "ref", "stream", "list"),
            new Form("UEFI variables as python-uefivars lists them", "", "version", "variables"),
            new Form("template of UEFI variables for Hyper-V", "", "type", "properties"),
            new Form("quote of a TPM with its PCR values, of an attester", "", "message", "pcrs", "signature"),
            new Form("evidence of a TPM for Trustee", "", "tpm_quote"),
            new Form("SEV-SNP report as JSON, for Trustee", "", "attestation_report"),
            new Form("requests to Trustee's attestation service", "", "verification_requests"),
            new Form("TPM state of go-attestation", "", "AK", "Quote", "Log"));

    /** Texts and binary files by their first characters, after blanks. */
    private static final List<Form> STARTS = List.of(
            new Form("domain of libvirt", "measure snp --from-libvirt FILE", "<domain type=", "<domain ", "<domain>"),
            new Form("capabilities of a host, by libvirt", "", "<domainCapabilities"),
            new Form("policy of Microsoft Azure Attestation", "", "version= 1.", "version=1."),
            new Form("policy in Rego", "", "package ", "import rego.v1"),
            new Form("manifest of measure", "measure lock FILE", "schema: measure/manifest/v1"),
            new Form(
                    "file compressed with xz", "xz -dk FILE unpacks it", new String(new char[] {0xfd, '7', 'z', 'X', 'Z'
                    })),
            new Form("file compressed with gzip", "gunzip -k FILE unpacks it", new String(new char[] {0x1f, 0x8b})),
            new Form("file compressed with Zstandard", "zstd -d FILE unpacks it", new String(new char[] {
                0x28, 0xb5, 0x2f, 0xfd
            })),
            new Form("ELF program", "", new String(new char[] {0x7f, 'E', 'L', 'F'})),
            new Form("ACPI tables as QEMU hands them over", "--acpi-tables FILE", "FACS@\0\0\0"),
            new Form("ACPI RSDP as QEMU hands it over", "--acpi-rsdp FILE", "RSD PTR "),
            new Form("ACPI loader script of QEMU", "--acpi-loader FILE", "\1\0\0\0etc/"),
            new Form("entry point of SMBIOS", "the tables are beside it: --machine FOLDER", "_SM_", "_SM3_"),
            new Form("header of a GPT", "measure pcr --disk takes the first sectors of a disk", "EFI PART"),
            new Form(
                    "quote of a TPM (TPMS_ATTEST)",
                    "measure check --evidence FILE, with the PCR values beside it",
                    new String(new char[] {0xff, 'T', 'C', 'G', 0x80, 0x18})));

    /** {@return what a file is, if it is one of these} */
    static Optional<DocumentReport> of(Source file) {
        if (file.length() == 0) {
            return Optional.of(report(file, "empty file", ""));
        }
        String start =
                new String(file.slice(0, Math.min(1024, file.length())).toByteArray(), StandardCharsets.ISO_8859_1);
        String text = start.stripLeading();
        if (text.startsWith("{") || text.startsWith("[")) {
            try {
                Optional<DocumentReport> own = own(file);
                if (own.isPresent() || file.length() > MAX_JSON) {
                    return own;
                }
                return json(
                        file,
                        DstackQuote.parse(
                                file, "the document", new String(file.toByteArray(), StandardCharsets.UTF_8)));
            } catch (MalformedInputException otherwise) {
                return Optional.empty();
            }
        }
        for (Form form : STARTS) {
            for (String begins : form.fields) {
                if (text.startsWith(begins)) {
                    return Optional.of(report(file, form.name, form.use));
                }
            }
        }
        return text(file, start);
    }

    private static Optional<DocumentReport> text(Source file, String start) {
        if (start.startsWith("EFI PART", 512)) {
            return Optional.of(report(file, "disk, or its first sectors, with a GPT", "measure pcr --disk FILE"));
        }
        if (file.length() > 1 << 20) {
            return Optional.empty();
        }
        if (start.split("\u00ef\u00bf\u00bd", -1).length > 3) {
            return Optional.of(report(
                    file,
                    "binary file that was converted to UTF-8: bytes of it were replaced by U+FFFD, and are lost",
                    "take it again, as binary"));
        }
        if (start.contains("\0")) {
            return Optional.empty();
        }
        String first = start.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
        if (first.matches(".*\\bqemu[-_](system|svsm)[-_/a-z0-9]*.*|\\$QEMU\\S* .*")) {
            return Optional.of(report(file, "command line of QEMU", "measure snp --from-qemu FILE"));
        }
        if (start.matches("(?s)eyJ[A-Za-z0-9_-]+\\.eyJ[A-Za-z0-9_-]+.*")) {
            return Optional.of(report(file, "JSON Web Token", "its middle part is base64url of JSON"));
        }
        if (start.matches("(?s)\\s*(/[^/]*/\\s*)*(\\d{1,6}\\s*/?[^(\\n]*)?(\\(\\s*|\\{\\s*|\\[\\s*)?/ .*")) {
            return Optional.of(report(
                    file, "CBOR in diagnostic notation", "a tool such as diag2cbor makes CBOR of it, which is read"));
        }
        return Optional.empty();
    }

    private static DocumentReport report(Source file, String form, String use) {
        Map<String, String> facts = new LinkedHashMap<>();
        if (!use.isEmpty()) {
            facts.put("use", use);
        }
        return new DocumentReport(file, form, facts, List.of());
    }

    private static Optional<DocumentReport> json(Source file, Object json) {
        if (json instanceof List<?> list) {
            return list(file, list);
        }
        if (!(json instanceof Map<?, ?> map)) {
            return Optional.empty();
        }
        return statement(file, map)
                .or(() -> pcrs(file, map))
                .or(() -> computePcrs(file, map))
                .or(() -> kms(file, map))
                .or(() -> keylime(file, map))
                .or(() -> FORMS.stream()
                        .filter(form -> map.keySet().containsAll(Set.of(form.fields)))
                        .findFirst()
                        .map(form -> report(file, form.name, form.use)));
    }

    private static Optional<DocumentReport> list(Source file, List<?> list) {
        if (list.isEmpty()) {
            return Optional.empty();
        }
        if (list.stream().allMatch(each -> each instanceof Map<?, ?> map && map.containsKey("environment"))) {
            return Optional.of(report(file, "template of cocli for the environments of a CoTS", ""));
        }
        if (list.stream()
                .allMatch(each -> each instanceof Map<?, ?> map && map.keySet().equals(Set.of("pcr", "values")))) {
            return Optional.of(report(file, "prediction of systemd-pcrlock", ""));
        }
        boolean patches = list.stream()
                .allMatch(each -> each instanceof List<?> patch
                        && !patch.isEmpty()
                        && patch.get(0) instanceof Map<?, ?> map
                        && map.containsKey("op"));
        return patches ? Optional.of(report(file, "patches for a manifest of Contrast", "")) : Optional.empty();
    }

    /** A lock file with 20000 values has 6 MB, and says at once what it is. */
    private static Optional<DocumentReport> own(Source file) {
        return Optional.ofNullable(
                switch (ResultFile.schema(file)) {
                    case GoldenValues.SCHEMA ->
                        report(file, "lock file of measure", "measure check --evidence, measure diff, measure export");
                    case ResultFile.SCHEMA -> report(file, "result of measure", "measure diff, measure export");
                    case "measure/manifest/v1" -> report(file, "manifest of measure", "measure lock FILE");
                    default -> null;
                });
    }

    private static Optional<DocumentReport> statement(Source file, Map<?, ?> map) {
        if (!(map.get("_type") instanceof String type) || !type.startsWith("https://in-toto.io/Statement/")) {
            return Optional.empty();
        }
        DocumentReport report = report(file, "in-toto statement, not signed", "");
        report.facts.put("predicate", String.valueOf(map.get("predicateType")));
        List<String> subjects = new ArrayList<>();
        if (map.get("subject") instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> subject) {
                    subjects.add(subject.get("name") + " " + subject.get("digest"));
                }
            }
        }
        report.facts.put("subjects", some(subjects));
        return Optional.of(report);
    }

    private static String some(List<String> texts) {
        String shown = texts.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return texts.size() > SHOWN ? shown + " and " + (texts.size() - SHOWN) + " more" : shown;
    }

    private static Optional<DocumentReport> computePcrs(Source file, Map<?, ?> map) {
        List<?> pcrs =
                map.keySet().equals(Set.of("pcrs")) && map.get("pcrs") instanceof List<?> list ? list : List.of(map);
        List<Map<String, Object>> values = new ArrayList<>();
        for (Object each : pcrs) {
            if (!(each instanceof Map<?, ?> pcr)
                    || !pcr.keySet().containsAll(Set.of("id", "value"))
                    || !pcr.containsKey("events") && !pcr.containsKey("parts")) {
                return Optional.empty();
            }
            values.add(row("PCR" + pcr.get("id"), "sha256", String.valueOf(pcr.get("value"))));
        }
        return values.isEmpty()
                ? Optional.empty()
                : Optional.of(new DocumentReport(file, "PCRs of compute-pcrs", new LinkedHashMap<>(), values));
    }

    /** Banks, and in each its PCRs. */
    private static Optional<DocumentReport> pcrs(Source file, Map<?, ?> map) {
        List<Map<String, Object>> values = new ArrayList<>();
        for (Map.Entry<?, ?> bank : map.entrySet()) {
            if (!bank.getKey().toString().matches("sha1|sha256|sha384|sha512|sm3_256")
                    || !(bank.getValue() instanceof Map<?, ?> pcrs)) {
                return Optional.empty();
            }
            pcrs.forEach(
                    (pcr, value) -> values.add(row("PCR" + pcr, bank.getKey().toString(), value.toString())));
        }
        return values.isEmpty()
                ? Optional.empty()
                : Optional.of(new DocumentReport(file, "PCR values by bank", new LinkedHashMap<>(), values));
    }

    private static Optional<DocumentReport> kms(Source file, Map<?, ?> map) {
        List<Map<String, Object>> values = new ArrayList<>();
        if (map.get("Condition") instanceof Map<?, ?> operators) {
            for (Object keys : operators.values()) {
                if (keys instanceof Map<?, ?> conditions) {
                    conditions.forEach((key, value) -> {
                        if (key.toString().startsWith("kms:RecipientAttestation:")) {
                            (value instanceof List<?> list ? list : List.of(value))
                                    .forEach(each -> values.add(row(key.toString(), "text", each.toString())));
                        }
                    });
                }
            }
        }
        return values.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new DocumentReport(file, "condition of an AWS KMS key policy", new LinkedHashMap<>(), values));
    }

    private static Optional<DocumentReport> keylime(Source file, Map<?, ?> map) {
        List<Map<String, Object>> values = new ArrayList<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (entry.getKey().equals("mask")) {
                continue;
            }
            boolean text = entry.getValue() instanceof String;
            if (!entry.getKey().toString().matches("[0-9]{1,2}") || !text && !(entry.getValue() instanceof List<?>)) {
                return Optional.empty();
            }
            (entry.getValue() instanceof List<?> list ? list : List.of(entry.getValue()))
                    .forEach(each -> values.add(row("PCR" + entry.getKey(), "text", each.toString())));
        }
        return values.isEmpty()
                ? Optional.empty()
                : Optional.of(new DocumentReport(file, "tpm_policy of Keylime", new LinkedHashMap<>(), values));
    }

    private static Map<String, Object> row(String name, String alg, String value) {
        return FirmwareReport.row("environment", "", "element", name, "alg", alg, "value", value);
    }

    void print(Page page) {
        page.heading(file.name() + ": " + form + ", " + file.length() + " bytes");
        Table table = new Table("field", "value");
        facts.forEach(table::row);
        page.table("Document", table);
        Table rows = new Table("name", "value");
        values.forEach(
                row -> rows.row(row.get("element").toString(), row.get("value").toString()));
        page.table("Values", rows);
    }

    Map<String, Object> found() {
        Map<String, String> manifest = new LinkedHashMap<>();
        manifest.put("form", form);
        manifest.putAll(facts);
        return FirmwareReport.row(
                "file",
                file.name(),
                "kind",
                "document",
                "size",
                file.length(),
                "manifest",
                manifest,
                "referenceValues",
                values);
    }
}
