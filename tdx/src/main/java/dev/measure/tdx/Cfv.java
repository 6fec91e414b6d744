package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.firmware.TdxMetadata;
import java.util.List;

/**
 * The configuration firmware volume (CFV): the variable store as it lies in the firmware file. OVMF measures it into RTMR0 right
 * after the TD HOB, as an event EV_EFI_PLATFORM_FIRMWARE_BLOB2.
 *
 * @param volume its bytes in the file, RawDataSize from DataOffset
 * @param memoryAddress where the VMM maps it
 */
public record Cfv(Source volume, long memoryAddress) {

    /**
     * {@return the CFV sections of a firmware in table order: none if it has none, or if it could not be launched}
     *
     * @param launch what is loaded
     * @throws MalformedInputException if the firmware's tables are broken
     */
    public static List<Cfv> of(TdxLaunch launch) {
        TdxPlan plan = TdxPlan.of(launch);
        if (plan.refusal().isPresent()) {
            return List.of();
        }
        Source image = launch.firmware().image();
        return plan.metadata().map(TdxMetadata::sections).orElse(List.of()).stream()
                .filter(section -> section.type() == TdxMetadata.CFV)
                .map(section ->
                        new Cfv(image.slice(section.dataOffset(), section.rawDataSize()), section.memoryAddress()))
                .toList();
    }

    /** {@return the digest of the event} */
    public Digest digest() {
        return volume.digest(DigestAlgorithm.SHA384);
    }
}
