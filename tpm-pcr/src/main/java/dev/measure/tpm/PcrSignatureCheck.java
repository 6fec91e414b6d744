package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.pe.PeSection;
import dev.measure.uki.Profile;
import dev.measure.uki.Uki;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Whether the {@code .pcrsig} sections of a finished UKI serve their purpose: which of their entries can ever match PCR 11, whether
 * the key in {@code .pcrpkey} made them, and whether a firmware that the stub can select is covered.
 *
 * @param findings one for each entry of a bank that was predicted, in the order of the section table and of the files
 * @param uncovered firmwares with which no entry of their profile matches
 */
public record PcrSignatureCheck(List<Finding> findings, List<Uncovered> uncovered) {
    /** Copies the lists. */
    public PcrSignatureCheck {
        findings = List.copyOf(findings);
        uncovered = List.copyOf(uncovered);
    }

    /** What the signature of an entry is worth. */
    public enum Signature {
        /** The key in {@code .pcrpkey} made it, with SHA-256. */
        VALID,
        /** The key made it, but with the hash of the bank, as systemd-measure 257 did; systemd verifies with SHA-256 only. */
        VALID_WITH_HASH_OF_BANK,
        /** The key's fingerprint stands there, but the key did not make it. */
        INVALID,
        /** It is another key's. */
        OTHER_KEY,
        /** There is no {@code .pcrpkey} to check it with, or no signature. */
        NOT_CHECKED
    }

    /**
     * What was found about an entry.
     *
     * @param section the {@code .pcrsig} section
     * @param profiles the numbers of the profiles for which this section counts
     * @param bank the bank
     * @param index the number of the entry in its bank, from 0
     * @param entry the entry
     * @param matches the values of PCR 11 that fulfil its policy; empty: it can never match
     * @param signature whether the key in {@code .pcrpkey} made it
     */
    public record Finding(
            PeSection section,
            List<Integer> profiles,
            DigestAlgorithm bank,
            int index,
            PcrSignature.Entry entry,
            List<Pcr11Value> matches,
            Signature signature) {
        /** Copies the lists. */
        public Finding {
            profiles = List.copyOf(profiles);
            matches = List.copyOf(matches);
        }
    }

    /**
     * A firmware that the signatures leave out.
     *
     * @param profile the profile that is booted
     * @param fwid the firmware
     */
    public record Uncovered(int profile, String fwid) {}

    /**
     * {@return what there is to say about the signatures in an image}
     *
     * @param uki the image
     * @param predicted every value that PCR 11 can have, for all banks, profiles, firmwares and phases of interest
     * @throws dev.measure.MalformedInputException if a {@code .pcrsig} or {@code .pcrpkey} section cannot be read
     */
    public static PcrSignatureCheck of(Uki uki, List<Pcr11Value> predicted) {
        Map<Long, List<Profile>> sections = new LinkedHashMap<>();
        for (Profile profile : uki.profiles()) {
            profile.section(".pcrsig")
                    .ifPresent(section -> sections.computeIfAbsent(section.headerOffset(), at -> new ArrayList<>())
                            .add(profile));
        }
        List<Finding> findings = new ArrayList<>();
        for (List<Profile> profiles : sections.values()) {
            findings.addAll(findings(profiles, predicted));
        }
        return new PcrSignatureCheck(findings, uncovered(uki, findings, predicted));
    }

    private static List<Finding> findings(List<Profile> profiles, List<Pcr11Value> predicted) {
        PeSection section = profiles.get(0).section(".pcrsig").orElseThrow();
        List<Integer> numbers = profiles.stream().map(Profile::number).toList();
        Map<Digest, List<Pcr11Value>> byPolicy = new LinkedHashMap<>();
        for (Pcr11Value value : predicted) {
            if (numbers.contains(value.profile())) {
                byPolicy.computeIfAbsent(PcrSignature.policy(value.value()), policy -> new ArrayList<>())
                        .add(value);
            }
        }
        Optional<PolicyPublicKey> key =
                profiles.get(0).section(".pcrpkey").map(PeSection::content).map(PolicyPublicKey::read);
        List<Finding> findings = new ArrayList<>();
        Source content = section.content();
        PcrSignature.read(content).banks().forEach((bank, entries) -> {
            if (predicted.stream().noneMatch(value -> value.value().algorithm() == bank)) {
                return;
            }
            for (int i = 0; i < entries.size(); i++) {
                PcrSignature.Entry entry = entries.get(i);
                List<Pcr11Value> matches = byPolicy.getOrDefault(entry.pol(), List.of()).stream()
                        .filter(value -> value.value().algorithm() == bank)
                        .toList();
                findings.add(new Finding(section, numbers, bank, i, entry, matches, signature(bank, entry, key)));
            }
        });
        return findings;
    }

