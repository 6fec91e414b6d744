package dev.measure.snp;

import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The certificates that lead from AMD's root key to the key that signs attestation reports: ARK, ASK (or ASVK), VCEK (or VLEK). AMD,
 * Versioned Chip Endorsement Key (VCEK) Certificate and KDS Interface Specification, #57230.
 *
 * <p>Nothing is downloaded and no clock is read: certificates come from the caller, and their dates count only for the moment that the
 * caller names. A root that the caller hands in is trusted; one that came with the evidence only if its key is one of AMD's. A chain
 * that stops below the root is trusted only if the caller handed in the certificate where it stops, and none above it.
 */
public final class EndorsementChain {
    private final List<SigningCertificate> handedIn;
    private final List<SigningCertificate> all;

    private EndorsementChain(List<SigningCertificate> handedIn, List<SigningCertificate> all) {
        this.handedIn = List.copyOf(handedIn);
        this.all = List.copyOf(all);
    }

    /**
     * {@return the chain in files that the caller trusts}
     *
     * @param files PEM or DER, one or several certificates each, in any order
     * @throws MalformedInputException if one is no certificate, or none of AMD's kinds
     */
    public static EndorsementChain read(List<Source> files) {
        List<SigningCertificate> certificates = new ArrayList<>();
        for (Source file : files) {
            for (SigningCertificate certificate : SigningCertificate.readAll(file)) {
                if (role(certificate) == Role.OTHER) {
                    throw new MalformedInputException(
                            certificate.fileName(),
                            0,
                            "a certificate of ARK, ASK, ASVK, VCEK or VLEK",
                            "one for '" + certificate.commonName() + "'",
                            "");
                }
                certificates.add(certificate);
            }
        }
        return new EndorsementChain(certificates, certificates);
    }

    /**
     * {@return this chain and, where it has gaps, the certificates that came with the evidence}
     *
     * @param table the host's certificates
     */
    public EndorsementChain with(CertificateTable table) {
        List<SigningCertificate> certificates = new ArrayList<>(all);
        for (CertificateTable.Entry entry : table.entries()) {
            if (List.of("VCEK", "VLEK", "ASK", "ARK").contains(entry.name())) {
                SigningCertificate certificate = SigningCertificate.read(entry.content());
                if (role(certificate) != Role.OTHER) {
                    certificates.add(certificate);
                }
            }
        }
        return new EndorsementChain(handedIn, certificates);
    }

    /** {@return whether there is no certificate at all} */
    public boolean isEmpty() {
        return all.isEmpty();
    }

    private enum Role {
        ARK,
        ASK,
        VEK,
        OTHER
    }

    private static Role role(SigningCertificate certificate) {
        String name = certificate.commonName();
        if (name.equals("SEV-VCEK") || name.equals("SEV-VLEK")) {
            return Role.VEK;
        }
        if (name.startsWith("SEV-")) {
            return Role.ASK;
        }
        return name.startsWith("ARK-") ? Role.ARK : Role.OTHER;
    }

    /**
     * {@return the verdicts on the chain and on the signature of a report, root first}
     *
     * @param report the report
     * @param moment the moment at which the certificates must be valid, if dates are to count
     */
    public List<FieldVerdict> verify(AttestationReport report, Optional<Instant> moment) {
        List<FieldVerdict> verdicts = new ArrayList<>();
        if (report.signingKey() == ReportSigner.NONE) {
            verdicts.add(new FieldVerdict.Untrusted("SIGNATURE", "a signed report", "SIGNING_KEY = 7 (none)"));
            return verdicts;
        }
        String kind = report.signingKey().name();
        Optional<SigningCertificate> vek = with(Role.VEK)
                .filter(certificate -> certificate.commonName().equals("SEV-" + kind))
                .findFirst();
        if (vek.isEmpty()) {
            String others = with(Role.VEK)
                    .findFirst()
                    .map(SigningCertificate::commonName)
                    .orElse("none");
            verdicts.add(new FieldVerdict.Untrusted(kind, "a certificate of the " + kind + " that signs", others));
            return verdicts;
        }
        chain(verdicts, vek.get(), kind);
        moment.ifPresent(when -> dates(verdicts, vek.get(), when));
        boolean signed = vek.get().sevPublicKey().verifies(report.signed().toByteArray(), report.signature());
        verdicts.add(
                signed
                        ? new FieldVerdict.Matches("SIGNATURE", "by the " + kind)
                        : new FieldVerdict.Untrusted(
                                "SIGNATURE", "a signature by the " + kind, "one that does not verify"));
        new EndorsementKey(vek.get()).compare(verdicts, report);
        return verdicts;
    }

