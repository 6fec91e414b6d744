package dev.measure.cli;

import dev.measure.firmware.Firmware;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.Vmsa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes VMSA pages to files: {@code vmsa0.bin}, {@code vmsa1.bin}, ... of each kind of guest, 4096 bytes each. */
final class VmsaDump {
    private VmsaDump() {}

    /**
     * Writes the pages of the largest guest of each kind; smaller ones have the first of the same pages.
     *
     * @param name the folder, made if it is not there; a folder inside it for each kind if there are several
     * @param targets the firmwares, which say where the second vCPU starts
     * @param request the guests
     * @param call opens the folder
     */
    static void write(String name, List<LaunchTarget> targets, SnpRequest request, Call call) {
        Map<String, Pages> kinds = new LinkedHashMap<>();
        for (LaunchTarget target : targets) {
            long resetAddress = Firmware.read(target.image(), call.common().strictness())
                    .resetAddress()
                    .orElse(0L);
            for (SnpGuest guest : request.guests()) {
                String kind = target.fw().replace(':', '-').replace('/', '_') + "_"
                        + guest.vmm().id() + "_" + guest.cpu().name() + "_"
                        + guest.features().hex();
                kinds.merge(kind, new Pages(guest, resetAddress), (a, b) -> a.guest.vcpus() >= b.guest.vcpus() ? a : b);
            }
        }
        Path folder = call.inputs().path(name);
        for (Map.Entry<String, Pages> kind : kinds.entrySet()) {
            kind.getValue().write(name, kinds.size() == 1 ? folder : folder.resolve(kind.getKey()));
        }
    }

    private record Pages(SnpGuest guest, long resetAddress) {
        void write(String name, Path folder) {
            try {
                Files.createDirectories(folder);
                for (int vcpu = 0; vcpu < guest.vcpus(); vcpu++) {
                    if (vcpu > 0 && resetAddress == 0) {
                        break; // no reset block: there is no such page, and the value says so
                    }
                    Files.write(folder.resolve("vmsa" + vcpu + ".bin"), Vmsa.page(guest, vcpu, resetAddress));
                }
            } catch (IOException e) {
                throw new Complaint(ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.why(e), "");
            }
        }
    }
}
