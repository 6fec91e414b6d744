package dev.measure.golden;

import java.util.Objects;

/**
 * A behaviour profile that was in force when golden values were made: a way in which some program measures.
 *
 * @param kind such as {@code vmm}, {@code edk2}, {@code stub}, {@code order}
 * @param id its name within the kind, such as {@code qemu-10.1}
 * @param rule what it means, in words; another text under the same name is another rule
 */
public record GoldenBehaviour(String kind, String id, String rule) {
    /** Checks for null. */
    public GoldenBehaviour {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(rule, "rule");
    }

    /** {@return kind and name, as options and ids have them: {@code vmm=qemu-10.1}} */
    public String name() {
        return kind + "=" + id;
    }
}
