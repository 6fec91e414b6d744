package dev.measure.boot;

import dev.measure.Source;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.VariableStore;
import java.util.Optional;

/** The variables of a machine that are shim's, as far as shim takes them: one with the wrong attributes is deleted (mok.c). */
final class ShimVariables {
    private static final long NON_VOLATILE = 1;
    private static final long BOOT_SERVICES = 2;
    private static final long RUNTIME = 4;
    private static final long TIME_BASED_AUTHENTICATION = 0x20;

    private final Optional<VariableStore> store;

    ShimVariables(Optional<VariableStore> store) {
        this.store = store;
    }

    /**
     * A variable as it is stored.
     *
     * @param attributes its attributes
     * @param data its value
     */
    record Stored(long attributes, Source data) {
        /** check_sbat_var_attributes. */
        boolean plainAttributes() {
            return (attributes | TIME_BASED_AUTHENTICATION)
                    == (NON_VOLATILE | BOOT_SERVICES | TIME_BASED_AUTHENTICATION);
        }
    }

    /** {@return whether the store is given} */
    boolean known() {
        return store.isPresent();
    }

    /** {@return a variable as it is stored} */
    Optional<Stored> stored(String name) {
        return store.flatMap(found -> found.variable(GuidName.SHIM_LOCK, name))
                .map(variable -> new Stored(variable.attributes(), variable.data()));
    }

    /** {@return whether there is such a variable} */
    boolean present(String name) {
        return stored(name).isPresent();
    }

    /** {@return the value of a variable that shim takes; empty if there is none, or none of any length} */
    Optional<Source> data(String name) {
        return stored(name)
                .filter(variable -> (variable.attributes() & (NON_VOLATILE | BOOT_SERVICES)) != 0
                        && (variable.attributes() & RUNTIME) == 0)
                .map(Stored::data)
                .filter(data -> data.length() > 0);
    }

    /** {@return whether a variable is one byte, and not 0} */
    boolean isSet(String name) {
        return data(name)
                .filter(data -> data.length() == 1 && data.toByteArray()[0] != 0)
                .isPresent();
    }
}
