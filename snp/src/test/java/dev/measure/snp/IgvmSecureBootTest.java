package dev.measure.snp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.IgvmDescriptor;
import dev.measure.igvm.IgvmDataHob;
import dev.measure.igvm.IgvmDataType;
import dev.measure.igvm.IgvmFile;
import dev.measure.igvm.IgvmHeader;
import dev.measure.igvm.IgvmWriter;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** OVMF with Secure Boot keys as an IGVM file. The layout of HOBs and areas is edk2's; the digest is that of a naive chain. */
class IgvmSecureBootTest {
    private static final SnpGuest ONE = SnpGuest.qemu(1, CpuModel.parse("EPYC-v4"));
    private static final SnpGuest TWO = SnpGuest.qemu(2, CpuModel.parse("EPYC-v4"));

    private static Optional<byte[]> firmware() throws IOException {
        Optional<Path> path = Shared.unxz("firmware/forky-OVMF.amdsev.fd.xz");
        return path.isEmpty() ? Optional.empty() : Optional.of(Files.readAllBytes(path.get()));
    }

    private static Firmware read(byte[] image) {
        return Firmware.read(Source.of("OVMF.fd", image), Strictness.STRICT);
    }

    /** An authenticated variable: EFI_TIME, {length, 0x0200, 0x0ef1, PKCS7}, a signature of one byte, then the value. */
    private static byte[] auth(String value) {
        return HexFormat.of()
                .parseHex("ea07010203040506000000000000000019000000" + "0002f10e" + "9dd2af4adf68ee498aa9347d375665a7"
                        + "30" + value);
    }

    private static Map<IgvmDataType, Source> keys() {
        Map<IgvmDataType, Source> data = new EnumMap<>(IgvmDataType.class);
        data.put(IgvmDataType.PK, Source.of("PK.auth", auth("01")));
        data.put(IgvmDataType.KEK, Source.of("KEK.auth", auth("0203")));
        data.put(IgvmDataType.DB, Source.of("db.auth", Arrays.copyOf(auth("04"), 5000)));
        data.put(IgvmDataType.DBX, Source.of("dbx.auth", auth("05")));
        return data;
    }

    private static final int SIZE = 0x10000;

    /** A small image whose sections surround its parameter area at 0x812000 and its HOB area at 0x813000, as edk2's do. */
    private static OvmfWriter ovmf() {
        return OvmfWriter.ovmf(SIZE)
                .fill(5)
                .resetBlock(0x80b004)
                .sevMetadata()
                .section(0x811000, 0x4000, 1)
                .section(0x80d000, 0x1000, 2)
                .section(0x80e000, 0x1000, 3)
                .section(0x810000, 0x1000, 0x10)
                .entry(IgvmDescriptor.ENTRY, HexFormat.of().parseHex("00f00000")) // 0xf000 from the end
                .patch(
                        0x1000,
                        HexFormat.of()
                                .parseHex("4947564d" + "40000000" + "01000000" + "04000000"
                                        + "00208100" + "00100000" + "00010000"
                                        + "00000000" + "c0000000" + "01010000"
                                        + "c0000000" + "10000000" + "02010000"
                                        + "00308100" + "00100000" + "00020000"));
    }

    @Test
    void describesTheDataInHobsAsEdk2ReadsThem() {
        IgvmSecureBoot boot = new IgvmSecureBoot(
                read(ovmf().build()),
                Map.of(IgvmDataType.KERNEL, Source.of("uki.efi", new byte[] {'M', 'Z', 3})),
                0x12345000,
                ONE,
                0);
        assertEquals(
                "0400300000000000" + "ff77d13d32b6254ebef3065063d55fc4" + "0050341200000000" + "0300000000000000"
                        + "0102000000000000" + "ffff080000000000",
                HexFormat.of().formatHex(boot.hobs()));
        assertEquals(
                List.of(new IgvmDataHob(0x12345000, 3, 0x201, 0)),
                IgvmDataHob.readList(Source.of("hobs", Arrays.copyOf(boot.hobs(), 4096))));
    }

    @Test
    void placesTheDataFromTheAddressUpwardsAPageEachAtLeast() {
        Map<IgvmDataType, Source> data = keys();
        data.put(IgvmDataType.KERNEL, Source.of("uki.efi", new byte[] {'M', 'Z', 3}));
        List<IgvmSecureBoot.Placed> placed =
                IgvmSecureBoot.of(read(ovmf().build()), data, ONE).placed();
        assertEquals(
                List.of("pk 0x20000000", "kek 0x20001000", "db 0x20002000", "dbx 0x20004000", "kernel 0x20005000"),
                placed.stream()
                        .map(each -> each.type().id() + " 0x" + Long.toHexString(each.address()))
                        .toList());
    }

