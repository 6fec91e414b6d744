package dev.measure.eventlog;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The one walk through a log that checks every record by the rules of replay, before anything is computed from it. */
final class CheckedLog {
    /** Every so many records their place is noted, so that a single event is found quickly. */
    private static final int STRIDE = 1024;

    /** The highest PCR of a TPM, and the highest that lenient reading replays, as tpm2-tools do. */
    private static final int HIGHEST_PCR = 23;

    static final int HIGHEST_LENIENT = 31;
    private static final int HIGHEST_MR = 4;

    /** How many warnings of one kind are worth reading. */
    private static final int MAX_WARNINGS = 16;

    private static final byte[] STARTUP_LOCALITY = "StartupLocality\0".getBytes(StandardCharsets.US_ASCII);
    private static final int SEPARATOR_ERROR = 1;

    private final Source source;
    private final Strictness strictness;
    private final List<Warning> warnings;
    private final Map<WarningCode, Integer> counts = new EnumMap<>(WarningCode.class);
    private final List<Bank> banks;
    private final List<DigestAlgorithm> usable = new ArrayList<>();
    private final List<Place> places = new ArrayList<>();
    private long eventCount;
    private long endOffset;
    private EventLog.End end = EventLog.End.EOF;
    private int startupLocality;
    private boolean localitySeen;
    private boolean pcr0Extended;
    private boolean confidential;

    private record Place(long offset, long number) {}

    private CheckedLog(Source source, List<Bank> banks, Strictness strictness, List<Warning> warnings) {
        this.source = source;
        this.banks = banks;
        this.strictness = strictness;
        this.warnings = warnings;
        for (Bank bank : banks) {
            bank.algorithm().ifPresent(usable::add);
        }
    }

    static CheckedLog check(Source source, Optional<SpecId> specId, Strictness strictness, List<Warning> warnings) {
        List<Bank> banks = specId.map(SpecId::banks).orElse(List.of(new Bank(DigestAlgorithm.SHA1.tpmAlgId(), 20)));
        CheckedLog log = new CheckedLog(source, banks, strictness, warnings);
        RecordReader reader = new RecordReader(source);
        long headerIndex = 0;
        if (specId.isPresent()) {
            reader.next();
            headerIndex = reader.registerIndex();
            reader.agile(banks);
            log.eventCount = 1;
        }
        long start = reader.position();
        log.confidential = specId.isPresent() && isConfidential(source, banks, headerIndex, start);
        reader.seek(start, log.eventCount);
        log.walk(reader);
        log.close(reader);
        return log;
    }

    /**
     * OVMF's CCEL logs say so by the index 1 of their header. td-shim's header has index 0: such a log has one bank, SHA-384, and no
     * event for index 0, where every TPM log has the firmware's version.
     */
    private static boolean isConfidential(Source source, List<Bank> banks, long headerIndex, long start) {
        if (headerIndex == 1) {
            return true;
        }
        if (headerIndex != 0 || banks.size() != 1 || banks.get(0).algorithmId() != DigestAlgorithm.SHA384.tpmAlgId()) {
            return false;
        }
        RecordReader reader = new RecordReader(source);
        reader.agile(banks);
        reader.seek(start, 1);
        boolean any = false;
        while (more(reader)) {
            if (reader.extendsRegister()) {
                if (reader.registerIndex() == 0 || reader.registerIndex() > HIGHEST_MR) {
                    return false;
                }
                any = true;
            }
        }
        return any;
    }

    private static boolean more(RecordReader reader) {
        try {
            return reader.next();
        } catch (MalformedInputException foundAgainByTheCheck) {
            return false;
        }
    }

    private void walk(RecordReader reader) {
        while (true) {
            if (places.isEmpty() || eventCount % STRIDE == 0) {
                places.add(new Place(reader.position(), eventCount));
            }
            if (endsInJunk(reader) || !reader.next()) {
                return;
            }
            eventCount++;
            check(reader);
        }
    }

    private boolean endsInJunk(RecordReader reader) {
        return strictness == Strictness.LENIENT && reader.tooShortForARecord();
    }

