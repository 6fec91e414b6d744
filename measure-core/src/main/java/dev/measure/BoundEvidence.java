package dev.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Evidence that must hold data of its caller.
 *
 * @param evidence the evidence
 * @param binding what became of that
 */
record BoundEvidence(RegisterEvidence evidence, FieldVerdict binding) implements RegisterEvidence {
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
        List<FieldVerdict> fields = new ArrayList<>(evidence.check(policy));
        fields.add(binding);
        return fields;
    }

    @Override
    public List<FieldVerdict> trust() {
        return evidence.trust();
    }
}
