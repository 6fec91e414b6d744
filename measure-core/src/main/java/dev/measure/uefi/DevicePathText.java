package dev.measure.uefi;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.apache.commons.codec.binary.Hex;

/**
 * The text of device path nodes: UEFI 2.10, section 10.6.1.6, table "Device Node Table", in the spelling of edk2's
 * UefiDevicePathLib. A node that is unknown, or too short for its type, is {@code Path(type,sub-type,hex)}.
 */
final class DevicePathText {
    private static final UUID VEN_PC_ANSI = UUID.fromString("e0c14753-f9be-11d2-9a0c-0090273fc14d");
    private static final UUID VEN_VT100 = UUID.fromString("dfa66065-b419-11d3-9a2d-0090273fc14d");
    private static final UUID VEN_VT100_PLUS = UUID.fromString("7baec70b-57e0-4c76-8e87-2f9e28088343");
    private static final UUID VEN_UTF8 = UUID.fromString("ad15a0d6-8bec-4acf-a073-d01de77e2d88");
    private static final UUID VIRTUAL_DISK = UUID.fromString("77ab535a-45fc-624b-5560-f7b281d1f96e");
    private static final UUID VIRTUAL_CD = UUID.fromString("3d5abd30-4175-87ce-6d64-d2ade523c4bb");
    private static final String[] PARITY = {"D", "N", "E", "O", "M", "S"};
    private static final String[] STOP_BITS = {"D", "1", "1.5", "2"};
    private static final String[] BBS = {"", "Floppy", "HD", "CDROM", "PCMCIA", "USB", "Network"};

    private DevicePathText() {}

    static String node(DevicePath.Node node) {
        try {
            Cursor c = Cursor.of(node.data());
            String text = switch (node.type()) {
                case 1 -> hardware(node.subType(), c);
                case 2 -> acpi(node.subType(), c);
                case 3 -> messaging(node.subType(), c);
                case 4 -> media(node.subType(), c);
                case 5 -> node.subType() == 1 ? bbs(c) : "";
                default -> "";
            };
            return text.isEmpty() ? unknown(node) : text;
        } catch (MalformedInputException tooShort) {
            return unknown(node);
        }
    }

    private static String unknown(DevicePath.Node node) {
        String data = hex(node.data());
        return "Path(" + node.type() + "," + node.subType() + (data.isEmpty() ? "" : "," + data) + ")";
    }

    private static String hardware(int subType, Cursor c) {
        return switch (subType) {
            case 1 -> {
                int function = c.u8("Function");
                yield "Pci(" + x(c.u8("Device")) + "," + x(function) + ")";
            }
            case 2 -> "PcCard(" + x(c.u8("Function Number")) + ")";
            case 3 ->
                "MemoryMapped(" + x(c.u32("Memory Type")) + "," + x(c.u64("Start Address")) + ","
                        + x(c.u64("End Address")) + ")";
            case 4 -> vendor("VenHw", c);
            case 5 -> "Ctrl(" + x(c.u32("Controller Number")) + ")";
            case 6 -> "BMC(" + x(c.u8("Interface Type")) + "," + x(c.u64("Base Address")) + ")";
            default -> "";
        };
    }

    private static String acpi(int subType, Cursor c) {
        return switch (subType) {
            case 1 -> {
                long hid = c.u32("_HID");
                String uid = x(c.u32("_UID"));
                yield switch ((int) hid) {
                    case 0x0a0341d0 -> "PciRoot(" + uid + ")";
                    case 0x0a0841d0 -> "PcieRoot(" + uid + ")";
                    case 0x060441d0 -> "Floppy(" + uid + ")";
                    case 0x030141d0 -> "Keyboard(" + uid + ")";
                    case 0x050141d0 -> "Serial(" + uid + ")";
                    case 0x040141d0 -> "ParallelPort(" + uid + ")";
                    default -> "Acpi(" + eisaId(hid) + "," + uid + ")";
                };
            }
            case 2 -> {
                String hid = eisaId(c.u32("_HID"));
                String uid = x(c.u32("_UID"));
                String cid = eisaId(c.u32("_CID"));
                String hidText = c.utf8z(255, "_HIDSTR");
                String uidText = c.utf8z(255, "_UIDSTR");
                String cidText = c.utf8z(255, "_CIDSTR");
                yield "AcpiEx(" + hid + "," + cid + "," + uid + "," + hidText + "," + cidText + "," + uidText + ")";
            }
            case 3 -> {
                StringBuilder text = new StringBuilder("AcpiAdr(").append(x(c.u32("_ADR")));
                while (c.remaining() >= 4) {
                    text.append(",").append(x(c.u32("_ADR")));
                }
                yield text.append(")").toString();
            }
            default -> "";
        };
    }

