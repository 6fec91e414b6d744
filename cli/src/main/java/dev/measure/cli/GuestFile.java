package dev.measure.cli;

import dev.measure.qemu.LibvirtDomain;
import dev.measure.qemu.QemuCommandLine;
import dev.measure.qemu.QemuGuest;
import dev.measure.snp.CpuModel;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A QEMU command line or a libvirt domain as source of options. What is typed goes before what the file says. */
final class GuestFile {
    private GuestFile() {}

    /**
     * {@return the options that name such a file}
     *
     * @param what is taken from it
     */
    static Options.Group group(String what) {
        return new Options.Group(
                "Guest as it is started (what is typed beside it counts more)",
                Options.value(
                        "FILE",
                        "take " + what + " from a QEMU command line: script or /proc/PID/cmdline",
                        "--from-qemu"),
                Options.value("FILE", "or from a libvirt domain: virsh dumpxml", "--from-libvirt"));
    }

    /** {@return the call with the values that the file gives} */
    static Call of(Call call) {
        Optional<String> qemu = call.value("--from-qemu");
        Optional<String> libvirt = call.value("--from-libvirt");
        if (qemu.isPresent() && libvirt.isPresent()) {
            throw Complaint.usage("both --from-qemu and --from-libvirt are given", "keep one of them");
        }
        if (qemu.isEmpty() && libvirt.isEmpty()) {
            return call;
        }
        String name = qemu.or(() -> libvirt).orElseThrow();
        QemuGuest guest = qemu.isPresent()
                ? QemuCommandLine.read(call.inputs().open(name))
                : LibvirtDomain.read(call.inputs().open(name));
        for (String remark : guest.remarks()) {
            call.talk().say("note: " + name + ": " + remark);
        }
        return call.with(knows(call, "--mode") ? values(call, name, guest) : snpValues(call, name, guest));
    }

    private static boolean knows(Call call, String option) {
        return call.options().option(option).isPresent();
    }

    /** Of verbs that are for SEV-SNP alone: what an ID block or a report holds of the guest, and its launch unless a digest is given. */
    private static Map<String, String> snpValues(Call call, String name, QemuGuest guest) {
        QemuGuest.Security security = guest.security()
                .filter(found -> found.technology() == QemuGuest.Technology.SNP)
                .orElseThrow(() -> new Complaint(
                        ExitCode.NOT_LAUNCHABLE,
                        name + ": the guest is no SEV-SNP guest",
                        "no other has an ID block or an attestation report"));
        Map<String, String> values = new LinkedHashMap<>();
        if (knows(call, "--vcpus") && !typed(call, "--launch-digest")) {
            values.putAll(launchValues(call, name, guest, false));
        }
        values.put("--policy", "0x" + Long.toHexString(security.policy()));
        if (knows(call, "--host-data")) {
            security.hostData()
                    .ifPresent(data -> values.put("--host-data", HexFormat.of().formatHex(data.toByteArray())));
        }
        values.keySet().removeIf(option -> typed(call, option));
        return values;
    }

    private static Map<String, String> values(Call call, String name, QemuGuest guest) {
        String mode = mode(call, name, guest);
        Map<String, String> values = launchValues(call, name, guest, mode.equals("sev"));
        values.put("--mode", mode);
        values.keySet().removeIf(option -> typed(call, option));
        return values;
    }