    private Stream<SigningCertificate> with(Role role) {
        return all.stream().filter(certificate -> role(certificate) == role);
    }

    private Optional<SigningCertificate> issuerOf(SigningCertificate certificate, Role role) {
        List<SigningCertificate> named = with(role)
                .filter(candidate -> candidate.subject().equals(certificate.issuer()))
                .toList();
        // Two certificates can have one name; the one that signs counts.
        return named.stream()
                .filter(certificate::isSignedBy)
                .findFirst()
                .or(() -> named.stream().findFirst());
    }

    private void chain(List<FieldVerdict> verdicts, SigningCertificate vek, String kind) {
        String middle = kind.equals("VLEK") ? "ASVK" : "ASK";
        Optional<SigningCertificate> ask = issuerOf(vek, Role.ASK);
        Optional<SigningCertificate> ark = ask.flatMap(found -> issuerOf(found, Role.ARK));
        if (ark.isPresent()) {
            verdicts.add(root(ark.get()));
            verdicts.add(link(middle, ask.get(), "ARK", ark.get()));
        } else {
            String name = ask.map(found -> found.issuer().toString()).orElse("the one above the " + middle);
            verdicts.add(gap("ARK", name, ask.orElse(vek)));
        }
        if (ask.isPresent()) {
            verdicts.add(link(kind, vek, middle, ask.get()));
        } else {
            verdicts.add(gap(kind, "its issuer " + vek.issuer(), vek));
        }
    }

    /**
     * Where a chain ends early, the caller can vouch for its last certificate by handing in that and nothing above it. One that came
     * with the evidence, or that the certificates handed in do not lead to, may be anybody's.
     */
    private FieldVerdict gap(String field, String missing, SigningCertificate last) {
        boolean above = with(Role.ARK).findAny().isPresent()
                || role(last) == Role.VEK && with(Role.ASK).findAny().isPresent();
        if (!above && handedIn.stream().anyMatch(last::sameAs)) {
            return new FieldVerdict.NotChecked(field, "no certificate of " + missing);
        }
        return new FieldVerdict.Untrusted(field, "a certificate of " + missing, "none");
    }

    private static FieldVerdict link(
            String field, SigningCertificate certificate, String above, SigningCertificate issuer) {
        if (certificate.isSignedBy(issuer)) {
            return new FieldVerdict.Matches(field, certificate.commonName() + ", signed by " + issuer.commonName());
        }
        return new FieldVerdict.Untrusted(
                field, "a certificate signed by the " + above + " " + issuer.commonName(), "one that it did not sign");
    }

    private FieldVerdict root(SigningCertificate ark) {
        if (!ark.isSignedBy(ark)) {
            return new FieldVerdict.Untrusted("ARK", "a certificate that signs itself", "one that does not");
        }
        String fingerprint = ark.keyFingerprint();
        for (SevProduct product : SevProduct.values()) {
            if (product.rootKey().equals(fingerprint)) {
                return new FieldVerdict.Matches("ARK", "AMD's root key for " + product.productName());
            }
        }
        if (handedIn.stream().anyMatch(ark::sameAs)) {
            return new FieldVerdict.Matches(
                    "ARK", ark.commonName() + " as handed in, none of AMD's known root keys: sha256:" + fingerprint);
        }
        return new FieldVerdict.Untrusted(
                "ARK",
                "one of AMD's root keys, or one handed in",
                ark.commonName() + " with key sha256:" + fingerprint);
    }

    private void dates(List<FieldVerdict> verdicts, SigningCertificate vek, Instant moment) {
        List<SigningCertificate> used = new ArrayList<>(List.of(vek));
        Optional<SigningCertificate> ask = issuerOf(vek, Role.ASK);
        ask.ifPresent(used::add);
        ask.flatMap(found -> issuerOf(found, Role.ARK)).ifPresent(used::add);
        for (SigningCertificate certificate : used) {
            String field = "validity of " + certificate.commonName();
            String span = certificate.notBefore() + " to " + certificate.notAfter();
            verdicts.add(
                    certificate.validAt(moment)
                            ? new FieldVerdict.Matches(field, span)
                            : new FieldVerdict.Untrusted(field, "a certificate valid at " + moment, span));
        }
    }
}
