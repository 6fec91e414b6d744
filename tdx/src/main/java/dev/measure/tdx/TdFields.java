package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;

/** Fields that reports and quotes share. */
final class TdFields {
    private TdFields() {}

    /** A 48-byte measurement. */
    static Digest sha384(Cursor c, String field) {
        return Digest.of(DigestAlgorithm.SHA384, c.bytes(DigestAlgorithm.SHA384.length(), field));
    }

    static List<Digest> rtmrs(Cursor c) {
        List<Digest> rtmrs = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            rtmrs.add(sha384(c, "RTMR" + i));
        }
        return List.copyOf(rtmrs);
    }
}
