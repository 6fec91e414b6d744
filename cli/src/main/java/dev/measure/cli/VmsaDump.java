package dev.measure.cli;

import dev.measure.firmware.Firmware;
import dev.measure.snp.FirmwareMetadata;
import dev.measure.snp.SevLaunchDigest;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.SvsmLaunch;
import dev.measure.snp.SvsmLaunchDigest;
import dev.measure.snp.Vmm;
import dev.measure.snp.Vmsa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The VMSA pages of guests, and the files they are written to: {@code vmsa0.bin}, {@code vmsa1.bin}, ... of 4096 bytes each. */
final class VmsaDump {
    private VmsaDump() {}

    /**
     * The pages of one kind of guest: those of the largest, since smaller ones have the first of the same pages.
     *
     * @param vcpus how many there are
     * @param first the page of vCPU 0
     * @param later the page of every other; empty if there is none because the firmware does not say where they start
     */
    record Pages(int vcpus, byte[] first, Optional<byte[]> later) {
        /** {@return the page of a vCPU; empty if there is none} */
        Optional<byte[]> page(int vcpu) {
            return vcpu == 0 ? Optional.of(first) : later;
        }
    }

    /** {@return the pages that a command line asks for, by kind of guest} */
    static Map<String, Pages> pages(Call call, String mode, SnpRequest request, List<LaunchTarget> targets) {
        Map<String, Pages> kinds = new LinkedHashMap<>();
        for (LaunchTarget target : targets) {
            long resetAddress = resetAddress(call, target);
            for (SnpGuest guest : request.guests()) {
                if (!guest.vmm().launchesOvmf()) {
                    throw new Complaint(
                            ExitCode.NOT_LAUNCHABLE, "VMM " + guest.vmm().id() + " has no pages to show", "");
                }
                String kind = target.fw().replace(':', '-').replace('/', '_') + "_"
                        + guest.vmm().id() + "_" + guest.cpu().name() + "_"
                        + guest.features().hex();
                kinds.merge(kind, pages(call, mode, guest, target, resetAddress), (a, b) -> a.vcpus >= b.vcpus ? a : b);
            }
        }
        return kinds;
    }

    private static long resetAddress(Call call, LaunchTarget target) {
        return call.has("--metadata")
                ? FirmwareMetadata.read(target.image()).resetAddress().orElse(0L)
                : Firmware.read(target.image(), call.common().strictness())
                        .resetAddress()
                        .orElse(0L);
    }

    private static Pages pages(Call call, String mode, SnpGuest guest, LaunchTarget target, long resetAddress) {
        boolean others = guest.vcpus() > 1 && resetAddress != 0;
        return switch (mode) {
            case "svsm" -> svsm(call, guest, target);
            case "seves" ->
                new Pages(
                        guest.vcpus(),
                        SevLaunchDigest.vmsa(guest, 0, resetAddress),
                        others ? Optional.of(SevLaunchDigest.vmsa(guest, 1, resetAddress)) : Optional.empty());
            default ->
                new Pages(
                        guest.vcpus(),
                        Vmsa.page(guest, 0, resetAddress),
                        others ? Optional.of(Vmsa.page(guest, 1, resetAddress)) : Optional.empty());
        };
    }

    private static Pages svsm(Call call, SnpGuest guest, LaunchTarget target) {
        SvsmLaunch launch = SvsmMode.launch(
                call, Firmware.read(target.image(), call.common().strictness()));
        if (guest.vmm() != Vmm.QEMU && guest.vmm() != Vmm.QEMU_LEGACY || launch.svsmBase() < 0) {
            throw new Complaint(ExitCode.NOT_LAUNCHABLE, "VMM " + guest.vmm().id() + " launches no such SVSM", "");
        }
        byte[] page = SvsmLaunchDigest.vmsa(launch, guest);
        return new Pages(guest.vcpus(), page, Optional.of(page));
    }

    /**
     * Writes pages.
     *
     * @param name the folder, made if it is not there; a folder inside it for each kind if there are several
     * @param kinds the pages
     * @param call opens the folder
     */
    static void write(String name, Map<String, Pages> kinds, Call call) {
        Path folder = call.inputs().path(name);
        try {
            for (Map.Entry<String, Pages> kind : kinds.entrySet()) {
                write(kind.getValue(), kinds.size() == 1 ? folder : folder.resolve(kind.getKey()));
            }
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.whyNotWritten(e), "");
        }
    }

    private static void write(Pages pages, Path folder) throws IOException {
        Files.createDirectories(folder);
        for (int vcpu = 0; vcpu < pages.vcpus; vcpu++) {
            Optional<byte[]> page = pages.page(vcpu);
            if (page.isPresent()) {
                Files.write(folder.resolve("vmsa" + vcpu + ".bin"), page.get());
            }
        }
    }
}
