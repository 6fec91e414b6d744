package dev.measure.uefi;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.UUID;

/**
 * EFI_VARIABLE_AUTHENTICATION_2 and the value behind it: the content of an {@code .auth} file and of Microsoft's DBX updates.
 *
 * <p>UEFI 2.10, section 8.2.2: EFI_TIME, then a WIN_CERTIFICATE_UEFI_GUID that holds a PKCS#7 SignedData (in older files
 * without its ContentInfo).
 *
 * @param timeStamp when it was signed; a writer of variables refuses what is not newer
 * @param pkcs7 CertData
 * @param payload the new value of the variable
 */
public record AuthenticatedVariable(LocalDateTime timeStamp, Source pkcs7, Source payload) {
    private static final UUID EFI_CERT_TYPE_PKCS7 = UUID.fromString("4aafd29d-68df-49ee-8aa9-347d375665a7");
    private static final int REVISION = 0x0200;
    private static final int WIN_CERT_TYPE_EFI_GUID = 0x0ef1;
    /** dwLength counts itself, revision, type and GUID. */
    private static final int CERTIFICATE_HEADER = 24;

    /** {@return whether a file starts like this structure, where a signature list has its GUID and lengths} */
    public static boolean is(Source source) {
        if (source.length() < 16 + CERTIFICATE_HEADER) {
            return false;
        }
        Cursor c = Cursor.of(source.slice(0, 16 + CERTIFICATE_HEADER));
        c.skip(20, "TimeStamp and dwLength");
        return c.u16("wRevision") == REVISION && c.u16("wCertificateType") == WIN_CERT_TYPE_EFI_GUID;
    }

    /**
     * {@return the structure in a file}
     *
     * @param source all of its bytes
     */
    public static AuthenticatedVariable read(Source source) {
        Cursor c = Cursor.of(source);
        LocalDateTime time = efiTime(c);
        int start = c.position();
        long length = c.u32("dwLength");
        if (length < CERTIFICATE_HEADER || length - 4 > c.remaining()) {
            throw c.malformed(
                    start,
                    "dwLength of " + CERTIFICATE_HEADER + ".." + (c.remaining() + 4L),
                    String.valueOf(length),
                    "is this an .auth file? an .esl file has no header");
        }
        int revision = c.u16("wRevision");
        if (revision != REVISION) {
            throw c.malformed(start + 4, "wRevision = 0x0200", String.format("0x%04x", revision), "");
        }
        int type = c.u16("wCertificateType");
        if (type != WIN_CERT_TYPE_EFI_GUID) {
            throw c.malformed(start + 6, "wCertificateType = 0x0ef1 (EFI_GUID)", String.format("0x%04x", type), "");
        }
        UUID certType = c.guid("CertType");
        if (!certType.equals(EFI_CERT_TYPE_PKCS7)) {
            throw c.malformed(start + 8, "CertType = " + EFI_CERT_TYPE_PKCS7, certType.toString(), "");
        }
        Source pkcs7 = c.slice(length - CERTIFICATE_HEADER, "CertData");
        return new AuthenticatedVariable(time, pkcs7, c.slice(c.remaining(), "value"));
    }

    /** EFI_TIME, 16 bytes (UEFI 2.10, section 8.3.1). Nanosecond, zone and daylight are zero in a time stamp. */
    private static LocalDateTime efiTime(Cursor c) {
        int start = c.position();
        int year = c.u16("Year");
        int month = c.u8("Month");
        int day = c.u8("Day");
        int hour = c.u8("Hour");
        int minute = c.u8("Minute");
        int second = c.u8("Second");
        c.skip(1, "Pad1");
        c.skip(4, "Nanosecond");
        c.skip(2, "TimeZone");
        c.skip(1, "Daylight");
        c.skip(1, "Pad2");
        try {
            return LocalDateTime.of(year, month, day, hour, minute, second);
        } catch (DateTimeException e) {
            throw c.malformed(
                    start,
                    "TimeStamp",
                    String.format("%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, hour, minute, second),
                    "is this an .auth file?");
        }
    }
}
