package dev.measure.corim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a measurement is about ({@code environment-map}): a class of things, one of them, or a group.
 *
 * @param classMap the class
 * @param instance one of the class
 * @param group a group
 */
public record EnvironmentMap(Optional<ClassMap> classMap, Optional<CborItem> instance, Optional<CborItem> group) {
    /** {@return a class of things} */
    public static EnvironmentMap of(ClassMap classMap) {
        return new EnvironmentMap(Optional.of(classMap), Optional.empty(), Optional.empty());
    }

    static EnvironmentMap read(CborItem map) {
        EnvironmentMap read =
                new EnvironmentMap(map.map("environment").get(0).map(ClassMap::read), map.get(1), map.get(2));
        read.instance().ifPresent(TypedId::check);
        read.group().ifPresent(TypedId::check);
        if (map.entries().isEmpty()) {
            throw map.malformed("environment with a class, an instance or a group", "an empty map");
        }
        return read;
    }

    CborItem item() {
        List<CborItem> map = new ArrayList<>();
        classMap.ifPresent(of -> map.addAll(List.of(CborItem.of(0), of.item())));
        instance.ifPresent(id -> map.addAll(List.of(CborItem.of(1), id)));
        group.ifPresent(id -> map.addAll(List.of(CborItem.of(2), id)));
        return CborItem.map(map);
    }

    /** {@return it in words} */
    public String text() {
        List<String> words = new ArrayList<>();
        classMap.ifPresent(of -> words.add(of.text()));
        instance.ifPresent(id -> words.add("instance " + TypedId.text(id)));
        group.ifPresent(id -> words.add("group " + TypedId.text(id)));
        return String.join(", ", words);
    }
}
