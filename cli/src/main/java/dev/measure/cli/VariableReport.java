package dev.measure.cli;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.eventlog.VariableContent;
import dev.measure.uefi.AuthenticatedVariable;
import dev.measure.uefi.EfivarfsFile;
import dev.measure.uefi.SignatureData;
import dev.measure.uefi.SignatureDatabase;
import dev.measure.uefi.SignatureList;
import dev.measure.uefi.SignatureType;
import dev.measure.uefi.VariableStore;
import dev.measure.uefi.X509Summary;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What is in EFI variables: signature lists, signed updates of them, files of efivarfs, and what is kept in flash. */
final class VariableReport {
    private static final Set<String> DATABASES = Set.of(
            "PK",
            "KEK",
            "db",
            "dbx",
            "dbt",
            "dbr",
            "PKDefault",
            "KEKDefault",
            "dbDefault",
            "dbxDefault",
            "dbtDefault",
            "MokList",
            "MokListRT",
            "MokListX",
            "MokListXRT");

    private static final List<String> ATTRIBUTES = List.of(
            "NON_VOLATILE",
            "BOOTSERVICE_ACCESS",
            "RUNTIME_ACCESS",
            "HARDWARE_ERROR_RECORD",
            "AUTHENTICATED_WRITE_ACCESS",
            "TIME_BASED_AUTHENTICATED_WRITE_ACCESS",
            "APPEND_WRITE",
            "ENHANCED_AUTHENTICATED_ACCESS");

    /** BOOTSERVICE_ACCESS: firmware refuses a variable without it (UEFI 2.10, section 8.2.2). */
    private static final int BOOTSERVICE_ACCESS = 2;

    private static final int ATTRIBUTES_LENGTH = 4;

    private final Source file;
    private final String kind;
    private final String title;
    private final Map<String, String> facts;
    private final List<Variable> variables;

    /** A variable, of which a file may not say the name. */
    private record Variable(
            Optional<String> name,
            Optional<UUID> guid,
            Optional<Long> attributes,
            Source value,
            Optional<SignatureDatabase> database) {}

    private VariableReport(
            Source file, String kind, String title, Map<String, String> facts, List<Variable> variables) {
        this.file = file;
        this.kind = kind;
        this.title = title;
        this.facts = facts;
        this.variables = variables;
    }

    /** {@return the inventory of a file, if it begins like one of these kinds} */
    static Optional<VariableReport> of(Source file) {
        if (AuthenticatedVariable.is(file)) {
            return Optional.of(signed(AuthenticatedVariable.read(file), file));
        }
        if (SignatureDatabase.looksLike(file)) {
            SignatureDatabase database = SignatureDatabase.read(file);
            return Optional.of(new VariableReport(
                    file, "signature-list", "EFI signature list", Map.of(), List.of(value(file, database))));
        }
        if (isEfivarfs(file)) {
            EfivarfsFile variable = EfivarfsFile.read(file);
            Optional<String> name = variable.variable().map(EfivarfsFile.Name::name);
            return Optional.of(new VariableReport(
                    file,
                    "efi-variable",
                    "EFI variable with its attributes",
                    Map.of(),
                    List.of(new Variable(
                            name,
                            variable.variable().map(EfivarfsFile.Name::guid),
                            Optional.of(variable.attributes()),
                            variable.data(),
                            name.map(DATABASES::contains).orElse(SignatureDatabase.looksLike(variable.data()))
                                    ? Optional.of(SignatureDatabase.read(variable.data()))
                                    : Optional.empty()))));
        }
        return Optional.empty();
    }

    private static Variable value(Source value, SignatureDatabase database) {
        return new Variable(Optional.empty(), Optional.empty(), Optional.empty(), value, Optional.of(database));
    }

