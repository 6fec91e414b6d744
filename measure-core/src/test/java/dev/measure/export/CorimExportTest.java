package dev.measure.export;

import static dev.measure.export.ReferenceValues.assertRefused;
import static dev.measure.export.ReferenceValues.bytes;
import static dev.measure.export.ReferenceValues.pcr;
import static dev.measure.export.ReferenceValues.set;
import static dev.measure.export.ReferenceValues.snp;
import static dev.measure.export.ReferenceValues.td;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.corim.Corim;
import dev.measure.corim.CorimDigest;
import dev.measure.corim.EntityMap;
import dev.measure.corim.MeasurementMap;
import dev.measure.corim.ReferenceTriple;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** CoRIMs of golden values against bytes of another encoder, and what their readers make of them. */
class CorimExportTest {
    static CorimExport corim(CorimExport.Reader reader, Optional<String> maker, Optional<Long> policy) {
        return new CorimExport(
                reader,
                Optional.of("urn:x"),
                maker.map(name -> new EntityMap(name, Optional.empty(), List.of())),
                Optional.empty(),
                false,
                policy);
    }

    /** The expected bytes were put together with another encoder, from the shapes of AMD's profile. */
    @Test
    void corimOfAmdsProfile() {
        Corim made = corim(CorimExport.Reader.AMD, Optional.of("ACME"), Optional.of(0x30000L))
                .corim(set(snp(1, bytes(0x11, 48)), snp(2, bytes(0x22, 48)), pcr(4, bytes(1, 32))));
        assertEquals(
                "d901f5a4006575726e3a780181d901fa58e0a301a1006575726e3a780281a2006441434d4502810004a1008282a100a100d86f4b"
                        + "06092b060104019c78030182a20019028101a10281820758301111111111111111111111111111111111111111111111111111"
                        + "11111111111111111111111111111111111111111111a2000201a104d9023048000003000000000082a100a100d86f4b06092b"
                        + "060104019c78030182a20019028101a10281820758302222222222222222222222222222222222222222222222222222222222"
                        + "22222222222222222222222222222222222222a2000201a104d9023048000003000000000003d82078227461673a616d642e63"
                        + "6f6d2c323032353a736e702d636f72696d2d70726f66696c650581a2006441434d45028101",
                HexFormat.of().formatHex(made.encode()));
    }

    /** Likewise, from the draft's example of integrity registers: banks of one boot together, other boots apart. */
    @Test
    void corimOfIntegrityRegisters() {
        Corim made = corim(CorimExport.Reader.VERAISON, Optional.empty(), Optional.empty())
                .corim(set(
                        td("mrtd", bytes(0x33, 48)),
                        td("rtmr1", bytes(0x44, 48)),
                        pcr(4, bytes(0x55, 32)),
                        pcr(4, "none", DigestAlgorithm.SHA384, bytes(0x66, 48)),
                        pcr(4, "none", DigestAlgorithm.SHA1, bytes(0x66, 20)),
                        pcr(11, "a", DigestAlgorithm.SHA256, bytes(0x77, 32)),
                        pcr(11, "b", DigestAlgorithm.SHA256, bytes(0x88, 32))));
        assertEquals(
                "d901f5a2006575726e3a780181d901fa5901afa201a1006575726e3a7804a1008482a100a20171496e74656c20436f72706f7261"
                        + "74696f6e026654445820544481a20062746401a10ea2646d72746481820758303333333333333333333333333333333333333333"
                        + "333333333333333333333333333333333333333333333333333333336572746d72318182075830444444444444444444444444"
                        + "44444444444444444444444444444444444444444444444444444444444444444444444482a100a20163544347026854504d32"
                        + "2050435281a200647063727301a10ea1048282015820555555555555555555555555555555555555555555555555555555555555"
                        + "555582075830666666666666666666666666666666666666666666666666666666666666666666666666666666666666666666"
                        + "66666682a100a20163544347026854504d322050435281a200647063727301a10ea10b81820158207777777777777777777777"
                        + "77777777777777777777777777777777777777777782a100a20163544347026854504d322050435281a200647063727301a10e"
                        + "a10b81820158208888888888888888888888888888888888888888888888888888888888888888",
                HexFormat.of().formatHex(made.encode()));
    }

    /** Names and values as Trustee's extractor makes them (rvps/src/extractors/corim/README.md): a later one replaces an earlier one. */
    @Test
    void corimForTrusteesExtractor() {
        Corim made = corim(CorimExport.Reader.TRUSTEE, Optional.empty(), Optional.empty())
                .corim(set(
                        snp(1, bytes(1, 48)),
                        snp(2, bytes(2, 48)),
                        td("mrtd", bytes(3, 48)),
                        pcr(11, "a", DigestAlgorithm.SHA256, bytes(4, 32)),
                        pcr(11, "b", DigestAlgorithm.SHA256, bytes(5, 32))));
        Map<String, List<String>> extracted = new TreeMap<>();
        for (ReferenceTriple triple :
                Corim.read(Source.of("x", made.encode())).comids().get(0).referenceTriples()) {
            for (MeasurementMap measurement : triple.measurements()) {
                var of = triple.environment().classMap().orElseThrow();
                extracted.put(
                        String.join(
                                "/",
                                of.vendor().orElseThrow(),
                                of.model().orElseThrow(),
                                measurement.keyText(),
                                "digests"),
                        measurement.digests().stream().map(CorimDigest::hex).toList());
            }
        }
        assertEquals(
                Map.of(
                        "AMD/SEV-SNP/measurement/digests",
                        List.of(bytes(1, 48), bytes(2, 48)),
                        "Intel Corporation/TDX TD/mrtd/digests",
                        List.of(bytes(3, 48)),
                        "TCG/TPM2 PCR/pcr11_sha256/digests",
                        List.of(bytes(4, 32), bytes(5, 32))),
                extracted);
    }

    @Test
    void corimRefusesWhatItCannotHold() {
        assertRefused(
                "AMD's profile is about SEV-SNP launch digests, and there is none",
                () -> corim(CorimExport.Reader.AMD, Optional.empty(), Optional.empty())
                        .corim(set(td("mrtd", bytes(1, 48)))));
        assertRefused(
                "there is no value of SHA-256, SHA-384 or SHA-512",
                () -> corim(CorimExport.Reader.VERAISON, Optional.empty(), Optional.empty())
                        .corim(set(pcr(4, "none", DigestAlgorithm.SHA1, bytes(1, 20)))));
    }
}
