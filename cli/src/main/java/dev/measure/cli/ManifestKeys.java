package dev.measure.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The keys of a manifest's targets: options of {@code measure snp}, {@code tdx} and {@code pcr} that say what is measured, under the
 * same names. What writes files, reads the machine or names files inside other files is not among them.
 */
final class ManifestKeys {
    private ManifestKeys() {}

    /** How the value of a key is read. */
    enum Kind {
        /** Words or numbers, one or a list. */
        WORDS,
        /** Text, of which one that begins with {@code @} names an artifact. */
        TEXT,
        /** true or false. */
        FLAG,
        /** The name of an artifact. */
        FILE,
        /** The name of an artifact, or {@code NAME=ARTIFACT} with the name that it has there; one or a list. */
        NAMED_FILE,
        /** The name of an artifact or {@code none}, one or a list. */
        FILE_OR_NONE,
        /** As {@code --runtime-event}, where {@code file:} names an artifact. */
        EVENT
    }

    /** The key that names the image; the parameter of the verbs. */
    static final String IMAGE = "image";

    /** The key that names a variant of the boot. */
    static final String VARIANT = "variant";

    private static final List<String> BESIDE = List.of(
            "addon",
            "global-addon",
            "credential",
            "global-credential",
            "sysext",
            "global-sysext",
            "confext",
            "global-confext");

    private static final Map<String, Map<String, Kind>> ALL = Map.of("snp", snp(), "tdx", tdx(), "pcr", pcr());

    /** {@return the technologies, which are verbs too} */
    static List<String> technologies() {
        return List.of("snp", "tdx", "pcr");
    }

    /** {@return the keys of a technology, without {@link #VARIANT}} */
    static Map<String, Kind> of(String technology) {
        return ALL.get(technology);
    }

    /** {@return the technologies whose registers can have boot variants} */
    static Set<String> withVariants() {
        return Set.of("tdx", "pcr");
    }

    private static void all(Map<String, Kind> keys, Kind kind, String... names) {
        for (String name : names) {
            keys.put(name, kind);
        }
    }

    private static Map<String, Kind> snp() {
        Map<String, Kind> keys = new LinkedHashMap<>();
        all(keys, Kind.FILE, IMAGE, "firmware", "metadata");
        all(keys, Kind.WORDS, "fwid", "mode", "vcpus", "vcpu-type", "vcpu-sig", "vmm", "guest-features");
        all(keys, Kind.FILE, "kernel", "initrd");
        all(keys, Kind.TEXT, "append");
        all(keys, Kind.WORDS, "kernel-hash", "initrd-hash", "cmdline-hash", "product", "vmsa-gpa", "snp-ovmf-hash");
        all(keys, Kind.WORDS, "igvm-rules");
        all(keys, Kind.FLAG, "native-zero", "check-kvm");
        all(keys, Kind.FILE, "pk", "kek", "db", "dbx", "shim", "igvm-kernel");
        all(keys, Kind.WORDS, "igvm-address");
        all(keys, Kind.FILE, "svsm", "vars-file");
        all(keys, Kind.WORDS, "vars-size", "svsm-rules", "kernel-address");
        all(keys, Kind.FILE, "boot-params");
        return keys;
    }

    private static Map<String, Kind> tdx() {
        Map<String, Kind> keys = new LinkedHashMap<>();
        all(keys, Kind.FILE, IMAGE, "firmware", "vars");
        all(
                keys,
                Kind.WORDS,
                "fwid",
                "register",
                "memory",
                "order",
                "vmm",
                "qemu-version",
                "tail",
                "edk2",
                "secure-boot");
        all(keys, Kind.FILE, "pk", "kek", "db", "dbx");
        all(keys, Kind.WORDS, "boot-order");
        all(keys, Kind.NAMED_FILE, "boot-variable");
        all(keys, Kind.WORDS, "boot-disk");
        all(keys, Kind.WORDS, "vcpus");
        all(keys, Kind.FILE, "acpi-tables", "acpi-rsdp", "acpi-loader");
        all(keys, Kind.NAMED_FILE, "acpi-file");
        all(keys, Kind.WORDS, "acpi-digests");
        all(keys, Kind.FILE, "smbios");
        all(keys, Kind.NAMED_FILE, "fw-cfg");
        all(keys, Kind.FILE, "from-log", "kernel", "initrd");
        all(keys, Kind.TEXT, "append");
        all(keys, Kind.FLAG, "kernel-header-normalized");
        all(keys, Kind.FILE, "dstack-measurement", "disk");
        all(keys, Kind.FLAG, "direct");
        all(keys, Kind.WORDS, "profile", "stub");
        all(keys, Kind.FILE, "option-rom");
        all(keys, Kind.FILE_OR_NONE, "failed-boot-option");
        all(keys, Kind.FILE, "loader", "loader-conf", "loader-entry");
        all(keys, Kind.WORDS, "shim-version");
        all(keys, Kind.FILE, "grub-config", "grub-commands");
        all(keys, Kind.NAMED_FILE, "grub-file");
        all(keys, Kind.WORDS, "grub-device", "grub-variable", "grub-entry", "grub-kernel-events");
        all(keys, Kind.WORDS, "exit-boot-retry");
        all(keys, Kind.WORDS, "load-options", "console");
        all(keys, Kind.NAMED_FILE, BESIDE.toArray(String[]::new));
        all(keys, Kind.EVENT, "runtime-event");
        return keys;
    }

    private static Map<String, Kind> pcr() {
        Map<String, Kind> keys = new LinkedHashMap<>();
        all(keys, Kind.FILE, IMAGE);
        all(keys, Kind.WORDS, "pcr", "bank", "phase", "profile", "fwid", "stub");
        all(keys, Kind.FILE, "from-eventlog");
        all(keys, Kind.NAMED_FILE, "section");
        all(keys, Kind.FILE, "firmware");
        all(keys, Kind.WORDS, "edk2", "crtm-version");
        all(keys, Kind.FILE, "peifv-patches", "vars", "pk", "kek", "db", "dbx");
        all(keys, Kind.WORDS, "secure-boot", "machine-type", "smp", "memory");
        all(keys, Kind.FLAG, "confidential-vm");
        all(keys, Kind.FILE, "acpi-loader", "acpi-rsdp", "acpi-tables", "tpm-log", "smbios");
        all(keys, Kind.NAMED_FILE, "acpi-file");
        all(keys, Kind.FILE, "option-rom");
        all(keys, Kind.WORDS, "boot-order");
        all(keys, Kind.NAMED_FILE, "boot-variable");
        all(keys, Kind.WORDS, "boot-disk");
        all(keys, Kind.FILE_OR_NONE, "failed-boot-option");
        all(keys, Kind.FILE, "loader", "loader-conf", "loader-entry", "disk");
        all(keys, Kind.WORDS, "shim-version");
        all(keys, Kind.FILE, "grub-config", "grub-commands");
        all(keys, Kind.NAMED_FILE, "grub-file");
        all(keys, Kind.WORDS, "grub-device", "grub-variable", "grub-entry", "grub-kernel-events");
        all(keys, Kind.WORDS, "exit-boot-retry");
        all(keys, Kind.WORDS, "load-options", "console");
        all(keys, Kind.FLAG, "direct");
        all(keys, Kind.FILE, "kernel", "initrd");
        all(keys, Kind.WORDS, "append");
        all(keys, Kind.WORDS, "qemu-version");
        all(keys, Kind.NAMED_FILE, BESIDE.toArray(String[]::new));
        return keys;
    }
}
