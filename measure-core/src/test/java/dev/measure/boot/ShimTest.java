package dev.measure.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.pe.PeImage;
import dev.measure.uefi.GuidName;
import dev.measure.uefi.VariableData;
import dev.measure.vectors.PeWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What shim measures of the variables of a machine, by its version; expectations read off shim's mok.c and sbat.c. */
class ShimTest {
    private static final int NV_BS = 3;
    private static final int NV_BS_RT = 7;
    private static final String ORIGINAL = "sbat,1,2021030218\n";
    private static final String AUTOMATIC = "sbat,1,2025021800\nshim,4\ngrub,5\n";
    private static final String LATEST = "sbat,1,2025051000\nshim,4\ngrub,5\ngrub.proxmox,2\n";

    /** A boot of shim alone, which db allows by its digest. */
    private static BootPrediction boot(ShimFile shim, VariableStoreWriter variables, boolean secureBoot) {
        String digest = PeImage.read(shim.source())
                .authenticode(List.of(DigestAlgorithm.SHA256))
                .get(DigestAlgorithm.SHA256)
                .hex();
        variables.variable(
                GuidName.EFI_IMAGE_SECURITY_DATABASE, "db", 0x27, HexFormat.of().parseHex(esl(SHA256, digest)));
        BootInputs.Builder in = BootInputs.builder()
                .loaders(List.of(shim.source()))
                .secureBoot(secureBoot)
                .variables(variables.build());
        return BootSequence.of(in.build());
    }

    /** Name and value of the events of a PCR that shim logs. */
    private static List<String> events(BootPrediction boot, int pcr) {
        List<String> lines = new ArrayList<>();
        for (BootEvent event : boot.variants().get(0).events(pcr)) {
            if (event.producer() != Producer.SHIM || pcr == 4) {
                continue;
            }
            if (pcr == 7) {
                VariableData variable = VariableData.read(event.data());
                lines.add(variable.unicodeName() + "="
                        + text(variable.variableData().toByteArray()));
            } else {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                ((Measured.Bytes) event.measured()).parts().forEach(part -> bytes.writeBytes(part.toByteArray()));
                lines.add(event.name() + "=" + text(bytes.toByteArray()));
            }
        }
        return lines;
    }

    private static String text(byte[] bytes) {
        return bytes.length > 4 && bytes[0] == 's'
                ? new String(bytes, StandardCharsets.US_ASCII)
                : HexFormat.of().formatHex(bytes);
    }

    private static String esl(String type, String data) {
        int length = data.length() / 2;
        return type + hex(44 + length) + "00000000" + hex(16 + length) + "50ab5d6046e00043abb63dd810dd8b23" + data;
    }

    private static String hex(int value) {
        return String.format("%08x", Integer.reverseBytes(value));
    }

    private static final String X509 = "a159c0a5e494a74a87b5ab155c2bf072";
    private static final String SHA256 = "2616c4c14c509240aca941f936934328";
    private static final String DUMMY = esl(SHA256, "00".repeat(32));

    private static VariableStoreWriter vars() {
        return new VariableStoreWriter();
    }

    @Test
    void putsTheVendorsCertificateBeforeTheOwnersList() {
        String certificate = "3082000430820000";
        String own = esl(SHA256, "11".repeat(32));
        BootPrediction boot = boot(
                new ShimFile().authorized(HexFormat.of().parseHex(certificate)),
                vars().shim("MokList", NV_BS, HexFormat.of().parseHex(own)),
                false);
        assertEquals(
                List.of("MokList=" + esl(X509, certificate) + own, "MokListX=" + DUMMY, "MokListTrusted=01"),
                events(boot, 14));
    }

    @Test
    void takesAVendorsListAsItIs() {
        String list = esl(SHA256, "22".repeat(32));
        BootPrediction boot = boot(
                new ShimFile()
                        .authorized(HexFormat.of().parseHex(list))
                        .deauthorized(HexFormat.of().parseHex(DUMMY)),
                vars(),
                false);
        assertEquals(List.of("MokList=" + list, "MokListX=" + DUMMY, "MokListTrusted=01"), events(boot, 14));
    }

