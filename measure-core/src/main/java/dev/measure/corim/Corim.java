package dev.measure.corim;

import dev.measure.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An unsigned manifest ({@code corim-map}, tag 501): tags of several kinds, of which CoMID is read and the others are kept as they are.
 *
 * <p>draft-ietf-rats-corim of August 2026; read are also the older forms that are still about: a map without its tag, tags inside
 * byte strings, a profile that is bare text or a list.
 */
public final class Corim {
    static final long TAG = 501;
    private static final long URI = 32;

    private final CborItem map;
    private final CorimId id;
    private final Optional<String> profile;
    private final Optional<ValidityMap> validity;
    private final List<EntityMap> entities;
    private final List<CorimTag> tags;

    private Corim(
            CborItem map,
            CorimId id,
            Optional<String> profile,
            Optional<ValidityMap> validity,
            List<EntityMap> entities,
            List<CorimTag> tags) {
        this.map = map;
        this.id = id;
        this.profile = profile;
        this.validity = validity;
        this.entities = List.copyOf(entities);
        this.tags = List.copyOf(tags);
    }

    /**
     * {@return a manifest}
     *
     * @param id its id
     * @param profile the URI of its profile, if it has one
     * @param validity when it holds
     * @param entities who answers for it
     * @param comids its tags, at least one
     */
    public static Corim of(
            CorimId id,
            Optional<String> profile,
            Optional<ValidityMap> validity,
            List<EntityMap> entities,
            List<Comid> comids) {
        List<CborItem> map = new ArrayList<>(List.of(
                CborItem.of(0),
                id.item(),
                CborItem.of(1),
                CborItem.array(comids.stream()
                        .map(comid -> CborItem.tag(CorimTag.COMID, CborItem.of(comid.encode())))
                        .toList())));
        profile.ifPresent(uri -> map.addAll(List.of(CborItem.of(3), CborItem.tag(URI, CborItem.of(uri)))));
        validity.ifPresent(times -> map.addAll(List.of(CborItem.of(4), times.item())));
        if (!entities.isEmpty()) {
            map.addAll(List.of(
                    CborItem.of(5),
                    CborItem.array(entities.stream().map(EntityMap::item).toList())));
        }
        return read(CborItem.map(map));
    }

    /** {@return the manifest that fills a source, with tag 501 or without} */
    public static Corim read(Source source) {
        return ofItem(CborReader.read(source, "CoRIM"));
    }

    static Corim ofItem(CborItem item) {
        return read(item.isTag(TAG) ? item.tagContent() : item);
    }

    private static Corim read(CborItem map) {
        CorimId id = CorimId.read(map.map("CoRIM").need(0, "CoRIM id"), "CoRIM id");
        List<CorimTag> tags = new ArrayList<>();
        for (CborItem tag : map.need(1, "tags").array(1, "tags")) {
            tags.add(CorimTag.read(tag));
        }
        map.get(2).ifPresent(rims -> rims.array(1, "dependent RIMs"));
        Corim corim = new Corim(
                map,
                id,
                map.get(3).map(Corim::profile),
                map.get(4).map(ValidityMap::read),
                map.get(5).map(EntityMap::readAll).orElse(List.of()),
                tags);
        corim.profile.ifPresent(uri -> CcaProfile.check(uri, corim.comids()));
        return corim;
    }

    private static String profile(CborItem item) {
        if (item.kind() == CborItem.Kind.ARRAY) {
            List<String> all = new ArrayList<>();
            item.array(1, "profile").forEach(one -> all.add(profile(one)));
            return String.join(", ", all);
        }
        if (item.isTag(Oid.TAG)) {
            TypedId.check(item);
            return TypedId.text(item);
        }
        if (item.kind() == CborItem.Kind.TEXT) {
            return item.text("profile");
        }
        return item.tagged(URI, "profile (an OID in tag 111, or a URI)").text("profile");
    }

    /** {@return its id} */
    public CorimId id() {
        return id;
    }

    /** {@return its profile, a URI or an OID in dots} */
    public Optional<String> profile() {
        return profile;
    }

    /** {@return when it holds} */
    public Optional<ValidityMap> validity() {
        return validity;
    }

    /** {@return who answers for it} */
    public List<EntityMap> entities() {
        return entities;
    }

    /** {@return its tags, in order} */
    public List<CorimTag> tags() {
        return tags;
    }

    /** {@return its tags that are CoMIDs, in order} */
    public List<Comid> comids() {
        return tags.stream().flatMap(tag -> tag.comid().stream()).toList();
    }

    /** {@return the manifest in core-deterministic CBOR, with tag 501; what is in byte strings stays as it was} */
    public byte[] encode() {
        return CborItem.tag(TAG, map).encode();
    }

    /** {@return the manifest in core-deterministic CBOR, without a tag} */
    byte[] encodeMap() {
        return map.encode();
    }
}
