package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.vectors.PeWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code measure fuki} on an f-UKI that carries PCR signatures. */
class FukiSignaturesTest {
    @TempDir
    Path folder;

    @BeforeEach
    void samples() throws Exception {
        Samples.write(folder);
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        Files.writeString(
                folder.resolve("key.pem"), pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
        Files.writeString(
                folder.resolve("pub.pem"), pem("PUBLIC KEY", pair.getPublic().getEncoded()));
    }

    private static String pem(String title, byte[] der) {
        return "-----BEGIN " + title + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + title + "-----\n";
    }

    /** The sample with signatures for some of its firmwares. */
    private Session fuki(String fwid, String... more) throws Exception {
        signable().writeTo(folder.resolve("unsigned.efi"));
        Session signed = Session.in(
                folder, "pcr", "sign", "unsigned.efi", "--private-key", "key.pem", "--fwid", fwid, "-o", "pcrsig");
        assertEquals(0, signed.exit(), signed::toString);
        signable()
                .section(".pcrsig", Files.readAllBytes(folder.resolve("pcrsig")))
                .writeTo(folder.resolve("signed.efi"));
        String[] words = new String[more.length + 2];
        words[0] = "fuki";
        words[1] = "signed.efi";
        System.arraycopy(more, 0, words, 2, more.length);
        return Session.in(folder, words);
    }

    private PeWriter signable() throws Exception {
        return Samples.firmwareUki().section(".pcrpkey", Files.readAllBytes(folder.resolve("pub.pem")));
    }

    @Test
    void saysThatAFirmwareIsNotCovered() throws Exception {
        Session session = fuki("none");
        assertEquals(0, session.exit(), session::toString);
        assertTrue(
                session.err()
                        .contains("PCRSIG_MISSES_EFIFW: no entry of .pcrsig matches PCR 11 of profile 0 with firmware"
                                + " 'amdsev'"),
                session::err);
        assertEquals(3, fuki("none", "--lint").exit());
    }

    @Test
    void isSilentWhereEveryFirmwareIsCovered() throws Exception {
        Session session = fuki("all");
        assertEquals(0, session.exit(), session::toString);
        assertFalse(session.err().contains("PCRSIG"), session::err);
    }

    @Test
    void saysThatSignaturesCannotBeRead() throws Exception {
        signable().section(".pcrsig", "no JSON").writeTo(folder.resolve("broken.efi"));
        Session session = Session.in(folder, "fuki", "broken.efi");
        assertEquals(0, session.exit(), session::toString);
        assertTrue(session.err().contains("PCRSIG_BAD_SIGNATURE: the PCR signatures cannot be read: "), session::err);
    }
}
