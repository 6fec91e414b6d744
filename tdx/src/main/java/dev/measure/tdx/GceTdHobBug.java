package dev.measure.tdx;

import dev.measure.Evidence;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.firmware.TdxMetadata;
import dev.measure.firmware.TdxMetadata.Section;
import dev.measure.tdx.TdHob.Range;
import dev.measure.tdx.TdxPlan.MeasuredSection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * MRTD under Google's hypervisor as it once was: it measured every section, TD HOB and zeroed memory included, so that MRTD depends
 * on the machine type. Endorsements of that time have one value for each. google/gce-tcb-verifier 74582c0, {@code
 * LaunchOptionsDefaultTDHOBBug}.
 *
 * <p>Its TD HOB is not QEMU's: first all sections in table order, then what they leave of the banks; and the address of the end
 * does not count the HOB that ends the list.
 */
public final class GceTdHobBug {
    private static final int HEADER = 56;
    private static final int RESOURCE = 48;
    private static final int SYSTEM_MEMORY = 0;
    private static final int UNACCEPTED = 7;

    /** Present, initialized, tested. */
    private static final int ATTRIBUTES = 7;

    /** EFI_RESOURCE_ATTRIBUTE_NEEDS_EARLY_ACCEPT: the firmware accepts it, not the system. */
    private static final int EARLY_ACCEPT = 0x1000_0000;

    private static final long GIB_4 = 1L << 32;

    private GceTdHobBug() {}

    /**
     * {@return MRTD of a machine, or the reason why there is none}
     *
     * @param launch what is loaded; its VMM should be {@link TdxVmm#GCE_TDHOB_BUG}
     * @param machine the machine type
     * @param earlyAccept whether the firmware is told to accept all memory
     */
    public static Prediction of(TdxLaunch launch, GceMachineType machine, boolean earlyAccept) {
        TdxPlan plan = TdxPlan.of(launch);
        if (plan.refusal().isPresent()) {
            return Mrtd.refused(plan.refusal().get());
        }
        List<Section> table = plan.metadata().map(TdxMetadata::sections).orElse(List.of());
        Optional<Section> hob = table.stream()
                .filter(section -> section.type() == TdxMetadata.TD_HOB)
                .findFirst();
        if (hob.isEmpty()) {
            return Mrtd.refused(
                    new TdxPlan.Refusal("the firmware has no TD_HOB section", "rebuild the firmware", false, false));
        }
        byte[] list = list(hob.get().memoryAddress(), table, machine, earlyAccept);
        if (list.length > hob.get().memoryDataSize()) {
            return Mrtd.refused(new TdxPlan.Refusal(
                    TdxPlan.at(hob.get(), "a TD_HOB section of at least " + list.length + " bytes for the list"),
                    "rebuild the firmware",
                    false,
                    false));
        }
        Source image = launch.firmware().image();
        List<MeasuredSection> sections = new ArrayList<>();
        for (Section section : table) {
            Source contents = section == hob.get()
                    ? Source.of("TD HOB of " + machine.id(), list)
                    : image.slice(section.dataOffset(), section.rawDataSize());
            long fromFile = section == hob.get() ? 0 : contents.length();
            sections.add(new MeasuredSection(
                    section, section.memoryDataSize() / MrtdRecords.PAGE, true, contents, fromFile));
        }
        return Mrtd.predicted(sections, MrtdOrder.PAGE, Evidence.PEER, List.of(), plan.warnings());
    }

    private static byte[] list(long address, List<Section> table, GceMachineType machine, boolean earlyAccept) {
        List<Range> left = left(table, machine.banks());
        int end = HEADER + RESOURCE * (table.size() + left.size());
        ByteBuffer out = ByteBuffer.allocate(end + TdHob.END).order(ByteOrder.LITTLE_ENDIAN);
        out.putShort((short) 1).putShort((short) HEADER).putInt(0).putInt(9).putInt(0);
        out.putLong(0).putLong(0).putLong(0).putLong(0).putLong(address + end);
        for (Section section : table) {
            resource(out, SYSTEM_MEMORY, ATTRIBUTES, section.memoryAddress(), section.memoryDataSize());
        }
        for (Range range : left) {
            boolean early = earlyAccept || range.end() <= GIB_4;
            resource(out, UNACCEPTED, early ? ATTRIBUTES | EARLY_ACCEPT : ATTRIBUTES, range.start(), range.length());
        }
        return out.putShort((short) 0xffff)
                .putShort((short) TdHob.END)
                .putInt(0)
                .array();
    }

    private static void resource(ByteBuffer out, int type, int attributes, long start, long length) {
        out.putShort((short) 3).putShort((short) RESOURCE).putInt(0).putLong(0).putLong(0);
        out.putInt(type).putInt(attributes).putLong(start).putLong(length);
    }

    /** What sections leave of the banks, by rising address. The sections do not overlap. */
    private static List<Range> left(List<Section> table, List<Range> banks) {
        List<Section> sorted = new ArrayList<>(table);
        sorted.sort(Comparator.comparingLong(Section::memoryAddress));
        List<Range> left = new ArrayList<>();
        for (Range bank : banks) {
            long start = bank.start();
            for (Section section : sorted) {
                long from = Math.max(start, section.memoryAddress());
                long to = Math.min(bank.end(), section.memoryEnd());
                if (from < to) {
                    if (start < from) {
                        left.add(new Range(start, from - start, false));
                    }
                    start = to;
                }
            }
            if (start < bank.end()) {
                left.add(new Range(start, bank.end() - start, false));
            }
        }
        return left;
    }
}
