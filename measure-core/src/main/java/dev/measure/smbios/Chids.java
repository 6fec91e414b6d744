package dev.measure.smbios;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Computer hardware ids of a machine: UUIDs of version 5 (RFC 9562, section 5.5) over fields joined by {@code &}, in UTF-16
 * little-endian without a NUL, in Microsoft's namespace {@code 70ffd812-4c7f-4c7d-0000-000000000000}.
 */
public final class Chids {
    /** What the stub holds for a type that does not exist on the machine. */
    public static final UUID ZERO = new UUID(0, 0);

    private static final UUID NAMESPACE = UUID.fromString("70ffd812-4c7f-4c7d-0000-000000000000");

    private final ChidMode mode;
    private final Map<ChidType, UUID> values;

    private Chids(ChidMode mode, Map<ChidType, UUID> values) {
        this.mode = mode;
        this.values = Collections.unmodifiableMap(values);
    }

    /**
     * {@return the CHIDs of a machine}
     *
     * @param identity the machine
     * @param mode whose rules for trimming and missing fields
     */
    public static Chids of(MachineIdentity identity, ChidMode mode) {
        Map<ChidType, UUID> values = new EnumMap<>(ChidType.class);
        for (ChidType type : ChidType.values()) {
            joined(identity, type, mode).ifPresent(text -> values.put(type, hash(text)));
        }
        return new Chids(mode, values);
    }

    private static Optional<String> joined(MachineIdentity identity, ChidType type, ChidMode mode) {
        List<String> parts = new ArrayList<>();
        for (IdentityField field : type.fields()) {
            Optional<String> part = mode.hashed(identity, field);
            if (part.isEmpty()) {
                return Optional.empty();
            }
            parts.add(part.get());
        }
        String text = String.join("&", parts);
        // fwupd makes no GUID of nothing (fu-hwids.c, "no GUIDs in data"); the stub hashes it.
        return mode == ChidMode.FWUPD && text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private static UUID hash(String text) {
        MessageDigest sha1;
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-1", e);
        }
        ByteBuffer namespace = ByteBuffer.allocate(16)
                .putLong(NAMESPACE.getMostSignificantBits())
                .putLong(NAMESPACE.getLeastSignificantBits());
        sha1.update(namespace.array());
        ByteBuffer hash = ByteBuffer.wrap(sha1.digest(text.getBytes(StandardCharsets.UTF_16LE)));
        long high = hash.getLong() & ~0xf000L | 0x5000L; // version 5
        long low = hash.getLong() & 0x3fff_ffff_ffff_ffffL | 0x8000_0000_0000_0000L; // variant 10
        return new UUID(high, low);
    }

    /** {@return whose rules} */
    public ChidMode mode() {
        return mode;
    }

    /** {@return the CHIDs that exist on the machine, in the order of the types} */
    public Map<ChidType, UUID> values() {
        return values;
    }

    /** {@return the CHID of a type, or empty if it does not exist on the machine} */
    public Optional<UUID> value(ChidType type) {
        return Optional.ofNullable(values.get(type));
    }

    /** {@return the types that do not exist on the machine, in their order} */
    public List<ChidType> absent() {
        List<ChidType> absent = new ArrayList<>(List.of(ChidType.values()));
        absent.removeAll(values.keySet());
        return List.copyOf(absent);
    }

    /**
     * {@return what is compared with the entries of {@code .hwids}, in the stub's order} In {@link ChidMode#STUB} a type that does not
     * exist, so one with a panel on a machine without, is there as {@link #ZERO}, and an all-zero entry does match it; in the
     * other modes it is left out.
     */
    public Map<ChidType, UUID> lookups() {
        Map<ChidType, UUID> lookups = new LinkedHashMap<>();
        for (ChidType type : ChidType.stubOrder()) {
            UUID value = values.get(type);
            if (value != null) {
                lookups.put(type, value);
            } else if (mode == ChidMode.STUB) {
                lookups.put(type, ZERO);
            }
        }
        return Collections.unmodifiableMap(lookups);
    }

    /**
     * {@return the groups of two or more types that have one value on this machine, in the order of the types} An entry of {@code .hwids}
     * meant as one of them matches as the one that is looked up first. Types that do not exist are in no group.
     */
    public List<List<ChidType>> collisions() {
        Map<UUID, List<ChidType>> groups = new LinkedHashMap<>();
        values.forEach((type, value) ->
                groups.computeIfAbsent(value, any -> new ArrayList<>()).add(type));
        return groups.values().stream()
                .filter(group -> group.size() > 1)
                .map(List::copyOf)
                .toList();
    }
}
