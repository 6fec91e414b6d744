package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.FirmwareVersion;
import dev.measure.pe.PeSection;
import dev.measure.uki.DeviceType;
import dev.measure.uki.FirmwareChoice;
import dev.measure.uki.HardwareId;
import dev.measure.uki.LoaderInfo;
import dev.measure.uki.Profile;
import dev.measure.uki.SectionRange;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What is in an EFI program: for a UKI its sections, profiles, firmwares, hardware ids, and who gets which firmware. */
final class UkiReport {
    private static final int LONGEST_TEXT = 400;

    private final Uki uki;
    private final List<Machine> machines;
    private final Map<Integer, Map<DigestAlgorithm, Digest>> sectionDigests = new LinkedHashMap<>();
    private final Optional<Map<DigestAlgorithm, Digest>> authenticode;
    private final List<Payload> payloads = new ArrayList<>();

    /** A firmware section with what its payload is. */
    private record Payload(UkiFirmware firmware, String kind, String text, Optional<String> version) {}

    UkiReport(Uki uki, List<DigestAlgorithm> banks, List<Machine> machines) {
        this.uki = uki;
        this.machines = machines;
        List<Map<DigestAlgorithm, Digest>> digests = uki.image().sectionDigestsAndAuthenticode(banks);
        for (PeSection section : uki.image().sections()) {
            sectionDigests.put(section.index(), digests.get(section.index()));
        }
        int sections = uki.image().sections().size(); // an image that no firmware would start has nothing behind them
        this.authenticode = digests.size() > sections ? Optional.of(digests.get(sections)) : Optional.empty();
        for (UkiFirmware firmware : uki.firmwares()) {
            payloads.add(payload(firmware));
        }
    }

    private static Payload payload(UkiFirmware firmware) {
        Source bytes = firmware.firmware().payload();
        try {
            Firmware read = Firmware.read(bytes, Strictness.LENIENT);
            return new Payload(firmware, FirmwareReport.kind(read), read.kind().text(), FirmwareVersion.find(read));
        } catch (MalformedInputException e) {
            return new Payload(firmware, "broken", "broken firmware", Optional.empty());
        }
    }

    /** {@return the kind as a word of the JSON output} */
    static String kind(Uki uki) {
        return switch (uki.kind()) {
            case UKI -> uki.firmwares().isEmpty() ? "uki" : "f-uki";
            case ADDON -> "addon";
            case LINUX_KERNEL -> "linux-kernel";
            case EFI_PROGRAM -> "efi-program";
        };
    }

    private String title() {
        return switch (uki.kind()) {
            case UKI -> uki.firmwares().isEmpty() ? "UKI without firmware" : "f-UKI";
            case ADDON -> "UKI add-on";
            case LINUX_KERNEL -> "Linux kernel";
            case EFI_PROGRAM -> "EFI program";
        };
    }

    void print(Page page) {
        Source file = uki.image().source();
        page.heading(file.name() + ": " + title() + ", " + file.length() + " bytes");
        uki.loaderInfo().ifPresent(info -> page.fact("program", info.program() + " " + info.version()));
        Profile first = uki.profiles().get(0);
        first.osRelease()
                .ifPresent(release -> release.value("PRETTY_NAME")
                        .or(() -> release.value("NAME"))
                        .or(() -> release.value("ID"))
                        .ifPresent(name -> page.fact("system", name)));
        first.uname().ifPresent(text -> page.fact("kernel", shortened(text)));
        first.cmdline().ifPresent(text -> page.fact("cmdline", shortened(text)));
        uki.image().certificates().ifPresent(table -> page.fact("signed", table.length() + " bytes of certificates"));
        authenticode.ifPresent(digests -> digests.forEach(
                (algorithm, digest) -> page.fact("image", algorithm.id() + " " + digest.hex() + " (Authenticode)")));
        page.table("Sections", sections());
        page.table("Profiles", profiles());
        page.table("Firmwares", firmwares());
        page.table("Hardware ids", hardwareIds());
        if (!machines.isEmpty()) {
            page.table(
                    "Firmware chosen by each machine (CHIDs as "
                            + machines.get(0).mode().id() + " computes them)",
                    choices());
        }
    }

