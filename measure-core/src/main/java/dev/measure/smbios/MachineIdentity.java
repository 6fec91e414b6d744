package dev.measure.smbios;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Who a machine says it is: the fields of SMBIOS types 0 to 3 that go into CHIDs, and those that people know a machine by.
 *
 * <p>Strings are as the firmware has them, untrimmed: trimming is the business of a {@link ChidMode}. A field that the firmware
 * does not have is empty; SMBIOS has no empty strings, so a field without text is the same.
 */
public final class MachineIdentity {
    /** Shortest structures of type 1 and 2 that the stub takes: {@code sizeof} of its structs, systemd src/boot/smbios.c. */
    static final int STUB_SYSTEM_LENGTH = 27;

    static final int STUB_BASEBOARD_LENGTH = 8;

    private static final Set<IdentityField> SYSTEM =
            EnumSet.of(IdentityField.MANUFACTURER, IdentityField.FAMILY, IdentityField.PRODUCT, IdentityField.SKU);
    private static final Set<IdentityField> BASEBOARD =
            EnumSet.of(IdentityField.BOARD_MANUFACTURER, IdentityField.BOARD_PRODUCT);
    private static final Set<IdentityField> NUMBERS =
            EnumSet.of(IdentityField.BIOS_MAJOR, IdentityField.BIOS_MINOR, IdentityField.ENCLOSURE_TYPE);

    /** Files of {@code /sys/class/dmi/id}. */
    private static final Map<IdentityField, String> SYSFS = sysfs();

    /** Longest file of {@code /sys/class/dmi/id}: one page. */
    private static final int MAX_SYSFS = 4096;

    private final Map<IdentityField, String> values;
    private final Set<IdentityField> hidden;

    private MachineIdentity(Map<IdentityField, String> values, Set<IdentityField> hidden) {
        this.values = values;
        this.hidden = hidden;
    }

    /** {@return a machine that says nothing} */
    public static MachineIdentity empty() {
        return new MachineIdentity(new EnumMap<>(IdentityField.class), EnumSet.noneOf(IdentityField.class));
    }

    /**
     * {@return this machine with another value of a field}
     *
     * @param field which
     * @param value the text; empty for a field that is not there; numbers are decimal
     * @throws IllegalArgumentException if the value is not one for the field
     */
    public MachineIdentity with(IdentityField field, String value) {
        Map<IdentityField, String> changed = new EnumMap<>(IdentityField.class);
        changed.putAll(values);
        if (value.isEmpty()) {
            changed.remove(field);
        } else {
            changed.put(field, checked(field, value));
        }
        return new MachineIdentity(changed, hidden);
    }

    private static String checked(IdentityField field, String value) {
        if (value.indexOf(0) >= 0) {
            throw new IllegalArgumentException(field.key() + ": a NUL cannot be in an SMBIOS string");
        }
        if (NUMBERS.contains(field)) {
            return Integer.toString(numberOf(field, value));
        }
        if (field == IdentityField.UUID) {
            if (!value.matches("(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")) {
                throw new IllegalArgumentException(
                        "uuid: expected the form 8-4-4-4-12 hexadecimal digits, found " + value);
            }
            return UUID.fromString(value).toString();
        }
        return value;
    }

    private static int numberOf(IdentityField field, String value) {
        if (value.matches("[0-9]{1,3}") && Integer.parseInt(value) <= 0xff) {
            return Integer.parseInt(value);
        }
        Optional<Integer> word = field == IdentityField.ENCLOSURE_TYPE ? ChassisType.parse(value) : Optional.empty();
        return word.orElseThrow(() -> new IllegalArgumentException(
                field.key() + ": expected a decimal number from 0 to 255, found " + value));
    }

