package dev.measure.cli;

import java.util.Map;

/**
 * What the command knows of where it runs.
 *
 * @param folder what relative paths start from; a name, because looking for a file system loads libraries that many commands do without
 * @param variables the environment variables
 * @param outIsTerminal whether a person reads standard output
 * @param errIsTerminal whether a person reads standard error
 */
record Surroundings(String folder, Map<String, String> variables, boolean outIsTerminal, boolean errIsTerminal) {
    /** Copies the variables. */
    Surroundings {
        variables = Map.copyOf(variables);
    }

    /**
     * {@return the surroundings of this process}
     *
     * <p>Java cannot tell whether a stream is a terminal, so the launcher says so with {@code -Dmeasure.terminal=12}: the numbers
     * of the streams that are. Without it nothing is taken for a terminal.
     */
    static Surroundings ofProcess() {
        String terminals = System.getProperty("measure.terminal", "");
        return new Surroundings("", System.getenv(), terminals.contains("1"), terminals.contains("2"));
    }

    /** {@return a variable, empty if unset} */
    String variable(String name) {
        return variables.getOrDefault(name, "");
    }
}