    /** An EISA id is three letters of five bits each, big-endian, and four hexadecimal digits. */
    private static String eisaId(long id) {
        int letters = Short.toUnsignedInt(Short.reverseBytes((short) id));
        if ((letters & 0x8000) != 0 || id == 0) {
            return x(id);
        }
        StringBuilder text = new StringBuilder();
        for (int shift = 10; shift >= 0; shift -= 5) {
            int letter = letters >> shift & 0x1f;
            if (letter < 1 || letter > 26) {
                return x(id);
            }
            text.append((char) ('@' + letter));
        }
        return text.append(String.format("%04x", Short.toUnsignedInt(Short.reverseBytes((short) (id >>> 16)))))
                .toString();
    }

    private static String messaging(int subType, Cursor c) {
        return switch (subType) {
            case 1 ->
                "Ata(" + (c.u8("PrimarySecondary") == 0 ? "Primary" : "Secondary") + ","
                        + (c.u8("SlaveMaster") == 0 ? "Master" : "Slave") + "," + x(c.u16("Logical Unit Number")) + ")";
            case 2 -> "Scsi(" + x(c.u16("Target ID")) + "," + x(c.u16("Logical Unit Number")) + ")";
            case 3 -> {
                c.skip(4, "Reserved");
                yield "Fibre(" + x(c.u64("World Wide Name")) + "," + x(c.u64("Logical Unit Number")) + ")";
            }
            case 4 -> {
                c.skip(4, "Reserved");
                yield "I1394(" + String.format("%016x", c.u64("GUID")) + ")";
            }
            case 5 -> "USB(" + x(c.u8("Parent Port Number")) + "," + x(c.u8("Interface Number")) + ")";
            case 6 -> "I2O(" + x(c.u32("TID")) + ")";
            case 9 ->
                "Infiniband(" + x(c.u32("Resource Flags")) + "," + c.guid("PORT GID") + ","
                        + x(c.u64("IOC GUID/Service ID")) + "," + x(c.u64("Target Port ID")) + ","
                        + x(c.u64("Device ID")) + ")";
            case 10 -> vendorMessaging(c);
            case 11 -> mac(c);
            case 12 -> ipv4(c);
            case 13 -> ipv6(c);
            case 14 -> uart(c);
            case 15 ->
                "UsbClass(" + x(c.u16("Vendor ID")) + "," + x(c.u16("Product ID")) + ","
                        + x(c.u8("Device Class")) + "," + x(c.u8("Device Subclass")) + "," + x(c.u8("Device Protocol"))
                        + ")";
            case 16 -> {
                String numbers = c.u16("Interface Number") + "";
                String vendor = x(c.u16("Device Vendor Id"));
                String product = x(c.u16("Device Product Id"));
                yield "UsbWwid(" + vendor + "," + product + "," + numbers + ",\""
                        + printable(Utf16.fixed(c, c.remaining() & ~1, "Serial Number")) + "\")";
            }
            case 17 -> "Unit(" + x(c.u8("Logical Unit Number")) + ")";
            case 18 ->
                "Sata(" + x(c.u16("HBA Port Number")) + "," + x(c.u16("Port Multiplier Port Number")) + ","
                        + x(c.u16("Logical Unit Number")) + ")";
            case 19 -> iscsi(c);
            case 20 -> "Vlan(" + c.u16("VlanId") + ")";
            case 21 -> {
                c.skip(4, "Reserved");
                yield "FibreEx(0x" + hex(c.slice(8, "World Wide Name")) + ",0x" + hex(c.slice(8, "Logical Unit Number"))
                        + ")";
            }
            case 22 -> {
                String address = hex(c.slice(8, "SAS Address"));
                String unit = hex(c.slice(8, "Logical Unit Number"));
                int topology = c.u16("Device and Topology Info");
                yield "SasEx(0x" + address + ",0x" + unit + "," + x(c.u16("Relative Target Port")) + "," + x(topology)
                        + ")";
            }
            case 23 -> {
                String namespace = x(c.u32("Namespace Identifier"));
                StringBuilder eui = new StringBuilder();
                for (byte b : reversed(c.bytes(8, "IEEE Extended Unique Identifier"))) {
                    eui.append(eui.isEmpty() ? "" : "-").append(String.format("%02x", b));
                }
                yield "NVMe(" + namespace + "," + eui + ")";
            }
            case 24 -> "Uri(" + printable(new String(c.bytes(c.remaining(), "Uri"), StandardCharsets.UTF_8)) + ")";
            case 25 -> "UFS(" + x(c.u8("Target ID")) + "," + x(c.u8("Logical Unit Number")) + ")";
            case 26 -> "SD(" + x(c.u8("Slot Number")) + ")";
            case 27 -> "Bluetooth(" + hex(c.slice(6, "Device Address")) + ")";
            case 28 ->
                "Wi-Fi("
                        + printable(
                                new String(c.bytes(c.remaining(), "SSID"), StandardCharsets.UTF_8).split("\0", 2)[0])
                        + ")";
            case 29 -> "eMMC(" + x(c.u8("Slot Number")) + ")";
            case 30 -> "BluetoothLE(" + hex(c.slice(6, "Device Address")) + "," + x(c.u8("Address Type")) + ")";
            case 31 -> dns(c);
            case 32 -> "NVDIMM(" + c.guid("UUID") + ")";
            case 33 -> "RestService(" + c.u8("REST Service") + "," + c.u8("Access Mode") + ")";
            default -> "";
        };
    }

