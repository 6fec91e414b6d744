package dev.measure.cli;

import dev.measure.Source;
import dev.measure.boot.SystemIdentity;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The options that say what systemd measures into PCR 15. */
final class IdentityOptions {
    private static final String MACHINE_ID = "machine-id";
    private static final String FILE_SYSTEM = "file-system";
    private static final String VOLUME_KEY = "volume-key";

    /** The order of systemd's units: volumes in the initrd, then systemd-pcrmachine, systemd-pcrfs-root, systemd-pcrfs@. */
    private static final List<String> ORDER = List.of(VOLUME_KEY, MACHINE_ID, FILE_SYSTEM);

    private static final List<String> FIELDS = List.of("type", "uuid", "label", "partuuid", "parttype", "partlabel");
    private static final Pattern VOLUME = Pattern.compile("(.+):([0-9A-Fa-f]+(?:-[0-9A-Fa-f]+)*)=(.+)");

    /** The keys of LUKS have at most 512 bytes; a file with more holds something else. */
    private static final int MOST_KEY = 4096;

    private static final int MOST_MACHINE_ID = 64;

    private IdentityOptions() {}

    /** {@return the options, in a group} */
    static Options.Group group() {
        return new Options.Group(
                "PCR 15, from the phase leave-initrd on",
                Options.value(
                        "ID|FILE|none",
                        "machine id that systemd measures at the phase sysinit: 32 hexadecimal digits, a file such as"
                                + " /etc/machine-id, or none",
                        "--machine-id"),
                Options.repeated(
                        "WORD",
                        "file system that is measured there: file-system:/:TYPE:UUID:LABEL:PARTUUID:PARTTYPE:PARTLABEL as the"
                                + " journal has it, or path=/,type=ext4,uuid=... with the names of blkid; may be repeated, the"
                                + " root first",
                        "--file-system"),
                Options.repeated(
                        "NAME:UUID=FILE",
                        "volume that the initrd opens with tpm2-measure-pcr=yes: its name, the UUID of its LUKS header and the"
                                + " file with its volume key; may be repeated",
                        "--volume-key"),
                Options.list(
                        "order of these, one word each: " + String.join(", ", ORDER)
                                + " (default); a word that stands again" + " takes the next of its kind",
                        ORDER,
                        "--identity-order"));
    }

    /** {@return what a command line says about PCR 15} */
    static SystemIdentity of(Call call) {
        boolean given = call.has("--machine-id") || call.has("--file-system") || call.has("--volume-key");
        if (!given) {
            if (call.has("--identity-order")) {
                throw Complaint.usage(
                        "--identity-order without anything to order",
                        "give --machine-id, --file-system or --volume-key");
            }
            return SystemIdentity.UNKNOWN;
        }
        Map<String, Deque<SystemIdentity.Item>> items = new LinkedHashMap<>();
        ORDER.forEach(kind -> items.put(kind, new ArrayDeque<>()));
        call.value("--machine-id")
                .filter(id -> !id.equals("none"))
                .ifPresent(id -> items.get(MACHINE_ID).add(machineId(call, id)));
        call.values("--file-system").forEach(text -> items.get(FILE_SYSTEM).add(fileSystem(text)));
        call.values("--volume-key").forEach(text -> items.get(VOLUME_KEY).add(volumeKey(call, text)));
        return new SystemIdentity(true, call.has("--machine-id"), ordered(call, items));
    }

    private static List<SystemIdentity.Item> ordered(Call call, Map<String, Deque<SystemIdentity.Item>> items) {
        // not Lists.names: here a word may stand again
        List<String> order = call.has("--identity-order")
                ? call.values("--identity-order").stream()
                        .flatMap(value -> Arrays.stream(value.split(",", -1)))
                        .map(String::strip)
                        .toList()
                : ORDER;
        List<SystemIdentity.Item> ordered = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            String kind = order.get(i);
            if (!ORDER.contains(kind)) {
                throw Complaint.usage(
                        "--identity-order: unknown word '" + kind + "'",
                        Suggestion.didYouMean(kind, ORDER) + "all: " + String.join(", ", ORDER));
            }
            boolean last = !order.subList(i + 1, order.size()).contains(kind);
            Deque<SystemIdentity.Item> ofKind = items.get(kind);
            while (!ofKind.isEmpty()) {
                ordered.add(ofKind.remove());
                if (!last) {
                    break;
                }
            }
        }
        items.forEach((kind, left) -> {
            if (!left.isEmpty()) {
                throw Complaint.usage("--identity-order does not say where " + kind + " stands", "add it");
            }
        });
        return Collections.unmodifiableList(ordered);
    }

    private static SystemIdentity.MachineId machineId(Call call, String text) {
        if (isId(text)) {
            return new SystemIdentity.MachineId(plain(text));
        }
        Source file = call.inputs().open(text);
        String content = file.length() > MOST_MACHINE_ID
                ? ""
                : new String(file.toByteArray(), StandardCharsets.ISO_8859_1).strip();
        if (!isId(content)) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    text + ": offset 0x0: expected a machine id of 32 hexadecimal digits, found "
                            + (content.isEmpty() ? file.length() + " bytes" : "'" + content + "'"),
                    "as in /etc/machine-id of an installed system");
        }
        return new SystemIdentity.MachineId(plain(content));
    }

    private static boolean isId(String text) {
        return text.matches("[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    }

    private static String plain(String id) {
        return id.replace("-", "").toLowerCase(Locale.ROOT);
    }

    private static SystemIdentity.FileSystem fileSystem(String text) {
        try {
            if (text.startsWith("file-system:")) {
                return new SystemIdentity.FileSystem(text);
            }
            Map<String, String> fields = new LinkedHashMap<>();
            for (String word : text.split(",", -1)) {
                int equals = word.indexOf('=');
                String name = equals < 0 ? word : word.substring(0, equals);
                if (equals < 0 || !name.equals("path") && !FIELDS.contains(name)) {
                    throw new IllegalArgumentException("expected file-system:/:TYPE:UUID:... or path=/,"
                            + String.join("=,", FIELDS) + "=, got '" + text + "'");
                }
                if (fields.put(name, word.substring(equals + 1)) != null) {
                    throw new IllegalArgumentException(name + " is given twice in '" + text + "'");
                }
            }
            return SystemIdentity.FileSystem.of(
                    fields.getOrDefault("path", ""),
                    FIELDS.stream().map(name -> fields.getOrDefault(name, "")).toList());
        } catch (IllegalArgumentException e) {
            throw Complaint.usage("--file-system: " + e.getMessage(), "journalctl -t systemd-pcrextend shows the word");
        }
    }

    /** The key is secret: neither it nor its digest goes into a result. */
    private static SystemIdentity.VolumeKey volumeKey(Call call, String text) {
        Matcher parts = VOLUME.matcher(text);
        if (!parts.matches()) {
            throw Complaint.usage(
                    "--volume-key: expected NAME:UUID=FILE, got '" + text + "'",
                    "the UUID is what cryptsetup luksUUID prints");
        }
        Source key = call.inputs().open(parts.group(3));
        if (key.length() < 1 || key.length() > MOST_KEY) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    parts.group(3) + ": offset 0x0: expected a volume key of 1.." + MOST_KEY + " bytes, found "
                            + key.length() + " bytes",
                    "cryptsetup luksDump --dump-volume-key --volume-key-file FILE writes it");
        }
        return new SystemIdentity.VolumeKey(parts.group(1), parts.group(2), key);
    }
}
