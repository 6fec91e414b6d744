package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Warning;
import dev.measure.firmware.TdxMetadata;
import dev.measure.firmware.TdxMetadata.Section;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The TD HOB as QEMU builds it: the list of HOBs by which the firmware learns what memory there is. OVMF measures it into RTMR0
 * before anything else, without the HOB that ends it.
 *
 * <p>It depends on the memory of the guest and on the TD_HOB and TEMP_MEM sections of the firmware. NUMA nodes,
 * {@code max-ram-below-4g} and memory devices change it too and are not modelled; cloud-hypervisor, td-shim and GCE build other
 * lists. QEMU hw/i386/tdvf-hob.c and target/i386/kvm/tdx.c; UEFI Platform Initialization Specification, volume 3, section 5.
 */
public sealed interface TdHob {
    /** From this size on, q35 keeps 2 GiB of memory below 4 GiB and the rest above (QEMU hw/i386/pc_q35.c). */
    long SPLIT_FROM = 0xb000_0000L;

    /** The most memory: the largest guest-physical address that TDX can have. */
    long MAX_MEMORY = 1L << 51;

    /**
     * A list.
     *
     * @param memory the size of the guest's memory in bytes
     * @param address where it lies: the start of the TD_HOB section
     * @param ranges what it says of memory, by rising address
     * @param list all of its bytes
     * @param warnings what the user should know about the firmware
     */
    record Built(long memory, long address, List<Range> ranges, Source list, List<Warning> warnings) implements TdHob {
        /** Copies the lists. */
        public Built {
            ranges = List.copyOf(ranges);
            warnings = List.copyOf(warnings);
        }

        /** {@return what OVMF measures: the list without the HOB that ends it} */
        public Source measured() {
            return list.slice(0, list.length() - END);
        }

        /** {@return the digest of the event EV_EFI_HANDOFF_TABLES2 of OVMF} */
        public Digest digest() {
            return measured().digest(DigestAlgorithm.SHA384);
        }
    }

    /**
     * No list: QEMU would stop.
     *
     * @param memory the size of the guest's memory in bytes
     * @param why the reason
     * @param hint what to do
     */
    record Refused(long memory, String why, String hint) implements TdHob {}

    /**
     * A range of memory.
     *
     * @param start guest-physical address
     * @param length bytes
     * @param accepted whether it was added before the start, so that the firmware need not accept it
     */
    record Range(long start, long length, boolean accepted) {
        long end() {
            return start + length;
        }
    }

    /** {@return the size of the guest's memory in bytes} */
    long memory();

    /** The bytes of the HOB that ends a list. */
    int END = 8;

    /**
     * {@return the lists of several memory sizes, in their order}
     *
     * @param launch what is loaded
     * @param memory sizes in bytes
     * @throws MalformedInputException if the firmware's tables are broken
     * @throws IllegalArgumentException as {@link #of(TdxLaunch, long)}
     */
    static Map<Long, TdHob> of(TdxLaunch launch, List<Long> memory) {
        TdxPlan plan = TdxPlan.of(launch);
        Map<Long, TdHob> lists = new LinkedHashMap<>();
        memory.forEach(size -> lists.put(size, of(plan, size)));
        return lists;
    }

    /**
     * {@return the list of a guest}
     *
     * @param launch what is loaded
     * @param memory the size of the guest's memory in bytes: a multiple of 4096, at most 2^51
     * @throws MalformedInputException if the firmware's tables are broken
     * @throws IllegalArgumentException if the size is none that a guest can have
     */
    static TdHob of(TdxLaunch launch, long memory) {
        return of(TdxPlan.of(launch), memory);
    }

    /**
     * {@return the list of a guest whose firmware is known by what dstack published of it}
     *
     * @param published where the list and what else is accepted lies
     * @param memory the size of the guest's memory in bytes: a multiple of 4096, at most 2^51
     * @throws IllegalArgumentException if the size is none that a guest can have
     */
    static TdHob of(DstackMeasurement published, long memory) {
        check(memory);
        List<Range> ranges = new ArrayList<>(memory(memory));
        for (Range accepted : published.accepted()) {
            if (accepted.length() > 0 && !accept(ranges, accepted.start(), accepted.end())) {
                return new Refused(
                        memory,
                        "measurement.cbor: expected ranges inside one range of the guest's memory of " + memory
                                + " bytes, found 0x" + Long.toHexString(accepted.start()),
                        "give the guest more memory");
            }
        }
        ranges.sort(Comparator.comparingLong(Range::start));
        byte[] list = list(published.hobAddress(), ranges);
        return new Built(memory, published.hobAddress(), ranges, Source.of("TD HOB", list), List.of());
    }

