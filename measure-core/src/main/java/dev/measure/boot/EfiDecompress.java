package dev.measure.boot;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;

/**
 * The EFI compression algorithm, by which images in option ROMs may be compressed: LZ77 with Huffman codes, block by block.
 *
 * <p>UEFI 2.10, chapter 19; edk2 MdePkg/Library/BaseUefiDecompressLib, whose position sets have 4-bit lengths (the variant that is
 * called Tiano has 5 bits and is not in option ROMs). Bits are read from the highest of each byte down. A code that is not complete, a
 * reference in front of the first byte, and data that end too early are refused.
 */
final class EfiDecompress {
    /** A PCI expansion ROM is at most 16 MiB, and what is in it is an image of that order. */
    private static final int MAX_SIZE = 64 << 20;

    private static final int CHARS = 256;
    private static final int THRESHOLD = 3; // the shortest string that is referred to
    private static final int CHAR_AND_LENGTH_SET = 510;
    private static final int EXTRA_SET = 19;
    private static final int POSITION_SET = 14;
    private static final int CHAR_AND_LENGTH_BITS = 9;
    private static final int EXTRA_BITS = 5;
    private static final int POSITION_BITS = 4;
    private static final int LONGEST_CODE = 16;

    private final Source source;
    private final byte[] in;
    private final int start;
    private int bit; // of all compressed bits, the next to read

    private EfiDecompress(Source source, int start, int compressedSize) {
        this.source = source;
        this.start = start;
        this.in = source.slice(start, compressedSize).toByteArray();
    }

    /**
     * {@return what was compressed}
     *
     * @param source the header of 8 bytes and the data; what lies behind them is padding
     */
    static byte[] of(Source source) {
        Cursor c = Cursor.of(source);
        long compressedSize = c.u32("compressed size");
        long originalSize = c.u32("original size");
        if (compressedSize > c.remaining()) {
            throw c.malformed(
                    0,
                    "a compressed size of at most " + c.remaining(),
                    Long.toString(compressedSize),
                    "is the ROM complete?");
        }
        if (originalSize > MAX_SIZE) {
            throw c.malformed(4, "an original size of at most " + MAX_SIZE, Long.toString(originalSize), "");
        }
        return new EfiDecompress(source, c.position(), (int) compressedSize).decode((int) originalSize);
    }

    private byte[] decode(int size) {
        byte[] out = new byte[size];
        int at = 0;
        int inBlock = 0;
        Code chars = null;
        Code positions = null;
        while (at < size) {
            if (inBlock == 0) {
                inBlock = bits(16);
                if (inBlock == 0) {
                    throw malformed("a block of at least one symbol", "none");
                }
                Code extra = lengths(EXTRA_SET, EXTRA_BITS, 3);
                chars = charsAndLengths(extra);
                positions = lengths(POSITION_SET, POSITION_BITS, -1);
            }
            inBlock--;
            int symbol = chars.next();
            if (symbol < CHARS) {
                out[at++] = (byte) symbol;
                continue;
            }
            int length = symbol - CHARS + THRESHOLD;
            int position = positions.next();
            if (position > 1) {
                position = (1 << position - 1) + bits(position - 1);
            }
            int from = at - position - 1;
            if (from < 0) {
                throw malformed("a string inside the " + at + " bytes so far", "one " + (position + 1) + " bytes back");
            }
            for (int end = Math.min(size, at + length); at < end; at++, from++) {
                out[at] = out[from];
            }
        }
        return out;
    }

    /** The code lengths of the extra or the position set; behind the third of the extra set stands how many zeros follow. */
    private Code lengths(int symbols, int numberBits, int special) {
        int number = bits(numberBits);
        if (number == 0) {
            return single(bits(numberBits), symbols);
        }
        if (number > symbols) {
            throw malformed("at most " + symbols + " code lengths", Integer.toString(number));
        }
        int[] lengths = new int[symbols];
        int at = 0;
        while (at < number) {
            int length = bits(3);
            while (length >= 7 && bits(1) == 1) {
                length++;
                if (length > LONGEST_CODE) {
                    throw malformed("codes of at most " + LONGEST_CODE + " bits", "a longer one");
                }
            }
            lengths[at++] = length;
            if (at == special) {
                at += bits(2);
            }
        }
        return new Code(lengths);
    }

    private Code charsAndLengths(Code extra) {
        int number = bits(CHAR_AND_LENGTH_BITS);
        if (number == 0) {
            return single(bits(CHAR_AND_LENGTH_BITS), CHAR_AND_LENGTH_SET);
        }
        if (number > CHAR_AND_LENGTH_SET) {
            throw malformed("at most " + CHAR_AND_LENGTH_SET + " code lengths", Integer.toString(number));
        }
        int[] lengths = new int[CHAR_AND_LENGTH_SET];
        int at = 0;
        while (at < number) {
            int symbol = extra.next();
            switch (symbol) {
                case 0 -> at++;
                case 1 -> at += bits(4) + 3;
                case 2 -> at += bits(CHAR_AND_LENGTH_BITS) + 20;
                default -> lengths[at++] = symbol - 2;
            }
        }
        if (at > CHAR_AND_LENGTH_SET) {
            throw malformed("at most " + CHAR_AND_LENGTH_SET + " code lengths", Integer.toString(at));
        }
        return new Code(lengths);
    }

    private Code single(int symbol, int symbols) {
        if (symbol >= symbols) {
            throw malformed("a symbol below " + symbols, Integer.toString(symbol));
        }
        return new Code(symbol);
    }

    /** A Huffman code: shorter codes first, those of a length in the order of the symbols. */
    private final class Code {
        private final int only; // the one symbol, which takes no bits; -1 if there are more
        private final int[] counts = new int[LONGEST_CODE + 1]; // of codes by length
        private final int[] symbols;

        Code(int only) {
            this.only = only;
            this.symbols = new int[0];
        }

        Code(int[] lengths) {
            only = -1;
            symbols = new int[lengths.length];
            long room = 0;
            int next = 0;
            for (int length = 1; length <= LONGEST_CODE; length++) {
                for (int symbol = 0; symbol < lengths.length; symbol++) {
                    if (lengths[symbol] == length) {
                        counts[length]++;
                        symbols[next++] = symbol;
                        room += 1 << LONGEST_CODE - length;
                    }
                }
            }
            if (room != 1 << LONGEST_CODE) {
                throw malformed("a complete code", room == 0 ? "one without symbols" : "lengths that do not fit");
            }
        }

        int next() {
            if (only >= 0) {
                return only;
            }
            int code = 0;
            int first = 0;
            int before = 0;
            for (int length = 1; length <= LONGEST_CODE; length++) {
                code = code << 1 | bits(1);
                first <<= 1;
                if (code - first < counts[length]) {
                    return symbols[before + code - first];
                }
                before += counts[length];
                first += counts[length];
            }
            throw new AssertionError("a complete code has a symbol for all bits");
        }
    }

    private int bits(int count) {
        int value = 0;
        for (int i = 0; i < count; i++, bit++) {
            if (bit >> 3 >= in.length) {
                throw malformed("more compressed data", "the end of " + in.length + " bytes");
            }
            value = value << 1 | in[bit >> 3] >> 7 - (bit & 7) & 1;
        }
        return value;
    }

    private MalformedInputException malformed(String expected, String found) {
        return new MalformedInputException(
                source.name(), source.start() + start + (bit >> 3), expected, found, "the compressed image is damaged");
    }
}
