package dev.measure.eventlog;

import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.codec.DecoderException;
import org.apache.commons.codec.binary.Hex;

/**
 * Reads what tpm2_eventlog prints (tpm2-tools 5.2 to 5.8, versions 1 and 2 of its YAML). It is a fixed shape, and not always YAML: one
 * line for each member, records told apart by {@code EventNum} or, in SHA-1 logs, by {@code PCRIndex}.
 *
 * <p>The tool does not print the bytes of all events. Where they can be put together again, and their number is the event's, they are;
 * else the event has its digests and no data.
 */
final class Tpm2YamlReader {
    private final YamlLines lines;
    private final Strictness strictness;
    private final RecordBytes records = new RecordBytes();
    private boolean payloadUnknown;

    private Tpm2YamlReader(Source source, Strictness strictness) {
        this.lines = new YamlLines(source);
        this.strictness = strictness;
    }

    static TextLog read(Source source, Strictness strictness) {
        Tpm2YamlReader reader = new Tpm2YamlReader(source, strictness);
        reader.records();
        return reader.records.finish(source.name());
    }

    /** The members of a record. */
    private static final class Members {
        private Optional<Long> index = Optional.empty();
        private Optional<EventType> type = Optional.empty();
        private final List<RecordBytes.TextDigest> digests = new ArrayList<>();
        private int algorithm = -1;
        private long size;
        private String event = "";
        private final Map<String, String> fields = new LinkedHashMap<>();
        private final List<Bank> banks = new ArrayList<>();
        private boolean specId;
    }

    private void records() {
        Members members = new Members();
        boolean events = false;
        String block = "";
        while (lines.next()) {
            String key = lines.key();
            if (lines.indent() == 0 && !lines.item()) {
                events = key.equals("events");
                if (key.equals("pcrs")) {
                    break;
                }
                continue;
            }
            if (!events) {
                continue;
            }
            boolean top = lines.indent() == 2 && !lines.item();
            if (lines.item() && key.equals("EventNum") || top && key.equals("PCRIndex") && members.index.isPresent()) {
                finish(members);
                members = new Members();
                block = "";
            }
            if (top) {
                block = key;
            }
            member(members, key, block);
        }
        finish(members);
        if (records.empty()) {
            throw lines.malformed("events", "none", "is this the output of tpm2_eventlog?");
        }
        if (payloadUnknown) {
            records.warn(new Warning(
                    WarningCode.EVENTLOG_PAYLOAD_UNKNOWN,
                    "tpm2_eventlog does not print all bytes of the event data; digests are complete"));
        }
    }

    private void member(Members members, String key, String block) {
        switch (block) {
            case "SpecID" -> specId(members, key);
            case "Event" -> {
                if (lines.indent() == 2) {
                    members.event = lines.text();
                } else if (lines.indent() == 4) {
                    members.fields.put(key, lines.text());
                }
            }
            default -> plain(members, key);
        }
    }

    private void plain(Members members, String key) {
        switch (key) {
            case "PCRIndex" -> members.index = Optional.of(number("PCRIndex"));
            case "EventType" -> members.type = Optional.of(type());
            case "AlgorithmId" -> {
                members.algorithm = Bank.idOf(lines.text());
                if (members.algorithm < 0 && strictness == Strictness.STRICT) {
                    throw lines.malformed("an AlgorithmId", "'" + Printable.of(lines.text()) + "'", "");
                }
            }
            case "Digest" -> digest(members);
            case "EventSize" -> members.size = number("EventSize");
            default -> {
                // EventNum and DigestCount count, nothing more
            }
        }
    }

    private EventType type() {
        if (lines.text().equals("Unknown event type")) {
            records.warn(new Warning(
                    WarningCode.EVENTLOG_PAYLOAD_UNKNOWN,
                    "tpm2_eventlog does not print the number of an unknown type"));
            return new EventType(0xffffffffL);
        }
        return EventType.parse(lines.text())
                .orElseThrow(() -> lines.malformed("an EventType", "'" + Printable.of(lines.text()) + "'", ""));
    }

