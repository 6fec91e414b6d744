package dev.measure.corim;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** A file of the CoRIM family: a manifest, unsigned or signed, or a single tag out of one. */
public sealed interface CorimFile {
    /** A manifest is a few kilobytes, one with every certificate of a vendor a few hundred. */
    int MAX_FILE = 4 << 20;

    /**
     * An unsigned manifest.
     *
     * @param corim the manifest
     */
    record Unsigned(Corim corim) implements CorimFile {}

    /**
     * A signed manifest.
     *
     * @param signed the manifest
     */
    record Signed(SignedCorim signed) implements CorimFile {}

    /**
     * A CoMID alone.
     *
     * @param comid the tag
     */
    record ComidAlone(Comid comid) implements CorimFile {}

    /**
     * Something else of the family that is not looked into.
     *
     * @param name what it is
     */
    record Opaque(String name) implements CorimFile {}

    /**
     * {@return the file}
     *
     * @param source its bytes
     * @throws MalformedInputException if it is none of the family, or a broken one
     */
    static CorimFile read(Source source) {
        if (source.length() > MAX_FILE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "a CoRIM of at most " + MAX_FILE + " bytes",
                    source.length() + " bytes",
                    "");
        }
        CborItem item = CborReader.read(source, "CoRIM");
        // Wrappers of an older draft (tag 500 around 501 or 502, tag 502 around 18) say nothing of their own.
        while (item.isTag(500) || item.isTag(502)) {
            item = item.tagContent();
        }
        if (item.isTag(SignedCorim.TAG)) {
            return new Signed(SignedCorim.ofItem(item));
        }
        if (item.isTag(Corim.TAG)) {
            return new Unsigned(Corim.ofItem(item));
        }
        if (item.kind() == CborItem.Kind.TAG) {
            return tag(item);
        }
        if (isUntaggedSign1(source)) {
            throw item.malformed(
                    "tag 18 in front of COSE_Sign1 (byte d2), as a signed CoRIM has it", "COSE_Sign1 without it");
        }
        return map(item.map("CoRIM (tag 501, or tag 18 if it is signed)"));
    }

    /** COSE_Sign1 of a manifest, but without its tag: an array of four, whose first element is the header with this content type. */
    private static boolean isUntaggedSign1(Source source) {
        byte[] start = source.slice(0, Math.min(64, source.length())).toByteArray();
        return start.length > 2
                && (start[0] & 0xff) == 0x84
                && (start[1] & 0xe0) == 0x40
                && new String(start, StandardCharsets.ISO_8859_1).contains(SignedCorim.CONTENT_TYPE);
    }

    private static CorimFile tag(CborItem item) {
        if (item.isTag(571)) {
            item.tagContent().map("evidence").need(0, "evidence triples").map("evidence triples");
            return new Opaque("concise evidence");
        }
        if (item.tagNumber() < CorimTag.COSWID || item.tagNumber() > CorimTag.COTL) {
            throw item.malformed("CoRIM (tag 501, or tag 18 if it is signed)");
        }
        CorimTag tag = CorimTag.read(item);
        return tag.comid().<CorimFile>map(ComidAlone::new).orElse(new Opaque(tag.name()));
    }

    /** Without a tag, the keys say what it is. */
    private static CorimFile map(CborItem map) {
        Optional<CborItem> one = map.get(1);
        if (map.get(4).isPresent() && one.isPresent() && one.get().kind() == CborItem.Kind.MAP) {
            return new ComidAlone(Comid.read(map));
        }
        if (map.get(0).isPresent() && one.isPresent() && one.get().kind() == CborItem.Kind.TEXT) {
            return new Opaque("CoSWID");
        }
        if (map.get(2).isPresent() && map.get(6).isPresent()) {
            return new Opaque("CoTS");
        }
        return new Unsigned(Corim.ofItem(map));
    }

    /**
     * {@return whether a file begins as one with a tag does; those without one are known only by reading them}
     *
     * @param source its bytes
     */
    static boolean looksLike(Source source) {
        if (source.length() < 3) {
            return false;
        }
        byte[] start = source.slice(0, 3).toByteArray();
        int tag = (start[1] & 0xff) << 8 | start[2] & 0xff;
        boolean tagged = (start[0] & 0xff) == 0xd9 && (tag >= 500 && tag <= 508 || tag == 571);
        boolean sign1 = (start[0] & 0xff) == 0xd2 && (start[1] & 0xff) == 0x84;
        return tagged || sign1 || isUntaggedSign1(source);
    }
}
