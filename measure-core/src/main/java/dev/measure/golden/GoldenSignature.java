package dev.measure.golden;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is known of the signature of a piece of evidence.
 *
 * @param state whether it holds
 * @param verdicts the verdicts behind it
 */
public record GoldenSignature(State state, List<FieldVerdict> verdicts) {
    /**
     * What may stay open where a signature holds: the state of a platform, which needs collateral and a clock; who is above the last
     * certificate that the caller handed in; and what a report hides or is too old to have.
     */
    private static final Set<String> MAY_BE_OPEN = Set.of("TCB", "ARK", "VCEK", "VLEK", "product", "CHIP_ID");

    /** Whether a signature holds. */
    public enum State {
        /** It holds, up to a root or key that the caller trusts. */
        VERIFIED,
        /** Nobody can tell: something was not given. */
        NOT_VERIFIED,
        /** A key, a signature or a certificate is wrong. */
        WRONG
    }

    /** Copies the list. */
    public GoldenSignature {
        verdicts = List.copyOf(verdicts);
    }

    /** {@return what is known of each piece; one that is not signed itself is good for registers that signed pieces show alike} */
    static List<GoldenSignature> of(List<RegisterEvidence> evidence, Set<Register> golden) {
        List<GoldenSignature> signatures =
                new ArrayList<>(evidence.stream().map(GoldenSignature::of).toList());
        Map<Register, Digest> signed = new HashMap<>();
        for (int i = 0; i < signatures.size(); i++) {
            if (signatures.get(i).state == State.VERIFIED) {
                signed.putAll(evidence.get(i).registers());
            }
        }
        for (int i = 0; i < signatures.size(); i++) {
            boolean bare = signatures.get(i).verdicts.stream().allMatch(FieldVerdict.NotChecked.class::isInstance);
            if (bare && !signed.isEmpty()) {
                signatures.set(i, covered(evidence.get(i), golden, signed, signatures.get(i)));
            }
        }
        return List.copyOf(signatures);
    }

    private static GoldenSignature covered(
            RegisterEvidence piece, Set<Register> golden, Map<Register, Digest> signed, GoldenSignature alone) {
        List<String> shown = new ArrayList<>();
        List<FieldVerdict> open = new ArrayList<>();
        piece.registers().forEach((register, value) -> {
            if (golden.contains(register) && value.equals(signed.get(register))) {
                shown.add(register.text());
            } else if (golden.contains(register)) {
                open.add(new FieldVerdict.NotChecked(register.text(), "no signed evidence shows " + register.text()));
            }
        });
        if (shown.isEmpty()) {
            return alone;
        }
        return open.isEmpty()
                ? new GoldenSignature(
                        State.VERIFIED,
                        List.of(new FieldVerdict.Matches("as signed evidence", String.join(", ", shown))))
                : new GoldenSignature(State.NOT_VERIFIED, open);
    }

    /** {@return what is known of one piece by itself} */
    public static GoldenSignature of(RegisterEvidence evidence) {
        List<FieldVerdict> verdicts = evidence.trust();
        boolean open = verdicts.stream()
                .anyMatch(verdict ->
                        verdict instanceof FieldVerdict.NotChecked && !MAY_BE_OPEN.contains(verdict.field()));
        boolean shown = verdicts.stream().anyMatch(FieldVerdict.Matches.class::isInstance);
        State state =
                !FieldVerdict.allGood(verdicts) ? State.WRONG : open || !shown ? State.NOT_VERIFIED : State.VERIFIED;
        return new GoldenSignature(state, verdicts);
    }

    /** {@return the state in words: {@code signature verified}, or why it is not} */
    public String text() {
        if (state == State.VERIFIED) {
            return "signature verified";
        }
        List<String> why = new ArrayList<>();
        for (FieldVerdict verdict : verdicts) {
            if (verdict instanceof FieldVerdict.NotChecked open && state == State.NOT_VERIFIED) {
                if (!MAY_BE_OPEN.contains(open.field())) {
                    why.add(open.why());
                }
            } else if (!(verdict instanceof FieldVerdict.Matches || verdict instanceof FieldVerdict.NotChecked)) {
                why.add(verdict.text());
            }
        }
        return (state == State.WRONG ? "signature wrong: " : "signature not verified: ")
                + why.stream().distinct().collect(Collectors.joining("; "));
    }
}