    private static Signature signature(
            DigestAlgorithm bank, PcrSignature.Entry entry, Optional<PolicyPublicKey> publicKey) {
        Optional<byte[]> signature = entry.signature();
        if (publicKey.isEmpty() || signature.isEmpty()) {
            return Signature.NOT_CHECKED;
        }
        PolicyPublicKey key = publicKey.get();
        if (entry.pkfp().isPresent() && !entry.pkfp().get().equals(key.fingerprint())) {
            return Signature.OTHER_KEY;
        }
        if (key.verify(DigestAlgorithm.SHA256, entry.toBeSigned(), signature.get())) {
            return Signature.VALID;
        }
        boolean old = bank != DigestAlgorithm.SM3_256 && key.verify(bank, entry.toBeSigned(), signature.get());
        return old ? Signature.VALID_WITH_HASH_OF_BANK : Signature.INVALID;
    }

    private static List<Uncovered> uncovered(Uki uki, List<Finding> findings, List<Pcr11Value> predicted) {
        List<Uncovered> uncovered = new ArrayList<>();
        for (Profile profile : uki.profiles()) {
            if (profile.section(".pcrsig").isEmpty()) {
                continue; // nothing is signed, so nothing is bound to signatures
            }
            TreeSet<String> fwids = new TreeSet<>();
            predicted.stream()
                    .filter(value -> value.profile() == profile.number())
                    .forEach(value -> value.fwid().ifPresent(fwids::add));
            for (Finding finding : findings) {
                for (Pcr11Value match : finding.matches()) {
                    if (match.profile() == profile.number()) {
                        match.fwid().ifPresent(fwids::remove);
                    }
                }
            }
            fwids.forEach(fwid -> uncovered.add(new Uncovered(profile.number(), fwid)));
        }
        return uncovered;
    }

    /** {@return a warning for each uncovered firmware, each entry that never matches and each signature that does not verify} */
    public List<Warning> warnings() {
        List<Warning> warnings = new ArrayList<>();
        for (Uncovered firmware : uncovered) {
            warnings.add(new Warning(
                    WarningCode.PCRSIG_MISSES_EFIFW,
                    "no entry of .pcrsig matches PCR 11 of profile " + firmware.profile() + " with firmware '"
                            + firmware.fwid() + "': ukify signs for no firmware only, measure pcr sign"
                            + " for each"));
        }
        for (Finding finding : findings) {
            String name = finding.bank().id() + "[" + finding.index() + "] of .pcrsig (header at offset 0x"
                    + Long.toHexString(finding.section().headerOffset()) + ")";
            if (finding.matches().isEmpty()) {
                warnings.add(new Warning(
                        WarningCode.PCRSIG_NEVER_MATCHES,
                        "entry " + name + " fits no value that PCR 11 has with this image"));
            }
            switch (finding.signature()) {
                case INVALID ->
                    warnings.add(new Warning(
                            WarningCode.PCRSIG_BAD_SIGNATURE,
                            "the signature of entry " + name + " is not of the key in .pcrpkey"));
                case OTHER_KEY ->
                    warnings.add(new Warning(
                            WarningCode.PCRSIG_BAD_SIGNATURE,
                            "entry " + name + " is for another key than the one in .pcrpkey"));
                case VALID_WITH_HASH_OF_BANK ->
                    warnings.add(new Warning(
                            WarningCode.PCRSIG_BAD_SIGNATURE,
                            "entry " + name + " is signed with "
                                    + finding.bank().id() + ", systemd verifies with sha256"));
                default -> {}
            }
        }
        return List.copyOf(warnings);
    }
}
