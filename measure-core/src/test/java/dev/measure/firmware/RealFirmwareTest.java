package dev.measure.firmware;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.vectors.Shared;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Debian's images: kinds and tables as their own bytes show under {@code xxd}, versions as the BIOS version that their boots
 * report (the package's version in its EFI_S_CRTM_VERSION event).
 */
class RealFirmwareTest {
    private record Image(
            String file, Firmware.Kind kind, String version, int sevSections, int tdxSections, int igvmAreas) {}

    private static final List<Image> IMAGES = List.of(
            new Image("deb12-OVMF.fd", Firmware.Kind.OVMF_CODE_AND_VARS, "", 5, 6, -1),
            new Image("deb12-OVMF_CODE_4M.fd", Firmware.Kind.OVMF_CODE, "", -1, -1, -1),
            new Image("deb13-OVMF.fd", Firmware.Kind.OVMF_CODE_AND_VARS, "2025.02-8+deb13u1", 6, 6, -1),
            new Image("deb13-OVMF_CODE_4M.fd", Firmware.Kind.OVMF_CODE, "2025.02-8+deb13u1", 6, 6, -1),
            new Image("deb13-OVMF_VARS_4M.fd", Firmware.Kind.OVMF_VARS, "", -1, -1, -1),
            new Image("forky-OVMF.amdsev.fd", Firmware.Kind.OVMF_CODE_AND_VARS, "2026.08+ds-2", 7, 7, 4),
            new Image("forky-OVMF.inteltdx.ms.fd", Firmware.Kind.OVMF_CODE_AND_VARS, "2026.08+ds-2", 6, 6, 0));

    @TestFactory
    List<DynamicTest> recognisesDebiansImages() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (Image image : IMAGES) {
            Optional<Path> file = Shared.unxz("firmware/" + image.file() + ".xz");
            if (file.isPresent()) {
                tests.add(DynamicTest.dynamicTest(image.file(), () -> check(image, file.get())));
            }
        }
        return tests;
    }

    private static void check(Image image, Path file) throws Exception {
        try (Source source = Source.open(file)) {
            Firmware firmware = Firmware.read(source, Strictness.STRICT);
            assertEquals(image.kind(), firmware.kind());
            assertEquals(image.version(), FirmwareVersion.find(firmware).orElse(""));
            assertEquals(
                    image.sevSections(),
                    SevMetadata.find(firmware).map(m -> m.sections().size()).orElse(-1));
            assertEquals(
                    image.tdxSections(),
                    TdxMetadata.find(firmware).map(m -> m.sections().size()).orElse(-1));
            assertEquals(
                    image.igvmAreas(),
                    IgvmDescriptor.find(firmware).map(m -> m.areas().size()).orElse(-1));
        }
    }

    @Test
    void theVersionIsTheSameWhereTheVolumesAreUnpackedAlready() throws Exception {
        Image image = IMAGES.get(2); // deb13-OVMF.fd
        Optional<Path> file = Shared.unxz("firmware/" + image.file() + ".xz");
        if (file.isPresent()) {
            try (Source source = Source.open(file.get())) {
                FirmwareImage known = FirmwareImage.of(source);
                Optional<FirmwareVolumes> volumes = known.volumes();
                assertSame(volumes.orElseThrow(), known.volumes().orElseThrow());
                Source packed = source.slice(
                        volumes.get().packed().offset(), volumes.get().packed().length());
                assertTrue(known.unpacked(packed).isPresent());
                assertTrue(known.unpacked(source).isEmpty());
                assertEquals(
                        Optional.of(image.version()),
                        FirmwareVersion.find(Firmware.read(source, Strictness.STRICT), known));
            }
        }
    }
}
