package dev.measure.corim;

import java.util.Optional;

/**
 * One tag of a manifest.
 *
 * @param number its CBOR tag: 506 for CoMID, 505 for CoSWID, 508 for CoTL, 507 for CoTS of older drafts
 * @param length how many bytes it has
 * @param comid the CoMID, if it is one; the others are opaque here
 */
public record CorimTag(long number, int length, Optional<Comid> comid) {
    static final long COSWID = 505;
    static final long COMID = 506;
    static final long COTS = 507;
    static final long COTL = 508;

    static CorimTag read(CborItem item) {
        // Older drafts put tag and content into a byte string; now a tag holds a byte string.
        CborItem tag = item.kind() == CborItem.Kind.BYTES ? item.embedded("tag") : item;
        if (tag.kind() != CborItem.Kind.TAG) {
            throw tag.malformed("a tag: 505 (CoSWID), 506 (CoMID) or 508 (CoTL)");
        }
        CborItem content = tag.tagContent();
        boolean comid = tag.tagNumber() == COMID;
        CborItem inner = content.kind() == CborItem.Kind.BYTES && comid ? content.embedded("CoMID") : content;
        int length = content.kind() == CborItem.Kind.BYTES ? content.bytes("tag").length : content.encode().length;
        return new CorimTag(tag.tagNumber(), length, comid ? Optional.of(Comid.read(inner)) : Optional.empty());
    }

    /** {@return what it is called} */
    public String name() {
        if (number == COMID) {
            return "CoMID";
        }
        if (number == COSWID) {
            return "CoSWID";
        }
        if (number == COTS) {
            return "CoTS";
        }
        return number == COTL ? "CoTL" : "tag " + Long.toUnsignedString(number);
    }
}
