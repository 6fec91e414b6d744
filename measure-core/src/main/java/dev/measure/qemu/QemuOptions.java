package dev.measure.qemu;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** The options of QEMU that bear on what is measured, added up in the order in which they stand. */
final class QemuOptions {
    /** Those that are looked at, each with a value. */
    static final Set<String> KNOWN = Set.of(
            "smp",
            "cpu",
            "machine",
            "M",
            "m",
            "object",
            "bios",
            "pflash",
            "drive",
            "blockdev",
            "kernel",
            "initrd",
            "append",
            "shim",
            "readconfig");

    /** QEMU's own default for pc and q35. */
    private static final String DEFAULT_CPU = "qemu64";

    private static final long DEFAULT_SNP_POLICY = 0x30000;
    private static final long DEFAULT_SEV_POLICY = 0x1;
    private static final long SEV_POLICY_ES = 0x4;

    /** libvirt's own limit is in the same region; real values have 4096 bytes. */
    private static final int MAX_BASE64 = 1 << 16;

    private final Source source;
    private final Map<String, String> smp = new LinkedHashMap<>();
    private final Map<String, String> machine = new LinkedHashMap<>();
    private final Map<String, Map<String, String>> objects = new LinkedHashMap<>();
    private final Map<String, Map<String, String>> blockdevs = new LinkedHashMap<>();
    private final Map<Integer, Map<String, String>> flashDrives = new TreeMap<>();
    private final Map<String, ShellWords.Word> last = new LinkedHashMap<>();
    private final Set<String> unresolved = new LinkedHashSet<>();
    private final List<String> remarks = new ArrayList<>();
    private long smpAt;

    QemuOptions(Source source) {
        this.source = source;
        this.smpAt = source.start();
    }

    void apply(List<ShellWords.Word> words, int from) {
        QemuCommandLine.walk(source, words, from, this::take);
    }

    void remark(String text) {
        remarks.add(text);
    }

    Map<String, String> smp() {
        return smp;
    }

    Map<String, String> machine() {
        return machine;
    }

    void object(String id, Map<String, String> properties) {
        objects.put(id, properties);
    }

    void put(String option, String value) {
        last.put(option, new ShellWords.Word(value, false, source.start()));
    }

    private void take(String option, ShellWords.Word value) {
        if (value.unresolved()) {
            unresolved.add("-" + option);
        }
        switch (option) {
            case "smp" -> {
                smpAt = value.offset();
                smp.putAll(keyValues(option, value, "cpus"));
            }
            case "machine", "M" -> machine(keyValues(option, value, "type"));
            case "object" -> {
                Map<String, String> object = keyValues(option, value, "qom-type");
                if (objects.put(object.getOrDefault("id", ""), object) != null
                        && !object.getOrDefault("id", "").isEmpty()) {
                    throw malformed(value, "one object of id " + object.get("id"), "two");
                }
            }
            case "blockdev" -> {
                Map<String, String> node = keyValues(option, value, "driver");
                blockdevs.put(node.getOrDefault("node-name", ""), node);
            }
            case "drive" -> drive(value, keyValues(option, value, ""));
            case "pflash" -> drive(value, new LinkedHashMap<>(Map.of("if", "pflash", "file", value.text())));
            case "bios" -> {
                machine.put("firmware", value.text());
                last.put(option, value);
            }
            case "readconfig" ->
                remarks.add("-readconfig " + value.text() + ": the options in that file are not looked at");
            default -> last.put(option, value);
        }
    }

    /** Options of the machine: later keys win, and the older name of one is translated as QEMU does. */
    private void machine(Map<String, String> keys) {
        keys.forEach((key, value) -> {
            String name = key.equals("memory-encryption") ? "confidential-guest-support" : key;
            machine.put(name, value);
            if (Set.of("kernel", "initrd", "append").contains(name)) {
                put(name, value);
            }
        });
    }

