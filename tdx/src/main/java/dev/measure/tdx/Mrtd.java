package dev.measure.tdx;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.Register;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.hash.Engine;
import dev.measure.tdx.TdxPlan.MeasuredSection;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/**
 * MRTD, the build-time measurement of a trust domain: SHA-384 over a record of every page that the VMM adds and of every 256
 * bytes that it measures before the trust domain starts.
 *
 * <p>It depends on the firmware and on the {@linkplain MrtdOrder order} in which the VMM works, and on nothing else: not on memory
 * size, vCPUs, command line or attributes. Intel TDX Module Base Architecture Specification, "MRTD: Build-Time Measurement
 * Register"; Intel TDX Virtual Firmware Design Guide, section 11.
 *
 * <p>All methods may be called by several threads.
 */
public final class Mrtd {
    private static final Register MRTD = new Register.Mrtd();

    private Mrtd() {}

    /**
     * {@return MRTD in an order, or the reason why there is none}
     *
     * @param launch what is loaded
     * @param order the order, whatever the VMM of the launch does
     * @throws MalformedInputException if the firmware's tables are broken
     */
    public static Prediction of(TdxLaunch launch, MrtdOrder order) {
        return of(launch, List.of(order)).get(order);
    }

    /**
     * {@return MRTD in every order that the VMM may use: one if it is known, else page and section order}
     *
     * @param launch what is loaded
     * @throws MalformedInputException if the firmware's tables are broken
     */
    public static Map<MrtdOrder, Prediction> of(TdxLaunch launch) {
        return of(
                launch,
                launch.recognised()
                        .vmm()
                        .flatMap(TdxVmm::order)
                        .map(List::of)
                        .orElse(List.of(MrtdOrder.PAGE, MrtdOrder.SECTION)));
    }

    /**
     * {@return MRTD in several orders, side by side}
     *
     * @param launch what is loaded
     * @param orders which
     * @throws MalformedInputException if the firmware's tables are broken
     */
    public static Map<MrtdOrder, Prediction> of(TdxLaunch launch, List<MrtdOrder> orders) {
        TdxPlan plan = TdxPlan.of(launch);
        Map<MrtdOrder, Prediction> predictions = new EnumMap<>(MrtdOrder.class);
        if (plan.refusal().isPresent()) {
            orders.forEach(
                    order -> predictions.put(order, refused(plan.refusal().get())));
            return predictions;
        }
        List<MrtdStream.Image> images = orders.stream()
                .map(order -> new MrtdStream.Image(plan.sections(), order))
                .toList();
        List<Digest> values = values(images);
        for (int i = 0; i < orders.size(); i++) {
            predictions.put(orders.get(i), predicted(launch, plan, orders.get(i), values.get(i)));
        }
        return predictions;
    }

    /**
     * {@return MRTD of several images in an order, in the order of the images; each a value or the reason why there is none}
     *
     * <p>They are hashed side by side where this machine gains by it.
     *
     * @param launches what is loaded
     * @param order the order, whatever the VMM of a launch does
     * @throws MalformedInputException if a firmware's tables are broken
     */
    public static List<Prediction> of(List<TdxLaunch> launches, MrtdOrder order) {
        List<TdxPlan> plans = launches.stream().map(TdxPlan::of).toList();
        List<MrtdStream.Image> images = plans.stream()
                .filter(plan -> plan.refusal().isEmpty())
                .map(plan -> new MrtdStream.Image(plan.sections(), order))
                .toList();
        Iterator<Digest> values = values(images).iterator();
        List<Prediction> predictions = new ArrayList<>();
        for (int i = 0; i < plans.size(); i++) {
            TdxPlan plan = plans.get(i);
            predictions.add(plan.refusal()
                    .map(Mrtd::refused)
                    .orElseGet(() -> predicted(launches.get(predictions.size()), plan, order, values.next())));
        }
        return predictions;
    }

    /** Two streams without lanes are hashed by two threads. */
    private static List<Digest> values(List<MrtdStream.Image> images) {
        if (images.size() != 2 || Engine.current().sideBySide()) {
            return MrtdStream.values(images);
        }
        CompletableFuture<Digest> second = CompletableFuture.supplyAsync(() -> MrtdStream.alone(images.get(1)));
        Digest first = MrtdStream.alone(images.get(0));
        return List.of(first, joined(second));
    }

