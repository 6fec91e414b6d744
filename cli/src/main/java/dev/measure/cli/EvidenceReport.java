package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.snp.AttestationReport;
import dev.measure.snp.GceEndorsement;
import dev.measure.snp.IdAuth;
import dev.measure.snp.IdBlock;
import dev.measure.snp.SnpEvidence;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What is in an attestation report, an ID block, ID authentication information or a launch endorsement. */
record EvidenceReport(String kind, Map<String, Object> facts) {
    /** ID blocks and endorsements have no signature at their start, so only sizes that fit are tried. */
    private static final long MAX_ENDORSEMENT = 1 << 16;

    /** {@return the inventory of a file, if it is of one of these kinds} */
    static Optional<EvidenceReport> of(Source file) {
        if (SnpEvidence.looksLike(file) || isDamaged(file)) {
            return Optional.of(report(SnpEvidence.read(file)));
        }
        if (file.length() == IdBlock.SIZE || file.length() == 128) {
            return tried(() -> block(IdBlock.read(file)));
        }
        if (file.length() == IdAuth.SIZE || file.length() == 5464 || file.length() == 5465) {
            return tried(() -> auth(IdAuth.read(file)));
        }
        if (file.length() > 0
                && file.length() <= MAX_ENDORSEMENT
                && file.slice(0, 1).toByteArray()[0] == 0x0a) {
            return tried(() -> endorsement(GceEndorsement.read(file)));
        }
        return Optional.empty();
    }

    /** The size of a report, or a few bytes more, and one of its versions: reading it says what is wrong. */
    private static boolean isDamaged(Source file) {
        return file.length() >= AttestationReport.SIZE
                && file.length() < AttestationReport.SIZE + 16
                && HexFormat.of().formatHex(file.slice(0, 4).toByteArray()).matches("0[1-9a-f]000000");
    }

    private static Optional<EvidenceReport> tried(Supplier<EvidenceReport> reading) {
        try {
            return Optional.of(reading.get());
        } catch (MalformedInputException e) {
            return Optional.empty(); // then it is something else
        }
    }

    private static EvidenceReport report(SnpEvidence evidence) {
        AttestationReport report = evidence.report();
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("version", report.version());
        facts.put("guestSvn", report.guestSvn());
        facts.put("policy", report.policy().text());
        facts.put("familyId", report.familyId().hex());
        facts.put("imageId", report.imageId().hex());
        facts.put("vmpl", report.vmpl());
        facts.put("currentTcb", report.currentTcb().text());
        facts.put("platformInfo", report.platformInfo().text());
        facts.put("authorKeyEnabled", report.authorKeyEnabled());
        facts.put("maskChipKey", report.maskChipKey());
        facts.put("signingKey", report.signingKey().name());
        facts.put("reportData", report.reportData().hex());
        facts.put("measurement", report.measurement().hex());
        facts.put("hostData", report.hostData().hex());
        facts.put("idKeyDigest", report.idKeyDigest().hex());
        facts.put("authorKeyDigest", report.authorKeyDigest().hex());
        facts.put("reportId", report.reportId().hex());
        facts.put("reportIdMa", report.reportIdMa().hex());
        facts.put("reportedTcb", report.reportedTcb().text());
        report.cpu()
                .ifPresent(cpu -> facts.put(
                        "cpu",
                        cpu.name()
                                + report.product()
                                        .map(product -> " (" + product.productName() + ")")
                                        .orElse("")));
        facts.put("chipId", report.chipId().hex());
        facts.put("committedTcb", report.committedTcb().text());
        facts.put("currentVersion", report.currentVersion().text());
        facts.put("committedVersion", report.committedVersion().text());
        facts.put("launchTcb", report.launchTcb().text());
        report.launchMitVector().ifPresent(vector -> facts.put("launchMitVector", "0x" + Long.toHexString(vector)));
        report.currentMitVector().ifPresent(vector -> facts.put("currentMitVector", "0x" + Long.toHexString(vector)));
        evidence.certificates()
                .ifPresent(table -> facts.put(
                        "certificates",
                        String.join(
                                ", ",
                                table.entries().stream()
                                        .map(entry -> entry.name() + " ("
                                                + entry.content().length() + " bytes)")
                                        .toList())));
        return new EvidenceReport("SEV-SNP " + evidence.form().text(), facts);
    }

    private static EvidenceReport block(IdBlock block) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("launchDigest", block.launchDigest().hex());
        facts.put("familyId", block.familyId().hex());
        facts.put("imageId", block.imageId().hex());
        facts.put("version", IdBlock.VERSION);
        facts.put("guestSvn", block.guestSvn());
        facts.put("policy", block.policy().text());
        return new EvidenceReport("SEV-SNP ID block", facts);
    }

    private static EvidenceReport auth(IdAuth auth) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("idKeyDigest", auth.idKey().digest().hex());
        facts.put(
                "authorKeyDigest",
                auth.author().map(author -> author.key().digest().hex()).orElse("none"));
        return new EvidenceReport("SEV-SNP ID authentication information", facts);
    }

    private static EvidenceReport endorsement(GceEndorsement endorsement) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("timestamp", Instant.ofEpochSecond(endorsement.timestamp()).toString());
        facts.put("clSpec", endorsement.clSpec());
        facts.put("commit", endorsement.commit().hex());
        facts.put("firmwareDigest", endorsement.firmwareDigest().hex());
        endorsement.sevSnp().ifPresent(snp -> {
            facts.put("svn", snp.svn());
            facts.put("policy", snp.policy().text());
            facts.put("familyId", snp.familyId().hex());
            facts.put("imageId", snp.imageId().hex());
            snp.measurements().forEach((vcpus, digest) -> facts.put("vcpus=" + vcpus, digest.hex()));
        });
        endorsement
                .tdx()
                .forEach(tdx -> facts.put(
                        "mrtd ram=" + tdx.ramGib() + "GiB earlyAccept=" + tdx.earlyAccept(),
                        tdx.mrtd().hex()));
        return new EvidenceReport("launch endorsement of Google Compute Engine", facts);
    }

    Map<String, Object> found() {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("kind", kind);
        found.putAll(facts);
        return found;
    }

    void print(Page page) {
        page.heading(kind);
        facts.forEach((name, value) -> page.fact(name, value.toString()));
    }
}
