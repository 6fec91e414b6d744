package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.FirmwareVersion;
import dev.measure.firmware.GuidedTable;
import dev.measure.firmware.IgvmDescriptor;
import dev.measure.firmware.SevMetadata;
import dev.measure.firmware.TdxMetadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** What is in a firmware file: kind, version, and the tables by which a VMM launches it. */
final class FirmwareReport {
    private static final Map<UUID, String> ENTRIES = Map.of(
            GuidedTable.FOOTER, "footer",
            Firmware.RESET_BLOCK, "SEV-ES reset block",
            Firmware.HASH_TABLE_AREA, "hash table area",
            Firmware.SECRET_AREA, "launch secret area",
            SevMetadata.ENTRY, "SEV metadata",
            TdxMetadata.ENTRY, "TDX metadata",
            IgvmDescriptor.ENTRY, "IGVM descriptor");

    private final Firmware firmware;
    private final Map<DigestAlgorithm, Digest> digests;
    private final Optional<String> version;
    private final List<String> broken = new ArrayList<>();
    private final Optional<SevMetadata> sev;
    private final Optional<TdxMetadata> tdx;
    private final Optional<IgvmDescriptor> igvm;
    private final Optional<VariableReport> variables;

    FirmwareReport(Firmware firmware, List<DigestAlgorithm> banks) {
        this.firmware = firmware;
        this.digests = firmware.image().digests(banks);
        this.version = FirmwareVersion.find(firmware);
        this.sev = unlessBroken(SevMetadata::find);
        this.tdx = unlessBroken(TdxMetadata::find);
        this.igvm = unlessBroken(IgvmDescriptor::find);
        this.variables = unlessBroken(image -> VariableReport.ofStore(image.image()));
    }

    /** A broken table is a fact about the file, not a reason to say nothing about the rest of it. */
    private <T> Optional<T> unlessBroken(Function<Firmware, Optional<T>> table) {
        try {
            return table.apply(firmware);
        } catch (MalformedInputException e) {
            broken.add(e.getMessage());
            return Optional.empty();
        }
    }

