package dev.measure.snp;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * TCB_VERSION, 64 bits: the security version numbers of the parts of a processor's firmware. AMD SEV-SNP Firmware ABI, #56860,
 * "TCB Version".
 *
 * <p>Up to Zen 4 the bytes are boot loader, TEE, four reserved, SNP, microcode; from Zen 5 (Turin) on they are FMC, boot loader, TEE,
 * SNP, three reserved, microcode.
 *
 * @param raw the 64 bits as the report has them, little-endian
 * @param fmcFirst whether the layout is that of Zen 5
 */
public record TcbVersion(long raw, boolean fmcFirst) {

    private int part(int index) {
        return (int) (raw >>> 8 * index & 0xff);
    }

    /** {@return FMC, which only Zen 5 and later have} */
    public OptionalInt fmc() {
        return fmcFirst ? OptionalInt.of(part(0)) : OptionalInt.empty();
    }

    /** {@return the boot loader of the AMD-SP} */
    public int bootLoader() {
        return part(fmcFirst ? 1 : 0);
    }

    /** {@return the operating system of the AMD-SP} */
    public int tee() {
        return part(fmcFirst ? 2 : 1);
    }

    /** {@return the SNP firmware} */
    public int snp() {
        return part(fmcFirst ? 3 : 6);
    }

    /** {@return the microcode of all cores} */
    public int microcode() {
        return part(7);
    }

    /** {@return the reserved bytes, which are zero, as the bits that are set in {@link #raw()}} */
    public long reservedBits() {
        return raw & (fmcFirst ? 0x00ff_ffff_0000_0000L : 0x0000_ffff_ffff_0000L);
    }

    /** {@return the parts by name, in the order of their bytes} */
    public Map<String, Integer> parts() {
        Map<String, Integer> parts = new LinkedHashMap<>();
        fmc().ifPresent(fmc -> parts.put("fmc", fmc));
        parts.put("bootloader", bootLoader());
        parts.put("tee", tee());
        parts.put("snp", snp());
        parts.put("microcode", microcode());
        return parts;
    }

    /** {@return the 16 digits of the number} */
    public String hex() {
        return String.format("0x%016x", raw);
    }

    /** {@return the parts, as {@code bootloader 4, tee 0, snp 24, microcode 219}} */
    public String text() {
        StringBuilder text = new StringBuilder();
        parts().forEach((name, value) ->
                text.append(text.isEmpty() ? "" : ", ").append(name).append(' ').append(value));
        return text.toString();
    }
}
