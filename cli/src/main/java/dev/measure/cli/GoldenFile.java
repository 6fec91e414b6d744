package dev.measure.cli;

import dev.measure.Source;
import dev.measure.corim.Corim;
import dev.measure.corim.CorimFile;
import dev.measure.corim.ValidityMap;
import dev.measure.export.CorimGolden;
import dev.measure.golden.GoldenValues;
import dev.measure.sign.VerificationKey;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Golden values that a command line names, without the manifest that they were made from: a lock file or a CoRIM. */
final class GoldenFile {
    private GoldenFile() {}

    /** Compares evidence with them. */
    static ExitCode check(Call call) {
        String name = call.value("--golden").orElseThrow();
        if (call.positional(0).isPresent() || call.has("--lock")) {
            throw Complaint.usage("both --golden and a manifest or lock file are given", "keep one of them");
        }
        if (!call.has("--evidence")) {
            throw Complaint.usage("--golden is for evidence, and none is given", "--evidence FILE");
        }
        Source file = call.inputs().open(name);
        Optional<VerificationKey> key = Keys.file(call, "--golden-key", VerificationKey::read);
        boolean json = file.length() > 0 && file.slice(0, 1).toByteArray()[0] == '{';
        if (json) {
            if (key.isPresent()) {
                throw new Complaint(
                        ExitCode.KEY, name + " is a lock file, which nobody signs", "leave out --golden-key");
            }
            GoldenValues golden = GoldenValues.read(file);
            Reports.refuse(
                    call,
                    about(golden, call.inputs().path(name).toAbsolutePath().getParent()));
            return EvidenceFile.check(golden, name, call);
        }
        CorimGolden golden = CorimGolden.of(corim(file, key, call), name);
        golden.leftOut().forEach(what -> call.talk().say("note: not compared: " + Talk.printable(what)));
        if (golden.golden().values().isEmpty()) {
            throw new Complaint(
                    ExitCode.GOLDEN_MISSING,
                    name + " holds no launch digest, register or PCR",
                    "what is in it? measure inspect " + name);
        }
        return EvidenceFile.check(golden.golden(), name, call);
    }

    /** {@return the files that golden values were made from, and those that confirm them} */
    static List<Path> about(GoldenValues golden, Path folder) {
        Set<String> names = new TreeSet<>();
        golden.inputs().forEach(input -> names.add(input.name()));
        golden.confirmed().forEach(seen -> names.add(seen.evidence()));
        List<Path> files = new ArrayList<>();
        for (String name : names) {
            try {
                files.add(folder.resolve(name));
            } catch (InvalidPathException e) {
                continue; // nothing has such a name
            }
        }
        return files;
    }

    private static Corim corim(Source file, Optional<VerificationKey> key, Call call) {
        CorimFile content = CorimFile.read(file);
        if (content instanceof CorimFile.Signed signed) {
            key.flatMap(signed.signed()::refusal).ifPresent(why -> {
                throw new Complaint(ExitCode.KEY, file.name() + ": signature not taken: " + why, "");
            });
            if (key.isPresent() && !signed.signed().verify(key.get())) {
                throw new Complaint(ExitCode.KEY, file.name() + " is not signed by this key", "is it the signer's?");
            }
            unverified(file, key, "no key is given: --golden-key FILE", call);
            return valid(signed.signed().corim(), file, call);
        }
        if (content instanceof CorimFile.Unsigned unsigned) {
            if (key.isPresent()) {
                throw new Complaint(ExitCode.KEY, file.name() + " is not signed", "leave out --golden-key");
            }
            unverified(file, key, "it has none", call);
            return valid(unsigned.corim(), file, call);
        }
        throw new Complaint(
                ExitCode.MALFORMED,
                file.name() + ": expected a lock file or a CoRIM, found neither",
                "what is it? measure inspect " + file.name());
    }

    private static void unverified(Source file, Optional<VerificationKey> key, String why, Call call) {
        if (key.isPresent()) {
            return;
        }
        String text = file.name() + ": signature not verified: " + why;
        if (call.has("--require-signatures")) {
            throw new Complaint(ExitCode.KEY, text, "--require-signatures demands it");
        }
        call.talk().say("note: " + text);
    }

    /** Whether the manifest holds at the moment that --at names; without it, dates do not count, and are told. */
    private static Corim valid(Corim corim, Source file, Call call) {
        Optional<ValidityMap> validity = corim.validity();
        Keys.moment(call)
                .ifPresentOrElse(
                        moment -> validity.ifPresent(when -> {
                            if (moment.isAfter(when.notAfter())
                                    || when.notBefore().filter(moment::isBefore).isPresent()) {
                                throw new Complaint(
                                        ExitCode.KEY, file.name() + " is not valid then: " + when.text(), "");
                            }
                        }),
                        () -> validity.ifPresent(when -> call.talk()
                                .say("note: " + file.name() + " is valid " + when.text() + "; --at DATE checks that")));
        return corim;
    }
}
