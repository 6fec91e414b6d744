package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.snp.IdAuth;
import dev.measure.snp.IdBlock;
import dev.measure.snp.IdBlockCheck;
import dev.measure.snp.SevPublicKey;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** {@code measure snp verify-id-block}: verifies a pair of ID block and ID authentication information. */
final class VerifyIdBlockVerb implements Verb {
    @Override
    public String name() {
        return "snp verify-id-block";
    }

    @Override
    public String summary() {
        return "verifies an ID block and its authentication information against what is expected";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example(
                        "signatures, key and policy",
                        "snp verify-id-block --id-file id-block.b64 --auth-file id-auth.b64 --id-key id-key.pub --policy 0x30000"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(
                new Options.Group(
                        "Input",
                        Options.value("FILE", "ID block, binary or base64", "--id-file", "--id-block"),
                        Options.value(
                                "FILE", "ID authentication information, binary or base64", "--auth-file", "--id-auth")),
                new Options.Group(
                        "What is expected",
                        Options.value(
                                "DIGEST", "launch digest, hexadecimal or base64", "--launch-digest", "--measurement"),
                        Options.value("POLICY", "guest policy, by number or by names", "--policy"),
                        Options.value("HEX", "FAMILY_ID", "--family-id"),
                        Options.value("HEX", "IMAGE_ID", "--image-id"),
                        Options.value("N", "GUEST_SVN", "--svn", "--guest-svn"),
                        Options.value("FILE", "the ID key, public or private", "--id-key", "--idkey"),
                        Options.value("DIGEST", "or its digest", "--id-key-digest"),
                        Options.value(
                                "FILE",
                                "the author key, public or private",
                                "--author-key",
                                "--authorkey",
                                "--auth-key"),
                        Options.value("DIGEST", "or its digest", "--author-key-digest")));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of();
    }

    @Override
    public List<String> notes() {
        return List.of(
                "The exit code is 8 if anything is wrong, and the field is named. Both signatures are always verified; -v"
                        + " shows what was not compared.");
    }

    @Override
    public ExitCode run(Call call) {
        IdBlock block = IdBlock.read(call.inputs().open(needed(call, "--id-file")));
        IdAuth auth = IdAuth.read(call.inputs().open(needed(call, "--auth-file")));
        IdBlockCheck check = new IdBlockCheck(
                Keys.digest(call, "--launch-digest"),
                Keys.policy(call),
                Keys.octets(call, "--family-id", IdBlock.ID_LENGTH),
                Keys.octets(call, "--image-id", IdBlock.ID_LENGTH),
                svn(call),
                key(call, "--id-key"),
                key(call, "--author-key"));
        List<FieldVerdict> verdicts = check.of(block, auth);
        Keys.print(verdicts, new Result(), call);
        Keys.complain(verdicts, call);
        return FieldVerdict.allGood(verdicts) ? ExitCode.DONE : ExitCode.KEY;
    }

    private static String needed(Call call, String option) {
        return call.value(option)
                .orElseThrow(() -> Complaint.usage(option + " is missing", "see: measure snp verify-id-block --help"));
    }

    static OptionalLong svn(Call call) {
        return call.value("--svn")
                .map(text -> OptionalLong.of(SnpRequest.number("--svn", text, 0xffff_ffffL)))
                .orElse(OptionalLong.empty());
    }

    static Optional<Digest> key(Call call, String option) {
        Optional<Digest> file = Keys.file(call, option, SevPublicKey::read).map(SevPublicKey::digest);
        Optional<Digest> digest = Keys.digest(call, option + "-digest");
        if (file.isPresent() && digest.isPresent()) {
            throw Complaint.usage("both " + option + " and " + option + "-digest are given", "keep one of them");
        }
        return file.or(() -> digest);
    }
}
