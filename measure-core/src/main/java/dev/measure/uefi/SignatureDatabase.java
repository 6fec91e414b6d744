package dev.measure.uefi;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.List;

/**
 * The value of PK, KEK, db, dbx and of shim's lists, which is also the content of an {@code .esl} file: EFI_SIGNATURE_LISTs one
 * after the other, without a gap (UEFI 2.10, section 32.4.1). No bytes at all are a database without entries.
 *
 * @param source the bytes
 * @param lists the lists, in order
 */
public record SignatureDatabase(Source source, List<SignatureList> lists) {
    /** No variable is larger: firmware keeps all of them in a store of at most a few hundred KiB. */
    private static final int MAX_DATABASE = 16 << 20;

    private static final int GUID = 16;

    /** Copies the list. */
    public SignatureDatabase {
        lists = List.copyOf(lists);
    }

    /** {@return whether bytes begin like a list: with the GUID of a type that has a name} */
    public static boolean looksLike(Source source) {
        return source.length() >= GUID
                && SignatureType.of(Cursor.of(source.slice(0, GUID)).guid("SignatureType"))
                        .name()
                        .isPresent();
    }

    /**
     * {@return the database}
     *
     * @param source all of its bytes
     */
    public static SignatureDatabase read(Source source) {
        if (source.length() > MAX_DATABASE) {
            throw new MalformedInputException(
                    source.name(),
                    source.start(),
                    "a signature database of at most " + MAX_DATABASE + " bytes",
                    source.length() + " bytes",
                    "is this an .esl file?");
        }
        Cursor c = Cursor.of(source);
        List<SignatureList> lists = new ArrayList<>();
        while (c.remaining() > 0) {
            lists.add(SignatureList.read(c));
        }
        return new SignatureDatabase(source, lists);
    }

    /** {@return the entries of all lists, in order} */
    public List<SignatureData> signatures() {
        return lists.stream().flatMap(list -> list.signatures().stream()).toList();
    }
}
