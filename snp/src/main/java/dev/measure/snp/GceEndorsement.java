package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Google's launch endorsement (VMLaunchEndorsement, google/gce-tcb-verifier proto/endorsement.proto): signed by Google, which launch
 * digest a firmware of Compute Engine has for each number of vCPUs, and which MRTD for each size of memory.
 *
 * @param clSpec number of the change that the firmware was built from
 * @param commit the commit that it was built from; may be empty
 * @param firmwareDigest SHA-384 of the firmware
 * @param sevSnp what is endorsed for SEV-SNP
 * @param tdx what is endorsed for TDX: none or some
 * @param timestamp when it was made, seconds since 1970 UTC
 * @param golden the signed bytes, serialized VMGoldenMeasurement
 * @param signature RSASSA-PSS with SHA-256 over {@code golden}
 * @param certificate DER of the certificate that signs
 * @param caBundle PEM of the certificates above it; may be empty
 */
public record GceEndorsement(
        long clSpec,
        Octets commit,
        Digest firmwareDigest,
        Optional<SevSnp> sevSnp,
        List<TdxMeasurement> tdx,
        long timestamp,
        Octets golden,
        Octets signature,
        Octets certificate,
        Octets caBundle) {
    /** The largest endorsement: a real one has some kilobytes. */
    private static final int MAX_SIZE = 1 << 20;

    private static final int ID_LENGTH = 16;

    /**
     * VMSevSnp.
     *
     * @param svn security version number of the firmware
     * @param measurements launch digest by number of vCPUs
     * @param familyId id of Google's firmware, a big-endian GUID; reports have zeros
     * @param imageId id of this build, a big-endian GUID; reports have zeros
     * @param policy the policy of the guest
     */
    public record SevSnp(
            long svn, Map<Integer, Digest> measurements, Octets familyId, Octets imageId, GuestPolicy policy) {
        /** Copies the map, sorted by number. */
        public SevSnp {
            measurements = Collections.unmodifiableMap(new TreeMap<>(measurements));
        }
    }

    /**
     * An entry of VMTdx.
     *
     * @param ramGib size of memory in GiB
     * @param earlyAccept whether all memory is accepted early
     * @param mrtd the MRTD
     */
    public record TdxMeasurement(long ramGib, boolean earlyAccept, Digest mrtd) {}

    /** Copies the list. */
    public GceEndorsement {
        Objects.requireNonNull(firmwareDigest, "firmwareDigest");
        Objects.requireNonNull(sevSnp, "sevSnp");
        tdx = List.copyOf(tdx);
    }

    /**
     * {@return the endorsement in a file}
     *
     * @param source the serialized VMLaunchEndorsement
     * @throws MalformedInputException if it is none
     */
    public static GceEndorsement read(Source source) {
        if (source.length() > MAX_SIZE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "a launch endorsement of at most " + MAX_SIZE + " bytes",
                    source.length() + " bytes",
                    "");
        }
        Source golden = null;
        Octets signature = Octets.zero(0);
        WireReader message = new WireReader(source);
        while (message.next()) {
            switch (message.number()) {
                case 1 -> golden = message.bytes("serialized_uefi_golden");
                case 2 -> signature = octets(message.bytes("signature"));
                default -> message.skip();
            }
        }
        if (golden == null || golden.length() == 0) {
            throw missing(source, "serialized_uefi_golden");
        }
        return golden(golden, signature);
    }

    private static GceEndorsement golden(Source source, Octets signature) {
        long timestamp = 0;
        long clSpec = 0;
        Octets commit = Octets.zero(0);
        Octets certificate = Octets.zero(0);
        Octets caBundle = Octets.zero(0);
        Digest digest = null;
        Optional<SevSnp> sevSnp = Optional.empty();
        List<TdxMeasurement> tdx = new ArrayList<>();
        WireReader message = new WireReader(source);
        while (message.next()) {
            switch (message.number()) {
                case 1 -> timestamp = timestamp(message.bytes("timestamp"));
                case 2 -> clSpec = message.u64("cl_spec");
                case 3 -> commit = octets(message.bytes("commit"));
                case 4 -> certificate = octets(message.bytes("cert"));
                case 5 -> digest = sha384(message.bytes("digest", 48));
                case 6 -> caBundle = octets(message.bytes("ca_bundle"));
                case 7 -> sevSnp = Optional.of(sevSnp(message.bytes("sev_snp")));
                case 8 -> tdx.addAll(tdx(message.bytes("tdx")));
                default -> message.skip();
            }
        }
        if (digest == null) {
            throw missing(source, "digest");
        }
        return new GceEndorsement(
                clSpec, commit, digest, sevSnp, tdx, timestamp, octets(source), signature, certificate, caBundle);
    }

    private static long timestamp(Source source) {
        long seconds = 0;
        WireReader message = new WireReader(source);
        while (message.next()) {
            if (message.number() == 1) {
                seconds = message.u64("seconds");
            } else {
                message.skip();
            }
        }
        return seconds;
    }

    private static SevSnp sevSnp(Source source) {
        long svn = 0;
        Map<Integer, Digest> measurements = new TreeMap<>();
        Octets familyId = Octets.zero(ID_LENGTH);
        Octets imageId = Octets.zero(ID_LENGTH);
        long policy = 0;
        WireReader message = new WireReader(source);
        while (message.next()) {
            switch (message.number()) {
                case 1 -> svn = message.u32("svn");
                case 2 -> measurement(message.bytes("measurements"), measurements);
                case 3 -> familyId = octets(message.bytes("family_id", ID_LENGTH));
                case 4 -> imageId = octets(message.bytes("image_id", ID_LENGTH));
                case 5 -> policy = message.u64("policy");
                default -> message.skip();
            }
        }
        return new SevSnp(svn, measurements, familyId, imageId, new GuestPolicy(policy));
    }

    /** An entry of map&lt;uint32, bytes&gt;: a message with key 1 and value 2. */
    private static void measurement(Source entry, Map<Integer, Digest> into) {
        long vcpus = 0;
        Digest digest = null;
        WireReader message = new WireReader(entry);
        while (message.next()) {
            switch (message.number()) {
                case 1 -> vcpus = message.u32("number of vCPUs");
                case 2 -> digest = sha384(message.bytes("launch digest", 48));
                default -> message.skip();
            }
        }
        if (digest == null) {
            throw missing(entry, "launch digest");
        }
        if (vcpus < 1 || vcpus > Integer.MAX_VALUE) {
            throw new MalformedInputException(
                    entry.name(), entry.start(), "a number of vCPUs", Long.toString(vcpus), "");
        }
        if (into.put((int) vcpus, digest) != null) {
            throw new MalformedInputException(
                    entry.name(), entry.start(), "one launch digest for " + vcpus + " vCPUs", "two", "");
        }
    }

    private static List<TdxMeasurement> tdx(Source source) {
        List<TdxMeasurement> measurements = new ArrayList<>();
        WireReader message = new WireReader(source);
        while (message.next()) {
            if (message.number() == 2) {
                measurements.add(tdxMeasurement(message.bytes("measurements")));
            } else {
                message.skip();
            }
        }
        return measurements;
    }

    private static TdxMeasurement tdxMeasurement(Source source) {
        long ramGib = 0;
        boolean earlyAccept = false;
        Digest mrtd = null;
        WireReader message = new WireReader(source);
        while (message.next()) {
            switch (message.number()) {
                case 1 -> ramGib = message.u32("ram_gib");
                case 2 -> earlyAccept = message.u64("early_accept") != 0;
                case 3 -> mrtd = sha384(message.bytes("mrtd", 48));
                default -> message.skip();
            }
        }
        if (mrtd == null) {
            throw missing(source, "mrtd");
        }
        return new TdxMeasurement(ramGib, earlyAccept, mrtd);
    }

    private static Digest sha384(Source source) {
        return Digest.of(DigestAlgorithm.SHA384, source.toByteArray());
    }

    private static Octets octets(Source source) {
        return Octets.of(source.toByteArray());
    }

    private static MalformedInputException missing(Source source, String field) {
        return new MalformedInputException(
                source.name(), source.start(), field, "a message without it", "is this a VMLaunchEndorsement?");
    }

    /**
     * {@return the verdicts on the signature: the certificate inside signs the endorsement, and a root that the caller trusts signs the
     * certificate, perhaps through others of the bundle}
     *
     * @param roots PEM or DER files with the roots that the caller trusts; those of the bundle are not trusted
     * @param moment the moment at which the certificates must be valid, if dates are to count
     */
    public List<FieldVerdict> verify(List<Source> roots, Optional<Instant> moment) {
        List<FieldVerdict> verdicts = new ArrayList<>();
        if (certificate.length() == 0) {
            verdicts.add(new FieldVerdict.Untrusted("cert", "a certificate in the endorsement", "none"));
            return verdicts;
        }
        SigningCertificate leaf = SigningCertificate.read(Source.of("cert", certificate.toByteArray()));
        verdicts.add(
                leaf.verifiesPssSha256(golden.toByteArray(), signature.toByteArray())
                        ? new FieldVerdict.Matches("signature", "by " + leaf.commonName())
                        : new FieldVerdict.Untrusted(
                                "signature",
                                "a signature over serialized_uefi_golden by " + leaf.commonName(),
                                "one that does not verify"));
        verdicts.add(chain(leaf, roots));
        moment.ifPresent(when -> verdicts.add(
                leaf.validAt(when)
                        ? new FieldVerdict.Matches("validity of cert", leaf.notBefore() + " to " + leaf.notAfter())
                        : new FieldVerdict.Untrusted(
                                "validity of cert",
                                "a certificate valid at " + when,
                                leaf.notBefore() + " to " + leaf.notAfter())));
        return verdicts;
    }

    private FieldVerdict chain(SigningCertificate leaf, List<Source> roots) {
        List<SigningCertificate> trusted = new ArrayList<>();
        roots.forEach(root -> trusted.addAll(SigningCertificate.readAll(root)));
        if (trusted.isEmpty()) {
            return new FieldVerdict.NotChecked("cert", "no root certificate to verify " + leaf.commonName() + " with");
        }
        List<SigningCertificate> between = caBundle.length() == 0
                ? List.of()
                : SigningCertificate.readAll(Source.of("ca_bundle", caBundle.toByteArray()));
        SigningCertificate current = leaf;
        // Each step takes another certificate of the bundle, so there are at most as many.
        for (int step = 0; step <= between.size(); step++) {
            SigningCertificate below = current;
            Optional<SigningCertificate> root = trusted.stream()
                    .filter(candidate -> below.sameAs(candidate)
                            || candidate.subject().equals(below.issuer()) && below.isSignedBy(candidate))
                    .findFirst();
            if (root.isPresent()) {
                return new FieldVerdict.Matches(
                        "cert", leaf.commonName() + ", signed by " + root.get().commonName());
            }
            Optional<SigningCertificate> next = between.stream()
                    .filter(candidate -> !candidate.sameAs(below)
                            && candidate.subject().equals(below.issuer())
                            && below.isSignedBy(candidate))
                    .findFirst();
            if (next.isEmpty()) {
                break;
            }
            current = next.get();
        }
        return new FieldVerdict.Untrusted(
                "cert", "a certificate that leads to the root handed in", leaf.commonName() + ", which does not");
    }

    /**
     * {@return a verdict for each number of vCPUs that is endorsed or predicted}
     *
     * @param predicted launch digests by number of vCPUs
     */
    public List<FieldVerdict> compare(Map<Integer, Digest> predicted) {
        Map<Integer, Digest> endorsed = sevSnp.map(SevSnp::measurements).orElse(Map.of());
        List<FieldVerdict> verdicts = new ArrayList<>();
        TreeMap<Integer, Digest> all = new TreeMap<>(endorsed);
        all.putAll(predicted);
        for (int vcpus : all.keySet()) {
            String field = "measurement for " + vcpus + (vcpus == 1 ? " vCPU" : " vCPUs");
            Digest right = endorsed.get(vcpus);
            Digest mine = predicted.get(vcpus);
            if (right == null) {
                verdicts.add(new FieldVerdict.NotChecked(field, "the endorsement has none"));
            } else if (mine == null) {
                verdicts.add(new FieldVerdict.NotChecked(field, "no prediction to compare with"));
            } else if (right.equals(mine)) {
                verdicts.add(new FieldVerdict.Matches(field, right.hex()));
            } else {
                verdicts.add(new FieldVerdict.Differs(field, right.hex(), mine.hex()));
            }
        }
        return verdicts;
    }
}