    @Test
    void measuresStateByVersion() {
        VariableStoreWriter all = vars().shim("MokSBState", NV_BS, new byte[] {0})
                .shim("MokListTrusted", NV_BS, new byte[] {1})
                .shim("MokPolicy", NV_BS, new byte[] {3})
                .shim("SbatLevel", NV_BS, ORIGINAL.getBytes(StandardCharsets.US_ASCII));
        assertEquals(
                List.of("MokList=" + DUMMY, "MokListX=" + DUMMY, "MokSBState=00", "MokPolicy=03"),
                events(boot(new ShimFile().version("15.8"), all, false), 14));
        assertEquals(
                List.of("MokList=" + DUMMY, "MokListX=" + DUMMY, "MokSBState=00", "MokListTrusted=01"),
                events(boot(new ShimFile().version("15.5"), all, false), 14));
        assertEquals(
                List.of("MokList=" + DUMMY, "MokListX=" + DUMMY, "MokSBState=00"),
                events(boot(new ShimFile().version("15.4"), all, false), 14));
        assertEquals(List.of("MokSBState=00"), events(boot(new ShimFile().version("15"), all, false), 14));
        assertEquals(
                List.of("MokSBState=00", "SbatLevel=" + ORIGINAL, "MokListTrusted=01"),
                events(boot(new ShimFile().version("15.5"), all, false), 7));
        assertEquals(
                List.of("MokSBState=00", "SbatLevel=" + ORIGINAL),
                events(boot(new ShimFile().version("16.1"), all, false), 7));
        assertEquals(List.of("SBAT=" + ORIGINAL), events(boot(new ShimFile().version("15.3"), vars(), true), 7));
        assertEquals(List.of(), events(boot(new ShimFile().version("15.2"), vars(), true), 7));
    }

    @Test
    void ignoresVariablesThatARunningSystemCouldHaveWritten() {
        VariableStoreWriter all = vars().shim(
                        "MokList", NV_BS_RT, HexFormat.of().parseHex(DUMMY))
                .shim("MokSBState", NV_BS_RT, new byte[] {1})
                .shim("SbatLevel", NV_BS_RT, LATEST.getBytes(StandardCharsets.US_ASCII));
        BootPrediction boot = boot(new ShimFile(), all, true);
        assertEquals(List.of("MokList=" + DUMMY, "MokListX=" + DUMMY, "MokListTrusted=01"), events(boot, 14));
        assertEquals(List.of("SbatLevel=" + AUTOMATIC), events(boot, 7));
    }

    private static String level(String version, boolean secureBoot, String stored, int policy) {
        VariableStoreWriter variables = vars();
        if (!stored.isEmpty()) {
            variables.shim("SbatLevel", NV_BS, stored.getBytes(StandardCharsets.US_ASCII));
        }
        if (policy > 0) {
            variables.shim("SbatPolicy", NV_BS, new byte[] {(byte) policy});
        }
        return events(boot(new ShimFile().version(version), variables, secureBoot), 7).stream()
                .filter(line -> line.startsWith("SbatLevel="))
                .findFirst()
                .orElseThrow()
                .substring(10);
    }

    @Test
    void choosesRevocationsByPolicyStateAndVersion() {
        assertEquals(AUTOMATIC, level("16.1", true, "", 0));
        assertEquals(ORIGINAL, level("16.1", false, "", 0));
        assertEquals(ORIGINAL, level("16.1", false, LATEST, 0), "without Secure Boot the list is reset");
        assertEquals(LATEST, level("16.1", true, LATEST, 0), "a newer one is kept");
        assertEquals(AUTOMATIC, level("16.1", true, "sbat,1,2022052400\ngrub,2\n", 0));
        assertEquals(LATEST, level("16.1", true, "", 1));
        assertEquals(LATEST, level("16.1", false, "", 1));
        assertEquals(AUTOMATIC, level("16.1", false, "", 2));
        assertEquals(AUTOMATIC, level("16.1", true, "", 3), "no reset under Secure Boot");
        assertEquals(ORIGINAL, level("16.1", false, LATEST, 3));
        assertEquals(AUTOMATIC, level("15.7", false, "", 0), "15.7 does not look at Secure Boot here");
        assertEquals(LATEST, level("15.7", false, LATEST, 0));
        assertEquals(ORIGINAL, level("15.7", false, LATEST, 3));
        assertEquals(ORIGINAL, level("15.6", true, "", 0));
        assertEquals("sbat,1,2022052400\nshim,2\ngrub,2\n", level("15.6", true, "", 1));
        assertEquals("sbat,1,2020010100\n", level("15.4", true, "sbat,1,2020010100\n", 0), "15.4 keeps any list");
        assertEquals(ORIGINAL, level("15.4", true, "other", 0));
    }