    private static Map<String, String> launchValues(Call call, String name, QemuGuest guest, boolean withoutVcpus) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("--vcpus", Integer.toString(guest.vcpus()));
        if (!typed(call, "--vcpu-type", "--vcpu-sig", "--vcpu-family", "--vcpu-model", "--vcpu-stepping")
                && !withoutVcpus) {
            cpu(name, guest.cpu(), values);
        }
        if (!typed(call, "--firmware", "--metadata") && call.positional(0).isEmpty()) {
            values.put("--firmware", firmware(name, guest));
        }
        boolean hashes = guest.security().map(QemuGuest.Security::kernelHashes).orElse(false);
        boolean kernelTyped =
                typed(call, "--kernel", "--kernel-hash", "--initrd", "--initrd-hash", "--append", "--cmdline-hash");
        if (hashes && !kernelTyped) {
            guest.kernel().ifPresent(kernel -> values.put("--kernel", resolved(guest, name, "-kernel", kernel)));
            guest.initrd().ifPresent(initrd -> values.put("--initrd", resolved(guest, name, "-initrd", initrd)));
            guest.append().ifPresent(append -> values.put("--append", text(resolved(guest, name, "-append", append))));
        }
        return values;
    }

    private static boolean typed(Call call, String... options) {
        return List.of(options).stream().anyMatch(call.options()::has);
    }

    private static String mode(Call call, String name, QemuGuest guest) {
        Optional<QemuGuest.Technology> technology = guest.security().map(QemuGuest.Security::technology);
        if (typed(call, "--mode")) {
            return call.value("--mode").orElseThrow();
        }
        if (technology.isEmpty() || technology.get() == QemuGuest.Technology.TDX) {
            throw new Complaint(
                    ExitCode.NOT_LAUNCHABLE,
                    name + ": the guest is no SEV, SEV-ES or SEV-SNP guest",
                    technology.isEmpty() ? "--mode snp asks for the digest it would have as one" : "see: measure tdx");
        }
        return technology.get().name().replace("_", "").toLowerCase(Locale.ROOT);
    }

    /** The signature is that of the model, unless features replace parts of it. */
    private static void cpu(String name, QemuGuest.Cpu cpu, Map<String, String> values) {
        CpuModel model;
        try {
            model = CpuModel.parse(cpu.model());
        } catch (IllegalArgumentException e) {
            throw new Complaint(
                    ExitCode.NOT_PREDICTABLE,
                    name + ": the signature of vCPU model '" + cpu.model() + "' is not known",
                    "give --vcpu-type or --vcpu-sig; `cpuid -1 -l 1 -r` in the guest shows it as EAX");
        }
        int family = model.family();
        int number = model.model();
        int stepping = model.stepping();
        for (String feature : cpu.features()) {
            int equals = feature.indexOf('=');
            String key = equals < 0 ? feature : feature.substring(0, equals);
            String value = feature.substring(equals + 1);
            switch (key) {
                case "family" -> family = (int) SnpRequest.number("family of -cpu", value, 270);
                case "model" -> number = (int) SnpRequest.number("model of -cpu", value, 255);
                case "stepping" -> stepping = (int) SnpRequest.number("stepping of -cpu", value, 15);
                default -> {} // no part of the signature
            }
        }
        CpuModel named = CpuModel.of(family, number, stepping);
        if (named.signature() == model.signature()) {
            values.put("--vcpu-type", model.name());
        } else {
            values.put("--vcpu-sig", named.name());
        }
    }

    private static String firmware(String name, QemuGuest guest) {
        if (guest.igvm().isPresent()) {
            return resolved(guest, name, "-object", guest.igvm().get());
        }
        QemuGuest.FirmwareFile file = guest.firmware()
                .orElseThrow(() -> new Complaint(
                        ExitCode.NOT_PREDICTABLE, name + ": names no firmware file", "give --firmware FILE"));
        if (!file.format().equals("raw")) {
            throw new Complaint(
                    ExitCode.NOT_LAUNCHABLE,
                    name + ": " + file.path() + " is a disk image in format " + file.format(),
                    "`qemu-img convert -O raw` makes the bytes that are measured; give them as --firmware");
        }
        return resolved(guest, name, file.pflash() ? "-drive" : "-bios", file.path());
    }

    private static String resolved(QemuGuest guest, String name, String option, String value) {
        if (guest.unresolved().contains(option) && (value.contains("$") || value.contains("`"))) {
            throw new Complaint(
                    ExitCode.NOT_PREDICTABLE,
                    name + ": the shell would fill in " + option + " " + value,
                    "give the file itself: --firmware, --kernel, --initrd or --append");
        }
        return value;
    }

    private static String text(String append) {
        if (append.startsWith("@")) {
            throw Complaint.usage("a kernel command line that begins with @ has to be given by --append @FILE", "");
        }
        return append;
    }
}
