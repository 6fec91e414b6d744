package dev.measure.snp;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The guest policy, 64 bits: what the processor enforces for the life of a guest. AMD SEV-SNP Firmware ABI, #56860, "Guest
 * Policy"; bits named as there.
 *
 * <p>It is part of the ID block and of the attestation report, never of the launch digest.
 *
 * @param bits the 64 bits: 7:0 the least ABI minor version, 15:8 the least ABI major version, then one bit each
 */
public record GuestPolicy(long bits) {
    /** SMT allowed and nothing else, which is QEMU's default. */
    public static final GuestPolicy DEFAULT = new GuestPolicy(0x30000);

    /** Bit 17, which every policy has. */
    private static final int MUST_BE_ONE = 17;

    // spotless:off
    private static final Map<Integer, String> NAMES = new TreeMap<>(Map.of(
            16, "SMT",
            18, "MIGRATE_MA",
            19, "DEBUG",
            20, "SINGLE_SOCKET",
            21, "CXL_ALLOW",
            22, "MEM_AES_256_XTS",
            23, "RAPL_DIS",
            24, "CIPHERTEXT_HIDING_DRAM",
            25, "PAGE_SWAP_DISABLE"));
    // spotless:on

    /** {@return the names of all bits that have one, in the order of the bits} */
    public static List<String> allNames() {
        return List.copyOf(NAMES.values());
    }

    /**
     * {@return the policy of a text}
     *
     * @param text a number ({@code 0x30000}, {@code 196608}), or names of bits and {@code ABI=major.minor} joined by {@code +}
     *     ({@code SMT+DEBUG}, {@code ABI=1.55+SMT}), in any case; names imply bit 17, a number is taken as it is
     * @throws IllegalArgumentException if the text is neither, is negative, or has more than 64 bits
     */
    public static GuestPolicy parse(String text) {
        String trimmed = text.trim();
        if (trimmed.isEmpty()) {
            throw new IllegalArgumentException("a guest policy must be a number or names, got an empty text");
        }
        char first = trimmed.charAt(0);
        if (first >= '0' && first <= '9' || first == '-') {
            return ofNumber(trimmed);
        }
        long bits = 1L << MUST_BE_ONE;
        for (String word : trimmed.split("[+|]", -1)) {
            bits |= ofWord(word.trim());
        }
        return new GuestPolicy(bits);
    }

    private static GuestPolicy ofNumber(String text) {
        BigInteger number;
        try {
            boolean hex = text.startsWith("0x") || text.startsWith("0X");
            number = hex ? new BigInteger(text.substring(2), 16) : new BigInteger(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a guest policy must be a number or names, got '" + text + "'", e);
        }
        if (number.signum() < 0 || number.bitLength() > 64 || text.indexOf('-') >= 0 || text.indexOf('+') >= 0) {
            throw new IllegalArgumentException("a guest policy must be 0..0xffffffffffffffff, got '" + text + "'");
        }
        return new GuestPolicy(number.longValue());
    }

    private static long ofWord(String word) {
        String upper = word.toUpperCase(Locale.ROOT);
        for (Map.Entry<Integer, String> known : NAMES.entrySet()) {
            if (known.getValue().equals(upper)) {
                return 1L << known.getKey();
            }
        }
        if (upper.matches("ABI=[0-9]{1,3}\\.[0-9]{1,3}")) {
            int dot = upper.indexOf('.');
            int major = Integer.parseInt(upper.substring(4, dot));
            int minor = Integer.parseInt(upper.substring(dot + 1));
            if (major <= 255 && minor <= 255) {
                return major << 8 | minor;
            }
        }
        throw new IllegalArgumentException("unknown word '" + word
                + "' in a guest policy: known are ABI=major.minor and " + String.join(", ", NAMES.values()));
    }

    /** {@return the least ABI major version of the firmware that may run the guest} */
    public int abiMajor() {
        return (int) (bits >>> 8 & 0xff);
    }

    /** {@return the least ABI minor version of the firmware that may run the guest} */
    public int abiMinor() {
        return (int) (bits & 0xff);
    }

    /** {@return whether the host may read and change the guest: bit 19, DEBUG} */
    public boolean debug() {
        return (bits >>> 19 & 1) != 0;
    }

    /** {@return whether a migration agent, which the host chooses, may take the guest elsewhere: bit 18, MIGRATE_MA} */
    public boolean migrateMa() {
        return (bits >>> 18 & 1) != 0;
    }

    /** {@return the names of the bits that are set, in their order; bit 17 is left out, a bit without a name is {@code bit26}} */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (int bit = 16; bit < 64; bit++) {
            if ((bits >>> bit & 1) != 0 && bit != MUST_BE_ONE) {
                names.add(NAMES.getOrDefault(bit, "bit" + bit));
            }
        }
        return names;
    }

    /** {@return why the processor would refuse the policy whatever it can do, or nothing} */
    public Optional<String> fault() {
        if ((bits >>> MUST_BE_ONE & 1) == 0) {
            return Optional.of("bit 17 is clear, it must be one");
        }
        if (bits >>> 26 != 0) {
            return Optional.of("reserved bits 26..63 are not zero");
        }
        return Optional.empty();
    }

    /** {@return the number in hexadecimal without leading zeros: {@code 0x30000}} */
    public String hex() {
        return "0x" + Long.toHexString(bits);
    }

    /** {@return number and names, as {@code 0x30000 (ABI 0.0, SMT)}} */
    public String text() {
        List<String> words = new ArrayList<>();
        words.add("ABI " + abiMajor() + "." + abiMinor());
        words.addAll(names());
        fault().ifPresent(words::add);
        return hex() + " (" + String.join(", ", words) + ")";
    }
}
