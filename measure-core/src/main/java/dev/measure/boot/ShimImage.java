package dev.measure.boot;

import dev.measure.Source;
import dev.measure.parse.Cursor;
import dev.measure.pe.PeImage;
import dev.measure.pe.PeSection;
import dev.measure.uefi.SignatureDatabase;
import dev.measure.uki.SbatLevel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A shim as a file: what its build has put into it.
 *
 * @param image the program
 * @param version its version, such as {@code 16.1}; empty if its text says none
 * @param vendorDb the list of what its vendor allows; without entries if it is built with a certificate
 * @param vendorCert the certificate of its vendor; empty if it is built with a list
 * @param vendorDbx the list of what its vendor forbids
 * @param buildCert the certificate that its build made for MokManager and fallback
 * @param automatic the revocations that it applies by itself; empty without a section for them
 * @param latest the revocations that it applies when it is told to
 * @param sbat the content of its own {@code .sbat}; empty if it has none
 */
record ShimImage(
        PeImage image,
        Optional<String> version,
        SignatureDatabase vendorDb,
        Optional<Source> vendorCert,
        SignatureDatabase vendorDbx,
        Optional<Source> buildCert,
        Optional<SbatLevel> automatic,
        Optional<SbatLevel> latest,
        Optional<Source> sbat) {
    /** shims have 0.9 to 1.4 MB. */
    private static final int MAX_LENGTH = 16 << 20;

    private static final int SYMBOL = 18; // bytes of a COFF symbol
    private static final int MAX_NAME = 64;
    private static final int MAX_LEVEL = 4096; // shim's have less than a hundred bytes
    private static final Pattern VERSION =
            Pattern.compile("UEFI SHIM\\n\\$Version: ([0-9]{1,4}(?:\\.[0-9]{1,3})?)[^0-9.]");

    /** {@return whether a program is a shim: it says so in its text, and has a section for its vendor's certificates} */
    static boolean is(PeImage image) {
        return section(image, ".vendor_cert").isPresent() || version(image).isPresent();
    }

    private static Optional<String> version(PeImage image) {
        Source source = image.source();
        if (source.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        Matcher m = VERSION.matcher(new String(source.toByteArray(), StandardCharsets.ISO_8859_1));
        return m.find() ? Optional.of(m.group(1)) : Optional.empty();
    }

    /** Reads what a shim carries. */
    static ShimImage read(PeImage image) {
        SignatureDatabase none = SignatureDatabase.read(Source.of("no list", new byte[0]));
        Optional<Source> table = section(image, ".vendor_cert").map(PeSection::content);
        Source authorized = none.source();
        SignatureDatabase vendorDbx = none;
        if (table.isPresent()) {
            // cert.S, cert_table
            Cursor c = Cursor.of(table.get());
            long authorizedSize = c.u32("vendor_authorized_size");
            long deauthorizedSize = c.u32("vendor_deauthorized_size");
            long authorizedOffset = c.u32("vendor_authorized_offset");
            long deauthorizedOffset = c.u32("vendor_deauthorized_offset");
            authorized = part(c, table.get(), 8, authorizedOffset, authorizedSize, "vendor_authorized");
            vendorDbx = SignatureDatabase.read(
                    part(c, table.get(), 12, deauthorizedOffset, deauthorizedSize, "vendor_deauthorized"));
        }
        boolean list = isList(authorized);
        Optional<Source> sbat = section(image, ".sbat").map(PeSection::content);
        Optional<Source> levels = section(image, ".sbatlevel").map(PeSection::content);
        return new ShimImage(
                image,
                version(image),
                list ? SignatureDatabase.read(authorized) : none,
                list || authorized.length() == 0 ? Optional.empty() : Optional.of(authorized),
                vendorDbx,
                buildCert(image),
                levels.map(source -> level(source, 4)),
                levels.map(source -> level(source, 8)),
                sbat);
    }

    private static Source part(Cursor c, Source table, int at, long offset, long size, String name) {
        if (size == 0) {
            return Source.of(name, new byte[0]);
        }
        if (offset + size > table.length()) {
            throw c.malformed(
                    at,
                    name + " inside the section of " + table.length() + " bytes",
                    size + " bytes at " + offset,
                    "is this a shim?");
        }
        return table.slice(offset, size);
    }

    /** A list begins with the GUID of its type, a certificate with the tag of a SEQUENCE. */
    private static boolean isList(Source authorized) {
        return authorized.length() >= 28 && authorized.slice(0, 1).toByteArray()[0] != 0x30;
    }

    /** sbat_var.S: u32 version, then two u32 offsets from behind it, then texts that end in a NUL. */
    private static SbatLevel level(Source section, int at) {
        Cursor c = Cursor.of(section);
        c.seek(at, "offset of a level");
        long offset = c.u32("offset of a level") + 4;
        if (offset >= section.length()) {
            throw c.malformed(
                    at,
                    "an offset inside the section of " + section.length() + " bytes",
                    String.valueOf(offset - 4),
                    "");
        }
        long length = Math.min(MAX_LEVEL, section.length() - offset);
        byte[] bytes = section.slice(offset, length).toByteArray();
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return SbatLevel.of(new String(bytes, 0, end, StandardCharsets.ISO_8859_1));
    }

    /**
     * A section by its name, which is longer than the eight bytes of a section header: then the header has the place of the name in
     * the string table (Microsoft PE/COFF specification, "Section Table", Name).
     */
    private static Optional<PeSection> section(PeImage image, String name) {
        for (PeSection section : image.sections()) {
            if (section.name().equals(name)) {
                return Optional.of(section);
            }
            if (name.length() > 8
                    && section.name().startsWith("/")
                    && name.equals(longName(image, section.name().substring(1)))) {
                return Optional.of(section);
            }
        }
        return Optional.empty();
    }

    private static String longName(PeImage image, String digits) {
        if (!digits.matches("[0-9]{1,7}")) {
            return "";
        }
        Source file = image.source();
        Cursor c = Cursor.of(file.slice(image.peOffset(), Math.min(24, file.length() - image.peOffset())));
        c.seek(12, "PointerToSymbolTable");
        long table = c.u32("PointerToSymbolTable") + c.u32("NumberOfSymbols") * SYMBOL;
        long at = table + Integer.parseInt(digits);
        if (table == 0 || at >= file.length()) {
            return "";
        }
        byte[] bytes = file.slice(at, Math.min(MAX_NAME, file.length() - at)).toByteArray();
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
    }

    /**
     * shim_cert, the certificate of a build with ENABLE_SHIM_CERT: it lies among the data, where no other certificate of a shim lies.
     * Its subject is a fixed one (make-certs, called by shim's Makefile).
     */
    private static Optional<Source> buildCert(PeImage image) {
        for (PeSection section : image.sections()) {
            Source content = section.content();
            if (!section.name().equals(".data") && !section.name().equals(".rodata") || content.length() > MAX_LENGTH) {
                continue;
            }
            byte[] bytes = content.toByteArray();
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            int subject = text.indexOf("shim@xn--u4h.net");
            if (subject < 0) {
                continue;
            }
            for (int at = subject;
                    at >= Math.max(0, subject - 1024);
                    at--) { // the subject stands within the first bytes
                if (bytes[at] == 0x30
                        && bytes[at + 1] == (byte) 0x82
                        && bytes[at + 4] == 0x30
                        && bytes[at + 5] == (byte) 0x82) {
                    int length = 4 + ((bytes[at + 2] & 0xff) << 8 | bytes[at + 3] & 0xff);
                    if (at + length <= bytes.length && at + length > subject) {
                        return Optional.of(content.slice(at, length));
                    }
                }
            }
        }
        return Optional.empty();
    }
}
