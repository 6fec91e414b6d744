package dev.measure.eventlog;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.FieldVerdict;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Provenance;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What the registers hold after all events of a log: {@code new = H(old || digest)}, for every event but EV_NO_ACTION.
 *
 * <p>PCRs start at zero, PCR 17 to 22 at 0xff, PCR 0 at the locality of the log's StartupLocality event (TCG PC Client Platform
 * TPM Profile 1.05, section 4.6.2; Firmware Profile 1.06, section 10.4.5.3). Measurement registers of a CCEL log start at zero;
 * index 1 is RTMR0. Held for 435 published values and 116 boots, and for RTMRs that hardware signed.
 */
public final class Replay implements RegisterEvidence {
    private static final int REGISTERS = CheckedLog.HIGHEST_LENIENT + 1;
    private static final int FIRST_DYNAMIC = 17;
    private static final int LAST_DYNAMIC = 22;

    private final EventLog log;
    private final Map<DigestAlgorithm, byte[][]> values;
    private final Map<DigestAlgorithm, long[]> extensions;
    private final long events;

    private Replay(
            EventLog log, Map<DigestAlgorithm, byte[][]> values, Map<DigestAlgorithm, long[]> extensions, long events) {
        this.log = log;
        this.values = values;
        this.extensions = extensions;
        this.events = events;
    }

    /**
     * {@return the registers after all events}
     *
     * @param log the log
     */
    public static Replay of(EventLog log) {
        return of(log, Long.MAX_VALUE);
    }

    /**
     * {@return the registers after the first events}
     *
     * @param log the log
     * @param events how many of {@link EventLog#events()}, those that extend nothing included
     */
    public static Replay of(EventLog log, long events) {
        Map<DigestAlgorithm, byte[][]> values = new EnumMap<>(DigestAlgorithm.class);
        Map<DigestAlgorithm, long[]> extensions = new EnumMap<>(DigestAlgorithm.class);
        List<Fold> folds = new ArrayList<>();
        for (DigestAlgorithm bank : log.banks()) {
            Fold fold = new Fold(log, bank);
            folds.add(fold);
            values.put(bank, fold.registers);
            extensions.put(bank, fold.extensions);
        }
        log.walk(record -> {
            if (log.index(record) >= events) {
                return false;
            }
            if (record.extendsRegister() && record.registerIndex() < REGISTERS) {
                for (Fold fold : folds) {
                    fold.extend(record);
                }
            }
            return true;
        });
        return new Replay(log, values, extensions, events);
    }

    /** The registers of one bank while they are extended. */
    private static final class Fold {
        private final DigestAlgorithm bank;
        private final MessageDigest running;
        private final byte[] start;
        private final byte[] firstStart;
        private final byte[][] registers = new byte[REGISTERS][];
        private final long[] extensions = new long[REGISTERS];
        private final boolean confidential;

        Fold(EventLog log, DigestAlgorithm bank) {
            this.bank = bank;
            this.running = bank.newMessageDigest();
            this.start = new byte[bank.length()];
            this.firstStart = start.clone();
            this.firstStart[start.length - 1] = (byte) log.startupLocality();
            this.confidential = log.confidential();
        }

        void extend(RecordReader record) {
            int index = (int) record.registerIndex();
            if (registers[index] == null) {
                registers[index] = initial(index);
            }
            extensions[index]++;
            running.update(registers[index]);
            record.update(running, record.find(bank.tpmAlgId()));
            try {
                running.digest(registers[index], 0, start.length);
            } catch (DigestException e) {
                throw new IllegalStateException("a digest of " + bank.id() + " does not fit", e);
            }
        }

        byte[] initial(int index) {
            if (confidential) {
                return start.clone();
            }
            byte[] value = index == 0 ? firstStart.clone() : start.clone();
            if (index >= FIRST_DYNAMIC && index <= LAST_DYNAMIC) {
                Arrays.fill(value, (byte) 0xff);
            }
            return value;
        }
    }

    /** {@return the replayed log} */
    public EventLog log() {
        return log;
    }

    /** {@return the banks that were replayed, in the order of the header} */
    public List<DigestAlgorithm> banks() {
        return log.banks();
    }

