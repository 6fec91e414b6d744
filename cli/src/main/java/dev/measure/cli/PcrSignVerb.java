package dev.measure.cli;

import dev.measure.Source;
import dev.measure.tpm.PcrSignature;
import dev.measure.tpm.PolicyPublicKey;
import dev.measure.tpm.PolicySigningKey;
import dev.measure.tpm.SignatureHash;
import dev.measure.tpm.SystemdMeasure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code measure pcr sign}: signs what PCR 11 will be, without a TPM. */
final class PcrSignVerb implements Verb {
    private static final List<String> HASHES = List.of("sha256", "bank");

    @Override
    public String name() {
        return "pcr sign";
    }

    @Override
    public String summary() {
        return "signs PCR policies for a UKI: the .pcrsig section, or tpm2-pcr-signature.json, without a TPM";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example(
                        "of a UKI, for each firmware that the stub can select",
                        "pcr sign linux.efi --private-key pcr.pem"),
                new Example(
                        "as systemd-measure does it, from parts",
                        "pcr sign --linux vmlinuz --osrel os-release --cmdline cmdline --initrd initrd.img --bank sha256"
                                + " --private-key pcr.pem --public-key pcr.pub"),
                new Example(
                        "more phases, added to what is there",
                        "pcr sign linux.efi --private-key pcr.pem --phase enter-initrd --append-signature"
                                + " tpm2-pcr-signature.json -o tpm2-pcr-signature.json"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>();
        groups.add(new Options.Group(
                "Keys",
                Options.value(
                        "FILE", "private key that signs, RSA or EC, PEM or DER", "--private-key", "--pcr-private-key"),
                Options.value("FILE", "its passphrase, on the first line", "--passphrase-file"),
                Options.value("FILE", "its public key, to be checked against it", "--public-key", "--pcr-public-key"),
                Options.value("FILE", "or a certificate of it", "--certificate"),
                Options.choice(
                        "HASH",
                        HASHES,
                        "hash of the signature: sha256 (default), which systemd verifies with, or bank, as"
                                + " systemd-measure 257 has it",
                        "--signature-hash")));
        groups.add(PolicyFiles.appending());
        groups.addAll(PolicyValues.groups());
        return groups;
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "UKI", "a UKI or f-UKI"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "The output is that of systemd-measure sign, byte for byte; --json=pretty lays it out in lines.",
                "ukify signs an f-UKI for no firmware only: where the stub selects one, nothing unlocks. This command signs for"
                        + " each.",
                "RSA signatures are PKCS #1 v1.5 and EC ones deterministic (RFC 6979): the same inputs give the same file.");
    }

    @Override
    public ExitCode run(Call call) {
        String name = call.value("--private-key")
                .orElseThrow(() -> Complaint.usage(
                        "--private-key is missing", "for an external signer: measure pcr policy prints what to sign"));
        Optional<Source> passphrase =
                call.value("--passphrase-file").map(file -> call.inputs().open(file));
        PolicySigningKey key =
                Keys.read(() -> PolicySigningKey.read(call.inputs().open(name), passphrase));
        Optional<PolicyPublicKey> publicKey = PolicyFiles.publicKey(call);
        if (publicKey.isPresent() && !publicKey.get().equals(key.publicKey())) {
            throw new Complaint(
                    ExitCode.KEY,
                    "the public key is not that of the private key",
                    "systemd-measure would write its fingerprint over signatures that it does not verify");
        }
        PcrSignature base = PolicyFiles.base(call);
        return PolicyFiles.write(
                SystemdMeasure.sign(
                        PolicyValues.of(call, PolicyValues.uki(call)),
                        base,
                        key,
                        PolicyFiles.policyRef(call),
                        hash(call)),
                call);
    }

    private static SignatureHash hash(Call call) {
        String name = call.value("--signature-hash").orElse("sha256");
        if (!HASHES.contains(name)) {
            throw Complaint.usage(
                    "--signature-hash must be sha256 or bank, got '" + name + "'",
                    Suggestion.didYouMean(name, HASHES).strip());
        }
        return name.equals("bank") ? SignatureHash.OF_BANK : SignatureHash.SHA256;
    }
}
