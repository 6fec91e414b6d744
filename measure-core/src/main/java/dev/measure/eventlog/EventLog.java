package dev.measure.eventlog;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.RandomAccess;

/**
 * A TCG event log, checked from its first to its last record when it is read. The log is not held in memory: a file is read again,
 * forwards and in pieces, by whoever walks through its events, so a log may be larger than the heap.
 *
 * <p>Strict reading refuses what makes a replay doubtful: a digest that is missing or comes twice, a register that does not exist,
 * a second StartupLocality, bytes behind the end. Lenient reading does what can still be done and says so in {@link #warnings()}.
 * What makes the records themselves unreadable is refused by both.
 */
public final class EventLog {
    /** How the end of a log was found. */
    public enum End {
        /** The file ends. */
        EOF,
        /** The rest of the area is zero. */
        ZERO_PADDING,
        /** The rest of the area is 0xff. */
        FF_PADDING,
        /** Something else follows, which lenient reading leaves out. */
        JUNK
    }

    private final Source records;
    private final LogFormat format;
    private final boolean confidential;
    private final Optional<SpecId> specId;
    private final boolean headerMissing;
    private final CheckedLog checked;
    private final Map<Long, Long> unknownLengths;

    private EventLog(
            Source records,
            LogFormat format,
            boolean confidential,
            Optional<SpecId> specId,
            boolean headerMissing,
            CheckedLog checked,
            Map<Long, Long> unknownLengths) {
        this.records = records;
        this.format = format;
        this.confidential = confidential;
        this.specId = specId;
        this.headerMissing = headerMissing;
        this.checked = checked;
        this.unknownLengths = unknownLengths;
    }

    /**
     * {@return the log, read strictly; its format is detected}
     *
     * @param source all of its bytes
     * @throws MalformedInputException if it is broken, or could not be replayed with certainty
     */
    public static EventLog read(Source source) {
        return read(source, Strictness.STRICT);
    }

    /**
     * {@return the log; its format is detected}
     *
     * @param source all of its bytes
     * @param strictness whether a log that can only be replayed in part is refused
     * @throws MalformedInputException if it is broken
     */
    public static EventLog read(Source source, Strictness strictness) {
        Optional<LogFormat> text = TextLogs.detect(source);
        if (text.isPresent()) {
            TextLog converted = text.get() == LogFormat.CEL_JSON
                    ? CelJsonReader.read(source, strictness)
                    : Tpm2YamlReader.read(source, strictness);
            return binary(converted.records(), text.get(), converted, strictness);
        }
        return binary(source, LogFormat.CRYPTO_AGILE, TextLog.NONE, strictness);
    }

    /**
     * {@return whether a file of unknown kind is an event log}: it has a Spec ID event or the first words of a text log, or it is a SHA-1
     * log from its first to its last byte
     *
     * @param source all of its bytes
     */
    public static boolean recognises(Source source) {
        if (TextLogs.detect(source).isPresent()) {
            return TextLogs.saysEvents(source);
        }
        try {
            RecordReader first = new RecordReader(source);
            return first.next()
                    && (isSpecId(first)
                            || new EventType(first.type()).name().isPresent()
                                    && read(source, Strictness.LENIENT).eventCount() > 0);
        } catch (MalformedInputException otherwise) {
            return false;
        }
    }

    private static EventLog binary(Source source, LogFormat asked, TextLog converted, Strictness strictness) {
        refuseWhatIsNoLog(source);
        List<Warning> warnings = new ArrayList<>(converted.warnings());
        RecordReader first = new RecordReader(source);
        if (!first.next()) {
            throw new MalformedInputException(
                    source.name(), source.start(), "a first record", "an empty log", "is this an event log?");
        }
        Optional<SpecId> specId =
                isSpecId(first) ? Optional.of(SpecId.read(first.data(), strictness, warnings)) : Optional.empty();
        CheckedLog checked = CheckedLog.check(source, specId, strictness, warnings);
        LogFormat format = asked;
        if (asked == LogFormat.CRYPTO_AGILE && specId.isEmpty()) {
            format = LogFormat.SHA1;
        } else if (asked == LogFormat.CRYPTO_AGILE && checked.confidential()) {
            format = LogFormat.CCEL;
        }
        return new EventLog(
                source,
                format,
                checked.confidential(),
                specId,
                converted.headerMissing(),
                checked,
                converted.unknownLengths());
    }

