package dev.measure.uki;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * UTF-8 text of which two different byte strings never give one text: a byte that is not UTF-8 becomes the lone surrogate
 * U+DC00 + byte. The stub compares bytes; ids read with replacement characters could match where the stub's do not.
 */
final class Utf8Text {
    private Utf8Text() {}

    static String of(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            if (!result.isError()) {
                return out.flip().toString();
            }
            out.put((char) (0xdc00 + (in.get() & 0xff)));
            decoder.reset();
        }
    }
}
