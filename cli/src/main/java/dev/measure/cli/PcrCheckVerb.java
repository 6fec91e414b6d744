package dev.measure.cli;

import dev.measure.Warning;
import dev.measure.tpm.Pcr11Value;
import dev.measure.tpm.PcrSignatureCheck;
import dev.measure.uki.Uki;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** {@code measure pcr check}: whether the signatures inside a finished UKI can ever unlock anything. */
final class PcrCheckVerb implements Verb {
    @Override
    public String name() {
        return "pcr check";
    }

    @Override
    public String summary() {
        return "checks the .pcrsig section of a finished UKI: which entries can match, and what they leave out";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("of a UKI", "pcr check linux.efi"),
                new Example(
                        "of one that is signed for other phases", "pcr check linux.efi --phase enter-initrd:local"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(PolicyValues.checked());
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "UKI", "a UKI or f-UKI"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "All profiles, and all firmwares that the stub can select, are looked at. Signatures are checked with the key in"
                        + " .pcrpkey, if there is one.",
                "The exit code is 3 if an entry matches no value of PCR 11 or a firmware that can be selected is left out, 8 if a"
                        + " signature is not the key's, 7 if there is no .pcrsig section.");
    }

    @Override
    public ExitCode run(Call call) {
        Uki uki = PolicyValues.uki(call)
                .orElseThrow(() -> Complaint.usage("no UKI is given", "measure pcr check linux.efi"));
        PcrSignatureCheck check = PcrSignatureCheck.of(uki, PolicyValues.all(call, uki));
        if (check.findings().isEmpty()) {
            throw new Complaint(
                    ExitCode.GOLDEN_MISSING,
                    call.positional(0).orElseThrow() + ": no .pcrsig section with an entry",
                    "measure pcr sign writes one");
        }
        if (Output.isTree(call.common())) {
            Result result = new Result();
            result.input("uki", uki.image().source());
            check.warnings().forEach(result::warning);
            result.found(Map.of(
                    "pcrSignatures",
                    check.findings().stream().map(PcrCheckVerb::json).toList()));
            Output.write(result, false, call);
        } else {
            check.findings().forEach(finding -> call.sink().line(line(finding)));
            call.sink().flush();
            check.warnings().forEach(call.talk()::warning);
        }
        return exit(check);
    }

    private static ExitCode exit(PcrSignatureCheck check) {
        boolean bad = check.findings().stream()
                .anyMatch(finding -> finding.signature() == PcrSignatureCheck.Signature.INVALID
                        || finding.signature() == PcrSignatureCheck.Signature.OTHER_KEY);
        if (bad) {
            return ExitCode.KEY;
        }
        List<Warning> warnings = check.warnings();
        return warnings.isEmpty() ? ExitCode.DONE : ExitCode.MISMATCH;
    }

    private static String signature(PcrSignatureCheck.Finding finding) {
        return finding.signature().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String line(PcrSignatureCheck.Finding finding) {
        String matches = finding.matches().stream().map(PcrCheckVerb::text).collect(Collectors.joining(" "));
        return finding.bank().id() + "[" + finding.index() + "]  signature=" + signature(finding) + "  "
                + (matches.isEmpty() ? "never matches" : matches);
    }

    private static String text(Pcr11Value value) {
        return Talk.printable("profile=" + value.profile() + "/fwid="
                + value.fwid().orElse("none") + "/phase=" + (value.phase().isEmpty() ? "none" : value.phase()));
    }

    private static Map<String, Object> json(PcrSignatureCheck.Finding finding) {
        List<Map<String, Object>> matches = new ArrayList<>();
        for (Pcr11Value value : finding.matches()) {
            Map<String, Object> match = new LinkedHashMap<>();
            match.put("profile", value.profile());
            match.put("fwid", value.fwid().orElse("none"));
            match.put("phase", value.phase().isEmpty() ? "none" : value.phase());
            matches.add(match);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("bank", finding.bank().id());
        json.put("index", finding.index());
        json.put("policy", finding.entry().pol().hex());
        json.put("signature", signature(finding));
        json.put("matches", matches);
        return json;
    }
}
