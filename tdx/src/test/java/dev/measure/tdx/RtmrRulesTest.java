package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.boot.BootInputs;
import dev.measure.firmware.Firmware;
import dev.measure.uki.Uki;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.PeWriter;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Rules of RTMRs by the specification's words and by digests that others have published. */
final class RtmrRulesTest {
    private static final Digest ANY = Digest.zero(DigestAlgorithm.SHA384);

    private static TdxLaunch launch(Optional<TdxVmm> vmm) {
        byte[] image = OvmfWriter.ovmf(0x10000)
                .tdxMetadata()
                .tdxSection(0x4000, 0xc000, 0xffff4000L, 0xc000, 0, 1)
                .tdxSection(0, 0x4000, 0xffff0000L, 0x4000, 1, 0)
                .tdxSection(0, 0, 0x810000, 0x10000, 3, 0)
                .tdxSection(0, 0, 0x809000, 0x2000, 2, 0)
                .build();
        return new TdxLaunch(
                Firmware.read(Source.of("made.fd", image), Strictness.STRICT),
                vmm,
                Optional.empty(),
                Strictness.STRICT);
    }

    private static RtmrInputs.Builder inputs(String edk2) {
        RtmrContent any = RtmrContent.given(ANY, "test");
        return RtmrInputs.builder()
                .launch(launch(Optional.empty()))
                .edk2(Edk2Generation.of(edk2).orElseThrow())
                .memory(2L << 30)
                .secureBoot(false)
                .variable("PK", Source.of("PK", new byte[0]))
                .variable("KEK", Source.of("KEK", new byte[0]))
                .variable("db", Source.of("db", new byte[0]))
                .variable("dbx", Source.of("dbx", new byte[0]))
                .acpiLoader(any)
                .acpiRsdp(any)
                .acpiTables(any)
                .smbios(any)
                .bootOrder(List.of())
                .kernel(any)
                .loadOptions(any);
    }

    private static List<RtmrEvent> events(RtmrInputs.Builder in, int register) {
        RtmrValue value = Rtmr.of(in.build()).get(register);
        assertInstanceOf(Prediction.Predicted.class, value.prediction(), value.prediction()::toString);
        return value.events();
    }

    private static List<String> names(List<RtmrEvent> events) {
        return events.stream().map(RtmrEvent::name).toList();
    }

    /** edk2's rules, tag by tag: which events there are, in which order and in which register. */
    @Test
    void generationsHaveTheirEvents() {
        List<String> first = List.of("TD HOB", "CFV");
        List<String> variables = List.of("SecureBoot", "PK", "KEK", "db", "dbx", "separator");
        List<String> acpi = List.of("ACPI loader", "ACPI RSDP", "ACPI tables");
        List<String> kernel = List.of("kernel", "Calling EFI Application from Boot Option");
        List<String> exit = List.of("Exit Boot Services Invocation", "Exit Boot Services Returned with Success");
        for (Edk2Generation edk2 : Edk2Generation.all()) {
            int tag = Integer.parseInt(edk2.id());
            List<String> rtmr0 = new ArrayList<>(first);
            if (tag >= 202505) {
                rtmr0.addAll(List.of("fw_cfg BootMenu", "fw_cfg bootorder"));
            }
            rtmr0.addAll(variables);
            if (tag >= 202302) {
                rtmr0.addAll(acpi);
            }
            if (tag >= 202505) {
                rtmr0.add("SMBIOS table");
            }
            List<String> rtmr1 = new ArrayList<>(kernel);
            (tag >= 202411 ? rtmr1 : rtmr0).add("separator");
            rtmr1.addAll(exit);
            assertEquals(rtmr0, names(events(inputs(edk2.id()), 0)), edk2.id());
            assertEquals(rtmr1, names(events(inputs(edk2.id()), 1)), edk2.id());
            assertEquals(tag >= 202508, edk2.initrdFirst(), edk2.id());
            assertEquals(tag >= 202502, edk2.namedBlobs(), edk2.id());
        }
    }

