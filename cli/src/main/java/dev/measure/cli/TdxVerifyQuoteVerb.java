package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Verdict;
import dev.measure.snp.GceEndorsement;
import dev.measure.tdx.DstackMeasurement;
import dev.measure.tdx.RtmrEvent;
import dev.measure.tdx.RtmrValue;
import dev.measure.tdx.TdAttributes;
import dev.measure.tdx.TdExpectation;
import dev.measure.tdx.TdLog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code measure tdx verify-quote}: a TD quote or report against a prediction, against values, and against an event log. */
final class TdxVerifyQuoteVerb implements Verb {
    private static final int REPORT_DATA = 64;
    private static final int RTMRS = 4;

    @Override
    public String name() {
        return "tdx verify-quote";
    }

    @Override
    public String summary() {
        return "checks a TD quote or TDREPORT: registers against a prediction, fields, signatures, the event log";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("signatures up to the root in the quote, and no debug TD", "tdx verify-quote quote.bin"),
                new Example(
                        "MRTD of a firmware, and a log that leads to the RTMRs",
                        "tdx verify-quote quote.bin OVMF.inteltdx.ms.fd --register mrtd --eventlog CCEL"),
                new Example(
                        "all registers of a direct boot; the first event that differs is named",
                        "tdx verify-quote quote.bin --firmware OVMF.fd --memory 4G --acpi-tables tables --kernel vmlinuz"
                                + " --initrd initrd --cmdline console=hvc0 --qemu-version 9.2 --eventlog CCEL"),
                new Example("known values", "tdx verify-quote quote.bin --mrtd \"$(cat mrtd)\" --xfam 0x61ae7"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>();
        groups.add(new Options.Group(
                "Evidence",
                Options.value(
                        "FILE",
                        "CCEL log of the same guest: it must lead to the RTMRs of the quote, and names the event in which a"
                                + " prediction differs",
                        "--eventlog",
                        "--ccel"),
                Options.value("FILE", "root certificate that the quote's chain must end at", "--root"),
                Options.value("FILE", "MRTDs of a launch endorsement of Compute Engine", "--endorsement"),
                Options.value("FILE", "root certificate of the endorsement", "--endorsement-root"),
                Options.flag("take a debug TD, which its host can read and change", "--allow-debug")));
        List<Options.Option> values = new ArrayList<>();
        values.add(Options.repeated("HEX", "right MRTD; may be repeated, one must match", "--mrtd"));
        for (int i = 0; i < RTMRS; i++) {
            values.add(Options.repeated("HEX", "right RTMR" + i + "; may be repeated", "--rtmr" + i));
        }
        values.add(Options.value("HEX", "ATTRIBUTES, 64 bits", "--attributes", "--td-attributes"));
        values.add(Options.value("HEX", "XFAM, 64 bits", "--xfam"));
        values.add(Options.value("HEX", "MRCONFIGID, 48 bytes", "--mr-config-id", "--mrconfigid"));
        values.add(Options.value("HEX", "MROWNER, 48 bytes", "--mr-owner", "--mrowner"));
        values.add(Options.value("HEX", "MROWNERCONFIG, 48 bytes", "--mr-owner-config", "--mrownerconfig"));
        values.add(Options.value("HEX", "REPORTDATA, 64 bytes", "--report-data"));
        groups.add(new Options.Group("What is expected", values));
        groups.addAll(TdxVerb.ofPrediction());
        return groups;
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(
                Options.positional(
                        0,
                        "QUOTE",
                        "quote, TDREPORT or HCL report, binary or hexadecimal, or in the JSON of an attester; or the JSON of"
                                + " dstack's GetQuote, with its log"),
                Options.positional(
                        1, "FILE", "what the prediction is of, as in measure tdx: an f-UKI, UKI or firmware"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "The exit code is 8 if a signature or hash is wrong or the TD is a debug TD, else 3 if something differs.",
                "RTMR3 is compared if --runtime-event or --rtmr3 says what the system extends it with.",
                "Nothing is downloaded: expiry, revocation and the state of the TCB are not looked at.");
    }

    @Override
    public ExitCode run(Call call) {
        String name = call.positional(0)
                .orElseThrow(() -> Complaint.usage("no quote is given", "measure tdx verify-quote QUOTE"));
        Source file = call.inputs().open(name);
        Result result = new Result();
        result.input("quote", file);
        Optional<Source> root = call.value("--root").map(call.inputs()::open);
        TdEvidenceFile given = evidence(file, root);
        given.warnings().forEach(result::warning);
        Optional<TdLog> log = call.value("--eventlog")
                .map(path -> TdEvidenceFile.log(PcrRequest.opened(call, result, "eventlog", path)))
                .or(given::log);

        Map<Register, Map<String, Digest>> right = new LinkedHashMap<>();
        List<RtmrValue> predicted = new ArrayList<>();
        List<FieldVerdict> missing = predict(call.from(1), result, right, predicted);
        explicit(call, right);
        List<FieldVerdict> endorsed = endorsed(call, result, right);
        TdExpectation expectation = new TdExpectation(
                right,
                TeeInfoOptions.bits(call, "--attributes").map(TdAttributes::new),
                TeeInfoOptions.bits(call, "--xfam"),
                Keys.digest(call, "--mr-config-id"),
                Keys.digest(call, "--mr-owner"),
                Keys.digest(call, "--mr-owner-config"),
                Keys.octets(call, "--report-data", REPORT_DATA)
                        .map(data -> Source.of("--report-data", data.toByteArray())),
                call.has("--allow-debug"));
        TdExpectation.Outcome outcome = expectation.check(given.evidence());

        List<FieldVerdict> verdicts = new ArrayList<>(given.trust());
        verdicts.addAll(endorsed);
        for (Verdict verdict : outcome.registers()) {
            verdicts.add(register(verdict, missing, predicted));
            if (verdict instanceof Verdict.Mismatch mismatch && log.isPresent()) {
                difference(log.get(), mismatch.register(), predicted).ifPresent(verdicts::add);
            }
        }
        verdicts.addAll(outcome.fields());
        log.ifPresent(events -> verdicts.addAll(events.check(given.evidence())));
        return answer(verdicts, result, call);
    }

    /** {@return the evidence in a file; a root that is no certificate is a mistake of the caller} */
    static TdEvidenceFile evidence(Source file, Optional<Source> root) {
        try {
            return TdEvidenceFile.read(Envelope.open(file), root);
        } catch (IllegalArgumentException e) {
            throw Complaint.usage("--root: " + e.getMessage(), "give an X.509 certificate, PEM or DER");
        }
    }

    private static ExitCode answer(List<FieldVerdict> verdicts, Result result, Call call) {
        Keys.print(verdicts, result, call);
        Keys.complain(verdicts, call);
        if (!Output.isTree(call.common())) {
            TextOutput.remarks(result, call.talk());
        }
        for (FieldVerdict verdict : verdicts) {
            boolean register =
                    verdict.field().startsWith("RTMR") || verdict.field().equals("MRTD");
            if (verdict instanceof FieldVerdict.NotChecked && register) {
                call.talk().say("note: " + verdict.text());
            }
        }
        return FieldVerdict.anyUntrusted(verdicts)
                ? ExitCode.KEY
                : FieldVerdict.allGood(verdicts) ? ExitCode.DONE : ExitCode.MISMATCH;
    }

    /** Predicts what the options of {@code measure tdx} describe; returns what could not be predicted. */
    private static List<FieldVerdict> predict(
            Call call, Result result, Map<Register, Map<String, Digest>> right, List<RtmrValue> predicted) {
        RtmrRequest.check(call);
        RtmrRequest.checkKernel(call);
        List<FieldVerdict> missing = new ArrayList<>();
        Result prediction = new Result();
        Optional<DstackMeasurement> published = RtmrRequest.published(call, prediction);
        if (!call.has("--firmware") && call.positional(0).isEmpty() && published.isEmpty()) {
            return missing;
        }
        TdxRequest request = TdxRequest.ofEvidence(call, published.isPresent());
        published.ifPresent(image -> {
            Map<String, Digest> orders = right.computeIfAbsent(new Register.Mrtd(), each -> new LinkedHashMap<>());
            orders.put("dstack-measurement/order=page", image.mrtdPage());
            orders.put("dstack-measurement/order=section", image.mrtdSection());
        });
        List<LaunchTarget> targets = RtmrRequest.targets(call, request, prediction);
        TdxValues values = new TdxValues(call, request, prediction);
        Progress.during("MRTD and RTMRs", call, () -> values.add(targets, true));
        prediction.inputs().forEach(input -> result.input(input.role(), input.source()));
        prediction.assumptions().forEach(result::assumption);
        prediction.warnings().forEach(result::warning);
        for (Result.Value value : prediction.values()) {
            right.computeIfAbsent(value.register(), register -> new LinkedHashMap<>())
                    .put(value.id(), value.digest());
        }
        for (Result.Refusal refusal : prediction.refusals()) {
            missing.add(new FieldVerdict.NotChecked(
                    refusal.register().id(), refusal.why() + (refusal.hint().isEmpty() ? "" : "; " + refusal.hint())));
        }
        predicted.addAll(values.rtmrs());
        return missing;
    }

    private static void explicit(Call call, Map<Register, Map<String, Digest>> right) {
        Map<String, Register> options = new LinkedHashMap<>();
        options.put("--mrtd", new Register.Mrtd());
        for (int i = 0; i < RTMRS; i++) {
            options.put("--rtmr" + i, new Register.Rtmr(i));
        }
        options.forEach((option, register) -> {
            int number = 0;
            for (String text : call.values(option)) {
                number++;
                right.computeIfAbsent(register, each -> new LinkedHashMap<>())
                        .put(option + " " + number, Keys.digestOf(option, text));
            }
        });
    }

    /** Takes the MRTDs of an endorsement for right; returns what is said of its signature. */
    private static List<FieldVerdict> endorsed(Call call, Result result, Map<Register, Map<String, Digest>> right) {
        if (!call.has("--endorsement")) {
            return List.of();
        }
        String name = call.value("--endorsement").orElseThrow();
        GceEndorsement endorsement = GceEndorsement.read(PcrRequest.opened(call, result, "endorsement", name));
        Map<String, Digest> values = right.computeIfAbsent(new Register.Mrtd(), each -> new LinkedHashMap<>());
        for (GceEndorsement.TdxMeasurement each : endorsement.tdx()) {
            String memory = each.ramGib() == 0 ? "any memory" : each.ramGib() + " GiB";
            values.put("endorsement for " + memory + (each.earlyAccept() ? ", accepted early" : ""), each.mrtd());
        }
        List<Source> roots = call.value("--endorsement-root").map(call.inputs()::open).stream()
                .toList();
        List<FieldVerdict> verdicts = new ArrayList<>();
        for (FieldVerdict verdict : Keys.read(() -> endorsement.verify(roots, Optional.empty()))) {
            if (verdict instanceof FieldVerdict.NotChecked) {
                call.talk().say("note: endorsement: " + verdict.text());
            }
            verdicts.add(verdict);
        }
        return verdicts;
    }

    private static FieldVerdict register(Verdict verdict, List<FieldVerdict> missing, List<RtmrValue> predicted) {
        String id = verdict.register().id();
        String field = id.toUpperCase(Locale.ROOT);
        if (verdict instanceof Verdict.Match match) {
            return new FieldVerdict.Matches(field, match.id() + lifted(verdict.register(), predicted));
        }
        if (verdict instanceof Verdict.Mismatch mismatch) {
            List<String> values = new ArrayList<>();
            mismatch.expected().forEach((each, digest) -> values.add(digest.hex() + " (" + each + ")"));
            return new FieldVerdict.Differs(
                    field, String.join(" or ", values), mismatch.actual().hex());
        }
        return missing.stream()
                .filter(each -> each.field().equals(id))
                .findFirst()
                .<FieldVerdict>map(each -> new FieldVerdict.NotChecked(field, ((FieldVerdict.NotChecked) each).why()))
                .orElseGet(() -> new FieldVerdict.NotChecked(field, "no value to compare it with"));
    }

    /** A match of digests that came from a log says less than one of digests that were computed. */
    private static String lifted(Register register, List<RtmrValue> predicted) {
        for (RtmrValue value : predicted) {
            long taken = value.events().stream()
                    .filter(event -> event.origin() == RtmrEvent.Origin.LOG)
                    .count();
            if (value.prediction().register().equals(register) && taken > 0) {
                return "; " + taken + " of its " + value.events().size() + " events were taken from a log";
            }
        }
        return "";
    }

    private static Optional<FieldVerdict> difference(TdLog log, Register register, List<RtmrValue> predicted) {
        List<RtmrValue> of = predicted.stream()
                .filter(value -> value.prediction().register().equals(register)
                        && !value.events().isEmpty())
                .toList();
        return log.firstDifference(of).map(difference -> difference);
    }
}
