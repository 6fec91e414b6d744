package dev.measure.cli;

import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Runs typical commands one after another and throws away what they print. The launcher starts it once to have the classes that they
 * load archived; nobody else needs it.
 */
final class Training {
    /** With so many pages a launch digest is the work of two threads, as it is for real firmware. */
    private static final int FIRMWARE = 2 << 20;

    private Training() {}

    /**
     * Runs the commands.
     *
     * @param args which commands: version, snp or all
     * @throws IOException if no temporary file can be written
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Locale.setDefault(Locale.ROOT);
        // Whether one thread has to wait for the other is chance; the classes for it are wanted in any case.
        new CountDownLatch(1).await(1, TimeUnit.MILLISECONDS);
        run(List.of("version"));
        if (args[0].equals("version")) {
            return;
        }
        boolean all = args[0].equals("all");
        if (all) {
            run(List.of("help"));
        }
        Path image = Files.createTempFile("measure-training", ".efi");
        Path firmware = Files.createTempFile("measure-training", ".fd");
        try {
            Files.write(image, sample());
            String fuki = image.toString();
            Files.write(firmware, firmware(fuki));
            run(List.of("snp", "--firmware", firmware.toString(), "--vcpus", "2", "--vcpu-type", "EPYC-v4"));
            run(List.of("snp", fuki, "--vcpus", "2", "--vcpu-type", "EPYC-v4"));
            if (all) {
                onImage(fuki);
            }
        } finally {
            Files.delete(image);
            Files.delete(firmware);
        }
    }

    /** The f-UKI that the project carries; it is in the jar, since an installed command has nothing else. */
    private static byte[] sample() throws IOException {
        try (InputStream in = Training.class.getResourceAsStream("fuki-sample.efi")) {
            return in.readAllBytes();
        }
    }

    private static void onImage(String fuki) {
        List<List<String>> commands = new ArrayList<>();
        commands.add(List.of("tdx", fuki));
        commands.add(List.of("pcr", fuki, "--pcr", "4,11"));
        commands.add(List.of("inspect", fuki));
        commands.add(List.of("fuki", fuki, "--json"));
        commands.forEach(Training::run);
    }

    /** A firmware of the f-UKI behind as much erased flash as real ones have. */
    private static byte[] firmware(String fuki) throws IOException {
        byte[] firmware = new byte[FIRMWARE];
        Arrays.fill(firmware, (byte) 0xff);
        try (Source file = Source.open(Path.of(fuki))) {
            for (UkiFirmware each : Uki.read(file, Strictness.LENIENT).firmwares()) {
                Source payload = each.firmware().payload();
                int length = (int) Math.min(payload.length(), FIRMWARE);
                payload.read(payload.length() - length, firmware, FIRMWARE - length, length);
            }
        }
        return firmware;
    }

    private static void run(List<String> command) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Main.run(command.toArray(String[]::new), InputStream.nullInputStream(), nowhere, nowhere);
    }
}
