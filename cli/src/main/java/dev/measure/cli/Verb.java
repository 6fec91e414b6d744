package dev.measure.cli;

import java.util.List;

/** One verb of the command: what it takes, how it is explained, and what it does. */
interface Verb {

    /** {@return the name on the command line} */
    String name();

    /** {@return what it does, in one line} */
    String summary();

    /** {@return command lines with what each is for, the most common one first} */
    List<Example> examples();

    /** {@return the verb's own options in groups, without the common ones} */
    List<Options.Group> groups();

    /** {@return what stands on the command line without a dash, in order} */
    List<Options.Parameter> positionals();

    /** {@return what else a user should know, line by line} */
    List<String> notes();

    /** {@return whether {@code --format} names one of the common forms; if not, the verb reads it itself} */
    default boolean hasCommonFormat() {
        return true;
    }

    /**
     * Does it.
     *
     * @param call the command line and the streams
     * @return the exit code
     */
    ExitCode run(Call call);

    /**
     * One example of the help.
     *
     * @param what what it is for
     * @param line the command line, without the program's name
     */
    record Example(String what, String line) {}
}
