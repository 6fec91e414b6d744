package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import dev.measure.snp.LaunchMeasure;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code measure snp launch-measure}: what the owner of an SEV or SEV-ES guest is shown of its launch digest. */
final class LaunchMeasureVerb implements Verb {
    @Override
    public String name() {
        return "snp launch-measure";
    }

    @Override
    public String summary() {
        return "LAUNCH_MEASURE of an SEV or SEV-ES guest: its launch digest, keyed with the TIK";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example(
                        "the value that QEMU and libvirt report, in their base64",
                        "snp launch-measure --mode sev --firmware OVMF.fd --tik tik.bin --nonce"
                                + " 4fbe0bedbad6c86ae8f68971d103e554 --api-major 0 --api-minor 24 --build-id 15 --policy 0x1"
                                + " --format base64"),
                new Example(
                        "of a launch digest computed before",
                        "snp launch-measure --launch-digest"
                                + " e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 --tik tik.bin --nonce"
                                + " 4fbe0bedbad6c86ae8f68971d103e554 --api-major 0 --api-minor 18 --build-id 15 --policy 0"));
    }

    @Override
    public List<Options.Group> groups() {
        List<Options.Group> groups = new ArrayList<>();
        groups.add(new Options.Group(
                "Key and platform",
                Options.value("FILE", "transport integrity key: 16 bytes", "--tik"),
                Options.value("HEX", "MNONCE, 16 bytes, as the platform reported it", "--nonce"),
                Options.value("N", "major version of the SEV API", "--api-major"),
                Options.value("N", "minor version of the SEV API; 17 and later are part of the value", "--api-minor"),
                Options.value("N", "build of the SEV firmware", "--build-id"),
                Options.value("N", "policy of the guest, 32 bits", "--policy"),
                Options.value("HEX", "launch digest, instead of a firmware", "--launch-digest")));
        groups.add(new Options.Group(
                "Input",
                Options.value("FILE", "firmware file; - is standard input", "--firmware", "--ovmf", "--bios"),
                Options.list("which firmwares of an f-UKI, by id (default: all)", List.of(), "--fwid"),
                Options.choice("MODE", List.of("sev", "seves"), "kind of launch (default sev)", "--mode")));
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
                "The value is the HMAC (32 bytes) followed by MNONCE (16 bytes), as the command LAUNCH_MEASURE gives it.",
                "With --json it is the parameter launchMeasure of each launch digest, in hexadecimal.",
                "The key never appears in any output.");
    }

    @Override
    public ExitCode run(Call call) {
        LaunchMeasure.Tik tik = LaunchMeasure.Tik.read(call.inputs().open(needed(call, "--tik")));
        byte[] nonce = nonce(needed(call, "--nonce"));
        LaunchMeasure.Api api = new LaunchMeasure.Api(
                octet(call, "--api-major"), octet(call, "--api-minor"), octet(call, "--build-id"));
        long policy = SnpRequest.number("--policy", needed(call, "--policy"), 0xffff_ffffL);
        Optional<String> given = call.value("--launch-digest");
        if (given.isPresent()) {
            if (Output.isTree(call.common())) {
                throw Complaint.usage("--launch-digest has no JSON form", "take --format text, hex or base64");
            }
            Digest digest;
            try {
                digest = Digest.parse(DigestAlgorithm.SHA256, given.get());
            } catch (IllegalArgumentException e) {
                throw Complaint.usage("--launch-digest: " + e.getMessage(), "it has 64 hexadecimal digits");
            }
            call.sink().line(text(call, LaunchMeasure.of(tik, digest, nonce, api, policy)));
            return ExitCode.DONE;
        }
        Result digests = new Result();
        int asked = SevMode.add(launch(call), call, digests);
        Result keyed = keyed(digests, tik, nonce, api, policy);
        if (Output.isTree(call.common())) {
            Output.write(keyed, asked == 1, call);
        } else {
            for (Result.Value value : keyed.values()) {
                LaunchMeasure measure = LaunchMeasure.of(tik, value.digest(), nonce, api, policy);
                call.sink().line((asked == 1 ? "" : value.id() + "  ") + text(call, measure));
            }
            call.sink().flush();
            TextOutput.remarks(keyed, call.talk());
            TextOutput.refusals(keyed.refusals(), asked == 1, true, call.talk());
        }
        return keyed.refusals().stream().map(Result.Refusal::exit).findFirst().orElse(ExitCode.DONE);
    }

    /** The same result, with the keyed value beside each launch digest. */
    private static Result keyed(
            Result digests, LaunchMeasure.Tik tik, byte[] nonce, LaunchMeasure.Api api, long policy) {
        Result keyed = new Result();
        digests.inputs().forEach(input -> keyed.input(input.role(), input.source()));
        digests.assumptions().forEach(keyed::assumption);
        digests.warnings().forEach(keyed::warning);
        digests.refusals().forEach(keyed::refusal);
        for (Result.Value value : digests.values()) {
            Map<String, Object> parameters = new LinkedHashMap<>(value.parameters());
            LaunchMeasure measure = LaunchMeasure.of(tik, value.digest(), nonce, api, policy);
            parameters.put("launchMeasure", HexFormat.of().formatHex(measure.toByteArray()));
            keyed.value(new Result.Value(
                    value.id(),
                    value.register(),
                    value.digest(),
                    value.status(),
                    value.evidence(),
                    parameters,
                    value.command(),
                    value.measurement()));
        }
        return keyed;
    }

    private static String text(Call call, LaunchMeasure measure) {
        byte[] bytes = measure.toByteArray();
        return call.common().format() == Format.BASE64
                ? Base64.getEncoder().encodeToString(bytes)
                : HexFormat.of().formatHex(bytes);
    }

    private static Register.Launch launch(Call call) {
        String mode = call.value("--mode").orElse("sev");
        return switch (mode) {
            case "sev" -> Register.Launch.SEV;
            case "seves" -> Register.Launch.SEVES;
            default ->
                throw Complaint.usage(
                        "--mode must be sev or seves, got '" + mode + "'", "SEV-SNP guests have attestation reports");
        };
    }

    private static String needed(Call call, String option) {
        return call.value(option)
                .orElseThrow(() -> Complaint.usage(option + " is missing", "see: measure snp launch-measure --help"));
    }

    private static int octet(Call call, String option) {
        return (int) SnpRequest.number(option, needed(call, option), 255);
    }

    private static byte[] nonce(String hex) {
        if (!hex.matches("[0-9a-fA-F]{32}")) {
            throw Complaint.usage("--nonce must be 32 hexadecimal digits, got '" + hex + "'", "");
        }
        return HexFormat.of().parseHex(hex);
    }
}
