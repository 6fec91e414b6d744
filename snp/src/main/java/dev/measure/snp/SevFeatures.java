package dev.measure.snp;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * SEV_FEATURES of the VMSA (offset 0x3b0), 64 bits. AMD64 Architecture Programmer's Manual, volume 2, table B-4; bits named as
 * there.
 *
 * @param bits the 64 bits
 */
public record SevFeatures(long bits) {
    /** SNPActive alone: what a guest gets where the host kernel turns on nothing else. */
    public static final SevFeatures SNP_ACTIVE = new SevFeatures(1);

    // spotless:off
    private static final Map<Integer, String> NAMES = new TreeMap<>(Map.ofEntries(
            Map.entry(0, "SNPActive"),
            Map.entry(1, "vTOM"),
            Map.entry(2, "ReflectVC"),
            Map.entry(3, "RestrictedInjection"),
            Map.entry(4, "AlternateInjection"),
            Map.entry(5, "DebugSwap"),
            Map.entry(6, "PreventHostIBS"),
            Map.entry(7, "BTBIsolation"),
            Map.entry(8, "VmplSSS"),
            Map.entry(9, "SecureTSC"),
            Map.entry(10, "VmgexitParameter"),
            Map.entry(11, "PMCVirtualization"),
            Map.entry(12, "IbsVirtualization"),
            Map.entry(13, "GuestInterceptCtl"),
            Map.entry(14, "VmsaRegProt"),
            Map.entry(15, "SmtProtection"),
            Map.entry(16, "SecureAVIC"),
            Map.entry(21, "IbpbOnEntry"),
            Map.entry(63, "AllowedSevFeaturesEnable")));
    // spotless:on

    /** {@return the names of all bits that have one, in the order of the bits} */
    public static List<String> allNames() {
        return List.copyOf(NAMES.values());
    }

    /**
     * {@return the features of a text}
     *
     * @param text a number ({@code 0x21}, {@code 33}), or names joined by {@code +} ({@code SNPActive+DebugSwap}), in any case
     * @throws IllegalArgumentException if the text is neither, is negative, or has more than 64 bits
     */
    public static SevFeatures parse(String text) {
        String trimmed = text.trim();
        if (trimmed.isEmpty()) {
            throw new IllegalArgumentException("guest features must be a number or names, got an empty text");
        }
        char first = trimmed.charAt(0);
        if (first >= '0' && first <= '9' || first == '-') {
            return ofNumber(trimmed);
        }
        long bits = 0;
        for (String name : trimmed.split("[+|]", -1)) {
            bits |= 1L << bit(name.trim());
        }
        return new SevFeatures(bits);
    }

    private static SevFeatures ofNumber(String text) {
        BigInteger number;
        try {
            boolean hex = text.startsWith("0x") || text.startsWith("0X");
            number = hex ? new BigInteger(text.substring(2), 16) : new BigInteger(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("guest features must be a number or names, got '" + text + "'", e);
        }
        if (number.signum() < 0 || number.bitLength() > 64 || text.indexOf('-') >= 0 || text.indexOf('+') >= 0) {
            throw new IllegalArgumentException("guest features must be 0..0xffffffffffffffff, got '" + text + "'");
        }
        return new SevFeatures(number.longValue());
    }

    private static int bit(String name) {
        for (Map.Entry<Integer, String> known : NAMES.entrySet()) {
            if (known.getValue().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                return known.getKey();
            }
        }
        throw new IllegalArgumentException("unknown guest feature '" + name + "'");
    }

    /** {@return whether the guest is an SNP guest: bit 0} */
    public boolean snpActive() {
        return (bits & 1) != 0;
    }

    /** {@return the bits that are set and have no meaning} */
    public long reservedBits() {
        long reserved = bits;
        for (int bit : NAMES.keySet()) {
            reserved &= ~(1L << bit);
        }
        return reserved;
    }

    /** {@return the names of the bits that are set, in their order; a bit without a name is {@code bit17}} */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (int bit = 0; bit < 64; bit++) {
            if ((bits >>> bit & 1) != 0) {
                names.add(NAMES.getOrDefault(bit, "bit" + bit));
            }
        }
        return names;
    }

    /** {@return the number in hexadecimal without leading zeros, as in ids: {@code 0x21}} */
    public String hex() {
        return "0x" + Long.toHexString(bits);
    }
}