    /** Digests that never change, as published with the evidence. */
    @Test
    void constantEventsHaveThePublishedDigests() throws IOException {
        Optional<Path> file = Shared.file("vectors/tdx/evidence.json");
        if (file.isEmpty()) {
            return;
        }
        Map<String, String> names = Map.of(
                "SecureBoot",
                "SecureBoot empty",
                "PK",
                "PK empty",
                "KEK",
                "KEK empty",
                "db",
                "db empty",
                "dbx",
                "dbx empty",
                "separator",
                "EV_SEPARATOR 00000000");
        JsonNode published = null;
        for (JsonNode item : JsonMapper.builder().build().readTree(file.get().toFile())) {
            if (item.path("what").asText().contains("event digests")) {
                published = item.get("expected");
            }
        }
        List<RtmrEvent> events = new ArrayList<>(events(inputs("202411"), 0));
        events.addAll(events(inputs("202411"), 1));
        int compared = 0;
        for (RtmrEvent event : events) {
            JsonNode expected = published.get(names.getOrDefault(event.name(), event.name()));
            if (expected != null) {
                assertEquals(expected.asText(), event.digest().hex(), event.name());
                compared++;
            }
        }
        assertTrue(compared >= 9, "compared " + compared);
    }

    /** Debian's images come with the store that edk2 describes; so did those of the hardware logs. */
    @Test
    void theFreshVariableStoreIsThatOfAnImage() throws IOException {
        Optional<Path> image = Shared.unxz("firmware/deb13-OVMF.fd.xz");
        if (image.isPresent()) {
            Source whole = Source.open(image.get());
            assertEquals(
                    whole.slice(0, 0x84000).digest(DigestAlgorithm.SHA384),
                    FreshVariableStore.bytes().digest(DigestAlgorithm.SHA384));
        }
        assertTrue(
                FreshVariableStore.bytes().digest(DigestAlgorithm.SHA384).hex().startsWith("344bc51c980ba621"));
    }

    /** edk2 QemuFwCfgCacheInit.c: in the order of its list, an item of another size than it expects is passed over. */
    @Test
    void fwCfgItemsAreMeasuredInTheOrderOfTheFirmware() {
        RtmrInputs.Builder in = inputs("202505")
                .fwCfg(
                        "bootorder",
                        Source.of("bootorder", "/pci@i0cf8/scsi@1/disk@0,0\0".getBytes(StandardCharsets.US_ASCII)))
                .fwCfg("etc/reserved-memory-end", Source.of("end", new byte[8]))
                .fwCfg("opt/ovmf/X-PciMmio64Mb", Source.of("mmio", "32768".getBytes(StandardCharsets.US_ASCII)))
                .fwCfg("etc/boot-menu-wait", Source.of("wait", new byte[4]))
                .fwCfg("etc/extra-pci-roots", Source.of("roots", new byte[8]));
        List<String> names = names(events(in, 0));
        assertEquals(
                List.of(
                        "fw_cfg etc/extra-pci-roots",
                        "fw_cfg BootMenu",
                        "fw_cfg etc/reserved-memory-end",
                        "fw_cfg opt/ovmf/X-PciMmio64Mb",
                        "fw_cfg bootorder"),
                names.subList(2, 7));
    }

    /** Where it is not QEMU that starts the firmware, what is not known is not guessed. */
    @Test
    void otherVmmsHaveTypedAnswers() {
        for (TdxVmm vmm : TdxVmm.values()) {
            if (vmm.isQemu()) {
                continue;
            }
            RtmrInputs in = RtmrInputs.builder()
                    .launch(launch(Optional.of(vmm)))
                    .edk2(Edk2Generation.of("202411").orElseThrow())
                    .memory(2L << 30)
                    .build();
            for (int register = 0; register < 3; register++) {
                Prediction prediction = Rtmr.of(in).get(register).prediction();
                if (vmm == TdxVmm.HYPERV) {
                    Prediction.Predicted zero = assertInstanceOf(Prediction.Predicted.class, prediction);
                    assertEquals(ANY, zero.measurement().value());
                } else {
                    assertInstanceOf(Prediction.NotPredictable.class, prediction, vmm.id());
                }
            }
        }
    }

