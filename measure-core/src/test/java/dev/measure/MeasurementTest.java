package dev.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MeasurementTest {
    private static final Register PCR = new Register.Pcr(4, DigestAlgorithm.SHA1);

    private static MeasuredEvent event(String hexPair, Evidence evidence) {
        Digest digest = Digest.parse(DigestAlgorithm.SHA1, hexPair.repeat(20));
        return new MeasuredEvent(hexPair, digest, digest, new Provenance.Constant("none", hexPair), evidence, Map.of());
    }

    @Test
    void isWorthAsMuchAsTheWeakestOfItsEvents() {
        Measurement measurement =
                Measurement.of(PCR, List.of(event("01", Evidence.PEER), event("02", Evidence.HARDWARE)));
        assertEquals(Evidence.PEER, measurement.evidence());
        assertEquals("02".repeat(20), measurement.value().hex());
        assertEquals(Evidence.SOURCE, Evidence.SOURCE.weaker(Evidence.BOOT));
    }

    @Test
    void neverExplainsAValueThatItsEventsDoNotGive() {
        Measurement wrong = Measurement.of(
                PCR,
                Digest.zero(DigestAlgorithm.SHA1),
                Evidence.BOOT,
                (detail, sink) -> sink.accept(event("01", Evidence.BOOT)));
        IllegalStateException refused = assertThrows(IllegalStateException.class, wrong::events);
        assertEquals(
                "the trace of pcr4 ends at sha1:" + "01".repeat(20) + ", its value is sha1:" + "00".repeat(20),
                refused.getMessage());
    }

    @Test
    void findsTheFirstEventThatDiffers() {
        MeasuredEvent a = event("0a", Evidence.BOOT);
        MeasuredEvent b = event("0b", Evidence.BOOT);
        Measurement ab = Measurement.of(PCR, List.of(a, b));
        assertEquals(OptionalInt.empty(), ab.firstDifference(Measurement.of(PCR, List.of(a, b))));
        assertEquals(OptionalInt.of(1), ab.firstDifference(Measurement.of(PCR, List.of(a, a))));
        assertEquals(OptionalInt.of(1), ab.firstDifference(Measurement.of(PCR, List.of(a))));
    }

    @Test
    void acceptsAnyOfSeveralRightValuesAndSaysWhich() {
        Digest one = Digest.parse(DigestAlgorithm.SHA1, "01".repeat(20));
        Digest two = Digest.parse(DigestAlgorithm.SHA1, "02".repeat(20));
        Digest three = Digest.parse(DigestAlgorithm.SHA1, "03".repeat(20));
        Map<String, Digest> right = Map.of("id/variant=one", one, "id/variant=two", two);
        assertEquals(new Verdict.Match(PCR, "id/variant=two"), Verdict.of(PCR, right, two));
        assertEquals(new Verdict.Mismatch(PCR, right, three), Verdict.of(PCR, right, three));
        assertEquals(new Verdict.Unknown(PCR), Verdict.of(PCR, Map.of(), one));
    }

    @Test
    void writesIdsWithEveryKeyInItsOrder() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", "file:my fw=1/2%.fd");
        keys.put("vmm", "qemu-10.1");
        keys.put("cpu", "EPYC-v4");
        assertEquals("snp/fw=file:my%20fw%3D1%2F2%25.fd/vmm=qemu-10.1/cpu=EPYC-v4", ValueId.of("snp", keys));
    }

    @Test
    void saysInOneLineWhereBytesComeFrom() {
        Source source = Source.of("a.efi", new byte[64]).slice(16, 32);
        Provenance range = Provenance.FileRange.of(source);
        assertEquals("a.efi 0x10+0x20", range.text());
        assertEquals(
                ".efifw in a.efi 0x10+0x20",
                new Provenance.PeSection(".efifw", Provenance.FileRange.of(source)).text());
        assertEquals(
                "page from a.efi 0x10+0x20; --vmm qemu",
                new Provenance.Derived("page", List.of(range, new Provenance.Parameter("vmm", "qemu"))).text());
        assertEquals("spec, 1.2", new Provenance.Constant("spec", "1.2").text());
    }
}