    private static String vendorMessaging(Cursor c) {
        UUID guid = c.guid("Vendor_GUID");
        if (c.remaining() == 0) {
            if (guid.equals(VEN_PC_ANSI)) {
                return "VenPcAnsi()";
            } else if (guid.equals(VEN_VT100)) {
                return "VenVt100()";
            } else if (guid.equals(VEN_VT100_PLUS)) {
                return "VenVt100Plus()";
            } else if (guid.equals(VEN_UTF8)) {
                return "VenUtf8()";
            }
        }
        return vendor("VenMsg", c.seek(0, "Vendor_GUID"));
    }

    private static String vendor(String name, Cursor c) {
        UUID guid = c.guid("Vendor_GUID");
        return name + "(" + guid + (c.remaining() == 0 ? "" : "," + hex(c.slice(c.remaining(), "data"))) + ")";
    }

    private static String mac(Cursor c) {
        Source address = c.slice(32, "MAC Address");
        int type = c.u8("IfType");
        int length = type <= 1 ? 6 : 32; // Ethernet addresses have six of the 32 bytes
        return "MAC(" + hex(address.slice(0, length)) + "," + x(type) + ")";
    }

    private static String ipv4(Cursor c) {
        String local = dotted(c);
        String remote = dotted(c);
        c.skip(4, "Local Port, Remote Port");
        String protocol = protocol(c.u16("Protocol"));
        String origin = c.u8("StaticIPAddress") == 0 ? "DHCP" : "Static";
        if (c.remaining() < 8) { // before UEFI 2.4 the node ended here
            return "IPv4(" + remote + "," + protocol + "," + origin + "," + local + ")";
        }
        String gateway = dotted(c);
        return "IPv4(" + remote + "," + protocol + "," + origin + "," + local + "," + gateway + "," + dotted(c) + ")";
    }

    private static String ipv6(Cursor c) {
        String local = colons(c);
        String remote = colons(c);
        c.skip(4, "Local Port, Remote Port");
        String protocol = protocol(c.u16("Protocol"));
        int origin = c.u8("IPAddressOrigin");
        String how = origin == 0 ? "Static" : origin == 1 ? "StatelessAutoConfigure" : "StatefulAutoConfigure";
        if (c.remaining() < 17) {
            return "IPv6(" + remote + "," + protocol + "," + how + "," + local + ")";
        }
        String prefix = x(c.u8("PrefixLength"));
        return "IPv6(" + remote + "," + protocol + "," + how + "," + local + "," + prefix + "," + colons(c) + ")";
    }

    private static String protocol(int number) {
        return number == 6 ? "TCP" : number == 17 ? "UDP" : x(number);
    }

    private static String dotted(Cursor c) {
        return c.u8("address") + "." + c.u8("address") + "." + c.u8("address") + "." + c.u8("address");
    }

