package dev.measure.tdx;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import dev.measure.firmware.TdxMetadata;
import dev.measure.firmware.TdxMetadata.Section;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What td-shim measures: RTMR0 TD HOB and separator, RTMR1 payload, separator and the payload's parameters.
 *
 * <p>The TD HOB is its VMM's, so without one, which td-shim calls a static configuration, RTMR0 is known; and the payload is what is
 * in the image, or what the VMM hands over. confidential-containers/td-shim 125eeab td-shim/src/bin/td-shim/main.rs,
 * td-shim/src/event_log.rs; td-shim specification 0.7, "TD Event Log".
 */
final class TdShimEvents {
    /** td-shim's own layout has 32 MiB for a kernel. */
    private static final long MAX_PAYLOAD = 256L << 20;

    private static final String LOG = "a log of such a guest: measure eventlog replay CCEL --quote QUOTE";

    private final RtmrInputs inputs;
    private final TdxPlan plan;
    private final TdxMetadata metadata;
    private final boolean hob;
    private final RtmrRecorder rtmr0 = new RtmrRecorder(0);
    private final RtmrRecorder rtmr1 = new RtmrRecorder(1);
    private final RtmrRecorder rtmr2 = new RtmrRecorder(2);

    private TdShimEvents(RtmrInputs inputs, TdxPlan plan, TdxMetadata metadata) {
        this.inputs = inputs;
        this.plan = plan;
        this.metadata = metadata;
        this.hob = metadata.sections().stream().anyMatch(section -> section.type() == TdxMetadata.TD_HOB);
    }

    /** RTMR0 to RTMR2 of a launch by td-shim's VMMs. */
    static List<RtmrValue> of(RtmrInputs inputs, TdxLaunch launch) {
        TdxPlan plan = TdxPlan.of(launch);
        if (plan.refusal().isPresent()) {
            List<RtmrValue> refused = new ArrayList<>();
            for (int register = 0; register < 3; register++) {
                RtmrRecorder recorder = new RtmrRecorder(register);
                recorder.refuse(plan.refusal().get().why(), plan.refusal().get().hint());
                refused.add(recorder.value("only", ""));
            }
            return refused;
        }
        return new TdShimEvents(inputs, plan, plan.metadata().orElseThrow()).values();
    }

    private List<RtmrValue> values() {
        for (RtmrRecorder recorder : List.of(rtmr0, rtmr1)) {
            recorder.warn(plan.warnings());
            recorder.assume(
                    "td-shim-build",
                    "default features",
                    "with secure-boot it measures a policy, an authority and a version more, which the image does not tell");
        }
        if (hob) {
            rtmr0.unknown("td-shim measures the TD HOB that its VMM makes", LOG);
        }
        rtmr0.separator(Evidence.SOURCE);
        boolean handedOver = inputs.kernel.isPresent();
        if (handedOver && !hob) {
            rtmr1.refuse(
                    "the image has no TD_HOB section, and td-shim starts a kernel only if a TD HOB says so",
                    "leave --kernel out");
        } else if (hob && !handedOver) {
            rtmr1.unknown(
                    "whether td-shim starts the payload in its image or a kernel is said by the TD HOB",
                    "--kernel, if its VMM hands one over; else " + LOG);
        } else if (handedOver) {
            rtmr1.separator(Evidence.HARDWARE);
            kernel();
        } else {
            builtIn();
            rtmr1.separator(Evidence.SOURCE);
        }
        rtmr2.unknown("td-shim measures nothing into RTMR2; what its payload measures there is not known", LOG);
        return List.of(rtmr0.value("only", ""), rtmr1.value("only", ""), rtmr2.value("only", ""));
    }

    private static Provenance source(String place) {
        return new Provenance.Constant("td-shim", place);
    }

    /** Attributes are 0 if the payload is measured by td-shim; with MR_EXTEND it is in MRTD. */
    private void builtIn() {
        Optional<Section> payload = TdShimRules.payload(metadata).filter(section -> section.attributes() == 0);
        if (payload.isEmpty()) {
            return;
        }
        Section section = payload.get();
        if (section.rawDataSize() == 0) {
            rtmr1.unknown("the image has a place for a payload, and none in it", "an image with its payload");
            return;
        }
        Source volume = plan.launch().firmware().image().slice(section.dataOffset(), section.rawDataSize());
        Source program = TdShimPayload.find(volume);
        rtmr1.add(
                "td_payload",
                EventType.EV_EFI_PLATFORM_FIRMWARE_BLOB2,
                program,
                Provenance.FileRange.of(program),
                Evidence.SOURCE);
    }

    /** td-shim measures the whole areas, not what the VMM has put into them. */
    private void kernel() {
        Optional<Section> payload = TdShimRules.payload(metadata);
        Optional<Section> parameters = TdShimRules.payloadParam(metadata);
        if (payload.isEmpty() || parameters.isEmpty()) {
            rtmr1.unknown(
                    "the metadata has no PAYLOAD and PAYLOAD_PARAM, so the sizes of the areas are not known", LOG);
            return;
        }
        Optional<Source> kernel = inputs.kernel.flatMap(RtmrContent::bytes);
        if (kernel.isEmpty()) {
            rtmr1.unknown(
                    "td-shim hashes the area that holds the kernel, of which only another digest is given", "--kernel");
            return;
        }
        rtmr1.assume(
                "td-shim-areas",
                "as in the metadata",
                "kernel and command line lie at the starts of their areas, and the rest of these is zero");
        if (payload.get().attributes() == 0) {
            area("td_payload", EventType.EV_EFI_PLATFORM_FIRMWARE_BLOB2, kernel.get(), payload.get());
        }
        byte[] commandLine = inputs.append.orElse("").getBytes(StandardCharsets.UTF_8);
        area(
                "td_payload_info",
                EventType.EV_PLATFORM_CONFIG_FLAGS,
                Source.of("command line", commandLine),
                parameters.get());
    }

    private void area(String name, EventType type, Source content, Section section) {
        long size = section.memoryDataSize();
        if (Long.compareUnsigned(size, MAX_PAYLOAD) > 0) {
            rtmr1.unknown(
                    TdxPlan.at(section, "an area of at most " + MAX_PAYLOAD + " bytes")
                            + ", too large to be measured here",
                    LOG);
            return;
        }
        if (content.length() > size) {
            rtmr1.refuse(
                    TdxPlan.at(
                            section, "an area of at least the " + content.length() + " bytes of the " + content.name()),
                    "the VMM cannot put it there");
            return;
        }
        Source zeros = Source.of("zeros", new byte[0]).withZeroTail(size - content.length());
        Source filled = Source.concat(content, zeros);
        rtmr1.add(name, type, filled, source("td-shim/src/event_log.rs"), Evidence.SOURCE);
    }
}
