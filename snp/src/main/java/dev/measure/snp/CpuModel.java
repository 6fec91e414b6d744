package dev.measure.snp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * A vCPU model: the family, model and stepping that CPUID function 1 shows in EAX, which QEMU also puts into RDX of the VMSA.
 *
 * <p>The table of names is that of QEMU 11.1.2 ({@code -cpu help}, AMD and Hygon).
 *
 * @param name QEMU's name, or the signature in hexadecimal, or {@code none}
 * @param family 0 to 270: base family plus extended family
 * @param model 0 to 255: base model plus extended model times 16
 * @param stepping 0 to 15
 */
public record CpuModel(String name, int family, int model, int stepping) {
    /** No model: for VMMs that do not measure it. */
    public static final CpuModel NONE = new CpuModel("none", 0, 0, 0);

    private static final Map<String, CpuModel> BY_NAME = new LinkedHashMap<>();

    static {
        // spotless:off
        add(23, 1, 2, "EPYC", "EPYC-v1", "EPYC-v2", "EPYC-v3", "EPYC-v4", "EPYC-v5", "EPYC-IBPB");
        add(23, 49, 0, "EPYC-Rome", "EPYC-Rome-v1", "EPYC-Rome-v2", "EPYC-Rome-v3", "EPYC-Rome-v4", "EPYC-Rome-v5");
        add(25, 1, 1, "EPYC-Milan", "EPYC-Milan-v1", "EPYC-Milan-v2", "EPYC-Milan-v3", "EPYC-Milan-v4");
        add(25, 17, 0, "EPYC-Genoa", "EPYC-Genoa-v1", "EPYC-Genoa-v2", "EPYC-Genoa-v3");
        add(26, 0, 0, "EPYC-Turin", "EPYC-Turin-v1", "EPYC-Turin-v2");
        add(24, 0, 1, "Dhyana", "Dhyana-v1", "Dhyana-v2");
        add(15, 107, 1, "qemu64");
        add(16, 2, 3, "phenom", "Opteron_G3");
        add(6, 2, 3, "athlon");
        add(15, 6, 1, "Opteron_G1", "Opteron_G2");
        add(21, 1, 2, "Opteron_G4");
        add(21, 2, 0, "Opteron_G5");
        // spotless:on
    }

    /** Checks the ranges: what does not fit into the signature is refused, not cut. */
    public CpuModel {
        Objects.requireNonNull(name, "name");
        if (family < 0 || family > 270) {
            throw new IllegalArgumentException("vCPU family must be 0..270, got " + family);
        }
        if (model < 0 || model > 255) {
            throw new IllegalArgumentException("vCPU model must be 0..255, got " + model);
        }
        if (stepping < 0 || stepping > 15) {
            throw new IllegalArgumentException("vCPU stepping must be 0..15, got " + stepping);
        }
    }

    // Spelled out: what the compiler would add is linked when it is first called, which takes longer than a short
    // command has.
    @Override
    public boolean equals(Object other) {
        return other instanceof CpuModel cpu
                && name.equals(cpu.name)
                && family == cpu.family
                && model == cpu.model
                && stepping == cpu.stepping;
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + (family << 16 | model << 4 | stepping);
    }

    private static void add(int family, int model, int stepping, String... names) {
        for (String name : names) {
            BY_NAME.put(name.toLowerCase(Locale.ROOT), new CpuModel(name, family, model, stepping));
        }
    }

    /** {@return all models that have a name} */
    public static List<CpuModel> all() {
        return new ArrayList<>(BY_NAME.values());
    }

    /**
     * {@return the model of a name}
     *
     * @param name QEMU's name, in any case
     * @throws IllegalArgumentException if there is none
     */
    public static CpuModel parse(String name) {
        CpuModel model = BY_NAME.get(name.toLowerCase(Locale.ROOT));
        if (model == null) {
            throw new IllegalArgumentException("unknown vCPU type '" + name + "'");
        }
        return model;
    }

    /**
     * {@return the model of a signature, named by its eight hexadecimal digits}
     *
     * @param signature EAX of CPUID function 1, 32 bits; reserved bits (14, 15 and 28 to 31, and 12, 13: the type) are zero
     * @throws IllegalArgumentException if it has more bits or reserved ones
     */
    public static CpuModel ofSignature(long signature) {
        if (signature < 0 || (signature & ~0x0fff0fffL) != 0) {
            throw new IllegalArgumentException(
                    "a vCPU signature is 0..0x0fff0fff without bits 12..15, got 0x" + Long.toHexString(signature));
        }
        int low = (int) (signature >> 8 & 15);
        int extended = (int) (signature >> 20 & 0xff);
        if (low != 15 && extended != 0) {
            throw new IllegalArgumentException("a vCPU signature with an extended family has base family 15, got 0x"
                    + Long.toHexString(signature));
        }
        int model = (int) (signature >> 4 & 15 | signature >> 16 - 4 & 0xf0);
        return new CpuModel(String.format("0x%08x", signature), low + extended, model, (int) (signature & 15));
    }

    /**
     * {@return the model of family, model and stepping, named by its signature}
     *
     * @param family 0 to 270
     * @param model 0 to 255
     * @param stepping 0 to 15
     * @throws IllegalArgumentException if one is out of range
     */
    public static CpuModel of(int family, int model, int stepping) {
        CpuModel numbers = new CpuModel("", family, model, stepping);
        return new CpuModel(String.format("0x%08x", numbers.signature()), family, model, stepping);
    }

    /** {@return EAX of CPUID function 1} */
    public int signature() {
        int low = Math.min(family, 15);
        int extended = family - low;
        return extended << 20 | (model >> 4) << 16 | low << 8 | (model & 15) << 4 | stepping;
    }
}
