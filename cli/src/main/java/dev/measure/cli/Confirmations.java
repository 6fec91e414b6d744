package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.FieldVerdict;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.RegisterEvidence;
import dev.measure.Source;
import dev.measure.ValueId;
import dev.measure.golden.GoldenConfirmation;
import dev.measure.golden.GoldenValues;
import dev.measure.tpm.TpmQuote;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whether evidence shows what a lock file says that it does. Whoever edits a lock file can write any confirmation into it; evidence that
 * lies in the folder can be asked. Signatures are in no lock file, and are not looked at.
 */
final class Confirmations {
    private final LockFile lock;
    private final Call call;
    private final List<String> wrong = new ArrayList<>();
    private final Map<String, TpmQuote> quotes = new LinkedHashMap<>();

    /** What each other file shows, once for files that show the same. */
    private final Set<Map<Register, Digest>> shown = new LinkedHashSet<>();

    private Confirmations(LockFile lock, Call call) {
        this.lock = lock;
        this.call = call;
    }

    /**
     * {@return what is not as the lock file says, in words, in its order}
     *
     * <p>Evidence that is not there is only said: it may be kept elsewhere, and its digest is in the lock file.
     */
    static List<String> wrong(GoldenValues golden, LockFile lock, Call call) {
        Map<String, List<GoldenConfirmation>> files = new LinkedHashMap<>();
        golden.confirmed()
                .forEach(seen -> files.computeIfAbsent(seen.evidence(), any -> new ArrayList<>())
                        .add(seen));
        Confirmations confirmations = new Confirmations(lock, call);
        try (Inputs inputs = Inputs.confinedTo(lock.folder().path())) {
            Map<String, Source> there = new LinkedHashMap<>();
            files.forEach(
                    (name, seen) -> confirmations.open(name, seen, inputs).ifPresent(file -> there.put(name, file)));
            there.forEach((name, file) -> confirmations.compare(name, file, files.get(name)));
            confirmations.compareQuotes(files);
        }
        return List.copyOf(confirmations.wrong);
    }

    /** The evidence, if it is there and is the one whose digest was noted. */
    private Optional<Source> open(String name, List<GoldenConfirmation> seen, Inputs inputs) {
        String values = Drift.count(seen.size(), "value");
        try {
            lock.folder().inside(new ManifestNode.Place(lock.lock(), 0, 1, 1), "evidence", name);
        } catch (MalformedInputException e) {
            wrong.add(values + " by '" + ManifestNode.Text.shown(name) + "', which is no file in the folder");
            return Optional.empty();
        }
        Path path = lock.folder().path().resolve(name);
        if (!Files.exists(path)) {
            call.talk().say("note: not there to be looked at: " + name + ", which is said to confirm " + values);
            return Optional.empty();
        }
        Source file = inputs.open(name);
        Digest found = file.digest(DigestAlgorithm.SHA256);
        for (GoldenConfirmation one : seen) {
            if (!one.sha256().equals(found)) {
                wrong.add(values + " by " + name + ", which is another file: sha256 " + found.hex());
                return Optional.empty();
            }
        }
        if (TpmQuote.isQuote(file)) {
            try {
                quotes.put(name, TpmQuote.read(file)); // it has the digest of values that another file shows
            } catch (MalformedInputException e) {
                wrong.add(values + " by " + name + ", which is no evidence");
            }
            return Optional.empty();
        }
        return Optional.of(file);
    }

    private void compare(String name, Source file, List<GoldenConfirmation> seen) {
        Optional<Map<Register, Digest>> registers = shown(name, file);
        if (registers.isEmpty()) {
            wrong.add(Drift.count(seen.size(), "value") + " by " + name + ", which is no evidence");
            return;
        }
        shown.add(registers.get());
        for (GoldenConfirmation one : seen) {
            Register register = register(one);
            boolean shows = registers.get().entrySet().stream()
                    .anyMatch(entry -> entry.getValue().equals(one.value()) && isSame(entry.getKey(), register));
            if (!shows) {
                wrong.add(one.id() + " by " + name + ", which does not show it");
            }
        }
    }

    /** A quote shows no value. It vouches for those with whose digest it was made, wherever they are. */
    private void compareQuotes(Map<String, List<GoldenConfirmation>> files) {
        Map<Register, Digest> first = new LinkedHashMap<>();
        Map<Register, Digest> last = new LinkedHashMap<>();
        shown.forEach(registers -> registers.forEach(first::putIfAbsent));
        shown.forEach(last::putAll);
        quotes.forEach((name, quote) -> {
            List<GoldenConfirmation> quoted = new ArrayList<>();
            Map<Register, Digest> own = new LinkedHashMap<>();
            for (GoldenConfirmation one : files.get(name)) {
                if (isQuoted(register(one), quote)) {
                    quoted.add(one);
                    own.putIfAbsent(register(one), one.value());
                } else {
                    wrong.add(one.id() + " by " + name + ", which is a quote of other registers");
                }
            }
            // Of one machine's values each file may show a part, and the files of several machines may be there.
            Optional<Map<Register, Digest>> right = Stream.of(
                            shown.stream(),
                            Stream.of(first, last),
                            Stream.of(first, last).map(rest -> with(own, rest)))
                    .flatMap(some -> some)
                    .flatMap(values -> vouched(quote, values).stream())
                    .findFirst();
            if (right.isEmpty() && !quoted.isEmpty()) {
                wrong.add(Drift.count(quoted.size(), "value") + " by " + name
                        + ", which is a quote of PCR values that no other evidence in the folder shows");
                return;
            }
            quoted.stream()
                    .filter(one -> !one.value().equals(right.get().get(register(one))))
                    .forEach(one -> wrong.add(one.id() + " by " + name + ", which is a quote of another value"));
        });
    }

    private static Map<Register, Digest> with(Map<Register, Digest> own, Map<Register, Digest> rest) {
        Map<Register, Digest> all = new LinkedHashMap<>(rest);
        all.putAll(own);
        return all;
    }

    private static Register register(GoldenConfirmation one) {
        return Register.of(ValueId.register(one.id()), one.value().algorithm());
    }

    private static boolean isQuoted(Register register, TpmQuote quote) {
        return register instanceof Register.Pcr pcr
                && quote.selection().stream()
                        .anyMatch(
                                bank -> bank.bank() == pcr.bank() && bank.pcrs().contains(pcr.index()));
    }

    /** {@return the values that are quoted, if the quote has their digest} */
    private static Optional<Map<Register, Digest>> vouched(TpmQuote quote, Map<Register, Digest> values) {
        RegisterEvidence quoted = quote.of(values, Optional.empty(), Optional.empty());
        return quoted.trust().stream().anyMatch(FieldVerdict.Matches.class::isInstance)
                ? Optional.of(quoted.registers())
                : Optional.empty();
    }

    /** A report has one launch digest, whatever was in front of the firmware. */
    private static boolean isSame(Register shown, Register golden) {
        return shown.equals(golden)
                || shown instanceof Register.LaunchDigest && golden instanceof Register.LaunchDigest;
    }

    /** Bare PCR values can be told by a quote of them alone. */
    private Optional<Map<Register, Digest>> shown(String name, Source file) {
        try {
            return Optional.of(EvidencePiece.alone(file, name, call).evidence().registers());
        } catch (Complaint | MalformedInputException e) {
            return quotes.values().stream()
                    .filter(quote -> file.length() == quote.valueBytes())
                    .flatMap(quote -> vouched(quote, quote.values(file)).stream())
                    .findFirst();
        }
    }
}