    private void check(RecordReader reader) {
        if (reader.extendsRegister()) {
            checkRegister(reader);
        } else {
            checkStartupLocality(reader);
        }
        checkDigests(reader);
        checkPayload(reader);
    }

    private void checkRegister(RecordReader reader) {
        long index = reader.registerIndex();
        long highest = confidential ? HIGHEST_MR : HIGHEST_PCR;
        if (index == 0) {
            pcr0Extended = true;
        }
        boolean mrtd = confidential && index == 0;
        if (index <= highest && !mrtd) {
            return;
        }
        if (strictness == Strictness.STRICT) {
            throw reader.malformed(
                    confidential
                            ? "an MR index of 1..4 in record " + reader.number()
                            : "a PCR index of 0..23 in record " + reader.number(),
                    index <= HIGHEST_LENIENT ? String.valueOf(index) : String.format("0x%08x", index),
                    mrtd ? "MR 0 is MRTD, which nothing extends after launch" : "");
        }
        if (index > HIGHEST_LENIENT) {
            warn(WarningCode.EVENTLOG_NO_SUCH_REGISTER, "record " + reader.number() + " skipped: no such register");
        } else {
            warn(
                    WarningCode.EVENTLOG_REGISTER_OUT_OF_RANGE,
                    "record " + reader.number() + " extends register " + index + ", which does not exist");
        }
    }

    private void checkStartupLocality(RecordReader reader) {
        if (reader.registerIndex() != 0 || reader.dataLength() != STARTUP_LOCALITY.length + 1 || confidential) {
            return;
        }
        byte[] data = reader.peek();
        if (!Arrays.equals(data, 0, STARTUP_LOCALITY.length, STARTUP_LOCALITY, 0, STARTUP_LOCALITY.length)) {
            return;
        }
        if (!localitySeen && !pcr0Extended) {
            localitySeen = true;
            startupLocality = data[STARTUP_LOCALITY.length] & 0xff;
            return;
        }
        String what = localitySeen ? "a second StartupLocality" : "StartupLocality after PCR 0 was extended";
        if (strictness == Strictness.STRICT) {
            throw reader.malformed(
                    "one StartupLocality, before the first extend of PCR 0",
                    what + " in record " + reader.number(),
                    "the TPM starts once");
        }
        warn(
                WarningCode.EVENTLOG_STARTUP_LOCALITY_IGNORED,
                what + " ignored: only one before the first extend of PCR 0 counts");
    }

    private void checkDigests(RecordReader reader) {
        for (int i = 0; i < reader.digestCount(); i++) {
            int algorithm = reader.algorithm(i);
            if (reader.find(algorithm) != i) {
                String what = Bank.name(algorithm) + " twice in record " + reader.number();
                if (strictness == Strictness.STRICT) {
                    throw reader.malformed("one digest for each bank", what, "tools disagree on what the TPM did");
                }
                warn(WarningCode.EVENTLOG_DUPLICATE_DIGEST, what + ": the first counts");
            } else if (!declares(algorithm)) {
                String what = Bank.name(algorithm) + " in record " + reader.number();
                if (strictness == Strictness.STRICT) {
                    throw reader.malformed("digests of the banks in the header", what, "");
                }
                warn(WarningCode.EVENTLOG_UNDECLARED_DIGEST, "the header does not declare " + what);
            }
        }
        for (Bank bank : banks) {
            if (reader.find(bank.algorithmId()) >= 0) {
                continue;
            }
            if (strictness == Strictness.STRICT) {
                throw reader.malformed(
                        "digests of " + banks.size() + (banks.size() == 1 ? " bank" : " banks") + " in record "
                                + reader.number(),
                        reader.digestCount() + " (" + bank.text() + " is missing)",
                        "");
            }
            Optional<DigestAlgorithm> algorithm = bank.algorithm().filter(usable::contains);
            if (algorithm.isPresent() && reader.extendsRegister()) {
                usable.remove(algorithm.get());
                warn(
                        WarningCode.EVENTLOG_BANK_LEFT_OUT,
                        "bank " + bank.text() + " left out: record " + reader.number() + " has no " + bank.text()
                                + " digest");
            }
        }
    }