    private static Digest joined(CompletableFuture<Digest> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause; // a file that shrinks while it is read
            }
            throw e;
        }
    }

    static Prediction refused(TdxPlan.Refusal refusal) {
        return refusal.missingInput()
                ? new Prediction.NotPredictable(MRTD, refusal.why(), refusal.hint())
                : new Prediction.NotLaunchable(MRTD, refusal.why(), refusal.hint(), refusal.lenient());
    }

    private static Prediction predicted(TdxLaunch given, TdxPlan plan, MrtdOrder order, Digest value) {
        TdxLaunch launch = plan.launch();
        Evidence evidence = launch.vmm()
                .filter(vmm -> vmm.order().equals(Optional.of(order)))
                .map(vmm -> vmm.evidence().weaker(order.evidence()))
                .orElse(order.evidence());
        List<Warning> warnings = new ArrayList<>(plan.warnings());
        launch.vmm()
                .filter(vmm -> vmm.order().isEmpty())
                .ifPresent(vmm -> warnings.add(new Warning(
                        WarningCode.MRTD_ORDER_UNKNOWN,
                        "the order in which " + vmm.id() + " measures is not known: " + vmm.source()
                                + "; accept page and section order")));
        List<Assumption> assumptions = new ArrayList<>();
        if (given.vmm().isEmpty() && launch.vmm().isPresent()) {
            assumptions.add(
                    new Assumption(
                            "vmm",
                            launch.vmm().get().id(),
                            "the metadata is td-shim's: QEMU does not find it, or refuses sections of it; --vmm says otherwise"));
        }
        if (order == MrtdOrder.IMAGE) {
            assumptions.add(new Assumption("order", order.id(), order.rule()));
        } else if (launch.vmm().isEmpty()) {
            assumptions.add(
                    new Assumption(
                            "order",
                            "page, section",
                            "the VMM is not known: page order is QEMU from 10.1, GCE and cloud-hypervisor, section order QEMU 8.2; --qemu-version or --vmm settles it"));
        }
        return predicted(plan.sections(), order, value, evidence, assumptions, warnings);
    }

    /** The value of sections that somebody else has thought out. */
    static Prediction predicted(
            List<MeasuredSection> sections,
            MrtdOrder order,
            Evidence evidence,
            List<Assumption> assumptions,
            List<Warning> warnings) {
        Digest value = MrtdStream.alone(new MrtdStream.Image(sections, order));
        return predicted(sections, order, value, evidence, assumptions, warnings);
    }

    private static Prediction predicted(
            List<MeasuredSection> sections,
            MrtdOrder order,
            Digest value,
            Evidence evidence,
            List<Assumption> assumptions,
            List<Warning> warnings) {
        Measurement measurement = Measurement.of(
                MRTD, value, evidence, (detail, sink) -> replay(sections, order, detail, evidence, sink));
        return new Prediction.Predicted(measurement, assumptions, warnings);
    }

    /** What is done with the pages of a section in one go. */
    enum Step {
        ADD("TDH.MEM.PAGE.ADD"),
        ADD_AND_EXTEND("TDH.MEM.PAGE.ADD, 16 TDH.MR.EXTEND"),
        EXTEND("16 TDH.MR.EXTEND");

        private final String records;

        Step(String records) {
            this.records = records;
        }
    }

    /** Takes a step with a section. */
    interface Steps {
        void take(Step step, MeasuredSection section);
    }

    static void inOrder(List<MeasuredSection> sections, MrtdOrder order, Steps steps) {
        for (MeasuredSection section : sections) {
            boolean both = order == MrtdOrder.PAGE && section.extended();
            steps.take(both ? Step.ADD_AND_EXTEND : Step.ADD, section);
            if (order == MrtdOrder.SECTION && section.extended()) {
                steps.take(Step.EXTEND, section);
            }
        }
        if (order == MrtdOrder.IMAGE) {
            sections.stream().filter(MeasuredSection::extended).forEach(section -> steps.take(Step.EXTEND, section));
        }
    }

    private static void replay(
            List<MeasuredSection> sections,
            MrtdOrder order,
            Measurement.Detail detail,
            Evidence evidence,
            Consumer<MeasuredEvent> sink) {
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        MessageDigest contentsDigest = DigestAlgorithm.SHA384.newMessageDigest();
        MrtdRecords records = new MrtdRecords(sha384::update);
        MrtdPages pages = new MrtdPages();
        boolean each = detail == Measurement.Detail.STEPS;
        inOrder(sections, order, (step, section) -> {
            long gpa = section.section().memoryAddress();
            Digest[] last = {Digest.zero(DigestAlgorithm.SHA384)};
            if (step == Step.ADD) {
                for (long page = 0; page < section.pages() && each; page++) {
                    records.add(gpa + page * MrtdRecords.PAGE, 1);
                    sink.accept(event(step, section, page, 1, last[0], now(sha384), evidence));
                }
                if (!each) {
                    records.add(gpa, section.pages());
                }
            } else {
                pages.begin();
                for (long page = 0; page < section.pages(); page++) {
                    int at = pages.at(section.contents(), page);
                    byte[] contents = pages.array();
                    if (step == Step.EXTEND) {
                        records.extend(gpa + page * MrtdRecords.PAGE, contents, at);
                    } else {
                        records.addAndExtend(gpa + page * MrtdRecords.PAGE, contents, at);
                    }
                    if (each || page == section.pages() - 1) {
                        contentsDigest.update(contents, at, MrtdRecords.PAGE);
                        last[0] = Digest.of(DigestAlgorithm.SHA384, contentsDigest);
                    }
                    if (each) {
                        sink.accept(event(step, section, page, 1, last[0], now(sha384), evidence));
                    }
                }
            }
            if (!each) {
                sink.accept(event(step, section, 0, section.pages(), last[0], now(sha384), evidence));
            }
        });
    }

    /** MRTD if the build ended here. */
    static Digest now(MessageDigest sha384) {
        try {
            return Digest.of(DigestAlgorithm.SHA384, (MessageDigest) sha384.clone());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("SHA-384 of this Java runtime cannot be cloned", e);
        }
    }

    private static MeasuredEvent event(
            Step step,
            MeasuredSection section,
            long first,
            long pages,
            Digest digest,
            Digest after,
            Evidence evidence) {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("records", step.records);
        details.put("gpa", "0x" + Long.toHexString(section.section().memoryAddress() + first * MrtdRecords.PAGE));
        details.put("pages", Long.toString(pages));
        return new MeasuredEvent(
                section.section().typeName(), digest, after, where(step, section, first, pages), evidence, details);
    }

    /** The bytes of the pages, or, where none are measured, the section's entry in the metadata. */
    private static Provenance where(Step step, MeasuredSection section, long first, long pages) {
        long offset = first * MrtdRecords.PAGE;
        long length = Math.min(pages * MrtdRecords.PAGE, section.fromFile() - offset);
        if (step == Step.ADD || length <= 0) {
            return Provenance.FileRange.of(section.section().source());
        }
        return Provenance.FileRange.of(section.contents().slice(offset, length));
    }
}
