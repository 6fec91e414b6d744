package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Source;
import dev.measure.tdx.GuestMetadata;
import dev.measure.tdx.GuestMetadata.Kind;
import dev.measure.tdx.GuestMetadata.Role;
import dev.measure.tdx.MrtdOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Metadata of tdx-measure or dstack in place of a firmware: what it says stands for options that were not typed. */
final class MetadataFile {
    private static final int MAX_BOOT_ORDER = 4096;

    private final Call call;
    private final Result result;
    private final String name;
    private final Map<String, List<String>> values = new LinkedHashMap<>();
    private boolean normalized;

    private MetadataFile(Call call, Result result, String name) {
        this.call = call;
        this.result = result;
        this.name = name;
    }

    /** {@return the call with what its metadata file says, or as it is if its first parameter is none} */
    static Call applied(Call call, Result result) {
        Optional<String> parameter = call.positional(0);
        boolean given =
                parameter.isPresent() && GuestMetadata.isJson(call.inputs().open(parameter.get()));
        if (!given) {
            for (String option : List.of("--direct-boot", "--image-dir")) {
                if (call.has(option)) {
                    throw Complaint.usage(
                            option + " is for a metadata.json, and there is none", "give it as parameter");
                }
            }
            return call;
        }
        return new MetadataFile(call, result, parameter.get()).apply();
    }

    private Call apply() {
        Source file = call.inputs().open(name);
        result.input("metadata", file);
        GuestMetadata metadata = GuestMetadata.read(file);
        normalized = metadata.kernelHeaderNormalized();
        files(metadata, name);
        if (metadata.kind() == Kind.DSTACK_VM && call.has("--image-dir")) {
            String image = call.value("--image-dir").orElseThrow() + "/metadata.json";
            Source ofImage = call.inputs().open(image);
            result.input("metadata", ofImage);
            GuestMetadata second = GuestMetadata.read(ofImage);
            if (second.kind() != Kind.DSTACK_IMAGE) {
                throw new Complaint(ExitCode.MALFORMED, image + ": expected the metadata of a dstack image", "");
            }
            files(second, image);
            second.edk2().ifPresent(tag -> put("--edk2", tag));
            second.cmdline().ifPresent(text -> put("--append", text));
            normalized = second.kernelHeaderNormalized();
        } else if (call.has("--image-dir")) {
            throw Complaint.usage("--image-dir is for dstack's vm_config, and " + name + " is none", "");
        }
        numbers(metadata);
        devices(metadata);
        boot(metadata);
        if (!call.has("--register") && !call.has("--platform-only") && !call.has("--runtime-only")) {
            values.put("--register", List.of("mrtd,rtmr0,rtmr1,rtmr2"));
        }
        return call.from(1).withLists(values);
    }

    private void put(String option, String value) {
        values.put(option, List.of(value));
    }

    private void files(GuestMetadata metadata, String json) {
        Map<Role, String> options = new LinkedHashMap<>();
        options.put(Role.FIRMWARE, "--firmware");
        if (!AcpiOptions.isGiven(call) && !call.has("--runtime-only")) {
            options.put(Role.ACPI_TABLES, "--acpi-tables");
            options.put(Role.ACPI_RSDP, "--acpi-rsdp");
            options.put(Role.ACPI_LOADER, "--acpi-loader");
        }
        if (!call.has("--dstack-measurement") && !call.has("--platform-only")) {
            options.put(Role.KERNEL, "--kernel");
            options.put(Role.INITRD, "--initrd");
        }
        options.forEach((role, option) -> {
            if (metadata.files().containsKey(role) && !call.has(option)) {
                put(option, inside(json, metadata.files().get(role), role));
            }
        });
        if (metadata.files().containsKey(Role.BOOT_ORDER) && !call.has("--boot-order") && !call.has("--runtime-only")) {
            bootVariables(metadata, json);
        }
    }

