package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import dev.measure.pe.PeImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * WIN_CERTIFICATE: one entry of a PE image's certificate table (UEFI 2.10, section 32.2.4; Microsoft PE/COFF specification, "The
 * Attribute Certificate Table"). Little-endian.
 *
 * @param revision wRevision
 * @param certificateType wCertificateType
 * @param certType CertType, of WIN_CERT_TYPE_EFI_GUID only
 * @param data what follows the headers
 */
public record WinCertificate(int revision, int certificateType, Optional<UUID> certType, Source data) {
    /** WIN_CERT_TYPE_PKCS_SIGNED_DATA. */
    public static final int PKCS_SIGNED_DATA = 0x0002;

    /** WIN_CERT_TYPE_EFI_GUID. */
    public static final int EFI_GUID = 0x0ef1;

    /** EFI_CERT_TYPE_PKCS7_GUID. */
    private static final UUID PKCS7 = UUID.fromString("4aafd29d-68df-49ee-8aa9-347d375665a7");

    private static final int HEADER = 8;
    private static final int GUID = 16;

    /** The most entries; real images have one or two, and every one may cost a chain of signatures. */
    private static final int MAX_ENTRIES = 16;

    /** Checks for null. */
    public WinCertificate {
        Objects.requireNonNull(certType, "certType");
        Objects.requireNonNull(data, "data");
    }

    /**
     * The certificate table of an image, as far as EDK2 walks through it.
     *
     * @param entries the entries, in order
     * @param complete whether the entries, each padded to 8 bytes, fill the table; EDK2 refuses the image otherwise
     */
    public record Table(List<WinCertificate> entries, boolean complete) {
        /** Copies the list. */
        public Table {
            entries = List.copyOf(entries);
        }
    }

    /**
     * {@return the certificate table of an image; empty and complete for an unsigned one}
     *
     * <p>SecurityPkg/Library/DxeImageVerificationLib, DxeImageVerificationHandler: it stops at the first entry that does not fit.
     *
     * @param image the image
     * @throws dev.measure.MalformedInputException if there are more entries than any real image has
     */
    public static Table table(PeImage image) {
        List<WinCertificate> entries = new ArrayList<>();
        Optional<Source> table = image.certificates();
        if (table.isEmpty()) {
            return new Table(entries, true);
        }
        long size = table.get().length();
        long at = 0;
        while (at < size) {
            long left = size - at;
            if (left <= HEADER) {
                return new Table(entries, false);
            }
            Cursor c = Cursor.of(table.get().slice(at, Math.min(left, HEADER + GUID)));
            long length = c.u32("dwLength");
            int revision = c.u16("wRevision");
            int type = c.u16("wCertificateType");
            long padding = -length & 7;
            int headers = type == EFI_GUID ? HEADER + GUID : HEADER;
            boolean empty = type == PKCS_SIGNED_DATA || type == EFI_GUID ? length <= headers : length < HEADER;
            if (empty || left < length || left - length < padding) {
                return new Table(entries, false);
            }
            if (entries.size() == MAX_ENTRIES) {
                throw c.malformed(0, "at most " + MAX_ENTRIES + " entries in the certificate table", "one more", "");
            }
            Optional<UUID> guid = type == EFI_GUID ? Optional.of(c.guid("CertType")) : Optional.empty();
            entries.add(new WinCertificate(revision, type, guid, table.get().slice(at + headers, length - headers)));
            at += length + padding;
        }
        return new Table(entries, at == size);
    }

    /** {@return whether the data are a PKCS #7 signature that EDK2 looks at} */
    public boolean isPkcs7() {
        return certificateType == PKCS_SIGNED_DATA
                || certType.filter(PKCS7::equals).isPresent();
    }
}
