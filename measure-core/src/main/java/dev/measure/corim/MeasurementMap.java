package dev.measure.corim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A measured element with the values it should have ({@code measurement-map} and its {@code measurement-values-map}).
 *
 * @param key which element ({@code mkey}): a number, a text, an OID, a UUID or what a profile defines
 * @param digests its digests, any of which is right
 * @param rawValue its bytes, in lower-case hexadecimal, if they are given without a mask
 * @param name what it is called
 * @param integrityRegisters registers by number or name, with their digests
 */
public record MeasurementMap(
        Optional<CborItem> key,
        List<CorimDigest> digests,
        Optional<String> rawValue,
        Optional<String> name,
        Map<String, List<CorimDigest>> integrityRegisters) {
    private static final int DIGESTS = 2;
    private static final int RAW_VALUE = 4;
    private static final int NAME = 11;
    private static final int INTEGRITY_REGISTERS = 14;
    private static final long MASKED = 563;

    /** Copies lists and maps, which keep their order. */
    public MeasurementMap {
        digests = List.copyOf(digests);
        Map<String, List<CorimDigest>> copy = new LinkedHashMap<>();
        integrityRegisters.forEach((register, values) -> copy.put(register, List.copyOf(values)));
        integrityRegisters = Collections.unmodifiableMap(copy);
    }

    /** {@return an element whose digests are known} */
    public static MeasurementMap ofDigests(CborItem key, List<CorimDigest> digests) {
        return new MeasurementMap(Optional.of(key), digests, Optional.empty(), Optional.empty(), Map.of());
    }

    /**
     * {@return an element whose bytes are known}
     *
     * @param key which
     * @param hex the bytes in hexadecimal
     */
    public static MeasurementMap ofRawValue(CborItem key, String hex) {
        return new MeasurementMap(Optional.of(key), List.of(), Optional.of(hex), Optional.empty(), Map.of());
    }

    /**
     * {@return an element that is a set of registers}
     *
     * @param key which; empty for none
     * @param registers by name; a name that is a number below a million is written as a number
     */
    public static MeasurementMap ofRegisters(Optional<CborItem> key, Map<String, List<CorimDigest>> registers) {
        return new MeasurementMap(key, List.of(), Optional.empty(), Optional.empty(), registers);
    }

    static MeasurementMap read(CborItem map) {
        Optional<CborItem> key = map.map("measurement").get(0);
        key.ifPresent(id -> {
            if (!id.isUnsigned() && id.kind() != CborItem.Kind.TEXT) {
                TypedId.check(id);
            }
        });
        CborItem values = map.need(1, "measurement values").map("measurement values");
        if (values.entries().isEmpty()) {
            throw values.malformed("measurement values with at least one field", "an empty map");
        }
        Map<String, List<CorimDigest>> registers = new LinkedHashMap<>();
        values.get(INTEGRITY_REGISTERS).ifPresent(item -> registers(item.map("integrity registers"), registers));
        return new MeasurementMap(
                key,
                values.get(DIGESTS)
                        .map(item -> CorimDigest.readAll(item, "digests"))
                        .orElse(List.of()),
                values.get(RAW_VALUE).flatMap(MeasurementMap::rawValue),
                values.get(NAME).map(item -> item.text("name")),
                registers);
    }

    private static void registers(CborItem map, Map<String, List<CorimDigest>> registers) {
        for (int i = 0; i < map.entries().size(); i += 2) {
            CborItem id = map.entries().get(i);
            String name = id.kind() == CborItem.Kind.TEXT
                    ? id.text("register")
                    : Long.toString(id.unsigned("register (a number or a text)"));
            if (registers.put(name, CorimDigest.readAll(map.entries().get(i + 1), "digests of a register")) != null) {
                throw id.malformed("each register once", "the register " + name + " again");
            }
        }
    }

    private static Optional<String> rawValue(CborItem item) {
        if (item.isTag(TypedId.BYTES)) {
            return Optional.of(HexFormat.of().formatHex(item.tagContent().bytes("raw value")));
        }
        if (item.isTag(MASKED)) {
            List<CborItem> pair = item.tagContent().array(2, "raw value with mask");
            if (pair.size() != 2
                    || pair.get(0).bytes("raw value").length != pair.get(1).bytes("mask").length) {
                throw item.malformed("raw value and mask of the same length", "others");
            }
        }
        return Optional.empty();
    }

    CborItem item() {
        List<CborItem> values = new ArrayList<>();
        if (!digests.isEmpty()) {
            values.addAll(List.of(CborItem.of(DIGESTS), CorimDigest.items(digests)));
        }
        rawValue.ifPresent(hex -> values.addAll(List.of(
                CborItem.of(RAW_VALUE),
                CborItem.tag(TypedId.BYTES, CborItem.of(HexFormat.of().parseHex(hex))))));
        name.ifPresent(text -> values.addAll(List.of(CborItem.of(NAME), CborItem.of(text))));
        if (!integrityRegisters.isEmpty()) {
            List<CborItem> registers = new ArrayList<>();
            integrityRegisters.forEach((register, of) -> {
                registers.add(
                        register.matches("0|[1-9][0-9]{0,5}")
                                ? CborItem.of(Long.parseLong(register))
                                : CborItem.of(register));
                registers.add(CorimDigest.items(of));
            });
            values.addAll(List.of(CborItem.of(INTEGRITY_REGISTERS), CborItem.map(registers)));
        }
        List<CborItem> map = new ArrayList<>();
        key.ifPresent(id -> map.addAll(List.of(CborItem.of(0), id)));
        map.addAll(List.of(CborItem.of(1), CborItem.map(values)));
        return CborItem.map(map);
    }

    /** {@return the element in words; empty if the measurement does not name one} */
    public String keyText() {
        return key.map(TypedId::text).orElse("");
    }
}
