package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * What is expected of the contents of an attestation report. Whether anybody may believe the report at all is the business of
 * {@link EndorsementChain}.
 *
 * @param measurements the right launch digests by id; several can be right at once
 * @param policy POLICY
 * @param reportData REPORT_DATA
 * @param hostData HOST_DATA
 * @param idKeyDigest ID_KEY_DIGEST
 * @param authorKeyDigest AUTHOR_KEY_DIGEST
 * @param familyId FAMILY_ID
 * @param imageId IMAGE_ID
 * @param guestSvn GUEST_SVN
 */
public record ReportCheck(
        Map<String, Digest> measurements,
        Optional<GuestPolicy> policy,
        Optional<Octets> reportData,
        Optional<Octets> hostData,
        Optional<Digest> idKeyDigest,
        Optional<Digest> authorKeyDigest,
        Optional<Octets> familyId,
        Optional<Octets> imageId,
        OptionalLong guestSvn) {
    /** Expects nothing. */
    public static final ReportCheck NOTHING = new ReportCheck(
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty());

    /** Copies the map, sorted by id, and checks lengths. */
    public ReportCheck {
        measurements = Collections.unmodifiableMap(new TreeMap<>(measurements));
        Objects.requireNonNull(policy, "policy");
        reportData.ifPresent(data -> data.checkLength("report data", 64));
        hostData.ifPresent(data -> data.checkLength("host data", 32));
        Objects.requireNonNull(idKeyDigest, "idKeyDigest");
        Objects.requireNonNull(authorKeyDigest, "authorKeyDigest");
        familyId.ifPresent(id -> id.checkLength("family id", IdBlock.ID_LENGTH));
        imageId.ifPresent(id -> id.checkLength("image id", IdBlock.ID_LENGTH));
        Objects.requireNonNull(guestSvn, "guestSvn");
    }

    /**
     * {@return a check of the launch digest alone}
     *
     * @param id the id of the prediction
     * @param measurement the launch digest
     */
    public static ReportCheck of(String id, Digest measurement) {
        return new ReportCheck(
                Map.of(id, measurement),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty());
    }

    /**
     * {@return a verdict for each field, in the order of the report}
     *
     * @param report the report
     */
    public List<FieldVerdict> of(AttestationReport report) {
        List<FieldVerdict> verdicts = new ArrayList<>();
        Optional<String> svn =
                guestSvn.isPresent() ? Optional.of(Long.toString(guestSvn.getAsLong())) : Optional.empty();
        verdicts.add(FieldVerdict.of("GUEST_SVN", svn, Long.toString(report.guestSvn())));
        verdicts.add(FieldVerdict.of(
                "POLICY", policy.map(GuestPolicy::hex), report.policy().hex()));
        verdicts.add(FieldVerdict.of(
                "FAMILY_ID", familyId.map(Octets::hex), report.familyId().hex()));
        verdicts.add(FieldVerdict.of(
                "IMAGE_ID", imageId.map(Octets::hex), report.imageId().hex()));
        verdicts.add(FieldVerdict.of(
                "REPORT_DATA", reportData.map(Octets::hex), report.reportData().hex()));
        measurement(verdicts, report.measurement());
        verdicts.add(FieldVerdict.of(
                "HOST_DATA", hostData.map(Octets::hex), report.hostData().hex()));
        verdicts.add(FieldVerdict.of(
                "ID_KEY_DIGEST",
                idKeyDigest.map(Digest::hex),
                report.idKeyDigest().hex()));
        verdicts.add(FieldVerdict.of(
                "AUTHOR_KEY_DIGEST",
                authorKeyDigest.map(Digest::hex),
                report.authorKeyDigest().hex()));
        return verdicts;
    }

    private void measurement(List<FieldVerdict> verdicts, Digest found) {
        if (measurements.isEmpty()) {
            verdicts.add(new FieldVerdict.NotChecked("MEASUREMENT", "no value to compare " + found.hex() + " with"));
            return;
        }
        Optional<String> matched = measurements.entrySet().stream()
                .filter(entry -> entry.getValue().equals(found))
                .map(Map.Entry::getKey)
                .findFirst();
        if (matched.isPresent()) {
            verdicts.add(new FieldVerdict.Matches("MEASUREMENT", found.hex() + " (" + matched.get() + ")"));
            return;
        }
        StringBuilder expected = new StringBuilder();
        measurements.forEach((id, digest) -> expected.append(expected.isEmpty() ? "" : ", or ")
                .append(digest.hex())
                .append(" (")
                .append(id)
                .append(')'));
        verdicts.add(new FieldVerdict.Differs("MEASUREMENT", expected.toString(), found.hex()));
    }
}
