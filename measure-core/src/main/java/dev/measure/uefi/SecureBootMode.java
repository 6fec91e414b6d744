package dev.measure.uefi;

import dev.measure.Source;
import java.util.Optional;

/**
 * Whether Secure Boot is on when a firmware that is built with it starts (edk2
 * SecurityPkg/Library/AuthVariableLib/AuthVariableLib.c, AuthVariableLibInitialize).
 */
public final class SecureBootMode {
    private static final int SECURE_BOOT_ENABLE = 1;

    private SecureBootMode() {}

    /**
     * {@return whether the variable SecureBoot becomes 1}
     *
     * <p>A platform key makes user mode. SecureBootEnable then decides by its first byte; where it is absent, the firmware creates it
     * as enabled.
     *
     * @param platformKey the value of PK; empty or without bytes in setup mode
     * @param secureBootEnable the value of SecureBootEnable; empty if there is no such variable
     */
    public static boolean isOn(Optional<Source> platformKey, Optional<Source> secureBootEnable) {
        boolean user = platformKey.filter(key -> key.length() > 0).isPresent();
        // a variable without data does not exist
        Optional<Source> enable = secureBootEnable.filter(value -> value.length() > 0);
        return user
                && enable.map(value -> value.slice(0, 1).toByteArray()[0] == SECURE_BOOT_ENABLE)
                        .orElse(true);
    }
}