    private static void check(long memory) {
        if (memory <= 0 || memory > MAX_MEMORY || memory % MrtdRecords.PAGE != 0) {
            throw new IllegalArgumentException(
                    "memory must be a multiple of 4096 bytes, at most 2^51, got " + memory + " bytes");
        }
    }

    private static TdHob of(TdxPlan plan, long memory) {
        check(memory);
        if (plan.refusal().isPresent()) {
            return new Refused(
                    memory, plan.refusal().get().why(), plan.refusal().get().hint());
        }
        List<Section> sections = plan.metadata().map(TdxMetadata::sections).orElse(List.of());
        Optional<Section> hob = sections.stream()
                .filter(section -> section.type() == TdxMetadata.TD_HOB)
                .findFirst();
        if (hob.isEmpty()) {
            return new Refused(memory, "the firmware has no TD_HOB section for the list", "rebuild the firmware");
        }
        List<Range> ranges = new ArrayList<>(memory(memory));
        for (Section section : sections) {
            boolean accepted = section.type() == TdxMetadata.TD_HOB || section.type() == TdxMetadata.TEMP_MEM;
            if (accepted
                    && section.memoryDataSize() > 0
                    && !accept(ranges, section.memoryAddress(), section.memoryEnd())) {
                return new Refused(
                        memory,
                        TdxPlan.at(section, "a section inside one range of the guest's memory of " + memory + " bytes"),
                        "give the guest more memory");
            }
        }
        ranges.sort(Comparator.comparingLong(Range::start));
        byte[] list = list(hob.get().memoryAddress(), ranges);
        if (list.length > hob.get().memoryDataSize()) {
            return new Refused(
                    memory,
                    TdxPlan.at(hob.get(), "a TD_HOB section of at least " + list.length + " bytes for the list"),
                    "rebuild the firmware");
        }
        return new Built(memory, hob.get().memoryAddress(), ranges, Source.of("TD HOB", list), plan.warnings());
    }

    /** The memory of a q35 machine, as QEMU puts it into its E820 table. */
    private static List<Range> memory(long size) {
        if (size < SPLIT_FROM) {
            return List.of(new Range(0, size, false));
        }
        long low = 1L << 31;
        return List.of(new Range(0, low, false), new Range(1L << 32, size - low, false));
    }

    /** Splits the range around what is accepted; false if that does not lie inside one range. */
    private static boolean accept(List<Range> ranges, long start, long end) {
        for (int i = 0; i < ranges.size(); i++) {
            Range range = ranges.get(i);
            // No range reaches 2^63, so an address that does is outside of all.
            if (start < range.start() || start >= range.end()) {
                continue;
            }
            if (range.accepted()) {
                return start == range.start() && end == range.end();
            }
            if (end < start || end > range.end()) {
                return false;
            }
            ranges.set(i, new Range(start, end - start, true));
            if (range.start() < start) {
                ranges.add(new Range(range.start(), start - range.start(), false));
            }
            if (end < range.end()) {
                ranges.add(new Range(end, range.end() - end, false));
            }
            return true;
        }
        return false;
    }

    private static byte[] list(long address, List<Range> ranges) {
        int length = 56 + 48 * ranges.size() + END;
        ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        // EFI_HOB_HANDOFF_INFO_TABLE: type, length, reserved, version, boot mode, four addresses, EfiEndOfHobList
        out.putShort((short) 1).putShort((short) 56).putInt(0).putInt(9).putInt(0);
        out.putLong(0).putLong(0).putLong(0).putLong(0).putLong(address + length);
        for (Range range : ranges) {
            // EFI_HOB_RESOURCE_DESCRIPTOR: type, length, reserved, owner, resource type, attributes, start, length
            out.putShort((short) 3).putShort((short) 48).putInt(0).putLong(0).putLong(0);
            out.putInt(range.accepted() ? 0 : 7); // EFI_RESOURCE_SYSTEM_MEMORY, EFI_RESOURCE_MEMORY_UNACCEPTED
            out.putInt(7); // present, initialized, tested
            out.putLong(range.start()).putLong(range.length());
        }
        return out.putShort((short) 0xffff).putShort((short) END).putInt(0).array();
    }
}
