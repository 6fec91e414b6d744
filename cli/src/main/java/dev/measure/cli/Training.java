package dev.measure.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Runs typical commands one after another and throws away what they print. The launcher starts it once to have the classes that they
 * load archived; nobody else needs it.
 */
final class Training {
    private Training() {}

    /**
     * Runs the commands.
     *
     * @param args an f-UKI to run them on; none for those that take no file
     */
    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        for (List<String> command : commands(args)) {
            Main.run(command.toArray(String[]::new), InputStream.nullInputStream(), nowhere, nowhere);
        }
    }

    private static List<List<String>> commands(String[] args) {
        List<List<String>> commands = new ArrayList<>();
        commands.add(List.of("version"));
        commands.add(List.of("help"));
        for (String fuki : args) {
            commands.add(List.of("snp", fuki, "--vcpus", "2", "--vcpu-type", "EPYC-v4"));
            commands.add(List.of("tdx", fuki));
            commands.add(List.of("pcr", fuki, "--pcr", "4,11"));
            commands.add(List.of("inspect", fuki));
            commands.add(List.of("fuki", fuki, "--json"));
        }
        return commands;
    }
}
