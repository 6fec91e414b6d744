package dev.measure.snp;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.util.List;
import java.util.Optional;

/** Whatever the bytes are, they are read or refused, and what is read is written as it was. */
class EvidenceFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesAReport(byte[] data) {
        try {
            Source source = Source.of("fuzz", data);
            SnpEvidence.looksLike(source);
            SnpEvidence evidence = SnpEvidence.read(source);
            ReportCheck.NOTHING.of(evidence.report());
            if (evidence.certificates().isPresent()) {
                EndorsementChain.read(List.of())
                        .with(evidence.certificates().get())
                        .verify(evidence.report(), Optional.empty());
            }
        } catch (MalformedInputException expected) {
            // refused
        }
    }

    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesAnIdBlock(byte[] data) {
        try {
            IdBlock block = IdBlock.read(Source.of("fuzz", data));
            if (data.length == IdBlock.SIZE && !Octets.of(data).equals(Octets.of(block.toByteArray()))) {
                throw new AssertionError("written otherwise than read");
            }
        } catch (MalformedInputException expected) {
            // refused
        }
        try {
            IdAuth.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // refused
        }
    }

    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesAnEndorsement(byte[] data) {
        try {
            GceEndorsement.read(Source.of("fuzz", data)).verify(List.of(), Optional.empty());
        } catch (MalformedInputException expected) {
            // refused
        }
    }

    @FuzzTest(maxDuration = "30s")
    void readsOrRefusesAKey(byte[] data) {
        try {
            SevPublicKey.read(Source.of("fuzz", data));
        } catch (MalformedInputException expected) {
            // refused
        }
        try {
            EndorsementChain.read(List.of(Source.of("fuzz", data)));
        } catch (MalformedInputException expected) {
            // refused
        }
    }
}
