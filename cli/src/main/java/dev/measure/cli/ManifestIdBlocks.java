package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.golden.GoldenValue;
import dev.measure.golden.GoldenValues;
import dev.measure.snp.GuestPolicy;
import dev.measure.snp.IdAuth;
import dev.measure.snp.IdBlock;
import dev.measure.snp.IdBlockCheck;
import dev.measure.snp.Octets;
import dev.measure.snp.SigningKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The ID blocks of a manifest: one for each SNP launch digest, {@code FILE.DIGEST.id-block}, and what authenticates it,
 * {@code FILE.DIGEST.id-auth}, if it is signed. Private keys come from a command line or a named variable and are never written.
 */
final class ManifestIdBlocks {
    private static final String VARIABLE = "env:";

    /**
     * Something about a file that somebody must know.
     *
     * @param exit the exit status that it means; {@link ExitCode#DONE} for a block that is as it must be, but not signed
     * @param file the file
     * @param text what is the matter
     */
    record Trouble(ExitCode exit, String file, String text) {}

    private final Manifest.IdBlockKeys keys;
    private final LockFile lock;
    private final Call call;
    private final Map<String, IdBlock> blocks = new LinkedHashMap<>();
    private final Map<String, String> policy;

    private ManifestIdBlocks(Manifest.IdBlockKeys keys, String file, LockFile lock, GoldenValues golden, Call call) {
        this.keys = keys;
        this.lock = lock;
        this.call = call;
        this.policy = golden.policies().getOrDefault("snp", Map.of());
        for (GoldenValue value : golden.values()) {
            if (value.register() instanceof Register.LaunchDigest launch && launch.launch() == Register.Launch.SNP) {
                blocks.put(file + "." + value.digest().hex(), block(value.digest()));
            }
        }
    }

    static List<Options.Option> options() {
        return List.of(
                Options.value(
                        "FILE",
                        "sign the ID blocks of the manifest with this private key, or env:NAME for one in the environment",
                        "--id-key"),
                Options.value("FILE", "and the ID key with this one, or env:NAME", "--author-key"));
    }

    private static Optional<ManifestIdBlocks> of(Manifest manifest, LockFile lock, GoldenValues golden, Call call) {
        return manifest.idBlock()
                .flatMap(keys -> keys.file().map(file -> new ManifestIdBlocks(keys, file, lock, golden, call)));
    }

    private IdBlock block(Digest launchDigest) {
        return new IdBlock(
                launchDigest,
                id("family-id"),
                id("image-id"),
                number("guest-svn").orElse(0L),
                number("policy").map(GuestPolicy::new).orElse(GuestPolicy.DEFAULT));
    }

    private Octets id(String field) {
        String hex = policy.getOrDefault(field, "00".repeat(IdBlock.ID_LENGTH));
        return Octets.parse(field, IdBlock.ID_LENGTH, hex);
    }

    private Optional<Long> number(String field) {
        return Optional.ofNullable(policy.get(field)).map(text -> Long.parseUnsignedLong(text.substring(2), 16));
    }

    /** Writes the blocks, and signs them if the command line has the key. */
    static void write(Manifest manifest, LockFile lock, GoldenValues golden, Call call) {
        Optional<ManifestIdBlocks> all = of(manifest, lock, golden, call);
        if (all.isEmpty()) {
            for (String option : List.of("--id-key", "--author-key")) {
                if (call.has(option)) {
                    throw Complaint.usage(
                            option + ": the manifest writes no ID blocks", "id-block: {id-key: ARTIFACT, file: NAME}");
                }
            }
            return;
        }
        all.get().write();
    }

    private void write() {
        Optional<SigningKey> idKey = privateKey("--id-key");
        Optional<SigningKey> authorKey = privateKey("--author-key");
        if (authorKey.isPresent() && idKey.isEmpty()) {
            throw Complaint.usage("--author-key signs the ID key, which is not given", "--id-key FILE");
        }
        if (idKey.isPresent() && authorKey.isPresent() != keys.authorKey().isPresent()) {
            throw Complaint.usage(
                    keys.authorKey().isPresent()
                            ? "--author-key is missing: the manifest names one"
                            : "--author-key: the manifest names none",
                    "");
        }
        Map<String, byte[]> files = new LinkedHashMap<>();
        blocks.forEach((name, block) -> {
            files.put(name + ".id-block", block.toByteArray());
            idKey.ifPresent(key -> {
                IdAuth auth = IdAuth.sign(block, key, authorKey);
                List<FieldVerdict> wrong = wrong(block, auth);
                if (!wrong.isEmpty()) {
                    throw new Complaint(
                            ExitCode.KEY,
                            "the key that signs is not the one of the manifest: "
                                    + wrong.get(0).text(),
                            "");
                }
                files.put(name + ".id-auth", auth.toByteArray());
            });
        });
        files.forEach((name, bytes) -> {
            Path path = path(name);
            if (!Arrays.equals(bytes, content(path, name).orElse(new byte[0]))) {
                LockFile.write(path, name, bytes);
                call.talk().say("wrote " + name);
            }
        });
        if (idKey.isEmpty()) {
            say(check(), call);
        }
    }

