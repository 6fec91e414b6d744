package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.vectors.IgvmFileWriter;
import dev.measure.vectors.OvmfWriter;
import dev.measure.vectors.PeWriter;
import dev.measure.vectors.SampleFuki;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * No command takes more than 256 MiB of heap, whatever it is given: each of these inputs is as large as its format allows, or larger
 * than any heap, and ends in an answer or in one error that says so. The commands run one after another in a Java that has no more than
 * that and ends at once when it is short of it.
 */
@Tag("slow")
class HeapTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final List<String> lines = new ArrayList<>();
    private final List<String> expected = new ArrayList<>();

    /** Adds a command, and what is expected: its exit code, and its error if there is one. */
    private void command(String line, int exit, String error) {
        lines.add(line);
        expected.add(line + " -> " + exit + (error.isEmpty() ? "" : " " + error));
    }

    private OutputStream file(String name) throws IOException {
        return new BufferedOutputStream(Files.newOutputStream(folder.resolve(name)));
    }

    /** A file with zeros in front of what it is, which take no room on the disk. */
    private void behindZeros(String name, byte[] bytes, long length) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
            file.seek(length - bytes.length);
            file.write(bytes);
        }
    }

    private void repeated(String name, byte[] head, byte[] record, int size) throws IOException {
        try (OutputStream out = file(name)) {
            out.write(head);
            for (int at = head.length; at + record.length <= size; at += record.length) {
                out.write(record);
            }
        }
    }

    private void numbered(String name, String head, String record, String between, String end, int size)
            throws IOException {
        try (OutputStream out = file(name)) {
            out.write(head.getBytes(StandardCharsets.UTF_8));
            int room = size - head.length() - end.length() - record.length() - 20;
            for (int i = 0, at = 0; at < room; i++) {
                byte[] text = ((i == 0 ? "" : between) + record.replace("#", Integer.toString(i)))
                        .getBytes(StandardCharsets.UTF_8);
                out.write(text);
                at += text.length;
            }
            out.write(end.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static byte[] little(int size, Object... fields) {
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        for (Object field : fields) {
            if (field instanceof Integer number) {
                bytes.putInt(number);
            } else if (field instanceof Short number) {
                bytes.putShort(number);
            } else if (field instanceof Byte number) {
                bytes.put(number);
            } else {
                bytes.put((byte[]) field);
            }
        }
        return bytes.array();
    }

    private static byte[] filled(int size, int value) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    /** The first record of a crypto-agile log with one bank, SHA-1. */
    private static byte[] specId() {
        byte[] name = "Spec ID Event03\0".getBytes(StandardCharsets.US_ASCII);
        byte[] event = little(33, name, 0, (byte) 0, (byte) 2, (byte) 0, (byte) 2, 1, (short) 4, (short) 20, (byte) 0);
        return little(32 + event.length, 0, 3, new byte[20], event.length, event);
    }

    private void images() throws IOException {
        Path image = PeWriter.stub("257")
                .section(".osrel", "ID=test\n")
                .section(".uname", "6.12.0\n")
                .section(".linux", "kernel")
                .section(".initrd", new byte[512])
                .virtualSize(600L * MIB)
                .sizeOfRawData(600L * MIB)
                .sizeOfImage(700L * MIB)
                .writeTo(folder.resolve("big.efi"));
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(file.length() + 600L * MIB);
        }
        command("inspect big.efi", 0, "");
        command("pcr big.efi --pcr 11 --bank sha256", 0, "");
        command("diff big.efi big.efi", 0, "");
        command(
                "export --format rvps big.efi",
                4,
                "big.efi: offset 0x0: expected a lock file (measure/lock/v1) or a result (measure/result/v1), found something"
                        + " else");
        command(
                "eventlog replay big.efi",
                4,
                "big.efi: offset 0x0: expected a PCR index of 0..23 in record 0, found 0x00005a4d");
        byte[] firmware = SampleFuki.firmware(7);
        behindZeros("64m.fd", firmware, 64L * MIB);
        behindZeros("300m.fd", firmware, 300L * MIB);
        command("inspect 64m.fd", 0, "");
        command("snp --firmware 64m.fd --vcpus 1..512 --vcpu-type EPYC-v4 --json", 0, "");
        command("snp --firmware 64m.fd --vcpus 1 --vcpu-type EPYC-v4 --trace=pages", 0, "");
        command(
                "snp --firmware 64m.fd --vcpus 1..512 --vcpu-type EPYC-v4,EPYC-Milan,EPYC-Genoa,EPYC-Rome --guest-features"
                        + " 1,3,5,9,0x11,0x21,0x41,0x81,0x101,0x201,7,0xb,0x13,0x23,0x43,0x83 --format yaml -v",
                0,
                "");
        command("snp --firmware 300m.fd --vcpus 1 --vcpu-type EPYC-v4", 0, "");
        command("inspect 300m.fd", 4, "300m.fd: offset 0x0: expected at most 67108864 bytes, found 314572800 bytes");
        Files.write(
                folder.resolve("memory.fd"),
                OvmfWriter.ovmf(65536)
                        .fill(7)
                        .tdxMetadata()
                        .tdxSection(0, 65536, 0xffff0000L, 65536, 0, 1)
                        .tdxSection(0, 0, 0x809000, 0x2000, 2, 0)
                        .tdxSection(0, 0, 0x900000, 0xbf700000L, 3, 0)
                        .build());
        command("tdx --firmware memory.fd --register mrtd", 0, "");
    }

    private void igvm() throws IOException {
        IgvmFileWriter most = IgvmFileWriter.snp();
        for (int page = 0; page < (16 * MIB - 64) / 32; page++) {
            most.page(0x100000 + page * 4096L, 1, new byte[0], 0, 0);
        }
        Files.write(folder.resolve("most.igvm"), most.build());
        command("inspect most.igvm", 0, "");
        command("snp most.igvm --vcpu-type EPYC-v4", 0, "");
        command("fuki most.igvm --vcpu-type EPYC-v4", 0, "");
        Files.write(
                folder.resolve("more.igvm"),
                most.page(0, 1, new byte[0], 0, 0)
                        .page(4096, 1, new byte[0], 0, 0)
                        .page(8192, 1, new byte[0], 0, 0)
                        .build());
        command(
                "snp more.igvm --vcpu-type EPYC-v4",
                4,
                "more.igvm: offset 0xc: expected a variable_header_size of at most 0x1000000, found 0x01000050");
    }

    private void logs() throws IOException {
        byte[] small = little(12 + 22 + 8, 1, 4, 1, (short) 4, filled(20, 1), 4, new byte[4]);
        repeated("small.log", specId(), small, 64 * MIB);
        byte[] sha1 = little(32, 1, 4, filled(20, 1), 0);
        repeated("sha1.log", new byte[0], sha1, 64 * MIB);
        repeated("some.log", specId(), small, 24 * MIB);
        byte[] whole = new byte[12 + 22 + 4 + 60 * MIB];
        System.arraycopy(little(38, 1, 0xd, 1, (short) 4, filled(20, 1), 60 * MIB), 0, whole, 0, 38);
        repeated("one.log", specId(), whole, 64 * MIB);
        numbered(
                "cel.json",
                "[",
                "{\"recnum\":#,\"pcr\":1,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"" + "ab".repeat(32)
                        + "\"}],\"content_type\":\"pcclient_std\",\"content\":{\"event_type\":4,\"event_data\":\"00000000\"}}",
                ",",
                "]",
                64 * MIB);
        command("inspect small.log", 0, "");
        command("eventlog replay small.log", 0, "");
        command("eventlog replay some.log --json --trace", 0, "");
        command("eventlog show some.log --json", 0, "");
        command("eventlog diff small.log sha1.log", 3, "");
        command("eventlog show one.log --json", 0, "");
        command("eventlog replay cel.json", 0, "");
        command("eventlog show cel.json --json", 0, "");
    }

    private void texts() throws IOException {
        String value =
                "{\"id\":\"pcr11/bank=sha256/profile=0/fwid=none/phase=p#/variant=only\",\"alg\":\"sha256\",\"value\":\""
                        + "ab".repeat(32) + "\",\"status\":\"predicted\",\"evidence\":\"peer\",\"origins\":\"0\"}";
        numbered(
                "big.lock.json",
                "{\"schema\":\"measure/lock/v1\",\"madeBy\":\"measure 1\",\"inputs\":[],\"behaviours\":[],\"assumptions\":[],"
                        + "\"policies\":{},\"origins\":{\"0\":[]},\"values\":[",
                value,
                ",",
                "],\"confirmed\":[]}",
                32 * MIB);
        numbered(
                "assumed.lock.json",
                "{\"schema\":\"measure/lock/v1\",\"madeBy\":\"measure 1\",\"inputs\":[],\"behaviours\":[],\"assumptions\":[",
                "{\"key\":\"k#\",\"value\":\"v\",\"why\":\"\"}",
                ",",
                "],\"policies\":{},\"origins\":{\"0\":[]},\"values\":[],\"confirmed\":[]}",
                32 * MIB);
        numbered("nodes.json", "{\"schema\":\"measure/result/v1\",\"x\":[", "{}", ",", "]}", 16 * MIB);
        numbered("wide.yaml", "schema: measure/manifest/v1\ntargets:\n", "  - pcr: {image: i#}\n", "", "", MIB);
        numbered(
                "wide.txt",
                "# dmidecode 3.4\n",
                "\nHandle 0x0001, DMI type 1, 27 bytes\nSystem\n\tFamily: #\n",
                "",
                "",
                16 * MIB);
        repeated("smbios.bin", new byte[0], new byte[] {127, 4, 0, 0, 0, 0}, 4 * MIB);
        repeated(
                "tags.cbor",
                new byte[] {
                    (byte) 0xd9, 1, (byte) 0xf5, (byte) 0xa2, 0, 0x61, 'x', 1, (byte) 0x9a, 0, 7, (byte) 0xa1, 0x20
                },
                new byte[] {0},
                4 * MIB);
        command("diff big.lock.json big.lock.json", 0, "");
        command(
                "diff assumed.lock.json big.lock.json",
                4,
                "assumed.lock.json: offset 0x755316: expected at most 200000 entries beside the values, found more");
        command("export --format rvps --expires 2027-01-31 big.lock.json", 0, "");
        command(
                "diff nodes.json nodes.json",
                4,
                "nodes.json: offset 0x16e37a: expected at most 500000 nodes, found more at line 1, column 1500027");
        command("inspect nodes.json", 0, "");
        command(
                "lock wide.yaml",
                4,
                "wide.yaml: offset 0x26cb8: expected at most 20000 nodes, found more at line 6668, column 18");
        command("inspect smbios.bin", 0, "");
        command(
                "inspect tags.cbor",
                4,
                "tags.cbor: offset 0x7a12d: expected the end of CoRIM, found 3694291 more bytes");
        Files.write(folder.resolve("sample.efi"), SampleFuki.bytes());
        command(
                "fuki sample.efi --machine smbios.bin",
                4,
                "smbios.bin: offset 0x0: expected an SMBIOS table that says who the machine is, in structures of type 0 to 3,"
                        + " found 1 structures that do not");
        command("fuki sample.efi --machine wide.txt", 0, "");
    }

    private void streams() {
        command("inspect - 300", 4, "-: offset 0x0: expected at most 67108864 bytes, found 314638336 bytes");
        command("snp --firmware - --vcpus 1 --vcpu-type EPYC-v4 300", 0, "");
    }

    @Test
    @Timeout(300)
    void is256MiBAtMost() throws IOException, InterruptedException {
        images();
        igvm();
        logs();
        texts();
        streams();
        Path answers = folder.resolve("answers");
        List<String> java = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                Runtime.version().feature() == 17 ? "-XX:+UseG1GC" : "-XX:+UseSerialGC", // as the launcher does
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                Commands.class.getName(),
                folder.toString()));
        java.addAll(lines);
        java.add(1, "-Dmeasure.times=" + Boolean.getBoolean("measure.times"));
        Process process = new ProcessBuilder(java)
                .redirectErrorStream(true)
                .redirectOutput(answers.toFile())
                .start();
        try {
            process.waitFor(280, TimeUnit.SECONDS);
        } finally {
            process.destroyForcibly();
        }
        assertEquals(String.join("\n", expected), Files.readString(answers).strip());
    }

    /** The Java that has 256 MiB. */
    static final class Commands {
        private Commands() {}

        /**
         * Runs commands and says how each ended.
         *
         * @param args a folder, and the commands
         */
        public static void main(String[] args) {
            for (String line : List.of(args).subList(1, args.length)) {
                List<String> words = new ArrayList<>(List.of(line.split(" ")));
                InputStream in = InputStream.nullInputStream();
                String last = words.get(words.size() - 1);
                if (words.contains("-")) {
                    in = stream(Integer.parseInt(last));
                    words.remove(words.size() - 1);
                }
                ByteArrayOutputStream err = new ByteArrayOutputStream();
                long start = System.nanoTime();
                int exit = Main.run(
                        words.toArray(String[]::new),
                        in,
                        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                        new PrintStream(err, false, StandardCharsets.UTF_8),
                        new Surroundings(args[0], Map.of(), false, false));
                String error = "";
                for (String said : err.toString(StandardCharsets.UTF_8).split("\n")) {
                    if (said.startsWith("measure: error: ")) {
                        error = " " + said.substring("measure: error: ".length());
                    }
                }
                System.out.println(line + " -> " + exit + error);
                if (Boolean.getBoolean("measure.times")) {
                    System.out.println((System.nanoTime() - start) / 1_000_000 + " ms");
                }
            }
        }

        /** So many MiB of a firmware behind zeros. */
        private static InputStream stream(int mib) {
            InputStream zeros = new InputStream() {
                private long left = (long) mib * MIB;

                @Override
                public int read() {
                    return left-- > 0 ? 0 : -1;
                }

                @Override
                public int read(byte[] array, int offset, int count) {
                    int some = (int) Math.min(count, left);
                    left -= some;
                    Arrays.fill(array, offset, offset + some, (byte) 0);
                    return some > 0 ? some : -1;
                }
            };
            return new SequenceInputStream(zeros, new ByteArrayInputStream(SampleFuki.firmware(7)));
        }
    }
}
