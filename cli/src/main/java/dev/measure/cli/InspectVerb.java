package dev.measure.cli;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.eventlog.EventLog;
import dev.measure.firmware.Firmware;
import dev.measure.igvm.IgvmFile;
import dev.measure.sign.VerificationKey;
import dev.measure.smbios.MachineIdentity;
import dev.measure.uki.Uki;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code measure inspect}: says what a file is and what is in it. */
final class InspectVerb implements Verb {
    private static final List<String> BANKS = List.of("sha1", "sha256", "sha384", "sha512", "sm3_256");

    /** An SMBIOS table has at most 64 KiB with a 32-bit entry point; dmidecode's text is a few times larger. */
    private static final long MAX_SMBIOS = 1 << 20;

    @Override
    public String name() {
        return "inspect";
    }

    @Override
    public String summary() {
        return "says what a file is and what is in it: images, firmware, logs, reports, keys, reference values";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("what is this file?", "inspect linux.efi"),
                new Example("with the digests that other PCR banks hold", "inspect linux.efi --bank sha256,sha384"),
                new Example("the tables by which a firmware is launched, as JSON", "inspect OVMF.amdsev.fd --json"),
                new Example("what does this dbx revoke?", "inspect /sys/firmware/efi/efivars/dbx-*"),
                new Example("who signed these reference values?", "inspect signed.corim --public-key vendor.pem"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(
                new Options.Group(
                        "Digests",
                        Options.list("algorithms: " + String.join(", ", BANKS) + " (default sha256)", BANKS, "--bank")),
                new Options.Group(
                        "Signatures",
                        Options.value(
                                "FILE",
                                "check the signature of a CoRIM with this key: P-256, P-384, P-521, Ed25519, Ed448 or RSA;"
                                        + " PEM, DER, certificate or JWK",
                                "--public-key")));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "FILE", "any file; - is standard input"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "It knows UKIs, add-ons, kernels, firmware, IGVM, SMBIOS dumps, EFI variables (signature lists, signed updates,"
                        + " efivarfs, VARS), SNP reports, ID blocks, GCE endorsements, TD quotes and reports, event logs, PCR signatures,"
                        + " .pcrlock, certificates, reference values (CoRIM, RVPS, NitroTPM), Nitro attestation documents, evidence in the"
                        + " JSON of an attester; and names statements, policies, templates and settings of other programs.");
    }

    @Override
    public ExitCode run(Call call) {
        String name = call.positional(0).orElseThrow(() -> Complaint.usage("no file is given", "measure inspect FILE"));
        List<DigestAlgorithm> banks = banks(call);
        Source given = call.inputs().open(name);
        Result result = new Result();
        result.input("file", given);
        Source file = Envelope.open(given);
        boolean json = Output.isTree(call.common());
        Page page = Page.on(call.sink());
        Optional<VerificationKey> key = Keys.file(call, "--public-key", VerificationKey::read);
        Optional<NsmReport> nsm = NsmReport.of(file);
        Optional<CorimReport> corim = nsm.isPresent() ? Optional.empty() : CorimReport.of(file, key);
        Optional<TdEvidenceReport> evidence = corim.isPresent() ? Optional.empty() : TdEvidenceReport.of(file);
        if (nsm.isPresent()) {
            if (json) {
                result.found(nsm.get().found());
            } else {
                nsm.get().print(page);
            }
        } else if (FileKind.isPe(file)) {
            Uki uki = Uki.read(file, call.common().strictness());
            uki.warnings().forEach(result::warning);
            UkiReport report = new UkiReport(uki, banks, List.of());
            if (json) {
                result.found(report.found());
            } else {
                report.print(page);
            }
        } else if (corim.isPresent()) {
            if (json) {
                result.found(corim.get().found());
            } else {
                corim.get().print(page);
            }
        } else if (evidence.isPresent()) {
            evidence.get().warnings().forEach(result::warning);
            if (json) {
                result.found(evidence.get().found());
            } else {
                evidence.get().print(page);
            }
        } else {
            other(file, banks, json, page, call, result);
        }
        if (json) {
            Output.write(result, false, call);
        } else {
            TextOutput.remarks(result, call.talk());
        }
        boolean trusted = evidence.map(TdEvidenceReport::isTrusted).orElse(true)
                && corim.map(CorimReport::isTrusted).orElse(true)
                && nsm.map(NsmReport::isTrusted).orElse(true);
        if (!trusted) {
            call.sink().flush();
            call.talk().error(name + ": a signature or a hash in it is wrong, so nothing in it proves anything", "");
        }
        return trusted ? ExitCode.DONE : ExitCode.KEY;
    }

