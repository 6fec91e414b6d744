package dev.measure.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import dev.measure.DigestAlgorithm;
import dev.measure.DigestPass;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.hash.Engine;
import dev.measure.hash.Sha384Messages;
import dev.measure.pe.PeImage;
import dev.measure.snp.CpuModel;
import dev.measure.snp.LaunchDigest;
import dev.measure.snp.SevFeatures;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.SnpLaunch;
import dev.measure.snp.Vmm;
import dev.measure.tdx.Mrtd;
import dev.measure.tdx.MrtdOrder;
import dev.measure.tdx.TdxLaunch;
import dev.measure.vectors.PeWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Answers to what users ask about speed, each against a floor or a peer on the same bytes, in turns, in one process. {@code
 * benchmarks/compare.sh} starts it for every Java, with and without the vector module.
 */
public final class Compare {
    private static final int PAGE = 4096;
    private static final int OFTEN = 50; // the system counts a process's time in hundredths of a second
    private static final int WARM = 2000;
    private static final int IN_A_ROW = 100; // so often each side works before it is the other's turn
    private static final Set<DigestAlgorithm> FOUR = EnumSet.range(DigestAlgorithm.SHA1, DigestAlgorithm.SHA512);

    private final Map<String, String> options = new LinkedHashMap<>();
    private final ObjectMapper mapper = new ObjectMapper();
    private final ObjectNode results = mapper.createObjectNode();
    private final double seconds;
    private final Path scratch;

    private Compare(String[] args) throws IOException {
        for (int i = 0; i + 1 < args.length; i += 2) {
            options.put(args[i], args[i + 1]);
        }
        seconds = Double.parseDouble(options.getOrDefault("--seconds", "6"));
        scratch = Files.createTempDirectory("measure-compare");
    }

    /**
     * Runs all comparisons for which everything is there.
     *
     * @param args {@code --out FILE}, and what is installed: {@code --firmware --ipsec-mb --python --sev-snp-measure
     *     --systemd-measure}; {@code --only TEXT} for those whose name contains it; {@code --seconds} for each
     * @throws IOException if something cannot be read or run
     * @throws InterruptedException if the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Compare compare = new Compare(args);
        boolean decided = Engine.await(60);
        try {
            compare.pages();
            compare.launchDigest();
            compare.matrix();
            compare.mrtd();
            compare.uki();
        } finally {
            compare.removeScratch();
        }
        ObjectNode root = compare.mapper.createObjectNode();
        root.put("jdk", System.getProperty("java.runtime.version"));
        root.put("vm", System.getProperty("java.vm.name"));
        root.put(
                "vectorModule",
                ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
        root.put("engine", decided ? Engine.current().toString() : "undecided");
        root.set("results", compare.results);
        Files.writeString(
                Path.of(compare.options.get("--out")),
                compare.mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    }

    private void removeScratch() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(scratch)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(scratch);
    }

    private boolean wanted(String name) {
        String only = options.getOrDefault("--only", "");
        return name.contains(only) || only.contains(name);
    }

    private void compare(String name, String unit, Turns.Way ours, Turns.Way theirs) throws IOException {
        if (!wanted(name)) {
            return;
        }
        ObjectNode node = results.putObject(name);
        node.put("unit", unit);
        Turns.run(node, ours, theirs, seconds);
        System.err.println(name + " " + node);
    }

    private boolean installed(String name, String... needed) {
        for (String option : needed) {
            if (!options.containsKey(option)) {
                System.err.println("SKIPPED " + name + ": no " + option);
                return false;
            }
        }
        return wanted(name);
    }

    /** Work that may fail only for want of a file. */
    @FunctionalInterface
    private interface Work {
        void run() throws IOException;
    }

    private static Turns.Way threadCpu(Work work) {
        var threads = ManagementFactory.getThreadMXBean();
        return () -> {
            long start = threads.getCurrentThreadCpuTime();
            work.run();
            return threads.getCurrentThreadCpuTime() - start;
        };
    }

    private static Turns.Way processCpu(Work work) {
        var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return () -> {
            long start = system.getProcessCpuTime();
            work.run();
            return system.getProcessCpuTime() - start;
        };
    }

    private static Turns.Way times(int times, Turns.Way many) {
        return () -> many.nanos() / times;
    }

    private static Turns.Way wall(Work work) {
        return () -> {
            long start = System.nanoTime();
            work.run();
            return System.nanoTime() - start;
        };
    }

