package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.BehaviourProfile;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.ValueId;
import dev.measure.boot.LoaderBehaviour;
import dev.measure.boot.StubBehaviour;
import dev.measure.golden.GoldenBehaviour;
import dev.measure.tdx.MrtdOrder;
import dev.measure.uki.StubVersion;
import dev.measure.uki.Uki;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Finds which behaviour profiles were in force when values were computed. */
final class Behaviours {
    /** Keys of ids whose values are profiles, with the kinds of profile, by register. */
    private static final Map<String, Map<String, List<String>>> IN_IDS = Map.of(
            "snp", Map.of("vmm", List.of("vmm"), "rules", List.of("igvm-rules")),
            "sev", Map.of("vmm", List.of("vmm")),
            "seves", Map.of("vmm", List.of("vmm")),
            "svsm", Map.of("vmm", List.of("vmm"), "rules", List.of("svsm-rules")),
            "rtmr", Map.of("vmm", List.of("tdx-vmm"), "edk2", List.of("edk2")));

    private static final String SYSTEMD_BOOT = "systemd-boot";

    private final Map<String, BehaviourProfile> known = new TreeMap<>();
    private final Map<String, GoldenBehaviour> found = new TreeMap<>();

    Behaviours() {
        Profiles.all().forEach(profile -> known.putIfAbsent(profile.kind() + "=" + profile.id(), profile));
    }

    /** {@return those that were found} */
    List<GoldenBehaviour> found() {
        return List.copyOf(found.values());
    }

    /** Takes what the id of a value says. */
    void of(String id) {
        String register = ValueId.register(id);
        Map<String, String> parameters = ValueId.parameters(id);
        if (register.equals("mrtd")) {
            order(parameters.get("order"));
            return;
        }
        IN_IDS.getOrDefault(register.startsWith("rtmr") ? "rtmr" : register, Map.of())
                .forEach((key, kinds) -> kinds.forEach(kind -> profile(kind, parameters.get(key))));
        if (register.equals("pcr11") && !parameters.get("fwid").equals("none")) {
            profile("chid", "stub");
        }
    }

    private void order(String id) {
        Arrays.stream(MrtdOrder.values())
                .filter(order -> order.id().equals(id))
                .forEach(order -> found.put("mrtd-order=" + id, new GoldenBehaviour("mrtd-order", id, order.rule())));
    }

    /** Takes an assumption, if it names a profile. */
    void of(Assumption assumption) {
        profile(assumption.key(), assumption.value());
    }

    /** Takes the stub of a UKI, or the boot loader that a file is. */
    void of(Source file, Optional<String> stub) {
        if (!FileKind.isPe(file)) {
            return;
        }
        try {
            Uki uki = Uki.read(file, Strictness.LENIENT);
            if (uki.kind() == Uki.Kind.UKI) {
                stub.map(StubVersion::parse)
                        .or(uki::stubVersion)
                        .flatMap(StubBehaviour::of)
                        .ifPresent(this::profile);
            }
            uki.loaderInfo()
                    .filter(info -> info.program().equals(SYSTEMD_BOOT))
                    .flatMap(info -> LoaderBehaviour.of(info.version()))
                    .ifPresent(this::profile);
        } catch (MalformedInputException e) {
            // Neither, so it has no rules of its own.
        }
    }

    private void profile(String kind, String id) {
        Optional.ofNullable(known.get(kind + "=" + id)).ifPresent(this::profile);
    }

    private void profile(BehaviourProfile profile) {
        found.put(
                profile.kind() + "=" + profile.id(),
                new GoldenBehaviour(profile.kind(), profile.id(), profile.changes()));
    }
}
