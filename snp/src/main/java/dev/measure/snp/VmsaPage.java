package dev.measure.snp;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.codec.binary.Hex;

/** A VMSA page, field by field. */
public final class VmsaPage {
    private final byte[] page;

    private VmsaPage(byte[] page) {
        this.page = page;
    }

    /**
     * A field in which two pages differ.
     *
     * @param field the field
     * @param left its value in the one page
     * @param right its value in the other
     */
    public record Difference(VmsaField field, String left, String right) {}

    /**
     * {@return a page of these bytes}
     *
     * @param page 4096 bytes; copied
     * @throws IllegalArgumentException if there are more or fewer
     */
    public static VmsaPage of(byte[] page) {
        if (page.length != PageInfo.PAGE) {
            throw new IllegalArgumentException("a VMSA page has 4096 bytes, got " + page.length);
        }
        return new VmsaPage(page.clone());
    }

    /**
     * {@return the page in a file, such as one that sev-snp-measure's {@code --dump-vmsa} wrote}
     *
     * @param file the file
     * @throws MalformedInputException if it has not 4096 bytes
     */
    public static VmsaPage read(Source file) {
        if (file.length() != PageInfo.PAGE) {
            throw new MalformedInputException(
                    file.name(),
                    file.start() + Math.min(file.length(), PageInfo.PAGE),
                    "a VMSA page of 4096 bytes",
                    file.length() + " bytes",
                    "a dump holds one page for each vCPU, a file for each");
        }
        return new VmsaPage(file.toByteArray());
    }

    /** {@return a copy of the 4096 bytes} */
    public byte[] toByteArray() {
        return page.clone();
    }

    /** {@return the SHA-384 of the page, which stands in PAGE_INFO} */
    public Digest contents() {
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        sha384.update(page);
        return Digest.of(DigestAlgorithm.SHA384, sha384);
    }

    /**
     * {@return the value of a field: a number as {@code 0x} and all of its digits, a run of bytes in their order without {@code 0x}}
     *
     * @param field the field
     */
    public String value(VmsaField field) {
        byte[] bytes = Arrays.copyOfRange(page, field.offset(), field.offset() + field.size());
        if (!field.isNumber()) {
            return Hex.encodeHexString(bytes);
        }
        StringBuilder digits = new StringBuilder("0x");
        for (int i = bytes.length - 1; i >= 0; i--) {
            digits.append(String.format("%02x", bytes[i]));
        }
        return digits.toString();
    }

    /** {@return whether any byte of a field is not zero} */
    public boolean isSet(VmsaField field) {
        for (int i = field.offset(); i < field.offset() + field.size(); i++) {
            if (page[i] != 0) {
                return true;
            }
        }
        return false;
    }

    /** {@return the fields that are not zero, in the order of their offsets} */
    public List<VmsaField> setFields() {
        return VmsaField.all().stream().filter(this::isSet).toList();
    }

    /** {@return the reserved fields that are not zero: KVM never sets them, and QEMU refuses them in an IGVM file} */
    public List<VmsaField> setReservedFields() {
        return setFields().stream().filter(VmsaField::isReserved).toList();
    }

    /**
     * {@return the fields in which another page differs, in the order of their offsets}
     *
     * @param other the other page
     */
    public List<Difference> differences(VmsaPage other) {
        List<Difference> differences = new ArrayList<>();
        for (VmsaField field : VmsaField.all()) {
            String left = value(field);
            String right = other.value(field);
            if (!left.equals(right)) {
                differences.add(new Difference(field, left, right));
            }
        }
        return differences;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VmsaPage vmsa && Arrays.equals(page, vmsa.page);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(page);
    }

    /** {@return the digest of the page} */
    @Override
    public String toString() {
        return "VMSA " + contents();
    }
}
