package dev.measure.boot;

import dev.measure.Source;
import dev.measure.pe.PeImage;
import dev.measure.vectors.PeWriter;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes a shim: its text, the certificates of its vendor, its revocations, with the long names of its sections in a string table. */
final class ShimFile {
    private static final String NAMES = ".vendor_cert\0.sbatlevel\0";

    private String version = "16.1";
    private byte[] authorized = new byte[0];
    private byte[] deauthorized = new byte[0];
    private String automatic = "sbat,1,2025021800\nshim,4\ngrub,5\n";
    private String latest = "sbat,1,2025051000\nshim,4\ngrub,5\ngrub.proxmox,2\n";
    private String sbat =
            "sbat,1,SBAT Version,sbat,1,https://example.org\nshim,4,UEFI shim,shim,1,https://example.org\n";
    private long authorizedSize = -1;

    ShimFile version(String value) {
        version = value;
        return this;
    }

    ShimFile authorized(byte[] value) {
        authorized = value.clone();
        return this;
    }

    ShimFile authorizedSize(long value) {
        authorizedSize = value;
        return this;
    }

    ShimFile deauthorized(byte[] value) {
        deauthorized = value.clone();
        return this;
    }

    ShimFile automatic(String value) {
        automatic = value;
        return this;
    }

    ShimFile sbat(String value) {
        sbat = value;
        return this;
    }

    byte[] bytes() {
        ByteBuffer table = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        table.putInt(authorizedSize < 0 ? authorized.length : (int) authorizedSize)
                .putInt(deauthorized.length)
                .putInt(16)
                .putInt(16 + authorized.length);
        ByteArrayOutputStream vendor = new ByteArrayOutputStream();
        vendor.writeBytes(table.array());
        vendor.writeBytes(authorized);
        vendor.writeBytes(deauthorized);
        ByteArrayOutputStream levels = new ByteArrayOutputStream();
        levels.writeBytes(ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0)
                .putInt(8)
                .putInt(9 + automatic.length())
                .array());
        levels.writeBytes((automatic + '\0' + latest + '\0').getBytes(StandardCharsets.US_ASCII));
        byte[] names = NAMES.getBytes(StandardCharsets.US_ASCII);
        byte[] strings = ByteBuffer.allocate(4 + names.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(4 + names.length)
                .put(names)
                .array();
        byte[] file = PeWriter.pe32Plus()
                .section(".data", "UEFI SHIM\n$Version: " + version + " $\n$BuildMachine: none $\n")
                .section("/4", vendor.toByteArray())
                .section("/17", levels.toByteArray())
                .section(".sbat", sbat)
                .trailing(strings)
                .build();
        ByteBuffer patched = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        patched.putInt(patched.getInt(0x3c) + 12, file.length - strings.length); // PointerToSymbolTable; no symbols
        return file;
    }

    Source source() {
        return Source.of("shimx64.efi", bytes());
    }

    ShimImage image() {
        return ShimImage.read(PeImage.read(source()));
    }
}
