package dev.measure.corim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who answers for a manifest or a tag ({@code entity-map}).
 *
 * @param name the name
 * @param regId where it is registered, a URI
 * @param roles the roles by number: in a manifest 1 is its creator, 2 its signer; in a tag 0 is the tag's creator
 */
public record EntityMap(String name, Optional<String> regId, List<Long> roles) {
    private static final long URI = 32;

    /** Copies the list. */
    public EntityMap {
        roles = List.copyOf(roles);
    }

    static List<EntityMap> readAll(CborItem list) {
        List<EntityMap> entities = new ArrayList<>();
        for (CborItem map : list.array(1, "entities")) {
            List<Long> roles = new ArrayList<>();
            map.map("entity").need(2, "roles").array(1, "roles").forEach(role -> roles.add(role.integer("role")));
            entities.add(new EntityMap(
                    map.need(0, "entity name").text("entity name"),
                    map.get(1).map(uri -> uri.tagged(URI, "reg-id").text("reg-id")),
                    roles));
        }
        return entities;
    }

    CborItem item() {
        List<CborItem> map = new ArrayList<>(List.of(CborItem.of(0), CborItem.of(name)));
        regId.ifPresent(uri -> map.addAll(List.of(CborItem.of(1), CborItem.tag(URI, CborItem.of(uri)))));
        map.addAll(List.of(
                CborItem.of(2), CborItem.array(roles.stream().map(CborItem::of).toList())));
        return CborItem.map(map);
    }
}
