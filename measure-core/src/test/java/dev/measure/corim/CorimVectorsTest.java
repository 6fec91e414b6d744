package dev.measure.corim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.sign.EcPublicKey;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Manifests and tags of Veraison, cocli, Trustee and the services, as their repositories have them. */
class CorimVectorsTest {
    private static final String FOLDER = "vectors/formats/corim/";

    /** What their sources call bad or invalid, with where it is wrong. */
    private static final Map<String, String> REFUSED = new LinkedHashMap<>();

    static {
        String cca = "services-cca/corim-cca-";
        REFUSED.put(cca + "platform-bad-no-class.cbor", "class (key 0), found a map without it");
        REFUSED.put(cca + "platform-bad-refval-cryptokeys.cbor", "signer id (tag 560), found tag 554");
        REFUSED.put(
                cca + "platform-bad-refval-instance.cbor",
                "reference values of a CCA platform without an instance, found tag 550");
        REFUSED.put(
                cca + "platform-bad-refval-mkey-string.cbor",
                "measurement key cca.software-component or cca.platform-config, found \"cca.bad-component\"");
        REFUSED.put(cca + "platform-bad-refval-mkey.cbor", "measurement key (a text string), found 7");
        REFUSED.put(cca + "platform-bad-refval-no-digests.cbor", "digests (key 2), found a map without it");
        REFUSED.put(cca + "platform-bad-refval-no-mkey.cbor", "measurement key (key 0), found a map without it");
        REFUSED.put(
                cca + "platform-bad-refval-no-raw-value.cbor",
                "raw value of cca.platform-config (key 4), found a map without it");
        REFUSED.put(cca + "platform-bad-ta-cert.cbor", "verification key as a public key (tag 554), found tag 555");
        REFUSED.put(cca + "platform-bad-ta-instance.cbor", "instance id (tag 550), found tag 560");
        REFUSED.put(
                cca + "platform-bad-ta-no-instance.cbor",
                "instance id of a CCA platform (key 1), found a map without it");
        REFUSED.put(
                cca + "realm-bad-instance.cbor", "initial measurement of a CCA realm (RIM) (tag 560), found tag 37");
        REFUSED.put(cca + "realm-bad-no-instance.cbor", "class (key 0), found a map without it");
        REFUSED.put(cca + "realm-bad-no-integ-regs.cbor", "digests (key 2), found a map without it");
        REFUSED.put(cca + "realm-bad-no-raw-value.cbor", "raw value of cca.rpv (key 4), found a map without it");
        REFUSED.put(cca + "realm-bad-no-rim.cbor", "reference values with the measurement cca.rim, found none");
        REFUSED.put("cocli/testcases/signed-corim-invalid.cbor", "CoRIM id (key 0), found a map without it");
        REFUSED.put("cocli/corim/signed-corim-bad-signature.cbor", "the end of CoRIM, found 803 more bytes");
        REFUSED.put("cocli/cots/rubbish.cbor", "the end of CoRIM, found 1077 more bytes");
    }

    /** Offsets of the same files, found with another reader of CBOR. */
    private static final Map<String, Long> OFFSETS = Map.of(
            "services-cca/corim-cca-platform-bad-refval-mkey.cbor", 0x79L,
            "services-cca/corim-cca-platform-bad-ta-cert.cbor", 0x9fL,
            "cocli/corim/signed-corim-bad-signature.cbor", 0x77L,
            "cocli/cots/rubbish.cbor", 0x1L);

    /** Files whose map keys are not sorted, found with another reader of CBOR. */
    private static final Set<String> NOT_DETERMINISTIC = Set.of(
            "cocli/coswid/1.cbor",
            "cocli/testcases/psa-refval.cbor",
            "cocli/testcases/test-comid.cbor",
            "cocli/testcases/test-coswid.cbor",
            "cocli/testcases/test-cots.cbor",
            "trustee/unsigned-example-corim.cbor",
            "veraison/coev/ce-coswid.cbor",
            "veraison/coev/tdx/ce-pce-evidence.cbor",
            "veraison/coev/tdx/ce-qe-evidence.cbor",
            "veraison/coev/tdx/ce-seam-evidence.cbor",
            "veraison/corim/corim-roles.cbor",
            "veraison/corim/unsigned-corim-with-extensions.cbor",
            "veraison/corim/unsigned-example-corim.cbor",
            "veraison/profiles/tdx/comid_pce_refval.cbor",
            "veraison/profiles/tdx/comid_qe_refval.cbor",
            "veraison/profiles/tdx/comid_seam_refval.cbor");

