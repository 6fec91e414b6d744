package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.snp.KernelHashes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the options that name a kernel, its initrd and its command line; each as itself or as a hash made before. */
final class KernelOptions {
    private static final List<String> ALL =
            List.of("--kernel", "--kernel-hash", "--initrd", "--initrd-hash", "--append", "--cmdline-hash");

    private final Call call;
    private final Map<String, Source> files = new LinkedHashMap<>();
    private final List<String> arguments = new ArrayList<>();
    private final List<Provenance> from = new ArrayList<>();

    private KernelOptions(Call call) {
        this.call = call;
    }

    /** {@return the option that is given, if any of them is} */
    static Optional<String> given(Call call) {
        return ALL.stream().filter(call::has).findFirst();
    }

    /** {@return the kernel, if one is given} */
    static Optional<SnpRequest.Kernel> of(Call call) {
        for (int i = 0; i < ALL.size(); i += 2) {
            if (call.has(ALL.get(i)) && call.has(ALL.get(i + 1))) {
                throw Complaint.usage(
                        "both " + ALL.get(i) + " and " + ALL.get(i + 1) + " are given", "keep one of them");
            }
        }
        Optional<String> first = given(call);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        if (!call.has("--kernel") && !call.has("--kernel-hash")) {
            throw Complaint.usage(
                    first.get() + " without --kernel", "the VMM takes initrd and command line only with a kernel");
        }
        return Optional.of(new KernelOptions(call).kernel());
    }

    private SnpRequest.Kernel kernel() {
        Digest kernel = file("kernel", "--kernel", "--kernel-hash").orElseThrow();
        Digest initrd = file("initrd", "--initrd", "--initrd-hash").orElseGet(() -> sha256(new byte[0]));
        Digest cmdline = cmdline().orElseGet(() -> sha256(new byte[1]));
        KernelHashes hashes = new KernelHashes(
                kernel, initrd, cmdline, new Provenance.Derived("table of kernel hashes", List.copyOf(from)));
        return new SnpRequest.Kernel(hashes, files, arguments);
    }

    private Optional<Digest> file(String role, String option, String hashOption) {
        Optional<String> name = call.value(option);
        if (name.isEmpty()) {
            return hash(hashOption);
        }
        Source file = call.inputs().open(name.get());
        files.put(role, file);
        arguments.addAll(List.of(option, name.get()));
        from.add(Provenance.FileRange.of(file));
        return Optional.of(file.digest(DigestAlgorithm.SHA256));
    }

    private Optional<Digest> cmdline() {
        Optional<String> text = call.value("--append");
        if (text.isEmpty()) {
            return hash("--cmdline-hash");
        }
        byte[] line = line(text.get());
        arguments.add("--append=" + text.get());
        from.add(new Provenance.Parameter("append", new String(line, StandardCharsets.UTF_8)));
        return Optional.of(sha256(Arrays.copyOf(line, line.length + 1))); // with the NUL that the kernel's loader adds
    }

    private byte[] line(String text) {
        if (!text.startsWith("@")) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        Source file = call.inputs().open(text.substring(1));
        files.put("cmdline", file);
        byte[] bytes = file.toByteArray();
        if (bytes.length > 0 && bytes[bytes.length - 1] == '\n') {
            call.talk()
                    .say("note: " + file.name() + " ends in a line feed, which is part of the command line measured");
        }
        return bytes;
    }

    private Optional<Digest> hash(String option) {
        return call.value(option).map(hex -> {
            Digest digest;
            try {
                digest = Digest.parse(DigestAlgorithm.SHA256, hex);
            } catch (IllegalArgumentException e) {
                throw Complaint.usage(option + ": " + e.getMessage(), "it has 64 hexadecimal digits");
            }
            arguments.addAll(List.of(option, digest.hex()));
            from.add(new Provenance.Parameter(option.substring(2), digest.hex()));
            return digest;
        });
    }

    private static Digest sha256(byte[] bytes) {
        MessageDigest sha256 = DigestAlgorithm.SHA256.newMessageDigest();
        sha256.update(bytes);
        return Digest.of(DigestAlgorithm.SHA256, sha256);
    }
}
