package dev.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Evidence of which somebody has already judged something.
 *
 * @param evidence the evidence
 * @param fields verdicts beside those of its policy, such as the one about a nonce
 * @param trust what became of its signature, at least one verdict
 */
record JudgedEvidence(RegisterEvidence evidence, List<FieldVerdict> fields, List<FieldVerdict> trust)
        implements RegisterEvidence {
    JudgedEvidence {
        Objects.requireNonNull(evidence, "evidence");
        fields = List.copyOf(fields);
        trust = List.copyOf(trust);
        if (trust.isEmpty()) {
            throw new IllegalArgumentException("a signature needs a verdict");
        }
    }

    @Override
    public Map<Register, Digest> registers() {
        return evidence.registers();
    }

    @Override
    public Optional<String> technology() {
        return evidence.technology();
    }

    @Override
    public Optional<CallerData> callerData() {
        return evidence.callerData();
    }

    @Override
    public List<FieldVerdict> check(Map<String, String> policy) {
        List<FieldVerdict> all = new ArrayList<>(evidence.check(policy));
        all.addAll(fields);
        return all;
    }
}
