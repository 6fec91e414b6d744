package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.firmware.Firmware;
import dev.measure.vectors.RealFirmware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** MRTD under Google's former hypervisor, against google/gce-tcb-verifier 74582c0, {@code tdx.MRTD} with its two sets of options. */
final class GceTdHobBugCrossCheckTest {
    /** The firmware, the machine type, whether all memory is accepted early, MRTD. */
    private static final List<List<String>> PEER = List.of(
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-4",
                    "late",
                    "818a055c6b3a54a2ebb14fbf708084169b97d6aef28ce238b58984cf2a37f837fcd684d17d3906a64b11e50b032c2ab2"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-4",
                    "early",
                    "1cb19c67a5b7d7be1365ff07e5b21d0d79a05ac034a80443569811197a28046e198e8c6772c489f520f610034672a784"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-8",
                    "late",
                    "3009936576ea9ec122cd07e76b48e76a65fbacae1488cc61e44c6cf7f7b9da1cf60d2e65e0c9a243a3bb809600d8c280"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-8",
                    "early",
                    "79b4395f1b03fcba505fac15640d85093056377264e4540c2f2a046a649127870d572b05638729e8a41bdb9ff4f01212"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-22",
                    "late",
                    "7c40deb6cdc0f191299ea9e6e2f45932d040c115d608ba391de56de7a0ae62b7fb453bac5cc7b17c4ee6a10cf5dedd0c"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-22",
                    "early",
                    "900d6cdf07080e75a5d4dc4ad907b81df4103ec0468f6d099f6f42df2ac00e6d7c8aaed1c5c953ac3f4098b38390e39d"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-44",
                    "late",
                    "c30e07dd22783f547b864fabfba0b69e54de088d0a36c86c95ea19ed08d09bceadc46ecf6847577240f13bfb3d2cb351"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-44",
                    "early",
                    "2eff4dfc491b20d0ca7f09b7c65154d941e8e62431e75d856541ac2a8c4e079284345acfc70c2b0d37b7b2c91ad7684d"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-88",
                    "late",
                    "30b873d0117cd4d9b66c233af870996ce8a705b38f87fa76c186e0534ca4f92804c415c56569cd5f513717b3772f649f"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-88",
                    "early",
                    "081c36b0311cf4ffe866cfc57193fa9cd04b13d731b035af39c120ffe548e7e4de2c128d941273006d332bda0306f371"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-176",
                    "late",
                    "48cbcc05ed16fab419bc3c1cb3fc606871f891af15b8d5f3f06e90308d361106ec5c8434536b4389548b3a980d62e9db"),
            List.of(
                    "deb12-OVMF.fd",
                    "c3-standard-176",
                    "early",
                    "e6ea344a0af825783cdc5d25c0924132997b482efeeac6c33cd3dd802c5d1b8a510653da382b1c1ca3c076ff1f0bc9bf"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-4",
                    "late",
                    "fc7ffb3f8a39c91c5fd1bf4f67f5c550476560deeacb932a5c96e6741ef2813c0f29a0d0f35f8f9355a131ce69663ebc"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-4",
                    "early",
                    "6850d14e2c5d6d21025cdf8bb8f15c28f236865866b67ec959fd45cc4bea53f1d73632e13207010f79ab8f4a24b87d75"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-8",
                    "late",
                    "3fe1f8b895f76fb86df65285c5d36e2b948b6071bcc43c157892e9d5047c5bacbb742b3ff4bfef5e0edde67e23170cc9"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-8",
                    "early",
                    "5439c98a420accf4234e642a1077ac1dc2c298aad9c0a4bd6e1a256853c084906d6dcea40e51394c34910b1657cf6c05"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-22",
                    "late",
                    "102de24511e5825453b6fec4e5ff54721d03f6a94702ce8136919f9f7730b192f126768b067d4b17656909b5b298b71b"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-22",
                    "early",
                    "eca6d347734123a24545e32a25ac9b836beddb99b398819c119746c805ed3f2e5776a4507bf7e39cd31c96b3053010bf"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-44",
                    "late",
                    "03d5b1a32db6ea9247e0e2e828ad7421c06588fa4379a584588f7f589e499b1af9394289be08d59f83654c6855a48ac7"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-44",
                    "early",
                    "1baa9bf1607b90dbf936695f427ea869aa7c6f880393421f0c0502991980278a4f78c816d9344505f433291aadc2e4f0"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-88",
                    "late",
                    "a2c291636aeaa6ee47500e877ff2a00c2e03a760eb9fe40faa1e9f5f29ad888d03a8c1d509d27a37de5e5dc490cbdf19"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-88",
                    "early",
                    "f222ccd8bc176cc28fd79ff887ab5fc15e6af1d7828afb61958c2ff087149b97ecab1c9934f21853d4fe36af38fba8ed"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-176",
                    "late",
                    "ed83743a48b564fe06f654633d60fc3a8f1d1e4253da8ea03a83c82828068e68da57fe30ad6986db0a83fd85fded6df0"),
            List.of(
                    "forky-OVMF.inteltdx.ms.fd",
                    "c3-standard-176",
                    "early",
                    "18f3e21c028c2295ba834afc26a88c5c32c50859536366313c57ac81d4d003c6d5211a2d98735ab73553b08c2f031b68"));

    private static TdxLaunch launch(Path file, TdxVmm vmm) throws IOException {
        Firmware firmware = Firmware.read(Source.of(file.toString(), Files.readAllBytes(file)), Strictness.STRICT);
        return new TdxLaunch(firmware, Optional.of(vmm), Optional.empty(), Strictness.STRICT);
    }

    @TestFactory
    Stream<DynamicTest> equalsTheToolOfGoogle() {
        return PEER.stream()
                .map(row -> DynamicTest.dynamicTest(row.get(0) + " " + row.get(1) + " " + row.get(2), () -> {
                    Optional<Path> file = RealFirmware.find(row.get(0));
                    if (file.isPresent()) {
                        TdxLaunch launch = launch(file.get(), TdxVmm.GCE_TDHOB_BUG);
                        Prediction prediction = GceTdHobBug.of(
                                launch,
                                GceMachineType.valueOf(
                                        row.get(1).toUpperCase(Locale.ROOT).replace('-', '_')),
                                row.get(2).equals("early"));
                        Measurement measurement = assertInstanceOf(Prediction.Predicted.class, prediction)
                                .measurement();
                        assertEquals(row.get(3), measurement.value().hex());
                        assertEquals(
                                measurement.value(),
                                measurement
                                        .events()
                                        .get(measurement.events().size() - 1)
                                        .after());
                    }
                }));
    }
}