    private static void refuseWhatIsNoLog(Source source) {
        byte[] head = new byte[(int) Math.min(4, source.length())];
        source.read(0, head, 0, head.length);
        if (new String(head, StandardCharsets.ISO_8859_1).equals("CCEL")) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "an event log",
                    "the ACPI table CCEL",
                    "the table only points to the log: /sys/firmware/acpi/tables/data/CCEL");
        }
    }

    /** The header of a crypto-agile log; anything else, older headers too, begins a SHA-1 log. */
    static boolean isSpecId(RecordReader first) {
        byte[] head = first.peek();
        return !first.extendsRegister()
                && head.length > SpecId.SIGNATURE.length
                && Arrays.equals(head, 0, SpecId.SIGNATURE.length, SpecId.SIGNATURE, 0, SpecId.SIGNATURE.length);
    }

    /** {@return a reader before the first record, in a crypto-agile log the one behind the header} */
    private RecordReader reader() {
        RecordReader reader = new RecordReader(records);
        specId.ifPresent(header -> {
            reader.next(); // the header itself has the form of SHA-1 logs
            reader.agile(header.banks());
        });
        return reader;
    }

    private boolean advance(RecordReader reader) {
        return reader.position() < checked.endOffset() && reader.next();
    }

    /**
     * Walks through the records; the header, which extends nothing, is left out.
     */
    void walk(RecordVisitor visitor) {
        RecordReader reader = reader();
        while (advance(reader) && visitor.visit(reader)) {
            // the visitor has done the work
        }
    }

    /** {@return the index in {@link #events()} of the record that a reader is at} */
    long index(RecordReader reader) {
        return reader.number() - (headerMissing ? 1 : 0);
    }

    /** Looks at records one after the other. */
    interface RecordVisitor {
        /** {@return whether to go on} */
        boolean visit(RecordReader reader);
    }

    /** {@return the form in which the log is stored} */
    public LogFormat format() {
        return format;
    }

    /** {@return whether the log's register indices are those of a confidential VM (MRTD, RTMRs) and not PCRs} */
    public boolean confidential() {
        return confidential;
    }

    /** {@return the header; empty for a SHA-1 log} */
    public Optional<SpecId> specId() {
        return headerMissing ? Optional.empty() : specId;
    }

    /** {@return the banks that can be replayed, in the order of the header} */
    public List<DigestAlgorithm> banks() {
        return checked.banks();
    }

    /** {@return what the user should know about the log} */
    public List<Warning> warnings() {
        return checked.warnings();
    }

    /** {@return how the end of the log was found} */
    public End end() {
        return checked.end();
    }

    /** {@return the offset behind the last record, from the start of the log (of its binary form, if it is a text)} */
    public long endOffset() {
        return checked.endOffset();
    }

    /** {@return the locality that started the TPM, 0 unless a StartupLocality event says otherwise} */
    public int startupLocality() {
        return checked.startupLocality();
    }

    /** {@return the number of records, the header included} */
    public long eventCount() {
        return checked.eventCount() - (headerMissing ? 1 : 0);
    }

    /**
     * {@return the records in order, as a view: an event exists while it is looked at, and its payload stays in the log}
     *
     * @throws IllegalStateException never for logs of less than 2^31 records
     */
    public List<TcgEvent> events() {
        return new EventView();
    }

    /**
     * Writes the log in its binary form: the same bytes if it was read from one, without the padding behind the last record.
     *
     * @param out takes the bytes; not closed
     * @throws IOException if they cannot be written
     * @throws IllegalArgumentException if the log was read from YAML that does not tell all event data
     */
    public void writeBinary(OutputStream out) throws IOException {
        BinaryLogWriter.write(this, out);
    }

    /**
     * Writes the log as CEL-JSON.
     *
     * @param out takes the text; not closed
     * @throws IOException if it cannot be written
     */
    public void writeCelJson(OutputStream out) throws IOException {
        CelJsonWriter.write(this, out);
    }

    /**
     * Writes the log as tpm2_eventlog prints it, its replayed registers at the end.
     *
     * @param out takes the text; not closed
     * @throws IOException if it cannot be written
     */
    public void writeTpm2Yaml(OutputStream out) throws IOException {
        Tpm2YamlWriter.write(this, out);
    }

    /**
     * Writes a table for people.
     *
     * @param out takes the text; not closed
     * @throws IOException if it cannot be written
     */
    public void writeTable(OutputStream out) throws IOException {
        TableWriter.write(this, out);
    }

    boolean headerMissing() {
        return headerMissing;
    }

    Source records() {
        return records;
    }

    private TcgEvent event(RecordReader reader) {
        List<TcgEvent.TaggedDigest> digests = new ArrayList<>(reader.digestCount());
        for (int i = 0; i < reader.digestCount(); i++) {
            digests.add(TcgEvent.TaggedDigest.of(reader.algorithm(i), reader.digest(i)));
        }
        return new TcgEvent(
                reader.number(),
                reader.registerIndex(),
                new EventType(reader.type()),
                digests,
                reader.data(),
                unknownLengths.getOrDefault(reader.number(), reader.dataLength()));
    }

    private final class EventView extends AbstractList<TcgEvent> implements RandomAccess {
        @Override
        public int size() {
            return (int) Math.min(Integer.MAX_VALUE, eventCount());
        }

        @Override
        public TcgEvent get(int index) {
            if (index < 0 || index >= size()) {
                throw new IndexOutOfBoundsException("event " + index + " of " + size());
            }
            long number = index + (headerMissing ? 1L : 0L);
            if (number == 0 && specId.isPresent()) {
                RecordReader header = new RecordReader(records);
                header.next();
                return event(header);
            }
            RecordReader reader = reader();
            checked.seek(reader, number);
            do {
                reader.next();
            } while (reader.number() < number);
            return event(reader);
        }

        @Override
        public Iterator<TcgEvent> iterator() {
            return new Iterator<>() {
                private final RecordReader reader = reader();
                private long left = size();
                private boolean header = specId.isPresent() && !headerMissing;

                @Override
                public boolean hasNext() {
                    return left > 0;
                }

                @Override
                public TcgEvent next() {
                    if (left-- <= 0) {
                        throw new NoSuchElementException();
                    }
                    if (header) {
                        header = false;
                        return get(0);
                    }
                    reader.next();
                    return event(reader);
                }
            };
        }
    }
}
