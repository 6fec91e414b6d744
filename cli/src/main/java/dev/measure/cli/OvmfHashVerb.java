package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.firmware.Firmware;
import dev.measure.snp.FirmwareMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** {@code measure snp ovmf-hash}: the launch digest after a firmware's pages, and the firmware's metadata for later launches. */
final class OvmfHashVerb implements Verb {
    @Override
    public String name() {
        return "snp ovmf-hash";
    }

    @Override
    public String summary() {
        return "launch digest after a firmware's pages, and its metadata as JSON";
    }

    @Override
    public List<Example> examples() {
        return List.of(
                new Example("what --snp-ovmf-hash takes", "snp ovmf-hash OVMF.amdsev.fd"),
                new Example(
                        "all that later launches need of a firmware",
                        "snp ovmf-hash OVMF.amdsev.fd --metadata OVMF.json"),
                new Example(
                        "such a launch, without the firmware",
                        "snp --metadata OVMF.json --vcpus 4 --vcpu-type EPYC-v4"));
    }

    @Override
    public List<Options.Group> groups() {
        return List.of(new Options.Group(
                "Input",
                Options.value("FILE", "firmware file; - is standard input", "--firmware", "--ovmf", "--bios"),
                Options.list("which firmware of an f-UKI, by id", List.of(), "--fwid"),
                Options.value(
                        "FILE",
                        "write the firmware's metadata to FILE; without a firmware, read it from there",
                        "--metadata")));
    }

    @Override
    public List<Options.Parameter> positionals() {
        return List.of(Options.positional(0, "FILE", "a firmware file, or an f-UKI with one; - is standard input"));
    }

    @Override
    public List<String> notes() {
        return List.of(
                "--json prints the metadata itself, in the form of sev-snp-measure-go's parse-metadata.",
                "Nothing can check that hash and tables belong together: keep the file as safe as the firmware.");
    }

    @Override
    public ExitCode run(Call call) {
        return print(call);
    }

    /** Prints the hash of the firmware that a command line names. */
    static ExitCode print(Call call) {
        boolean firmwareGiven = call.has("--firmware") || call.positional(0).isPresent();
        Optional<String> file = call.value("--metadata");
        FirmwareMetadata metadata;
        if (!firmwareGiven && file.isPresent()) {
            metadata = FirmwareMetadata.read(call.inputs().open(file.get()));
        } else {
            List<LaunchTarget> targets = Targets.of(call, new Result());
            if (targets.size() > 1) {
                throw Complaint.usage("the image carries several firmwares", "choose one with --fwid");
            }
            metadata = FirmwareMetadata.of(
                    Firmware.read(targets.get(0).image(), call.common().strictness()));
            file.ifPresent(name -> write(name, metadata, call));
        }
        Digest digest = metadata.launchDigest();
        switch (call.common().format()) {
            case TEXT, HEX -> call.sink().line(digest.hex());
            case BASE64 -> call.sink().line(Base64.getEncoder().encodeToString(digest.toByteArray()));
            case JSON -> call.sink().print(metadata.toJson());
            default ->
                throw Complaint.usage("snp ovmf-hash has no YAML form", "take --format text, hex, base64 or json");
        }
        return ExitCode.DONE;
    }

    private static void write(String name, FirmwareMetadata metadata, Call call) {
        try {
            Files.writeString(call.inputs().path(name), metadata.toJson());
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.whyNotWritten(e), "");
        }
    }
}
