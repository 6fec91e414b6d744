package dev.measure.uefi;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * EFI_DEVICE_PATH_PROTOCOL: the way from the processor to a device or file, node by node (UEFI 2.10, chapter 10).
 *
 * @param nodes the nodes, the ends of instances included, in order
 */
public record DevicePath(List<Node> nodes) {
    /** What a path may have; the longest of real machines have a few hundred bytes. */
    private static final int MAX_PATH = 1 << 16;

    private static final int HEADER = 4;
    static final int END = 0x7f;

    /** Copies the list. */
    public DevicePath {
        nodes = List.copyOf(nodes);
    }

    /**
     * One node.
     *
     * @param type Type: 1 hardware, 2 ACPI, 3 messaging, 4 media, 5 BIOS boot, 0x7f end
     * @param subType Sub-Type
     * @param data what follows the four bytes of type, sub-type and length
     */
    public record Node(int type, int subType, Source data) {
        /** {@return the node in the text form of UEFI, hexadecimal digits in lower case} */
        public String text() {
            return DevicePathText.node(this);
        }
    }

    /**
     * {@return the path}
     *
     * @param source all of its bytes; what follows the end of the whole path belongs to further paths and is read too
     */
    public static DevicePath read(Source source) {
        if (source.length() > MAX_PATH) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "a device path of at most " + MAX_PATH + " bytes",
                    source.length() + " bytes",
                    "");
        }
        Cursor c = Cursor.of(source);
        List<Node> nodes = new ArrayList<>();
        while (c.remaining() > 0) {
            int start = c.position();
            int type = c.u8("Type");
            int subType = c.u8("SubType");
            int length = c.u16("Length");
            if (length < HEADER || length - HEADER > c.remaining()) {
                throw c.malformed(
                        start + 2,
                        "device path node Length of 4.." + (c.remaining() + HEADER),
                        String.valueOf(length),
                        "");
            }
            nodes.add(new Node(type, subType, c.slice(length - HEADER, "node")));
        }
        return new DevicePath(nodes);
    }

    /** {@return the path in the text form of UEFI 2.10, section 10.6, hexadecimal digits in lower case} */
    public String text() {
        StringBuilder text = new StringBuilder();
        String separator = "";
        for (Node node : nodes) {
            if (node.type() == END) {
                separator = text.isEmpty() ? "" : ",";
            } else {
                text.append(separator).append(node.text());
                separator = "/";
            }
        }
        return text.toString();
    }

    /** {@return the bytes of all nodes as hexadecimal digits} */
    public String hex() {
        return nodes.stream()
                .map(node -> String.format("%02x%02x", node.type(), node.subType())
                        + DevicePathText.hexLittleEndian16((int) node.data().length() + HEADER)
                        + DevicePathText.hex(node.data()))
                .collect(Collectors.joining());
    }
}
