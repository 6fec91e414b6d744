package dev.measure.cli;

import dev.measure.FieldVerdict;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.Replay;
import dev.measure.snp.EndorsementChain;
import dev.measure.snp.SnpEvidence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A file of evidence that a command line names, with what became of its signature.
 *
 * @param name the file's name
 * @param evidence what it shows
 */
record EvidencePiece(String name, RegisterEvidence evidence) {
    static final String KINDS = "an SNP report, a TD quote or report, or an event log";

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
                Options.value("DATE", "the certificates of an SNP report must be valid then", "--at"),
                Options.flag("fail unless every signature was verified", "--require-signatures"));
    }

    /** {@return the evidence in files, in their order} */
    static List<EvidencePiece> read(List<String> names, Call call) {
        List<EvidencePiece> pieces = new ArrayList<>();
        for (String name : names) {
            pieces.add(new EvidencePiece(name, read(call.inputs().open(name), call)));
        }
        return pieces;
    }

    private static RegisterEvidence read(Source file, Call call) {
        Optional<Source> root = call.value("--root").map(call.inputs()::open);
        if (SnpEvidence.looksLike(file) && !TdEvidenceFile.isHcl(file)) {
            return snp(SnpEvidence.read(file), call);
        }
        if (TdEvidenceFile.recognises(file)) {
            return td(file, root);
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
        List<Source> files =
                call.values("--certificate").stream().map(call.inputs()::open).toList();
        EndorsementChain chain = Keys.read(() -> {
            EndorsementChain handedIn = EndorsementChain.read(files);
            return evidence.certificates().map(handedIn::with).orElse(handedIn);
        });
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