    private Table sections() {
        Table table = new Table("name", "in", "size", "algorithm", "digest of the content");
        for (PeSection section : uki.image().sections()) {
            String name = section.name();
            String range = place(section);
            String size = Long.toString(section.virtualSize());
            for (Map.Entry<DigestAlgorithm, Digest> digest :
                    sectionDigests.get(section.index()).entrySet()) {
                table.row(
                        name,
                        range,
                        size,
                        digest.getKey().id(),
                        digest.getValue().hex());
                name = "";
                range = "";
                size = "";
            }
        }
        return table;
    }

    private String place(PeSection section) {
        for (SectionRange range : uki.ranges()) {
            if (range.sections().contains(section)) {
                return place(range.profile());
            }
        }
        return "outside";
    }

    private static String place(OptionalInt profile) {
        return profile.isPresent() ? "@" + profile.getAsInt() : "base";
    }

    private Table profiles() {
        Table table = new Table("profile", "id", "title");
        if (uki.hasProfiles()) {
            for (Profile profile : uki.profiles()) {
                table.row(
                        "@" + profile.number(),
                        profile.id().orElse(""),
                        profile.title().orElse(""));
            }
        }
        return table;
    }

    private Table firmwares() {
        Table table = new Table("id", "in", "header", "size", "version", "selectable", "what it is");
        for (Payload payload : payloads) {
            UkiFirmware firmware = payload.firmware();
            table.row(
                    firmware.firmware().fwid().orElse("(none)"),
                    place(firmware.profile()),
                    firmware.firmware().form().name().toLowerCase(Locale.ROOT),
                    Long.toString(firmware.firmware().payload().length()),
                    payload.version().orElse("-"),
                    FirmwareChoice.never(uki, firmware).isEmpty() ? "yes" : "never",
                    payload.text());
        }
        return table;
    }

    private Table hardwareIds() {
        Table table = new Table("in", "type", "CHID", "leads to", "name");
        for (SectionRange range : uki.ranges()) {
            range.hardwareIds().ifPresent(ids -> {
                for (HardwareId id : ids.entries()) {
                    table.row(
                            place(range.profile()),
                            type(id),
                            id.chid().toString(),
                            id.value().orElse("-"),
                            id.name().orElse(""));
                }
            });
        }
        return table;
    }

    private static String type(HardwareId id) {
        return id.type().map(DeviceType::id).orElse(String.format("0x%08x", id.descriptor()));
    }

    private Table choices() {
        Table table = new Table("machine", "profile", "firmware", "because");
        for (Machine machine : machines) {
            for (Profile profile : uki.profiles()) {
                FirmwareChoice choice = FirmwareChoice.of(uki, profile.number(), machine.chids());
                String number = "@" + profile.number();
                if (choice instanceof FirmwareChoice.Selected selected) {
                    table.row(
                            machine.name(),
                            number,
                            selected.firmware().firmware().fwid().orElse("(none)"),
                            "its CHID of type " + selected.chidType() + " is "
                                    + selected.entry().chid());
                } else if (choice instanceof FirmwareChoice.None none) {
                    table.row(machine.name(), number, "none", none.text());
                } else {
                    throw new AssertionError(choice);
                }
            }
        }
        return table;
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "...";
    }

