package dev.measure;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Evidence whose signature somebody looked at.
 *
 * @param evidence the evidence
 * @param trust what became of the signature, at least one verdict
 */
record SignedEvidence(RegisterEvidence evidence, List<FieldVerdict> trust) implements RegisterEvidence {
    SignedEvidence {
        Objects.requireNonNull(evidence, "evidence");
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
        return evidence.check(policy);
    }
}