    /** QEMU has -shim and etc/boot/shim from 10.0 on, EDK2 looks at it from 202502 on. */
    @Test
    void aShimThatIsHandedOverCountsWhereTheFirmwareStartsIt() {
        for (int register = 0; register < 3; register++) {
            Prediction started = Rtmr.of(
                            inputs("202502").qemuVersion("10.1").shim(true).build())
                    .get(register)
                    .prediction();
            assertTrue(assertInstanceOf(Prediction.NotPredictable.class, started)
                    .why()
                    .contains("in place of the kernel"));
            Prediction unknown =
                    Rtmr.of(inputs("202502").shim(true).build()).get(register).prediction();
            assertInstanceOf(Prediction.NotPredictable.class, unknown);
            Prediction tooOld = Rtmr.of(
                            inputs("202502").qemuVersion("9.2.1").shim(true).build())
                    .get(register)
                    .prediction();
            assertEquals(
                    "QEMU has -shim from 10.0 on",
                    assertInstanceOf(Prediction.NotLaunchable.class, tooOld).why());
            assertEquals(
                    events(inputs("202411"), register),
                    events(inputs("202411").qemuVersion("10.1").shim(true), register));
        }
    }

    /** dstack-mr's own tests of its second format (cc-eventlog, runtime_events.rs). */
    @Test
    void dstacksSecondFormatIsCanonicalJson() {
        assertEquals(
                "{\"name\":\"compose-hash\",\"payload\":\"abcd\",\"type\":134217729}",
                new RuntimeEvent.DstackV2("compose-hash", Source.of("p", new byte[] {(byte) 0xab, (byte) 0xcd}))
                        .canonical());
        assertEquals(
                "{\"name\":\"event\\\"with\\\\special\\nchars\",\"payload\":\"ff\",\"type\":134217729}",
                new RuntimeEvent.DstackV2("event\"with\\special\nchars", Source.of("p", new byte[] {(byte) 0xff}))
                        .canonical());
        assertTrue(new RuntimeEvent.DstackV2("\b\f\n\r\t\u0001", Source.of("p", new byte[0]))
                .canonical()
                .contains("\"name\":\"\\b\\f\\n\\r\\t\\u0001\""));
    }

    /** edk2 GenericQemuLoadImageLib and QemuKernelLoaderFsDxe go by the size of the initrd, which is 0. */
    @Test
    void anEmptyInitrdIsNone() throws NoSuchAlgorithmException {
        RtmrInputs.Builder in = RtmrInputs.builder()
                .launch(launch(Optional.empty()))
                .edk2(Edk2Generation.of("202411").orElseThrow())
                .kernel(RtmrContent.given(ANY, "test"))
                .append("x")
                .initrd(RtmrContent.of(Source.of("initrd", new byte[0])));
        List<RtmrEvent> events = events(in, 2);
        assertEquals(List.of("kernel command line"), names(events));
        byte[] text = "x\0".getBytes(StandardCharsets.UTF_16LE);
        assertEquals(
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-384").digest(text)),
                events.get(0).digest().hex());
    }

    /** edk2 BasePrintLib, %a: the two bytes of an umlaut in UTF-8 become two characters. */
    @Test
    void theFirmwareTakesBytesOfTheCommandLineForCharacters() throws NoSuchAlgorithmException {
        RtmrInputs.Builder plain = RtmrInputs.builder()
                .launch(launch(Optional.empty()))
                .edk2(Edk2Generation.of("202411").orElseThrow())
                .kernel(RtmrContent.given(ANY, "test"))
                .append("\u00fc");
        byte[] text = {(byte) 0xc3, 0, (byte) 0xbc, 0, 0, 0};
        assertEquals(
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-384").digest(text)),
                events(plain, 2).get(0).digest().hex());
    }

