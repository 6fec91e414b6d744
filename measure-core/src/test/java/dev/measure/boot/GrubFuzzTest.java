package dev.measure.boot;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.pe.PeImage;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class GrubFuzzTest {
    /** Any script ends: with a kernel, or with the reason why not. */
    @FuzzTest(maxDuration = "30s")
    void runsAnyScript(byte[] script) {
        GrubImage image = new GrubFile().debian("2.12").prefix("/EFI/debian").image();
        List<NamedFile> files = List.of(
                new NamedFile("(hd0,gpt1)/EFI/debian/grub.cfg", Source.of("grub.cfg", script)),
                new NamedFile("/vmlinuz", Source.of("kernel", new byte[1])));
        GrubInterpreter interpreter = new GrubInterpreter(
                new GrubMachine(image, false, files, Map.of("root", "hd0,gpt1"), Map.of("u", "hd0,gpt2")),
                Optional.empty());
        interpreter.run();
        if (interpreter.end().isEmpty() && interpreter.steps().isEmpty()) {
            throw new AssertionError("no reason and no kernel");
        }
    }

    /** Tables of a module that name each other in any way. */
    @FuzzTest(maxDuration = "30s")
    void readsAnyModule(byte[] data) {
        byte[] guid = HexFormat.of().parseHex("3d1a7596f472a641a794ed5d0e67ae6b");
        byte[] module = Arrays.copyOf(data, data.length + guid.length);
        System.arraycopy(guid, 0, module, data.length, guid.length);
        Source source = Source.of("tpm", module);
        if (GrubModule.name(source).isPresent()) {
            GrubTpmModule.of(source);
        }
    }

    /** The section of modules, and the disk in it. */
    @FuzzTest(maxDuration = "30s")
    void readsAnyDiskInside(byte[] data) {
        GrubMemdisk.file(Source.of("memdisk", data), "/grub.cfg");
        GrubMemdisk.holds(Source.of("memdisk", data), "/fonts/unicode.pf2");
        try {
            PeImage image = PeImage.read(Source.of("fuzz", data));
            if (GrubImage.is(image)) {
                GrubImage.read(image);
            }
        } catch (MalformedInputException expected) {
            // the one answer to broken input
        }
    }
}