    @TestFactory
    Stream<DynamicTest> readsEveryFileAndWritesItAgain() throws IOException {
        Optional<Path> folder = Shared.file(FOLDER);
        if (folder.isEmpty()) {
            return Stream.empty();
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder.get())) {
            files = walk.filter(file -> file.toString().endsWith(".cbor"))
                    .sorted()
                    .toList();
        }
        assertTrue(files.size() >= 92, files.size() + " files");
        return files.stream().map(file -> {
            String name = folder.get().relativize(file).toString();
            return DynamicTest.dynamicTest(name, () -> check(name, Source.of(name, Files.readAllBytes(file))));
        });
    }

    private static void check(String name, Source source) {
        if (REFUSED.containsKey(name)) {
            MalformedInputException e = assertThrows(MalformedInputException.class, () -> CorimFile.read(source));
            assertEquals(
                    name + ": offset 0x" + Long.toHexString(e.offset()) + ": expected " + REFUSED.get(name),
                    e.getMessage());
            assertTrue(e.offset() > 0 && e.offset() < source.length(), "offset " + e.offset());
            if (OFFSETS.containsKey(name)) {
                assertEquals(OFFSETS.get(name), e.offset());
            }
            return;
        }
        CorimFile file = CorimFile.read(source);
        byte[] written = written(file, source);
        boolean same = Arrays.equals(source.toByteArray(), written);
        assertEquals(!NOT_DETERMINISTIC.contains(name), same, HexFormat.of().formatHex(written));
        assertEquals(source.length(), written.length);
    }

    private static byte[] written(CorimFile file, Source source) {
        if (file instanceof CorimFile.Unsigned unsigned) {
            boolean tagged = source.toByteArray()[0] == (byte) 0xd9;
            return tagged ? unsigned.corim().encode() : unsigned.corim().encodeMap();
        }
        if (file instanceof CorimFile.Signed signed) {
            return signed.signed().encode();
        }
        if (file instanceof CorimFile.ComidAlone alone) {
            return alone.comid().encode();
        }
        return CborReader.read(source, "item").encode();
    }

    @TestFactory
    Stream<DynamicTest> verifiesSignatures() throws IOException {
        Optional<Path> folder = Shared.file(FOLDER);
        if (folder.isEmpty()) {
            return Stream.empty();
        }
        EcPublicKey key = EcPublicKey.read(
                Source.of("key", Files.readAllBytes(folder.get().resolve("veraison/corim/ec-p256.pub.jwk"))));
        return Stream.of(
                        "veraison/corim/signed-good-corim.cbor",
                        "veraison/corim/signed-example-corim.cbor",
                        "veraison/corim/signed-corim-with-extensions.cbor",
                        "cocli/corim/signed-corim.cbor",
                        "cocli/testcases/signed-corim-valid.cbor",
                        "cocli/testcases/signed-corim-valid-with-cots.cbor")
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    byte[] bytes = Files.readAllBytes(folder.get().resolve(name));
                    SignedCorim signed = SignedCorim.read(Source.of(name, bytes));
                    assertEquals(Optional.of(CoseAlgorithm.ES256), signed.algorithm());
                    assertTrue(signed.verify(key));
                    bytes[bytes.length - 1] ^= 1;
                    assertFalse(SignedCorim.read(Source.of(name, bytes)).verify(key));
                }));
    }

    @Test
    void readsReferenceValues() throws IOException {
        Optional<Path> file = Shared.file(FOLDER + "trustee/unsigned-example-corim.cbor");
        if (file.isEmpty()) {
            return;
        }
        Corim corim = Corim.read(Source.of("corim", Files.readAllBytes(file.get())));
        assertEquals("test corim id", corim.id().text());
        assertEquals(Optional.of("http://example.com/example-profile"), corim.profile());
        ReferenceTriple triple = corim.comids().get(0).referenceTriples().get(0);
        assertEquals(
                Optional.of("ACME"),
                triple.environment().classMap().orElseThrow().vendor());
        assertEquals(
                Optional.of("RoadRunner"),
                triple.environment().classMap().orElseThrow().model());
        MeasurementMap third = triple.measurements().get(2);
        // name and value as in the test of Trustee's extractor
        assertEquals("31fb5abf-023e-4992-aa4e-95f9c1503bfa", third.keyText());
        assertEquals(
                "sha-256:a3a5e715f0cc574a73c3f9bebb6bc24f32ffd5b67b387244c2c909da779a1478",
                third.digests().get(0).toString());
    }

    @Test
    void makesARealmManifestByteForByte() throws IOException {
        Optional<Path> file = Shared.file(FOLDER + "services-cca/corim-cca-realm-valid.cbor");
        if (file.isEmpty()) {
            return;
        }
        CorimDigest digest = new CorimDigest("sha-512", "43".repeat(64));
        List<MeasurementMap> measurements = Stream.concat(
                        Stream.of("cca.rim", "cca.rem0", "cca.rem1", "cca.rem2", "cca.rem3")
                                .map(key -> MeasurementMap.ofDigests(CborItem.of(key), List.of(digest))),
                        Stream.of(MeasurementMap.ofRawValue(CborItem.of("cca.rpv"), "4144".repeat(32))))
                .toList();
        byte[] rim = new byte[64];
        Arrays.fill(rim, (byte) 0x43);
        ClassMap realm = new ClassMap(
                Optional.of(CborItem.tag(560, CborItem.of(rim))),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty());
        Comid comid = Comid.of(
                new CorimId("43bbe37f-2e61-4b33-aed3-53cff1428b16", true),
                List.of(),
                List.of(new ReferenceTriple(EnvironmentMap.of(realm), measurements)));
        Corim corim = Corim.of(
                CorimId.of("00000000-0000-0000-cca4-0000000000001"),
                Optional.of("tag:arm.com,2025:cca_realm#1.0.0"),
                Optional.empty(),
                List.of(new EntityMap("Veraison Project", Optional.empty(), List.of(1L))),
                List.of(comid));
        assertArrayEquals(Files.readAllBytes(file.get()), corim.encode());
    }

    @Test
    void makesIntegrityRegistersByteForByte() throws IOException {
        Optional<Path> file = Shared.file(FOLDER + "veraison/comid/comid-integrity-registers.cbor");
        if (file.isEmpty()) {
            return;
        }
        Map<String, List<CorimDigest>> registers = new LinkedHashMap<>();
        Comid read = Comid.read(Source.of("comid", Files.readAllBytes(file.get())));
        MeasurementMap measurement =
                read.referenceTriples().get(0).measurements().get(0);
        registers.put("my-ir", measurement.integrityRegisters().get("my-ir"));
        registers.put(
                "0",
                List.of(
                        new CorimDigest("sha-256", "44aa336af4cb14a879432e53dd6571c7fa9bccafb75f488259262d6ea3a4d91b"),
                        new CorimDigest("my-alg-id", "deadbeef")));
        UUID uuid = UUID.fromString("67b28b6c-34cc-40a1-9117-ab5b05911e37");
        ClassMap acme = new ClassMap(
                Optional.of(CborItem.tag(37, new CorimId(uuid.toString(), true).item())),
                Optional.of("ACME Inc."),
                Optional.of("ACME RoadRunner"),
                OptionalLong.of(1),
                OptionalLong.empty());
        Comid made = Comid.of(
                new CorimId("3f06af63-a93c-11e4-9797-00505690773f", true),
                List.of(new EntityMap("ACME Inc.", Optional.of("https://acme.example"), List.of(0L))),
                List.of(new ReferenceTriple(
                        EnvironmentMap.of(acme), List.of(MeasurementMap.ofRegisters(Optional.empty(), registers)))));
        assertArrayEquals(Files.readAllBytes(file.get()), made.encode());
    }
}
