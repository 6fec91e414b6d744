package dev.measure.cli;

import dev.measure.Assumption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The machine that dstack's VMM starts, as arguments for a QEMU that is only asked for its ACPI tables: Dstack-TEE/dstack 312dc605
 * dstack-mr/src/acpi.rs. Devices stand at the same slots; what needs a file, a network or hardware is stood in for by a device of the
 * same kind and size, which ACPI tables do not tell apart.
 */
final class DstackMachine {
    private static final List<String> SHARE_MODES = List.of("9p", "vvfat", "vhd");
    private static final int MAX_DEVICES = 24;

    /** The options that mean something only with --dstack. */
    private static final List<String> NAMES = List.of(
            "--pic",
            "--num-gpus",
            "--num-nvswitches",
            "--num-nics",
            "--num-verity-volumes",
            "--hotplug-off",
            "--root-verity",
            "--hugepages",
            "--swtpm",
            "--pci-hole64-size",
            "--host-share-mode");

    private DstackMachine() {}

    static Options.Group group() {
        return new Options.Group(
                "As dstack-mr: the machine of dstack's VMM",
                Options.flag("that machine, with its devices in their slots", "--dstack"),
                Options.value("BOOL", "PIC (default: false, as dstack has it from QEMU 9.0 on; true before)", "--pic"),
                Options.value("N", "virtio-net NICs (default 1)", "--num-nics"),
                Options.value("N", "virtio-blk verity volumes (default 0)", "--num-verity-volumes"),
                Options.value(
                        "BOOL", "whether the root is a verity volume, not a CD-ROM (default true)", "--root-verity"),
                Options.value("BOOL", "whether PCI hotplug is off (default false)", "--hotplug-off"),
                Options.value("BYTES", "size of the 64-bit PCI hole, decimal or 0x", "--pci-hole64-size"),
                Options.value("MODE", "how files are shared: 9p, vvfat or vhd (default 9p)", "--host-share-mode"),
                Options.flag("memory in huge pages, on one NUMA node", "--hugepages"),
                Options.value("N", "GPUs: refused, since their sizes are in the tables", "--num-gpus"),
                Options.value("N", "NVSwitches: refused likewise", "--num-nvswitches"),
                Options.flag("a TPM: refused, since it brings files of its own", "--swtpm"));
    }

    /** {@return whether an option has no value} */
    static boolean isFlag(String option) {
        return group().options().stream()
                .anyMatch(each -> each.name().equals(option) && each.kind() == Options.Kind.FLAG);
    }

    /** {@return the arguments, behind those for memory and vCPUs; none if the machine is another} */
    static List<String> arguments(Call call, Result result, long memory, int vcpus) {
        if (!call.has("--dstack")) {
            for (String name : NAMES) {
                if (call.has(name)) {
                    throw Complaint.usage(name + " belongs to --dstack", "other machines: --machine-type, --qemu-arg");
                }
            }
            return List.of();
        }
        refuse(call);
        List<String> arguments = new ArrayList<>();
        block(arguments, "hd1");
        for (int i = 0; i < number(call, "--num-verity-volumes", 0); i++) {
            block(arguments, "vol" + i);
        }
        for (int i = 0; i < number(call, "--num-nics", 1); i++) {
            arguments.addAll(List.of("-device", "virtio-net-pci"));
        }
        arguments.addAll(List.of("-device", "virtio-rng-pci,disable-legacy=on")); // for vhost-vsock-pci
        String share = call.value("--host-share-mode").orElse("9p");
        if (!SHARE_MODES.contains(share)) {
            throw Complaint.usage(
                    "--host-share-mode: expected " + String.join(", ", SHARE_MODES) + ", got '" + share + "'", "");
        }
        if (share.equals("9p")) {
            arguments.addAll(List.of("-device", "virtio-rng-pci")); // for virtio-9p-pci
        } else {
            block(arguments, "hd2");
        }
        if (bool(call, "--root-verity", true)) {
            block(arguments, "hd0");
        } else {
            arguments.addAll(List.of("-device", "ide-cd,bus=ide.2"));
        }
        if (call.has("--hugepages")) {
            String node = "node,nodeid=0,cpus=0-" + (vcpus - 1) + ",memdev=mem0";
            String backend = "memory-backend-ram,id=mem0,reserve=off,size=" + (memory >> 20) + "M";
            arguments.addAll(List.of("-object", backend, "-numa", node));
        }
        if (bool(call, "--hotplug-off", false)) {
            arguments.addAll(List.of("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"));
        }
        call.value("--pci-hole64-size")
                .ifPresent(text -> arguments.addAll(List.of(
                        "-global",
                        "q35-pcihost.pci-hole64-size=0x" + Long.toHexString(bytes(text)),
                        // QEMU checks that a processor can address the hole, and its own has 40 bits.
                        "-cpu",
                        "qemu64,phys-bits=52")));
        result.assumption(new Assumption(
                "dstack",
                "devices of the same kind and size",
                "devices without files, network and hardware stand in the slots of dstack's; its own tables come from a QEMU"
                        + " that it has patched, so take the QEMU that runs the guest"));
        return arguments;
    }

    /** {@return the machine type} */
    static String machine(Call call) {
        return "q35,kernel-irqchip=split,hpet=off,smm=off,pic=" + (bool(call, "--pic", false) ? "on" : "off");
    }

    private static void refuse(Call call) {
        for (String name : List.of("--num-gpus", "--num-nvswitches")) {
            if (number(call, name, 0) > 0) {
                throw new Complaint(
                        ExitCode.NOT_PREDICTABLE,
                        name
                                + ": the sizes of such a device's memory are in the ACPI tables, and only the device tells them",
                        "on a machine with it: --qemu-arg=-device --qemu-arg=vfio-pci,host=ADDRESS; or take the tables from"
                                + " a guest");
            }
        }
        if (call.has("--swtpm")) {
            throw new Complaint(
                    ExitCode.NOT_PREDICTABLE,
                    "--swtpm: a TPM brings ACPI files of its own, which dstack-mr refuses, too",
                    "");
        }
        if (call.has("--machine-type")) {
            throw Complaint.usage("both --dstack and --machine-type are given", "keep one of them");
        }
    }

    private static void block(List<String> arguments, String id) {
        arguments.addAll(List.of("-blockdev", "null-co,node-name=" + id + ",read-only=on"));
        arguments.addAll(List.of("-device", "virtio-blk-pci,drive=" + id));
    }

    private static int number(Call call, String option, int otherwise) {
        if (!call.has(option)) {
            return otherwise;
        }
        List<Integer> numbers = Lists.numbers(option, List.of(call.value(option).orElseThrow()), 0, MAX_DEVICES);
        if (numbers.size() != 1) {
            throw Complaint.usage(option + " is one number", "");
        }
        return numbers.get(0);
    }

    private static boolean bool(Call call, String option, boolean otherwise) {
        return call.has(option) ? TdxRequest.bool(call, option) : otherwise;
    }

    private static long bytes(String text) {
        boolean hex = Set.of("0x", "0X").contains(text.substring(0, Math.min(2, text.length())));
        try {
            long value = hex ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
            if (value > 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Complaint.usage("--pci-hole64-size: expected bytes, decimal or 0x, got '" + text + "'", "");
    }
}