    private static void other(
            Source file, List<DigestAlgorithm> banks, boolean json, Page page, Call call, Result result) {
        Optional<EvidenceReport> evidence = EvidenceReport.of(file);
        if (evidence.isPresent()) {
            if (json) {
                result.found(evidence.get().found());
            } else {
                evidence.get().print(page);
            }
            return;
        }
        Optional<ReferenceReport> references = ReferenceReport.of(file);
        if (references.isPresent()) {
            if (json) {
                result.found(references.get().found());
            } else {
                references.get().print(page);
            }
            return;
        }
        Optional<VariableReport> variables = VariableReport.of(file);
        if (variables.isPresent()) {
            if (json) {
                result.found(variables.get().found());
            } else {
                variables.get().print(page);
            }
            return;
        }
        Optional<PolicyReport> policies = PolicyReport.of(file);
        if (policies.isPresent()) {
            if (json) {
                result.found(policies.get().found());
            } else {
                policies.get().print(page);
            }
            return;
        }
        if (IgvmFile.isIgvm(file)) {
            IgvmReport report = new IgvmReport(file, banks);
            if (json) {
                result.found(report.found());
            } else {
                report.print(page);
            }
            return;
        }
        Optional<DocumentReport> document = DocumentReport.of(file);
        if (document.isPresent()) {
            if (json) {
                result.found(document.get().found());
            } else {
                document.get().print(page);
            }
            return;
        }
        Firmware firmware = Firmware.read(file, call.common().strictness());
        Optional<MachineIdentity> machine = firmware.kind() == Firmware.Kind.UNKNOWN ? machine(file) : Optional.empty();
        if (machine.isPresent()) {
            MachineReport report = new MachineReport(file, machine.get());
            if (json) {
                result.found(report.found());
            } else {
                report.print(page);
            }
            return;
        }
        if (firmware.kind() == Firmware.Kind.UNKNOWN && EventLog.recognises(file)) {
            EventLog log = EventLog.read(file, call.common().strictness());
            log.warnings().forEach(result::warning);
            if (json) {
                result.found(EventLogReport.found(log, file, true));
            } else {
                EventLogReport.print(log, file, page);
            }
            return;
        }
        firmware.warnings().forEach(result::warning);
        FirmwareReport report = new FirmwareReport(firmware, banks);
        if (json) {
            result.found(report.found());
        } else {
            report.print(page);
        }
    }

    private static Optional<MachineIdentity> machine(Source file) {
        if (file.length() == 0 || file.length() > MAX_SMBIOS) {
            return Optional.empty();
        }
        try {
            return Optional.of(MachineIdentity.read(file))
                    .filter(identity -> identity.manufacturer().isPresent());
        } catch (MalformedInputException e) {
            return Optional.empty(); // then it is something else
        }
    }

    private static List<DigestAlgorithm> banks(Call call) {
        if (!call.has("--bank")) {
            return List.of(DigestAlgorithm.SHA256);
        }
        List<DigestAlgorithm> banks = new ArrayList<>();
        for (String name : Lists.names("--bank", call.values("--bank"))) {
            DigestAlgorithm bank;
            try {
                bank = DigestAlgorithm.parse(name);
            } catch (IllegalArgumentException e) {
                throw Complaint.usage(
                        "unknown bank '" + name + "'",
                        Suggestion.didYouMean(name, BANKS) + "all: " + String.join(", ", BANKS));
            }
            if (!banks.contains(bank)) {
                banks.add(bank);
            }
        }
        return banks;
    }
}
