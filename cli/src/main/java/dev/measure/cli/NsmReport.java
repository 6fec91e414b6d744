package dev.measure.cli;

import dev.measure.Source;
import dev.measure.corim.NsmDocument;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is in an attestation document of an AWS Nitro system. */
record NsmReport(Source file, NsmDocument document, boolean isTrusted) {
    /** {@return the report of a file, if it begins like such a document} */
    static Optional<NsmReport> of(Source file) {
        if (!NsmDocument.looksLike(file)) {
            return Optional.empty();
        }
        NsmDocument document = NsmDocument.read(file);
        return Optional.of(new NsmReport(file, document, document.isSignedByItsCertificate()));
    }

    private Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("module", document.moduleId());
        facts.put("registers", document.isOfTpm() ? "of a NitroTPM" : "of an enclave: they are no PCRs of a TPM");
        facts.put(
                "time",
                document.timestamp() < 0
                        ? Long.toUnsignedString(document.timestamp()) + " ms"
                        : Instant.ofEpochMilli(document.timestamp()).toString());
        facts.put(
                "signature",
                isTrusted
                        ? "good, by the certificate in it; that AWS issued the certificate is not checked"
                        : "not by the certificate in it, or what it covers was changed");
        facts.put("certificates above", Integer.toString(document.authorities()));
        return facts;
    }

    void print(Page page) {
        page.heading(file.name() + ": attestation document of an AWS Nitro system, " + file.length() + " bytes");
        Table facts = new Table("field", "value");
        facts().forEach(facts::row);
        page.table("Document", facts);
        Table values = new Table("name", "value");
        document.pcrs().forEach((index, digest) -> values.row("PCR" + index, digest.hex()));
        page.table("Registers", values);
    }

    Map<String, Object> found() {
        List<Map<String, Object>> values = new ArrayList<>();
        document.pcrs()
                .forEach((index, digest) -> values.add(FirmwareReport.row(
                        "environment", "", "element", "PCR" + index, "alg", "sha384", "value", digest.hex())));
        return FirmwareReport.row(
                "file",
                file.name(),
                "kind",
                "nsm-document",
                "size",
                file.length(),
                "manifest",
                facts(),
                "referenceValues",
                values);
    }
}
