package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.DigestAlgorithm;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.boot.BootDisk;
import dev.measure.boot.BootInputs;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventType;
import dev.measure.eventlog.TcgEvent;
import dev.measure.smbios.SmbiosTable;
import dev.measure.uki.Uki;
import dev.measure.vectors.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * RTMR0 behind TD HOB and CFV against the logs that real boots left with a TPM, and where the events of all registers say that their
 * bytes come from. The same drivers measure the same variables and ACPI files in the same order; PCRs 1 and 7 are RTMR0.
 */
final class RtmrFirmwareBootsTest {
    private static final String BOOTS = "vectors/boots/";

    /** A UKI of each stub, Secure Boot with a signed UKI, and a disk that is no virtio-blk device. */
    private static final Map<String, String> DISKS = Map.of(
            "a-v257-fw2025.02", "virtio-blk-pci,bootindex=0",
            "a-v262-fw2026.08", "virtio-blk-pci,bootindex=0",
            "f-sb-v257", "virtio-blk-pci,bootindex=0",
            "h-fw13-smp2-m2G", "virtio-blk-pci,bootindex=0",
            "i-nvme", "nvme,serial=probe,bootindex=0");

    @TestFactory
    Stream<DynamicTest> firmwareMeasuresAsWithATpm() {
        if (Shared.file("vectors/boots").isEmpty()) {
            return Stream.empty();
        }
        return DISKS.keySet().stream()
                .sorted()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    JsonNode boot = read(name);
                    List<RtmrEvent> events = events(Rtmr.of(inputs(name, boot)), 0);
                    List<String> actual =
                            events.stream().map(event -> event.digest().hex()).toList();
                    List<String> expected = new ArrayList<>(actual.subList(0, 2)); // TD HOB and CFV: other tests
                    expected.addAll(ofFirmware(name, boot));
                    assertEquals(expected, actual);
                }));
    }

    /** Bytes that an event names as they are have its digest; of what is made of several the log has the whole. */
    @TestFactory
    Stream<DynamicTest> eventsNameTheBytesThatAreMeasured() {
        if (Shared.file("vectors/boots").isEmpty()) {
            return Stream.empty();
        }
        return DISKS.keySet().stream()
                .sorted()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    List<RtmrValue> values = Rtmr.of(inputs(name, read(name)));
                    for (RtmrValue value : values) {
                        for (RtmrEvent event : value.events()) {
                            named(event.provenance())
                                    .ifPresent(bytes -> assertEquals(
                                            event.digest(),
                                            bytes.digest(DigestAlgorithm.SHA384),
                                            () -> event.name() + ": "
                                                    + event.provenance().text()));
                        }
                    }
                    RtmrEvent gpt = events(values, 1).stream()
                            .filter(event -> event.type().equals(EventType.EV_EFI_GPT_EVENT))
                            .findFirst()
                            .orElseThrow();
                    assertEquals(
                            log(name)
                                    .filter(event -> event.type().equals(EventType.EV_EFI_GPT_EVENT))
                                    .map(event -> event.data().digest(DigestAlgorithm.SHA256))
                                    .toList(),
                            List.of(gptData((Provenance.Derived) gpt.provenance())
                                    .digest(DigestAlgorithm.SHA256)));
                }));
    }

    private static Optional<Source> named(Provenance provenance) {
        if (provenance instanceof Provenance.PeSection section) {
            return named(section.range());
        }
        if (provenance instanceof Provenance.FileRange range && Files.exists(Path.of(range.file()))) {
            return Optional.of(open(range));
        }
        return Optional.empty();
    }

    private static Source open(Provenance.FileRange range) {
        try {
            return Source.open(Path.of(range.file())).slice(range.offset(), range.length());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** UEFI_GPT_DATA put together by hand: header, number of entries, entries. */
    private static Source gptData(Provenance.Derived from) {
        ByteArrayOutputStream entries = new ByteArrayOutputStream();
        from.from().subList(1, from.from().size()).stream()
                .map(range -> open((Provenance.FileRange) range).toByteArray())
                .forEach(entries::writeBytes);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(open((Provenance.FileRange) from.from().get(0)).toByteArray());
        whole.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(entries.size() / 128)
                .array());
        whole.writeBytes(entries.toByteArray());
        return Source.of("GPT", whole.toByteArray());
    }

    /** The events of a log that a trust domain has in RTMR0, in its order. */
    private static List<String> ofFirmware(String name, JsonNode boot) throws IOException {
        List<String> expected = new ArrayList<>();
        if (generation(boot).equals("202605")) {
            for (byte[] item : List.of(new byte[2], bootOrder(boot))) {
                expected.add(
                        Source.of("fw_cfg", item).digest(DigestAlgorithm.SHA384).hex());
            }
        }
        add(expected, name, event -> event.registerIndex() == 7 && is(event, EventType.EV_EFI_VARIABLE_DRIVER_CONFIG));
        add(expected, name, event -> event.registerIndex() == 7 && is(event, EventType.EV_SEPARATOR));
        add(expected, name, event -> event.registerIndex() == 1 && is(event, EventType.EV_PLATFORM_CONFIG_FLAGS));
        add(expected, name, event -> event.registerIndex() == 1 && is(event, EventType.EV_EFI_HANDOFF_TABLES));
        add(expected, name, event -> event.registerIndex() == 1 && is(event, EventType.EV_EFI_VARIABLE_BOOT));
        add(expected, name, event -> event.registerIndex() == 7 && is(event, EventType.EV_EFI_VARIABLE_AUTHORITY));
        add(expected, name, event -> event.registerIndex() == 1 && is(event, EventType.EV_EVENT_TAG));
        return expected;
    }

    private static boolean is(TcgEvent event, EventType type) {
        return event.type().equals(type);
    }

    private static void add(List<String> expected, String name, Predicate<TcgEvent> which) throws IOException {
        log(name)
                .filter(which)
                .forEach(event -> expected.add(
                        event.digest(DigestAlgorithm.SHA384).orElseThrow().hex()));
    }

    private static Stream<TcgEvent> log(String name) throws IOException {
        return EventLog.read(
                Source.open(Shared.file(BOOTS + name + "/eventlog.bin").orElseThrow()))
                .events()
                .stream();
    }

    private static List<RtmrEvent> events(List<RtmrValue> values, int register) {
        return values.stream()
                .filter(value -> value.register() == register && !value.events().isEmpty())
                .findFirst()
                .orElseThrow(() -> new AssertionError(values.get(register).prediction()))
                .events();
    }

    private static JsonNode read(String name) throws IOException {
        return JsonMapper.builder()
                .build()
                .readTree(Shared.file(BOOTS + name + "/case.json").orElseThrow().toFile());
    }

    private static String generation(JsonNode boot) {
        return boot.at("/code/image").asText().contains("forky") ? "202605" : "202502";
    }

    private static RtmrInputs inputs(String name, JsonNode boot) throws IOException {
        String[] gpt = boot.get("gpt").asText().split(": ");
        Source uki = Source.open(Shared.untar(
                        boot.at("/files/0/archive").asText(),
                        "ukis/" + boot.at("/files/0/name").asText())
                .orElseThrow());
        return RtmrInputs.builder()
                .launch(TdxLaunch.of(TdxLaunch.join(image(boot, "vars"), image(boot, "code"), Strictness.STRICT)))
                .edk2(Edk2Generation.of(generation(boot)).orElseThrow())
                .memory((long) boot.at("/machine/memory").asText().charAt(0) - '0' << 30)
                .acpiLoader(RtmrContent.of(Source.open(fwCfg(boot, "etc__table-loader"))))
                .acpiRsdp(RtmrContent.of(Source.open(fwCfg(boot, "etc__acpi__rsdp"))))
                .acpiTables(RtmrContent.of(Source.open(fwCfg(boot, "etc__acpi__tables"))))
                .smbiosTable(SmbiosTable.read(
                        Source.open(
                                Shared.file(BOOTS + name + "/smbios-table.bin").orElseThrow()),
                        Strictness.STRICT))
                .bootDisk(BootDisk.parse(DISKS.get(name)))
                .boot(BootInputs.builder()
                        .uki(Uki.read(uki, Strictness.LENIENT))
                        .disk(Source.open(Shared.untar(gpt[0], gpt[1]).orElseThrow()))
                        .build())
                .build();
    }

    private static Source image(JsonNode boot, String which) throws IOException {
        return Source.open(Shared.unxz(boot.at("/" + which + "/image").asText()).orElseThrow());
    }

    private static byte[] bootOrder(JsonNode boot) throws IOException {
        byte[] order = Files.readAllBytes(fwCfg(boot, "bootorder"));
        assertEquals("/pci@i0cf8/scsi@1/disk@0,0\0", new String(order, StandardCharsets.US_ASCII));
        return order;
    }

    private static Path fwCfg(JsonNode boot, String item) throws IOException {
        String sha256 = boot.at("/fw_cfg_sha256/" + item).asText();
        return Shared.untar(BOOTS + "fw_cfg.tar.xz", "fw_cfg/" + sha256.substring(0, 16) + "." + item)
                .orElseThrow();
    }
}
