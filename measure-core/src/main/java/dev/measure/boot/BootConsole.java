package dev.measure.boot;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What systemd-stub from 261 on finds of consoles in a machine, and adds to a command line that names none (systemd
 * src/boot/console.c, cmdline_append_console).
 */
public enum BootConsole {
    /** The first serial port, PNP0501 with UID 0, at 0x3f8. */
    COM1("com1", "console=uart,io,0x3f8"),
    /** The second, at 0x2f8. */
    COM2("com2", "console=uart,io,0x2f8"),
    /** The third, at 0x3e8. */
    COM3("com3", "console=uart,io,0x3e8"),
    /** The fourth, at 0x2e8. */
    COM4("com4", "console=uart,io,0x2e8"),
    /** One PCI device 1af4:1003, as QEMU's virtio-serial-pci on the root bus. */
    VIRTIO("virtio", "console=hvc0"),
    /** EFI_GRAPHICS_OUTPUT_PROTOCOL. */
    GRAPHICS("graphics", "console=tty0");

    private final String id;
    private final String argument;

    BootConsole(String id, String argument) {
        this.id = id;
        this.argument = argument;
    }

    /** {@return its name in options, such as {@code com1}} */
    public String id() {
        return id;
    }

    /**
     * {@return the console of a name}
     *
     * @param id its name in options
     */
    public static Optional<BootConsole> of(String id) {
        return Arrays.stream(values()).filter(console -> console.id.equals(id)).findFirst();
    }

    /** 261: one console, where the graphical one needs no word. */
    static String one(List<BootConsole> consoles) {
        if (consoles.contains(VIRTIO)) {
            return VIRTIO.argument;
        }
        return consoles.contains(GRAPHICS)
                ? ""
                : serial(consoles).map(port -> port.argument).orElse("");
    }

    /** 262: all of them, the one that counts most last; none if only the graphical one is there. */
    static String all(List<BootConsole> consoles) {
        Optional<BootConsole> serial = serial(consoles);
        String text = Arrays.stream(values())
                .filter(console -> console == VIRTIO || console == GRAPHICS
                        ? consoles.contains(console)
                        : serial.equals(Optional.of(console)))
                .map(console -> console.argument)
                .collect(Collectors.joining(" "));
        return text.equals(GRAPHICS.argument) ? "" : text;
    }

    /** The serial port; of several none is known to be the console. */
    private static Optional<BootConsole> serial(List<BootConsole> consoles) {
        List<BootConsole> ports = consoles.stream()
                .filter(console -> console.ordinal() <= COM4.ordinal())
                .distinct()
                .toList();
        return ports.size() == 1 ? Optional.of(ports.get(0)) : Optional.empty();
    }
}
