package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The boot options of OVMF's first boot, where no measured boot with the firmware's image is at hand. */
final class FirstBootOptionsTest {
    /** A boot of 2025.02 with {@code -device ide-hd,drive=d0,bootindex=0} on q35: the disk is at port 5. */
    @Test
    void anIdeDiskIsAtTheLastPort() {
        FirstBootOptions.Option disk =
                options(false, true, "ide-hd,bootindex=0").get(0);
        String hex = HexFormat.of().formatHex(disk.value().toByteArray());
        assertEquals("Boot0001", disk.name());
        assertEquals(
                "02010c00d041030a00000000" + "01010600" + "021f" + "03120a000500ffff0000" + "7fff0400",
                hex.substring(hex.indexOf("02010c00"), hex.indexOf("4eac0881")));
    }

    /** Numbers are given in order of making; the boot order moves the disk, not its number. */
    @Test
    void theOrderDependsOnTheBootIndex() {
        assertEquals(List.of(1, 0, 2), numbers(options(false, true, "virtio-blk-pci,bootindex=0")));
        assertEquals(List.of(0, 1, 2), numbers(options(false, true, "virtio-blk-pci")));
        assertEquals(List.of(2, 0, 1, 3), numbers(options(true, true, "virtio-blk-pci,bootindex=0")));
        assertEquals(List.of(2, 0, 1), numbers(options(true, false, "virtio-blk-pci,bootindex=0")));
    }

    /** edk2-stable202605's IntelTdxX64 has neither menu nor setup where a trust domain looks. */
    @Test
    void aVolumeWithoutApplicationsMakesNone() {
        FirmwareApplications none = new FirmwareApplications(false, false, false, false);
        assertEquals(List.of(), FirstBootOptions.of(none, true, Optional.empty(), Optional.empty()));
    }

    private static List<FirstBootOptions.Option> options(boolean separate, boolean shell, String disk) {
        FirmwareApplications applications = new FirmwareApplications(separate, true, shell, false);
        return FirstBootOptions.of(applications, separate, Optional.of(BootDisk.parse(disk)), Optional.empty());
    }

    private static List<Integer> numbers(List<FirstBootOptions.Option> options) {
        return options.stream().map(FirstBootOptions.Option::number).toList();
    }
}
