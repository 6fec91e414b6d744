package dev.measure.cli;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.firmware.Firmware;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes a manifest to begin with: what can be predicted of one file alone, and in comments what could be added. */
final class Starter {
    private static final List<String> SNP = List.of("--vcpus=1", "--vcpu-type=EPYC-v4");

    private final Call call;
    private final ManifestFolder folder;
    private final String file;

    private Starter(Call call, ManifestFolder folder, String file) {
        this.call = call;
        this.folder = folder;
        this.file = file;
    }

    /** Writes the manifest that the command line names, unless there is one. */
    static ExitCode write(Call call) {
        String name = call.value("--init").orElseThrow();
        String manifest = call.positional(0).orElse(LockFile.USUAL);
        Path path = call.inputs().path(manifest);
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw Complaint.usage(
                    manifest + " exists",
                    "delete it, or give the starter another name: measure lock --init " + name + " NAME.yaml");
        }
        Source source = call.inputs().open(name);
        ManifestFolder folder = new ManifestFolder(path);
        Path image = call.inputs().path(name).toAbsolutePath().normalize();
        if (!image.startsWith(folder.path())) {
            throw Complaint.usage(
                    "--init: " + name + " is not in the folder of " + manifest,
                    "a manifest names files in its own folder only, so that nobody else's manifest can reach others");
        }
        String file = folder.path().relativize(image).toString().replace('\\', '/');
        String text = new Starter(call, folder, file).text(source);
        LockFile.write(path.toAbsolutePath(), manifest, text.getBytes(StandardCharsets.UTF_8));
        call.talk().say("wrote " + manifest);
        call.talk()
                .say("next: look at it, then `measure lock`" + (manifest.equals(LockFile.USUAL) ? "" : " " + manifest));
        return ExitCode.DONE;
    }

    private String text(Source source) {
        StringBuilder text = new StringBuilder();
        boolean image = FileKind.isPe(source);
        String artifact = image ? "image" : "firmware";
        text.append("# Which values of which machines are golden. `measure lock` writes them into ")
                .append(
                        "measure.lock.json,\n# `measure check` fails when a file moves one of them. All keys: measure help manifest\n")
                .append("schema: ")
                .append(ManifestReader.SCHEMA)
                .append("\n\n")
                .append("# Files, in this folder. A pinned digest makes sure that it is the one that was reviewed:\n")
                .append("#   ")
                .append(artifact)
                .append(": {file: ")
                .append(quoted(file))
                .append(", sha256: ")
                .append(source.digest(DigestAlgorithm.SHA256).hex())
                .append("}\n")
                .append("artifacts:\n  ")
                .append(artifact)
                .append(": ")
                .append(quoted(file))
                .append("\n\ntargets:\n");
        int before = text.length();
        if (image) {
            ofImage(source, text);
        } else {
            ofFirmware(source, text);
        }
        if (text.length() == before) {
            throw new Complaint(
                    ExitCode.NOT_PREDICTABLE,
                    source.name() + ": nothing can be predicted of it alone",
                    "what is it? measure inspect " + source.name());
        }
        text.append("\n# Cells of a matrix that no machine has:\n")
                .append("# exclude:\n#   - {register: snp, cpu: EPYC-Genoa, vcpus: 33..64}\n")
                .append("\n# What else a verifier demands of a report:\n")
                .append("# policies:\n#   snp: {policy: 0x30000, guest-svn: 1}\n");
        return text.toString();
    }

    private void ofImage(Source source, StringBuilder text) {
        Uki uki = Uki.read(source, call.common().strictness());
        List<String> snp = new ArrayList<>();
        List<String> tdx = new ArrayList<>();
        for (UkiFirmware firmware : uki.firmwares()) {
            Optional<String> id = firmware.firmware().fwid();
            if (id.isPresent() && !snp.contains(id.get()) && !tdx.contains(id.get())) {
                List<String> chosen = List.of("--fwid=" + id.get());
                if (gives("snp", "image", chosen, SNP)) {
                    snp.add(id.get());
                }
                if (gives("tdx", "image", chosen, List.of())) {
                    tdx.add(id.get());
                }
            }
        }
        if (!snp.isEmpty()) {
            snp(
                    "image",
                    "      fwid: ["
                            + String.join(
                                    ", ", snp.stream().map(Starter::quoted).toList()) + "]\n",
                    text);
        }
        if (!tdx.isEmpty()) {
            tdx(
                    "image",
                    "      fwid: ["
                            + String.join(
                                    ", ", tdx.stream().map(Starter::quoted).toList()) + "]\n",
                    text);
        }
        boolean several = uki.profiles().size() > 1;
        boolean pcr11 = gives("pcr", "image", List.of(), List.of("--pcr=11"));
        if (!pcr11) {
            return;
        }
        String choices = (several ? "      profile: all\n" : "")
                + (uki.firmwares().isEmpty() ? "" : "      fwid: all # by the stub, and none\n");
        text.append(
                        "  # What a TPM holds of the image in the initrd; a boot adds the words of systemd-pcrphase\n  # (the firmware's event log ends before them: to check one, add none).\n")
                .append("  - pcr:\n      image: image\n      pcr: 11\n      bank: [sha256, sha384]\n")
                .append(choices)
                .append("      phase: [enter-initrd, \"enter-initrd:leave-initrd\"]\n");
        if (gives("pcr", "image", List.of(), List.of("--pcr=4", "--secure-boot=off"))) {
            text.append(
                            "  # The image as the firmware starts it, without Secure Boot and boot loader; for others: loader, vars, db.\n")
                    .append("  - pcr:\n      image: image\n      pcr: 4\n      bank: [sha256, sha384]\n")
                    .append(choices) // those of PCR 11: values of one machine have the same keys
                    .append("      secure-boot: \"off\"\n");
        }
    }

    private void ofFirmware(Source source, StringBuilder text) {
        Firmware.read(source, call.common().strictness());
        if (gives("snp", "firmware", List.of(), SNP)) {
            snp("firmware", "", text);
        }
        if (gives("tdx", "firmware", List.of(), List.of())) {
            tdx("firmware", "", text);
        }
    }

    private static void snp(String key, String choice, StringBuilder text) {
        text.append("  # SEV-SNP launch digests: each vCPU count, type and VMM is another one.\n")
                .append("  - snp:\n      ")
                .append(key)
                .append(": ")
                .append(key)
                .append('\n')
                .append(choice)
                .append("      vcpus: 1,2,4,8 # or 1..64\n")
                .append("      vcpu-type: [EPYC-v4, EPYC-Genoa-v1] # QEMU's -cpu\n")
                .append("      vmm: qemu\n")
                .append("      guest-features: 0x1\n");
    }

    private static void tdx(String key, String choice, StringBuilder text) {
        text.append(
                        "  # Intel TDX: MRTD in the orders of both kinds of VMM. RTMRs need more of the machine: measure help tdx.\n")
                .append("  - tdx:\n      ")
                .append(key)
                .append(": ")
                .append(key)
                .append('\n')
                .append(choice)
                .append("      order: [page, section]\n");
    }

    /** Whether a command line gives all of its values. */
    private boolean gives(String technology, String artifact, List<String> choice, List<String> options) {
        List<String> arguments = new ArrayList<>(choice);
        arguments.addAll(options);
        arguments.addAll(artifact.equals("image") ? List.of("--", file) : List.of("--firmware=" + file));
        ManifestNode.Place place = new ManifestNode.Place(file, 0, 1, 1);
        Manifest one = new Manifest(
                file,
                Map.of(),
                List.of(new Manifest.Target(place, technology, arguments, Optional.empty(), Map.of())),
                List.of(),
                Map.of(),
                Optional.empty(),
                List.of(),
                List.of());
        try {
            ManifestRun.Outcome outcome = ManifestRun.of(one, folder, call);
            return outcome.refusals().isEmpty() && !outcome.golden().values().isEmpty();
        } catch (Complaint | MalformedInputException e) {
            return false; // then it is not offered
        }
    }

    /** Plain if YAML takes it for text in any case. */
    private static String quoted(String text) {
        return text.matches("[A-Za-z][A-Za-z0-9._/-]*") && !text.matches("(?i)true|false|null|yes|no|on|off|y|n")
                ? text
                : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