    /** Marks the fields that come from structures too short for the stub. */
    MachineIdentity hiddenFromStub(int systemLength, int baseboardLength) {
        Set<IdentityField> tooShort = EnumSet.noneOf(IdentityField.class);
        if (systemLength < STUB_SYSTEM_LENGTH) {
            tooShort.addAll(SYSTEM);
        }
        if (baseboardLength < STUB_BASEBOARD_LENGTH) {
            tooShort.addAll(BASEBOARD);
        }
        return new MachineIdentity(values, tooShort);
    }

    /** {@return the machine of a table: of each type the first structure counts} */
    public static MachineIdentity of(SmbiosTable table) {
        MachineIdentity identity = empty();
        Optional<SmbiosStructure> bios = table.first(0);
        Optional<SmbiosStructure> system = table.first(1);
        Optional<SmbiosStructure> baseboard = table.first(2);
        // Offsets: DSP0134 3.7.0, tables 6 (BIOS), 10 (system), 13 (baseboard) and 16 (enclosure).
        identity = identity.withString(IdentityField.BIOS_VENDOR, bios, 0x04)
                .withString(IdentityField.BIOS_VERSION, bios, 0x05)
                .withNumber(IdentityField.BIOS_MAJOR, bios, 0x14)
                .withNumber(IdentityField.BIOS_MINOR, bios, 0x15)
                .withString(IdentityField.MANUFACTURER, system, 0x04)
                .withString(IdentityField.PRODUCT, system, 0x05)
                .withString(IdentityField.VERSION, system, 0x06)
                .withString(IdentityField.SERIAL, system, 0x07)
                .withString(IdentityField.SKU, system, 0x19)
                .withString(IdentityField.FAMILY, system, 0x1a)
                .withString(IdentityField.BOARD_MANUFACTURER, baseboard, 0x04)
                .withString(IdentityField.BOARD_PRODUCT, baseboard, 0x05)
                .withNumber(IdentityField.ENCLOSURE_TYPE, table.first(3), 0x05);
        Optional<UUID> uuid = system.flatMap(structure -> uuid(structure, table.bigEndianUuid()));
        if (uuid.isPresent()) {
            identity = identity.with(IdentityField.UUID, uuid.get().toString());
        }
        return identity.hiddenFromStub(
                system.map(SmbiosStructure::length).orElse(STUB_SYSTEM_LENGTH),
                baseboard.map(SmbiosStructure::length).orElse(STUB_BASEBOARD_LENGTH));
    }

    private MachineIdentity withString(IdentityField field, Optional<SmbiosStructure> structure, int offset) {
        return structure
                .flatMap(s -> s.string(offset))
                .map(text -> with(field, text))
                .orElse(this);
    }

    private MachineIdentity withNumber(IdentityField field, Optional<SmbiosStructure> structure, int offset) {
        return structure
                .flatMap(s -> s.u8(offset))
                .map(n -> with(field, Integer.toString(n)))
                .orElse(this);
    }

    private static Optional<UUID> uuid(SmbiosStructure system, boolean bigEndian) {
        if (system.length() < 0x18) {
            return Optional.empty();
        }
        byte[] bytes = new byte[16];
        system.formatted().read(0x08, bytes, 0, 16);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long high = buffer.getLong();
        if (!bigEndian) {
            high = (long) Integer.reverseBytes((int) (high >>> 32)) << 32
                    | (Short.reverseBytes((short) (high >>> 16)) & 0xffffL) << 16
                    | Short.reverseBytes((short) high) & 0xffffL;
        }
        return Optional.of(new UUID(high, buffer.getLong()));
    }

    /**
     * {@return the machine of a text such as {@code manufacturer=QEMU,product=Standard PC (Q35 + ICH9\, 2009)}}
     *
     * <p>Fields are separated by commas; the keys are those of {@link IdentityField}, and {@code bios-release=MAJOR.MINOR}. In a value
     * {@code \,} is a comma and {@code \\} a backslash. A comma that no {@code key=} follows belongs to the value, so
     * {@code VMware, Inc.} needs no backslash. Blanks in values count, those around a key do not.
     *
     * @param text the fields
     * @throws IllegalArgumentException if a key is unknown or stands twice, or if a value is not one for its field
     */
    public static MachineIdentity parse(String text) {
        return IdentityText.parse(text);
    }

