package dev.measure.corim;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What kind of thing is measured ({@code class-map}).
 *
 * @param classId an OID (tag 111), a UUID (tag 37), bytes (tag 560) or what a profile defines
 * @param vendor who makes it
 * @param model what it is called
 * @param layer its place in a chain of layers
 * @param index which of several it is
 */
public record ClassMap(
        Optional<CborItem> classId,
        Optional<String> vendor,
        Optional<String> model,
        OptionalLong layer,
        OptionalLong index) {
    /** {@return a class that is known by its maker and its name} */
    public static ClassMap of(String vendor, String model) {
        return new ClassMap(
                Optional.empty(), Optional.of(vendor), Optional.of(model), OptionalLong.empty(), OptionalLong.empty());
    }

    /**
     * {@return a class that is known by its object identifier alone}
     *
     * @param oid the bytes in tag 111, as the profile has them
     */
    public static ClassMap ofOid(byte[] oid) {
        return new ClassMap(
                Optional.of(CborItem.tag(Oid.TAG, CborItem.of(oid))),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty());
    }

    static ClassMap read(CborItem map) {
        Optional<CborItem> id = map.map("class").get(0);
        id.ifPresent(TypedId::check);
        ClassMap read = new ClassMap(
                id,
                map.get(1).map(item -> item.text("vendor")),
                map.get(2).map(item -> item.text("model")),
                number(map.get(3), "layer"),
                number(map.get(4), "index"));
        if (map.entries().isEmpty()) {
            throw map.malformed("class with at least one field", "an empty map");
        }
        return read;
    }

    private static OptionalLong number(Optional<CborItem> item, String field) {
        return item.isPresent() ? OptionalLong.of(item.get().unsigned(field)) : OptionalLong.empty();
    }

    CborItem item() {
        List<CborItem> map = new ArrayList<>();
        classId.ifPresent(id -> map.addAll(List.of(CborItem.of(0), id)));
        vendor.ifPresent(text -> map.addAll(List.of(CborItem.of(1), CborItem.of(text))));
        model.ifPresent(text -> map.addAll(List.of(CborItem.of(2), CborItem.of(text))));
        layer.ifPresent(number -> map.addAll(List.of(CborItem.of(3), CborItem.of(number))));
        index.ifPresent(number -> map.addAll(List.of(CborItem.of(4), CborItem.of(number))));
        return CborItem.map(map);
    }

    /** {@return it in words} */
    public String text() {
        List<String> words = new ArrayList<>();
        classId.ifPresent(id -> words.add(TypedId.text(id)));
        vendor.ifPresent(words::add);
        model.ifPresent(words::add);
        layer.ifPresent(number -> words.add("layer " + number));
        index.ifPresent(number -> words.add("index " + number));
        return String.join(" / ", words);
    }
}
