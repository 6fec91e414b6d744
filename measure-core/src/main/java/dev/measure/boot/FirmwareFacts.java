package dev.measure.boot;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.firmware.FirmwareImage;
import dev.measure.firmware.FirmwareVolumes;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.SecureBootMode;
import dev.measure.uefi.VariableStore;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What is known of the firmware of a machine: its volumes, the build whose rules it follows, its variable store.
 *
 * @param image the file; empty if only a store or a build was given
 * @param sha256 of the file
 * @param volumes the unpacked volumes
 * @param version the version string; empty if there is none, or more than one
 * @param ambiguousVersion whether there is more than one
 * @param build the build
 * @param secureBootCapable whether it is built with Secure Boot
 * @param variables the variable store, of its own file or of the image
 */
record FirmwareFacts(
        Optional<Source> image,
        String sha256,
        Optional<FirmwareVolumes> volumes,
        Optional<String> version,
        boolean ambiguousVersion,
        Optional<Edk2Build> build,
        Optional<Boolean> secureBootCapable,
        Optional<VariableStore> variables) {
    private static final UUID SECURE_BOOT_CONFIG_DXE = UUID.fromString("f0e6a44f-7195-41c3-ac64-54f202cd0a21");

    /** Where PEIFV lies in the unpacked stream; in an image without early phase the first volume lies elsewhere. */
    private static final long PEIFV_START = 0x80;

    /** The builds that have been booted, by the start of their SHA-256. */
    private static final Map<String, String> BOOTED = new TreeMap<>(Map.of(
            "b157d97b", "2022.11",
            "d50189a4", "2022.11",
            "624e06de", "2025.02",
            "14954040", "2025.02",
            "1a462955", "2025.02-secboot",
            "7e34e3b8", "2026.08",
            "b3cdbd70", "2026.08-secboot",
            "3e4fd0b3", "2026.08-amdsev"));

    /** {@return the facts; empty if neither firmware nor store nor build is given} */
    static Optional<FirmwareFacts> of(EventRecorder recorder, BootInputs inputs) {
        if (inputs.firmware.isEmpty()
                && inputs.variables.isEmpty()
                && inputs.secureBootKeys.isEmpty()
                && inputs.edk2.isEmpty()) {
            return Optional.empty();
        }
        Optional<Source> image = inputs.firmware.map(FirmwareImage::source);
        String sha256 = image.map(i -> i.digest(DigestAlgorithm.SHA256).hex()).orElse("");
        Optional<FirmwareVolumes> volumes = inputs.firmware.flatMap(FirmwareImage::volumes);
        SortedSet<String> versions =
                volumes.map(FirmwareVolumes::versionStrings).orElseGet(TreeSet::new);
        Optional<String> version = versions.size() == 1 ? Optional.of(versions.first()) : Optional.empty();
        Optional<Edk2Build> build = inputs.edk2.isPresent() ? inputs.edk2 : build(recorder, sha256, volumes, versions);
        Optional<Boolean> capable = volumes.filter(FirmwareFacts::hasEarlyPhase)
                .map(v -> v.volumes().stream().anyMatch(volume -> volume.holds(SECURE_BOOT_CONFIG_DXE)));
        if (capable.isEmpty()) {
            capable = inputs.edk2.map(
                    b -> b.id().endsWith("-secboot") || b.release().equals("2022.11"));
        }
        if (capable.isEmpty() && inputs.secureBootKeys.isPresent()) {
            recorder.assume("firmware", "with Secure Boot", "keys are given, and no firmware");
            capable = Optional.of(true);
        }
        Optional<VariableStore> variables = inputs.secureBootKeys.isPresent()
                ? inputs.secureBootKeys
                : inputs.variables.or(() -> image).flatMap(VariableStore::find);
        return Optional.of(
                new FirmwareFacts(image, sha256, volumes, version, versions.size() > 1, build, capable, variables));
    }

    private static Optional<Edk2Build> build(
            EventRecorder recorder, String sha256, Optional<FirmwareVolumes> volumes, SortedSet<String> versions) {
        String booted = sha256.isEmpty() ? null : BOOTED.get(sha256.substring(0, 8));
        if (booted != null) {
            return Edk2Build.of(booted);
        }
        if (volumes.isEmpty() || !hasEarlyPhase(volumes.get()) || versions.size() > 1) {
            return Optional.empty();
        }
        if (versions.isEmpty()) {
            recorder.assume(
                    "edk2",
                    "2022.11",
                    "the firmware carries no version string, as the builds up to 2022.11; it has not been booted");
            return Edk2Build.of("2022.11");
        }
        String release = versions.first().substring(0, 7);
        FirmwareVolumes.Volume dxe = volumes.get().volumes().get(1);
        String kind =
                dxe.holds(FirmwareApplications.GRUB) ? "-amdsev" : dxe.holds(SECURE_BOOT_CONFIG_DXE) ? "-secboot" : "";
        Optional<Edk2Build> build = Edk2Build.of(release + kind);
        build.ifPresent(found -> recorder.assume(
                "edk2",
                found.id(),
                "this build of OVMF " + versions.first()
                        + " has not been booted; it is taken to measure like the one of its release that has"));
        return build;
    }

    /** {@return whether the volumes are those of an OVMF that has PEIFV and DXEFV} */
    static boolean hasEarlyPhase(FirmwareVolumes volumes) {
        return volumes.volumes().size() == 2
                && volumes.volumes().get(0).content().start() == PEIFV_START;
    }

    /** {@return the value of a global variable} */
    Optional<Source> variable(UUID guid, String name) {
        return variables.flatMap(store -> store.variable(guid, name)).map(VariableStore.Variable::data);
    }

    /** {@return whether Secure Boot is on; empty if that cannot be said} */
    Optional<Boolean> secureBoot() {
        if (secureBootCapable.isPresent() && !secureBootCapable.get()) {
            return Optional.of(false);
        }
        if (secureBootCapable.isEmpty() || variables.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(SecureBootMode.isOn(
                variable(GuidName.EFI_GLOBAL_VARIABLE, "PK"),
                variable(GuidName.EFI_SECURE_BOOT_ENABLE_DISABLE, "SecureBootEnable")));
    }
}
