package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * td-shim's images as td-shim-tee-info-hash measures them: confidential-containers/td-shim 125eeab, tee_info_hash.rs (build_mrtd,
 * build_rtmr_with_seperator, pack) and td_uefi_pi/fv.rs, built from their sources with rustc 1.95. The manifest is its sample.
 */
final class TdShimCrossCheckTest {
    private static final String MANIFEST = "{\"attributes\": \"0000ffff0000ffff\", \"xfam\": \"ffffffffffffffff\","
            + " \"mrconfigid\": \"fe23e15e1b7ee8f48a7f878fedbee8f72a57fdf7c6141ddb0b00d23056c9da30e6c0c51588f0f888c830cfce8f29604c\","
            + " \"mrowner\": \"9c1cc37e0845981dfe6f89091c713cd69ab8878c6152d62c27eb5d12b43f9990cb9195fc823f394702bc2c5468938c0c\","
            + " \"mrownerconfig\": \"1a69fd4f39f309d63b8cb8cb4fbabc02d43f8e99db739f3aeaa18c26f0f7095c6f0ff6bd42d1806344bd2b59a19fdcd1\"}";

    /** SHA-384 over 48 zeros and the digest of four zeros. */
    private static final String SEPARATED =
            "518923b0f955d08da077c96aaba522b9decede61c599cea6c41889cfbea4ae4d50529d96fe4d1afdafb65e7f95bf23c4";

    private static TdxLaunch launch(byte[] image) {
        return TdxLaunch.of(Firmware.read(Source.of("final.bin", image), Strictness.STRICT));
    }

    private static TdxLaunch launch(List<long[]> sections) {
        return launch(TdShimImages.legacy(sections));
    }

    private static void check(byte[] image, String mrtd, String launched, String separated) {
        Map<MrtdOrder, Prediction> values = Mrtd.of(launch(image));
        assertEquals(List.of(MrtdOrder.PAGE), List.copyOf(values.keySet()));
        Prediction.Predicted predicted =
                assertInstanceOf(Prediction.Predicted.class, values.get(MrtdOrder.PAGE), values::toString);
        Digest value = predicted.measurement().value();
        assertEquals(mrtd, value.hex());
        assertEquals("td-shim", predicted.assumptions().get(0).value());
        assertEquals(
                launched,
                TdInfo.launched(new TdAttributes(0), 0, value).teeInfoHash().hex());
        TdManifest manifest = TdManifest.read(Source.of("manifest.json", MANIFEST.getBytes(StandardCharsets.UTF_8)));
        Digest zero = Digest.zero(DigestAlgorithm.SHA384);
        Digest separator = Digest.of(DigestAlgorithm.SHA384, HexFormat.of().parseHex(SEPARATED));
        TdInfo info = new TdInfo(
                manifest.attributes(),
                manifest.xfam(),
                value,
                manifest.mrConfigId(),
                manifest.mrOwner(),
                manifest.mrOwnerConfig(),
                List.of(separator, separator, zero, zero),
                zero);
        assertEquals(separated, info.teeInfoHash().hex());
    }

    @Test
    void imagesForAKernelOfTheVmm() {
        check(
                TdShimImages.legacy(TdShimImages.linux()),
                "449d7c420ffa3592128bdbc5b7a8fe827705b039778c1a99ce7c1b4286bcad3416cec6a689b107d36ce0b5fb0b646a80",
                "853a33c64ae8c8773d75b3a064c56d8443a72bccb6cacf3a7a7bdde7b29c09ddf8d7d1c5958d22b8920bcdedb5d19e79",
                "da0d48c983da674c4bcd228546d59718ff89bf1bb72ceb2dc3d17319aac02a05c4969d4e5825f4b81e72f244e848e303");
        check(
                TdShimImages.guided(TdShimImages.linux()),
                "446d2915888e841ce50e3bd8b2c3345031d286520c4a7e718b570b78a7b14f4386bc5cc7bf5896119254c6a06c7a08f7",
                "a6abbd87150ba1e812a05855518214a9c71aa7ec78359be01377b9ca3d9990ec4c3a1a9dbcd29948b1097d404ff52430",
                "4c3750883aaabe1cba7de4133f71d57cd703776e159ff0ab59d32844a9d76acc7b84939178d76906931e6008ea6691e3");
    }

