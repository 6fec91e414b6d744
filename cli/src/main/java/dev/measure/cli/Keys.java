package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.snp.EndorsementChain;
import dev.measure.snp.GuestPolicy;
import dev.measure.snp.Octets;
import dev.measure.snp.SnpEvidence;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** What verbs about keys, ID blocks and reports share: values on the command line, trouble with keys, and verdicts. */
final class Keys {
    private Keys() {}

    /** {@return what is read from a key, certificate or signature; if it cannot be, that is exit 8} */
    static <T> T read(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (MalformedInputException e) {
            throw new Complaint(ExitCode.KEY, e.getMessage(), e.hint());
        }
    }

    /** {@return what a file holds, if the option names one} */
    static <T> Optional<T> file(Call call, String option, Function<Source, T> reading) {
        return call.value(option)
                .map(name -> read(() -> reading.apply(call.inputs().open(name))));
    }

    /** {@return the certificates that {@code --certificate} names, and where they have gaps those that came with the report} */
    static EndorsementChain chain(SnpEvidence evidence, Call call) {
        List<Source> files =
                call.values("--certificate").stream().map(call.inputs()::open).toList();
        return read(() -> {
            EndorsementChain handedIn = EndorsementChain.read(files);
            return evidence.certificates().map(handedIn::with).orElse(handedIn);
        });
    }

    /** {@return a SHA-384 digest in hexadecimal or base64} */
    static Optional<Digest> digest(Call call, String option) {
        return call.value(option).map(text -> digestOf(option, text));
    }

    /** {@return a SHA-384 digest in hexadecimal or base64} */
    static Digest digestOf(String option, String text) {
        byte[] bytes = bytes(text, 48)
                .orElseThrow(() -> Complaint.usage(
                        option + ": expected 48 bytes in hexadecimal or base64, got '" + text + "'", ""));
        return Digest.of(DigestAlgorithm.SHA384, bytes);
    }

    /** {@return bytes of a fixed length in hexadecimal or base64} */
    static Optional<Octets> octets(Call call, String option, int length) {
        return call.value(option)
                .map(text -> Octets.of(bytes(text, length)
                        .orElseThrow(() -> Complaint.usage(
                                option + ": expected " + length + " bytes in hexadecimal or base64, got '" + text + "'",
                                ""))));
    }

    private static Optional<byte[]> bytes(String text, int length) {
        String digits = text.startsWith("0x") ? text.substring(2) : text;
        if (digits.length() == 2 * length && digits.matches("[0-9a-fA-F]*")) {
            return Optional.of(HexFormat.of().parseHex(digits));
        }
        try {
            return Optional.of(Base64.getDecoder().decode(text)).filter(bytes -> bytes.length == length);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** {@return the policy that --policy names} */
    static Optional<GuestPolicy> policy(Call call) {
        return call.value("--policy").map(text -> {
            try {
                return GuestPolicy.parse(text);
            } catch (IllegalArgumentException e) {
                throw Complaint.usage("--policy: " + e.getMessage(), "");
            }
        });
    }

    /** {@return the moment that --at names} */
    static Optional<Instant> moment(Call call) {
        return call.value("--at").map(text -> {
            try {
                return text.length() == 10
                        ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                        : Instant.parse(text);
            } catch (DateTimeParseException e) {
                throw Complaint.usage(
                        "--at: expected a date such as 2026-01-31 or 2026-01-31T12:00:00Z, got '" + text + "'", "");
            }
        });
    }

    /** Prints verdicts, one a line, or puts them into a tree. */
    static void print(List<FieldVerdict> verdicts, Result result, Call call) {
        if (Output.isTree(call.common())) {
            result.found(Map.of("verdicts", rows(verdicts)));
            Output.write(result, false, call);
            return;
        }
        for (FieldVerdict verdict : verdicts) {
            boolean shown = !(verdict instanceof FieldVerdict.NotChecked) || call.has("--verbose");
            if (shown) {
                call.sink().line(String.format("%-11s %s", word(verdict), Talk.printable(verdict.text())));
            }
        }
    }

    /** {@return verdicts as an inventory has them} */
    static List<Map<String, Object>> rows(List<FieldVerdict> verdicts) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (FieldVerdict verdict : verdicts) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("field", verdict.field());
            row.put("verdict", word(verdict));
            row.put("text", verdict.text());
            rows.add(row);
        }
        return rows;
    }

    private static String word(FieldVerdict verdict) {
        if (verdict instanceof FieldVerdict.Matches) {
            return "matches";
        }
        if (verdict instanceof FieldVerdict.Differs) {
            return "differs";
        }
        return verdict instanceof FieldVerdict.Untrusted ? "untrusted" : "not-checked";
    }

    /** Says on standard error which fields are wrong. */
    static void complain(List<FieldVerdict> verdicts, Call call) {
        call.sink().flush();
        for (FieldVerdict verdict : verdicts) {
            if (verdict instanceof FieldVerdict.Differs || verdict instanceof FieldVerdict.Untrusted) {
                call.talk().error(verdict.text(), "");
            }
        }
    }
}