    private static void digest(MessageDigest sha384, byte[] array, int at, int count, byte[] out, int outAt) {
        sha384.update(array, at, count);
        try {
            sha384.digest(out, outAt, 48);
        } catch (DigestException e) {
            throw new IllegalStateException(e);
        }
    }

    /** SHA-384 of 1024 random pages, one core. */
    private void pages() throws IOException {
        byte[] bytes = new byte[1024 * PAGE];
        new SplittableRandom(0x5eed).nextBytes(bytes);
        int[] at = new int[1024];
        int[] outAt = new int[1024];
        for (int i = 0; i < at.length; i++) {
            at[i] = i * PAGE;
            outAt[i] = i * 48;
        }
        byte[] ours = new byte[1024 * 48];
        byte[] theirs = new byte[1024 * 48];
        Sha384Messages messages = Sha384Messages.ofLength(PAGE);
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        Turns.Way lanes = threadCpu(() -> messages.digest(bytes, at, at.length, ours, outAt));
        compare("pages / MessageDigest", "thread CPU", lanes, threadCpu(() -> {
            for (int i = 0; i < at.length; i++) {
                digest(sha384, bytes, at[i], PAGE, theirs, outAt[i]);
            }
        }));
        if (installed("pages / ipsec-mb", "--ipsec-mb")) {
            Path file = Files.write(scratch.resolve("pages"), bytes);
            try (PeerProcess peer =
                    new PeerProcess(List.of(options.get("--ipsec-mb"), file.toString(), Integer.toString(PAGE)))) {
                messages.digest(bytes, at, at.length, ours, outAt);
                same(peer.result(), HexFormat.of().formatHex(ours, 0, 48));
                compare("pages / ipsec-mb", "thread CPU", lanes, () -> peer.nanos(0));
            }
        }
    }

    private static void same(String theirs, String ours) {
        if (!theirs.equals(ours)) {
            throw new IllegalStateException("the peer says " + theirs + ", we say " + ours);
        }
    }

    private Path firmware() throws IOException {
        return options.containsKey("--firmware")
                ? Path.of(options.get("--firmware"))
                : Files.write(scratch.resolve("made.fd"), MadeFirmware.fourMebibytes());
    }

    private static List<Prediction> launch(Path file, List<SnpGuest> guests) throws IOException {
        try (Source source = Source.open(file)) {
            return LaunchDigest.of(SnpLaunch.of(Firmware.read(source, Strictness.STRICT)), guests);
        }
    }

    private static void launches(int times, Path file, List<SnpGuest> guests) throws IOException {
        for (int i = 0; i < times; i++) {
            launch(file, guests);
        }
    }

    /** From file to value, warm: many in a row, and one at a time after the pause in which the peer works. */
    private void launchDigest() throws IOException {
        if (!installed("launch digest / sev-snp-measure", "--sev-snp-measure", "--python")) {
            return;
        }
        Path file = firmware();
        List<SnpGuest> guest = List.of(SnpGuest.qemu(4, CpuModel.parse("EPYC-v4")));
        try (PeerProcess peer = new PeerProcess(List.of(
                options.get("--python"),
                options.get("--peers") + "/sev_snp_measure.py",
                options.get("--sev-snp-measure"),
                file.toString(),
                "4",
                "EPYC-v4"))) {
            Prediction.Predicted ours =
                    (Prediction.Predicted) launch(file, guest).get(0);
            same(peer.result(), ours.measurement().value().hex());
            // Until the second compiler is through, it takes the second core; the peer has no compiler.
            launches(WARM, file, guest);
            compare(
                    "launch digest / sev-snp-measure",
                    "wall, in process, " + IN_A_ROW + " in a row",
                    times(IN_A_ROW, wall(() -> launches(IN_A_ROW, file, guest))),
                    () -> peer.nanos(0, IN_A_ROW));
            compare(
                    "launch digest after a pause / sev-snp-measure",
                    "wall, in process",
                    wall(() -> launch(file, guest)),
                    () -> peer.nanos(0));
            compare(
                    "launch digest CPU / sev-snp-measure",
                    "process CPU",
                    times(OFTEN, processCpu(() -> launches(OFTEN, file, guest))),
                    () -> peer.nanos(1));
        }
    }

