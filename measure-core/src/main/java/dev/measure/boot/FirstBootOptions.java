package dev.measure.boot;

import dev.measure.Source;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * The boot options that OVMF makes when its variable store holds none, in the order of BootOrder (edk2
 * MdeModulePkg/Universal/BdsDxe/BdsEntry.c and OvmfPkg/Library/PlatformBootManagerLib/BdsPlatform.c). Numbers are given in the order
 * in which the options are made:
 *
 * <ol>
 *   <li>the boot manager menu, which BdsDxe asks for before anything else (BdsFormalizeOSIndicationVariable): BootManagerMenuApp
 *       since edk2 9d9e3a2ba8 (202505), UiApp before;
 *   <li>since edk2 d433b4c8e4 (202505) UiApp once more, as the firmware's setup;
 *   <li>a kernel that the VMM hands over is started here, before there are others;
 *   <li>the disk (EfiBootManagerRefreshAllBootOption), except in OvmfPkg/AmdSev, which boots from the firmware alone;
 *   <li>the shell, and GRUB in OvmfPkg/AmdSev.
 * </ol>
 *
 * <p>An option whose file the volume lacks is not made. QEMU's boot order then moves the disk to the front (OvmfPkg/Library/
 * QemuBootOrderLib).
 */
public final class FirstBootOptions {
    /** The name of DXEFV, in every build. */
    private static final UUID MAIN_FV = UUID.fromString("7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1");

    /** mBmAutoCreateBootOptionGuid: the optional data of options that the firmware makes of devices. */
    private static final UUID AUTO_CREATED = UUID.fromString("8108ac4e-9f11-4d59-850e-e21a522c59b2");

    private static final int ACTIVE = 1;
    private static final int HIDDEN = 8;
    private static final int APP = 0x100;

    private final List<Option> made = new ArrayList<>();

    private FirstBootOptions() {}

    /**
     * A boot option.
     *
     * @param number the number in its name
     * @param value an EFI_LOAD_OPTION
     */
    public record Option(int number, Source value) {
        /** {@return the name of the variable, such as {@code Boot0001}} */
        public String name() {
            return variable(number);
        }

        static String variable(int number) {
            return String.format(Locale.ROOT, "Boot%04X", number);
        }
    }

    /**
     * {@return the options; none if the firmware makes no BootOrder}
     *
     * @param applications what is in the volume of the drivers
     * @param separateSetup whether menu and setup are two programs, as since edk2-stable202505
     * @param disk the disk; empty if the VMM hands a kernel over, which is started before disks are looked for
     * @param machineType QEMU's machine type, which decides the disk's slot
     */
    public static List<Option> of(
            FirmwareApplications applications,
            boolean separateSetup,
            Optional<BootDisk> disk,
            Optional<String> machineType) {
        FirstBootOptions options = new FirstBootOptions();
        if (!separateSetup && applications.uiApp()) {
            options.application("UiApp", ACTIVE | HIDDEN | APP, FirmwareApplications.UI_APP);
        } else if (separateSetup && applications.bootManagerMenu()) {
            options.application(
                    "BootManagerMenuApp", ACTIVE | HIDDEN | APP, FirmwareApplications.BOOT_MANAGER_MENU_APP);
        }
        if (separateSetup && applications.uiApp()) {
            options.application("EFI Firmware Setup", ACTIVE | APP, FirmwareApplications.UI_APP);
        }
        disk.ifPresent(boot -> options.ofDisk(boot, applications, separateSetup, machineType));
        return List.copyOf(options.made);
    }

    private void ofDisk(
            BootDisk disk, FirmwareApplications applications, boolean separateSetup, Optional<String> machineType) {
        int place = disk.bootIndex() ? 0 : made.size();
        int number = made.size();
        if (!applications.grub()) {
            made.add(place, new Option(number, Source.of(Option.variable(number), disk(disk, machineType))));
        }
        if (applications.shell()) {
            // edk2 896907b53b (202505): the shell is no fallback any more
            application("EFI Internal Shell", separateSetup ? ACTIVE | APP : ACTIVE, FirmwareApplications.SHELL);
        }
        if (applications.grub()) {
            application("Grub Bootloader", ACTIVE, FirmwareApplications.GRUB);
        }
    }

    /**
     * {@return the value of BootOrder}
     *
     * @param numbers the numbers of the options, in order
     */
    public static Source bootOrder(List<Integer> numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * numbers.size()).order(ByteOrder.LITTLE_ENDIAN);
        numbers.forEach(number -> bytes.putShort(number.shortValue()));
        return Source.of("BootOrder", bytes.array());
    }

    private void application(String description, int attributes, UUID file) {
        byte[] path = DevicePathBytes.path().fv(MAIN_FV).fvFile(file).end();
        int number = made.size();
        made.add(new Option(
                number, Source.of(Option.variable(number), loadOption(attributes, description, path, new byte[0]))));
    }

    private static byte[] disk(BootDisk disk, Optional<String> machineType) {
        int slot = disk.slotOn(machineType);
        DevicePathBytes path = DevicePathBytes.path().pciRoot();
        String description;
        switch (disk.device()) {
            case IDE_HD -> {
                path.pci(BootDisk.AHCI_SLOT, BootDisk.AHCI_FUNCTION).sata(BootDisk.AHCI_PORT, 0xffff, 0);
                description = "UEFI QEMU HARDDISK " + disk.serial().orElse("QM00011") + " ";
            }
            case NVME -> {
                path.pci(slot, disk.function()).nvme(1);
                description = "UEFI QEMU NVMe Ctrl " + disk.serial().orElse("") + " 1";
            }
            case SCSI_HD -> {
                path.pci(slot, disk.function()).scsi(0, 0);
                description = "UEFI QEMU QEMU HARDDISK ";
            }
            default -> {
                path.pci(slot, disk.function());
                description = "UEFI Misc Device";
            }
        }
        return loadOption(ACTIVE, description, path.end(), DevicePathBytes.guidBytes(AUTO_CREATED));
    }

    private static byte[] loadOption(int attributes, String description, byte[] path, byte[] optionalData) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer head = ByteBuffer.allocate(6).order(ByteOrder.LITTLE_ENDIAN);
        out.writeBytes(head.putInt(attributes).putShort((short) path.length).array());
        out.writeBytes(CmdlineText.u16(description));
        out.writeBytes(path);
        out.writeBytes(optionalData);
        return out.toByteArray();
    }
}
