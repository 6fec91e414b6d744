package dev.measure.tdx;

import dev.measure.MalformedInputException;
import dev.measure.boot.FirmwareApplications;
import dev.measure.firmware.FirmwareImage;
import dev.measure.firmware.FirmwareVersion;
import dev.measure.firmware.FirmwareVolumes;
import java.util.Optional;
import java.util.UUID;

/**
 * What the image of a firmware says of how it measures in a trust domain: its version string and the files in DXEFV, the one volume
 * that it looks into there (edk2 OvmfPkg/IntelTdx/IntelTdxX64.fdf). Unpacking takes some tenths of a second, so it is done once, and
 * only when it is asked for.
 */
final class TdFirmware {
    private static final UUID BDS_DXE = UUID.fromString("6d33944a-ec75-4855-a54d-809c75241f6c");
    private static final UUID TD_TCG2_DXE = UUID.fromString("f062221e-c607-44c2-b0b4-c3886331d351");
    private static final UUID SMBIOS_MEASUREMENT_DXE = UUID.fromString("d27fed59-abb4-4fed-bead-2a878c7e4a7e");
    private static final UUID SECURE_BOOT_CONFIG_DXE = UUID.fromString("f0e6a44f-7195-41c3-ac64-54f202cd0a21");

    private final TdxLaunch launch;
    private Optional<Unpacked> unpacked = Optional.empty();

    private record Unpacked(Optional<String> version, Optional<FirmwareVolumes.Volume> drivers) {}

    TdFirmware(TdxLaunch launch) {
        this.launch = launch;
    }

    TdxLaunch launch() {
        return launch;
    }

    private synchronized Unpacked unpacked() {
        if (unpacked.isEmpty()) {
            FirmwareImage image = FirmwareImage.of(launch.firmware().image());
            Optional<FirmwareVolumes.Volume> drivers = drivers(image);
            unpacked = Optional.of(new Unpacked(FirmwareVersion.find(launch.firmware(), image), drivers));
        }
        return unpacked.get();
    }

    private static Optional<FirmwareVolumes.Volume> drivers(FirmwareImage image) {
        try {
            return image.volumes().stream()
                    .flatMap(volumes -> volumes.volumes().stream())
                    .filter(volume -> volume.holds(BDS_DXE))
                    .findFirst();
        } catch (MalformedInputException e) {
            return Optional.empty(); // MRTD does not depend on what the volumes hold; what does is then not known
        }
    }

    /** {@return the version string of the build} */
    Optional<String> version() {
        return unpacked().version();
    }

    /** {@return whether TdTcg2Dxe is there, the driver that measures what comes after variable store and TD HOB} */
    Optional<Boolean> measures() {
        return holds(TD_TCG2_DXE);
    }

    /** {@return whether SmbiosMeasurementDxe is there} */
    Optional<Boolean> measuresSmbios() {
        return holds(SMBIOS_MEASUREMENT_DXE);
    }

    /** {@return whether it is built with Secure Boot} */
    Optional<Boolean> secureBootCapable() {
        return holds(SECURE_BOOT_CONFIG_DXE);
    }

    /** {@return the applications that it makes boot options of} */
    Optional<FirmwareApplications> applications() {
        return unpacked().drivers().map(FirmwareApplications::of);
    }

    private Optional<Boolean> holds(UUID file) {
        return unpacked().drivers().map(volume -> volume.holds(file));
    }
}
