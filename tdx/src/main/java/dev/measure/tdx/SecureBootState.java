package dev.measure.tdx;

import dev.measure.Source;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.SecureBootMode;
import dev.measure.uefi.SignatureDatabase;
import dev.measure.uefi.VariableStore;
import java.util.Optional;
import java.util.UUID;

/**
 * The Secure Boot variables of a trust domain, as they are after its firmware has started: the variable store of the image, with what
 * is given in its place (edk2 SecurityPkg/Library/AuthVariableLib).
 *
 * @param inputs what is given
 * @param store the variable store of the image; empty if it has none
 * @param capable whether the firmware is built with Secure Boot; empty if its volumes cannot be unpacked
 */
record SecureBootState(RtmrInputs inputs, Optional<VariableStore> store, Optional<Boolean> capable) {
    static SecureBootState of(RtmrInputs inputs) {
        if (inputs.firmware.isEmpty() && inputs.published.isPresent()) {
            // dstack builds its firmware without Secure Boot, and ships it with an empty store.
            return new SecureBootState(inputs, VariableStore.find(FreshVariableStore.bytes()), Optional.of(false));
        }
        return new SecureBootState(
                inputs,
                inputs.firmware.flatMap(firmware ->
                        VariableStore.find(firmware.launch().firmware().image())),
                inputs.firmware.flatMap(TdFirmware::secureBootCapable));
    }

    /** {@return the value of PK, KEK, db, dbx or dbt; no bytes if there is none} */
    Source value(String name) {
        Source given = inputs.variables.get(name);
        if (given != null) {
            return given;
        }
        return store.flatMap(s -> s.variable(vendor(name), name))
                .map(VariableStore.Variable::data)
                .orElseGet(() -> Source.of("no " + name, new byte[0]));
    }

    static UUID vendor(String name) {
        return name.equals("PK") || name.equals("KEK")
                ? GuidName.EFI_GLOBAL_VARIABLE
                : GuidName.EFI_IMAGE_SECURITY_DATABASE;
    }

    /** {@return the value of the variable SecureBoot; no bytes if the firmware makes none; empty if that is not known} */
    Optional<byte[]> secureBoot() {
        if (inputs.secureBoot.isPresent()) {
            boolean on = inputs.secureBoot.get();
            return on || capable.equals(Optional.of(true))
                    ? Optional.of(new byte[] {(byte) (on ? 1 : 0)})
                    : Optional.of(new byte[0]);
        }
        if (capable.isEmpty()) {
            return Optional.empty();
        }
        if (!capable.get()) {
            return Optional.of(new byte[0]);
        }
        boolean on = SecureBootMode.isOn(
                Optional.of(value("PK")),
                store.flatMap(s -> s.variable(GuidName.EFI_SECURE_BOOT_ENABLE_DISABLE, "SecureBootEnable"))
                        .map(VariableStore.Variable::data));
        return Optional.of(new byte[] {(byte) (on ? 1 : 0)});
    }

    /** {@return whether images are checked} */
    Optional<Boolean> on() {
        return secureBoot().map(value -> value.length == 1 && value[0] == 1);
    }

    SignatureDatabase database(String name) {
        return SignatureDatabase.read(value(name));
    }
}