    /**
     * {@return the registers that were extended, by index, with their values}
     *
     * @param bank the bank
     * @throws IllegalArgumentException if the bank was not replayed
     */
    public SortedMap<Integer, Digest> values(DigestAlgorithm bank) {
        byte[][] registers = values.get(bank);
        if (registers == null) {
            throw new IllegalArgumentException("the log has no bank " + bank.id() + " that can be replayed");
        }
        SortedMap<Integer, Digest> extended = new TreeMap<>();
        for (int i = 0; i < registers.length; i++) {
            if (registers[i] != null) {
                extended.put(i, Digest.of(bank, registers[i]));
            }
        }
        return extended;
    }

    /**
     * {@return the value of a register, its initial one if no event extended it; empty if the log cannot tell, because it has no
     * such bank or is for other registers}
     *
     * @param register a PCR or an RTMR
     */
    public Optional<Digest> value(Register register) {
        byte[][] registers = values.get(register.algorithm());
        if (registers == null) {
            return Optional.empty();
        }
        int index = index(register);
        if (index < 0) {
            return Optional.empty();
        }
        byte[] value = registers[index] != null ? registers[index] : new Fold(log, register.algorithm()).initial(index);
        return Optional.of(Digest.of(register.algorithm(), value));
    }

    /** {@return how many events extended a register; as many as its measurement has} */
    public long extensions(Register register) {
        long[] counts = extensions.get(register.algorithm());
        int index = index(register);
        return counts == null || index < 0 ? 0 : counts[index];
    }

    /** The index of a register in the log; -1 if the log is for others. */
    private int index(Register register) {
        if (register instanceof Register.Pcr pcr && !log.confidential()) {
            return pcr.index();
        }
        return register instanceof Register.Rtmr rtmr && log.confidential() ? rtmr.index() + 1 : -1;
    }

    /**
     * {@return the registers that were extended, with their values}
     *
     * <p>A log is what software says. It is evidence only where its registers have been compared with those of a quote or of the
     * TPM itself.
     */
    @Override
    public Map<Register, Digest> registers() {
        Map<Register, Digest> registers = new LinkedHashMap<>();
        measurements().forEach(measurement -> registers.put(measurement.register(), measurement.value()));
        return Collections.unmodifiableMap(registers);
    }

    /** {@return that nobody signs a log: a quote signs the registers that it leads to} */
    @Override
    public List<FieldVerdict> trust() {
        return List.of(
                new FieldVerdict.NotChecked("SIGNATURE", "a log has none, and no quote of its registers is given"));
    }

    /**
     * {@return a measurement for every register that was extended, bank by bank in the order of the header, with its events;
     * registers that do not exist are left out}
     */
    public List<Measurement> measurements() {
        List<Measurement> measurements = new ArrayList<>();
        for (DigestAlgorithm bank : banks()) {
            values(bank)
                    .forEach((index, value) -> register(index, bank)
                            .ifPresent(register -> measurements.add(Measurement.of(
                                    register, value, evidence(), (detail, sink) -> trace(index, bank, sink)))));
        }
        return measurements;
    }

    private Optional<Register> register(int index, DigestAlgorithm bank) {
        if (!log.confidential()) {
            return index <= 23 ? Optional.of(new Register.Pcr(index, bank)) : Optional.empty();
        }
        return bank == DigestAlgorithm.SHA384 && index >= 1 && index <= 4
                ? Optional.of(new Register.Rtmr(index - 1))
                : Optional.empty();
    }

    private Evidence evidence() {
        return log.confidential() ? Evidence.HARDWARE : Evidence.BOOT;
    }

    private void trace(int index, DigestAlgorithm bank, Consumer<MeasuredEvent> sink) {
        Fold fold = new Fold(log, bank);
        long left = events;
        for (TcgEvent event : log.events()) {
            if (left-- <= 0) {
                break;
            }
            if (!event.type().extendsRegister() || event.registerIndex() != index) {
                continue;
            }
            Digest digest = event.digest(bank).orElseThrow();
            if (fold.registers[index] == null) {
                fold.registers[index] = fold.initial(index);
            }
            fold.running.update(fold.registers[index]);
            fold.registers[index] = fold.running.digest(digest.toByteArray());
            Map<String, String> details = new LinkedHashMap<>();
            details.put("event", String.valueOf(event.number()));
            details.put("type", event.type().text());
            details.put("data", event.decoded().text());
            sink.accept(new MeasuredEvent(
                    event.type().text(),
                    digest,
                    Digest.of(bank, fold.registers[index]),
                    Provenance.FileRange.of(event.data()),
                    evidence(),
                    details));
        }
    }
}
