package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * EFI_SIGNATURE_LIST: signatures of one type and one size (UEFI 2.10, section 32.4.1).
 *
 * @param type SignatureType
 * @param header SignatureHeader, empty for all types in use
 * @param signatureSize SignatureSize, bytes of each entry with its owner
 * @param signatures the entries, in order
 */
public record SignatureList(SignatureType type, Source header, int signatureSize, List<SignatureData> signatures) {
    /** GUID and three u32. */
    private static final int HEADER = 28;

    private static final int OWNER = 16;

    /** Copies the list. */
    public SignatureList {
        signatures = List.copyOf(signatures);
    }

    static SignatureList read(Cursor c) {
        int start = c.position();
        UUID type = c.guid("SignatureType");
        long listSize = c.u32("SignatureListSize");
        long headerSize = c.u32("SignatureHeaderSize");
        long signatureSize = c.u32("SignatureSize");
        if (listSize < HEADER || listSize - HEADER > c.remaining()) {
            throw c.malformed(
                    start + 16,
                    "SignatureListSize of " + HEADER + ".." + ((long) HEADER + c.remaining()),
                    String.valueOf(listSize),
                    "the list does not fit the data");
        }
        if (headerSize > listSize - HEADER) {
            throw c.malformed(
                    start + 20,
                    "SignatureHeaderSize of at most " + (listSize - HEADER),
                    String.valueOf(headerSize),
                    "");
        }
        long body = listSize - HEADER - headerSize;
        if (signatureSize < OWNER || body % signatureSize != 0) {
            throw c.malformed(
                    start + 24,
                    "SignatureSize of at least " + OWNER + " that divides " + body,
                    String.valueOf(signatureSize),
                    "");
        }
        Source header = c.slice(headerSize, "SignatureHeader");
        List<SignatureData> signatures = new ArrayList<>();
        for (long i = 0; i < body / signatureSize; i++) {
            Source whole = c.slice(signatureSize, "EFI_SIGNATURE_DATA");
            UUID owner = Cursor.of(whole.slice(0, OWNER)).guid("SignatureOwner");
            signatures.add(new SignatureData(owner, whole.slice(OWNER, signatureSize - OWNER), whole));
        }
        return new SignatureList(SignatureType.of(type), header, (int) signatureSize, signatures);
    }
}
