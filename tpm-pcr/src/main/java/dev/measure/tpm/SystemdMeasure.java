package dev.measure.tpm;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What systemd-measure(1) prints, byte for byte (src/measure/measure-tool.c; compared with versions 257 and 262). */
public final class SystemdMeasure {
    /** The phases that it takes when none is given, in their order. */
    public static final List<String> DEFAULT_PHASES = List.of(
            "enter-initrd",
            "enter-initrd:leave-initrd",
            "enter-initrd:leave-initrd:sysinit",
            "enter-initrd:leave-initrd:sysinit:ready");

    /** The banks that it takes when none is given, in their order. */
    public static final List<DigestAlgorithm> DEFAULT_BANKS =
            List.of(DigestAlgorithm.SHA1, DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512);

    private static final Comparator<String> STRCMP =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    private SystemdMeasure() {}

    /**
     * {@return the phase paths in the order in which it works them off: empty words dropped, sorted by bytes, each once}
     *
     * @param phases words joined by colons; {@code :} and the empty text stand for no phase at all
     */
    public static List<String> phases(Collection<String> phases) {
        return phases.stream()
                .map(path -> Stream.of(path.split(":"))
                        .filter(word -> !word.isEmpty())
                        .collect(Collectors.joining(":")))
                .distinct()
                .sorted(STRCMP)
                .toList();
    }

    /** {@return the line for people that it prints on standard error before the values of a phase} */
    public static String heading(String phase) {
        return "# PCR[11] Phase <" + (phase.isEmpty() ? ":" : phase) + ">";
    }

    /**
     * {@return the line of {@code calculate} for one value, without line end}
     *
     * @param value a value of PCR 11
     */
    public static String line(Digest value) {
        return "11:" + value.algorithm().id() + "=" + value.hex();
    }

    /**
     * {@return the output of {@code calculate --json}}
     *
     * @param values of one profile and firmware, the phases in order within each bank
     * @param style the layout
     */
    public static String json(List<Pcr11Value> values, JsonStyle style) {
        Map<String, Object> json = new LinkedHashMap<>();
        values.stream().map(value -> value.value().algorithm()).distinct().forEach(bank -> {
            List<Map<String, Object>> ofBank = new ArrayList<>();
            for (Pcr11Value value : values) {
                if (value.value().algorithm() == bank) {
                    Map<String, Object> one = new LinkedHashMap<>();
                    if (!value.phase().isEmpty()) {
                        one.put("phase", value.phase());
                    }
                    one.put("pcr", PcrSignature.UKI_PCR);
                    one.put("hash", value.value().hex());
                    ofBank.add(one);
                }
            }
            json.put(bank.id(), ofBank);
        });
        return SystemdJson.text(json, style);
    }

    /**
     * {@return the result of {@code sign}: an entry for each value, appended to what is there}
     *
     * @param values the values of PCR 11, the banks in order within each phase
     * @param base the file of {@code --append}, or {@link PcrSignature#EMPTY}
     * @param key signs
     * @param policyRef the text of {@code --policyref}, from version 262
     * @param hash with which hash
     */
    public static PcrSignature sign(
            List<Pcr11Value> values,
            PcrSignature base,
            PolicySigningKey key,
            Optional<String> policyRef,
            SignatureHash hash) {
        PcrSignature all = base;
        for (Pcr11Value value : values) {
            all = all.append(value.value().algorithm(), PcrSignature.signed(value.value(), key, policyRef, hash));
        }
        return all;
    }

    /**
     * {@return the result of {@code policy-digest}: what an external signer is to sign, appended to what is there}
     *
     * @param values the values of PCR 11, the banks in order within each phase
     * @param base the file of {@code --append}, or {@link PcrSignature#EMPTY}
     * @param key the key that will sign, if it is known
     * @param policyRef the text of {@code --policyref}
     */
    public static PcrSignature policyDigest(
            List<Pcr11Value> values, PcrSignature base, Optional<PolicyPublicKey> key, Optional<String> policyRef) {
        PcrSignature all = base;
        for (Pcr11Value value : values) {
            all = all.append(value.value().algorithm(), PcrSignature.unsigned(value.value(), key, policyRef));
        }
        return all;
    }
}
