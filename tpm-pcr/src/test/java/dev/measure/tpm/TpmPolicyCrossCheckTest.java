package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.vectors.TpmPolicyTests;
import dev.measure.vectors.TpmPolicyTests.Value;
import dev.measure.vectors.Vectors;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Against what systemd-measure, systemd-pcrlock and tpm2-tools wrote. */
class TpmPolicyCrossCheckTest {
    @TestFactory
    Stream<DynamicTest> outputsEqualThePeers() {
        List<DynamicTest> tests = new ArrayList<>();
        Set<String> kinds = new LinkedHashSet<>();
        for (TpmPolicyTests.Group group :
                Vectors.open("tpm_policy_test.json", TpmPolicyTests.class).testGroups()) {
            kinds.add(group.parameters().kind());
            for (TpmPolicyTests.Test test : group.tests()) {
                tests.add(dynamicTest("tcId " + test.tcId() + ": " + test.comment(), () -> check(group, test)));
            }
        }
        assertEquals(9, kinds.size(), () -> "kinds " + kinds);
        return tests.stream();
    }

    private static void check(TpmPolicyTests.Group group, TpmPolicyTests.Test test) {
        String style = group.parameters().style();
        switch (group.parameters().kind()) {
            case "calculate" -> calculate(style, test);
            case "sign" -> signatures(group.parameters(), test);
            case "policy-digest" ->
                assertEquals(
                        test.output(),
                        SystemdMeasure.policyDigest(pcr11(test), base(test), key(test), ref(test))
                                .toJson(style(style)));
            case "policy-pcr" -> {
                SortedMap<Integer, Digest> values = new TreeMap<>();
                test.values().forEach(value -> values.put(value.pcr(), digest(value)));
                assertEquals(test.output(), PcrPolicy.policyPcr(values).hex());
            }
            case "tpm-name" ->
                assertEquals(
                        test.output(),
                        HexFormat.of().formatHex(key(test).orElseThrow().tpmName()));
            case "policy-authorize" ->
                assertEquals(
                        test.output(),
                        PcrPolicy.policyAuthorize(key(test).orElseThrow(), ref(test))
                                .hex());
            case "tpm2-yaml" -> assertEquals(test.output(), values(test).tpm2Yaml());
            case "tpm2-binary" ->
                assertEquals(
                        test.output(), HexFormat.of().formatHex(values(test).tpm2Binary()));
            case "pcrlock-prediction" ->
                assertEquals(test.output(), values(test).pcrlockPrediction(style(style)));
            default -> throw new AssertionError(group.parameters().kind());
        }
    }

    private static void calculate(String style, TpmPolicyTests.Test test) {
        List<Pcr11Value> values = pcr11(test);
        StringBuilder errors = new StringBuilder();
        StringBuilder lines = new StringBuilder();
        String phase = null;
        for (Pcr11Value value : values) {
            if (!value.phase().equals(phase)) {
                phase = value.phase();
                errors.append(SystemdMeasure.heading(phase)).append('\n');
            }
            lines.append(SystemdMeasure.line(value.value())).append('\n');
        }
        if (style.equals("off")) {
            assertEquals(test.output(), lines.toString());
            assertEquals(test.errors(), errors.toString());
        } else {
            assertEquals(test.output(), SystemdMeasure.json(values, style(style)));
        }
        List<String> phases = values.stream().map(Pcr11Value::phase).distinct().toList();
        List<String> backwards = new ArrayList<>(phases);
        Collections.reverse(backwards);
        assertEquals(phases, SystemdMeasure.phases(backwards), "the order of the phases");
    }

    /** The private keys are gone, so the peer's signatures are taken over, and each must be right. */
    private static void signatures(TpmPolicyTests.Parameters parameters, TpmPolicyTests.Test test) {
        PolicyPublicKey key = key(test).orElseThrow();
        PcrSignature theirs = PcrSignature.read(source("output", test.output()));
        assertEquals(test.output(), theirs.toJson(style(parameters.style())), "read and written again");
        PcrSignature ours = base(test);
        for (Pcr11Value value : pcr11(test)) {
            DigestAlgorithm bank = value.value().algorithm();
            PcrSignature.Entry expected = PcrSignature.unsigned(value.value(), Optional.of(key), ref(test));
            PcrSignature.Entry found = theirs.banks().get(bank).stream()
                    .filter(entry ->
                            entry.pol().equals(expected.pol()) && entry.ref().equals(expected.ref()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no entry for " + value));
            SignatureHash hash =
                    parameters.signatureHash().equals("bank") ? SignatureHash.OF_BANK : SignatureHash.SHA256;
            assertTrue(
                    key.verify(
                            hash.of(bank),
                            expected.toBeSigned(),
                            found.signature().orElseThrow()),
                    "signature");
            if (hash.of(bank) != DigestAlgorithm.SHA256
                    && !test.append().contains(found.sig().orElseThrow())) {
                assertTrue(
                        !key.verify(
                                DigestAlgorithm.SHA256,
                                expected.toBeSigned(),
                                found.signature().orElseThrow()),
                        "the other hash must not verify");
            }
            ours = ours.append(
                    bank,
                    new PcrSignature.Entry(
                            expected.pcrs(), expected.pkfp(), expected.ref(), expected.pol(), false, found.sig()));
        }
        assertEquals(test.output(), ours.toJson(style(parameters.style())));
    }

    private static PcrSignature base(TpmPolicyTests.Test test) {
        return test.append().isEmpty() ? PcrSignature.EMPTY : PcrSignature.read(source("append", test.append()));
    }

    private static Optional<PolicyPublicKey> key(TpmPolicyTests.Test test) {
        return test.publicKey().isEmpty()
                ? Optional.empty()
                : Optional.of(PolicyPublicKey.read(source("key", test.publicKey())));
    }

    private static Optional<String> ref(TpmPolicyTests.Test test) {
        return test.policyRef().isEmpty() ? Optional.empty() : Optional.of(test.policyRef());
    }

    private static Source source(String name, String text) {
        return Source.of(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonStyle style(String name) {
        return JsonStyle.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private static Digest digest(Value value) {
        return Digest.parse(DigestAlgorithm.parse(value.bank()), value.value());
    }

    private static List<Pcr11Value> pcr11(TpmPolicyTests.Test test) {
        return test.values().stream()
                .map(value -> new Pcr11Value(digest(value), 0, Optional.empty(), value.phase()))
                .toList();
    }

    private static PcrValues values(TpmPolicyTests.Test test) {
        Map<DigestAlgorithm, SortedMap<Integer, List<Digest>>> values = new EnumMap<>(DigestAlgorithm.class);
        for (Iterator<Value> all = test.values().iterator(); all.hasNext(); ) {
            Value value = all.next();
            values.computeIfAbsent(DigestAlgorithm.parse(value.bank()), bank -> new TreeMap<>())
                    .merge(
                            value.pcr(),
                            List.of(digest(value)),
                            (a, b) -> Stream.concat(a.stream(), b.stream()).toList());
        }
        return new PcrValues(values);
    }
}
