package dev.measure.cli;

import dev.measure.CallerData;
import dev.measure.FieldVerdict;
import dev.measure.Register;
import dev.measure.Verdict;
import dev.measure.golden.GoldenSignature;
import dev.measure.golden.GoldenValues;
import dev.measure.tpm.AttestationKey;
import dev.measure.tpm.HclRuntimeData;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What ties the attestation key of a TPM's quote to the machine that the other evidence is of. Azure's paravisor puts a hash over the key
 * of its virtual TPM into the report of the guest; of any other TPM nothing in the evidence says whose it is.
 *
 * <p>Whoever owns a genuine guest writes into REPORT_DATA what he likes, a key of his own too. What software wrote it, the launch digest
 * or MRTD of the same report says, so only a report of golden software binds a key.
 *
 * @param key the key to verify the quote with; empty if nobody says which
 * @param state whether it is tied
 * @param text how, in words
 * @param verdicts what the quote's signature is judged by, too
 */
record KeyBinding(Optional<AttestationKey> key, State state, String text, List<FieldVerdict> verdicts) {
    private static final String FIELD = "AK";
    private static final String OPTION = "--ak";

    /** Whether a key is tied to the machine. */
    enum State {
        /** A report holds it whose signature was verified, and whose launch digest or MRTD is golden. */
        BOUND("bound"),
        /** A report holds it of which one of the two is not so, or a TDREPORT, which has no signature. */
        UNVERIFIED("unverified"),
        /** The command line names it, and nothing else. */
        ON_TRUST("on-trust"),
        /** A report is of another key or of other data. */
        WRONG("wrong"),
        /** There is no key. */
        UNKNOWN("unknown");

        private final String id;

        State(String id) {
            this.id = id;
        }

        String id() {
            return id;
        }
    }

    /**
     * {@return what is known of the key of a quote}
     *
     * @param others the other pieces of evidence
     * @param given the key that the command line names
     * @param golden the values that the report which holds the key must show
     */
    static KeyBinding of(Collection<EvidencePiece> others, Optional<AttestationKey> given, GoldenValues golden) {
        Optional<EvidencePiece> hcl =
                others.stream().filter(piece -> piece.runtimeData().isPresent()).findFirst();
        if (hcl.isEmpty()) {
            return given.isEmpty()
                    ? new KeyBinding(given, State.UNKNOWN, "unknown: no " + OPTION + " is given", List.of())
                    : new KeyBinding(
                            given,
                            State.ON_TRUST,
                            "on trust: " + OPTION + " names it, and nothing in the evidence says whose TPM has it",
                            List.of());
        }
        String name = hcl.get().name();
        HclRuntimeData runtime = HclRuntimeData.read(hcl.get().runtimeData().get());
        Optional<EvidencePiece> signed = holder(others, runtime, EvidencePiece.Kind.SNP)
                .or(() -> holder(others, runtime, EvidencePiece.Kind.TD_QUOTE));
        Optional<EvidencePiece> holder = signed.or(() -> holder(others, runtime, EvidencePiece.Kind.TD_REPORT));
        if (holder.isEmpty()) {
            return wrong(given, "a report that holds the SHA-256 of the runtime data of " + name, "none");
        }
        if (given.isPresent() && !given.get().isSameAs(runtime.attestationKey())) {
            return wrong(given, "HCLAkPub of " + name, "another key by " + OPTION);
        }
        String field =
                holder.get().evidence().callerData().map(CallerData::field).orElseThrow();
        String where = "HCLAkPub of " + name + ", which " + field + " of "
                + holder.get().name() + " binds";
        // What is given may say more of itself: what the TPM lets it sign.
        Optional<AttestationKey> key = given.or(() -> Optional.of(runtime.attestationKey()));
        boolean verified = signed.filter(
                        piece -> GoldenSignature.of(piece.evidence()).state() == GoldenSignature.State.VERIFIED)
                .isPresent();
        boolean launched = isGolden(holder.get(), golden);
        if (verified && launched) {
            return new KeyBinding(key, State.BOUND, where, List.of(new FieldVerdict.Matches(FIELD, where)));
        }
        String open = where;
        if (!verified) {
            open += signed.isEmpty()
                    ? ": a TDREPORT, which is not signed; the guest's TD quote is"
                    : ", whose signature was not verified";
        }
        if (!launched) {
            boolean snp = holder.get().kind() == EvidencePiece.Kind.SNP;
            open += (verified ? ", whose " : ", and whose ") + (snp ? "launch digest" : "MRTD")
                    + " is no golden value: any guest can bind a key of its own";
        }
        // A key that the command line names is good without the report.
        return new KeyBinding(
                key,
                State.UNVERIFIED,
                open,
                given.isPresent()
                        ? List.of(new FieldVerdict.Matches(FIELD, "by " + OPTION))
                        : List.of(new FieldVerdict.NotChecked(FIELD, open)));
    }

    /** Software that is not known puts there what it likes. */
    private static boolean isGolden(EvidencePiece report, GoldenValues golden) {
        return golden.check(report.evidence()).verdicts().stream()
                .filter(Verdict.Match.class::isInstance)
                .map(Verdict::register)
                .anyMatch(register -> register instanceof Register.LaunchDigest || register instanceof Register.Mrtd);
    }

    private static KeyBinding wrong(Optional<AttestationKey> given, String expected, String found) {
        return new KeyBinding(
                given,
                State.WRONG,
                "wrong: expected " + expected + ", found " + found,
                List.of(new FieldVerdict.Untrusted(FIELD, expected, found)));
    }

    private static Optional<EvidencePiece> holder(
            Collection<EvidencePiece> others, HclRuntimeData runtime, EvidencePiece.Kind kind) {
        return others.stream()
                .filter(piece -> piece.kind() == kind)
                .filter(piece -> piece.evidence()
                        .callerData()
                        .filter(data -> runtime.boundBy(data) instanceof FieldVerdict.Matches)
                        .isPresent())
                .findFirst();
    }
}
