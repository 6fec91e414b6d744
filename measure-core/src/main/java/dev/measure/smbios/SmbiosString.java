package dev.measure.smbios;

/**
 * Text of an SMBIOS string. The specification asks for UTF-8; firmware writes what it likes. So the bytes are read as the stub
 * reads them: a sequence that is not well-formed is passed over in the length that its first byte announces (systemd
 * {@code src/boot/efi-string.c}, {@code utf8_to_unichar} and {@code xstrn8_to_16}). What the stub cannot hold in 16 bits is
 * kept here; {@link ChidMode#STUB} drops it.
 */
final class SmbiosString {
    private SmbiosString() {}

    static String of(byte[] bytes, int from, int to) {
        StringBuilder text = new StringBuilder(to - from);
        for (int at = from; at < to; ) {
            int lead = bytes[at] & 0xff;
            int length = sequenceLength(lead);
            if (length == 1) {
                if (lead < 0x80) {
                    text.append((char) lead);
                }
            } else if (length <= to - at && continues(bytes, at, length)) {
                int character = lead & (0x7f >> length);
                for (int i = 1; i < length; i++) {
                    character = character << 6 | bytes[at + i] & 0x3f;
                }
                // Surrogates and what lies above Unicode are no characters.
                if (Character.isValidCodePoint(character) && (character < 0xd800 || character > 0xdfff)) {
                    text.appendCodePoint(character);
                }
            }
            at += length;
        }
        return text.toString();
    }

    private static int sequenceLength(int lead) {
        if (lead < 0xc0 || lead > 0xfd) {
            return 1;
        } else if (lead < 0xe0) {
            return 2;
        } else if (lead < 0xf0) {
            return 3;
        } else if (lead < 0xf8) {
            return 4;
        }
        return lead < 0xfc ? 5 : 6;
    }

    private static boolean continues(byte[] bytes, int at, int length) {
        for (int i = 1; i < length; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return false;
            }
        }
        return true;
    }
}
