package dev.measure.export;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Register;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Measurements of a Constellation image, version 2 (edgelesssys/constellation, measurements.json): by register number, PCRs of the
 * SHA-256 bank; for a TD 0 is MRTD and n + 1 is RTMR n.
 *
 * @param version the version of the image
 * @param ref the ref of the image
 * @param stream the stream of the image
 * @param csp the cloud, such as {@code QEMU}
 */
public record Constellation(String version, String ref, String stream, String csp) {
    private static final DigestAlgorithm BANK = DigestAlgorithm.SHA256;

    /** {@return the values that it can hold} */
    public static ReferenceSet shown(ReferenceSet references) {
        return references.inBank(BANK).only(value -> !(value.register() instanceof Register.LaunchDigest));
    }

    /**
     * {@return the file: a list with one entry for the vTPM and one for the TD}
     *
     * @param references the values, one a register
     * @param variant the attestation variant; empty: {@code CSP-vtpm} or {@code CSP-tdx} in lower case
     */
    public String json(ReferenceSet references, String variant) {
        Map<Integer, Object> pcrs = new TreeMap<>();
        Map<Integer, Object> td = new TreeMap<>();
        shown(references)
                .notEmpty("a PCR of the SHA-256 bank or of a TD")
                .single()
                .forEach((register, digest) -> {
                    if (register instanceof Register.Pcr pcr) {
                        pcrs.put(pcr.index(), entry(digest));
                    } else {
                        td.put(register instanceof Register.Rtmr rtmr ? rtmr.index() + 1 : 0, entry(digest));
                    }
                });
        if (!variant.isEmpty() && !pcrs.isEmpty() && !td.isEmpty()) {
            throw new IllegalArgumentException("one attestation variant is given, and there are PCRs and a TD");
        }
        List<Object> list = new ArrayList<>();
        String cloud = csp.toLowerCase(Locale.ROOT);
        add(list, variant.isEmpty() ? cloud + "-vtpm" : variant, pcrs);
        add(list, variant.isEmpty() ? cloud + "-tdx" : variant, td);
        return JsonTree.pretty(JsonTree.map("version", version, "ref", ref, "stream", stream, "list", list));
    }

    private static Map<String, Object> entry(Digest digest) {
        return JsonTree.map("expected", digest.hex(), "warnOnly", false);
    }

    private void add(List<Object> list, String variant, Map<Integer, Object> values) {
        if (!values.isEmpty()) {
            Map<String, Object> measurements = JsonTree.map();
            values.forEach((index, entry) -> measurements.put(Integer.toString(index), entry));
            list.add(JsonTree.map("csp", csp, "attestationVariant", variant, "measurements", measurements));
        }
    }
}
