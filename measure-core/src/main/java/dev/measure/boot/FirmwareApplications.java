package dev.measure.boot;

import dev.measure.firmware.FirmwareVolumes;
import java.util.UUID;

/**
 * The applications in a firmware volume of OVMF that the firmware makes boot options of.
 *
 * @param bootManagerMenu BootManagerMenuApp (edk2 MdeModulePkg/Application/BootManagerMenuApp)
 * @param uiApp UiApp, the setup (edk2 MdeModulePkg/Application/UiApp)
 * @param shell the UEFI shell (edk2 ShellPkg/Application/Shell)
 * @param grub the GRUB of OvmfPkg/AmdSev
 */
public record FirmwareApplications(boolean bootManagerMenu, boolean uiApp, boolean shell, boolean grub) {
    static final UUID BOOT_MANAGER_MENU_APP = UUID.fromString("eec25bdc-67f2-4d95-b1d5-f81b2039d11d");
    static final UUID UI_APP = UUID.fromString("462caa21-7614-4503-836e-8ab6f4662331");
    static final UUID SHELL = UUID.fromString("7c04a583-9e3e-4f1c-ad65-e05268d0b4d1");
    static final UUID GRUB = UUID.fromString("b5ae312c-bc8a-43b1-9c62-ebb826dd5d07");

    /**
     * {@return the applications in a volume}
     *
     * @param volume DXEFV, the volume of the drivers
     */
    public static FirmwareApplications of(FirmwareVolumes.Volume volume) {
        return new FirmwareApplications(
                volume.holds(BOOT_MANAGER_MENU_APP), volume.holds(UI_APP), volume.holds(SHELL), volume.holds(GRUB));
    }
}
