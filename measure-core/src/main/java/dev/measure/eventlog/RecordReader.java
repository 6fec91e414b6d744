package dev.measure.eventlog;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the records of a binary log one after the other, through one window of fixed size, so that the length of a log costs no
 * memory: TCG_PCClientPCREvent for the first record and for SHA-1 logs, TCG_PCR_EVENT2 for the others (TCG PC Client Platform
 * Firmware Profile 1.06, section 10.2). Not safe for use by several threads.
 */
final class RecordReader {
    /** Of TCG_PCClientPCREvent before its data. */
    static final int LEGACY_HEADER = 32;

    /** Digests of one record: sixteen banks, and room for logs that repeat some. */
    static final int MAX_DIGESTS = 64;

    private static final int SHA1 = 0x0004;
    private static final int SHA1_LENGTH = 20;
    private static final int WINDOW = 256 * 1024;
    /** Of the payload, what is kept in the window for a look at its first fields. */
    private static final int PEEK = 32;
    /** A record of either form has at least this many bytes. */
    private static final int SHORTEST = 16;

    private final Source source;
    private final byte[] window;
    private long windowStart;
    private int windowLength;

    private List<Bank> banks = List.of();
    private boolean agile;
    private long position;
    private long number = -1;

    private long recordStart;
    private long registerIndex;
    private long type;
    private int digestCount;
    private final int[] digestAlgorithm = new int[MAX_DIGESTS];
    private final int[] digestLength = new int[MAX_DIGESTS];
    private final byte[] digests = new byte[MAX_DIGESTS * 64];
    private final int[] digestStart = new int[MAX_DIGESTS];
    private byte[] wide = digests; // digests of unknown algorithms may be longer
    private long dataStart;
    private long dataLength;

    RecordReader(Source source) {
        this.source = source;
        this.window = new byte[(int) Math.min(WINDOW, Math.max(1, source.length()))];
    }

    /** From now on records have the crypto-agile form, with digests of these banks. */
    void agile(List<Bank> declared) {
        this.agile = true;
        this.banks = declared;
    }

    /** Continues at a record. */
    void seek(long at, long numberOfRecord) {
        position = at;
        number = numberOfRecord - 1;
    }

    /** {@return whether there was another record; false leaves {@link #position()} at the end of the last one} */
    boolean next() {
        if (atEnd()) {
            return false;
        }
        recordStart = position;
        number++;
        if (agile) {
            readAgile();
        } else {
            readLegacy();
        }
        if (dataLength > source.length() - dataStart) {
            throw malformed(
                    dataStart - 4,
                    "event data of record " + number + " (" + dataLength + " bytes)",
                    (source.length() - dataStart) + " bytes left",
                    "the log is cut short or damaged");
        }
        position = dataStart + dataLength;
        return true;
    }

    private void readLegacy() {
        int at = load(LEGACY_HEADER, "header");
        registerIndex = u32(at);
        type = u32(at + 4);
        digestCount = 1;
        digestAlgorithm[0] = SHA1;
        digestLength[0] = SHA1_LENGTH;
        digestStart[0] = 0;
        wide = digests;
        System.arraycopy(window, at + 8, digests, 0, SHA1_LENGTH);
        dataLength = u32(at + 28);
        dataStart = position + LEGACY_HEADER;
    }

    private void readAgile() {
        int at = load(12, "header");
        registerIndex = u32(at);
        type = u32(at + 4);
        long count = u32(at + 8);
        if (count > MAX_DIGESTS) {
            throw malformed(
                    position + 8,
                    "digestCount of at most " + MAX_DIGESTS + " in record " + number,
                    String.valueOf(count),
                    "the log is damaged");
        }
        digestCount = (int) count;
        position += 12;
        int filled = 0;
        wide = digests;
        for (int i = 0; i < digestCount; i++) {
            int head = load(2, "hashAlg");
            int algorithm = u16(head);
            int length = sizeOf(algorithm);
            if (length < 0) {
                throw malformed(
                        position,
                        "a hashAlg that the header declares, in record " + number,
                        String.format("0x%04x", algorithm),
                        "its digest has no known length");
            }
            position += 2;
            if (length > source.length() - position) {
                throw cutShort(length, Bank.name(algorithm) + " digest");
            }
            int digest = load(length, "digest");
            if (filled + length > wide.length) {
                wide = Arrays.copyOf(wide, filled + length + 0x10000);
            }
            System.arraycopy(window, digest, wide, filled, length);
            digestAlgorithm[i] = algorithm;
            digestLength[i] = length;
            digestStart[i] = filled;
            filled += length;
            position += length;
        }
        dataLength = u32(load(4, "eventSize"));
        dataStart = position + 4;
    }