    private static String colons(Cursor c) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            text.append(i == 0 ? "" : ":").append(String.format("%02x%02x", c.u8("address"), c.u8("address")));
        }
        return text.toString();
    }

    private static String uart(Cursor c) {
        c.skip(4, "Reserved");
        long baud = c.u64("Baud Rate");
        int bits = c.u8("Data Bits");
        int parity = c.u8("Parity");
        int stop = c.u8("Stop Bits");
        return "Uart(" + (baud == 0 ? "DEFAULT" : Long.toUnsignedString(baud)) + "," + (bits == 0 ? "DEFAULT" : bits)
                + "," + (parity < PARITY.length ? PARITY[parity] : "x") + ","
                + (stop < STOP_BITS.length ? STOP_BITS[stop] : "x") + ")";
    }

    private static String iscsi(Cursor c) {
        int protocol = c.u16("Protocol");
        int options = c.u16("Options");
        String unit = hex(c.slice(8, "Logical Unit Number"));
        int group = c.u16("Target Portal group tag");
        String target = printable(
                new String(c.bytes(c.remaining(), "iSCSI Target Name"), StandardCharsets.UTF_8).split("\0", 2)[0]);
        return "iSCSI(" + target + "," + x(group) + ",0x" + unit + "," + ((options & 2) == 0 ? "None" : "CRC32C") + ","
                + ((options & 8) == 0 ? "None" : "CRC32C") + ","
                + ((options & 0x800) != 0 ? "None" : (options & 0x1000) != 0 ? "CHAP_UNI" : "CHAP_BI") + ","
                + (protocol == 0 ? "TCP" : "reserved") + ")";
    }

    private static String dns(Cursor c) {
        boolean six = c.u8("IsIPv6") != 0;
        StringBuilder text = new StringBuilder("Dns(");
        while (c.remaining() >= 16) {
            text.append(text.length() == 4 ? "" : ",");
            if (six) {
                text.append(colons(c));
            } else {
                text.append(dotted(c)); // an EFI_IP_ADDRESS has 16 bytes in either case
                c.skip(12, "address");
            }
        }
        return text.append(")").toString();
    }

    private static String media(int subType, Cursor c) {
        return switch (subType) {
            case 1 -> hardDrive(c);
            case 2 ->
                "CDROM(" + x(c.u32("Boot Entry")) + "," + x(c.u64("Partition Start")) + "," + x(c.u64("Partition Size"))
                        + ")";
            case 3 -> vendor("VenMedia", c);
            case 4 -> {
                String path = Utf16.fixed(c, c.remaining() & ~1, "Path Name").split("\0", 2)[0];
                yield path.isEmpty() ? "" : printable(path);
            }
            case 5 -> "Media(" + c.guid("Protocol GUID") + ")";
            case 6 -> "FvFile(" + c.guid("firmware file name") + ")";
            case 7 -> "Fv(" + c.guid("firmware volume name") + ")";
            case 8 -> {
                c.skip(4, "Reserved");
                yield "Offset(" + x(c.u64("Starting Offset")) + "," + x(c.u64("Ending Offset")) + ")";
            }
            case 9 -> {
                String range = x(c.u64("Starting Address")) + "," + x(c.u64("Ending Address"));
                UUID type = c.guid("Disk Type GUID");
                int instance = c.u16("Disk Instance");
                String start = type.equals(VIRTUAL_DISK)
                        ? "VirtualDisk(" + range
                        : type.equals(VIRTUAL_CD) ? "VirtualCD(" + range : "RamDisk(" + range + "," + type;
                yield start + "," + instance + ")";
            }
            default -> "";
        };
    }

    private static String hardDrive(Cursor c) {
        long number = c.u32("Partition Number");
        String extent = x(c.u64("Partition Start")) + "," + x(c.u64("Partition Size"));
        Cursor signature = Cursor.of(c.slice(16, "Partition Signature"));
        int format = c.u8("Partition Format");
        int type = c.u8("Signature Type");
        return switch (type) {
            case 1 ->
                "HD(" + number + ",MBR," + String.format("0x%08x", signature.u32("signature")) + "," + extent + ")";
            case 2 -> "HD(" + number + ",GPT," + signature.guid("signature") + "," + extent + ")";
            default -> "HD(" + number + "," + format + "," + type + "," + extent + ")";
        };
    }

    private static String bbs(Cursor c) {
        int type = c.u16("Device Type");
        int flags = c.u16("Status Flag");
        String description = printable(
                new String(c.bytes(c.remaining(), "Description String"), StandardCharsets.US_ASCII).split("\0", 2)[0]);
        String name = type > 0 && type < BBS.length ? BBS[type] : x(type);
        return "BBS(" + name + "," + description + "," + x(flags) + ")";
    }

    /** Control characters never reach a terminal. */
    private static String printable(String text) {
        return text.codePoints()
                .map(ch -> Character.isISOControl(ch) ? '?' : ch)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }

    private static String x(long value) {
        return "0x" + Long.toHexString(value);
    }

    static String hex(Source source) {
        return Hex.encodeHexString(source.toByteArray());
    }

    static String hexLittleEndian16(int value) {
        return String.format("%02x%02x", value & 0xff, value >> 8);
    }
}
