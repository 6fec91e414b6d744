package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.snp.EcdsaSignature;
import dev.measure.snp.GuestPolicy;
import dev.measure.snp.IdAuth;
import dev.measure.snp.IdBlock;
import dev.measure.snp.IdBlockCheck;
import dev.measure.snp.Octets;
import dev.measure.snp.SevPublicKey;
import dev.measure.snp.SigningKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code measure snp id-block}: builds an ID block and signs it, itself or through another signer. */
final class IdBlockVerb implements Verb {
    @Override
    public String name() {
        return "snp id-block";
    }

    @Override
    public String summary() {
        return "builds and signs an ID block and its authentication information";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example(
                        "for a launch digest computed before",
                        "snp id-block --launch-digest \"$(cat digest)\" --id-key id-key.pem --author-key author-key.pem"),
                new Example(
                        "computed in place",
                        "snp id-block --firmware OVMF.amdsev.fd --vcpus 4 --vcpu-type EPYC-v4 --policy SMT --id-key id-key.pem"),
                new Example(
                        "with keys in a token: first write what it has to sign",
                        "snp id-block --launch-digest \"$(cat digest)\" --id-public-key id.pub --sign-request requests"),
                new Example(
                        "then take its signatures",
                        "snp id-block --launch-digest \"$(cat digest)\" --id-public-key id.pub --id-signature id-block.sig"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>();
        groups.add(new Options.Group(
                "ID block",
                Options.value("DIGEST", "launch digest, hexadecimal or base64", "--launch-digest", "--measurement"),
                Options.value(
                        "POLICY",
                        "guest policy, by number or by names: " + String.join("+", GuestPolicy.allNames())
                                + " (default 0x30000)",
                        "--policy"),
                Options.value("HEX", "FAMILY_ID, 16 bytes (default zeros)", "--family-id"),
                Options.value("HEX", "IMAGE_ID, 16 bytes (default zeros)", "--image-id"),
                Options.value("N", "GUEST_SVN (default 0)", "--svn", "--guest-svn")));
        groups.add(GuestFile.group("policy, vCPUs, model, firmware and kernel"));
        groups.add(new Options.Group(
                "Keys on P-384",
                Options.value("FILE", "private ID key, PEM or DER", "--id-key", "--idkey"),
                Options.value("FILE", "private author key, PEM or DER", "--author-key", "--authorkey", "--auth-key"),
                Options.value("FILE", "passphrase of the ID key, on the first line", "--id-passphrase-file"),
                Options.value("FILE", "passphrase of the author key, on the first line", "--author-passphrase-file")));
        groups.add(new Options.Group(
                "Keys that another signer holds",
                Options.value("FILE", "public ID key", "--id-public-key"),
                Options.value("FILE", "public author key", "--author-public-key"),
                Options.value("FOLDER", "write id-block.bin and id-key.bin, to be signed, and end", "--sign-request"),
                Options.value("FILE", "signature over id-block.bin by the ID key, raw or DER", "--id-signature"),
                Options.value(
                        "FILE", "signature over id-key.bin by the author key, raw or DER", "--author-signature")));
        groups.add(new Options.Group(
                "Output",
                Options.value("FILE", "also write the ID block's 96 bytes", "--id-file"),
                Options.value("FILE", "also write the 4096 bytes of ID authentication information", "--auth-file")));
        groups.add(new Options.Group(
                "Launch digest computed in place",
                Options.value("FILE", "firmware file; - is standard input", "--firmware", "--ovmf", "--bios"),
                Options.list("which firmware of an f-UKI, by id", List.of(), "--fwid"),
                Options.value("FILE", "or the metadata of a firmware", "--metadata")));
        groups.addAll(SnpRequest.groups());
        return groups;
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "FILE", "an f-UKI, or a firmware file; - is standard input"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Signatures are deterministic (RFC 6979): the same inputs give the same bytes.",
                "Base64 is printed, as QEMU's id-block= and id-auth= take it; with an author key add"
                        + " author-key-enabled=on.",
                "Another signer signs SHA-384 of the file: openssl dgst -sha384 -sign KEY -out id-block.sig id-block.bin");
    }

    @Override
    public ExitCode run(Call typed) {
        Call call = GuestFile.of(typed);
        Result result = new Result();
        IdBlock block = new IdBlock(
                launchDigest(call, result),
                Keys.octets(call, "--family-id", IdBlock.ID_LENGTH).orElse(Octets.zero(IdBlock.ID_LENGTH)),
                Keys.octets(call, "--image-id", IdBlock.ID_LENGTH).orElse(Octets.zero(IdBlock.ID_LENGTH)),
                VerifyIdBlockVerb.svn(call).orElse(0),
                Keys.policy(call).orElse(GuestPolicy.DEFAULT));
        block.policy().fault().ifPresent(fault -> {
            throw new Complaint(
                    ExitCode.NOT_LAUNCHABLE,
                    "no processor takes policy " + block.policy().hex() + ": " + fault,
                    "");
        });
        if (call.has("--sign-request")) {
            return request(call, block);
        }
        IdAuth auth = call.has("--id-key") ? signed(call, block) : assembled(call, block);
        call.value("--id-file").ifPresent(name -> write(call, name, block.toByteArray()));
        call.value("--auth-file").ifPresent(name -> write(call, name, auth.toByteArray()));
        print(call, result, block, auth);
        return ExitCode.DONE;
    }

