package dev.measure.tdx;

import dev.measure.WarningCode;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.TdxMetadata;
import dev.measure.firmware.TdxMetadata.Section;
import java.util.List;
import java.util.Optional;

/**
 * What td-shim asks of its own metadata when it starts, besides what holds for every firmware: confidential-containers/td-shim
 * 125eeab td-shim-interface/src/metadata.rs, validate_sections; td-shim specification 0.7, "Metadata Definition".
 */
final class TdShimRules {
    private static final long PERM_MEM = 4;
    private static final long PAYLOAD = 5;
    private static final long PAYLOAD_PARAM = 6;
    private static final long TD_INFO = 7;
    private static final long TD_PARAMS = 8;

    private final List<Section> sections;
    private final Sink sink;

    /** Takes a fault; what is expected, as a phrase. */
    interface Sink {
        void fault(WarningCode code, Section section, String expected);
    }

    private TdShimRules(List<Section> sections, Sink sink) {
        this.sections = sections;
        this.sink = sink;
    }

    /**
     * {@return whether a firmware is td-shim's: QEMU does not find its metadata, or refuses a section of it}
     *
     * @param firmware the firmware
     */
    static boolean isTdShim(Firmware firmware) {
        return TdxMetadata.find(firmware)
                .filter(found -> found.legacyPointer()
                        || found.sections().stream()
                                .anyMatch(section ->
                                        section.type() >= PERM_MEM && section.type() <= TdxMetadata.LAST_TYPE))
                .isPresent();
    }

    static Optional<Section> payload(TdxMetadata metadata) {
        return first(metadata.sections(), PAYLOAD);
    }

    static Optional<Section> payloadParam(TdxMetadata metadata) {
        return first(metadata.sections(), PAYLOAD_PARAM);
    }

    static boolean hasPermMem(List<Section> sections) {
        return first(sections, PERM_MEM).isPresent();
    }

    private static Optional<Section> first(List<Section> sections, long type) {
        return sections.stream().filter(section -> section.type() == type).findFirst();
    }

    /** Whether a section is only described and loaded nowhere: td-shim calls it "no action for the VMM". */
    static boolean isNotLoaded(Section section) {
        return section.memoryAddress() == 0 && section.memoryDataSize() == 0;
    }

    /** Hands the faults of sections to a sink, in table order. */
    static void check(List<Section> sections, Sink sink) {
        new TdShimRules(sections, sink).check();
    }

    private void check() {
        if (first(sections, TdxMetadata.BFV).isEmpty() && !sections.isEmpty()) {
            sink.fault(WarningCode.TDX_SECTION_COUNT, sections.get(0), "a BFV section among all");
        }
        for (Section section : sections) {
            int type = (int) Math.min(section.type(), TdxMetadata.LAST_TYPE + 1);
            switch (type) {
                case (int) TdxMetadata.BFV ->
                    attributes(section, TdxMetadata.MR_EXTEND, "MR_EXTEND, with which td-shim takes a BFV");
                case (int) TdxMetadata.CFV -> attributes(section, 0, "no attributes, with which td-shim takes a CFV");
                case (int) TdxMetadata.TD_HOB, (int) TdxMetadata.TEMP_MEM -> {
                    attributes(section, 0, "no attributes, with which td-shim takes it");
                    withoutData(section);
                }
                case (int) PERM_MEM -> {
                    attributes(section, TdxMetadata.PAGE_AUG, "PAGE_AUG, with which td-shim takes a PERM_MEM");
                    withoutData(section);
                }
                case (int) PAYLOAD -> {
                    once(section);
                    if ((section.attributes() & ~TdxMetadata.MR_EXTEND) != 0) {
                        sink.fault(WarningCode.TDX_ATTRIBUTES, section, "a PAYLOAD with no attribute but MR_EXTEND");
                    }
                }
                case (int) PAYLOAD_PARAM -> {
                    once(section);
                    attributes(section, 0, "no attributes, with which td-shim takes a PAYLOAD_PARAM");
                    if (first(sections, PAYLOAD).isEmpty()) {
                        sink.fault(WarningCode.TDX_SECTION_COUNT, section, "a PAYLOAD to which the parameters belong");
                    }
                }
                case (int) TD_INFO, (int) TD_PARAMS -> described(section);
                default -> {} // refused as unknown
            }
        }
    }

    private void attributes(Section section, long right, String expected) {
        if (section.attributes() != right) {
            sink.fault(WarningCode.TDX_ATTRIBUTES, section, "a section with " + expected);
        }
    }

    private void withoutData(Section section) {
        if (section.rawDataSize() != 0 || section.dataOffset() != 0) {
            sink.fault(WarningCode.TDX_SECTION_SIZE, section, "a section without data and offset");
        }
    }

    private void once(Section section) {
        if (first(sections, section.type()).filter(found -> found != section).isPresent()) {
            sink.fault(WarningCode.TDX_SECTION_COUNT, section, "one " + section.typeName() + " section");
        }
    }

    /** TD_INFO and TD_PARAMS describe bytes that lie inside a BFV. */
    private void described(Section section) {
        once(section);
        attributes(section, 0, "no attributes, with which td-shim takes it");
        if (section.rawDataSize() == 0) {
            sink.fault(WarningCode.TDX_SECTION_SIZE, section, "a RawDataSize that is not 0");
        }
        if (!isNotLoaded(section)) {
            sink.fault(
                    WarningCode.TDX_SECTION_SIZE,
                    section,
                    "address and size 0, since the section is loaded with a BFV");
        }
        long end = section.dataOffset() + section.rawDataSize();
        boolean inside = sections.stream()
                .anyMatch(bfv -> bfv.type() == TdxMetadata.BFV
                        && bfv.dataOffset() <= section.dataOffset()
                        && end <= bfv.dataOffset() + bfv.rawDataSize());
        if (!inside) {
            sink.fault(WarningCode.TDX_SECTION_SIZE, section, "data inside that of a BFV");
        }
    }
}
