package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.tpm.PcrSignatureCheck.Signature;
import dev.measure.uki.Uki;
import dev.measure.vectors.PeWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PcrSignatureCheckTest {
    private static final PolicySigningKey KEY = Rfc6979Key.key();

    private static Digest value(DigestAlgorithm bank, int fill) {
        byte[] bytes = new byte[bank.length()];
        Arrays.fill(bytes, (byte) fill);
        return Digest.of(bank, bytes);
    }

    private static Pcr11Value predicted(int fill, int profile, String fwid) {
        return new Pcr11Value(
                value(DigestAlgorithm.SHA256, fill),
                profile,
                Optional.of(fwid).filter(id -> !id.isEmpty()),
                "enter-initrd");
    }

    private static PcrSignature signed(int... fills) {
        PcrSignature all = PcrSignature.EMPTY;
        for (int fill : fills) {
            all = all.append(
                    DigestAlgorithm.SHA256,
                    PcrSignature.signed(
                            value(DigestAlgorithm.SHA256, fill), KEY, Optional.empty(), SignatureHash.SHA256));
        }
        return all;
    }

    private static byte[] section(PcrSignature signature) {
        return signature.toJson(JsonStyle.SHORT).getBytes(StandardCharsets.UTF_8);
    }

    private static PeWriter image() {
        return PeWriter.stub("262.1").section(".linux", "kernel").section(".pcrpkey", Rfc6979Key.publicKey());
    }

    private static Uki uki(PeWriter image) {
        return Uki.read(Source.of("uki.efi", image.build()));
    }

    private static List<WarningCode> codes(PcrSignatureCheck check) {
        return check.warnings().stream().map(Warning::code).toList();
    }

    @Test
    void tellsWhichEntriesMatchWhat() {
        Uki uki = uki(image().section(".pcrsig", section(signed(1, 2, 9))));
        List<Pcr11Value> values = List.of(predicted(1, 0, ""), predicted(2, 0, "fw"), predicted(3, 0, ""));
        PcrSignatureCheck check = PcrSignatureCheck.of(uki, values);
        assertEquals(3, check.findings().size());
        assertEquals(values.subList(0, 1), check.findings().get(0).matches());
        assertEquals(values.subList(1, 2), check.findings().get(1).matches());
        assertEquals(List.of(), check.findings().get(2).matches());
        assertEquals(List.of(), check.uncovered());
        assertEquals(List.of(WarningCode.PCRSIG_NEVER_MATCHES), codes(check));
        check.findings().forEach(finding -> assertEquals(Signature.VALID, finding.signature()));
    }

    @Test
    void missesAFirmwareThatOnlyTheImageWithoutItIsSignedFor() {
        Uki uki = uki(image().section(".pcrsig", section(signed(1))));
        PcrSignatureCheck check =
                PcrSignatureCheck.of(uki, List.of(predicted(1, 0, ""), predicted(2, 0, "one"), predicted(3, 0, "two")));
        assertEquals(
                List.of(new PcrSignatureCheck.Uncovered(0, "one"), new PcrSignatureCheck.Uncovered(0, "two")),
                check.uncovered());
        assertEquals(
                "no entry of .pcrsig matches PCR 11 of profile 0 with firmware 'one': ukify signs for no firmware only,"
                        + " measure pcr sign for each",
                check.warnings().get(0).text());
    }

    @Test
    void anImageWithoutSignaturesMissesNothing() {
        PcrSignatureCheck check = PcrSignatureCheck.of(uki(image()), List.of(predicted(2, 0, "fw")));
        assertEquals(List.of(), check.findings());
        assertEquals(List.of(), check.warnings());
    }

    @Test
    void aProfileIsUnlockedByItsOwnSectionAlone() {
        Uki uki = uki(image().section(".pcrsig", section(signed(1, 2)))
                .section(".profile", "ID=base")
                .section(".profile", "ID=other")
                .section(".pcrsig", section(signed(1))));
        List<Pcr11Value> values = List.of(predicted(1, 0, ""), predicted(2, 1, "fw"));
        PcrSignatureCheck check = PcrSignatureCheck.of(uki, values);
        assertEquals(
                List.of(List.of(0), List.of(0), List.of(1)),
                check.findings().stream()
                        .map(PcrSignatureCheck.Finding::profiles)
                        .toList());
        assertEquals(
                List.of(1, 0, 0),
                check.findings().stream()
                        .map(finding -> finding.matches().size())
                        .toList());
        assertEquals(List.of(new PcrSignatureCheck.Uncovered(1, "fw")), check.uncovered());
    }

    @Test
    void banksThatAreNotPredictedAreNotJudged() {
        PcrSignature both = signed(1)
                .append(
                        DigestAlgorithm.SHA384,
                        PcrSignature.signed(
                                value(DigestAlgorithm.SHA384, 1), KEY, Optional.empty(), SignatureHash.SHA256));
        PcrSignatureCheck check =
                PcrSignatureCheck.of(uki(image().section(".pcrsig", section(both))), List.of(predicted(1, 0, "")));
        assertEquals(1, check.findings().size());
        assertEquals(List.of(), check.warnings());
    }

    @Test
    void tellsWhoseSignaturesAreThere() {
        Digest sha1 = value(DigestAlgorithm.SHA1, 1);
        PcrSignature.Entry right = PcrSignature.signed(sha1, KEY, Optional.empty(), SignatureHash.SHA256);
        PcrSignature.Entry old = PcrSignature.signed(sha1, KEY, Optional.empty(), SignatureHash.OF_BANK);
        // the signature of another value, and the fingerprint of another key
        PcrSignature.Entry wrong = new PcrSignature.Entry(
                right.pcrs(),
                right.pkfp(),
                right.ref(),
                right.pol(),
                false,
                PcrSignature.signed(value(DigestAlgorithm.SHA1, 2), KEY, Optional.empty(), SignatureHash.SHA256)
                        .sig());
        PcrSignature.Entry other = new PcrSignature.Entry(
                right.pcrs(),
                Optional.of(Digest.zero(DigestAlgorithm.SHA256)),
                right.ref(),
                right.pol(),
                false,
                right.sig());
        PcrSignature.Entry unsigned = PcrSignature.unsigned(sha1, Optional.empty(), Optional.empty());
        PcrSignature all = PcrSignature.EMPTY;
        for (PcrSignature.Entry entry : List.of(right, old, wrong, other, unsigned)) {
            all = all.append(DigestAlgorithm.SHA1, entry);
        }
        PcrSignatureCheck check = PcrSignatureCheck.of(
                uki(image().section(".pcrsig", section(all))), List.of(new Pcr11Value(sha1, 0, Optional.empty(), "")));
        assertEquals(
                List.of(
                        Signature.VALID,
                        Signature.VALID_WITH_HASH_OF_BANK,
                        Signature.INVALID,
                        Signature.OTHER_KEY,
                        Signature.NOT_CHECKED),
                check.findings().stream()
                        .map(PcrSignatureCheck.Finding::signature)
                        .toList());
        assertEquals(
                List.of(
                        WarningCode.PCRSIG_BAD_SIGNATURE,
                        WarningCode.PCRSIG_BAD_SIGNATURE,
                        WarningCode.PCRSIG_BAD_SIGNATURE),
                codes(check));
    }
}