    /** 10,240 launch digests, against as many steps of a chain with MessageDigest. */
    private void matrix() throws IOException {
        Path file = firmware();
        List<SnpGuest> guests = new ArrayList<>();
        for (String cpu : List.of("EPYC-v4", "EPYC-Rome", "EPYC-Milan", "EPYC-Genoa", "EPYC-Turin")) {
            for (Vmm vmm : List.of(Vmm.QEMU, Vmm.QEMU_LEGACY)) {
                for (long features : new long[] {0x1, 0x21}) {
                    for (int vcpus = 1; vcpus <= 512; vcpus++) {
                        guests.add(new SnpGuest(vmm, vcpus, CpuModel.parse(cpu), new SevFeatures(features)));
                    }
                }
            }
        }
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        byte[] message = new byte[112];
        compare("10240 launch digests / chain steps alone", "wall", wall(() -> launch(file, guests)), wall(() -> {
            for (int step = 0; step < 10_240; step++) {
                digest(sha384, message, 0, message.length, message, 0);
            }
        }));
    }

    /** One MRTD against its stream alone, and eight side by side against eight streams one after another. */
    private void mrtd() throws IOException {
        List<TdxLaunch> launches = new ArrayList<>();
        List<byte[]> streams = new ArrayList<>();
        for (int seed = 0; seed < 8; seed++) {
            byte[] image = MrtdBenchmark.made(seed);
            launches.add(TdxLaunch.of(Firmware.read(Source.of("made.fd", image), Strictness.STRICT)));
            streams.add(MrtdBenchmark.stream(image));
        }
        // The parsing of metadata runs once for each image: too seldom to be compiled by the images above alone.
        TdxLaunch small = TdxLaunch.of(Firmware.read(Source.of("made.fd", MrtdBenchmark.small()), Strictness.STRICT));
        for (int i = 0; wanted("MRTD") && i < 20_000; i++) {
            Mrtd.of(small, MrtdOrder.PAGE);
        }
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        compare(
                "1 MRTD / MessageDigest",
                "thread CPU",
                threadCpu(() -> Mrtd.of(launches.get(0), MrtdOrder.PAGE)),
                threadCpu(() -> sha384.digest(streams.get(0))));
        compare(
                "8 MRTDs / MessageDigest",
                "thread CPU",
                threadCpu(() -> Mrtd.of(launches, MrtdOrder.PAGE)),
                threadCpu(() -> streams.forEach(sha384::digest)));
    }

    /** A UKI of 200 MB in four banks. */
    private void uki() throws IOException {
        if (!wanted("UKI sections")) {
            return;
        }
        Path linux = Files.write(scratch.resolve("linux"), random(12 << 20, 0x11));
        Path initrd = Files.write(scratch.resolve("initrd"), random(188 << 20, 0x22));
        Path uki = PeWriter.stub("262.1")
                .section(".osrel", "ID=made\n")
                .section(".cmdline", "console=ttyS0")
                .section(".linux", 12 << 20, 0x11)
                .section(".initrd", 188 << 20, 0x22)
                .writeTo(scratch.resolve("uki.efi"));
        Work sections = () -> {
            try (Source source = Source.open(uki)) {
                PeImage.read(source).sectionDigests(FOUR);
            }
        };
        if (installed("UKI sections / systemd-measure", "--systemd-measure")) {
            String command = options.get("--systemd-measure") + " calculate --linux=" + linux + " --initrd=" + initrd
                    + " --bank=sha1 --bank=sha256 --bank=sha384 --bank=sha512 --phase=enter-initrd";
            compare(
                    "UKI sections CPU / systemd-measure",
                    "process CPU",
                    processCpu(sections),
                    () -> PeerProcess.whole(command)[1]);
            compare("UKI sections / systemd-measure", "wall", wall(sections), () -> PeerProcess.whole(command)[0]);
        }
        compare(
                "UKI sections and Authenticode / MessageDigest",
                "process CPU",
                processCpu(() -> {
                    try (Source source = Source.open(uki)) {
                        PeImage image = PeImage.read(source);
                        List<List<Source>> contents = new ArrayList<>();
                        image.sections().forEach(section -> contents.add(List.of(section.content())));
                        contents.add(image.authenticodeRanges());
                        DigestPass.of(contents, FOUR);
                    }
                }),
                processCpu(() -> {
                    try (Source source = Source.open(uki)) {
                        for (int pass = 0; pass < 2; pass++) {
                            List<MessageDigest> banks = new ArrayList<>();
                            FOUR.forEach(bank -> banks.add(bank.newMessageDigest()));
                            source.stream(
                                    (array, offset, count) -> banks.forEach(bank -> bank.update(array, offset, count)));
                            banks.forEach(MessageDigest::digest);
                        }
                    }
                }));
    }

    private static byte[] random(int count, long seed) {
        byte[] bytes = new byte[count];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }
}
