package dev.measure.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The disk that a machine boots from, as far as the firmware's boot option for it depends on it.
 *
 * @param device how it is attached
 * @param slot the PCI slot; empty for the first that QEMU gives to a device
 * @param function the PCI function
 * @param bootIndex whether QEMU names it first in its boot order ({@code bootindex=0})
 * @param serial the serial number, for NVMe
 */
public record BootDisk(Device device, OptionalInt slot, int function, boolean bootIndex, Optional<String> serial) {
    /** A virtio disk in the first slot, first in the boot order. */
    public static final BootDisk DEFAULT =
            new BootDisk(Device.VIRTIO_BLK, OptionalInt.empty(), 0, true, Optional.empty());

    /** The AHCI controller of q35; QEMU puts a disk without {@code bus=} at its last port. */
    static final int AHCI_SLOT = 0x1f;

    static final int AHCI_FUNCTION = 2;
    static final int AHCI_PORT = 5;

    /** QEMU's first slot for a device on q35; pc has the second. */
    private static final int FIRST_SLOT = 1;

    /** The ways in which a disk is attached. */
    public enum Device {
        /** virtio-blk-pci. */
        VIRTIO_BLK("virtio-blk-pci"),
        /** nvme, namespace 1. */
        NVME("nvme"),
        /** ide-hd at the last port of the AHCI controller of q35. */
        IDE_HD("ide-hd"),
        /** scsi-hd, target 0, on virtio-scsi-pci. */
        SCSI_HD("scsi-hd");

        private final String qemu;

        Device(String qemu) {
            this.qemu = qemu;
        }

        /** {@return QEMU's name of the device} */
        public String qemu() {
            return qemu;
        }
    }

    /**
     * {@return the disks that a machine may have where none is described: each in the first slot, first in the boot order}
     *
     * @param machineType QEMU's, such as {@code pc}; empty for q35
     */
    public static List<BootDisk> usual(Optional<String> machineType) {
        List<Device> devices = new ArrayList<>(List.of(Device.VIRTIO_BLK, Device.SCSI_HD));
        if (machineType.filter(type -> type.split(",")[0].equals("pc")).isEmpty()) {
            devices.add(Device.IDE_HD); // on the AHCI controller of q35
        }
        return devices.stream()
                .map(device -> new BootDisk(device, OptionalInt.empty(), 0, true, Optional.empty()))
                .toList();
    }

    /** Checks slot and function. */
    public BootDisk {
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(serial, "serial");
        if (slot.isPresent() && (slot.getAsInt() < 0 || slot.getAsInt() > 31) || function < 0 || function > 7) {
            throw new IllegalArgumentException("PCI slot must be 0..31 and function 0..7, got "
                    + (slot.isPresent() ? slot.getAsInt() : "none") + " and " + function);
        }
    }

    /**
     * {@return the disk that a text describes, in the words of QEMU's {@code -device}}
     *
     * @param text such as {@code virtio-blk-pci,addr=3,bootindex=0} or {@code nvme,serial=disk1}; other properties are passed over
     * @throws IllegalArgumentException for an unknown device
     */
    public static BootDisk parse(String text) {
        String[] words = text.split(",");
        Device device = null;
        for (Device candidate : Device.values()) {
            if (candidate.qemu.equals(words[0])) {
                device = candidate;
            }
        }
        if (device == null) {
            throw new IllegalArgumentException("unknown disk device '" + words[0]
                    + "', known: virtio-blk-pci, nvme, ide-hd, scsi-hd; others by their boot variables");
        }
        OptionalInt slot = OptionalInt.empty();
        int function = 0;
        boolean bootIndex = false;
        Optional<String> serial = Optional.empty();
        for (String word : words) {
            if (word.startsWith("addr=")) {
                String[] place = word.substring(5).split("\\.", 2);
                slot = OptionalInt.of(number(place[0]));
                function = place.length > 1 ? number(place[1]) : 0;
            } else if (word.startsWith("bootindex=")) {
                bootIndex = true;
            } else if (word.startsWith("serial=")) {
                serial = Optional.of(word.substring(7));
            }
        }
        return new BootDisk(device, slot, function, bootIndex, serial);
    }

    /** {@return device and place, for people} */
    public String text() {
        return device.qemu
                + (device == Device.IDE_HD ? "" : " in slot " + Integer.toHexString(slotOn(Optional.empty())))
                + (bootIndex ? ", first in QEMU's boot order" : ", without bootindex");
    }

    int slotOn(Optional<String> machineType) {
        boolean pc = machineType.filter(type -> type.split(",")[0].equals("pc")).isPresent();
        return slot.orElse(pc ? FIRST_SLOT + 1 : FIRST_SLOT);
    }

    /**
     * {@return what QEMU lists of the disk in fw_cfg bootorder on a q35 machine: its path in the words of Open Firmware, and a final
     * NUL; nothing without {@code bootindex}}
     */
    public String bootOrderItem() {
        if (!bootIndex) {
            return "";
        }
        String place = Integer.toHexString(slotOn(Optional.empty()))
                + (function == 0 ? "" : "," + Integer.toHexString(function));
        String node = switch (device) {
            case VIRTIO_BLK -> "scsi@" + place + "/disk@0,0";
            case NVME -> "pci1b36,0010@" + place + "/namespace@1,0";
            case IDE_HD -> "pci8086,2922@1f,2/drive@5/disk@0";
            case SCSI_HD -> "scsi@" + place + "/channel@0/disk@0,0";
        };
        return "/pci@i0cf8/" + node + "\0";
    }

    private static int number(String text) {
        try {
            // QEMU takes a PCI address as hexadecimal, with or without 0x.
            return Integer.parseInt(text.startsWith("0x") ? text.substring(2) : text, 16);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a PCI address: '" + text + "'", e);
        }
    }
}
