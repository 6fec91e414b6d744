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
        write(result, bare, call, true);
    }

    /**
     * Writes values on standard output and what is said about them on standard error.
     *
     * @param result the result
     * @param bare whether a single value was asked for, which text gives without its id
     * @param call the command line and the streams
     * @param failed whether a value that is not given makes the whole run fail
     */
    static void write(Result result, boolean bare, Call call, boolean failed) {
        Common common = call.common();
        if (isTree(common)) {
            JsonOutput.write(result, common, call.sink().stream());
        } else {
            common.trace().ifPresent(detail -> TextOutput.trace(result, detail, call.talk()));
            TextOutput.values(result, common.format(), bare, call.sink());
        }
        call.sink().flush();
        TextOutput.commands(result, call.talk());
        TextOutput.remarks(result, call.talk());
        TextOutput.refusals(result.refusals(), bare, failed, call.talk());
    }

    /** {@return whether the result is one JSON or YAML document} */
    static boolean isTree(Common common) {
        return common.format() == Format.JSON || common.format() == Format.YAML;
    }
}
