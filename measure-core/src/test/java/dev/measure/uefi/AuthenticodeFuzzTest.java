package dev.measure.uefi;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.pe.PeImage;

/** Any exception but {@link MalformedInputException} is a finding. */
class AuthenticodeFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void readsOrRefusesSignatures(byte[] data) {
        try {
            AuthenticodeSignature signature = AuthenticodeSignature.read(Source.of("fuzz", data));
            for (Source certificate : signature.certificates()) {
                signature.isVerifiedBy(certificate);
            }
        } catch (MalformedInputException expected) {
            // the only exception there is
        }
    }

    @FuzzTest(maxDuration = "60s")
    void judgesOrRefusesImages(byte[] data) {
        SignatureDatabase none = SignatureDatabase.read(Source.of("db", new byte[0]));
        try {
            ImageAuthority.of(PeImage.read(Source.of("fuzz", data)), none, none);
        } catch (MalformedInputException expected) {
            // the only exception there is
        }
    }
}