    /**
     * {@return the machine of a file: a structure table, a dump with an entry point, or text of dmidecode; the form is found out}
     *
     * @param source the file
     * @throws MalformedInputException if it is none of them
     */
    public static MachineIdentity read(Source source) {
        if (EntryPoint.isAt(source) || !DmidecodeText.isText(source)) {
            SmbiosTable table = SmbiosTable.read(source);
            MachineIdentity identity = of(table);
            if (identity.values.isEmpty()) {
                // A table has no magic number: whatever two bytes a file begins with, they can be the head of a
                // structure.
                throw new MalformedInputException(
                        source.name(),
                        source.start(),
                        "an SMBIOS table that says who the machine is, in structures of type 0 to 3",
                        table.structures().size() + " structures that do not",
                        "copy /sys/firmware/dmi/tables/DMI of the machine");
            }
            return identity;
        }
        return of(DmidecodeText.read(source));
    }

    /** {@return the machine of a text of dmidecode} */
    public static MachineIdentity of(DmidecodeText text) {
        return text.identity();
    }

    /**
     * {@return the machine of a file or a folder} A folder holds a table ({@code /sys/firmware/dmi/tables}: {@code DMI} and,
     * optionally, {@code smbios_entry_point}), or one file per field ({@code /sys/class/dmi/id}).
     *
     * @param path the file or folder
     * @throws IOException if it cannot be read
     * @throws MalformedInputException if it is none of the known forms
     */
    public static MachineIdentity read(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            try (Source source = Source.open(path)) {
                return read(source);
            }
        }
        if (Files.exists(path.resolve("DMI"))) {
            return of(SmbiosTable.read(path, Strictness.LENIENT));
        }
        if (!Files.exists(path.resolve("sys_vendor"))) {
            throw new MalformedInputException(
                    path.toString(),
                    0,
                    "a folder with a file DMI or sys_vendor",
                    "neither",
                    "copy /sys/firmware/dmi/tables or /sys/class/dmi/id of the machine");
        }
        MachineIdentity identity = empty();
        for (Map.Entry<IdentityField, String> entry : SYSFS.entrySet()) {
            identity = identity.withFile(entry.getKey(), path.resolve(entry.getValue()));
        }
        return identity.withRelease(path.resolve("bios_release"));
    }

    private MachineIdentity withFile(IdentityField field, Path file) throws IOException {
        // Serial numbers and the UUID are for root only.
        if (!Files.isReadable(file)) {
            return this;
        }
        try {
            return with(field, line(file));
        } catch (IllegalArgumentException e) {
            throw new MalformedInputException(file.toString(), 0, "a value for " + field.key(), line(file), "");
        }
    }

    private MachineIdentity withRelease(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            return this;
        }
        try {
            return IdentityText.withRelease(this, line(file));
        } catch (IllegalArgumentException e) {
            throw new MalformedInputException(file.toString(), 0, "a release MAJOR.MINOR", line(file), "");
        }
    }

    private static String line(Path file) throws IOException {
        // What the kernel shows has the length of a page until it is read, so its length says nothing.
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_SYSFS);
            int end = bytes.length > 0 && bytes[bytes.length - 1] == '\n' ? bytes.length - 1 : bytes.length;
            return SmbiosString.of(bytes, 0, end);
        }
    }

    private static Map<IdentityField, String> sysfs() {
        Map<IdentityField, String> files = new EnumMap<>(IdentityField.class);
        files.put(IdentityField.MANUFACTURER, "sys_vendor");
        files.put(IdentityField.FAMILY, "product_family");
        files.put(IdentityField.PRODUCT, "product_name");
        files.put(IdentityField.SKU, "product_sku");
        files.put(IdentityField.BOARD_MANUFACTURER, "board_vendor");
        files.put(IdentityField.BOARD_PRODUCT, "board_name");
        files.put(IdentityField.BIOS_VENDOR, "bios_vendor");
        files.put(IdentityField.BIOS_VERSION, "bios_version");
        files.put(IdentityField.ENCLOSURE_TYPE, "chassis_type");
        files.put(IdentityField.VERSION, "product_version");
        files.put(IdentityField.SERIAL, "product_serial");
        files.put(IdentityField.UUID, "product_uuid");
        return files;
    }

    /** {@return the text of a field; numbers are decimal} */
    public Optional<String> value(IdentityField field) {
        return Optional.ofNullable(values.get(field));
    }

    /** {@return a field that is a number, 0 to 255} */
    Optional<Integer> number(IdentityField field) {
        return value(field).map(Integer::valueOf);
    }

    /** {@return whether the stub does not see a field, because the structure that has it is shorter than the stub wants it} */
    public boolean hiddenFromStub(IdentityField field) {
        return hidden.contains(field);
    }

    /** 0xff in both means that the firmware has no release; the kernel then has no file bios_release. */
    boolean biosReleaseUnsupported() {
        return value(IdentityField.BIOS_MAJOR).equals(Optional.of("255"))
                && value(IdentityField.BIOS_MINOR).equals(Optional.of("255"));
    }

    /** {@return type 1, manufacturer} */
    public Optional<String> manufacturer() {
        return value(IdentityField.MANUFACTURER);
    }

    /** {@return type 1, family} */
    public Optional<String> family() {
        return value(IdentityField.FAMILY);
    }

    /** {@return type 1, product name} */
    public Optional<String> product() {
        return value(IdentityField.PRODUCT);
    }

    /** {@return type 1, SKU number} */
    public Optional<String> sku() {
        return value(IdentityField.SKU);
    }

    /** {@return type 1, version} */
    public Optional<String> version() {
        return value(IdentityField.VERSION);
    }

    /** {@return type 1, serial number} */
    public Optional<String> serial() {
        return value(IdentityField.SERIAL);
    }

    /** {@return type 1, UUID; all zeros and all ones, which mean that there is none, are given as they are} */
    public Optional<UUID> uuid() {
        return value(IdentityField.UUID).map(UUID::fromString);
    }

    /** {@return type 2, manufacturer} */
    public Optional<String> boardManufacturer() {
        return value(IdentityField.BOARD_MANUFACTURER);
    }

    /** {@return type 2, product} */
    public Optional<String> boardProduct() {
        return value(IdentityField.BOARD_PRODUCT);
    }

    /** {@return type 0, vendor} */
    public Optional<String> biosVendor() {
        return value(IdentityField.BIOS_VENDOR);
    }

    /** {@return type 0, BIOS version} */
    public Optional<String> biosVersion() {
        return value(IdentityField.BIOS_VERSION);
    }

    /** {@return type 0, system BIOS major release, 0 to 255; 255 in both means that there is none} */
    public Optional<Integer> biosMajor() {
        return number(IdentityField.BIOS_MAJOR);
    }

    /** {@return type 0, system BIOS minor release, 0 to 255; 255 in both means that there is none} */
    public Optional<Integer> biosMinor() {
        return number(IdentityField.BIOS_MINOR);
    }

    /** {@return type 3, the byte with the type in bits 0 to 6 and the lock in bit 7} */
    public Optional<Integer> enclosureType() {
        return number(IdentityField.ENCLOSURE_TYPE);
    }

    /** {@return the id of the panel from its EDID, which no SMBIOS table has} */
    public Optional<String> panel() {
        return value(IdentityField.PANEL);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MachineIdentity that && values.equals(that.values) && hidden.equals(that.hidden);
    }

    @Override
    public int hashCode() {
        return Objects.hash(values, hidden);
    }

    /** {@return the fields in a form that {@link #parse} reads} */
    @Override
    public String toString() {
        return IdentityText.of(values);
    }
}