    private static Digest launchDigest(Call call, Result result) {
        Optional<Digest> given = Keys.digest(call, "--launch-digest");
        boolean firmware = call.has("--firmware")
                || call.has("--metadata")
                || call.positional(0).isPresent();
        if (given.isPresent()) {
            if (firmware) {
                throw Complaint.usage("both --launch-digest and a firmware are given", "keep one of them");
            }
            return given.get();
        }
        if (!firmware) {
            throw Complaint.usage("--launch-digest is missing", "or give --firmware FILE, to compute it in place");
        }
        SnpRequest request = SnpRequest.of(call, false);
        List<LaunchTarget> targets = Targets.of(call, result);
        SnpValues values = new SnpValues(request, call.common().strictness(), result);
        if (call.has("--metadata")) {
            values.addMetadata(targets.get(0));
        } else {
            values.add(targets, true);
        }
        if (!result.refusals().isEmpty()) {
            Result.Refusal refusal = result.refusals().get(0);
            throw new Complaint(refusal.exit(), refusal.why(), refusal.hint());
        }
        if (result.values().size() != 1) {
            throw Complaint.usage(
                    "an ID block is for one guest, but " + result.values().size() + " are asked for",
                    "give one value instead of lists, and --fwid");
        }
        return result.values().get(0).digest();
    }

    private static IdAuth signed(Call call, IdBlock block) {
        for (String option :
                List.of("--id-public-key", "--id-signature", "--author-public-key", "--author-signature")) {
            if (call.has(option)) {
                throw Complaint.usage("both --id-key and " + option + " are given", "keep one of them");
            }
        }
        return IdAuth.sign(
                block,
                key(call, "--id-key", "--id-passphrase-file").orElseThrow(),
                key(call, "--author-key", "--author-passphrase-file"));
    }

    private static Optional<SigningKey> key(Call call, String option, String passphrase) {
        return Keys.file(
                call,
                option,
                source -> SigningKey.read(source, call.value(passphrase).map(call.inputs()::open)));
    }

    private static IdAuth assembled(Call call, IdBlock block) {
        SevPublicKey idKey = Keys.file(call, "--id-public-key", SevPublicKey::read)
                .orElseThrow(() -> Complaint.usage(
                        "no ID key is given", "give --id-key FILE, or --id-public-key with --id-signature"));
        EcdsaSignature signature = Keys.file(call, "--id-signature", EcdsaSignature::read)
                .orElseThrow(() -> Complaint.usage(
                        "--id-signature is missing", "--sign-request FOLDER writes what has to be signed"));
        if (call.has("--author-public-key") != call.has("--author-signature")) {
            throw Complaint.usage("--author-public-key and --author-signature belong together", "");
        }
        Optional<IdAuth.Author> author = Keys.file(call, "--author-public-key", SevPublicKey::read)
                .map(key -> new IdAuth.Author(
                        Keys.file(call, "--author-signature", EcdsaSignature::read)
                                .orElseThrow(),
                        key));
        IdAuth auth = new IdAuth(signature, idKey, author);
        for (FieldVerdict verdict : IdBlockCheck.SIGNATURES.of(block, auth)) {
            if (verdict instanceof FieldVerdict.Untrusted) {
                throw new Complaint(
                        ExitCode.KEY, verdict.text(), "is it over the file that --sign-request wrote, by this key?");
            }
        }
        return auth;
    }

    private static ExitCode request(Call call, IdBlock block) {
        Path folder = call.inputs().path(call.value("--sign-request").orElseThrow());
        SevPublicKey idKey = Keys.file(call, "--id-public-key", SevPublicKey::read)
                .orElseThrow(() -> Complaint.usage("--id-public-key is missing: the author signs it", ""));
        try {
            Files.createDirectories(folder);
            Files.write(folder.resolve("id-block.bin"), block.toByteArray());
            Files.write(folder.resolve("id-key.bin"), idKey.toByteArray());
        } catch (IOException e) {
            throw unwritable(call.value("--sign-request").orElseThrow(), e);
        }
        return ExitCode.DONE;
    }

    private static void write(Call call, String name, byte[] bytes) {
        try {
            Files.write(call.inputs().path(name), bytes);
        } catch (IOException e) {
            throw unwritable(name, e);
        }
    }

    private static Complaint unwritable(String name, IOException e) {
        return new Complaint(
                ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.whyNotWritten(e), "does its folder exist?");
    }

    private static void print(Call call, Result result, IdBlock block, IdAuth auth) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("idBlock", block.base64());
        found.put("idAuth", auth.base64());
        found.put("idKeyDigest", auth.idKey().digest().hex());
        auth.author()
                .ifPresent(author ->
                        found.put("authorKeyDigest", author.key().digest().hex()));
        if (Output.isTree(call.common())) {
            Result tree = new Result();
            result.inputs().forEach(input -> tree.input(input.role(), input.source()));
            tree.found(found);
            Output.write(tree, false, call);
            return;
        }
        Map<String, String> names = Map.of(
                "idBlock", "id-block",
                "idAuth", "id-auth",
                "idKeyDigest", "id-key-digest",
                "authorKeyDigest", "author-key-digest");
        found.forEach((key, value) -> call.sink().line(names.get(key) + "=" + value));
    }
}
