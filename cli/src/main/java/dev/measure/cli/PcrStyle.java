package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Measurement;
import dev.measure.Register;
import dev.measure.tpm.JsonStyle;
import dev.measure.tpm.Pcr11Value;
import dev.measure.tpm.PcrPrediction;
import dev.measure.tpm.PcrValues;
import dev.measure.tpm.PcrlockComponent;
import dev.measure.tpm.SystemdMeasure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The forms in which other programs print or take values of PCRs. */
enum PcrStyle {
    /** systemd-measure calculate: a line a value, or with {@code --json} its JSON. */
    SYSTEMD,
    /** nitro-tpm-pcr-compute: the measurements of a NitroTPM. */
    NITRO,
    /** A {@code .pcrlock} component: every event. */
    PCRLOCK,
    /** systemd-pcrlock predict: all right values. */
    PCRLOCK_PREDICT,
    /** tpm2_pcrread: YAML. */
    TPM2_YAML,
    /** tpm2_pcrread -o: the values one after the other. */
    TPM2_BINARY;

    /** Why a component of some values cannot be. */
    static final String PCRLOCK_OF_TWO_LOGS =
            "a component holds the events of one log, and these are predicted and from an earlier log";

    /** The PCRs that nitro-tpm-pcr-compute gives. */
    static final List<Integer> NITRO_PCRS = List.of(4, 7, 12);

    /** {@return the name on the command line} */
    String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** {@return the names on the command line} */
    static List<String> ids() {
        return Arrays.stream(values()).map(PcrStyle::id).toList();
    }

    /** {@return the style of a command line} */
    static Optional<PcrStyle> of(Call call) {
        return call.value("--style")
                .map(name -> Arrays.stream(values())
                        .filter(style -> style.id().equals(name))
                        .findFirst()
                        .orElseThrow(() -> Complaint.usage(
                                "unknown style '" + name + "'",
                                Suggestion.didYouMean(name, ids()) + "all: " + String.join(", ", ids()))));
    }

    /** Writes the values of a result. */
    void write(Result result, Call call) {
        Common common = call.common();
        boolean json = common.format() == Format.JSON;
        if (common.format() != Format.TEXT && !(json && this != TPM2_YAML && this != TPM2_BINARY)) {
            throw Complaint.usage(
                    "--style " + id() + " and --format " + common.format().id() + " exclude each other", "");
        }
        JsonStyle layout = json && common.pretty() ? JsonStyle.PRETTY : JsonStyle.SHORT;
        if (this == SYSTEMD && !json) {
            result.values().forEach(value -> call.sink().line(line(value)));
            call.sink().flush();
            return;
        }
        if (result.values().isEmpty()) {
            return;
        }
        try {
            byte[] text = bytes(result, layout);
            call.sink().stream().write(text, 0, text.length);
        } catch (IllegalArgumentException e) {
            throw Complaint.usage(
                    "--style " + id() + ": " + e.getMessage(),
                    "ask for one profile, one firmware, one phase, and say --exit-boot-retry yes or no");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        call.sink().flush();
    }

    private byte[] bytes(Result result, JsonStyle layout) {
        return switch (this) {
            case SYSTEMD -> text(SystemdMeasure.json(pcr11(result), layout));
            case NITRO -> text(values(result).nitroMeasurements());
            case PCRLOCK -> text(PcrlockComponent.of(measurements(result)).toJson());
            case PCRLOCK_PREDICT -> text(values(result).pcrlockPrediction(layout));
            case TPM2_YAML -> text(values(result).tpm2Yaml());
            case TPM2_BINARY -> values(result).tpm2Binary();
        };
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String line(Result.Value value) {
        return value.register().id().substring("pcr".length()) + ":"
                + value.digest().algorithm().id() + "=" + value.digest().hex();
    }

    private static Register.Pcr register(Result.Value value) {
        return (Register.Pcr) value.register();
    }

    private static List<Pcr11Value> pcr11(Result result) {
        List<Pcr11Value> values = new ArrayList<>();
        for (Result.Value value : result.values()) {
            if (register(value).index() != 11) {
                throw Complaint.usage("the JSON of systemd-measure is about PCR 11 only", "give --pcr 11");
            }
            Map<String, Object> of = value.parameters();
            String phase = of.get("phase").equals("none") ? "" : (String) of.get("phase");
            Optional<String> fwid =
                    Optional.of((String) of.get("fwid")).filter(id -> !id.equals(PcrPrediction.NO_FIRMWARE));
            values.add(new Pcr11Value(value.digest(), (Integer) of.get("profile"), fwid, phase));
        }
        long boots = values.stream()
                .map(value -> value.profile() + "/" + value.fwid())
                .distinct()
                .count();
        if (boots != 1) {
            throw new IllegalArgumentException("it holds the values of one boot, and " + boots + " are asked for");
        }
        return values;
    }

    private static PcrValues values(Result result) {
        Map<DigestAlgorithm, SortedMap<Integer, List<Digest>>> values = new EnumMap<>(DigestAlgorithm.class);
        for (Result.Value value : result.values()) {
            List<Digest> right = values.computeIfAbsent(register(value).bank(), bank -> new TreeMap<>())
                    .computeIfAbsent(register(value).index(), pcr -> new ArrayList<>());
            if (!right.contains(value.digest())) {
                right.add(value.digest());
            }
        }
        return new PcrValues(values);
    }

    private static List<Measurement> measurements(Result result) {
        long registers =
                result.values().stream().map(Result.Value::register).distinct().count();
        if (registers != result.values().size()) {
            throw new IllegalArgumentException("a component is of one boot, and a register has several values");
        }
        if (registers > 1
                && result.values().stream().map(Result.Value::status).distinct().count() > 1) {
            throw Complaint.usage(
                    "--style " + PCRLOCK.id() + ": " + PCRLOCK_OF_TWO_LOGS,
                    "take one PCR: --pcr " + register(result.values().get(0)).index());
        }
        return result.values().stream().map(Result.Value::measurement).toList();
    }
}
