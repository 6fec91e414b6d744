package dev.measure.firmware;

import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.parse.Cursor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * A firmware file, as a VMM maps it below 4 GiB.
 *
 * <p>Reading never fails because a file is no firmware: {@link Kind#UNKNOWN} says so. It fails if a table that is there is broken.
 */
public final class Firmware {
    /** The GUID of the SEV-ES reset block: u32 address of the first instruction of the second and later vCPUs. */
    public static final UUID RESET_BLOCK = UUID.fromString("00f771de-1a7e-4fcb-890e-68c77e2fb44e");

    /** The GUID of the area for kernel hashes: u32 address, u32 size. */
    public static final UUID HASH_TABLE_AREA = UUID.fromString("7255371f-3a3b-4b04-927b-1da6efa8d454");

    /** The GUID of the area for launch secrets: u32 address, u32 size. */
    public static final UUID SECRET_AREA = UUID.fromString("4c2eb361-7d9b-4cc3-8081-127c90d3d294");

    /** The file system GUID of the firmware volume that holds the variable store. */
    private static final UUID NV_DATA_FV = UUID.fromString("fff12b8d-7696-4c8b-a985-2747075b4f50");

    private static final int IGVM_MAGIC = 0x4d564749; // "IGVM"
    private static final int TDVF_MAGIC = 0x46564454; // "TDVF"

    /** SeaBIOS images are 128 or 256 KiB; text is not looked for in anything larger than this. */
    private static final int MAX_SEABIOS = 1 << 20;

    private static final byte[] SEABIOS = "SeaBIOS (version ".getBytes(StandardCharsets.US_ASCII);

    /** What a file is. */
    public enum Kind {
        /** OVMF code without a variable store: the CODE half of a split image. */
        OVMF_CODE("OVMF code without variable store"),
        /** A whole OVMF image: variable store and code. */
        OVMF_CODE_AND_VARS("OVMF, code and variable store"),
        /** A variable store alone: the VARS half of a split image. */
        OVMF_VARS("OVMF variable store without code"),
        /** td-shim. */
        TD_SHIM("td-shim"),
        /** SeaBIOS. */
        SEABIOS("SeaBIOS"),
        /** An IGVM file. */
        IGVM("IGVM file"),
        /** Something else. */
        UNKNOWN("no known firmware");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** {@return the kind in words} */
        public String text() {
            return text;
        }
    }

    /**
     * An area of guest memory.
     *
     * @param gpa guest-physical address of the first byte
     * @param size bytes
     */
    public record Area(long gpa, long size) {}

    private final Source image;
    private final Kind kind;
    private final Optional<GuidedTable> table;
    private final List<Warning> warnings;

    private Firmware(Source image, Kind kind, Optional<GuidedTable> table, List<Warning> warnings) {
        this.image = Objects.requireNonNull(image, "image");
        this.kind = kind;
        this.table = table;
        this.warnings = List.copyOf(warnings);
    }

    /**
     * {@return the firmware in a file or in a part of one}
     *
     * @param image all of its bytes
     * @param strictness whether a table that loaders read in different ways is refused
     */
    public static Firmware read(Source image, Strictness strictness) {
        boolean igvm = u32At(image, 0) == IGVM_MAGIC;
        Optional<GuidedTable> table = igvm ? Optional.empty() : GuidedTable.read(image, strictness);
        List<Warning> warnings = new ArrayList<>();
        table.ifPresent(found -> warnings.addAll(found.warnings()));
        Kind kind = igvm ? Kind.IGVM : kind(image, table.isPresent());
        return new Firmware(image, kind, table, warnings);
    }

    private static Kind kind(Source image, boolean hasTable) {
        boolean variables = isVolume(image, 0) && volumeGuid(image, 0).equals(NV_DATA_FV);
        if (hasTable) {
            return variables ? Kind.OVMF_CODE_AND_VARS : Kind.OVMF_CODE;
        }
        long legacy = image.length() < 32 ? -1 : u32At(image, image.length() - 32) & 0xffffffffL;
        // td-shim's payload is in a firmware volume, too, so this comes before looking for one.
        if (!variables && legacy >= 0 && u32At(image, legacy) == TDVF_MAGIC) {
            return Kind.TD_SHIM;
        }
        if (endsInResetVector(image) && hasCodeVolume(image)) {
            return variables ? Kind.OVMF_CODE_AND_VARS : Kind.OVMF_CODE; // before edk2-stable202008: no table
        }
        if (variables) {
            return Kind.OVMF_VARS;
        }
        return isSeaBios(image) ? Kind.SEABIOS : Kind.UNKNOWN;
    }

    /** A firmware volume has its signature at offset 40 (PI specification, volume 3, EFI_FIRMWARE_VOLUME_HEADER). */
    private static boolean isVolume(Source image, long offset) {
        return u32At(image, offset + 40) == 0x4856465f; // "_FVH"
    }

    private static UUID volumeGuid(Source image, long offset) {
        return Cursor.of(image.slice(offset + 16, 16)).guid("FileSystemGuid");
    }

    private static boolean hasCodeVolume(Source image) {
        for (long offset = 0; offset < Math.min(image.length(), 16 << 20); offset += 4096) {
            if (isVolume(image, offset) && !volumeGuid(image, offset).equals(NV_DATA_FV)) {
                return true;
            }
        }
        return false;
    }

    /** An erased flash ends in 0xff; code ends in the jump that the processor takes at 4 GiB - 16. */
    private static boolean endsInResetVector(Source image) {
        if (image.length() < 16) {
            return false;
        }
        int first = u32At(image, image.length() - 16);
        return first != -1 && first != 0;
    }

    private static boolean isSeaBios(Source image) {
        if (image.length() > MAX_SEABIOS) {
            return false;
        }
        byte[] bytes = image.toByteArray();
        for (int i = 0; i + SEABIOS.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + SEABIOS.length, SEABIOS, 0, SEABIOS.length)) {
                return true;
            }
        }
        return false;
    }

    private static int u32At(Source image, long offset) {
        return offset < 0 || offset > image.length() - 4
                ? 0
                : (int) Cursor.of(image.slice(offset, 4)).u32("signature");
    }

    /** {@return all bytes} */
    public Source image() {
        return image;
    }

    /** {@return what the file is} */
    public Kind kind() {
        return kind;
    }

    /** {@return the table below the reset vector; empty if there is none} */
    public Optional<GuidedTable> table() {
        return table;
    }

    /** {@return what the user should know about the file} */
    public List<Warning> warnings() {
        return warnings;
    }

    /** {@return the guest-physical address of the first byte: the image ends at 4 GiB} */
    public long base() {
        return (1L << 32) - image.length();
    }

    /**
     * {@return the address of the first instruction of the second and later vCPUs of an SEV-ES or SEV-SNP guest; empty if the
     * firmware has no reset block; 0 if it says 0}
     *
     * <p>Looked for in the table, else alone in its place, as QEMU does.
     */
    public Optional<Long> resetAddress() {
        if (table.isPresent()) {
            return table.get().entry(RESET_BLOCK).map(entry -> {
                Cursor data = exactly(entry, 4, "SEV-ES reset block");
                return data.u32("reset address");
            });
        }
        long end = image.length() - GuidedTable.BELOW_END;
        if (end >= GuidedTable.TRAILER + 4 && GuidedTable.guidBefore(image, end).equals(RESET_BLOCK)) {
            return Optional.of(
                    Cursor.of(image.slice(end - GuidedTable.TRAILER - 4, 4)).u32("reset address"));
        }
        return Optional.empty();
    }

    /** {@return the area for the table of kernel hashes; address and size are 0 where the firmware does not support it} */
    public Optional<Area> hashTableArea() {
        return area(HASH_TABLE_AREA, "hash table area");
    }

    /** {@return the area for launch secrets, which is not measured} */
    public Optional<Area> secretArea() {
        return area(SECRET_AREA, "launch secret area");
    }

    private Optional<Area> area(UUID guid, String name) {
        return table.flatMap(found -> found.entry(guid)).map(entry -> {
            Cursor data = exactly(entry, 8, name);
            return new Area(data.u32("address"), data.u32("size"));
        });
    }

    /** A cursor over an entry's data, whose length is fixed. */
    static Cursor exactly(GuidedTable.Entry entry, int length, String name) {
        Cursor data = Cursor.of(entry.data());
        if (data.remaining() != length) {
            throw data.malformed(
                    "a " + name + " of " + length + " bytes",
                    data.remaining() + " bytes",
                    "the GUIDed table is damaged");
        }
        return data;
    }
}
