package dev.measure.corim;

import dev.measure.MalformedInputException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the profiles of Arm CCA demand of reference values and keys (draft-ydb-rats-cca-endorsements, as Veraison checks them). A
 * manifest that names such a profile and breaks it is refused, for a verifier would refuse it too.
 */
final class CcaProfile {
    private static final String PLATFORM = "tag:arm.com,2025:cca_platform#1.0.0";
    private static final String REALM = "tag:arm.com,2025:cca_realm#1.0.0";
    /** The platform profile of older drafts. */
    private static final String SSD = "http://arm.com/cca/ssd/1";

    private static final String COMPONENT = "cca.software-component";
    private static final String CONFIG = "cca.platform-config";
    private static final String RIM = "cca.rim";
    private static final String RPV = "cca.rpv";
    private static final Set<String> REMS = Set.of("cca.rem0", "cca.rem1", "cca.rem2", "cca.rem3");
    /** SHA-256, SHA-384, SHA-512. */
    private static final Set<Integer> HASH_LENGTHS = Set.of(32, 48, 64);

    private CcaProfile() {}

    static void check(String profile, List<Comid> comids) {
        for (Comid comid : comids) {
            CborItem triples = comid.item().need(4, "triples");
            for (CborItem triple : triples.get(0).map(CborItem::entries).orElse(List.of())) {
                CborItem environment = triple.entries().get(0);
                List<CborItem> measurements = triple.entries().get(1).entries();
                switch (profile) {
                    case PLATFORM -> platform(environment, measurements);
                    case REALM -> realm(environment, measurements);
                    case SSD ->
                        environment.get(1).ifPresent(instance -> {
                            throw instance.malformed("reference values of a CCA platform without an instance");
                        });
                    default -> {}
                }
            }
            if (profile.equals(PLATFORM)) {
                triples.get(3).map(CborItem::entries).orElse(List.of()).forEach(CcaProfile::verificationKey);
            }
        }
    }

    private static void platform(CborItem environment, List<CborItem> measurements) {
        classId(environment, "implementation id of a CCA platform", Set.of(32));
        int components = 0;
        int configs = 0;
        for (CborItem measurement : measurements) {
            CborItem values = measurement.need(1, "measurement values");
            String key = key(measurement);
            if (key.equals(COMPONENT)) {
                components++;
                hashes(values, Integer.MAX_VALUE);
                CborItem signers = values.need(13, "signer id of " + COMPONENT + " in cryptokeys");
                List<CborItem> ids = signers.array(1, "cryptokeys");
                if (ids.size() != 1) {
                    throw signers.malformed("cryptokeys with one signer id", ids.size() + " keys");
                }
                ofLength(ids.get(0).tagged(TypedId.BYTES, "signer id"), "signer id", HASH_LENGTHS);
                values.get(0).flatMap(version -> version.map("version").get(1)).ifPresent(scheme -> {
                    throw scheme.malformed("version of " + COMPONENT + " without a scheme");
                });
            } else if (key.equals(CONFIG)) {
                values.need(4, "raw value of " + CONFIG);
                values.need(5, "raw-value mask of " + CONFIG);
                if (++configs > 1) {
                    throw measurement.malformed("one " + CONFIG, "another one");
                }
            } else {
                throw wrongKey(measurement, COMPONENT + " or " + CONFIG);
            }
        }
        if (components == 0) {
            throw environment.malformed("reference values with a " + COMPONENT, "none");
        }
    }

    private static void realm(CborItem environment, List<CborItem> measurements) {
        classId(environment, "initial measurement of a CCA realm (RIM)", HASH_LENGTHS);
        boolean rim = false;
        for (CborItem measurement : measurements) {
            CborItem values = measurement.need(1, "measurement values");
            String key = key(measurement);
            if (key.equals(RIM) || REMS.contains(key)) {
                rim |= key.equals(RIM);
                hashes(values, 1);
            } else if (key.equals(RPV)) {
                values.need(4, "raw value of " + RPV);
            } else {
                throw wrongKey(measurement, "cca.rim, cca.rem0 to cca.rem3 or cca.rpv");
            }
        }
        if (!rim) {
            throw environment.malformed("reference values with the measurement " + RIM, "none");
        }
    }

    private static void verificationKey(CborItem triple) {
        CborItem environment = triple.entries().get(0);
        classId(environment, "implementation id of a CCA platform", Set.of(32));
        CborItem ueid = environment.need(1, "instance id of a CCA platform").tagged(TypedId.UEID, "instance id");
        byte[] id = ofLength(ueid, "instance id", Set.of(33));
        if (id[0] != 1) {
            throw ueid.malformed("an instance id of type RAND (0x01)", String.format("0x%02x", id[0]));
        }
        CborItem keys = triple.entries().get(1);
        if (keys.array(1, "verification keys").size() != 1) {
            throw keys.malformed("one verification key", keys.entries().size() + " keys");
        }
        keys.entries().get(0).tagged(TypedId.KEY, "verification key as a public key");
    }

    private static void classId(CborItem environment, String what, Set<Integer> lengths) {
        CborItem id = environment.need(0, "class").need(0, what).tagged(TypedId.BYTES, what);
        ofLength(id, what, lengths);
    }

    private static String key(CborItem measurement) {
        return measurement.need(0, "measurement key").text("measurement key");
    }

    private static MalformedInputException wrongKey(CborItem measurement, String expected) {
        return measurement.need(0, "measurement key").malformed("measurement key " + expected);
    }

    private static void hashes(CborItem values, int most) {
        CborItem digests = values.need(2, "digests");
        if (digests.array(1, "digests").size() > most) {
            throw digests.malformed(
                    "digests with " + most + " entry", digests.entries().size() + " entries");
        }
        digests.entries().forEach(digest -> ofLength(digest.entries().get(1), "digest", HASH_LENGTHS));
    }

    private static byte[] ofLength(CborItem item, String what, Set<Integer> lengths) {
        byte[] value = item.bytes(what);
        if (!lengths.contains(value.length)) {
            Optional<String> words =
                    lengths.stream().sorted().map(String::valueOf).reduce((a, b) -> a + " or " + b);
            throw item.malformed(what + " of " + words.orElseThrow() + " bytes", value.length + " bytes");
        }
        return value;
    }
}
