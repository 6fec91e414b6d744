package dev.measure.tpm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.boot.BootDisk;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootSequence;
import dev.measure.boot.NamedFile;
import dev.measure.boot.PeifvPatches;
import dev.measure.firmware.FirmwareImage;
import dev.measure.smbios.SmbiosTable;
import dev.measure.uki.Uki;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A measured boot of the shared vectors: its inputs by name and hash, the log that it left, and the PCRs of the TPM. */
final class BootCase {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern DISK = Pattern.compile("-device ((?:virtio-blk-pci|nvme|ide-hd|scsi-hd)\\S*)");
    private static final Map<String, Source> OPEN = new HashMap<>();
    private static final Map<Source, String> SHA256 = new HashMap<>();

    /** Each is unpacked once, whatever number of boots has it. */
    private static final Map<Source, FirmwareImage> FIRMWARE = new HashMap<>();

    private final String name;
    private final JsonNode json;
    private final JsonNode pcrs;
    private final Path log;
    private final Path smbios;

    private BootCase(String name, JsonNode json, JsonNode pcrs, Path log, Path smbios) {
        this.name = name;
        this.json = json;
        this.pcrs = pcrs;
        this.log = log;
        this.smbios = smbios;
    }

    /** {@return all boots; empty if the vectors are not here} */
    static List<BootCase> all() throws IOException {
        List<BootCase> cases = new ArrayList<>();
        Optional<Path> folder = Shared.file("vectors/boots");
        if (folder.isEmpty()) {
            return cases;
        }
        List<Path> boots;
        try (Stream<Path> list = Files.list(folder.get())) {
            boots = list.filter(path -> Files.exists(path.resolve("case.json")))
                    .sorted()
                    .toList();
        }
        for (Path boot : boots) {
            cases.add(new BootCase(
                    boot.getFileName().toString(),
                    JSON.readTree(boot.resolve("case.json").toFile()),
                    JSON.readTree(boot.resolve("pcrs.json").toFile()),
                    boot.resolve("eventlog.bin"),
                    boot.resolve("smbios-table.bin")));
        }
        Path shared = Shared.folder().orElseThrow();
        for (JsonNode fuki :
                JSON.readTree(shared.resolve("vectors/fuki/pcr11_boots.json").toFile())) {
            cases.add(new BootCase(
                    "fuki-" + fuki.get("case").asText(),
                    fuki,
                    fuki.get("pcrs"),
                    shared.resolve("vectors/fuki").resolve(fuki.get("eventlog").asText()),
                    shared.resolve(fuki.get("smbiosTable").asText())));
        }
        return cases;
    }

    String name() {
        return name;
    }

    Source log() throws IOException {
        return open(log);
    }

    /** {@return the banks that the TPM had} */
    List<DigestAlgorithm> banks() {
        List<DigestAlgorithm> banks = new ArrayList<>();
        pcrs.fieldNames().forEachRemaining(bank -> banks.add(DigestAlgorithm.parse(bank)));
        return banks;
    }

    /** {@return the value of the TPM} */
    String pcr(DigestAlgorithm bank, int index) {
        return pcrs.get(bank.id()).get(Integer.toString(index)).asText();
    }

    /** {@return the id of the firmware that the stub selected; empty where the case does not say} */
    Optional<String> fwid() {
        JsonNode fwid = json.get("selectedFwid");
        return fwid == null ? Optional.empty() : Optional.of(fwid.isNull() ? "none" : fwid.asText());
    }

    /**
     * What is predicted.
     *
     * @param boot the list of events
     * @param values PCRs 0 to 15 in every bank that the TPM had
     */
    record Outcome(BootPrediction boot, List<PcrPrediction> values) {
        /** {@return the values of a register: one, or one of which is right} */
        List<PcrPrediction> of(int pcr, DigestAlgorithm bank) {
            return values.stream()
                    .filter(value ->
                            value.register().index() == pcr && value.register().bank() == bank)
                    .toList();
        }
    }

    private static final List<Integer> PCRS =
            IntStream.rangeClosed(0, 15).boxed().toList();
    private static final Map<String, Outcome> OUTCOMES = new HashMap<>();

    /** {@return the prediction from all inputs of the boot} */
    Outcome outcome() throws IOException {
        Outcome known = OUTCOMES.get(name);
        if (known == null) {
            known = outcome(inputs());
            OUTCOMES.put(name, known);
        }
        return known;
    }

    /** {@return the prediction from other inputs} */
    Outcome outcome(BootInputs inputs) {
        BootPrediction boot = BootSequence.of(inputs);
        return new Outcome(boot, Pcr.of(boot, PCRS, EnumSet.copyOf(banks())));
    }

    private static Source open(Path path) throws IOException {
        Source open = OPEN.get(path.toString());
        if (open == null) {
            open = Source.open(path.getFileName().toString(), path);
            OPEN.put(path.toString(), open);
        }
        return open;
    }

    private static Source fixture(JsonNode file) throws IOException {
        String archive = file.get("archive").asText();
        String folder = archive.contains("loaders") ? "loaders/" : "ukis/";
        Source source =
                open(Shared.untar(archive, folder + file.get("name").asText()).orElseThrow());
        String sha256 = SHA256.computeIfAbsent(
                source, any -> source.digest(DigestAlgorithm.SHA256).hex());
        if (!sha256.equals(file.get("sha256").asText())) {
            throw new IOException(file + " has SHA-256 " + sha256);
        }
        return source;
    }

    private static Source image(JsonNode image) throws IOException {
        return open(Shared.unxz(image.get("image").asText()).orElseThrow());
    }