    Map<String, Object> found() {
        Map<String, Object> found = new LinkedHashMap<>();
        Source file = uki.image().source();
        found.put("file", file.name());
        found.put("kind", kind(uki));
        found.put("size", file.length());
        uki.loaderInfo().ifPresent(info -> found.put("program", program(info)));
        Profile first = uki.profiles().get(0);
        first.osRelease().ifPresent(release -> found.put("osRelease", new LinkedHashMap<>(release.values())));
        first.uname().ifPresent(text -> found.put("uname", text));
        first.cmdline().ifPresent(text -> found.put("cmdline", text));
        found.put("signed", uki.image().certificates().isPresent());
        authenticode.ifPresent(digests -> found.put("authenticode", FirmwareReport.digests(digests)));
        List<Object> sections = new ArrayList<>();
        for (PeSection section : uki.image().sections()) {
            sections.add(FirmwareReport.row(
                    "name", section.name(),
                    "in", place(section),
                    "size", section.virtualSize(),
                    "offset", section.pointerToRawData(),
                    "digests", FirmwareReport.digests(sectionDigests.get(section.index()))));
        }
        found.put("sections", sections);
        if (uki.hasProfiles()) {
            found.put(
                    "profiles",
                    uki.profiles().stream().map(UkiReport::profileMap).toList());
        }
        found.put("firmwares", payloads.stream().map(this::payloadMap).toList());
        List<Object> hardwareIds = new ArrayList<>();
        for (SectionRange range : uki.ranges()) {
            range.hardwareIds().ifPresent(ids -> ids.entries().forEach(id -> hardwareIds.add(hardwareId(range, id))));
        }
        found.put("hardwareIds", hardwareIds);
        if (!machines.isEmpty()) {
            found.put("machines", machines.stream().map(this::machineMap).toList());
        }
        return found;
    }

    private static Map<String, Object> program(LoaderInfo info) {
        return FirmwareReport.row(
                "name", info.program(), "version", info.version().toString());
    }

    private static Map<String, Object> profileMap(Profile profile) {
        Map<String, Object> map = FirmwareReport.row("number", profile.number());
        profile.id().ifPresent(id -> map.put("id", id));
        profile.title().ifPresent(title -> map.put("title", title));
        return map;
    }

    private Map<String, Object> payloadMap(Payload payload) {
        UkiFirmware firmware = payload.firmware();
        Map<String, Object> map = new LinkedHashMap<>();
        firmware.firmware().fwid().ifPresent(id -> map.put("id", id));
        map.put("in", place(firmware.profile()));
        map.put("header", firmware.firmware().form().name().toLowerCase(Locale.ROOT));
        map.put("kind", payload.kind());
        payload.version().ifPresent(version -> map.put("version", version));
        map.put("size", firmware.firmware().payload().length());
        map.put("offset", firmware.firmware().payload().start());
        map.put(
                "sha256",
                firmware.firmware().payload().digest(DigestAlgorithm.SHA256).hex());
        Optional<String> never = FirmwareChoice.never(uki, firmware);
        map.put("selectable", never.isEmpty());
        never.ifPresent(why -> map.put("why", why));
        return map;
    }

    private static Map<String, Object> hardwareId(SectionRange range, HardwareId id) {
        Map<String, Object> map = FirmwareReport.row(
                "in",
                place(range.profile()),
                "type",
                type(id),
                "chid",
                id.chid().toString());
        id.value().ifPresent(value -> map.put("leadsTo", value));
        id.name().ifPresent(name -> map.put("name", name));
        return map;
    }

    private Map<String, Object> machineMap(Machine machine) {
        Map<String, Object> chids = new LinkedHashMap<>();
        machine.chids().forEach((type, chid) -> chids.put(type, chid.toString()));
        List<Object> choices = new ArrayList<>();
        for (Profile profile : uki.profiles()) {
            FirmwareChoice choice = FirmwareChoice.of(uki, profile.number(), machine.chids());
            if (choice instanceof FirmwareChoice.Selected selected) {
                choices.add(FirmwareReport.row(
                        "profile", profile.number(),
                        "fwid", selected.firmware().firmware().fwid().orElse(""),
                        "chidType", selected.chidType(),
                        "chid", selected.entry().chid().toString()));
            } else if (choice instanceof FirmwareChoice.None none) {
                choices.add(FirmwareReport.row("profile", profile.number(), "fwid", "none", "why", none.text()));
            } else {
                throw new AssertionError(choice);
            }
        }
        return FirmwareReport.row(
                "machine", machine.name(), "chidMode", machine.mode().id(), "chids", chids, "choices", choices);
    }
}
