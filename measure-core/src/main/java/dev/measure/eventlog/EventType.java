package dev.measure.eventlog;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The type of an event, 32 bits (TCG PC Client Platform Firmware Profile 1.06, section 10.4.1; types of Intel TXT from its
 * measured launch environment developer's guide, appendix G). A type without a name is legal: the event extends its register
 * like any other.
 *
 * @param value the number, unsigned
 */
public record EventType(long value) {
    /** Never extends a register. */
    public static final EventType EV_NO_ACTION = new EventType(0x03);

    /** The end of the firmware's part of a register, or an error of the firmware. */
    public static final EventType EV_SEPARATOR = new EventType(0x04);

    /** A tag, a length and data. */
    public static final EventType EV_EVENT_TAG = new EventType(0x06);

    /** The version of the core root of trust for measurement. */
    public static final EventType EV_S_CRTM_VERSION = new EventType(0x08);

    /** Configuration of the platform. */
    public static final EventType EV_PLATFORM_CONFIG_FLAGS = new EventType(0x0a);

    /** What boot loaders measure: names, command lines, files. */
    public static final EventType EV_IPL = new EventType(0x0d);

    /** A variable of the firmware's driver configuration, such as SecureBoot, PK, KEK, db and dbx. */
    public static final EventType EV_EFI_VARIABLE_DRIVER_CONFIG = new EventType(0x80000001L);

    /** A boot variable; the digest covers its value alone in edk2, the whole structure elsewhere. */
    public static final EventType EV_EFI_VARIABLE_BOOT = new EventType(0x80000002L);

    /** An application or boot loader; the digest is that of Authenticode. */
    public static final EventType EV_EFI_BOOT_SERVICES_APPLICATION = new EventType(0x80000003L);

    /** A boot-time driver, such as an option ROM. */
    public static final EventType EV_EFI_BOOT_SERVICES_DRIVER = new EventType(0x80000004L);

    /** A run-time driver. */
    public static final EventType EV_EFI_RUNTIME_SERVICES_DRIVER = new EventType(0x80000005L);

    /** The partition table of the boot disk. */
    public static final EventType EV_EFI_GPT_EVENT = new EventType(0x80000006L);

    /** A text that says what happened. */
    public static final EventType EV_EFI_ACTION = new EventType(0x80000007L);

    /** A firmware volume. */
    public static final EventType EV_EFI_PLATFORM_FIRMWARE_BLOB = new EventType(0x80000008L);

    /** Configuration tables, such as SMBIOS. */
    public static final EventType EV_EFI_HANDOFF_TABLES = new EventType(0x80000009L);

    /** A firmware volume with a description. */
    public static final EventType EV_EFI_PLATFORM_FIRMWARE_BLOB2 = new EventType(0x8000000aL);

    /** Configuration tables with a description. */
    public static final EventType EV_EFI_HANDOFF_TABLES2 = new EventType(0x8000000bL);

    /** The entry of a signature database that allowed an image. */
    public static final EventType EV_EFI_VARIABLE_AUTHORITY = new EventType(0x800000e0L);

    private static final Map<Long, String> NAMES = names();
    private static final Map<String, Long> VALUES = values();

    private static Map<Long, String> names() {
        Map<Long, String> names = new TreeMap<>();
        // spotless:off
        names.put(0x00L, "EV_PREBOOT_CERT");
        names.put(0x01L, "EV_POST_CODE");
        names.put(0x02L, "EV_UNUSED");
        names.put(0x03L, "EV_NO_ACTION");
        names.put(0x04L, "EV_SEPARATOR");
        names.put(0x05L, "EV_ACTION");
        names.put(0x06L, "EV_EVENT_TAG");
        names.put(0x07L, "EV_S_CRTM_CONTENTS");
        names.put(0x08L, "EV_S_CRTM_VERSION");
        names.put(0x09L, "EV_CPU_MICROCODE");
        names.put(0x0aL, "EV_PLATFORM_CONFIG_FLAGS");
        names.put(0x0bL, "EV_TABLE_OF_DEVICES");
        names.put(0x0cL, "EV_COMPACT_HASH");
        names.put(0x0dL, "EV_IPL");
        names.put(0x0eL, "EV_IPL_PARTITION_DATA");
        names.put(0x0fL, "EV_NONHOST_CODE");
        names.put(0x10L, "EV_NONHOST_CONFIG");
        names.put(0x11L, "EV_NONHOST_INFO");
        names.put(0x12L, "EV_OMIT_BOOT_DEVICE_EVENTS");
        names.put(0x13L, "EV_POST_CODE2");
        names.put(0x401L, "EVTYPE_PCRMAPPING");
        names.put(0x402L, "EVTYPE_HASH_START");
        names.put(0x403L, "EVTYPE_COMBINED_HASH");
        names.put(0x404L, "EVTYPE_MLE_HASH");
        names.put(0x40aL, "EVTYPE_BIOSAC_REG_DATA");
        names.put(0x40bL, "EVTYPE_CPU_SCRTM_STAT");
        names.put(0x40cL, "EVTYPE_LCP_CONTROL_HASH");
        names.put(0x40dL, "EVTYPE_ELEMENTS_HASH");
        names.put(0x40eL, "EVTYPE_STM_HASH");
        names.put(0x40fL, "EVTYPE_OSSINITDATA_CAP_HASH");
        names.put(0x410L, "EVTYPE_SINIT_PUBKEY_HASH");
        names.put(0x411L, "EVTYPE_LCP_HASH");
        names.put(0x412L, "EVTYPE_LCP_DETAILS_HASH");
        names.put(0x413L, "EVTYPE_LCP_AUTHORITIES_HASH");
        names.put(0x414L, "EVTYPE_NV_INFO_HASH");
        names.put(0x80000001L, "EV_EFI_VARIABLE_DRIVER_CONFIG");
        names.put(0x80000002L, "EV_EFI_VARIABLE_BOOT");
        names.put(0x80000003L, "EV_EFI_BOOT_SERVICES_APPLICATION");
        names.put(0x80000004L, "EV_EFI_BOOT_SERVICES_DRIVER");
        names.put(0x80000005L, "EV_EFI_RUNTIME_SERVICES_DRIVER");
        names.put(0x80000006L, "EV_EFI_GPT_EVENT");
        names.put(0x80000007L, "EV_EFI_ACTION");
        names.put(0x80000008L, "EV_EFI_PLATFORM_FIRMWARE_BLOB");
        names.put(0x80000009L, "EV_EFI_HANDOFF_TABLES");
        names.put(0x8000000aL, "EV_EFI_PLATFORM_FIRMWARE_BLOB2");
        names.put(0x8000000bL, "EV_EFI_HANDOFF_TABLES2");
        names.put(0x8000000cL, "EV_EFI_VARIABLE_BOOT2");
        names.put(0x8000000dL, "EV_EFI_GPT_EVENT2");
        names.put(0x80000010L, "EV_EFI_HCRTM_EVENT");
        names.put(0x800000e0L, "EV_EFI_VARIABLE_AUTHORITY");
        names.put(0x800000e1L, "EV_EFI_SPDM_FIRMWARE_BLOB");
        names.put(0x800000e2L, "EV_EFI_SPDM_FIRMWARE_CONFIG");
        names.put(0x800000e3L, "EV_EFI_SPDM_DEVICE_POLICY");
        names.put(0x800000e4L, "EV_EFI_SPDM_DEVICE_AUTHORITY");
        // spotless:on
        return names;
    }

    private static Map<String, Long> values() {
        Map<String, Long> values = new TreeMap<>();
        NAMES.forEach((value, name) -> values.put(name, value));
        values.put("EV_EFI_HCRTM", 0x80000010L);
        return values;
    }

    /** Checks that the number has 32 bits. */
    public EventType {
        if (value < 0 || value > 0xffffffffL) {
            throw new IllegalArgumentException("event type must be 0..0xffffffff, got " + value);
        }
    }

    /**
     * {@return the type of a name such as {@code EV_IPL} or of a number, decimal or hexadecimal with {@code 0x}; empty if the text
     * is neither}
     *
     * @param text the name or number
     */
    public static Optional<EventType> parse(String text) {
        String name = text.strip();
        Long value = VALUES.get(name.toUpperCase(Locale.ROOT));
        if (value != null) {
            return Optional.of(new EventType(value));
        }
        try {
            return Optional.of(new EventType(Long.decode(name)));
        } catch (IllegalArgumentException notANumber) {
            return Optional.empty();
        }
    }

    /** {@return the name, if the type has one} */
    public Optional<String> name() {
        return Optional.ofNullable(NAMES.get(value));
    }

    /** {@return whether an event of this type extends its register} */
    public boolean extendsRegister() {
        return value != EV_NO_ACTION.value;
    }

    /** {@return the name, or the number in hexadecimal} */
    public String text() {
        return name().orElseGet(() -> String.format("0x%08x", value));
    }
}
