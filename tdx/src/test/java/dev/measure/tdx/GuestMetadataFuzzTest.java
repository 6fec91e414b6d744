package dev.measure.tdx;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;

/** Arbitrary bytes, and texts put together from the words of metadata. */
final class GuestMetadataFuzzTest {
    private static final String[] WORDS = {
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"boot_config\"",
        "\"direct\"",
        "\"indirect\"",
        "\"cpus\"",
        "\"memory\"",
        "\"bios\"",
        "\"acpi_tables\"",
        "\"rsdp\"",
        "\"boot_order\"",
        "\"qemu\"",
        "\"kernel\"",
        "\"cmdline\"",
        "\"ovmf_variant\"",
        "\"pre202505\"",
        "\"cpu_count\"",
        "\"memory_size\"",
        "\"qemu_version\"",
        "\"qemu_single_pass_add_pages\"",
        "\"tdx_measurement\"",
        "\"measurement\"",
        "\"2G\"",
        "\"0xffffffffffffffff\"",
        "null",
        "true",
        "4096",
        "-1",
        "1e9"
    };

    @FuzzTest(maxDuration = "30s")
    void readsOrRefuses(byte[] data) {
        check(data);
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < data.length && i < 200; i++) {
            text.append(WORDS[(data[i] & 0xff) % WORDS.length]);
        }
        check(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void check(byte[] bytes) {
        try {
            GuestMetadata.isJson(Source.of("fuzz", bytes));
            GuestMetadata.read(Source.of("fuzz", bytes));
        } catch (MalformedInputException expected) {
            // refused: fine
        }
    }
}
