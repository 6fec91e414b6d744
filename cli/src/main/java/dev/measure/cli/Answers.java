package dev.measure.cli;

import dev.measure.Prediction;
import dev.measure.Warning;
import java.util.Map;
import java.util.function.Supplier;

/** Adds predictions to a result: values with their remarks, or the reasons why there are none. */
final class Answers {
    private final Result result;

    Answers(Result result) {
        this.result = result;
    }

    /**
     * What a prediction is about.
     *
     * @param id its id
     * @param parameters what it was asked for, in the order of the id
     * @param command the command line that asks for it alone
     * @param subject stands before its warnings: which firmware, if there are several
     * @param hint what to do instead of what the refusal says; empty to say that
     */
    record Question(String id, Map<String, Object> parameters, Supplier<String> command, String subject, String hint) {}

    void add(Question question, Prediction prediction) {
        if (prediction instanceof Prediction.Predicted predicted) {
            predicted.assumptions().forEach(result::assumption);
            for (Warning warning : predicted.warnings()) {
                result.warning(new Warning(warning.code(), question.subject() + warning.text()));
            }
            result.value(new Result.Value(
                    question.id(),
                    predicted.register(),
                    predicted.measurement().value(),
                    Result.Status.PREDICTED,
                    predicted.measurement().evidence(),
                    question.parameters(),
                    question.command(),
                    predicted.measurement()));
        } else if (prediction instanceof Prediction.NotLaunchable refused) {
            String hint = question.hint().isEmpty() ? hint(refused) : question.hint();
            result.refusal(new Result.Refusal(
                    question.id(), refused.register(), ExitCode.NOT_LAUNCHABLE, refused.why(), hint));
        } else if (prediction instanceof Prediction.NotPredictable missing) {
            result.refusal(new Result.Refusal(
                    question.id(),
                    missing.register(),
                    ExitCode.NOT_PREDICTABLE,
                    missing.why(),
                    "give " + missing.input()));
        } else {
            throw new AssertionError(prediction);
        }
    }

    private static String hint(Prediction.NotLaunchable refused) {
        String lenient = refused.lenient() ? "--lenient gives the value all the same" : "";
        return refused.hint() + (refused.hint().isEmpty() || lenient.isEmpty() ? "" : "; ") + lenient;
    }
}
