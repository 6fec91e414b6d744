package dev.measure.cli;

import dev.measure.tpm.JsonStyle;
import dev.measure.tpm.PcrSignature;
import dev.measure.tpm.PolicyPublicKey;
import java.util.Optional;

/** What {@code pcr sign} and {@code pcr policy} share: keys, the file to append to, and the JSON that is written. */
final class PolicyFiles {
    private PolicyFiles() {}

    static Options.Group appending() {
        return new Options.Group(
                "Entries",
                Options.value("FILE", "add to the entries of this file", "--append-signature", "--append"),
                Options.value("TEXT", "text that is signed along, from systemd 262 on", "--policyref", "--policy-ref"));
    }

    /** {@return the public key of a command line} */
    static Optional<PolicyPublicKey> publicKey(Call call) {
        if (call.has("--public-key") && call.has("--certificate")) {
            throw Complaint.usage("--public-key and --certificate exclude each other", "");
        }
        return Keys.file(call, "--public-key", PolicyPublicKey::read)
                .or(() -> Keys.file(call, "--certificate", PolicyPublicKey::read));
    }

    /** {@return the entries to add to} */
    static PcrSignature base(Call call) {
        return call.value("--append-signature")
                .map(name -> PcrSignature.read(call.inputs().open(name)))
                .orElse(PcrSignature.EMPTY);
    }

    /** {@return the policyref; an empty one is none, as for systemd-measure} */
    static Optional<String> policyRef(Call call) {
        return call.value("--policyref").filter(text -> !text.isEmpty());
    }

    static ExitCode write(PcrSignature signature, Call call) {
        Common common = call.common();
        JsonStyle style = switch (common.format()) {
            case TEXT -> JsonStyle.SHORT; // as systemd-measure without --json
            case JSON -> common.pretty() ? JsonStyle.PRETTY : JsonStyle.SHORT;
            default ->
                throw Complaint.usage(
                        "the file has one form, JSON",
                        "leave out --format " + common.format().id());
        };
        call.sink().print(signature.toJson(style));
        return ExitCode.DONE;
    }
}
