package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.snp.SevPublicKey;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** {@code measure snp key-digest}: the digest of an ID key or author key as reports show it. */
final class KeyDigestVerb implements Verb {
    @Override
    public String name() {
        return "snp key-digest";
    }

    @Override
    public String summary() {
        return "ID_KEY_DIGEST or AUTHOR_KEY_DIGEST of a P-384 key, as attestation reports show it";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("of a public or private key", "snp key-digest id-key.pem"),
                new Example("in base64", "snp key-digest id-key.pem --format base64"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of();
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(
                0,
                "KEY",
                "PEM or DER: public key, certificate or private key; or the 1028 bytes of the processor's form"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "SHA-384 over the 1028 bytes in which the processor takes the key; of a private key only the public"
                        + " half is used.");
    }

    @Override
    public ExitCode run(Call call) {
        String name =
                call.positional(0).orElseThrow(() -> Complaint.usage("no key is given", "measure snp key-digest KEY"));
        Digest digest =
                Keys.read(() -> SevPublicKey.read(call.inputs().open(name))).digest();
        if (Output.isTree(call.common())) {
            Result result = new Result();
            result.found(Map.of("keyDigest", digest.hex()));
            Output.write(result, false, call);
        } else {
            boolean base64 = call.common().format() == Format.BASE64;
            call.sink().line(base64 ? Base64.getEncoder().encodeToString(digest.toByteArray()) : digest.hex());
        }
        return ExitCode.DONE;
    }
}