    private void digest(Members members) {
        byte[] value = hex(lines.text())
                .orElseThrow(() -> lines.malformed("a Digest in hexadecimal", Printable.of(lines.text()), ""));
        if (lines.indent() == 2) {
            return; // of the Spec ID event: twenty zero bytes
        }
        int size = Bank.sizeOf(members.algorithm);
        if (members.algorithm < 0) {
            records.warn(
                    new Warning(WarningCode.EVENTLOG_UNKNOWN_BANK, "a bank without a name here cannot be replayed"));
        } else if (size != value.length) {
            throw lines.malformed(
                    "a " + Bank.name(members.algorithm) + " digest of " + size + " bytes", value.length + " bytes", "");
        } else if (members.digests.size() == RecordReader.MAX_DIGESTS) {
            throw lines.malformed("at most " + RecordReader.MAX_DIGESTS + " digests in a record", "more", "");
        } else {
            members.digests.add(new RecordBytes.TextDigest(members.algorithm, value));
        }
    }

    private void specId(Members members, String key) {
        members.specId = true;
        if (key.equals("algorithmId")) {
            members.algorithm = Bank.idOf(lines.text());
        } else if (key.equals("digestSize")) {
            long size = number("digestSize");
            if (size > 0xffff || members.banks.size() == RecordReader.MAX_DIGESTS) {
                throw lines.malformed("a digestSize", String.valueOf(size), "");
            }
            if (members.algorithm >= 0) {
                members.banks.add(new Bank(members.algorithm, (int) size));
            }
        } else {
            members.fields.put(key, lines.text());
        }
    }

    private void finish(Members members) {
        if (members.index.isEmpty() && members.type.isEmpty()) {
            return; // before the first record
        }
        if (members.index.isEmpty() || members.type.isEmpty()) {
            throw lines.malformed("PCRIndex and EventType of record " + records.nextNumber(), "only one of them", "");
        }
        if (members.specId) {
            Map<String, String> fields = members.fields;
            SpecId specId = new SpecId(
                    field(fields, "platformClass"),
                    (int) field(fields, "specVersionMinor") & 0xff,
                    (int) field(fields, "specVersionMajor") & 0xff,
                    (int) field(fields, "specErrata") & 0xff,
                    (int) field(fields, "uintnSize") & 0xff,
                    members.banks,
                    Source.of("", vendorInfo(fields)));
            records.header(members.index.get(), specId.bytes());
            return;
        }
        byte[] data = Tpm2YamlPayload.bytes(members.type.get(), members.event, members.fields, members.size)
                .orElse(new byte[0]);
        payloadUnknown |= data.length != members.size;
        records.add(members.index.get(), members.type.get(), members.digests, data, members.size);
    }

    private static byte[] vendorInfo(Map<String, String> fields) {
        byte[] bytes = hex(fields.getOrDefault("vendorInfo", "")).orElse(new byte[0]);
        return bytes.length > 255 ? new byte[0] : bytes;
    }

    private long field(Map<String, String> fields, String name) {
        try {
            long value = Long.parseLong(fields.getOrDefault(name, "0"));
            if (value >= 0 && value <= 0xffffffffL) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            // reported below
        }
        throw lines.malformed(name + ", a number", "'" + Printable.of(fields.get(name)) + "'", "");
    }

    private long number(String field) {
        try {
            long value = Long.decode(lines.text());
            if (value == -1) {
                return 0xffffffffL; // the tool prints PCR indices as signed numbers
            }
            if (value >= 0 && value <= 0xffffffffL) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            // reported below
        }
        throw lines.malformed(field + ", a number of 32 bits", "'" + Printable.of(lines.text()) + "'", "");
    }

    static Optional<byte[]> hex(String text) {
        try {
            return Optional.of(Hex.decodeHex(text));
        } catch (DecoderException notHexadecimal) {
            return Optional.empty();
        }
    }
}