    private void drive(ShellWords.Word value, Map<String, String> drive) {
        if (!drive.getOrDefault("if", "").equals("pflash")) {
            return;
        }
        int unit = 0;
        String given = drive.getOrDefault("unit", drive.getOrDefault("index", ""));
        if (given.isEmpty()) {
            while (flashDrives.containsKey(unit)) {
                unit++;
            }
        } else {
            unit = (int) number(given, "unit of -drive", value.offset(), 31);
        }
        flashDrives.put(unit, drive);
    }

    private Map<String, String> keyValues(String option, ShellWords.Word value, String implied) {
        return new LinkedHashMap<>(KeyValues.parse(value.text(), implied)
                .orElseThrow(() -> malformed(value, "a JSON object as value of -" + option, "something else")));
    }

    QemuGuest guest() {
        OptionalLong memory = memory();
        Optional<QemuGuest.Security> security = security();
        Optional<QemuGuest.FirmwareFile> firmware = firmware(security);
        if (last.containsKey("shim")) {
            remarks.add("-shim " + last.get("shim").text()
                    + ": the shim is loaded by the firmware, no launch digest has it");
        }
        return new QemuGuest(
                vcpus(),
                cpu(),
                memory,
                Optional.ofNullable(machine.get("type")),
                security,
                firmware,
                text("kernel"),
                text("initrd"),
                text("append"),
                igvm(),
                List.copyOf(unresolved),
                remarks);
    }

    private Optional<String> text(String option) {
        return Optional.ofNullable(last.get(option)).map(ShellWords.Word::text);
    }

    /** The rules of hw/core/machine-smp.c: what is missing is worked out, and the product of the levels must be maxcpus. */
    private int vcpus() {
        Map<String, Long> given = new LinkedHashMap<>();
        List<String> levels = List.of("drawers", "books", "sockets", "dies", "clusters", "modules", "cores", "threads");
        smp.forEach((key, value) -> {
            if (!levels.contains(key) && !key.equals("cpus") && !key.equals("maxcpus")) {
                throw new MalformedInputException(source.name(), smpAt, "a parameter of -smp", "'" + key + "'", "");
            }
            long number = number(value, key + " of -smp", smpAt, 0xffff);
            if (number == 0) {
                throw new MalformedInputException(source.name(), smpAt, key + " of -smp greater than 0", "0", "");
            }
            given.put(key, number);
        });
        long cpus = given.getOrDefault("cpus", 0L);
        long most = given.getOrDefault("maxcpus", cpus);
        long product = 1;
        for (String level : levels) {
            product *= given.getOrDefault(level, 1L);
            if (product > 1 << 20) {
                throw wrongTopology("a product of the levels of at most " + (1 << 20), "more");
            }
        }
        boolean open = !given.containsKey("sockets") || !given.containsKey("cores") || !given.containsKey("threads");
        if (most == 0) {
            most = product;
        } else if (open ? most % product != 0 : most != product) {
            throw wrongTopology("a topology of maxcpus = " + most + " vCPUs", "levels whose product is " + product);
        }
        cpus = cpus == 0 ? most : cpus;
        if (cpus > most) {
            throw wrongTopology("cpus of at most maxcpus = " + most, Long.toString(cpus));
        }
        return (int) cpus;
    }

    private MalformedInputException wrongTopology(String expected, String found) {
        return new MalformedInputException(
                source.name(), smpAt, "-smp with " + expected, found, "QEMU refuses to start such a guest");
    }

    private QemuGuest.Cpu cpu() {
        if (!last.containsKey("cpu")) {
            remarks.add("no vCPU model is named; QEMU's default is " + DEFAULT_CPU);
            return new QemuGuest.Cpu(DEFAULT_CPU, List.of());
        }
        String[] parts = last.get("cpu").text().split(",", -1);
        List<String> features = new ArrayList<>();
        for (int i = 1; i < parts.length; i++) {
            if (!parts[i].isEmpty()) {
                features.add(parts[i]);
            }
        }
        return new QemuGuest.Cpu(parts[0], features);
    }