    @Test
    void refusesARevokedImageAndARevokedShim() {
        BootPrediction self = boot(
                new ShimFile(),
                vars().shim("SbatLevel", NV_BS, "sbat,1,2030010100\nshim,9\n".getBytes(StandardCharsets.US_ASCII)),
                true);
        assertEquals(
                Optional.of("shim is revoked: SbatLevel asks for generation 9 of shim, and it is generation 4"),
                self.refusal());
        assertEquals(
                Optional.empty(),
                boot(
                                new ShimFile(),
                                vars().shim(
                                                "SbatLevel",
                                                NV_BS,
                                                "sbat,1,2030010100\nshim,9\n".getBytes(StandardCharsets.US_ASCII)),
                                false)
                        .refusal());
    }

    @Test
    void aPendingRequestToMokManagerIsNotPredictable() {
        BootPrediction boot = boot(new ShimFile(), vars().shim("MokNew", NV_BS, new byte[] {1}), true);
        assertTrue(boot.notKnown().get(4).why().contains("MokNew"));
    }

    @Test
    void namesTheVersionThatIsNotKnown() {
        for (String version : List.of("14", "17", "0.9")) {
            BootPrediction boot = boot(new ShimFile().version(version), vars(), false);
            assertEquals("--shim-version", boot.notKnown().get(14).input(), version);
        }
        BootPrediction given = BootSequence.of(BootInputs.builder()
                .loaders(List.of(new ShimFile().version("17").source()))
                .shimVersion("16.1")
                .build());
        assertEquals(Optional.empty(), Optional.ofNullable(given.notKnown().get(14)));
    }

    @Test
    void assumesAFreshStoreWhenNoneIsGiven() {
        BootPrediction boot = BootSequence.of(
                BootInputs.builder().loaders(List.of(new ShimFile().source())).build());
        assertEquals(List.of("MokList=" + DUMMY, "MokListX=" + DUMMY, "MokListTrusted=01"), events(boot, 14));
        assertTrue(boot.assumptions().stream()
                .anyMatch(assumption -> assumption.key().equals("mok")));
    }

    @Test
    void refusesATableThatDoesNotFit() {
        PeImage image = PeImage.read(new ShimFile().authorizedSize(0x7fffffff).source());
        MalformedInputException e = assertThrows(MalformedInputException.class, () -> ShimImage.read(image));
        assertTrue(e.getMessage().contains("vendor_authorized inside the section"), e.getMessage());
    }

    @Test
    void anUnsignedLoaderIsRefusedUnderSecureBootAndMeasuredWithout() {
        Source loader = Source.of(
                "loader.efi", PeWriter.pe32Plus().section("mods", "none").build());
        BootInputs.Builder in = BootInputs.builder()
                .loaders(List.of(new ShimFile().source(), loader))
                .variables(vars().variable(GuidName.EFI_GLOBAL_VARIABLE, "PK", 0x27, new byte[0])
                        .build());
        BootPrediction off = BootSequence.of(in.secureBoot(false).build());
        assertEquals(Optional.empty(), off.refusal());
        assertEquals(
                List.of("firmware shimx64.efi", "shim loader.efi"),
                off.variants().get(0).events(4).stream()
                        .filter(event -> event.name().endsWith(".efi"))
                        .map(event -> event.producer().text() + " " + event.name())
                        .toList());
    }
}
