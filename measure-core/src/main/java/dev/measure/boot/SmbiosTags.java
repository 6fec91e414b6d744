package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import dev.measure.smbios.SmbiosStructure;
import dev.measure.smbios.SmbiosTable;
import java.util.List;
import java.util.Optional;

/**
 * SMBIOS structures of types 1, 2 and 11 in PCR 1, which systemd-boot or systemd-stub from 261 on measures: whichever runs first,
 * once in a boot (systemd src/boot/measure.c, measure_smbios).
 */
final class SmbiosTags {
    private static final int WAKE_UP_TYPE = 0x18;

    private SmbiosTags() {}

    static void record(EventRecorder recorder, Producer producer, Optional<SmbiosTable> table, Evidence evidence) {
        if (table.isEmpty()) {
            recorder.unknown(
                    1, producer.text() + " from 261 on measures SMBIOS structures of types 1, 2 and 11", "--smbios");
            return;
        }
        for (SmbiosStructure structure : table.get().structures()) {
            int tag = switch (structure.type()) {
                case 1 -> 0xd5cb7cbc;
                case 2 -> 0xe0d47bc8;
                case 11 -> 0xc0b3bd23;
                default -> 0;
            };
            if (tag == 0) {
                continue;
            }
            byte[] raw = structure.bytes().toByteArray();
            Provenance from = Provenance.FileRange.of(structure.bytes());
            if (structure.type() == 1 && structure.length() > WAKE_UP_TYPE) {
                raw[WAKE_UP_TYPE] = 0;
                from = new Provenance.Derived("structure with Wake-up Type 0", List.of(from));
            }
            String name = "smbios:type" + structure.type();
            recorder.add(
                    name,
                    producer,
                    1,
                    EventType.EV_EVENT_TAG,
                    EventBytes.tagged(tag, CmdlineText.u16(name)),
                    Measured.of(Source.of(name, raw)),
                    from,
                    evidence);
        }
    }
}
