package dev.measure.export;

import dev.measure.Digest;
import dev.measure.Register;
import dev.measure.golden.GoldenValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Patches for the reference values of a Contrast manifest (edgelesssys/contrast, internal/manifest): a list of JSON Patches (RFC 6902),
 * each applied to every entry whose platform, product and vCPU count it tests.
 *
 * @param platform the platform of the entries, such as {@code Metal-QEMU-SNP}; it keeps SNP patches away from TDX entries
 * @param product {@code Milan} or {@code Genoa}; empty: not tested
 */
public record Contrast(String platform, Optional<String> product) {
    /** {@return the values that a patch can hold} */
    public static ReferenceSet shown(ReferenceSet references) {
        return references.only(value -> ReferenceSet.isSnp(value.register()) || ReferenceSet.isTdx(value.register()));
    }

    /**
     * {@return the patches}
     *
     * @param references SNP launch digests, or the registers of a TD, one value for each vCPU count
     * @throws IllegalArgumentException if there are both, or several values for one vCPU count
     */
    public String json(ReferenceSet references) {
        ReferenceSet shown = shown(references).notEmpty("SNP or a TD");
        boolean snp = shown.has(ReferenceSet::isSnp);
        if (snp && shown.has(ReferenceSet::isTdx)) {
            throw new IllegalArgumentException(
                    "a patch is for one platform, and there are values of SNP and of a TD; they differ in register");
        }
        List<Object> patches = new ArrayList<>();
        if (snp) {
            Map<Integer, List<GoldenValue>> byVcpus = new TreeMap<>();
            shown.values()
                    .forEach((register, values) -> values.forEach(
                            value -> byVcpus.computeIfAbsent(ReferenceSet.vcpus(value), any -> new ArrayList<>())
                                    .add(value)));
            byVcpus.forEach((vcpus, values) -> {
                if (values.stream().map(GoldenValue::digest).distinct().count() > 1) {
                    GoldenValue first = values.get(0);
                    throw shown.only(values::contains).several(first.register());
                }
                List<Object> patch = tests(Optional.of(vcpus).filter(count -> count > 0));
                patch.add(replace("/TrustedMeasurement", values.get(0).digest()));
                patches.add(patch);
            });
        } else {
            boolean one = shown.digests().values().stream().allMatch(digests -> digests.size() == 1);
            Set<Integer> counts = new TreeSet<>();
            shown.golden().values().stream()
                    .map(ReferenceSet::vcpus)
                    .filter(count -> count > 0)
                    .forEach(counts::add);
            if (one || counts.size() < 2) {
                patches.add(td(shown, Optional.empty()));
            } else {
                counts.forEach(count -> patches.add(td(
                        shown.only(value -> List.of(0, count).contains(ReferenceSet.vcpus(value))),
                        Optional.of(count))));
            }
        }
        return JsonTree.pretty(patches);
    }

    private List<Object> td(ReferenceSet references, Optional<Integer> vcpus) {
        List<Object> patch = tests(vcpus);
        references
                .single()
                .forEach((register, digest) -> patch.add(
                        replace(register instanceof Register.Rtmr rtmr ? "/Rtmrs/" + rtmr.index() : "/MrTd", digest)));
        return patch;
    }

    private List<Object> tests(Optional<Integer> vcpus) {
        List<Object> patch = new ArrayList<>();
        patch.add(JsonTree.map("op", "test", "path", "/Platform", "value", platform));
        product.ifPresent(name -> patch.add(JsonTree.map("op", "test", "path", "/ProductName", "value", name)));
        vcpus.ifPresent(count -> patch.add(JsonTree.map("op", "test", "path", "/CPUs", "value", count)));
        return patch;
    }

    private static Map<String, Object> replace(String path, Digest digest) {
        return JsonTree.map("op", "replace", "path", path, "value", digest.hex());
    }
}
