package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.export.ReferenceSet;
import dev.measure.export.ResultFile;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code measure export}: golden values in the forms that verifiers read. */
final class ExportVerb implements Verb {
    @Override
    public String name() {
        return "export";
    }

    @Override
    public String summary() {
        return "writes the values of a lock file or a result in the form that a verifier reads: RVPS, CoRIM, in-toto, ...";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example(
                        "reference values of Trustee from a lock file",
                        "export --format rvps --expires 2027-01-31 measure.lock.json -o rvps.json"),
                new Example(
                        "from a result, through a pipe",
                        "snp linux.efi --vcpus 1..8 --vcpu-type EPYC-v4 --json | measure export --format hex -"),
                new Example(
                        "one of several right values",
                        "export --format nitro --select phase=none --select profile=0 measure.lock.json"),
                new Example(
                        "a signed manifest",
                        "export --format corim-signed --corim-for amd --signer ACME --sign-key key.pem measure.lock.json -o"
                                + " acme.corim"));
    }

    @Override
    public boolean hasCommonFormat() {
        return false;
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(
                new Options.Group(
                        "What",
                        Options.choice(
                                "NAME",
                                List.copyOf(ExportFormat.byName().keySet()),
                                "the form; below is what each is for",
                                "--format"),
                        Options.repeated(
                                "KEY=VALUE",
                                "only values whose id says so; VALUE is a LIST, KEY is register or a key of ids (measure help"
                                        + " ids); may be repeated",
                                "--select")),
                new Options.Group(
                        "Trustee",
                        Options.choice(
                                "KIND",
                                List.of("plain", "az-snp-vtpm", "az-tdx-vtpm"),
                                "how evidence reaches Trustee, which names claims and values: plain (default), az-snp-vtpm,"
                                        + " az-tdx-vtpm",
                                "--evidence"),
                        Options.repeated(
                                "REGISTER=NAME",
                                "another name for the values of a register; may be repeated",
                                "--name"),
                        Options.repeated(
                                "NAME=VALUE",
                                "a further reference value: a number, true, false, text, or a list [a, b]; may be repeated",
                                "--value"),
                        Options.value("TIME", "until when records hold, such as 2027-01-31", "--expires")),
                new Options.Group(
                        "CoRIM",
                        Options.choice(
                                "READER",
                                List.of("veraison", "amd", "trustee"),
                                "who reads it: veraison (default; integrity registers), amd (profile for SEV-SNP), trustee (names"
                                        + " for its extractor)",
                                "--corim-for"),
                        Options.value("TEXT", "id of the manifest (default: made from its content)", "--id"),
                        Options.value("NAME", "who makes it", "--entity"),
                        Options.value("URI", "where the maker is to be found", "--entity-uri"),
                        Options.value("TIME", "the first moment at which it holds; needs --not-after", "--not-before"),
                        Options.value(
                                "TIME", "the last moment at which it holds (default: it says nothing)", "--not-after"),
                        Options.choice(
                                "KIND",
                                List.of("vcek", "vlek"),
                                "for amd: which key signs the reports: vcek (default, of a chip) or vlek (of a provider)",
                                "--chip-key"),
                        Options.value(
                                "POLICY",
                                "for amd: the guest policy too, as in snp id-block (default: the lock's)",
                                "--policy")),
                new Options.Group(
                        "Signatures",
                        Options.value(
                                "FILE",
                                "private key that signs: EC on P-256, P-384 or P-521, PEM, DER or JWK; for pcrsig also RSA",
                                "--sign-key"),
                        Options.value("FILE", "its passphrase, on the first line", "--passphrase-file"),
                        Options.value("TEXT", "an id of the key, for verifiers with several", "--key-id"),
                        Options.value("NAME", "who signs a CoRIM", "--signer"),
                        Options.value("URI", "where the signer is to be found", "--signer-uri"),
                        Options.repeated(
                                "FILE",
                                "what a statement is about (default: all files the values come from)",
                                "--subject")),
                new Options.Group(
                        "Clouds",
                        Options.value(
                                "NAME", "for contrast: platform of the entries, such as Metal-QEMU-SNP", "--platform"),
                        Options.choice(
                                "NAME", List.of("Milan", "Genoa"), "for contrast: product of the entries", "--product"),
                        Options.value("VERSION", "for constellation: version of the image", "--image-version"),
                        Options.value("TEXT", "for constellation: ref of the image (default -)", "--image-ref"),
                        Options.value(
                                "TEXT", "for constellation: stream of the image (default stable)", "--image-stream"),
                        Options.value("NAME", "for constellation: cloud (default QEMU)", "--csp"),
                        Options.value(
                                "NAME",
                                "for constellation: attestation variant (default: the cloud with -vtpm or -tdx)",
                                "--attestation-variant")));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "FILE", "a lock file, or a result of --json; - is standard input"));
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        notes.add("Formats:");
        String group = "";
        for (ExportFormat format : ExportFormat.byName().values()) {
            if (!format.group().equals(group)) {
                group = format.group();
                notes.add("* " + group);
            }
            notes.add("  --format " + format.name() + ": " + format.summary());
        }
        notes.add(
                "Several right values of one register are written as a set. A form that can hold one only refuses them, and says"
                        + " in what they differ: choose with --select, nothing is picked for you. What a form cannot hold is left out,"
                        + " and said.");
        return notes;
    }

    @Override
    public ExitCode run(Call call) {
        ExportFormat format = format(call);
        refuseWhatSaysNothing(format, call);
        if (call.common().format() != Format.TEXT) {
            throw Complaint.usage("--json is not a form of export", "--format names one: measure help export");
        }
        String name = call.positional(0)
                .orElseThrow(() -> Complaint.usage(
                        "no lock file and no result is given", "measure export --format NAME measure.lock.json"));
        Source file = call.inputs().open(name);
        ResultFile result = read(file);
        try {
            ReferenceSet references = selected(new ReferenceSet(result.golden()), call);
            ExportCall export = new ExportCall(call, references, result.events());
            byte[] content = format.writer().apply(export);
            leftOut(references, format.shown().apply(export), format, call);
            evidence(references, call);
            call.sink().stream().write(content, 0, content.length);
            call.sink().flush();
        } catch (IllegalArgumentException e) {
            throw refused(format, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ExitCode.DONE;
    }

    private static ExportFormat format(Call call) {
        String names = String.join(", ", ExportFormat.byName().keySet());
        String name =
                call.value("--format").orElseThrow(() -> Complaint.usage("--format is missing", "one of " + names));
        ExportFormat format = ExportFormat.byName().get(name);
        if (format == null) {
            throw Complaint.usage(
                    "unknown format '" + name + "'",
                    Suggestion.didYouMean(name, ExportFormat.byName().keySet()) + "all: " + names);
        }
        return format;
    }

    /** An option that would be passed over in silence is a mistake. */
    private void refuseWhatSaysNothing(ExportFormat format, Call call) {
        Set<String> always = Set.of("--format", "--select");
        for (Options.Group group : groups()) {
            for (Options.Option option : group.options()) {
                String name = option.name();
                if (call.has(name)
                        && !always.contains(name)
                        && !format.options().contains(name)) {
                    List<String> takers = ExportFormat.byName().values().stream()
                            .filter(other -> other.options().contains(name))
                            .map(ExportFormat::name)
                            .toList();
                    throw Complaint.usage(
                            name + " says nothing to --format " + format.name(),
                            "it is for " + String.join(", ", takers));
                }
            }
        }
    }

    private static ResultFile read(Source file) {
        String schema = ResultFile.schema(file);
        if (schema.equals(GoldenValues.SCHEMA)) {
            return new ResultFile(GoldenValues.read(file), List.of());
        }
        if (schema.equals(ResultFile.SCHEMA)) {
            return ResultFile.read(file);
        }
        throw new MalformedInputException(
                file.name(),
                file.start(),
                "a lock file (" + GoldenValues.SCHEMA + ") or a result (" + ResultFile.SCHEMA + ")",
                schema.isEmpty() ? "something else" : "the schema " + Talk.printable(schema),
                "measure lock writes a lock file, and every verb with --json a result");
    }

    private static ReferenceSet selected(ReferenceSet all, Call call) {
        Map<String, Set<String>> wanted = new LinkedHashMap<>();
        for (String text : call.values("--select")) {
            int equals = text.indexOf('=');
            if (equals < 1) {
                throw Complaint.usage("--select: expected KEY=VALUE, got '" + text + "'", "");
            }
            wanted.computeIfAbsent(text.substring(0, equals), any -> new LinkedHashSet<>())
                    .addAll(Lists.names("--select", List.of(text.substring(equals + 1))));
        }
        ReferenceSet selected = all;
        for (Map.Entry<String, Set<String>> key : wanted.entrySet()) {
            try {
                selected = selected.select(key.getKey(), key.getValue());
            } catch (IllegalArgumentException e) {
                throw Complaint.usage("--select: " + e.getMessage(), "");
            }
        }
        return selected;
    }

    private static void leftOut(ReferenceSet all, ReferenceSet shown, ExportFormat format, Call call) {
        int left = all.size() - shown.size();
        if (left > 0) {
            Set<String> kept = new LinkedHashSet<>();
            shown.golden().values().forEach(value -> kept.add(value.id()));
            String first = all.golden().values().stream()
                    .map(GoldenValue::id)
                    .filter(id -> !kept.contains(id))
                    .findFirst()
                    .orElseThrow();
            call.talk()
                    .say("left out, for " + format.name() + " cannot hold it: " + first
                            + (left > 1 ? " and " + (left - 1) + " more" : ""));
        }
    }

    private static void evidence(ReferenceSet references, Call call) {
        long lifted = references.golden().values().stream()
                .filter(value -> value.status() == GoldenValue.Status.FROM_EVIDENCE)
                .count();
        if (lifted > 0) {
            call.talk()
                    .say(lifted + (lifted == 1 ? " value is" : " values are")
                            + " taken from evidence, not predicted: comparing such a machine with them proves little");
        }
    }

    private static Complaint refused(ExportFormat format, IllegalArgumentException e) {
        boolean several = e.getMessage().contains("they differ in ");
        return Complaint.usage(
                "--format " + format.name() + ": " + e.getMessage(),
                several ? "choose with --select KEY=VALUE, or take a form that holds sets" : "");
    }
}
