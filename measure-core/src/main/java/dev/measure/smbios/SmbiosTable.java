package dev.measure.smbios;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * SMBIOS structure table: what the firmware says about the machine. DSP0134 3.7.0, section 6.
 *
 * <p>It comes as the bare table (Linux {@code /sys/firmware/dmi/tables/DMI}), as the table beside its entry point (the folder
 * of that file), or as a dump in which an entry point at offset 0 gives the table's offset ({@code dmidecode --dump-bin}).
 *
 * <p>Real tables break their specification: they lack the end-of-table structure, or carry kilobytes of remains after a
 * structure of length 0. {@link Strictness#LENIENT}, the default, ends the walk there, keeps what came before and says so in
 * {@link #warnings()}; so do the stub and the kernel. {@link Strictness#STRICT} refuses: a wrong checksum, a structure count that
 * differs, a structure whose length is below 4 or beyond the table, strings without their end, a missing type 127, bytes
 * behind it. An input in which not even one structure can be read is refused by both. One difference to the stub remains: at a length below
 * 4 it reads on, through bytes that no specification gives a meaning.
 */
public final class SmbiosTable {
    /** Largest table that is read, bytes. SMBIOS 2 allows 64 KiB; servers with SMBIOS 3 have some hundred KiB. */
    private static final int MAX_TABLE = 4 << 20;

    /** Most structures: each has a 16-bit handle of its own. */
    private static final int MAX_STRUCTURES = 1 << 16;

    private static final String HINT_DUMP =
            "give /sys/firmware/dmi/tables/DMI, its folder, or a file made by `dmidecode --dump-bin`";

    private final Optional<EntryPoint> entryPoint;
    private final List<SmbiosStructure> structures;
    private final long bytesUsed;
    private final List<Warning> warnings;

    private SmbiosTable(
            Optional<EntryPoint> entryPoint, List<SmbiosStructure> structures, long bytesUsed, List<Warning> warnings) {
        this.entryPoint = entryPoint;
        this.structures = List.copyOf(structures);
        this.bytesUsed = bytesUsed;
        this.warnings = List.copyOf(warnings);
    }

    /**
     * {@return the table in a file, read leniently}
     *
     * @param source a bare table, or a dump that begins with an entry point
     * @throws MalformedInputException if it is neither
     */
    public static SmbiosTable read(Source source) {
        return read(source, Strictness.LENIENT);
    }

    /**
     * {@return the table in a file}
     *
     * @param source a bare table, or a dump that begins with an entry point
     * @param strictness what to do with a table that breaks the specification
     * @throws MalformedInputException if it is neither, or breaks the specification and {@code STRICT} was asked for
     */
    public static SmbiosTable read(Source source, Strictness strictness) {
        if (!EntryPoint.isAt(source)) {
            return walk(Optional.empty(), source, new Warnings(strictness), HINT_DUMP);
        }
        EntryPoint entryPoint = EntryPoint.read(source);
        long address = entryPoint.tableAddress();
        if (address < 0 || address >= source.length()) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "an entry point whose table is in the same file, at an offset below 0x"
                            + Long.toHexString(source.length()),
                    "table address 0x" + Long.toHexString(address),
                    "this is an entry point as it is in memory; the table is a file of its own: " + HINT_DUMP);
        }
        return pair(entryPoint, source, source.slice(address, source.length() - address), strictness);
    }

    /**
     * {@return the table of two files, as in Linux {@code /sys/firmware/dmi/tables}}
     *
     * @param entryPoint the file {@code smbios_entry_point}
     * @param table the file {@code DMI}; the address in the entry point is not used
     * @param strictness what to do with a table that breaks the specification
     * @throws MalformedInputException as for {@link #read(Source, Strictness)}
     */
    public static SmbiosTable read(Source entryPoint, Source table, Strictness strictness) {
        return pair(EntryPoint.read(entryPoint), entryPoint, table, strictness);
    }

    /**
     * {@return the table of a file, or of a folder that holds a file {@code DMI} and, optionally, {@code smbios_entry_point}}
     *
     * @param path the file or folder
     * @param strictness what to do with a table that breaks the specification
     * @throws IOException if it cannot be read
     * @throws MalformedInputException as for {@link #read(Source, Strictness)}
     */
    public static SmbiosTable read(Path path, Strictness strictness) throws IOException {
        if (!Files.isDirectory(path)) {
            try (Source source = Source.open(path)) {
                return read(inMemory(source), strictness);
            }
        }
        try (Source table = Source.open(path.resolve("DMI"))) {
            Path entryPointFile = path.resolve("smbios_entry_point");
            if (!Files.exists(entryPointFile)) {
                return read(inMemory(table), strictness);
            }
            try (Source entryPoint = Source.open(entryPointFile)) {
                return read(inMemory(entryPoint), inMemory(table), strictness);
            }
        }
    }

    /** The structures outlive the open file. */
    private static Source inMemory(Source file) {
        if (file.length() > MAX_TABLE) {
            throw tooLong(file);
        }
        return Source.of(file.name(), file.toByteArray());
    }

    private static MalformedInputException tooLong(Source source) {
        return new MalformedInputException(
                source.name(),
                source.start(),
                "an SMBIOS table of at most " + MAX_TABLE + " bytes",
                source.length() + " bytes",
                HINT_DUMP);
    }

    private static SmbiosTable pair(EntryPoint entryPoint, Source where, Source rest, Strictness strictness) {
        Warnings warnings = new Warnings(strictness);
        entryPoint
                .badChecksum()
                .ifPresent(at -> warnings.add(
                        WarningCode.SMBIOS_CHECKSUM,
                        where,
                        at,
                        "a checksum that makes the sum of the entry point 0",
                        "another sum"));
        long length = entryPoint.tableLength();
        // The length of _SM3_ is an upper bound, so only SMBIOS 2 can be too short for its own word.
        if (length > rest.length() && entryPoint.structureCount().isPresent()) {
            warnings.add(
                    WarningCode.SMBIOS_BROKEN_STRUCTURE,
                    rest,
                    rest.length(),
                    "a table of " + length + " bytes, as the entry point says",
                    rest.length() + " bytes");
        }
        Source table = rest.slice(0, Math.min(length, rest.length()));
        SmbiosTable read = walk(Optional.of(entryPoint), table, warnings, "");
        int count = read.structures.size();
        if (entryPoint.structureCount().filter(claimed -> claimed != count).isPresent()) {
            warnings.add(
                    WarningCode.SMBIOS_BROKEN_STRUCTURE,
                    table,
                    read.bytesUsed,
                    entryPoint.structureCount().get() + " structures, as the entry point says",
                    count + " structures");
        }
        return new SmbiosTable(read.entryPoint, read.structures, read.bytesUsed, warnings.list);
    }

    private static SmbiosTable walk(Optional<EntryPoint> entryPoint, Source table, Warnings warnings, String hint) {
        if (table.length() > MAX_TABLE) {
            throw tooLong(table);
        }
        byte[] bytes = table.toByteArray();
        List<SmbiosStructure> structures = new ArrayList<>();
        int at = 0;
        boolean ended = false;
        while (!ended && bytes.length - at >= SmbiosStructure.HEADER_LENGTH) {
            int type = bytes[at] & 0xff;
            int length = bytes[at + 1] & 0xff;
            String broken = "";
            String expected = "the length of a structure of type " + type + ", at least 4";
            if (length < SmbiosStructure.HEADER_LENGTH) {
                broken = "length " + length;
            } else if (length > bytes.length - at) {
                expected = "a structure of type " + type + " and length " + length;
                broken = bytes.length - at + " bytes to the end of the table";
            } else if (structures.size() == MAX_STRUCTURES) {
                expected = "at most " + MAX_STRUCTURES + " structures";
                broken = "one more";
            }
            if (!broken.isEmpty()) {
                if (structures.isEmpty()) {
                    throw new MalformedInputException(table.name(), table.start() + at, expected, broken, hint);
                }
                warnings.add(WarningCode.SMBIOS_BROKEN_STRUCTURE, table, at, expected, broken);
                return new SmbiosTable(entryPoint, structures, at, warnings.list);
            }
            Strings strings = Strings.read(bytes, at + length);
            if (!strings.terminated) {
                warnings.add(
                        WarningCode.SMBIOS_BROKEN_STRUCTURE,
                        table,
                        at + length,
                        "strings that end with two NUL bytes",
                        "the end of the table");
            }
            structures.add(new SmbiosStructure(
                    type,
                    (bytes[at + 2] & 0xff) | (bytes[at + 3] & 0xff) << 8,
                    table.slice(at, length),
                    table.slice(at, strings.end - at),
                    strings.list));
            ended = type == SmbiosStructure.END_OF_TABLE;
            at = strings.end;
        }
        if (structures.isEmpty()) {
            throw new MalformedInputException(
                    table.name(),
                    table.start(),
                    "an SMBIOS structure of at least 4 bytes",
                    bytes.length == 0 ? "the end of the data" : bytes.length + " bytes",
                    hint);
        }
        if (!ended) {
            warnings.add(
                    WarningCode.SMBIOS_NO_END,
                    table,
                    at,
                    "a structure of type 127, end of table",
                    "the end of the table");
        } else if (at < bytes.length
                && entryPoint.filter(e -> e.structureCount().isEmpty()).isEmpty()) {
            // _SM3_ gives an upper bound of the length, so bytes behind the end are no fault there.
            warnings.add(
                    WarningCode.SMBIOS_BROKEN_STRUCTURE,
                    table,
                    at,
                    "nothing behind the structure of type 127",
                    bytes.length - at + " bytes");
        }
        return new SmbiosTable(entryPoint, structures, at, warnings.list);
    }

    /** {@return all structures in the order of the table, with the one of type 127 if there is one} */
    public List<SmbiosStructure> structures() {
        return structures;
    }

    /**
     * {@return the first structure of a type} If a type stands several times, the first one counts: so it is for the stub (systemd
     * {@code src/boot/smbios.c}, {@code get_smbios_table}), for the kernel's {@code /sys/class/dmi/id} and for fwupd.
     *
     * @param type 0 to 255
     */
    public Optional<SmbiosStructure> first(int type) {
        return structures.stream().filter(structure -> structure.type() == type).findFirst();
    }

    /** {@return the OEM strings of all structures of type 11, in the order of the table} */
    public List<String> oemStrings() {
        List<String> all = new ArrayList<>();
        for (SmbiosStructure structure : structures) {
            if (structure.type() == 11) {
                int count = structure.u8(4).orElse(0);
                all.addAll(structure
                        .strings()
                        .subList(0, Math.min(count, structure.strings().size())));
            }
        }
        return List.copyOf(all);
    }

    /** {@return the version of the specification that the entry point names, such as {@code 3.2}; empty without entry point} */
    public Optional<String> version() {
        return entryPoint.map(e -> e.major() + "." + e.minor());
    }

    /** UUIDs are stored big-endian before SMBIOS 2.6; without an entry point a table counts as newer. */
    boolean bigEndianUuid() {
        return entryPoint
                .filter(e -> e.major() < 2 || e.major() == 2 && e.minor() < 6)
                .isPresent();
    }

    /** {@return how many bytes the structures take, from the start of the table} */
    public long bytesUsed() {
        return bytesUsed;
    }

    /** {@return where the table breaks its specification, in the order of reading} */
    public List<Warning> warnings() {
        return warnings;
    }

    /** The strings behind a formatted area. */
    private static final class Strings {
        final List<String> list = new ArrayList<>();
        int end;
        boolean terminated;

        /**
         * Strings end with an empty one, so with two NUL bytes; a structure without strings has just these. A first string that is
         * empty while a second one is not: nothing can be reached by number, as the stub and dmidecode see it.
         */
        static Strings read(byte[] bytes, int from) {
            Strings strings = new Strings();
            int at = from;
            boolean reachable = true;
            while (!strings.terminated) {
                int nul = at;
                while (nul < bytes.length && bytes[nul] != 0) {
                    nul++;
                }
                if (nul >= bytes.length) {
                    strings.end = bytes.length;
                    return strings;
                }
                if (nul == at && at > from) {
                    strings.terminated = true;
                } else if (nul == at && nul + 1 < bytes.length && bytes[nul + 1] == 0) {
                    nul++;
                    strings.terminated = true;
                } else if (nul == at) {
                    reachable = false;
                } else if (reachable) {
                    strings.list.add(SmbiosString.of(bytes, at, nul));
                }
                at = nul + 1;
            }
            strings.end = at;
            return strings;
        }
    }

    /** Collects warnings, or throws the first one. */
    private static final class Warnings {
        final List<Warning> list = new ArrayList<>();
        final Strictness strictness;

        Warnings(Strictness strictness) {
            this.strictness = strictness;
        }

        void add(WarningCode code, Source source, long at, String expected, String found) {
            MalformedInputException fault = new MalformedInputException(
                    source.name(), source.start() + at, expected, found, "lenient reading takes what comes before");
            if (strictness == Strictness.STRICT) {
                throw fault;
            }
            list.add(new Warning(code, fault.getMessage()));
        }
    }
}
