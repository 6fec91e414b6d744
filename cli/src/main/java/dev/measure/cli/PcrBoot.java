package dev.measure.cli;

import dev.measure.boot.BootInputs;
import dev.measure.boot.BootPhase;
import dev.measure.boot.BootPrediction;
import dev.measure.boot.BootSequence;
import dev.measure.boot.BootVariant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A boot that a command line asks about.
 *
 * @param choice which of several images or stubs it has, where any of them may boot
 * @param inputs what it is made of
 */
record PcrBoot(Optional<BootVariant.Choice> choice, BootInputs inputs) {
    /** {@return the predictions, each at each time; boots of one profile and firmware that differ in their choice are one set} */
    static List<BootPrediction> predict(PcrRequest request) {
        Map<List<Object>, Map<BootVariant.Choice, BootPrediction>> sets = new LinkedHashMap<>();
        for (int i = 0; i < request.boots().size(); i++) {
            PcrBoot boot = request.boots().get(i);
            BootPrediction start = BootSequence.of(boot.inputs);
            Object alone = boot.choice.isPresent() ? "set" : i;
            sets.computeIfAbsent(List.of(start.profile(), start.fwid(), alone), any -> new LinkedHashMap<>())
                    .put(boot.choice.orElse(new BootVariant.Choice("", BootVariant.ONLY, "")), start);
        }
        List<BootPrediction> predictions = new ArrayList<>();
        for (Map<BootVariant.Choice, BootPrediction> set : sets.values()) {
            BootPrediction start = set.size() == 1 ? set.values().iterator().next() : BootPrediction.anyOf(set);
            for (BootPhase phase : request.phases()) {
                predictions.add(chosen(start.at(phase, request.identity()), request.chosen()));
            }
        }
        return predictions;
    }

    private static BootPrediction chosen(BootPrediction boot, List<String> names) {
        return names.isEmpty() ? boot : boot.choose(names);
    }
}