    @Test
    void imagesOfAServiceTdWithItsPayload() {
        check(
                TdShimImages.legacy(TdShimImages.service(0)),
                "a35b4c9f40ca65dee645f6f0f4a111291049ac9b9ab0eaa167d7b928b917c1cd6a2d2eaa953c5a5ed5e47d935ff3ee75",
                "e0f30d54f81d43eb572c16b5263dbc576006915929fa93885e384a2afd362c7b32d2a207e233196d42e27a9fe3d000b3",
                "236fb5956dbe597a9b563210976ce05906e8b032aada73e7aa3d40076ace3fd0850c442849baf5b2e621a7cb479620ae");
        check(
                TdShimImages.guided(TdShimImages.service(0)),
                "7ddc43ad2d9bd1640dcae1d4c56f638665d59144c3e71aaaab88de9006429e026b186de6c0aae33994949d1c1e338ca0",
                "0d640dfe1a09493e3fd8e25e2b2f6947ce5cbce15a4fdae900270afc9f5aa904777440f56fe701d408af7154f52d706a",
                "b09cd9556afa68d98403ff58a66b5c4254ba1a95730647e9cdbb0a0c1f2b1673a5ef0c16759915f0348c414bd4692579");
        check(
                TdShimImages.legacy(TdShimImages.service(1)),
                "59b23ae0e2830fbd4483341efa3830ce3526121fc27eceb812baab21d5010cd46b28a829992d3fe96a8a1b9833652d89",
                "92e4197dd5662a4b08c4829d8ed4f7f2c20fa17367c370f68b0f04eb6840e8da24e2911c06eac6d618b919579654a7e9",
                "f15ad140ec341deb12015f45b7d4ed8057e78751f7d96b2ce1ac451088116611d1cc151999980d9c4ffac01b39d40b9d");
        check(
                TdShimImages.guided(TdShimImages.service(1)),
                "edfe1a3343b4a533cf9e65dff82888409552d8601c146f59aca3f13bef9c27b1f92b2b514fd312b2d5e73371c9659160",
                "39257d56f7bff8e6cf85d26e99ad6dabec29607609a080dafe81bd21be4003bd1ab492bfa80556472588ad94d5b03a7a",
                "8e97944f2828da669ef2faca70c15d4456a55cc4d6372617362a95911c449baa918bf52b46f773c266d5e35138deb8e8");
    }

    @Test
    void thePayloadIsTheSectionThatFillsItsVolume() {
        Source program = TdShimPayload.find(Source.of("volume", TdShimImages.volume(0x4000, new byte[] {'M', 'Z', 1})));
        assertEquals(16236, program.length());
        assertEquals(
                "59f33d771e7ce8c89e4be529d689acafb43b05ccdeeeac621aaf0aea2f20fafc0dc05001fb7d7f6c668e94747c26e098",
                program.digest(DigestAlgorithm.SHA384).hex());
        MalformedInputException cut = assertThrows(
                MalformedInputException.class, () -> TdShimPayload.find(Source.of("volume", new byte[0x38])));
        assertEquals(
                "volume: offset 0x20: expected a payload volume with an FvLength of the section's 0x38, found 0x0",
                cut.getMessage());
    }

    private static String rtmr(RtmrInputs inputs, int register) {
        Prediction prediction = Rtmr.of(inputs).get(register).prediction();
        if (prediction instanceof Prediction.Predicted predicted) {
            return predicted.measurement().value().hex();
        }
        return prediction instanceof Prediction.NotPredictable not
                ? "? " + not.why()
                : "! " + ((Prediction.NotLaunchable) prediction).why();
    }

    /** RTMR1 by the rules of main.rs and event_log.rs in another program. */
    @Test
    void aStaticConfigurationHasKnownRegisters() {
        RtmrInputs measuredByTdShim =
                RtmrInputs.builder().launch(launch(TdShimImages.service(0))).build();
        assertEquals(SEPARATED, rtmr(measuredByTdShim, 0));
        assertEquals(
                "dff62ddf9dc0a7e7e02524e5862e86c66961d0410ccf9880b67f0768389b5b2b2fd35411145f86564796c78c6a96e110",
                rtmr(measuredByTdShim, 1));
        RtmrInputs inMrtd =
                RtmrInputs.builder().launch(launch(TdShimImages.service(1))).build();
        assertEquals(SEPARATED, rtmr(inMrtd, 0));
        assertEquals(SEPARATED, rtmr(inMrtd, 1));
        assertEquals(
                "? td-shim measures nothing into RTMR2; what its payload measures there is not known", rtmr(inMrtd, 2));
    }