    /** A path in metadata counts from the folder of the file, and must not lead out of it. */
    private String inside(String json, String path, Role role) {
        Path folder = call.inputs().path(json).toAbsolutePath().normalize().getParent();
        Path typed = Path.of(json).getParent();
        String relative = typed == null ? path : typed + "/" + path;
        Path wanted = folder.resolve(path).normalize();
        boolean leaves = Path.of(path).isAbsolute() || !wanted.startsWith(folder);
        try {
            leaves |= Files.exists(wanted) && !wanted.toRealPath().startsWith(folder.toRealPath());
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, relative + ": cannot be read: " + Inputs.why(e), "");
        }
        if (leaves) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    json + ": expected a path inside its own folder, found '" + path + "'",
                    "give the file as an option");
        }
        if (!Files.exists(wanted) && role == Role.ACPI_TABLES) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    relative + ": no such file",
                    "`measure tdx acpi --qemu-binary PATH --dump-acpi FOLDER` makes the tables");
        }
        return relative;
    }

    private void bootVariables(GuestMetadata metadata, String json) {
        Source order = call.inputs().open(inside(json, metadata.files().get(Role.BOOT_ORDER), Role.BOOT_ORDER));
        if (order.length() % 2 != 0 || order.length() > MAX_BOOT_ORDER) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    order.name() + ": expected an even number of at most " + MAX_BOOT_ORDER + " bytes, found "
                            + order.length(),
                    "the value of BootOrder is numbers of 16 bits");
        }
        byte[] bytes = order.toByteArray();
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < bytes.length; i += 2) {
            numbers.add(String.format("%04X", bytes[i] & 0xff | (bytes[i + 1] & 0xff) << 8));
        }
        values.put("--boot-order", List.of(numbers.isEmpty() ? "none" : String.join(",", numbers)));
        String folder = metadata.files().get(Role.BOOT_VARIABLES);
        if (folder != null && !call.has("--boot-variable")) {
            List<String> variables = new ArrayList<>();
            for (String number : numbers) {
                String path = folder + "/Boot" + number + ".bin";
                String relative = inside(json, path, Role.BOOT_VARIABLES);
                if (Files.exists(call.inputs().path(relative))) {
                    variables.add(number + "=" + relative);
                }
            }
            values.put("--boot-variable", variables);
        }
    }

    private void numbers(GuestMetadata metadata) {
        metadata.memory().ifPresent(bytes -> put("--memory", bytes % 1024 == 0 ? (bytes >> 10) + "K" : bytes + "B"));
        metadata.vcpus().ifPresent(count -> put("--vcpus", Integer.toString(count)));
        if (!call.has("--vmm")) {
            metadata.qemuVersion().ifPresent(version -> put("--qemu-version", version));
        }
        metadata.edk2().ifPresent(tag -> put("--edk2", tag));
        boolean said = call.has("--order") || call.has("--two-pass-add-pages");
        if (!said) {
            metadata.order().ifPresent(order -> put("--order", order.id()));
            boolean open = metadata.order().isEmpty()
                    && metadata.qemuVersion().isEmpty()
                    && !call.has("--qemu-version")
                    && !call.has("--vmm");
            if (open) {
                put("--order", MrtdOrder.PAGE.id());
                result.assumption(new Assumption(
                        "order",
                        "page",
                        "as tdx-measure and dstack-mr have it if nobody says otherwise; --order, --qemu-version or"
                                + " --two-pass-add-pages settles it"));
            }
        }
        if (!metadata.withoutEffect().isEmpty() && !call.has(AcpiFromQemu.BINARY)) {
            result.assumption(new Assumption(
                    "acpi-tables",
                    "as given",
                    "they must be those of the machine that " + String.join(", ", metadata.withoutEffect())
                            + " of the metadata describes: tables are read, not made here"));
        }
    }

    /** dstack's devices decide about the ACPI tables: they are QEMU's arguments if it is asked for these, else a word of caution. */
    private void devices(GuestMetadata metadata) {
        if (metadata.kind() != Kind.DSTACK_VM) {
            return;
        }
        if (!call.has(AcpiFromQemu.BINARY)) {
            List<String> fields = new ArrayList<>(metadata.devices().keySet());
            if (!fields.isEmpty()) {
                result.assumption(new Assumption(
                        "acpi-tables",
                        "as given",
                        "they must be those of the machine that " + String.join(", ", fields)
                                + " of the metadata describe: tables are read, not made here; " + AcpiFromQemu.BINARY
                                + " has QEMU make them of these"));
            }
            return;
        }
        if (!call.has("--dstack")) {
            values.put("--dstack", List.of());
        }
        metadata.devices().forEach((field, value) -> {
            String option = "--" + field.replace('_', '-');
            boolean flag = DstackMachine.isFlag(option);
            boolean none = value.isEmpty() || (option.equals("--pci-hole64-size") && value.equals("0"));
            if (call.has(option) || none || (flag && value.equals("false"))) {
                return; // said on the command line, or not said at all
            }
            if (flag && !value.equals("true")) {
                throw new Complaint(
                        ExitCode.MALFORMED,
                        name + ": expected true or false as " + field + ", found '" + value + "'",
                        "");
            }
            values.put(option, flag ? List.of() : List.of(value));
        });
        // dstack-mr's rule where the field is left out: a PIC before QEMU 9.0.
        boolean old = metadata.qemuVersion()
                .filter(version -> version.matches("[0-8]\\..*"))
                .isPresent();
        if (old && !call.has("--pic") && !metadata.devices().containsKey("pic")) {
            put("--pic", "true");
        }
    }

    private void boot(GuestMetadata metadata) {
        if (call.has("--direct-boot")) {
            boolean direct = TdxRequest.bool(call, "--direct-boot");
            if (direct == metadata.indirect()) {
                throw Complaint.usage(
                        "--direct-boot " + direct + ", and " + name + " describes "
                                + (direct ? "a boot from a disk" : "no boot from a disk"),
                        "");
            }
        }
        if (metadata.indirect() && !call.has("--platform-only") && !call.has("--register")) {
            throw new Complaint(
                    ExitCode.NOT_LAUNCHABLE,
                    name + ": a boot through shim and grub inside a qcow2 image is not read from metadata",
                    "--platform-only gives MRTD and RTMR0; a UKI is given as parameter, with --firmware and --disk");
        }
        if (!metadata.indirect() && !call.has("--platform-only")) {
            metadata.cmdline().ifPresent(text -> put("--append", text));
        }
        // It is the firmware that does it, to any kernel.
        if (normalized && !call.has("--firmware") && (call.has("--kernel") || values.containsKey("--kernel"))) {
            values.put("--kernel-header-normalized", List.of());
        }
        if (call.has("--kernel") || call.has("--dstack-measurement")) {
            return;
        }
        if (metadata.measurement().isPresent() && !values.containsKey("--kernel") && !call.has("--platform-only")) {
            String held = name + "#tdx_measurement";
            call.inputs().hold(held, metadata.measurement().get());
            put("--dstack-measurement", held);
        }
    }
}
