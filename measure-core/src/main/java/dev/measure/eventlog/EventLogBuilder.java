package dev.measure.eventlog;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a crypto-agile log of events that have not happened yet: the Spec ID event for the banks, then the records in the order in
 * which they are added.
 */
public final class EventLogBuilder {
    private static final int PLATFORM_CLASS_CLIENT = 0;
    private static final int SPEC_MAJOR = 2;
    private static final int UINTN_64 = 2;

    private final RecordBytes records = new RecordBytes();
    private final Set<DigestAlgorithm> banks;

    /**
     * Starts a log.
     *
     * @param banks its banks, at least one; records list them in the order of {@link DigestAlgorithm}
     */
    public EventLogBuilder(Collection<DigestAlgorithm> banks) {
        if (banks.isEmpty()) {
            throw new IllegalArgumentException("a log needs a bank");
        }
        this.banks = EnumSet.copyOf(banks);
        List<Bank> sizes = this.banks.stream()
                .map(bank -> new Bank(bank.tpmAlgId(), bank.length()))
                .toList();
        SpecId specId = new SpecId(
                PLATFORM_CLASS_CLIENT, 0, SPEC_MAJOR, 0, UINTN_64, sizes, Source.of("vendorInfo", new byte[0]));
        records.header(0, specId.bytes());
    }

    /**
     * Adds a record.
     *
     * @param pcr the PCR
     * @param type the type
     * @param digests a digest for each bank
     * @param data the event data
     * @return this builder
     */
    public EventLogBuilder add(int pcr, EventType type, Map<DigestAlgorithm, Digest> digests, Source data) {
        List<RecordBytes.TextDigest> values = new ArrayList<>();
        for (DigestAlgorithm bank : banks) {
            Digest digest = digests.get(bank);
            if (digest == null) {
                throw new IllegalArgumentException("no " + bank.id() + " digest for " + type.text());
            }
            values.add(new RecordBytes.TextDigest(bank.tpmAlgId(), digest.toByteArray()));
        }
        records.add(pcr, type, values, data.toByteArray(), data.length());
        return this;
    }

    /**
     * {@return the log}
     *
     * @param name how errors call it
     */
    public EventLog build(String name) {
        return EventLog.read(records.finish(name).records());
    }
}
