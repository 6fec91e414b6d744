package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.Replay;
import dev.measure.golden.GoldenValues;
import dev.measure.snp.EndorsementChain;
import dev.measure.snp.SnpEvidence;
import dev.measure.tdx.TdQuote;
import dev.measure.tpm.AttestationKey;
import dev.measure.tpm.PcrListing;
import dev.measure.tpm.TpmQuote;
import dev.measure.tpm.TpmSignature;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A file of evidence that a command line names, with what became of its signature.
 *
 * @param name the file's name
 * @param evidence what it shows
 * @param kind what it is
 * @param runtimeData of a report that Azure's paravisor asked for, and not the caller: what it is bound to
 * @param binding of a quote of a TPM: what ties its key to the machine
 */
record EvidencePiece(
        String name, RegisterEvidence evidence, Kind kind, Optional<Source> runtimeData, Optional<KeyBinding> binding) {
    /** What it is, as far as options differ. */
    enum Kind {
        SNP,
        TD_QUOTE,
        TD_REPORT,
        TPM_QUOTE,
        UNSIGNED
    }

    static final String KINDS =
            "an SNP report, a TD quote or report, an event log, PCR values (tpm2_pcrread, tpm2_quote, systemd-analyze"
                    + " pcrs, /sys/class/tpm), or a quote of a TPM (tpm2_quote -m)";

    private static EvidencePiece of(String name, RegisterEvidence evidence, Kind kind) {
        return new EvidencePiece(name, evidence, kind, Optional.empty(), Optional.empty());
    }

    /** {@return whether Azure's paravisor asked for it, and not the caller} */
    boolean isOfParavisor() {
        return runtimeData.isPresent();
    }

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
                        "and the attestation key, as tpm2_createak -u writes it, PEM or DER; that of Azure's virtual TPM is in"
                                + " its HCL report, which says whose it is if its launch digest or MRTD is golden; of any other"
                                + " key nothing does",
                        "--ak",
                        "--attestation-key"),
                Options.value("DATE", "the certificates of an SNP report must be valid then", "--at"),
                Options.flag("fail unless every signature was verified", "--require-signatures"));
    }

    /**
     * {@return the evidence in files, in their order; a quote of a TPM is of the values that the other files show}
     *
     * @param golden the values that a report must show whose caller's data is believed
     */
    static List<EvidencePiece> read(List<String> names, GoldenValues golden, Call call) {
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
        Map<String, EvidencePiece> read = new LinkedHashMap<>();
        for (String name : others) {
            Source file = call.inputs().open(name);
            boolean bare = quote.isPresent()
                    && !known(file)
                    && file.length() == quote.get().valueBytes();
            read.put(
                    name,
                    bare ? of(name, new PcrListing(quote.get().values(file)), Kind.UNSIGNED) : read(file, name, call));
        }
        quote.ifPresent(given -> read.put(quotes.get(0), quoted(quotes.get(0), given, read.values(), golden, call)));
        refuseUnused(read.values(), call);
        return names.stream().map(read::get).toList();
    }

    private static EvidencePiece quoted(
            String name, TpmQuote quote, Collection<EvidencePiece> others, GoldenValues golden, Call call) {
        KeyBinding binding = KeyBinding.of(others, Keys.file(call, "--ak", AttestationKey::read), golden);
        RegisterEvidence evidence =
                quote.of(pcrs(quote, others), Keys.file(call, "--quote-signature", TpmSignature::read), binding.key());
        List<FieldVerdict> trust = new ArrayList<>(evidence.trust());
        trust.addAll(binding.verdicts());
        return new EvidencePiece(name, evidence.with(trust), Kind.TPM_QUOTE, Optional.empty(), Optional.of(binding));
    }

    /** An option that does nothing makes its user believe that something was verified. */
    private static void refuseUnused(Collection<EvidencePiece> pieces, Call call) {
        Set<Kind> kinds = pieces.stream().map(EvidencePiece::kind).collect(Collectors.toSet());
        if (!kinds.contains(Kind.TD_QUOTE)) {
            refuse("--root", "there is no TD quote whose chain ends at it", "--evidence quote.bin", call);
        }
        if (!kinds.contains(Kind.SNP)) {
            refuse("--certificate", "there is no SNP report to verify", "--evidence host1.report", call);
            if (!call.has("--golden")) {
                refuse("--at", "there is no SNP report whose certificates are valid then", "leave it out", call);
            }
        }
    }

    /** Refuses options about evidence where none is given. */
    static void refuseWithoutEvidence(String evidence, Call call) {
        for (Options.Group group : List.of(trust(), Freshness.options())) {
            for (Options.Option option : group.options()) {
                refuse(option.names().get(0), "it is about evidence, and none is given", evidence + " FILE", call);
            }
        }
    }

    private static void refuse(String option, String why, String hint, Call call) {
        if (call.has(option)) {
            throw Complaint.usage(option + ": " + why, hint);
        }
    }

    /** {@return the same piece, which must hold data of its caller that an option gives} */
    EvidencePiece boundTo(Source data, String option) {
        try {
            return new EvidencePiece(name, evidence.boundTo(data.toByteArray()), kind, runtimeData, binding);
        } catch (IllegalArgumentException e) {
            throw Complaint.usage(option + ": " + e.getMessage(), "");
        }
    }

    /** The PCR values of the first file that shows all that is quoted, or of all. */
    private static Map<Register, Digest> pcrs(TpmQuote quote, Collection<EvidencePiece> read) {
        Map<Register, Digest> all = new LinkedHashMap<>();
        for (EvidencePiece piece : read) {
            RegisterEvidence evidence = piece.evidence();
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

    /** {@return the evidence in a file that needs no other one} */
    static EvidencePiece alone(Source given, String name, Call call) {
        return read(given, name, call);
    }

    private static EvidencePiece read(Source given, String name, Call call) {
        Source file = Envelope.open(given);
        Optional<Source> root = call.value("--root").map(call.inputs()::open);
        if (SnpEvidence.looksLike(file) && !TdEvidenceFile.isHcl(file)) {
            SnpEvidence report = SnpEvidence.read(file);
            return new EvidencePiece(name, snp(report, call), Kind.SNP, report.runtimeData(), Optional.empty());
        }
        if (TdEvidenceFile.recognises(file)) {
            return td(file, name, root);
        }
        if (PcrListing.recognises(file)) {
            return of(name, PcrListing.read(file), Kind.UNSIGNED);
        }
        if (EventLog.recognises(file)) {
            Replay replay = Replay.of(EventLog.read(file, call.common().strictness()));
            return of(name, replay, Kind.UNSIGNED);
        }
        if (DstackQuote.is(file)) {
            return td(file, name, root);
        }
        throw new Complaint(
                ExitCode.MALFORMED,
                file.name() + ": expected " + KINDS + ", found none of them",
                "what is it? measure inspect " + file.name());
    }

    private static RegisterEvidence snp(SnpEvidence evidence, Call call) {
        EndorsementChain chain = Keys.chain(evidence, call);
        List<FieldVerdict> trust = new ArrayList<>();
        if (chain.isEmpty()) {
            trust.add(new FieldVerdict.NotChecked(
                    "SIGNATURE",
                    "no certificate of the " + evidence.report().signingKey().name()
                            + " that signs it is given: --certificate FILE"));
        } else {
            trust.addAll(Keys.read(() -> chain.verify(evidence.report(), Keys.moment(call))));
        }
        evidence.runtimeData()
                .ifPresent(json ->
                        trust.add(evidence.report().callerData().orElseThrow().checkRuntimeData(json)));
        return evidence.report().with(trust);
    }

    private static EvidencePiece td(Source file, String name, Optional<Source> root) {
        TdEvidenceFile given = TdxVerifyQuoteVerb.evidence(file, root);
        List<FieldVerdict> trust = new ArrayList<>();
        for (FieldVerdict verdict : given.trust()) {
            trust.add(
                    verdict instanceof FieldVerdict.NotChecked
                                    && verdict.field().equals("root certificate")
                            ? new FieldVerdict.NotChecked(verdict.field(), "no root certificate is given: --root FILE")
                            : verdict);
        }
        Kind kind = given.evidence() instanceof TdQuote ? Kind.TD_QUOTE : Kind.TD_REPORT;
        return new EvidencePiece(
                name, given.evidence().with(trust), kind, TdEvidenceFile.runtimeData(file), Optional.empty());
    }
}
