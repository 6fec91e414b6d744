package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.boot.BootDisk;
import dev.measure.boot.BootInputs;
import dev.measure.eventlog.EventLog;
import dev.measure.eventlog.EventType;
import dev.measure.eventlog.TcgEvent;
import dev.measure.firmware.Firmware;
import dev.measure.smbios.SmbiosTable;
import dev.measure.uki.Uki;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The boot variables of RTMR0 against those that the same firmware measured into PCR 1: BDS makes them before it matters what takes
 * the measurement.
 */
final class RtmrBootVariablesTest {
    private static final String BOOTS = "vectors/boots/";
    private static final Digest ANY = Digest.zero(DigestAlgorithm.SHA384);

    private record Case(String name, String code, Optional<String> vars, String edk2, Optional<String> disk) {}

    @TestFactory
    Stream<DynamicTest> areThoseOfMeasuredBoots() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        Optional<String> plain = Optional.of("firmware/deb13-OVMF_VARS_4M.fd.xz");
        Optional<String> virtio = Optional.of("virtio-blk-pci,bootindex=0");
        for (Case each : List.of(
                new Case("a-v257-fw2025.02", "firmware/deb13-OVMF.fd.xz", Optional.empty(), "202502", virtio),
                new Case("a-v262-fw2026.08", "firmware/forky-OVMF_CODE_4M.fd.xz", plain, "202605", virtio),
                new Case(
                        "i-nvme",
                        "firmware/deb13-OVMF.fd.xz",
                        Optional.empty(),
                        "202502",
                        Optional.of("nvme,serial=probe,bootindex=0")),
                new Case(
                        "m-net-nobootindex",
                        "firmware/deb13-OVMF.fd.xz",
                        Optional.empty(),
                        "202502",
                        Optional.of("virtio-blk-pci")),
                new Case(
                        "g-kernel-vmlinuz-fw13",
                        "firmware/deb13-OVMF.fd.xz",
                        Optional.empty(),
                        "202502",
                        Optional.empty()),
                new Case(
                        "g-kernel-vmlinuz-fwS",
                        "firmware/forky-OVMF_CODE_4M.fd.xz",
                        plain,
                        "202605",
                        Optional.empty()))) {
            if (Shared.file(BOOTS + each.name).isPresent()) {
                tests.add(DynamicTest.dynamicTest(each.name, () -> compare(each)));
            }
        }
        return tests.stream();
    }

    private static void compare(Case each) throws IOException {
        RtmrInputs.Builder in = inputs(launch(each.code, each.vars))
                .edk2(Edk2Generation.of(each.edk2).orElseThrow());
        if (each.disk.isPresent()) {
            in.boot(BootInputs.builder().build()).bootDisk(BootDisk.parse(each.disk.get()));
        } else {
            in.kernel(RtmrContent.given(ANY, "test"));
        }
        List<String> logged = new ArrayList<>();
        for (TcgEvent event : log(each.name)) {
            if (event.registerIndex() == 1 && event.type().equals(EventType.EV_EFI_VARIABLE_BOOT)) {
                logged.add(event.digest(DigestAlgorithm.SHA384).orElseThrow().hex());
            }
        }
        assertFalse(logged.isEmpty());
        assertEquals(logged, digests(rtmr0(in), EventType.EV_EFI_VARIABLE_BOOT));
    }

    /** A machine whose disk is not said has a value for each usual kind of disk: each that of the disk, if it is said. */
    @Test
    void withoutADiskRtmr0IsASet() throws IOException {
        if (Shared.file("firmware/deb13-OVMF.fd.xz").isEmpty()) {
            return;
        }
        for (String edk2 : List.of("202411", "202502", "202505")) {
            RtmrInputs.Builder in = inputs(launch("firmware/deb13-OVMF.fd.xz", Optional.empty()))
                    .edk2(Edk2Generation.of(edk2).orElseThrow())
                    .boot(BootInputs.builder().build());
            List<RtmrValue> open = ofRtmr0(in);
            assertEquals(
                    List.of("disk-virtio-blk-pci", "disk-scsi-hd", "disk-ide-hd"),
                    open.stream().map(RtmrValue::variant).toList());
            Set<String> different = new HashSet<>();
            for (RtmrValue value : open) {
                String device = value.variant().substring("disk-".length());
                List<RtmrValue> given = ofRtmr0(in.bootDisk(BootDisk.parse(device + ",bootindex=0")));
                assertEquals(1, given.size());
                assertEquals("only", given.get(0).variant());
                assertEquals(given.get(0).events(), value.events(), edk2 + " " + device);
                different.add(digests(value, EventType.EV_EFI_VARIABLE_BOOT).toString());
            }
            assertEquals(3, different.size());
        }
    }

    /** Where the boot variables are given, and the firmware measures no fw_cfg items, the disk does not matter. */
    @Test
    void aDiskThatMakesNoDifferenceMakesNoSet() throws IOException {
        if (Shared.file("firmware/deb13-OVMF.fd.xz").isEmpty()) {
            return;
        }
        RtmrInputs.Builder in = inputs(launch("firmware/deb13-OVMF.fd.xz", Optional.empty()))
                .boot(BootInputs.builder().build())
                .bootOrder(List.of(3))
                .bootVariable(3, Source.of("Boot0003", new byte[] {1, 2, 3}));
        assertEquals(
                1, ofRtmr0(in.edk2(Edk2Generation.of("202502").orElseThrow())).size());
        // bootorder of fw_cfg names the disk, too
        List<RtmrValue> newer = ofRtmr0(in.edk2(Edk2Generation.of("202505").orElseThrow()));
        assertEquals(3, newer.size());
        // what is not known is so with any disk, once
        RtmrInputs.Builder without = in.withoutAcpi();
        List<RtmrValue> missing = ofRtmr0(without);
        assertEquals(1, missing.size());
        assertEquals("only", missing.get(0).variant());
        assertInstanceOf(Prediction.NotPredictable.class, missing.get(0).prediction());
    }

    private static List<RtmrValue> ofRtmr0(RtmrInputs.Builder in) {
        return Rtmr.of(in.build()).stream()
                .filter(value -> value.register() == 0)
                .toList();
    }

    /** A stub from 261 on adds structures of the SMBIOS table behind the boot variables, as in PCR 1. */
    @Test
    void aStubAddsTheSmbiosStructures() throws IOException {
        String name = "a-v262-fw2026.08";
        Optional<Path> table = Shared.file(BOOTS + name + "/smbios-table.bin");
        Optional<Path> uki = Shared.untar("fixtures/ukis.tar.xz", "ukis/v262.efi");
        if (table.isEmpty() || uki.isEmpty()) {
            return;
        }
        TdxLaunch launch =
                launch("firmware/forky-OVMF_CODE_4M.fd.xz", Optional.of("firmware/deb13-OVMF_VARS_4M.fd.xz"));
        BootInputs boot = BootInputs.builder()
                .uki(Uki.read(Source.open(uki.get()), Strictness.LENIENT))
                .build();
        List<String> logged = new ArrayList<>();
        for (TcgEvent event : log(name)) {
            boolean firmware = event.type().equals(EventType.EV_SEPARATOR)
                    || event.type().equals(EventType.EV_PLATFORM_CONFIG_FLAGS);
            if (event.registerIndex() == 1 && !firmware) {
                logged.add(event.digest(DigestAlgorithm.SHA384).orElseThrow().hex());
            }
        }
        RtmrValue value = rtmr0(inputs(launch).boot(boot).smbiosTable(SmbiosTable.read(Source.open(table.get()))));
        List<String> predicted =
                value.events().stream().map(event -> event.digest().hex()).toList();
        // SMBIOS table, boot variables, structure of type 1
        assertEquals(logged, predicted.subList(predicted.size() - logged.size(), predicted.size()));

        RtmrInputs.Builder without = inputs(launch).boot(boot);
        Prediction.NotPredictable missing = assertInstanceOf(
                Prediction.NotPredictable.class, Rtmr.of(without.build()).get(0).prediction());
        assertEquals("--smbios", missing.input());
    }

    /** In a trust domain IntelTdxX64 looks into DXEFV only, which has the menu; its setup and shell are in NCCFV. */
    @Test
    void intelTdxHasTheMenuAlone() throws IOException {
        Optional<Path> image = Shared.unxz("firmware/forky-OVMF.inteltdx.ms.fd.xz");
        if (image.isEmpty()) {
            return;
        }
        RtmrValue value = rtmr0(inputs(TdxLaunch.of(Firmware.read(Source.open(image.get()), Strictness.STRICT)))
                .kernel(RtmrContent.given(ANY, "test")));
        String menu = "";
        for (TcgEvent event : log("j-bios-amdsev2026.08")) {
            if (event.type().equals(EventType.EV_EFI_VARIABLE_BOOT)
                    && new String(event.data().toByteArray(), StandardCharsets.UTF_16LE)
                            .contains("BootManagerMenuApp")) {
                menu = event.digest(DigestAlgorithm.SHA384).orElseThrow().hex();
            }
        }
        String order0000 = Source.of("BootOrder", new byte[2])
                .digest(DigestAlgorithm.SHA384)
                .hex();
        assertEquals(List.of(order0000, menu), digests(value, EventType.EV_EFI_VARIABLE_BOOT));
    }

    /** What QEMU listed in fw_cfg bootorder for each kind of disk, and of a kernel that it handed over. */
    @Test
    void bootOrderIsWhatQemuLists() throws IOException {
        bootOrder("a-v262-fw2026.08", BootDisk.DEFAULT.bootOrderItem());
        bootOrder("i-nvme", BootDisk.parse("nvme,serial=probe,bootindex=0").bootOrderItem());
        bootOrder("m-net-nobootindex", BootDisk.parse("virtio-blk-pci").bootOrderItem());
        dump(
                "5291a9800c254f62",
                BootDisk.parse("virtio-blk-pci,addr=7,bootindex=0").bootOrderItem());
        dump("18a7372e435f92b4", BootDisk.parse("ide-hd,bootindex=0").bootOrderItem());
        dump("d7c20caa35586ec9", BootDisk.parse("scsi-hd,bootindex=0").bootOrderItem());
    }

    private static void bootOrder(String name, String expected) throws IOException {
        Optional<Path> file = Shared.file(BOOTS + name + "/case.json");
        if (file.isPresent()) {
            JsonNode json = JsonMapper.builder().build().readTree(file.get().toFile());
            assertEquals(
                    json.get("fw_cfg_sha256").get("bootorder").asText(),
                    Source.of("bootorder", expected.getBytes(StandardCharsets.US_ASCII))
                            .digest(DigestAlgorithm.SHA256)
                            .hex());
        }
    }

    private static void dump(String sha256, String expected) throws IOException {
        Optional<Path> file = Shared.untar(BOOTS + "fw_cfg.tar.xz", "fw_cfg/" + sha256 + ".bootorder");
        if (file.isPresent()) {
            assertEquals(Files.readString(file.get()), expected);
        }
    }

    /** OvmfPkg/AmdSev carries TDX metadata, but its TdxHelperLib is the empty one. */
    @Test
    void anAmdSevBuildStopsInATrustDomain() throws IOException {
        Optional<Path> image = Shared.unxz("firmware/forky-OVMF.amdsev.fd.xz");
        if (image.isEmpty()) {
            return;
        }
        List<RtmrValue> values =
                Rtmr.of(inputs(TdxLaunch.of(Firmware.read(Source.open(image.get()), Strictness.STRICT)))
                        .build());
        for (int register = 0; register < 3; register++) {
            Prediction.NotLaunchable refused = assertInstanceOf(
                    Prediction.NotLaunchable.class, values.get(register).prediction());
            assertEquals(
                    "the firmware is a build of OvmfPkg/AmdSev, which stops in SEC when it finds itself in a trust domain",
                    refused.why());
        }
    }

    /** OvmfPkgX64 had no TdTcg2Dxe in 202211, and its SEC measured nothing. */
    @Test
    void aFirmwareWithoutTheDriverMeasuresNothing() throws IOException {
        Optional<Path> image = Shared.unxz("firmware/deb12-OVMF.fd.xz");
        if (image.isEmpty()) {
            return;
        }
        List<RtmrValue> values =
                Rtmr.of(inputs(TdxLaunch.of(Firmware.read(Source.open(image.get()), Strictness.STRICT)))
                        .edk2(Edk2Generation.of("202211").orElseThrow())
                        .build());
        for (int register = 0; register < 3; register++) {
            Prediction.Predicted predicted = assertInstanceOf(
                    Prediction.Predicted.class, values.get(register).prediction());
            assertEquals(ANY, predicted.measurement().value());
            assertEquals(
                    List.of("nothing"),
                    predicted.assumptions().stream()
                            .filter(assumption -> assumption.key().equals("firmware-measures"))
                            .map(Assumption::value)
                            .toList());
        }
    }

    private static RtmrInputs.Builder inputs(TdxLaunch launch) {
        RtmrContent any = RtmrContent.given(ANY, "test");
        return RtmrInputs.builder()
                .launch(launch)
                .memory(2L << 30)
                .secureBoot(false)
                .acpiLoader(any)
                .acpiRsdp(any)
                .acpiTables(any)
                .smbios(any);
    }

    private static TdxLaunch launch(String code, Optional<String> vars) throws IOException {
        Source image = Source.open(Shared.unxz(code).orElseThrow());
        if (vars.isEmpty()) {
            return TdxLaunch.of(Firmware.read(image, Strictness.STRICT));
        }
        return TdxLaunch.of(
                TdxLaunch.join(Source.open(Shared.unxz(vars.get()).orElseThrow()), image, Strictness.STRICT));
    }

    private static RtmrValue rtmr0(RtmrInputs.Builder in) {
        RtmrValue value = Rtmr.of(in.build()).get(0);
        assertInstanceOf(Prediction.Predicted.class, value.prediction(), value.prediction()::toString);
        return value;
    }

    private static List<String> digests(RtmrValue value, EventType type) {
        return value.events().stream()
                .filter(event -> event.type().equals(type))
                .map(event -> event.digest().hex())
                .toList();
    }

    private static List<TcgEvent> log(String name) throws IOException {
        return EventLog.read(
                        Source.open(Shared.file(BOOTS + name + "/eventlog.bin").orElseThrow()))
                .events();
    }
}
