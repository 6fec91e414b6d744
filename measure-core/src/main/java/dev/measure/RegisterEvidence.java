package dev.measure;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Evidence of what was booted: an attestation report, a quote, PCR values or the replay of a log. Whether a signature makes it
 * trustworthy is for the technology to check; {@link #with} hands its verdicts along with the evidence.
 */
public interface RegisterEvidence {
    /** {@return the registers that it tells of, with the values that they hold} */
    Map<Register, Digest> registers();

    /**
     * {@return the technology whose policies apply to the fields that it shows beside its registers, {@code snp} or {@code tdx}; empty
     * if it shows none}
     */
    default Optional<String> technology() {
        return Optional.empty();
    }

    /**
     * {@return a verdict for each field that a policy names, and for the bit that makes a guest a debug guest, which is none unless the
     * policy says otherwise}
     *
     * @param policy what is demanded of its fields, by the names that the policies of golden values have
     */
    default List<FieldVerdict> check(Map<String, String> policy) {
        return List.of();
    }

    /** {@return who signed it, as far as somebody looked; a log or plain values are signed by nobody} */
    default List<FieldVerdict> trust() {
        return List.of(new FieldVerdict.NotChecked("SIGNATURE", "nobody looked at it"));
    }

    /** {@return the bytes in it that whoever asked for it chose; empty if it has none, as a log} */
    default Optional<CallerData> callerData() {
        return Optional.empty();
    }

    /**
     * {@return the same evidence, whose check has a verdict more: whether it is bound to a nonce, that is, holds it as its caller's data}
     *
     * @param nonce the nonce, or other data, for which the evidence was asked; see {@link CallerData#check}
     * @throws IllegalArgumentException if the evidence holds no data of a caller, or cannot hold so much
     */
    default RegisterEvidence boundTo(byte[] nonce) {
        CallerData data = callerData()
                .orElseThrow(() -> new IllegalArgumentException("evidence that holds no data of its caller"));
        return new JudgedEvidence(this, List.of(data.check(nonce)), trust());
    }

    /**
     * {@return the same evidence with what became of its signature}
     *
     * @param trust the verdicts of the technology's own verification, such as those of a chain of certificates
     */
    default RegisterEvidence with(List<FieldVerdict> trust) {
        return new JudgedEvidence(this, List.of(), trust);
    }
}
