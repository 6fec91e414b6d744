package dev.measure.tpm;

import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.boot.BootInputs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The table boot x PCR in BOOTS.md. */
final class BootTable {
    private static final List<Integer> PCRS =
            IntStream.rangeClosed(0, 15).boxed().toList();

    private BootTable() {}

    static String of(List<BootCase> boots) throws IOException {
        StringBuilder out = new StringBuilder();
        out.append("""
                # Boots and predictions

                Written by `BootVectorsTest`, which fails when this page is stale. Each row is a boot under QEMU with a software TPM;
                all inputs that the boot has are given. A cell says whether the prediction equals the TPM in every bank that it had:

                * `ok` predicted and equal, `WRONG` predicted and different
                * `-` not predictable; the reason stands below the table

                The second table shows the same boots with the UKI alone: what a file can say about a machine that nobody describes.
                There `other` stands for a value that rests on assumptions which the prediction lists and this boot did not keep: it
                had a boot loader, an add-on, an option ROM, an OEM string or a matching hardware id that was not given.

                ## All inputs of the boot

                """);
        table(out, boots, false);
        out.append("\n## The UKI alone\n\n");
        table(out, boots, true);
        return out.toString();
    }

    private static void table(StringBuilder out, List<BootCase> boots, boolean alone) throws IOException {
        out.append("| boot | banks |");
        PCRS.forEach(pcr -> out.append(' ').append(pcr).append(" |"));
        out.append("\n|---|---|").append("---|".repeat(PCRS.size())).append('\n');
        TreeMap<String, List<String>> reasons = new TreeMap<>();
        for (BootCase boot : boots) {
            BootInputs inputs = boot.inputs();
            if (alone) { // nothing but the image
                if (inputs.uki().isEmpty()) {
                    continue;
                }
                inputs = BootInputs.builder()
                        .uki(inputs.uki().get())
                        .profile(inputs.profile())
                        .build();
            }
            row(out, boot, alone ? boot.outcome(inputs) : boot.outcome(), alone, reasons);
        }
        out.append("\nNot predictable:\n\n");
        reasons.forEach((reason, where) -> {
            List<String> distinct = where.stream().distinct().toList();
            out.append("* ")
                    .append(reason)
                    .append(" (")
                    .append(distinct.size())
                    .append(distinct.size() == 1 ? " boot)\n" : " boots)\n");
        });
    }

    private static void row(
            StringBuilder out,
            BootCase boot,
            BootCase.Outcome outcome,
            boolean alone,
            TreeMap<String, List<String>> reasons) {
        List<DigestAlgorithm> banks = boot.banks();
        out.append("| ").append(boot.name()).append(" | ").append(banks.size()).append(" |");
        for (int pcr : PCRS) {
            String cell = "ok";
            boolean equal = true;
            boolean any = false;
            for (DigestAlgorithm bank : banks) {
                boolean here = false;
                for (PcrPrediction value : outcome.of(pcr, bank)) {
                    if (value.prediction() instanceof Prediction.Predicted predicted) {
                        any = true;
                        here |= predicted.measurement().value().hex().equals(boot.pcr(bank, pcr));
                        if (value.alternative()) {
                            cell = "ok (set)";
                        }
                    } else if (value.prediction() instanceof Prediction.NotPredictable not) {
                        reasons.computeIfAbsent(
                                        "PCR " + pcr + ": " + not.why() + " (" + not.input() + ")",
                                        any0 -> new ArrayList<>())
                                .add(boot.name());
                    }
                }
                equal &= here;
            }
            out.append(' ')
                    .append(!any ? "-" : equal ? cell : alone ? "other" : "WRONG")
                    .append(" |");
        }
        out.append('\n');
    }
}