    /** {@return the inputs that the case names, and nothing else} */
    BootInputs inputs() throws IOException {
        BootInputs.Builder in = BootInputs.builder();
        JsonNode machine = json.get("machine");
        in.machineType(machine.get("type").asText())
                .smp(Integer.parseInt(machine.get("smp").asText()))
                .memory(PeifvPatches.size(machine.get("memory").asText()).orElseThrow())
                .confidentialVm(machine.get("confidential").asBoolean());
        in.firmware(FIRMWARE.computeIfAbsent(image(json.get("code")), FirmwareImage::of));
        if (json.hasNonNull("vars")) {
            in.variables(image(json.get("vars")));
        }
        in.smbios(SmbiosTable.read(smbios, Strictness.STRICT));
        acpi(in);
        disk(in, machine);
        for (JsonNode rom : json.path("optionRoms")) {
            in.optionRoms(List.of(fixture(rom)));
        }
        if (json.hasNonNull("direct")) {
            direct(in, json.get("direct"));
        } else {
            files(in);
        }
        String profile = json.path("profile").asText("@0");
        in.profile(Integer.parseInt(profile.substring(1)));
        return in.build();
    }

    private void acpi(BootInputs.Builder in) throws IOException {
        in.acpiLoader(blob("etc__table-loader"));
        in.acpiRsdp(blob("etc__acpi__rsdp"));
        in.acpiTables(blob("etc__acpi__tables"));
    }

    private Source blob(String key) throws IOException {
        String sha256 = json.get("fw_cfg_sha256").get(key).asText();
        return open(Shared.untar("vectors/boots/fw_cfg.tar.xz", "fw_cfg/" + sha256.substring(0, 16) + "." + key)
                .orElseThrow());
    }

    private void disk(BootInputs.Builder in, JsonNode machine) throws IOException {
        String gpt = json.path("gpt").asText("");
        if (!gpt.isEmpty()) {
            String[] place = gpt.split(": ");
            in.disk(open(Shared.untar(place[0], place[1]).orElseThrow()));
        }
        Matcher device = DISK.matcher(json.path("qemu_cmd").asText(""));
        if (device.find()) {
            in.bootDisk(BootDisk.parse(device.group(1)));
        } else if (machine.has("disk")) {
            in.bootDisk(BootDisk.parse(machine.get("disk")
                    .asText()
                    .replace(" bootindex ", "bootindex=")
                    .replace(", slot 1,", ",")));
        }
    }

    private void direct(BootInputs.Builder in, JsonNode direct) throws IOException {
        in.direct(true).qemuVersion("7.2");
        Source kernel = fixture(direct.get("kernel"));
        if (direct.get("kernel").get("name").asText().endsWith(".efi")) {
            in.uki(Uki.read(kernel));
        } else {
            in.kernel(kernel);
        }
        if (direct.has("initrd")) {
            in.initrd(fixture(direct.get("initrd")));
        }
        if (direct.has("append")) {
            in.append(direct.get("append").asText());
        }
    }

    private void files(BootInputs.Builder in) throws IOException {
        List<NamedFile> addons = new ArrayList<>();
        List<NamedFile> globalAddons = new ArrayList<>();
        List<NamedFile> credentials = new ArrayList<>();
        List<NamedFile> globalCredentials = new ArrayList<>();
        Map<String, JsonNode> byPath = new HashMap<>();
        json.get("files").forEach(file -> byPath.put(file.get("path").asText(), file));
        Optional<JsonNode> entry = Optional.empty();
        Optional<JsonNode> uki = Optional.empty();
        for (JsonNode file : json.get("files")) {
            String path = file.get("path").asText();
            String last = path.substring(path.lastIndexOf('/') + 1);
            if (path.startsWith("EFI/Linux/") && path.split("/").length == 3) {
                uki = Optional.of(file);
            } else if (path.startsWith("loader/entries/")) {
                entry = Optional.of(file);
            } else if (path.equals("loader/loader.conf")) {
                in.loaderConf(fixture(file));
            } else if (path.startsWith("loader/addons/")) {
                globalAddons.add(new NamedFile(last, fixture(file)));
            } else if (path.startsWith("loader/credentials/")) {
                globalCredentials.add(new NamedFile(last, fixture(file)));
            } else if (path.endsWith(".cred")) {
                credentials.add(new NamedFile(last, fixture(file)));
            } else if (path.contains(".extra.d/")) {
                addons.add(new NamedFile(last, fixture(file)));
            }
        }
        JsonNode first = byPath.get("EFI/BOOT/BOOTX64.EFI");
        if (uki.isPresent() || entry.isPresent()) {
            in.loaders(List.of(fixture(first)));
        } else {
            uki = Optional.of(first);
        }
        if (uki.isPresent()) {
            in.uki(Uki.read(fixture(uki.get()), Strictness.LENIENT));
        }
        if (entry.isPresent()) {
            Source text = fixture(entry.get());
            in.loaderEntry(text);
            for (String line : new String(text.toByteArray(), StandardCharsets.UTF_8).split("\n")) {
                String[] words = line.split(" +");
                if (words[0].equals("linux")) {
                    in.kernel(fixture(byPath.get(words[1].substring(1))));
                } else if (words[0].equals("initrd")) {
                    in.initrd(fixture(byPath.get(words[1].substring(1))));
                }
            }
        }
        in.addons(addons).globalAddons(globalAddons).credentials(credentials).globalCredentials(globalCredentials);
    }

    @Override
    public String toString() {
        return name;
    }
}