    /** etc/boot/kernel is there from QEMU 10.0 on; a profile of a VMM says the version, too. */
    @Test
    void aProfileOfQemuSaysWhichKernelTheFirmwareMeasures() {
        byte[] file = PeWriter.pe32Plus().section(".text", new byte[0x1000]).build();
        System.arraycopy("HdrS".getBytes(StandardCharsets.US_ASCII), 0, file, 0x202, 4);
        file[0x206] = 0x0f;
        file[0x207] = 2;
        file[0x211] = 1;
        Map<String, Digest> kernels = new TreeMap<>();
        for (TdxVmm vmm : List.of(TdxVmm.QEMU_8_2, TdxVmm.QEMU_9, TdxVmm.QEMU_10_1, TdxVmm.QEMU_10_2)) {
            kernels.put(vmm.id(), kernel(vmm, Optional.empty(), file));
        }
        Digest patched = kernel(TdxVmm.QEMU_OTHER, Optional.of("9.2"), file);
        Digest plain = kernel(TdxVmm.QEMU_OTHER, Optional.of("10.0"), file);
        assertNotEquals(patched, plain);
        assertEquals(Map.of("qemu-8.2", patched, "qemu-9", patched, "qemu-10.1", plain, "qemu-10.2", plain), kernels);
        // QEMU's commit a7542a38f399 is in no release before 10.2: firmware that knows no etc/boot/kernel sees it, too.
        Edk2Generation old = Edk2Generation.of("202411").orElseThrow();
        for (String version : List.of("8.2.2", "10", "10.0.13", "10.1.5", "v10.1")) {
            RtmrInputs.Builder in =
                    in(TdxVmm.QEMU_OTHER, Optional.of(version), file).edk2(old);
            assertEquals(patched, events(in, 1).get(0).digest(), version);
            assertEquals(List.of(), assumed(in.build(), "qemu-version"), version);
        }
        for (String version : List.of("10.2", "10.2.1", "v11.0.0", "12.1")) {
            RtmrInputs.Builder in =
                    in(TdxVmm.QEMU_OTHER, Optional.of(version), file).edk2(old);
            assertEquals(plain, events(in, 1).get(0).digest(), version);
        }
        RtmrInputs.Builder unsaid =
                in(TdxVmm.QEMU_OTHER, Optional.empty(), file).edk2(old);
        assertEquals(patched, events(unsaid, 1).get(0).digest());
        assertEquals(List.of("before 10.2"), assumed(unsaid.build(), "qemu-version"));
        RtmrInputs.Builder later = in(TdxVmm.QEMU_10_2, Optional.empty(), file).edk2(old);
        assertEquals(plain, events(later, 1).get(0).digest());
        RtmrInputs open = in(TdxVmm.QEMU_OTHER, Optional.empty(), file).build();
        assertInstanceOf(Prediction.NotPredictable.class, Rtmr.of(open).get(1).prediction());
        RtmrInputs refused = in(TdxVmm.QEMU_10_1, Optional.empty(), file)
                .append("vga=791foo")
                .build();
        for (int register : List.of(1, 2)) {
            assertInstanceOf(
                    Prediction.NotLaunchable.class,
                    Rtmr.of(refused).get(register).prediction());
        }
    }

    private static List<String> assumed(RtmrInputs in, String key) {
        return ((Prediction.Predicted) Rtmr.of(in).get(1).prediction())
                .assumptions().stream()
                        .filter(each -> each.key().equals(key))
                        .map(Assumption::value)
                        .toList();
    }

    private static Digest kernel(TdxVmm vmm, Optional<String> version, byte[] file) {
        return events(in(vmm, version, file), 1).get(0).digest();
    }

    private static RtmrInputs.Builder in(TdxVmm vmm, Optional<String> version, byte[] file) {
        RtmrInputs.Builder in = RtmrInputs.builder()
                .launch(launch(Optional.of(vmm)))
                .edk2(Edk2Generation.of("202502").orElseThrow())
                .memory(2L << 30)
                .kernel(RtmrContent.of(Source.of("kernel", file)));
        version.ifPresent(in::qemuVersion);
        return in;
    }