    /** {@return what is the matter with the blocks of a manifest: each must be there, be what the lock gives, and be signed by its keys} */
    static List<Trouble> check(Manifest manifest, LockFile lock, GoldenValues golden, Call call) {
        return of(manifest, lock, golden, call).map(ManifestIdBlocks::check).orElse(List.of());
    }

    private List<Trouble> check() {
        List<Trouble> found = new ArrayList<>();
        blocks.forEach((name, block) -> {
            String file = name + ".id-block";
            Optional<byte[]> written = content(path(file), file);
            Optional<byte[]> auth = content(path(name + ".id-auth"), name + ".id-auth");
            if (written.isEmpty() || !Arrays.equals(written.get(), block.toByteArray())) {
                String text = file + (written.isEmpty() ? " is missing" : " is of something else");
                found.add(new Trouble(ExitCode.GOLDEN_MISSING, file, text));
            } else if (auth.isEmpty()) {
                found.add(new Trouble(ExitCode.DONE, file, "not signed: " + file));
            } else {
                Source signature = Source.of(name + ".id-auth", auth.get());
                List<FieldVerdict> wrong = wrong(block, Keys.read(() -> IdAuth.read(signature)));
                if (!wrong.isEmpty()) {
                    String text = name + ".id-auth: " + wrong.get(0).text();
                    found.add(new Trouble(ExitCode.KEY, name + ".id-auth", text));
                }
            }
        });
        return found;
    }

    /** {@return the exit status of all together, after telling it} */
    static ExitCode say(List<Trouble> found, Call call) {
        call.sink().flush();
        ExitCode worst = ExitCode.DONE;
        List<String> unsigned = new ArrayList<>();
        for (Trouble trouble : found) {
            if (trouble.exit() == ExitCode.DONE) {
                unsigned.add(trouble.text());
            } else {
                call.talk()
                        .error(
                                trouble.text(),
                                trouble.exit() == ExitCode.KEY
                                        ? "signed by: measure lock --id-key FILE"
                                        : "written again by: measure lock");
                worst = trouble.exit().compareTo(worst) > 0 ? trouble.exit() : worst;
            }
        }
        if (!unsigned.isEmpty()) {
            call.talk()
                    .say("note: " + unsigned.get(0)
                            + (unsigned.size() > 1 ? " and " + (unsigned.size() - 1) + " more" : ""));
        }
        return worst;
    }

    /** {@return a report with what is the matter with ID blocks} */
    static CheckReport report(Manifest manifest, List<Trouble> found, CheckReport report) {
        CheckReport all = report;
        for (Trouble trouble : found) {
            if (trouble.exit() != ExitCode.DONE) {
                CheckReport.Rule rule =
                        trouble.exit() == ExitCode.KEY ? CheckReport.Rule.SIGNATURE : CheckReport.Rule.STALE;
                all = all.withError(
                        "id-block",
                        trouble.file(),
                        rule,
                        trouble.text(),
                        manifest.idBlock().orElseThrow().place());
            }
        }
        return all;
    }

    /** What speaks against a signature: the signature itself, or the keys of the manifest. */
    private List<FieldVerdict> wrong(IdBlock block, IdAuth auth) {
        List<FieldVerdict> verdicts = new ArrayList<>(IdBlockCheck.SIGNATURES.of(block, auth));
        verdicts.add(FieldVerdict.of(
                "ID_KEY_DIGEST",
                Optional.of(policy.get("id-key-digest")),
                auth.idKey().digest().hex()));
        verdicts.add(FieldVerdict.of(
                "AUTHOR_KEY_DIGEST",
                Optional.of(policy.getOrDefault("author-key-digest", "none")),
                auth.author().map(author -> author.key().digest().hex()).orElse("none")));
        return verdicts.stream()
                .filter(verdict -> verdict instanceof FieldVerdict.Differs || verdict instanceof FieldVerdict.Untrusted)
                .toList();
    }

    private Path path(String name) {
        lock.folder().inside(new ManifestNode.Place("id-block", 0, 1, 1), "a file", name);
        return lock.folder().path().resolve(name);
    }

    private static Optional<byte[]> content(Path path, String name) {
        try {
            if (!Files.exists(path)) {
                return Optional.empty();
            }
            if (Files.size(path) > IdAuth.SIZE) {
                return Optional.of(new byte[0]); // it is neither
            }
            return Optional.of(Files.readAllBytes(path));
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, name + ": cannot be read: " + Inputs.why(e), "");
        }
    }

    private Optional<SigningKey> privateKey(String option) {
        return call.value(option).map(text -> Keys.read(() -> SigningKey.read(key(option, text), Optional.empty())));
    }

    private Source key(String option, String text) {
        if (!text.startsWith(VARIABLE)) {
            return call.inputs().open(text);
        }
        String name = text.substring(VARIABLE.length());
        String value = call.inputs().variables().get(name);
        if (value == null || value.isEmpty()) {
            throw Complaint.usage(option + ": the environment has no variable " + Talk.printable(name), "");
        }
        return Source.of(VARIABLE + name, value.getBytes(StandardCharsets.UTF_8));
    }
}
