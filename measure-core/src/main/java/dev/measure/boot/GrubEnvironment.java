package dev.measure.boot;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The variables of GRUB: a menu of its own sees those of the one before only if they are exported (grub-core/kern/env.c). */
final class GrubEnvironment {
    /** What the normal module sets and exports (grub-core/normal/main.c, features). */
    private static final List<String> FEATURES = List.of(
            "feature_chainloader_bpb",
            "feature_ntldr",
            "feature_platform_search_hint",
            "feature_default_font_path",
            "feature_all_video_module",
            "feature_menuentry_id",
            "feature_menuentry_options",
            "feature_200_final",
            "feature_nativedisk_cmd",
            "feature_timeout_style");

    /**
     * A value.
     *
     * @param text the value; empty if it is not known
     * @param why what is not known
     * @param input the option that would settle it
     */
    record Value(Optional<String> text, String why, String input) {
        static Value of(String text) {
            return new Value(Optional.of(text), "", "");
        }

        static Value unknown(String why, String input) {
            return new Value(Optional.empty(), why, input);
        }
    }

    private Map<String, Value> values = new TreeMap<>();
    private Set<String> exported = new HashSet<>(
            Set.of("root", "prefix", "cmdpath", "fw_path", "pager", "debug", "config_file", "config_directory"));
    private final List<Map<String, Value>> outer = new ArrayList<>();
    private final List<Set<String>> outerExported = new ArrayList<>();

    GrubEnvironment(boolean secure) {
        FEATURES.forEach(name -> put(name, "y"));
        put("grub_cpu", "x86_64");
        put("grub_platform", "efi");
        if (secure) {
            put("shim_lock", "y");
            put("lockdown", "y");
        }
    }

    private void put(String name, String value) {
        values.put(name, Value.of(value));
        exported.add(name);
    }

    Value get(String name) {
        return values.getOrDefault(name, Value.of(""));
    }

    /** {@return the value of a variable, if it is known and not empty} */
    Optional<String> text(String name) {
        return get(name).text().filter(value -> !value.isEmpty());
    }

    void set(String name, Value value) {
        values.put(name, value);
    }

    void set(String name, String value) {
        set(name, Value.of(value));
    }

    void unset(String name) {
        values.remove(name);
    }

    void export(String name) {
        exported.add(name);
    }

    /**
     * Sets variables from an environment block (grub-core/lib/envblk.c): lines {@code NAME=VALUE}, a backslash before what it escapes.
     *
     * @param block the text of the block
     * @param wanted the names that count; none are all
     */
    void load(String block, List<String> wanted) {
        for (String line : block.split("\n")) {
            int equals = line.indexOf('=');
            if (equals < 1 || line.startsWith("#")) {
                continue;
            }
            String name = line.substring(0, equals);
            if (wanted.isEmpty() || wanted.contains(name)) {
                set(name, line.substring(equals + 1).replaceAll("\\\\(.)", "$1"));
            }
        }
    }

    /** grub_env_context_open. */
    void open() {
        outer.add(values);
        outerExported.add(exported);
        Map<String, Value> inner = new TreeMap<>();
        values.forEach((name, value) -> {
            if (exported.contains(name)) {
                inner.put(name, value);
            }
        });
        values = inner;
        exported = new HashSet<>(exported);
    }

    void close() {
        values = outer.remove(outer.size() - 1);
        exported = outerExported.remove(outerExported.size() - 1);
    }
}
