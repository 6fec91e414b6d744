package dev.measure.cli;

import dev.measure.tpm.PcrPolicy;
import dev.measure.tpm.PolicyPublicKey;
import dev.measure.tpm.SystemdMeasure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code measure pcr policy}: policy digests, for an external signer or to compare. */
final class PcrPolicyVerb implements Verb {
    @Override
    public String name() {
        return "pcr policy";
    }

    @Override
    public String summary() {
        return "policy digests of a UKI's PCR 11 values, and what an external signer is to sign";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("of a UKI", "pcr policy linux.efi --bank sha256 --json"),
                new Example("with the key that will sign", "pcr policy linux.efi --public-key pcr.pub"),
                new Example(
                        "the digest to which secrets of that key are bound",
                        "pcr policy --authorize --public-key pcr.pub"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>();
        groups.add(new Options.Group(
                "Keys",
                Options.value("FILE", "public key that will verify, PEM or DER", "--public-key", "--pcr-public-key"),
                Options.value("FILE", "or a certificate of it", "--certificate"),
                Options.flag(
                        "print the policy digest of TPM2_PolicyAuthorize with the key, as systemd loads it, and nothing"
                                + " else",
                        "--authorize")));
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
                "The output is that of systemd-measure policy-digest, byte for byte: pol is the policy digest, tbs what is to be"
                        + " signed with SHA-256, PKCS #1 v1.5 or ECDSA; the signature in base64 takes the place of tbs as"
                        + " sig.",
                "The session hash of a policy is SHA-256 whatever the bank.");
    }

    @Override
    public ExitCode run(Call call) {
        Optional<PolicyPublicKey> key = PolicyFiles.publicKey(call);
        Optional<String> policyRef = PolicyFiles.policyRef(call);
        if (call.has("--authorize")) {
            PolicyPublicKey of = key.orElseThrow(() -> Complaint.usage("--authorize takes a --public-key", ""));
            call.sink().line(PcrPolicy.policyAuthorize(of, policyRef).hex());
            return ExitCode.DONE;
        }
        return PolicyFiles.write(
                SystemdMeasure.policyDigest(
                        PolicyValues.of(call, PolicyValues.uki(call)), PolicyFiles.base(call), key, policyRef),
                call);
    }
}
