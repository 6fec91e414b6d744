package dev.measure.eventlog;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.Warning;
import dev.measure.WarningCode;
import dev.measure.parse.Cursor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * TCG_EfiSpecIDEvent, the header of a crypto-agile log (TCG PC Client Platform Firmware Profile 1.06, section 10.4.5.1).
 *
 * @param platformClass 0 client, 1 server
 * @param specVersionMinor the minor version
 * @param specVersionMajor the major version, 2
 * @param specErrata the revision, such as 105 or 106
 * @param uintnSize 1 for 32 bits, 2 for 64
 * @param banks the banks, in the order of the header
 * @param vendorInfo what the vendor adds
 */
public record SpecId(
        long platformClass,
        int specVersionMinor,
        int specVersionMajor,
        int specErrata,
        int uintnSize,
        List<Bank> banks,
        Source vendorInfo) {
    static final byte[] SIGNATURE = "Spec ID Event03\0".getBytes(StandardCharsets.US_ASCII);

    /** Of the header without banks and vendor's part. */
    private static final int FIXED = 28;

    /** The library of a TPM has at most this many banks (TPM2_NUM_PCR_BANKS in the TSS). */
    private static final int MAX_BANKS = 16;

    /** Copies the list. */
    public SpecId {
        banks = List.copyOf(banks);
        Objects.requireNonNull(vendorInfo, "vendorInfo");
    }

    /**
     * Reads the structure.
     *
     * @param data the event data, which begins with the signature
     * @param warnings takes what lenient reading lets pass
     */
    static SpecId read(Source data, Strictness strictness, List<Warning> warnings) {
        Cursor c = Cursor.of(data);
        c.skip(SIGNATURE.length, "signature");
        long platformClass = c.u32("platformClass");
        int minor = c.u8("specVersionMinor");
        int major = c.u8("specVersionMajor");
        int errata = c.u8("specErrata");
        int uintnSize = c.u8("uintnSize");
        long count = c.u32("numberOfAlgorithms");
        if (count > MAX_BANKS || count == 0 && strictness == Strictness.STRICT) {
            throw c.malformed(24, "numberOfAlgorithms of 1.." + MAX_BANKS, String.valueOf(count), "");
        }
        if (count == 0) {
            warnings.add(new Warning(WarningCode.EVENTLOG_NO_BANK, "no bank in the header: nothing to replay"));
        }
        List<Bank> banks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            bank(c, banks, strictness, warnings);
        }
        int vendorInfoSize = c.u8("vendorInfoSize");
        Source vendorInfo = c.slice(vendorInfoSize, "vendorInfo");
        if (c.remaining() > 0) {
            MalformedInputException surplus =
                    c.malformed("the end of the Spec ID event", c.remaining() + " more bytes", "");
            if (strictness == Strictness.STRICT) {
                throw surplus;
            }
            warnings.add(new Warning(WarningCode.EVENTLOG_HEADER_MALFORMED, surplus.getMessage()));
        }
        return new SpecId(platformClass, minor, major, errata, uintnSize, banks, vendorInfo);
    }

    private static void bank(Cursor c, List<Bank> banks, Strictness strictness, List<Warning> warnings) {
        int start = c.position();
        Bank bank = new Bank(c.u16("algorithmId"), c.u16("digestSize"));
        int size = Bank.sizeOf(bank.algorithmId());
        boolean again = banks.stream().anyMatch(other -> other.algorithmId() == bank.algorithmId());
        if (size >= 0 && size != bank.digestSize()) {
            if (strictness == Strictness.STRICT) {
                throw c.malformed(
                        start + 2,
                        "digestSize = " + size + " for " + bank.text(),
                        String.valueOf(bank.digestSize()),
                        "");
            }
            warnings.add(new Warning(
                    WarningCode.EVENTLOG_BANK_LEFT_OUT,
                    "bank " + bank.text() + " left out: declared digest size " + bank.digestSize()));
        } else if (bank.algorithm().isEmpty()) {
            warnings.add(new Warning(
                    WarningCode.EVENTLOG_UNKNOWN_BANK,
                    "bank " + bank.text() + " (" + bank.digestSize() + " bytes) cannot be replayed"));
        }
        if (again) {
            if (strictness == Strictness.STRICT) {
                throw c.malformed(start, "each bank once", bank.text() + " again", "");
            }
            warnings.add(new Warning(
                    WarningCode.EVENTLOG_HEADER_MALFORMED, "the header declares bank " + bank.text() + " twice"));
            return;
        }
        banks.add(bank);
    }

    /** {@return the bytes of the structure} */
    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer head = ByteBuffer.allocate(FIXED).order(ByteOrder.LITTLE_ENDIAN);
        head.put(SIGNATURE)
                .putInt((int) platformClass)
                .put((byte) specVersionMinor)
                .put((byte) specVersionMajor)
                .put((byte) specErrata)
                .put((byte) uintnSize)
                .putInt(banks.size());
        out.writeBytes(head.array());
        for (Bank bank : banks) {
            out.writeBytes(ByteBuffer.allocate(4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putShort((short) bank.algorithmId())
                    .putShort((short) bank.digestSize())
                    .array());
        }
        out.write((int) vendorInfo.length());
        out.writeBytes(vendorInfo.toByteArray());
        return out.toByteArray();
    }
}
