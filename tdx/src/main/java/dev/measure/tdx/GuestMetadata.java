package dev.measure.tdx;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.StrictJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A JSON file that says what a trust domain boots: metadata.json of tdx-measure, metadata.json of a dstack image, or dstack's
 * vm_config. A field that none of them has is refused, so that nothing is passed over in silence.
 *
 * @param kind which of them it is
 * @param files what it names, by role, as it stands there
 * @param cmdline the command line of the kernel
 * @param memory the memory of the guest, in bytes
 * @param vcpus how many vCPUs
 * @param qemuVersion the version of QEMU
 * @param order the order of MRTD that it asks for
 * @param edk2 the generation of EDK2 that its name for the firmware stands for
 * @param indirect whether it is a boot from a disk image, through shim and grub
 * @param kernelHeaderNormalized whether the firmware writes one setup header into the kernel, which its file has, too, so that the digest
 *     is the same at each size of memory and on each QEMU (dstack from 0.6.0 on)
 * @param measurement dstack's measurement.cbor
 * @param devices what dstack says of the devices, by field name, such as {@code num_gpus}: they count for the ACPI tables alone
 * @param withoutEffect fields with values that count only for the ACPI tables, or not at all
 */
public record GuestMetadata(
        Kind kind,
        Map<Role, String> files,
        Optional<String> cmdline,
        OptionalLong memory,
        OptionalInt vcpus,
        Optional<String> qemuVersion,
        Optional<MrtdOrder> order,
        Optional<String> edk2,
        boolean indirect,
        boolean kernelHeaderNormalized,
        Optional<Source> measurement,
        SortedMap<String, String> devices,
        List<String> withoutEffect) {
    private static final int MAX_FILE = 1 << 20;
    private static final int MAX_VCPUS = 4096;
    private static final int MAX_DEPTH = 4;
    private static final Pattern SIZE = Pattern.compile("(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,18})([kKmMgGtT]?)");

    /** dstack's names for the kinds of firmware that its images had; it wrote the second for a while. */
    private static final Map<String, String> VARIANTS = Map.of("pre202505", "202411", "stable202505", "202505");

    /** What sort of file it is. */
    public enum Kind {
        /** tdx-measure's: boot_config, direct, indirect. */
        TDX_MEASURE,
        /** That of a dstack image: bios, kernel, initrd, cmdline. */
        DSTACK_IMAGE,
        /** dstack's description of a machine: cpu_count, memory_size. */
        DSTACK_VM
    }

    /** What a file is for. */
    public enum Role {
        /** The firmware. */
        FIRMWARE,
        /** fw_cfg etc/acpi/tables. */
        ACPI_TABLES,
        /** fw_cfg etc/acpi/rsdp. */
        ACPI_RSDP,
        /** fw_cfg etc/table-loader. */
        ACPI_LOADER,
        /** The value of BootOrder. */
        BOOT_ORDER,
        /** A folder with values of boot options, Boot0000.bin and so on. */
        BOOT_VARIABLES,
        /** The kernel. */
        KERNEL,
        /** Its initrd. */
        INITRD
    }

    /** Copies map and list. */
    public GuestMetadata {
        Map<Role, String> copy = new EnumMap<>(Role.class);
        copy.putAll(files);
        files = Collections.unmodifiableMap(copy);
        devices = Collections.unmodifiableSortedMap(new TreeMap<>(devices));
        withoutEffect = List.copyOf(withoutEffect);
    }

    /**
     * {@return whether a file may be one: its first character but blanks is that of a JSON object}
     *
     * @param source the file
     */
    public static boolean isJson(Source source) {
        byte[] start = source.slice(0, Math.min(64, source.length())).toByteArray();
        for (byte b : start) {
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return b == '{';
            }
        }
        return false;
    }

    /**
     * {@return what a file says}
     *
     * @param source the file
     * @throws MalformedInputException if it is no JSON, or has other fields, or values that they cannot have
     */
    public static GuestMetadata read(Source source) {
        return StrictJson.read(source, "metadata of a trust domain", MAX_FILE, json -> new Reader(json).read());
    }

    /** Reads a file; used once. */
    private static final class Reader {
        private final StrictJson json;
        private final Map<Role, String> files = new EnumMap<>(Role.class);
        private final SortedMap<String, String> devices = new TreeMap<>();
        private final List<String> withoutEffect = new ArrayList<>();
        private Optional<Kind> kind = Optional.empty();
        private Optional<String> cmdline = Optional.empty();
        private OptionalLong memory = OptionalLong.empty();
        private OptionalInt vcpus = OptionalInt.empty();
        private Optional<String> qemuVersion = Optional.empty();
        private Optional<MrtdOrder> order = Optional.empty();
        private Optional<String> edk2 = Optional.empty();
        private boolean direct;
        private boolean indirect;
        private boolean kernelHeaderNormalized;
        private Optional<Source> measurement = Optional.empty();

        Reader(StrictJson json) {
            this.json = json;
        }

        GuestMetadata read() throws IOException {
            json.object("metadata");
            while (json.field()) {
                field(json.name());
            }
            if (kind.isEmpty()) {
                throw json.malformed("fields of tdx-measure's or dstack's metadata", "none");
            }
            if (direct && indirect) {
                throw json.malformed("one of direct and indirect", "both");
            }
            return new GuestMetadata(
                    kind.get(),
                    files,
                    cmdline,
                    memory,
                    vcpus,
                    qemuVersion,
                    order,
                    edk2,
                    indirect,
                    kernelHeaderNormalized,
                    measurement,
                    devices,
                    withoutEffect);
        }

        private void is(Kind found) {
            if (kind.isPresent() && kind.get() != found) {
                throw json.malformed("fields of one kind of metadata", "fields of " + kind.get() + " and " + found);
            }
            kind = Optional.of(found);
        }

        private void field(String name) throws IOException {
            switch (name) {
                case "boot_config" -> {
                    is(Kind.TDX_MEASURE);
                    json.object(name);
                    while (json.field()) {
                        bootConfig(json.name());
                    }
                }
                case "direct" -> {
                    is(Kind.TDX_MEASURE);
                    direct = true;
                    json.object(name);
                    while (json.field()) {
                        switch (json.name()) {
                            case "kernel" -> file(Role.KERNEL);
                            case "initrd" -> file(Role.INITRD);
                            case "cmdline" -> cmdline = Optional.of(json.string("cmdline"));
                            default -> throw unknown();
                        }
                    }
                }
                case "indirect" -> {
                    is(Kind.TDX_MEASURE);
                    indirect = true;
                    json.object(name);
                    while (json.field()) {
                        switch (json.name()) {
                            case "cmdline" -> cmdline = Optional.of(json.string("cmdline"));
                            case "qcow2", "mok_list", "mok_list_trusted", "mok_list_x", "sbat_level" ->
                                json.string(json.name());
                            default -> throw unknown();
                        }
                    }
                }
                default -> dstack(name);
            }
        }

        private void bootConfig(String name) throws IOException {
            switch (name) {
                case "cpus" -> vcpus = OptionalInt.of(json.integer(name, MAX_VCPUS));
                case "memory" -> memory = OptionalLong.of(size(json.string(name)));
                case "bios" -> file(Role.FIRMWARE);
                case "acpi_tables" -> file(Role.ACPI_TABLES);
                case "rsdp" -> optional(Role.ACPI_RSDP);
                case "table_loader" -> optional(Role.ACPI_LOADER);
                case "boot_order" -> optional(Role.BOOT_ORDER);
                case "path_boot_xxxx" -> optional(Role.BOOT_VARIABLES);
                case "qemu" -> {
                    json.skip(MAX_DEPTH);
                    withoutEffect.add("qemu");
                }
                default -> throw unknown();
            }
        }

        private void dstack(String name) throws IOException {
            switch (name) {
                case "bios" -> image(Role.FIRMWARE);
                case "kernel" -> image(Role.KERNEL);
                case "initrd" -> image(Role.INITRD);
                case "cmdline" -> {
                    is(Kind.DSTACK_IMAGE);
                    cmdline = Optional.of(json.string(name));
                }
                case "version", "is_dev", "hda", "rootfs", "rootfs_hash", "shared_ro", "bios-sev" -> {
                    is(Kind.DSTACK_IMAGE);
                    json.scalarOrSkip(1);
                }
                case "ovmf_variant" -> variant();
                case "kernel_header_normalized" -> {
                    is(Kind.DSTACK_IMAGE);
                    kernelHeaderNormalized = json.truth(name);
                }
                case "cpu_count" -> {
                    is(Kind.DSTACK_VM);
                    vcpus = OptionalInt.of(json.integer(name, MAX_VCPUS));
                }
                case "memory_size" -> {
                    is(Kind.DSTACK_VM);
                    memory = OptionalLong.of(whole(json.size(name)));
                }
                case "qemu_version" -> {
                    is(Kind.DSTACK_VM);
                    qemuVersion = json.scalarOrSkip(1);
                }
                case "qemu_single_pass_add_pages" -> {
                    is(Kind.DSTACK_VM);
                    // dstack hands it on as two_pass_add_pages, so the name says the contrary of what it does.
                    order = json.scalarOrSkip(1)
                            .map(value -> value.equals("true") ? MrtdOrder.SECTION : MrtdOrder.PAGE);
                }
                case "tdx_measurement" -> {
                    is(Kind.DSTACK_VM);
                    tdxMeasurement();
                }
                case "os_image_hash",
                        "image",
                        "tdx_attestation_variant",
                        "gcp_measurement",
                        "aws_measurement",
                        "spec_version" -> {
                    is(Kind.DSTACK_VM);
                    json.scalarOrSkip(MAX_DEPTH);
                }
                case "pic",
                        "pci_hole64_size",
                        "hugepages",
                        "num_gpus",
                        "num_nvswitches",
                        "num_nics",
                        "num_verity_volumes",
                        "swtpm",
                        "root_verity",
                        "hotplug_off",
                        "host_share_mode" -> {
                    is(Kind.DSTACK_VM);
                    json.scalarOrSkip(1).ifPresent(value -> devices.put(name, value));
                }
                default -> throw unknown();
            }
        }

        private void variant() throws IOException {
            Optional<String> variant = json.scalarOrSkip(1);
            if (variant.isPresent() && !VARIANTS.containsKey(variant.get())) {
                throw json.malformed("ovmf_variant 'pre202505' or 'stable202505'", StrictJson.shown(variant.get()));
            }
            edk2 = variant.map(VARIANTS::get);
        }

        private void tdxMeasurement() throws IOException {
            json.object("tdx_measurement");
            while (json.field()) {
                switch (json.name()) {
                    case "measurement" -> {
                        String text = json.string("measurement");
                        try {
                            measurement = Optional.of(Source.of(
                                    "tdx_measurement", Base64.getDecoder().decode(text)));
                        } catch (IllegalArgumentException e) {
                            throw json.malformed("measurement in base64", StrictJson.shown(text));
                        }
                    }
                    case "checksum_file" -> json.string("checksum_file");
                    default -> throw unknown();
                }
            }
        }

        private void image(Role role) throws IOException {
            is(Kind.DSTACK_IMAGE);
            file(role);
        }

        private void file(Role role) throws IOException {
            files.put(role, json.string(json.name()));
        }

        private void optional(Role role) throws IOException {
            json.scalarOrSkip(1).ifPresent(path -> files.put(role, path));
        }

        private MalformedInputException unknown() throws IOException {
            return json.malformed(
                    "a field of tdx-measure's or dstack's metadata", "the field " + StrictJson.shown(json.name()));
        }

        private long whole(long bytes) {
            if (bytes == 0 || bytes > TdHob.MAX_MEMORY || bytes % MrtdRecords.PAGE != 0) {
                throw json.malformed("memory in whole pages of 4 KiB, at most 2048T", bytes + " bytes");
            }
            return bytes;
        }

        /** A bare number is bytes, as tdx-measure has it. */
        private long size(String text) {
            Matcher matcher = SIZE.matcher(text.strip());
            boolean fits = matcher.matches()
                    && !(text.strip().startsWith("0x") && !matcher.group(2).isEmpty());
            if (fits) {
                String digits = matcher.group(1);
                boolean hex = digits.length() > 1 && (digits.charAt(1) == 'x' || digits.charAt(1) == 'X');
                long number = hex ? Long.parseUnsignedLong(digits.substring(2), 16) : Long.parseLong(digits);
                int shift = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                    case "k" -> 10;
                    case "m" -> 20;
                    case "g" -> 30;
                    case "t" -> 40;
                    default -> 0;
                };
                if (number >= 0 && number <= TdHob.MAX_MEMORY >> shift) {
                    return whole(number << shift);
                }
            }
            throw json.malformed("memory such as 2G, or bytes, at most 2048T", StrictJson.shown(text));
        }
    }
}
