package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.BehaviourProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * STACKS.md says what the registries say. To write it anew, run this test with {@code -Dmeasure.write=true}; a change of it is a
 * change of computed values.
 */
final class StacksTest {
    private static final Path FILE = Path.of("STACKS.md");

    @Test
    void theTableIsThatOfTheRegistries() throws IOException {
        if (Boolean.getBoolean("measure.write")) {
            Files.writeString(FILE, text());
        }
        assertEquals(text(), Files.readString(FILE).replace("\r\n", "\n"));
    }

    private static String text() {
        StringBuilder text = new StringBuilder();
        text.append("# Which stack measures how\n\n");
        text.append(
                "Made from the registries of behaviour profiles by `StacksTest`. Evidence is hardware (a quote), boot, peer (an\n");
        text.append("independent calculator) or source (read only).\n\n");
        text.append("## MRTD, by what builds the trust domain: `--vmm`, or `--qemu-version`\n\n");
        text.append("| profile | order of pages | evidence | source |\n|---|---|---|---|\n");
        for (TdxVmm vmm : TdxVmm.values()) {
            row(text, vmm, vmm.order().map(MrtdOrder::id).orElse("not known: both"));
        }
        text.append("\n## RTMR0 to RTMR2, by generation of EDK2: `--edk2`\n\n");
        text.append("| profile | what it measures | evidence | source |\n|---|---|---|---|\n");
        for (Edk2Generation edk2 : Edk2Generation.all()) {
            row(text, edk2, edk2.changes());
        }
        text.append(
                "\nRTMR1 of a direct boot holds the kernel as QEMU has changed its setup header, but the file as it is where both\n");
        text.append("the generation prefers the unpatched kernel and QEMU is 10.0 or later.\n");
        return text.toString();
    }

    private static void row(StringBuilder text, BehaviourProfile profile, String what) {
        text.append("| ")
                .append(profile.id())
                .append(" | ")
                .append(what)
                .append(" | ")
                .append(profile.evidence().name().toLowerCase(Locale.ROOT))
                .append(" | ")
                .append(profile.source())
                .append(" |\n");
    }
}