    @Test
    void measuresFirmwareAreasAndDataInTheOrderOfTheFile() {
        byte[] image = ovmf().build();
        IgvmSecureBoot boot = IgvmSecureBoot.of(read(image), keys(), TWO);
        NaiveLaunch expected = new NaiveLaunch().typed(4, 0x812000);
        for (int page = 0; page < SIZE / 4096; page++) {
            expected.normal(0xffff0000L + page * 4096L, Arrays.copyOfRange(image, page * 4096, (page + 1) * 4096));
        }
        expected.typed(3, 0x811000)
                .typed(3, 0x814000)
                .typed(5, 0x80d000)
                .typed(6, 0x80e000)
                .typed(3, 0x810000);
        expected.normal(0x813000, Arrays.copyOf(boot.hobs(), 4096));
        expected.normal(0x20000000, Arrays.copyOf(auth("01"), 4096));
        expected.normal(0x20001000, Arrays.copyOf(auth("0203"), 4096));
        expected.normal(0x20002000, Arrays.copyOf(auth("04"), 4096));
        expected.normal(0x20003000, new byte[4096]);
        expected.normal(0x20004000, Arrays.copyOf(auth("05"), 4096));
        expected.vmsa(SnpLaunch.KVM_VMSA_GPA, Vmsa.page(TWO, 0, 0));
        expected.vmsa(SnpLaunch.KVM_VMSA_GPA, Vmsa.page(TWO, 1, 0x80b004));
        assertEquals(expected.hex(), value(boot.file("a.igvm"), IgvmRules.QEMU));
        assertEquals(expected.hex(), value(boot.file("a.igvm"), IgvmRules.QEMU_BATCHED));
    }

    private static String value(IgvmFile file, IgvmRules rules) {
        Prediction prediction = IgvmLaunchDigest.of(IgvmLaunch.of(file, rules));
        Prediction.Predicted predicted = assertInstanceOf(Prediction.Predicted.class, prediction, prediction::toString);
        assertEquals(List.of(), predicted.warnings());
        return predicted.measurement().value().hex();
    }

    @Test
    void writesAFileThatMeasuresTheSameUnderEveryRule() throws IOException {
        IgvmFile built = IgvmSecureBoot.of(read(ovmf().build()), keys(), TWO).file("a.igvm");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        IgvmWriter.write(built, out);
        IgvmFile read = IgvmFile.read(Source.of("a.igvm", out.toByteArray()));
        for (IgvmRules rules : List.of(IgvmRules.QEMU, IgvmRules.HYPERV, IgvmRules.IGVMMEASURE)) {
            assertEquals(value(built, rules), value(read, rules));
        }
    }

    @Test
    void wrapsARealFirmwareWhoseAreasItsDescriptorNames() throws IOException {
        Optional<byte[]> image = firmware();
        if (image.isEmpty()) {
            return;
        }
        IgvmFile with = IgvmSecureBoot.of(read(image.get()), keys(), ONE).file("a.igvm");
        // Debian's OVMF of 2026.08: parameters at 0x812000, HOBs at 0x813000; spec of edk2's descriptor.
        assertEquals(
                1,
                with.directives().stream()
                        .filter(header ->
                                header instanceof IgvmHeader.PageData page && page.gpa() == 0x813000 && page.hasData())
                        .count());
        assertEquals(
                List.of(new IgvmHeader.ParameterInsert(0x812000, 1, 0)),
                with.directives().stream()
                        .filter(IgvmHeader.ParameterInsert.class::isInstance)
                        .toList());
        Map<IgvmDataType, Source> other = keys();
        other.put(IgvmDataType.DB, Source.of("db.auth", auth("06")));
        assertNotEquals(
                value(with, IgvmRules.QEMU),
                value(IgvmSecureBoot.of(read(image.get()), other, ONE).file("a.igvm"), IgvmRules.QEMU));
    }

    @Test
    void refusesWhatEdk2WouldNotTake() {
        Firmware firmware = read(ovmf().build());
        Map<IgvmDataType, Source> three = keys();
        three.remove(IgvmDataType.KEK);
        assertEquals(
                "edk2 enrols Secure Boot keys only if PK, KEK, db and dbx are all there, got 3 of them",
                assertThrows(IllegalArgumentException.class, () -> IgvmSecureBoot.of(firmware, three, ONE))
                        .getMessage());
        Map<IgvmDataType, Source> bare = keys();
        bare.put(IgvmDataType.DB, Source.of("db.esl", new byte[100]));
        assertEquals(
                "db.esl: offset 0x14: expected an authenticated variable (wRevision 0x0200, wCertificateType 0x0ef1, CertType"
                        + " 4aafd29d-68df-49ee-8aa9-347d375665a7), found 0x0000, 0x0000,"
                        + " 00000000-0000-0000-0000-000000000000",
                assertThrows(MalformedInputException.class, () -> IgvmSecureBoot.of(firmware, bare, ONE))
                        .getMessage());
        assertEquals(
                "k: offset 0x0: expected kernel e_magic = 0x5a4d, found 0x0000",
                assertThrows(
                                MalformedInputException.class,
                                () -> IgvmSecureBoot.of(
                                        firmware, Map.of(IgvmDataType.KERNEL, Source.of("k", new byte[9])), ONE))
                        .getMessage());
        assertEquals(
                "OVMF.fd: offset 0x10000: expected an IGVM descriptor in the table below the reset vector, found none",
                assertThrows(
                                MalformedInputException.class,
                                () -> IgvmSecureBoot.of(
                                                read(OvmfWriter.ovmf(SIZE)
                                                        .sevMetadata()
                                                        .section(0x800000, 0x1000, 1)
                                                        .build()),
                                                keys(),
                                                ONE)
                                        .file("a"))
                        .getMessage());
        assertEquals(
                "the data at 0x80c000..0x811000 lies on SNP_SECRETS at 0x80d000..0x80e000: choose another address",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new IgvmSecureBoot(firmware, keys(), 0x80c000, ONE, 0).file("a"))
                        .getMessage());
        assertEquals(
                "the data at 0xffff0000..0xffff5000 lies on the firmware at 0xffff0000..0x100000000: choose another address",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new IgvmSecureBoot(firmware, keys(), 0xffff0000L, ONE, 0).file("a"))
                        .getMessage());
    }
}
