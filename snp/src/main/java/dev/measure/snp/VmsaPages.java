package dev.measure.snp;

import dev.measure.hash.Sha384Messages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** VMSA pages, each different one kept and hashed once: many configurations have the same. */
final class VmsaPages {
    /** All that is ever set lies in the first so many bytes; enough to tell most pages apart. */
    private static final int TELLING = 0x420;

    private final Map<Key, Integer> numbers = new LinkedHashMap<>();

    /** A page as a key: equal if all bytes are. */
    private static final class Key {
        private final byte[] page;
        private final int hash;

        private Key(byte[] page) {
            this.page = page;
            this.hash = Arrays.hashCode(Arrays.copyOf(page, TELLING));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(page, key.page);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /**
     * Adds a page.
     *
     * @param page 4096 bytes, which must not change any more
     * @return its number, which it shares with an equal page
     */
    int add(byte[] page) {
        int next = numbers.size();
        Integer known = numbers.putIfAbsent(new Key(page), next);
        return known == null ? next : known;
    }

    /** The SHA-384 of each page, by number. */
    List<byte[]> digests() {
        byte[] pages = new byte[numbers.size() * PageInfo.PAGE];
        byte[] packed = new byte[numbers.size() * PageInfo.DIGEST];
        int[] at = new int[numbers.size()];
        int[] outAt = new int[numbers.size()];
        int number = 0;
        for (Key key : numbers.keySet()) {
            at[number] = number * PageInfo.PAGE;
            outAt[number] = number * PageInfo.DIGEST;
            System.arraycopy(key.page, 0, pages, at[number++], PageInfo.PAGE);
        }
        Sha384Messages.ofLength(PageInfo.PAGE).digest(pages, at, number, packed, outAt);
        List<byte[]> digests = new ArrayList<>();
        for (int out : outAt) {
            digests.add(Arrays.copyOfRange(packed, out, out + PageInfo.DIGEST));
        }
        return digests;
    }
}