    private static VariableReport signed(AuthenticatedVariable update, Source file) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("timeStamp", DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(update.timeStamp()) + "Z");
        facts.put("signature", update.pkcs7().length() + " bytes of PKCS#7, not checked");
        Source payload = update.payload();
        boolean list = payload.length() == 0 || SignatureDatabase.looksLike(payload);
        return new VariableReport(
                file,
                "signed-variable",
                "signed update of an EFI variable",
                facts,
                List.of(
                        list
                                ? value(payload, SignatureDatabase.read(payload))
                                : new Variable(
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty(),
                                        payload,
                                        Optional.empty())));
    }

    /** The name says it, as efivarfs gives it, or the value behind the attributes, if it is a list of signatures. */
    private static boolean isEfivarfs(Source file) {
        if (file.length() < ATTRIBUTES_LENGTH) {
            return false;
        }
        long attributes = EfivarfsFile.read(file).attributes();
        if ((attributes & BOOTSERVICE_ACCESS) == 0 || attributes >= 1L << ATTRIBUTES.size()) {
            return false;
        }
        return EfivarfsFile.read(file).variable().isPresent()
                || SignatureDatabase.looksLike(file.slice(ATTRIBUTES_LENGTH, file.length() - ATTRIBUTES_LENGTH));
    }

    /** {@return the variables in a firmware image or its store, empty if it has none} */
    static Optional<VariableReport> ofStore(Source image) {
        return VariableStore.find(image)
                .map(store -> new VariableReport(
                        image,
                        "ovmf-vars",
                        "",
                        Map.of(),
                        store.variables().stream()
                                .map(variable -> new Variable(
                                        Optional.of(variable.name()),
                                        Optional.of(variable.guid()),
                                        Optional.of(variable.attributes()),
                                        variable.data(),
                                        database(variable)))
                                .toList()));
    }

    /** A value that the firmware could not read is shown as what it is: bytes. */
    private static Optional<SignatureDatabase> database(VariableStore.Variable variable) {
        if (!DATABASES.contains(variable.name())) {
            return Optional.empty();
        }
        try {
            return Optional.of(SignatureDatabase.read(variable.data()));
        } catch (MalformedInputException broken) {
            return Optional.empty();
        }
    }

    void print(Page page) {
        page.heading(file.name() + ": " + title + ", " + file.length() + " bytes");
        facts.forEach(page::fact);
        for (Variable variable : variables) {
            variable.name().ifPresent(name -> page.fact("name", name));
            variable.guid().ifPresent(guid -> page.fact("guid", guid.toString()));
            variable.attributes().ifPresent(bits -> page.fact("has", String.join(", ", attributes(bits))));
            page.fact("value", text(variable));
            page.fact("sha256", variable.value().digest(DigestAlgorithm.SHA256).hex());
        }
        printSignatures(page);
    }

    /** One line for each variable, then what is in the databases. */
    void printStore(Page page) {
        Table table = new Table("name", "guid", "size", "value");
        for (Variable variable : variables) {
            table.row(
                    variable.name().orElse(""),
                    variable.guid().map(UUID::toString).orElse(""),
                    Long.toString(variable.value().length()),
                    shortened(text(variable)));
        }
        page.table("Variables", table);
        printSignatures(page);
    }

    private static String shortened(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }

    private void printSignatures(Page page) {
        for (Variable variable : variables) {
            Table table = new Table("type", "entries", "owner", "what");
            variable.database().ifPresent(database -> database.lists().forEach(list -> add(table, list)));
            page.table("Signatures" + variable.name().map(name -> " of " + name).orElse(""), table);
        }
    }

    private static void add(Table table, SignatureList list) {
        if (list.type().equals(SignatureType.X509)) {
            for (SignatureData entry : list.signatures()) {
                table.row(list.type().text(), "1", entry.owner().toString(), certificate(entry.data()));
            }
            return;
        }
        List<SignatureData> entries = list.signatures();
        String first = entries.isEmpty() ? "" : hex(entries.get(0).data());
        table.row(
                list.type().text(),
                Integer.toString(entries.size()),
                entries.isEmpty() ? "" : entries.get(0).owner().toString(),
                first + (entries.size() > 1 ? " and " + (entries.size() - 1) + " more" : ""));
    }

    private static String certificate(Source der) {
        try {
            return X509Summary.read(der).subject();
        } catch (MalformedInputException broken) {
            return "no certificate: " + hex(der.slice(0, Math.min(16, der.length()))) + "...";
        }
    }

    private static String hex(Source data) {
        return HexFormat.of().formatHex(data.toByteArray());
    }

    private static List<String> attributes(long bits) {
        List<String> names = new ArrayList<>();
        for (int bit = 0; bit < ATTRIBUTES.size(); bit++) {
            if ((bits >> bit & 1) != 0) {
                names.add(ATTRIBUTES.get(bit));
            }
        }
        return names;
    }

    /** What a value says: of a database how many keys, and how many images it allows or forbids by their hashes. */
    private static String text(Variable variable) {
        if (variable.database().isEmpty()) {
            return VariableContent.text(variable.name().orElse(""), variable.value());
        }
        int certificates = 0;
        int hashes = 0;
        int hashedCertificates = 0;
        int others = 0;
        for (SignatureList list : variable.database().get().lists()) {
            int count = list.signatures().size();
            String type = list.type().text();
            if (list.type().equals(SignatureType.X509)) {
                certificates += count;
            } else if (type.startsWith("SHA")) {
                hashes += count;
            } else if (type.startsWith("X509_")) {
                hashedCertificates += count;
            } else {
                others += count;
            }
        }
        List<String> parts = new ArrayList<>();
        count(parts, certificates, "certificate", "certificates");
        count(parts, hashes, "hash of an image", "hashes of images");
        count(parts, hashedCertificates, "hash of a certificate", "hashes of certificates");
        count(parts, others, "other entry", "other entries");
        boolean forbids = variable.name()
                .filter(name -> name.startsWith("dbx") || name.startsWith("MokListX"))
                .isPresent();
        return parts.isEmpty() ? "no entries" : (forbids ? "revokes " : "") + String.join(", ", parts);
    }

    private static void count(List<String> parts, int count, String one, String many) {
        if (count > 0) {
            parts.add(count + " " + (count == 1 ? one : many));
        }
    }

    Map<String, Object> found() {
        Map<String, Object> found = FirmwareReport.row("file", file.name(), "kind", kind, "size", file.length());
        if (!facts.isEmpty()) {
            found.put("manifest", facts);
        }
        found.put("variables", foundVariables());
        return found;
    }

    /** {@return the variables alone, for the inventory of a firmware} */
    List<Map<String, Object>> foundVariables() {
        List<Map<String, Object>> list = new ArrayList<>();
        for (Variable variable : variables) {
            Map<String, Object> one = new LinkedHashMap<>();
            variable.name().ifPresent(name -> one.put("name", name));
            variable.guid().ifPresent(guid -> one.put("guid", guid.toString()));
            variable.attributes().ifPresent(bits -> one.put("attributes", attributes(bits)));
            one.put("size", variable.value().length());
            one.put("sha256", variable.value().digest(DigestAlgorithm.SHA256).hex());
            one.put("value", text(variable));
            variable.database().ifPresent(database -> one.put("signatures", signatures(database)));
            list.add(one);
        }
        return list;
    }

    private static List<Map<String, Object>> signatures(SignatureDatabase database) {
        List<Map<String, Object>> entries = new ArrayList<>();
        for (SignatureList list : database.lists()) {
            for (SignatureData entry : list.signatures()) {
                Map<String, Object> one = FirmwareReport.row(
                        "type", list.type().text(), "owner", entry.owner().toString());
                if (list.type().equals(SignatureType.X509)) {
                    one.put("subject", certificate(entry.data()));
                    one.put(
                            "sha256",
                            entry.data().digest(DigestAlgorithm.SHA256).hex());
                } else {
                    one.put("data", hex(entry.data()));
                }
                entries.add(one);
            }
        }
        return entries;
    }
}
