package dev.measure.tpm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.DigestAlgorithm;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.boot.BootInputs;
import dev.measure.boot.BootSequence;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * PCR 0 of builds with Secure Boot and SMM: the expected values are those of the software TPM after boots of Debian's
 * OVMF_CODE_4M.secboot.fd 2025.02 under QEMU 7.2, {@code q35,smm=on}, one vCPU, 1 GiB.
 */
class SecureBootBuildTest {
    private static final long[] RAISED = {0x0a, 0x80, 0x09, 0x11, 0x00, 0x80, 0x05, 0x180, 0x06, 0x246, 0x10, 0};

    @Test
    void followsTheStoreAndNamesTheProcessors() throws IOException {
        Optional<Path> code = Shared.unxz("firmware/deb13-OVMF_CODE_4M.secboot.fd.xz");
        Optional<Path> vars = Shared.unxz("firmware/deb13-OVMF_VARS_4M.fd.xz");
        if (code.isEmpty() || vars.isEmpty()) {
            return;
        }
        byte[] empty = Files.readAllBytes(vars.get());
        Map<String, String> fresh = pcr0(code.get(), Optional.of(Source.of("vars", empty)));
        assertEquals("c38a6ce4bfb6d33216a2670ba56b9d08ded2795e3fbe1f81756c739119ff3314", fresh.get("cpu-amd-40"));
        assertEquals("52edffa168d04926417e8f830034632a22dd3391ef9b57b629c14cab474e453b", fresh.get("cpu-amd-40-1g"));
        Map<String, String> raised = pcr0(code.get(), Optional.of(Source.of("vars", raised(empty))));
        assertEquals("ad3cd66ca948528db7398c56a6e467dfa60cf3a86b897b251d95a8d8f8aa4cab", raised.get("cpu-amd-40"));
        assertEquals(Map.of("only", "--vars"), pcr0(code.get(), Optional.empty()));
    }

    /** The values by variant, or what is missing. */
    private static Map<String, String> pcr0(Path code, Optional<Source> vars) throws IOException {
        BootInputs.Builder in = BootInputs.builder()
                .firmware(Source.open("code", code))
                .machineType("q35,smm=on")
                .smp(1)
                .memory(1L << 30)
                .processor("any");
        vars.ifPresent(in::variables);
        Map<String, String> values = new TreeMap<>();
        for (PcrPrediction value : Pcr.of(BootSequence.of(in.build()), List.of(0), Set.of(DigestAlgorithm.SHA256))) {
            values.put(
                    value.variant(),
                    value.prediction() instanceof Prediction.Predicted predicted
                            ? predicted.measurement().value().hex()
                            : ((Prediction.NotPredictable) value.prediction()).input());
        }
        return values;
    }

    /** The store with a variable MemoryTypeInformation, written as the firmware would. */
    private static byte[] raised(byte[] empty) {
        byte[] image = empty.clone();
        ByteBuffer bytes = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        int at = bytes.getShort(0x30) + 28;
        assertTrue(bytes.getShort(at) == -1, "the store is empty");
        byte[] name = "MemoryTypeInformation\0".getBytes(StandardCharsets.UTF_16LE);
        bytes.position(at);
        bytes.putShort((short) 0x55aa).put((byte) 0x3f).put((byte) 0).putInt(3).putLong(0);
        bytes.put(new byte[16]).putInt(0).putInt(name.length).putInt(48);
        bytes.putInt(0x4c19049f).putShort((short) 0x4137).putShort((short) 0x4dd3);
        bytes.order(ByteOrder.BIG_ENDIAN).putLong(0x9c108b97a83ffdfaL).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(name);
        for (long word : RAISED) {
            bytes.putInt((int) word);
        }
        return image;
    }
}
