package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.FieldVerdict;
import dev.measure.Prediction;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.Verdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a report or a quote should say.
 *
 * @param registers for each register the right values by id; a register that is missing is not compared
 * @param attributes ATTRIBUTES; empty if only the debug bit counts
 * @param xfam XFAM
 * @param mrConfigId MRCONFIGID
 * @param mrOwner MROWNER
 * @param mrOwnerConfig MROWNERCONFIG
 * @param reportData REPORTDATA, 64 bytes
 * @param debugAllowed whether a debug TD is taken
 */
public record TdExpectation(
        Map<Register, Map<String, Digest>> registers,
        Optional<TdAttributes> attributes,
        Optional<Long> xfam,
        Optional<Digest> mrConfigId,
        Optional<Digest> mrOwner,
        Optional<Digest> mrOwnerConfig,
        Optional<Source> reportData,
        boolean debugAllowed) {

    /** Copies the map, keeping its order. */
    public TdExpectation {
        Map<Register, Map<String, Digest>> copy = new LinkedHashMap<>();
        registers.forEach(
                (register, values) -> copy.put(register, Collections.unmodifiableMap(new LinkedHashMap<>(values))));
        registers = Collections.unmodifiableMap(copy);
        Objects.requireNonNull(attributes, "attributes");
        Objects.requireNonNull(xfam, "xfam");
        Objects.requireNonNull(reportData, "reportData");
    }

    /**
     * {@return the expectation that MRTD has one of the predicted values, and that it is no debug TD}
     *
     * @param mrtd predictions by order; those without a value do not count
     */
    public static TdExpectation ofMrtd(Map<MrtdOrder, Prediction> mrtd) {
        Map<String, Digest> values = new LinkedHashMap<>();
        mrtd.forEach((order, prediction) -> {
            if (prediction instanceof Prediction.Predicted predicted) {
                values.put("order=" + order.id(), predicted.measurement().value());
            }
        });
        return new TdExpectation(
                Map.of(new Register.Mrtd(), values),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    /**
     * The outcome.
     *
     * @param registers MRTD and RTMR0 to RTMR3, in this order
     * @param fields the other fields
     */
    public record Outcome(List<Verdict> registers, List<FieldVerdict> fields) {
        /** Copies the lists. */
        public Outcome {
            registers = List.copyOf(registers);
            fields = List.copyOf(fields);
        }

        /** {@return whether nothing speaks against the evidence; what nobody expected does not} */
        public boolean allGood() {
            return FieldVerdict.allGood(fields)
                    && registers.stream().noneMatch(verdict -> verdict instanceof Verdict.Mismatch);
        }
    }

    /**
     * {@return what a report or a quote is, compared with this; who signed it is another question}
     *
     * @param evidence the report or quote
     */
    public Outcome check(TdEvidence evidence) {
        List<Verdict> verdicts = new ArrayList<>();
        evidence.registers()
                .forEach((register, actual) ->
                        verdicts.add(Verdict.of(register, registers.getOrDefault(register, Map.of()), actual)));
        List<FieldVerdict> fields = new ArrayList<>();
        boolean debug = evidence.attributes().debug();
        fields.add(
                debug && !debugAllowed
                        ? new FieldVerdict.Untrusted(
                                "ATTRIBUTES.DEBUG", "0", "1: " + TdQuote.debug(evidence.attributes()))
                        : new FieldVerdict.Matches("ATTRIBUTES.DEBUG", debug ? "1" : "0"));
        fields.add(FieldVerdict.of(
                "ATTRIBUTES",
                attributes.map(TdAttributes::text),
                evidence.attributes().text()));
        fields.add(FieldVerdict.of("XFAM", xfam.map(TdExpectation::hex), hex(evidence.xfam())));
        fields.add(FieldVerdict.of(
                "MRCONFIGID", mrConfigId.map(Digest::hex), evidence.mrConfigId().hex()));
        fields.add(FieldVerdict.of(
                "MROWNER", mrOwner.map(Digest::hex), evidence.mrOwner().hex()));
        fields.add(FieldVerdict.of(
                "MROWNERCONFIG",
                mrOwnerConfig.map(Digest::hex),
                evidence.mrOwnerConfig().hex()));
        fields.add(FieldVerdict.of("REPORTDATA", reportData.map(TdExpectation::hex), hex(evidence.reportData())));
        return new Outcome(verdicts, fields);
    }

    private static String hex(Source bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    private static String hex(long bits) {
        return String.format(Locale.ROOT, "0x%016x", bits);
    }
}