    /** A firmware without a TDX entry in its table is one that no VMM makes a trust domain with: it has no registers. */
    @Test
    void firmwareWithoutTdxMetadataHasNoRegisters() {
        Firmware firmware =
                Firmware.read(Source.of("plain.fd", OvmfWriter.ovmf(0x10000).build()), Strictness.STRICT);
        List<RtmrValue> values = Rtmr.of(RtmrInputs.builder()
                .launch(TdxLaunch.of(firmware))
                .edk2(Edk2Generation.of("202211").orElseThrow())
                .build());
        assertEquals(4, values.size());
        for (RtmrValue value : values) {
            Prediction.NotLaunchable refused = assertInstanceOf(Prediction.NotLaunchable.class, value.prediction());
            assertEquals(
                    "plain.fd: offset 0xffd0: expected a GUIDed table with TDX metadata, without which no VMM starts a trust"
                            + " domain, found a GUIDed table without such an entry",
                    refused.why());
        }
    }

    /** Processors with TDX are x86-64, and edk2 for X64 loads no other kind of program. */
    @Test
    void programsForOtherProcessorsAreRefused() {
        byte[] arm = PeWriter.stub("257.1")
                .machine(0xaa64)
                .section(".linux", PeWriter.pe32Plus().section(".text", "x").build())
                .build();
        String why = "arm.efi: offset 0x84: expected Machine = 0x8664, found 0xaa64";
        Uki uki = Uki.read(Source.of("arm.efi", arm), Strictness.LENIENT);
        byte[] x64 = PeWriter.stub("257.1")
                .section(".linux", PeWriter.pe32Plus().section(".text", "x").build())
                .build();
        BootInputs.Builder boot = BootInputs.builder().uki(Uki.read(Source.of("x64.efi", x64), Strictness.LENIENT));
        for (BootInputs each : List.of(
                BootInputs.builder().uki(uki).build(),
                BootInputs.builder().uki(uki).direct(true).build(),
                boot.loaders(List.of(Source.of("arm.efi", arm))).build())) {
            List<RtmrValue> values = Rtmr.of(inputs("202411").boot(each).build());
            for (RtmrValue value : values) {
                Prediction.NotLaunchable refused =
                        assertInstanceOf(Prediction.NotLaunchable.class, value.prediction(), value::toString);
                assertEquals(why, refused.why());
            }
        }
    }

    /** QEMU has the firmware allocate more files for some devices; each is measured in its place in the script. */
    @Test
    void filesOfOtherDevicesAreMeasuredInTheOrderOfTheScript() {
        byte[] script = new byte[4 * 128];
        List<String> files = List.of("etc/acpi/rsdp", "etc/vmgenid_guid", "etc/tpm/log", "etc/acpi/tables");
        for (int i = 0; i < files.size(); i++) {
            script[i * 128] = 1;
            byte[] name = files.get(i).getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(name, 0, script, i * 128 + 4, name.length);
        }
        RtmrInputs.Builder in = inputs("202411").acpiLoader(RtmrContent.of(Source.of("script", script)));
        Prediction.NotPredictable missing = assertInstanceOf(
                Prediction.NotPredictable.class, Rtmr.of(in.build()).get(0).prediction());
        assertEquals("--acpi-file etc/vmgenid_guid=FILE", missing.input());
        in.acpiFile("etc/vmgenid_guid", RtmrContent.of(Source.of("guid", new byte[] {1, 2, 3})));
        List<RtmrEvent> acpi = events(in, 0).subList(8, 13);
        assertEquals(
                List.of("ACPI loader", "ACPI RSDP", "ACPI etc/vmgenid_guid", "ACPI etc/tpm/log", "ACPI tables"),
                names(acpi));
        // printf '\1\2\3' | sha384sum; head -c 65536 /dev/zero | sha384sum
        assertEquals(
                "86229dc6d2ffbeac7380744154aa700291c064352a0dbdc77b9ed3f2c8e1dac4dc325867d39ddff1d2629b7a393d47f6",
                acpi.get(2).digest().hex());
        assertEquals(
                "69fca46943118a952e4f165e122a47f2b7b5336fa8fa1674a26437d183a7e947f15a4a0afabece6d6b28e3c84f60fac2",
                acpi.get(3).digest().hex());
    }
}
