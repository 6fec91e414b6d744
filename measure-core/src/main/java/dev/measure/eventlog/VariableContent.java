package dev.measure.eventlog;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import dev.measure.uefi.LoadOption;
import dev.measure.uefi.SignatureDatabase;
import dev.measure.uefi.SignatureType;
import dev.measure.uefi.VariableData;
import dev.measure.uefi.X509Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.commons.codec.binary.Hex;

/** What the value of a variable says, in words; hexadecimal digits if it cannot be read. */
public final class VariableContent {
    private static final Set<String> DATABASES = Set.of("PK", "KEK", "db", "dbx", "dbt", "dbr");
    private static final int OWNER = 16;
    /** What is longer is no text. */
    private static final int MAX_VALUE = 1 << 20;

    private VariableContent() {}

    /**
     * {@return what a variable says}
     *
     * @param name its name, which tells what kind of value it has
     * @param value the value without attributes
     */
    public static String text(String name, Source value) {
        return text(EventType.EV_EFI_VARIABLE_BOOT, name, value);
    }

    static String text(EventType type, VariableData variable) {
        return text(type, variable.unicodeName(), variable.variableData());
    }

    private static String text(EventType type, String name, Source value) {
        if (value.length() == 0) {
            return "empty";
        }
        if (value.length() > MAX_VALUE) {
            return Printable.hex(value);
        }
        try {
            return known(type, name, value);
        } catch (MalformedInputException broken) {
            return Printable.hex(value);
        }
    }

    private static String known(EventType type, String name, Source value) {
        if (type.equals(EventType.EV_EFI_VARIABLE_AUTHORITY) && !name.startsWith("Mok") && !name.startsWith("Sbat")) {
            return authority(value);
        } else if (DATABASES.contains(name)) {
            return database(SignatureDatabase.read(value));
        } else if (name.equals("BootOrder") || name.equals("BootCurrent") || name.equals("BootNext")) {
            return bootOrder(value);
        } else if (name.matches("(Boot|Driver|SysPrep|PlatformRecovery)[0-9A-Fa-f]{4}")) {
            LoadOption option = LoadOption.read(value);
            return "'" + Printable.of(option.description()) + "' "
                    + option.filePathList().text();
        } else if (value.length() == 1) {
            return String.valueOf(Cursor.of(value).u8("value"));
        }
        return Printable.text(value.toByteArray()).map(Printable::of).orElse(Printable.hex(value));
    }

    /** An EFI_SIGNATURE_DATA; shim before 15.3 left out the owner. */
    private static String authority(Source value) {
        boolean bare = Cursor.of(value).u8("first byte") == 0x30;
        if (!bare && value.length() == OWNER + 32) {
            return "hash " + Hex.encodeHexString(value.slice(OWNER, 32).toByteArray());
        } else if (bare || value.length() <= OWNER) {
            return "certificate " + certificate(value);
        }
        return "certificate " + certificate(value.slice(OWNER, value.length() - OWNER));
    }

    private static String certificate(Source der) {
        X509Summary summary = X509Summary.read(der);
        return Printable.of(summary.subject()) + ", SHA-256 " + summary.sha256().hex();
    }

    private static String database(SignatureDatabase database) {
        List<String> parts = new ArrayList<>();
        database.lists().forEach(list -> {
            if (list.type().equals(SignatureType.X509)) {
                list.signatures().forEach(entry -> parts.add(subject(entry.data())));
            } else {
                parts.add(list.signatures().size() + " x " + list.type().text());
            }
        });
        return String.join("; ", parts);
    }

    private static String subject(Source der) {
        try {
            return Printable.of(X509Summary.read(der).subject());
        } catch (MalformedInputException broken) {
            return "an unreadable certificate";
        }
    }

    private static String bootOrder(Source value) {
        Cursor c = Cursor.of(value);
        List<String> numbers = new ArrayList<>();
        while (c.remaining() >= 2) {
            numbers.add(String.format("Boot%04X", c.u16("BootOrder")));
        }
        return String.join(", ", numbers);
    }
}
