package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.Replay;
import dev.measure.snp.EndorsementChain;
import dev.measure.snp.SnpEvidence;
import dev.measure.tpm.AttestationKey;
import dev.measure.tpm.PcrListing;
import dev.measure.tpm.TpmQuote;
import dev.measure.tpm.TpmSignature;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file of evidence that a command line names, with what became of its signature.
 *
 * @param name the file's name
 * @param evidence what it shows
 */
record EvidencePiece(String name, RegisterEvidence evidence) {
    static final String KINDS =
            "an SNP report, a TD quote or report, an event log, PCR values (tpm2_pcrread, tpm2_quote -o, systemd-analyze"
                    + " pcrs, /sys/class/tpm), or a quote of a TPM (tpm2_quote -m)";

    /** {@return options that say whom to trust} */
    static Options.Group trust() {
        return new Options.Group(
                "Whom to trust",
                Options.repeated(
                        "FILE",
                        "for an SNP report: VCEK or VLEK, ASK or ASVK, ARK, PEM or DER; those of an extended report are taken"
                                + " too; may be repeated",
                        "--certificate",
                        "--certs",
                        "--vcek",
                        "--vlek",
                        "--cert-chain"),
                Options.value("FILE", "for a TD quote: the root certificate that its chain must end at", "--root"),
                Options.value("FILE", "for a quote of a TPM: its signature (tpm2_quote -s)", "--quote-signature"),
                Options.value(
                        "FILE",
                        "and the attestation key, as tpm2_createak -u writes it, PEM or DER",
                        "--ak",
                        "--attestation-key"),
                Options.value("DATE", "the certificates of an SNP report must be valid then", "--at"),
                Options.flag("fail unless every signature was verified", "--require-signatures"));
    }

    /** {@return the evidence in files, in their order; a quote of a TPM is of the values that the other files show} */
    static List<EvidencePiece> read(List<String> names, Call call) {
        List<String> quotes = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (String name : names) {
            (TpmQuote.isQuote(call.inputs().open(name)) ? quotes : others).add(name);
        }
        if (quotes.size() > 1) {
            throw Complaint.usage(
                    "two quotes of TPMs: " + quotes.get(0) + " and " + quotes.get(1), "evidence is of one machine");
        }
        for (String option : List.of("--quote-signature", "--ak")) {
            if (quotes.isEmpty() && call.has(option)) {
                throw Complaint.usage(option + ": there is no quote of a TPM to verify", "--evidence quote.msg");
            }
        }
        Optional<TpmQuote> quote = quotes.stream()
                .findFirst()
                .map(name -> TpmQuote.read(call.inputs().open(name)));
        Map<String, RegisterEvidence> read = new LinkedHashMap<>();
        for (String name : others) {
            Source file = call.inputs().open(name);
            boolean bare = quote.isPresent()
                    && !known(file)
                    && file.length() == quote.get().valueBytes();
            read.put(name, bare ? new PcrListing(quote.get().values(file)) : read(file, call));
        }
        quote.ifPresent(given -> read.put(
                quotes.get(0),
                given.of(
                        pcrs(given, read),
                        Keys.file(call, "--quote-signature", TpmSignature::read),
                        Keys.file(call, "--ak", AttestationKey::read))));
        return names.stream()
                .map(name -> new EvidencePiece(name, read.get(name)))
                .toList();
    }

    /** The PCR values of the first file that shows all that is quoted, or of all. */
    private static Map<Register, Digest> pcrs(TpmQuote quote, Map<String, RegisterEvidence> read) {
        Map<Register, Digest> all = new LinkedHashMap<>();
        for (RegisterEvidence evidence : read.values()) {
            boolean whole = quote.selection().stream()
                    .allMatch(bank -> bank.pcrs().stream()
                            .allMatch(pcr -> evidence.registers().containsKey(new Register.Pcr(pcr, bank.bank()))));
            if (whole) {
                return evidence.registers();
            }
            evidence.registers().forEach(all::putIfAbsent);
        }
        return all;
    }

    private static boolean known(Source file) {
        return Envelope.of(file).isPresent()
                || SnpEvidence.looksLike(file)
                || TdEvidenceFile.recognises(file)
                || PcrListing.recognises(file)
                || EventLog.recognises(file);
    }

    private static RegisterEvidence read(Source given, Call call) {
        Source file = Envelope.open(given);
        Optional<Source> root = call.value("--root").map(call.inputs()::open);
        if (SnpEvidence.looksLike(file) && !TdEvidenceFile.isHcl(file)) {
            return snp(SnpEvidence.read(file), call);
        }
        if (TdEvidenceFile.recognises(file)) {
            return td(file, root);
        }
        if (PcrListing.recognises(file)) {
            return PcrListing.read(file);
        }
        if (EventLog.recognises(file)) {
            return Replay.of(EventLog.read(file, call.common().strictness()));
        }
        if (DstackQuote.is(file)) {
            return td(file, root);
        }
        throw new Complaint(
                ExitCode.MALFORMED,
                file.name() + ": expected " + KINDS + ", found none of them",
                "what is it? measure inspect " + file.name());
    }

    private static RegisterEvidence snp(SnpEvidence evidence, Call call) {
        EndorsementChain chain = Keys.chain(evidence, call);
        if (chain.isEmpty()) {
            return evidence.report()
                    .with(List.of(new FieldVerdict.NotChecked(
                            "SIGNATURE",
                            "no certificate of the "
                                    + evidence.report().signingKey().name()
                                    + " that signs it is given: --certificate FILE")));
        }
        return evidence.report().with(Keys.read(() -> chain.verify(evidence.report(), Keys.moment(call))));
    }

    private static RegisterEvidence td(Source file, Optional<Source> root) {
        TdEvidenceFile given = TdxVerifyQuoteVerb.evidence(file, root);
        List<FieldVerdict> trust = new ArrayList<>();
        for (FieldVerdict verdict : given.trust()) {
            trust.add(
                    verdict instanceof FieldVerdict.NotChecked
                                    && verdict.field().equals("root certificate")
                            ? new FieldVerdict.NotChecked(verdict.field(), "no root certificate is given: --root FILE")
                            : verdict);
        }
        return given.evidence().with(trust);
    }
}