    private OptionalLong memory() {
        ShellWords.Word value = last.get("m");
        if (value == null || value.unresolved()) {
            return OptionalLong.empty();
        }
        String size = keyValues("m", value, "size").getOrDefault("size", "");
        String digits = size.replaceFirst("[bBkKmMgGtT]$", "");
        long unit = 1L << 20; // QEMU: MiB if no suffix
        if (digits.length() < size.length()) {
            int power = "bkmgt".indexOf(size.toLowerCase(Locale.ROOT).charAt(size.length() - 1));
            unit = 1L << 10 * power;
        }
        return OptionalLong.of(number(digits, "size of -m", value.offset(), Long.MAX_VALUE / unit) * unit);
    }

    private Optional<QemuGuest.Security> security() {
        String id = machine.getOrDefault("confidential-guest-support", "");
        if (id.isEmpty()) {
            objects.values().stream()
                    .filter(object -> technology(object).isPresent())
                    .forEach(object -> remarks.add("the object " + object.getOrDefault("id", "")
                            + " is not used: -machine has no confidential-guest-support"));
            return Optional.empty();
        }
        Map<String, String> object = objects.get(id);
        if (object == null) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "an object of id " + id + ", which confidential-guest-support names",
                    "none",
                    "");
        }
        QemuGuest.Technology technology = technology(object)
                .orElseThrow(() -> new MalformedInputException(
                        source.name(),
                        source.start(),
                        "a sev-guest, sev-snp-guest or tdx-guest as confidential-guest-support",
                        "'" + object.getOrDefault("qom-type", "") + "'",
                        ""));
        return Optional.of(security(technology, object));
    }

    private static Optional<QemuGuest.Technology> technology(Map<String, String> object) {
        return switch (object.getOrDefault("qom-type", "")) {
            case "sev-guest" -> Optional.of(QemuGuest.Technology.SEV);
            case "sev-snp-guest" -> Optional.of(QemuGuest.Technology.SNP);
            case "tdx-guest" -> Optional.of(QemuGuest.Technology.TDX);
            default -> Optional.empty();
        };
    }

    private QemuGuest.Security security(QemuGuest.Technology given, Map<String, String> object) {
        boolean tdx = given == QemuGuest.Technology.TDX;
        String text = object.getOrDefault(tdx ? "attributes" : "policy", "");
        long policy = tdx ? 0 : given == QemuGuest.Technology.SNP ? DEFAULT_SNP_POLICY : DEFAULT_SEV_POLICY;
        if (!text.isEmpty()) {
            policy = unsigned(text, tdx ? "attributes" : "policy");
        }
        boolean es = given == QemuGuest.Technology.SEV && (policy & SEV_POLICY_ES) != 0;
        return new QemuGuest.Security(
                es ? QemuGuest.Technology.SEV_ES : given,
                policy,
                on(object, "kernel-hashes"),
                on(object, "author-key-enabled"),
                base64(object, "id-block"),
                base64(object, "id-auth"),
                base64(object, "host-data"),
                base64(object, "mrconfigid"),
                base64(object, "mrowner"),
                base64(object, "mrownerconfig"));
    }

    private boolean on(Map<String, String> object, String key) {
        String value = object.getOrDefault(key, "off");
        return switch (value) {
            case "on", "yes", "true", "y" -> true;
            case "off", "no", "false", "n" -> false;
            default ->
                throw new MalformedInputException(
                        source.name(), source.start(), key + " = on or off", "'" + value + "'", "");
        };
    }

    private Optional<Source> base64(Map<String, String> object, String key) {
        String text = object.getOrDefault(key, "");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (text.length() <= MAX_BASE64) {
            try {
                byte[] bytes = Base64.getDecoder().decode(text.replaceAll("\\s", ""));
                return Optional.of(Source.of(source.name() + " (" + key + ")", bytes));
            } catch (IllegalArgumentException e) {
                // said below
            }
        }
        throw new MalformedInputException(source.name(), source.start(), "base64 as " + key, "other text", "");
    }

    private Optional<String> igvm() {
        String id = machine.getOrDefault("igvm-cfg", "");
        Map<String, String> object = objects.getOrDefault(id, Map.of());
        return id.isEmpty() ? Optional.empty() : Optional.ofNullable(object.get("file"));
    }

    /** Flash memory goes before -bios, as in hw/i386/pc_sysfw.c. */
    private Optional<QemuGuest.FirmwareFile> firmware(Optional<QemuGuest.Security> security) {
        Optional<QemuGuest.FirmwareFile> flash = flash();
        flash.filter(file -> !file.format().equals("raw"))
                .ifPresent(file -> remarks.add(file.path() + " is a disk image in format " + file.format()
                        + ": its bytes are not those that are measured, convert it to raw"));
        boolean snp =
                security.map(is -> is.technology() == QemuGuest.Technology.SNP).orElse(false);
        if (snp && flash.isPresent()) {
            remarks.add("SEV-SNP on upstream QEMU takes its firmware by -bios, not as flash memory");
        }
        if (flash.isPresent()) {
            return flash;
        }
        return Optional.ofNullable(machine.get("firmware")).map(path -> new QemuGuest.FirmwareFile(path, false, "raw"));
    }

    private Optional<QemuGuest.FirmwareFile> flash() {
        String node = machine.getOrDefault("pflash0", "");
        if (node.isEmpty()) {
            return Optional.ofNullable(flashDrives.get(0))
                    .filter(drive -> drive.containsKey("file"))
                    .map(drive ->
                            new QemuGuest.FirmwareFile(drive.get("file"), true, drive.getOrDefault("format", "raw")));
        }
        String format = "raw";
        // A node stands on another one until one has a file; each step goes to another node or ends.
        for (int step = 0; step <= blockdevs.size(); step++) {
            Map<String, String> found = blockdevs.getOrDefault(node, Map.of());
            String driver = found.getOrDefault("driver", "");
            String path = found.getOrDefault("filename", found.getOrDefault("file.filename", ""));
            if (!driver.isEmpty() && !driver.equals("file") && !driver.equals("raw")) {
                format = driver;
            }
            if (!path.isEmpty()) {
                return Optional.of(new QemuGuest.FirmwareFile(path, true, format));
            }
            node = found.getOrDefault("file", "");
        }
        throw new MalformedInputException(
                source.name(),
                source.start(),
                "a block device with a file as pflash0 = " + machine.get("pflash0"),
                "none",
                "");
    }

    void flash(String path, String format) {
        flashDrives.put(0, Map.of("file", path, "format", format));
    }

    /** A number as qemu_strtou64 with base 0 reads it: decimal, 0x hexadecimal, or octal after a zero. */
    private long number(String text, String what, long offset, long most) {
        BigInteger number = base0(text)
                .orElseThrow(() -> new MalformedInputException(
                        source.name(),
                        offset,
                        what + " as a number",
                        "'" + text + "'",
                        text.contains("$") || text.contains("`")
                                ? "the shell would fill this in; write the number"
                                : ""));
        if (number.compareTo(BigInteger.valueOf(most)) > 0) {
            throw new MalformedInputException(source.name(), offset, what + " of at most " + most, text, "");
        }
        return number.longValueExact();
    }

    private long unsigned(String text, String what) {
        return base0(text)
                .filter(number -> number.bitLength() <= 64)
                .orElseThrow(() -> new MalformedInputException(
                        source.name(),
                        source.start(),
                        what + " as a number of 64 bits",
                        "'" + text + "'",
                        text.contains("$") ? "the shell would fill this in; write the number" : ""))
                .longValue();
    }

    private static Optional<BigInteger> base0(String text) {
        if (text.matches("0[xX][0-9a-fA-F]{1,16}")) {
            return Optional.of(new BigInteger(text.substring(2), 16));
        }
        if (text.matches("0[0-7]{1,22}")) {
            return Optional.of(new BigInteger(text, 8));
        }
        return text.matches("0|[1-9][0-9]{0,19}") ? Optional.of(new BigInteger(text)) : Optional.empty();
    }

    private MalformedInputException malformed(ShellWords.Word word, String expected, String found) {
        return new MalformedInputException(source.name(), word.offset(), expected, found, "");
    }
}