    /** {@return the kind as a word of the JSON output} */
    static String kind(Firmware firmware) {
        return firmware.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether a VMM maps the file as it is. */
    private boolean isMapped() {
        return switch (firmware.kind()) {
            case OVMF_CODE, OVMF_CODE_AND_VARS, TD_SHIM, SEABIOS -> true;
            case OVMF_VARS, IGVM, UNKNOWN -> false;
        };
    }

    void print(Page page) {
        page.heading(firmware.image().name() + ": "
                + (firmware.kind() == Firmware.Kind.UNKNOWN
                        ? "no kind of file known here"
                        : firmware.kind().text()) + ", " + firmware.image().length() + " bytes");
        version.ifPresent(text -> page.fact("version", text));
        digests.forEach((algorithm, digest) -> page.fact(algorithm.id(), digest.hex()));
        if (isMapped()) {
            page.fact("mapped", String.format("at 0x%08x, the end at 4 GiB", firmware.base()));
        }
        unlessBroken(Firmware::resetAddress)
                .ifPresent(address -> page.fact("AP start", String.format("0x%08x", address)));
        unlessBroken(Firmware::hashTableArea).ifPresent(area -> page.fact("hashes", area(area)));
        unlessBroken(Firmware::secretArea).ifPresent(area -> page.fact("secrets", area(area)));
        broken.stream().distinct().forEach(text -> page.fact("broken", text));
        page.table("GUIDed table", entries());
        Table sections = new Table("type", "gpa", "size");
        sev.ifPresent(found -> found.sections()
                .forEach(section -> sections.row(section.typeName(), hex(section.gpa()), hex(section.size()))));
        page.table("SEV metadata", sections);
        Table tdvf = new Table("type", "gpa", "size", "offset", "raw size", "attributes");
        tdx.ifPresent(found -> found.sections()
                .forEach(section -> tdvf.row(
                        section.typeName(),
                        hex(section.memoryAddress()),
                        hex(section.memoryDataSize()),
                        hex(section.dataOffset()),
                        hex(section.rawDataSize()),
                        hex(section.attributes()))));
        page.table("TDX metadata", tdvf);
        Table areas = new Table("id", "base", "size");
        igvm.ifPresent(found ->
                found.areas().forEach(area -> areas.row(hex(area.id()), hex(area.base()), hex(area.size()))));
        page.table("IGVM descriptor", areas);
        variables.ifPresent(found -> found.printStore(page));
    }

    private Table entries() {
        Table table = new Table("guid", "length", "entry");
        firmware.table()
                .ifPresent(found -> found.entries()
                        .forEach(entry -> table.row(
                                entry.guid().toString(),
                                Long.toString(entry.data().length()),
                                ENTRIES.getOrDefault(entry.guid(), ""))));
        return table;
    }

    Map<String, Object> found() {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("file", firmware.image().name());
        found.put("kind", kind(firmware));
        found.put("size", firmware.image().length());
        version.ifPresent(text -> found.put("version", text));
        found.put("digests", digests(digests));
        if (isMapped()) {
            found.put("base", hex(firmware.base()));
        }
        unlessBroken(Firmware::resetAddress).ifPresent(address -> found.put("resetAddress", hex(address)));
        unlessBroken(Firmware::hashTableArea).ifPresent(area -> found.put("hashTableArea", areaMap(area)));
        unlessBroken(Firmware::secretArea).ifPresent(area -> found.put("secretArea", areaMap(area)));
        if (!broken.isEmpty()) {
            found.put("broken", broken.stream().distinct().toList());
        }
        firmware.table()
                .ifPresent(table -> found.put(
                        "table",
                        table.entries().stream()
                                .map(entry -> row(
                                        "guid", entry.guid().toString(),
                                        "name", ENTRIES.getOrDefault(entry.guid(), ""),
                                        "length", entry.data().length()))
                                .toList()));
        sev.ifPresent(metadata -> found.put(
                "sevMetadata",
                metadata.sections().stream()
                        .map(section ->
                                row("type", section.typeName(), "gpa", hex(section.gpa()), "size", hex(section.size())))
                        .toList()));
        tdx.ifPresent(metadata -> found.put(
                "tdxMetadata",
                metadata.sections().stream()
                        .map(section -> row(
                                "type", section.typeName(),
                                "gpa", hex(section.memoryAddress()),
                                "size", hex(section.memoryDataSize()),
                                "offset", hex(section.dataOffset()),
                                "rawSize", hex(section.rawDataSize()),
                                "attributes", hex(section.attributes())))
                        .toList()));
        igvm.ifPresent(descriptor -> found.put(
                "igvmDescriptor",
                descriptor.areas().stream()
                        .map(area -> row("id", hex(area.id()), "base", hex(area.base()), "size", hex(area.size())))
                        .toList()));
        variables.ifPresent(report -> found.put("variables", report.foundVariables()));
        return found;
    }

    /** {@return names and values, in turn} */
    static Map<String, Object> row(Object... namesAndValues) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            row.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return row;
    }

    static Map<String, Object> digests(Map<DigestAlgorithm, Digest> digests) {
        Map<String, Object> map = new LinkedHashMap<>();
        digests.forEach((algorithm, digest) -> map.put(algorithm.id(), digest.hex()));
        return map;
    }

    private static Map<String, Object> areaMap(Firmware.Area area) {
        return row("gpa", hex(area.gpa()), "size", hex(area.size()));
    }

    private static String area(Firmware.Area area) {
        return area.gpa() == 0 && area.size() == 0
                ? "not supported: address 0, size 0"
                : String.format("0x%08x, 0x%x bytes", area.gpa(), area.size());
    }

    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
