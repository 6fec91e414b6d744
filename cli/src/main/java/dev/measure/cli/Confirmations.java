package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.ValueId;
import dev.measure.golden.GoldenConfirmation;
import dev.measure.golden.GoldenValues;
import dev.measure.tpm.TpmQuote;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether evidence shows what a lock file says that it does. Whoever edits a lock file can write any confirmation into it; evidence that
 * lies in the folder can be asked.
 */
final class Confirmations {
    private final LockFile lock;
    private final Call call;
    private final List<String> wrong = new ArrayList<>();
    private final List<TpmQuote> quotes = new ArrayList<>();

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
            quotes.add(TpmQuote.read(file));
            return Optional.empty(); // it has the digest of values that another file shows
        }
        return Optional.of(file);
    }

    private void compare(String name, Source file, List<GoldenConfirmation> seen) {
        Optional<Map<Register, Digest>> shown = shown(name, file);
        if (shown.isEmpty()) {
            wrong.add(Drift.count(seen.size(), "value") + " by " + name + ", which is no evidence");
            return;
        }
        for (GoldenConfirmation one : seen) {
            Register register =
                    Register.of(ValueId.register(one.id()), one.value().algorithm());
            boolean shows = shown.get().entrySet().stream()
                    .anyMatch(entry -> entry.getValue().equals(one.value()) && isSame(entry.getKey(), register));
            if (!shows) {
                wrong.add(one.id() + " by " + name + ", which does not show it");
            }
        }
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
            return quotes.stream()
                    .filter(quote -> file.length() == quote.valueBytes())
                    .findFirst()
                    .map(quote -> quote.values(file));
        }
    }
}
