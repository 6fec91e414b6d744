package dev.measure.corim;

import dev.measure.Source;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Concise Module Identifier ({@code concise-mid-tag}): what modules should measure, in triples. Reference values are read; the other
 * triples are counted, and kept as they are.
 */
public final class Comid {
    private static final Map<Long, String> TRIPLES = triples();
    private static final long REFERENCE = 0;

    private final CborItem item;
    private final CorimId id;
    private final List<EntityMap> entities;
    private final List<ReferenceTriple> referenceTriples;
    private final Map<String, Integer> otherTriples;

    private Comid(
            CborItem item,
            CorimId id,
            List<EntityMap> entities,
            List<ReferenceTriple> referenceTriples,
            Map<String, Integer> otherTriples) {
        this.item = item;
        this.id = id;
        this.entities = List.copyOf(entities);
        this.referenceTriples = List.copyOf(referenceTriples);
        this.otherTriples = Collections.unmodifiableMap(otherTriples);
    }

    private static Map<Long, String> triples() {
        Map<Long, String> names = new LinkedHashMap<>();
        names.put(0L, "reference values");
        names.put(1L, "endorsed values");
        names.put(2L, "identities");
        names.put(3L, "attestation keys");
        names.put(4L, "dependencies");
        names.put(5L, "memberships");
        names.put(6L, "CoSWID");
        names.put(8L, "conditional endorsement series");
        names.put(10L, "conditional endorsements");
        return names;
    }

    /** {@return a tag with reference values} */
    public static Comid of(CorimId id, List<EntityMap> entities, List<ReferenceTriple> referenceTriples) {
        List<CborItem> map = new ArrayList<>(List.of(CborItem.of(1), CborItem.map(List.of(CborItem.of(0), id.item()))));
        if (!entities.isEmpty()) {
            map.addAll(List.of(
                    CborItem.of(2),
                    CborItem.array(entities.stream().map(EntityMap::item).toList())));
        }
        map.addAll(List.of(
                CborItem.of(4),
                CborItem.map(List.of(
                        CborItem.of(REFERENCE),
                        CborItem.array(referenceTriples.stream()
                                .map(ReferenceTriple::item)
                                .toList())))));
        return read(CborItem.map(map));
    }

    /** {@return the tag that fills a source} */
    public static Comid read(Source source) {
        return read(CborReader.read(source, "CoMID"));
    }

    static Comid read(CborItem map) {
        map.map("CoMID").get(0).ifPresent(language -> language.text("language"));
        CborItem identity = map.need(1, "tag identity").map("tag identity");
        CorimId id = CorimId.read(identity.need(0, "tag id"), "tag id");
        identity.get(1).ifPresent(version -> version.unsigned("tag version"));
        List<EntityMap> entities = map.get(2).map(EntityMap::readAll).orElse(List.of());
        map.get(3).ifPresent(links -> links.array(1, "linked tags"));
        CborItem triples = map.need(4, "triples").map("triples");
        if (triples.entries().isEmpty()) {
            throw triples.malformed("at least one kind of triples", "an empty map");
        }
        List<ReferenceTriple> references = new ArrayList<>();
        Map<String, Integer> others = new LinkedHashMap<>();
        for (int i = 0; i < triples.entries().size(); i += 2) {
            long kind = triples.entries().get(i).integer("kind of triples");
            List<CborItem> list = triples.entries().get(i + 1).array(1, TRIPLES.getOrDefault(kind, "triples " + kind));
            if (kind == REFERENCE) {
                list.forEach(triple -> references.add(ReferenceTriple.read(triple)));
            } else {
                others.put(TRIPLES.getOrDefault(kind, "triples " + kind), list.size());
                if (kind >= 1 && kind <= 5) {
                    list.forEach(triple ->
                            EnvironmentMap.read(triple.array(2, "triple").get(0)));
                }
            }
        }
        return new Comid(map, id, entities, references, others);
    }

    CborItem item() {
        return item;
    }

    /** {@return the id of the tag} */
    public CorimId id() {
        return id;
    }

    /** {@return who answers for it} */
    public List<EntityMap> entities() {
        return entities;
    }

    /** {@return the reference values} */
    public List<ReferenceTriple> referenceTriples() {
        return referenceTriples;
    }

    /** {@return how many triples of other kinds there are, by kind} */
    public Map<String, Integer> otherTriples() {
        return otherTriples;
    }

    /** {@return the tag in core-deterministic CBOR} */
    public byte[] encode() {
        return item.encode();
    }
}
