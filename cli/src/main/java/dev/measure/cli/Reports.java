package dev.measure.cli;

import dev.measure.MalformedInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The reports beside the text that a command line asks for. */
final class Reports {
    private static final List<String> FILES = List.of("--junit", "--sarif");

    /** The options whose files are written, and the one whose file is seen from another folder: {@link LockFile#named}. */
    private static final Set<String> NOT_READ = Set.of("--junit", "--sarif", "--output", "--lock");

    private Reports() {}

    static Options.Group options() {
        return new Options.Group(
                "Reports beside the text",
                Options.flag(
                        "annotations of GitHub on standard output, and a page for $GITHUB_STEP_SUMMARY if it is set",
                        "--github"),
                Options.value(
                        "FILE",
                        "also write JUnit XML: one test case for each value, register, field and signature",
                        "--junit"),
                Options.value("FILE", "also write SARIF 2.1.0: one result for each cause", "--sarif"));
    }

    /** Refuses reports that cannot be, before anything is computed. */
    private static void check(List<Path> about, Call call) {
        if (call.has("--github") && Output.isTree(call.common())) {
            throw Complaint.usage(
                    "--github writes lines, which are not "
                            + call.common().format().id(),
                    "leave one out");
        }
        for (String option : FILES) {
            call.value(option).ifPresent(name -> {
                if (name.equals("-")) {
                    throw Complaint.usage(option + ": standard output has the text", "give it a file");
                }
                refuseLink(option, name, call);
            });
        }
        call.common().output().ifPresent(name -> refuseLink("--output", name, call));
        if (asked(call)) {
            List<Path> read = new ArrayList<>(about);
            for (String name : call.options().files(NOT_READ)) {
                if (!name.equals("-")) {
                    read.add(call.inputs().path(name));
                }
            }
            refuse(call, read);
        }
    }

    /** Refuses reports that would write over each other, or over what is read. */
    static void refuse(Call call, List<Path> read) {
        Map<Path, String> taken = new LinkedHashMap<>();
        read.forEach(path -> taken.put(path, "read"));
        for (String option : FILES) {
            call.value(option).ifPresent(name -> refuse(option, name, taken, call));
        }
        if (call.has("--github")) {
            summary(call).ifPresent(name -> refuse("--github", name, taken, call));
        }
    }

    private static void refuse(String option, String name, Map<Path, String> taken, Call call) {
        Path path = call.inputs().path(name);
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            return; // a pipe or a device keeps nothing
        }
        taken.forEach((other, how) -> {
            if (isSame(path, other)) {
                throw Complaint.usage(
                        option + ": " + name + " is " + how + " too, and would be written over",
                        "give it a file of its own");
            }
        });
        taken.put(path, "written by " + option);
    }

    /** Whether two names lead to one file, by whatever links. */
    private static boolean isSame(Path one, Path other) {
        try {
            return Files.exists(one) && Files.exists(other)
                    ? Files.isSameFile(one, other)
                    : real(one).equals(real(other));
        } catch (IOException e) {
            return one.toAbsolutePath()
                    .normalize()
                    .equals(other.toAbsolutePath().normalize());
        }
    }

    /** The place of a file that need not be there, in a folder that may be named by a link. */
    private static Path real(Path path) throws IOException {
        Path absolute = path.toAbsolutePath().normalize();
        Path folder = absolute.getParent();
        return folder == null || !Files.exists(folder)
                ? absolute
                : folder.toRealPath().resolve(absolute.getFileName());
    }

    private static Optional<String> summary(Call call) {
        return Optional.ofNullable(call.inputs().variables().get("GITHUB_STEP_SUMMARY"))
                .filter(name -> !name.isEmpty());
    }

    /** The folder may be someone else's, with links in the places that a job is known to write to. */
    private static void refuseLink(String option, String name, Call call) {
        Path path = call.inputs().path(name);
        if (Path.of(name).isAbsolute()) {
            return; // not a place that a manifest's folder decides on: /dev/stdout is a link too
        }
        if (Files.isSymbolicLink(path)) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    option + ": " + name + " is a symbolic link, and what it leads to would be written over",
                    "delete it, or write to another file");
        }
    }

    /** {@return whether any report is asked for} */
    static boolean asked(Call call) {
        return call.has("--github") || FILES.stream().anyMatch(call::has);
    }

    /** Writes those that are asked for. */
    static void write(CheckReport report, Call call) {
        if (call.has("--github")) {
            call.sink().print(GithubReport.annotations(report));
            summary(call)
                    .ifPresent(name ->
                            write(name, report.page(), call, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        }
        call.value("--junit").ifPresent(name -> write(name, JunitXml.of(report), call));
        call.value("--sarif").ifPresent(name -> write(name, SarifLog.of(report), call));
    }

    /**
     * {@return what comes of something that writes reports when it ends; if it fails, reports are written of that}
     *
     * @param failure makes them
     * @param about files that it is about, beside those that the command line names: reports do not write over them
     * @param call says which are asked for
     * @param check what may fail
     */
    static ExitCode of(FailureReport failure, List<Path> about, Call call, Supplier<ExitCode> check) {
        check(about, call);
        if (!asked(call)) {
            return check.get();
        }
        try {
            return check.get();
        } catch (Complaint e) {
            if (e.exit() != ExitCode.USAGE) {
                writeOr(e, failure.of(e), call);
            }
            throw e;
        } catch (MalformedInputException e) {
            writeOr(e, failure.of(e), call);
            throw e;
        }
    }

    /** Writes those that are asked for, of a failure that is told in any case. */
    private static void writeOr(RuntimeException failure, CheckReport report, Call call) {
        try {
            write(report, call);
        } catch (Complaint e) {
            failure.addSuppressed(e);
            call.talk().error(e.getMessage(), e.hint());
        }
    }

    private static void write(String name, String text, Call call, StandardOpenOption... how) {
        try {
            Files.writeString(call.inputs().path(name), text, how);
        } catch (IOException e) {
            throw new Complaint(
                    ExitCode.MALFORMED,
                    name + ": cannot be written: " + Inputs.whyNotWritten(e),
                    "does its folder exist?");
        }
    }
}