    private int sizeOf(int algorithm) {
        for (Bank bank : banks) {
            if (bank.algorithmId() == algorithm) {
                return bank.digestSize();
            }
        }
        return Bank.sizeOf(algorithm);
    }

    /**
     * A log ends at the end of the file, or where eight bytes (or all that are left) are 0xff or 0x00: the areas that ACPI tables
     * point to are filled so.
     */
    private boolean atEnd() {
        long left = source.length() - position;
        if (left == 0) {
            return true;
        }
        int count = (int) Math.min(8, left);
        int at = load(count, "record");
        byte first = window[at];
        if (first != 0 && first != -1) {
            return false;
        }
        for (int i = 1; i < count; i++) {
            if (window[at + i] != first) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether too little is left for a record} */
    boolean tooShortForARecord() {
        return source.length() - position < SHORTEST;
    }

    /**
     * Gets bytes from the position on into the window; the answer is their place in it. The field is a constant: this runs for every
     * field of every record, and a text made for each would take longer than the rest.
     */
    private int load(int count, String field) {
        long left = source.length() - position;
        if (count > left) {
            throw cutShort(count, field);
        }
        if (position < windowStart || position + count > windowStart + windowLength) {
            windowStart = position;
            windowLength = (int) Math.min(window.length, left);
            source.read(position, window, 0, windowLength);
        }
        return (int) (position - windowStart);
    }

    private MalformedInputException cutShort(int count, String field) {
        return malformed(
                position,
                field + " of record " + number + " (" + count + " bytes)",
                (source.length() - position) + " bytes left",
                "the log is cut short or damaged");
    }

    private int u16(int at) {
        return window[at] & 0xff | (window[at + 1] & 0xff) << 8;
    }

    private long u32(int at) {
        return u16(at) | (long) u16(at + 2) << 16;
    }

    private MalformedInputException malformed(long at, String expected, String found, String hint) {
        return new MalformedInputException(source.name(), source.start() + at, expected, found, hint);
    }

    /** {@return an exception about the record that was read last} */
    MalformedInputException malformed(String expected, String found, String hint) {
        return malformed(recordStart, expected, found, hint);
    }

    /** {@return the number of the record, the first is 0} */
    long number() {
        return number;
    }

    long position() {
        return position;
    }

    long recordStart() {
        return recordStart;
    }

    long registerIndex() {
        return registerIndex;
    }

    long type() {
        return type;
    }

    boolean extendsRegister() {
        return type != EventType.EV_NO_ACTION.value();
    }

    int digestCount() {
        return digestCount;
    }

    int algorithm(int i) {
        return digestAlgorithm[i];
    }

    byte[] digest(int i) {
        return Arrays.copyOfRange(wide, digestStart[i], digestStart[i] + digestLength[i]);
    }

    /** {@return the place of the first digest of an algorithm, -1 if there is none} */
    int find(int algorithm) {
        for (int i = 0; i < digestCount; i++) {
            if (digestAlgorithm[i] == algorithm) {
                return i;
            }
        }
        return -1;
    }

    void update(MessageDigest running, int i) {
        running.update(wide, digestStart[i], digestLength[i]);
    }

    long dataLength() {
        return dataLength;
    }

    Source data() {
        return source.slice(dataStart, dataLength);
    }

    /** {@return the first bytes of the payload, at most {@value #PEEK}} */
    byte[] peek() {
        byte[] head = new byte[(int) Math.min(PEEK, dataLength)];
        if (dataStart >= windowStart && dataStart + head.length <= windowStart + windowLength) {
            System.arraycopy(window, (int) (dataStart - windowStart), head, 0, head.length);
        } else {
            source.read(dataStart, head, 0, head.length);
        }
        return head;
    }
}
