package dev.measure.cli;

/** Writes a result in the format that was asked for. */
final class Output {
    private Output() {}

    /**
     * Writes values on standard output and what is said about them on standard error.
     *
     * @param result the result
     * @param bare whether a single value was asked for, which text gives without its id
     * @param call the command line and the streams
     */
    static void write(Result result, boolean bare, Call call) {
        Common common = call.common();
        if (common.format() == Format.JSON || common.format() == Format.YAML) {
            JsonOutput.write(result, common, call.sink().stream());
        } else {
            common.trace().ifPresent(detail -> TextOutput.trace(result, detail, call.talk()));
            TextOutput.values(result, common.format(), bare, call.sink());
        }
        TextOutput.commands(result, call.talk());
        TextOutput.remarks(result, call.talk());
        TextOutput.refusals(result.refusals(), bare, call.talk());
    }
}
