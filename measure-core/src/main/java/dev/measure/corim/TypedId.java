package dev.measure.corim;

import java.util.HexFormat;

/** Ids that say by their tag what they are: OID (111), UUID (37), bytes (560), UEID (550); text and numbers without one. */
final class TypedId {
    static final long UUID = 37;
    static final long UEID = 550;
    static final long KEY = 554;
    static final long BYTES = 560;

    private TypedId() {}

    /** Checks the content of a tag that is known; others belong to profiles. */
    static void check(CborItem id) {
        if (id.isTag(Oid.TAG)) {
            if (Oid.text(id.tagContent().bytes("OID")).isEmpty()) {
                throw id.tagContent().malformed("an OID in BER");
            }
        } else if (id.isTag(UUID)) {
            CorimId.uuid(id.tagContent(), "UUID");
        } else if (id.isTag(BYTES) || id.isTag(UEID)) {
            id.tagContent().bytes("bytes");
        } else if (id.kind() != CborItem.Kind.TAG) {
            throw id.malformed("an id with a tag, such as 111 (OID), 37 (UUID) or 560 (bytes)");
        }
    }

    /** {@return an id in words} */
    static String text(CborItem id) {
        if (id.isTag(Oid.TAG)) {
            String oid = Oid.text(id.tagContent().bytes("OID"));
            return oid.isEmpty() ? id.toString() : oid;
        }
        if (id.isTag(UUID)) {
            return CorimId.uuid(id.tagContent(), "UUID");
        }
        if (id.isTag(BYTES) && id.tagContent().kind() == CborItem.Kind.BYTES) {
            return HexFormat.of().formatHex(id.tagContent().bytes("bytes"));
        }
        return id.kind() == CborItem.Kind.TEXT ? id.text("id") : id.toString();
    }
}
