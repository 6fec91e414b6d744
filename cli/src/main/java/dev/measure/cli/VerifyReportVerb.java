package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Source;
import dev.measure.snp.EndorsementChain;
import dev.measure.snp.GceEndorsement;
import dev.measure.snp.IdBlock;
import dev.measure.snp.ReportCheck;
import dev.measure.snp.SnpEvidence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code measure snp verify-report}: checks an attestation report against what is expected, and its signature. */
final class VerifyReportVerb implements Verb {
    @Override
    public String name() {
        return "snp verify-report";
    }

    @Override
    public String summary() {
        return "checks an SEV-SNP attestation report: contents, signature, certificates";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example(
                        "signature up to AMD's root key",
                        "snp verify-report report.bin --certificate vcek.der --certificate cert_chain.pem"),
                new Example(
                        "the launch digest and the policy",
                        "snp verify-report report.bin --launch-digest \"$(cat digest)\" --policy 0x30000"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(
                new Options.Group(
                        "Certificates",
                        Options.repeated(
                                "FILE",
                                "VCEK or VLEK, ASK or ASVK, ARK: PEM or DER, one or several in a file; may be repeated",
                                "--certificate",
                                "--certs"),
                        Options.value(
                                "DATE", "the certificates must be valid then; without, dates do not count", "--at")),
                new Options.Group(
                        "What is expected",
                        Options.repeated(
                                "DIGEST",
                                "right launch digest, hexadecimal or base64; may be repeated, one must match",
                                "--launch-digest",
                                "--measurement"),
                        Options.value("FILE", "or those of a launch endorsement of GCE", "--endorsement"),
                        Options.value("FILE", "root certificate of the endorsement", "--endorsement-root"),
                        Options.value("POLICY", "guest policy, by number or by names", "--policy"),
                        Options.value("HEX", "REPORT_DATA, 64 bytes", "--report-data"),
                        Options.value("HEX", "HOST_DATA, 32 bytes", "--host-data"),
                        Options.value("FILE", "the ID key, public or private", "--id-key", "--idkey"),
                        Options.value("DIGEST", "or its digest", "--id-key-digest"),
                        Options.value(
                                "FILE",
                                "the author key, public or private",
                                "--author-key",
                                "--authorkey",
                                "--auth-key"),
                        Options.value("DIGEST", "or its digest", "--author-key-digest"),
                        Options.value("HEX", "FAMILY_ID", "--family-id"),
                        Options.value("HEX", "IMAGE_ID", "--image-id"),
                        Options.value("N", "GUEST_SVN", "--svn", "--guest-svn")),
                GuestFile.group("policy and host data"));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(
                0, "REPORT", "report, extended report, MSG_REPORT_RSP or HCL report; binary or hexadecimal"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "The exit code is 8 if a key, signature or certificate is wrong, else 3 if the contents differ.",
                "Nothing is downloaded. A root that is handed in is trusted; one that came with the report only if it is"
                        + " one of AMD's.");
    }

    @Override
    public ExitCode run(Call typed) {
        Call call = GuestFile.of(typed);
        String name = call.positional(0)
                .orElseThrow(() -> Complaint.usage("no report is given", "measure snp verify-report REPORT"));
        SnpEvidence evidence = SnpEvidence.read(Envelope.open(call.inputs().open(name)));
        Result result = new Result();
        result.input("report", call.inputs().open(name));
        List<FieldVerdict> verdicts = new ArrayList<>();
        Map<String, Digest> right = measurements(call, verdicts);
        EndorsementChain chain = Keys.chain(evidence, call);
        if (chain.isEmpty()) {
            verdicts.add(new FieldVerdict.NotChecked("SIGNATURE", "no certificate is given"));
        } else {
            verdicts.addAll(Keys.read(() -> chain.verify(evidence.report(), Keys.moment(call))));
        }
        evidence.runtimeData()
                .ifPresent(json -> verdicts.add(
                        evidence.report().callerData().orElseThrow().checkRuntimeData(json)));
        List<FieldVerdict> trust = List.copyOf(verdicts);
        ReportCheck check = new ReportCheck(
                right,
                Keys.policy(call),
                Keys.octets(call, "--report-data", 64),
                Keys.octets(call, "--host-data", 32),
                VerifyIdBlockVerb.key(call, "--id-key"),
                VerifyIdBlockVerb.key(call, "--author-key"),
                Keys.octets(call, "--family-id", IdBlock.ID_LENGTH),
                Keys.octets(call, "--image-id", IdBlock.ID_LENGTH),
                VerifyIdBlockVerb.svn(call));
        verdicts.addAll(check.of(evidence.report()));
        Keys.print(verdicts, result, call);
        Keys.complain(verdicts, call);
        sayGaps(trust, call);
        if (verdicts.stream().noneMatch(FieldVerdict.Matches.class::isInstance) && FieldVerdict.allGood(verdicts)) {
            throw new Complaint(
                    ExitCode.GOLDEN_MISSING,
                    "nothing was checked",
                    "give --certificate FILE, --launch-digest or another value to compare with");
        }
        return FieldVerdict.anyUntrusted(verdicts)
                ? ExitCode.KEY
                : FieldVerdict.allGood(verdicts) ? ExitCode.DONE : ExitCode.MISMATCH;
    }

    /** A report whose signature or root was not looked at proves nothing, whatever matches. */
    private static void sayGaps(List<FieldVerdict> trust, Call call) {
        for (FieldVerdict verdict : trust) {
            if (verdict instanceof FieldVerdict.NotChecked) {
                call.talk().say("note: " + verdict.text());
            }
        }
    }

    private static Map<String, Digest> measurements(Call call, List<FieldVerdict> verdicts) {
        Map<String, Digest> right = new TreeMap<>();
        for (String text : call.values("--launch-digest")) {
            right.put("--launch-digest " + (right.size() + 1), Keys.digestOf("--launch-digest", text));
        }
        call.value("--endorsement").ifPresent(name -> {
            GceEndorsement endorsement = GceEndorsement.read(call.inputs().open(name));
            List<Source> roots = call.value("--endorsement-root").map(call.inputs()::open).stream()
                    .toList();
            verdicts.addAll(Keys.read(() -> endorsement.verify(roots, Keys.moment(call))));
            endorsement
                    .sevSnp()
                    .ifPresent(snp -> snp.measurements()
                            .forEach((vcpus, digest) -> right.put("endorsement for " + vcpus + " vCPUs", digest)));
        });
        return right;
    }
}