    /** A loop, and no stream: it runs for every digest of every record. */
    private boolean declares(int algorithm) {
        for (Bank bank : banks) {
            if (bank.algorithmId() == algorithm) {
                return true;
            }
        }
        return false;
    }

    /** The payload never stops a replay, but two things in it are worth a warning wherever the log is used. */
    private void checkPayload(RecordReader reader) {
        if (reader.type() == EventType.EV_SEPARATOR.value() && reader.dataLength() == 4) {
            int value = ByteBuffer.wrap(reader.peek())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getInt();
            if (value == SEPARATOR_ERROR) {
                warn(
                        WarningCode.EVENTLOG_FIRMWARE_ERROR,
                        "separator 0x00000001 in record " + reader.number() + ": the firmware reported an error");
            }
        } else if (reader.type() >= EventType.EV_EFI_BOOT_SERVICES_APPLICATION.value()
                && reader.type() <= EventType.EV_EFI_RUNTIME_SERVICES_DRIVER.value()
                && reader.dataLength() >= 32) {
            long length = ByteBuffer.wrap(reader.peek())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong(24);
            if (Long.compareUnsigned(length, reader.dataLength() - 32) > 0) {
                warn(
                        WarningCode.EVENTLOG_PAYLOAD_MALFORMED,
                        "UEFI_IMAGE_LOAD_EVENT in record " + reader.number()
                                + ": device path length runs past the event data; shown as raw bytes");
            }
        }
    }

    private void warn(WarningCode code, String text) {
        int count = counts.merge(code, 1, Integer::sum);
        if (count < MAX_WARNINGS) {
            warnings.add(new Warning(code, text));
        } else if (count == MAX_WARNINGS) {
            warnings.add(new Warning(code, text + "; further warnings of this kind are left out"));
        }
    }

    private void close(RecordReader reader) {
        endOffset = reader.position();
        if (confidential && !usable.contains(DigestAlgorithm.SHA384)) {
            warn(
                    WarningCode.EVENTLOG_UNKNOWN_BANK,
                    "the log has no sha384 digests: RTMRs cannot be replayed, it is not from an Intel TDX guest");
        }
        if (endOffset == source.length()) {
            return;
        }
        boolean[] seen = new boolean[2];
        long[] junk = {-1};
        long[] at = {endOffset};
        source.slice(endOffset, source.length() - endOffset).stream((array, offset, count) -> {
            for (int i = offset; i < offset + count; i++, at[0]++) {
                if (array[i] == 0) {
                    seen[0] = true;
                } else if (array[i] == -1) {
                    seen[1] = true;
                } else if (junk[0] < 0) {
                    junk[0] = at[0];
                }
            }
        });
        if (junk[0] >= 0) {
            MalformedInputException broken = new MalformedInputException(
                    source.name(),
                    source.start() + junk[0],
                    "padding of 0x00 or 0xff to the end of the area",
                    "other bytes behind the last record at 0x" + Long.toHexString(source.start() + endOffset),
                    "the log was cut, or two logs were joined");
            if (strictness == Strictness.STRICT) {
                throw broken;
            }
            end = EventLog.End.JUNK;
            warn(WarningCode.EVENTLOG_TRAILING_BYTES, broken.getMessage());
            return;
        }
        end = seen[1] && !firstIsZero() ? EventLog.End.FF_PADDING : EventLog.End.ZERO_PADDING;
    }

    private boolean firstIsZero() {
        byte[] first = new byte[1];
        source.read(endOffset, first, 0, 1);
        return first[0] == 0;
    }

    /** Moves a reader to the last noted place before a record. */
    void seek(RecordReader reader, long number) {
        long first = places.get(0).number();
        int place = number < first ? 0 : (int) (number / STRIDE - first / STRIDE);
        reader.seek(places.get(place).offset(), places.get(place).number());
    }

    long eventCount() {
        return eventCount;
    }

    long endOffset() {
        return endOffset;
    }

    EventLog.End end() {
        return end;
    }

    int startupLocality() {
        return startupLocality;
    }

    boolean confidential() {
        return confidential;
    }

    List<DigestAlgorithm> banks() {
        return List.copyOf(usable);
    }

    List<Warning> warnings() {
        return List.copyOf(warnings);
    }
}
