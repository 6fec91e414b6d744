package dev.measure.cli;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.tpm.PcrSignature;
import dev.measure.tpm.PcrlockComponent;
import dev.measure.uefi.X509Summary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What is in a file that systemd-pcrlock or systemd-measure wrote, or in a file of certificates. */
record PolicyReport(Source file, String kind, String title, String key, List<Map<String, Object>> rows) {
    private static final int PEEK = 512;

    /** Certificates have 1 to 4 KiB. */
    private static final int MAX_DER = 1 << 16;

    /** The first field of a .pcrlock file, and that its records are objects. */
    private static final Pattern PCRLOCK = Pattern.compile("\\{\\s*\"records\"\\s*:.*", Pattern.DOTALL);

    /** A bank, and an array behind it. */
    private static final Pattern SIGNATURE =
            Pattern.compile("\\{\\s*\"(sha1|sha256|sha384|sha512|sm3_256)\"\\s*:\\s*\\[.*", Pattern.DOTALL);

    /** {@return the inventory of a file, if it begins like one of these kinds} */
    static Optional<PolicyReport> of(Source file) {
        String start = new String(
                        file.slice(0, Math.min(PEEK, file.length())).toByteArray(), StandardCharsets.ISO_8859_1)
                .stripLeading();
        if (PCRLOCK.matcher(start).matches()) {
            return Optional.of(records(file));
        }
        if (SIGNATURE.matcher(start).matches()) {
            return Optional.of(signatures(file));
        }
        if (start.contains("-----BEGIN CERTIFICATE-----")) {
            return Optional.of(certificates(file));
        }
        if (start.startsWith("0") && file.length() > 2 && file.length() <= MAX_DER) {
            try {
                return Optional.of(certificates(file));
            } catch (MalformedInputException otherwise) {
                return Optional.empty(); // DER of something else, or a text
            }
        }
        return Optional.empty();
    }

    private static PolicyReport certificates(Source file) {
        List<Map<String, Object>> certificates = new ArrayList<>();
        for (X509Summary summary : X509Summary.readAll(file)) {
            certificates.add(FirmwareReport.row(
                    "subject", summary.subject(),
                    "issuer", summary.issuer(),
                    "serialNumber", summary.serialNumber().toString(16),
                    "notBefore", summary.notBefore().toString(),
                    "notAfter", summary.notAfter().toString(),
                    "sha256", summary.sha256().hex()));
        }
        return new PolicyReport(
                file,
                "certificate",
                certificates.size() == 1 ? "X.509 certificate" : certificates.size() + " X.509 certificates",
                "certificates",
                certificates);
    }

    private static PolicyReport records(Source file) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (PcrlockComponent.Entry entry : PcrlockComponent.read(file).records()) {
            Map<String, Object> digests = new LinkedHashMap<>();
            entry.digests().forEach(digest -> digests.put(digest.algorithm().id(), digest.hex()));
            rows.add(FirmwareReport.row("pcr", entry.pcr(), "digests", digests));
        }
        return new PolicyReport(
                file, "pcrlock", "component of systemd-pcrlock, " + count(rows, "record", "records"), "records", rows);
    }

    private static PolicyReport signatures(Source file) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Map.Entry<DigestAlgorithm, List<PcrSignature.Entry>> bank :
                PcrSignature.read(file).banks().entrySet()) {
            for (PcrSignature.Entry entry : bank.getValue()) {
                Map<String, Object> row =
                        FirmwareReport.row("bank", bank.getKey().id(), "pcrs", entry.pcrs());
                entry.pkfp().ifPresent(key -> row.put("key", key.hex()));
                entry.ref().ifPresent(ref -> row.put("ref", ref));
                row.put("policy", entry.pol().hex());
                row.put("signed", entry.sig().isPresent());
                rows.add(row);
            }
        }
        return new PolicyReport(
                file, "pcr-signature", "signed PCR policies, " + count(rows, "entry", "entries"), "policies", rows);
    }

    private static String count(List<?> rows, String one, String many) {
        return rows.size() + " " + (rows.size() == 1 ? one : many);
    }

    void print(Page page) {
        page.heading(file.name() + ": " + title + ", " + file.length() + " bytes");
        switch (kind) {
            case "pcrlock" -> printRecords(page);
            case "pcr-signature" -> printPolicies(page);
            default -> {
                Table table = new Table("field", "value");
                rows.forEach(row -> row.forEach((name, value) -> table.row(name, value.toString())));
                page.table("Certificates", table);
            }
        }
    }

    private void printRecords(Page page) {
        Table table = new Table("pcr", "bank", "digest");
        for (Map<String, Object> row : rows) {
            String pcr = row.get("pcr").toString();
            for (Map.Entry<?, ?> digest : ((Map<?, ?>) row.get("digests")).entrySet()) {
                table.row(pcr, digest.getKey().toString(), digest.getValue().toString());
                pcr = "";
            }
        }
        page.table("Records", table);
    }

    private void printPolicies(Page page) {
        Table table = new Table("bank", "pcrs", "policy", "key", "signed", "ref");
        for (Map<String, Object> row : rows) {
            String pcrs = row.get("pcrs").toString();
            table.row(
                    row.get("bank").toString(),
                    pcrs.substring(1, pcrs.length() - 1),
                    row.get("policy").toString(),
                    row.getOrDefault("key", "-").toString(),
                    Boolean.TRUE.equals(row.get("signed")) ? "yes, not checked" : "no",
                    row.getOrDefault("ref", "").toString());
        }
        page.table("Policies", table);
    }

    Map<String, Object> found() {
        return FirmwareReport.row("file", file.name(), "kind", kind, "size", file.length(), key, rows);
    }
}
