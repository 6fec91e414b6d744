package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the memory of guests held: boots of Debian's OVMF_CODE_4M.secboot.fd 2026.08 with stores whose MemoryTypeInformation was
 * changed, read out of the machine by {@code pmemsave} and equal in digest to the PEIFV of the log.
 */
class MemoryTypeInformationTest {
    /** Types and pages of the file. */
    private static final long[] FILE = {0x0a, 0x80, 0x09, 0x12, 0x00, 0x80, 0x05, 0x100, 0x06, 0x100, 0x10, 0};

    private static final int AT = 32;
    private static final int POINTER = 8;

    @ParameterizedTest
    @CsvSource({
        // NVS, ACPI, reserved, code, data of the variable; the same of the table in memory; the address below them
        "80 12 80 100 100, 80 12 80 100 100, f83fc33e",
        "90 13 80 100 100, 90 13 80 100 100, f82fc23e",
        "80 12 81 100 101, 80 12 81 100 101, f81fc33e",
        "80 12 80 3001 100, 80 12 80 3001 100, f82fd33b",
        "80 11 80 180 246, 80 12 80 180 246, f8dfa63e",
    })
    void raisesTheTableAndLowersTheAddress(String variable, String table, String pointer) {
        byte[] file = volume();
        byte[] memory = file.clone();
        System.arraycopy(HexFormat.of().parseHex("f83fc33e"), 0, memory, POINTER, 4);
        long grown = MemoryTypeInformation.refresh(memory, file, AT, Optional.of(variable(variable)));
        MemoryTypeInformation.lower(memory, POINTER, grown);
        assertEquals(
                HexFormat.of().formatHex(variable(table).toByteArray()),
                HexFormat.of().formatHex(memory, AT, AT + 48));
        assertEquals(pointer, HexFormat.of().formatHex(memory, POINTER, POINTER + 4));
    }

    @Test
    void leavesTheTableAloneForAVariableOfAnotherForm() {
        byte[] file = volume();
        byte[] large = new byte[18 * 8];
        Arrays.fill(large, (byte) 6);
        for (byte[] value : new byte[][] {{}, new byte[7], large}) {
            byte[] memory = file.clone();
            assertEquals(0, MemoryTypeInformation.refresh(memory, file, AT, Optional.of(Source.of("variable", value))));
            assertEquals(HexFormat.of().formatHex(file), HexFormat.of().formatHex(memory));
        }
    }

    @Test
    void findsTheTableOnlyIfItIsThereOnce() {
        assertEquals(OptionalInt.of(AT), MemoryTypeInformation.table(volume()));
        assertEquals(OptionalInt.empty(), MemoryTypeInformation.table(new byte[AT]));
        byte[] twice = Arrays.copyOf(volume(), 200);
        System.arraycopy(volume(), AT, twice, 100, 48);
        assertEquals(OptionalInt.empty(), MemoryTypeInformation.table(twice));
    }

    private static byte[] volume() {
        ByteBuffer bytes = ByteBuffer.allocate(AT + 48).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(AT);
        for (long word : FILE) {
            bytes.putInt((int) word);
        }
        return bytes.array();
    }

    private static Source variable(String pages) {
        ByteBuffer bytes = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
        String[] words = pages.split(" ");
        for (int i = 0; i < words.length; i++) {
            bytes.putInt((int) FILE[2 * i]).putInt(Integer.parseInt(words[i], 16));
        }
        return Source.of("MemoryTypeInformation", bytes.putInt(16).putInt(0).array());
    }
}