    @Test
    void aKernelAndItsParametersAreMeasuredWithTheirAreas() {
        byte[] kernel = new byte[5000];
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] = (byte) (i * 7 + 1);
        }
        RtmrInputs.Builder builder = RtmrInputs.builder().launch(launch(TdShimImages.linux()));
        assertEquals("? td-shim measures the TD HOB that its VMM makes", rtmr(builder.build(), 0));
        assertEquals(
                "? whether td-shim starts the payload in its image or a kernel is said by the TD HOB",
                rtmr(builder.build(), 1));
        builder.kernel(RtmrContent.of(Source.of("kernel", kernel))).append("root=/dev/vda1 console=hvc0");
        assertEquals(
                "ed68598142cfd122426b8596d225370482e93dcdedcdbff9779d75e92b1f3656d466f708e3da1fbb2fddaefadfb11b0e",
                rtmr(builder.build(), 1));
        assertTrue(rtmr(builder.append("x".repeat(4097)).build(), 1)
                .contains("expected an area of at least the 4097 bytes of the command line, found PAYLOAD_PARAM"));
        RtmrInputs.Builder without = RtmrInputs.builder()
                .launch(launch(TdShimImages.service(0)))
                .kernel(RtmrContent.of(Source.of("kernel", kernel)));
        assertEquals(
                "! the image has no TD_HOB section, and td-shim starts a kernel only if a TD HOB says so",
                rtmr(without.build(), 1));
    }

    /** Each of these stops td-shim in validate_sections, metadata.rs. */
    @Test
    void refusesWhatTdShimStopsAt() {
        List<List<long[]>> broken = new ArrayList<>();
        List<String> why = new ArrayList<>();
        add(broken, why, "a section with MR_EXTEND", 0, section -> section[5] = 0);
        add(broken, why, "a section with PAGE_AUG", 2, section -> section[5] = 0);
        add(broken, why, "a section without data and offset", 2, section -> section[0] = 0x1000);
        add(broken, why, "data inside that of a BFV", 3, section -> section[0] = 0x4000);
        add(broken, why, "a RawDataSize that is not 0", 4, section -> section[1] = 0);
        add(broken, why, "a PAYLOAD with no attribute but MR_EXTEND", 5, section -> section[5] = 2);
        add(broken, why, "one TD_INFO section", 4, section -> section[4] = TdShimImages.TD_INFO);
        add(broken, why, "a PAYLOAD to which the parameters belong", 5, section -> {
            section[4] = TdShimImages.PAYLOAD_PARAM;
            section[5] = 0;
        });
        add(broken, why, "a BFV section among all", 0, section -> {
            section[4] = TdShimImages.CFV;
            section[5] = 0;
        });
        add(broken, why, "or PERM_MEM sections in its place, found 0", 2, section -> {
            section[4] = TdShimImages.TEMP_MEM;
            section[5] = 0;
        });
        for (int i = 0; i < broken.size(); i++) {
            List<long[]> sections = broken.get(i);
            Prediction.NotLaunchable refused = assertInstanceOf(
                    Prediction.NotLaunchable.class, Mrtd.of(launch(sections), MrtdOrder.PAGE), why.get(i));
            assertTrue(refused.why().contains(why.get(i)), refused.why());
            assertTrue(refused.lenient(), refused.why());
            Firmware firmware =
                    Firmware.read(Source.of("final.bin", TdShimImages.legacy(sections)), Strictness.LENIENT);
            TdxLaunch lenient = new TdxLaunch(firmware, Optional.empty(), Optional.empty(), Strictness.LENIENT);
            assertInstanceOf(Prediction.Predicted.class, Mrtd.of(lenient, MrtdOrder.PAGE), why.get(i));
        }
    }

    private interface Change {
        void in(long[] section);
    }

    private static void add(List<List<long[]>> broken, List<String> why, String text, int index, Change change) {
        List<long[]> sections = new ArrayList<>();
        TdShimImages.service(0).forEach(section -> sections.add(section.clone()));
        change.in(sections.get(index));
        broken.add(sections);
        why.add(text);
    }

    @Test
    void qemuDoesNotStartIt() {
        TdxLaunch launch = new TdxLaunch(
                Firmware.read(Source.of("final.bin", TdShimImages.guided(TdShimImages.service(0))), Strictness.STRICT),
                Optional.of(TdxVmm.QEMU_10_1),
                Optional.empty(),
                Strictness.STRICT);
        Prediction.NotLaunchable refused =
                assertInstanceOf(Prediction.NotLaunchable.class, Mrtd.of(launch, MrtdOrder.PAGE));
        assertTrue(refused.why().contains("expected a section type of 0..3, as QEMU does"), refused.why());
    }

    @Test
    void refusesBrokenManifests() {
        String[][] cases = {
            {"{}", "expected attributes, xfam, mrconfigid, mrowner and mrownerconfig, found "},
            {MANIFEST.replace("ffffffffffffffff", "ff"), "expected xfam as 16 hexadecimal digits, found 'ff'"},
            {
                MANIFEST.replace("\"xfam\"", "\"x\""),
                "expected one of attributes, xfam, mrconfigid, mrowner, mrownerconfig"
            },
        };
        for (String[] each : cases) {
            MalformedInputException refused = assertThrows(
                    MalformedInputException.class,
                    () -> TdManifest.read(Source.of("m.json", each[0].getBytes(StandardCharsets.UTF_8))));
            assertTrue(refused.getMessage().contains(each[1]), refused.getMessage());
        }
    }
}
