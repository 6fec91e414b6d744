package dev.measure.tdx;

import java.util.List;

/** The outcome for one field of a report or a quote. A mismatch is a result, never an exception. */
public sealed interface TdVerdict {

    /** {@return the field, in the specification's spelling} */
    String field();

    /**
     * The field is as expected.
     *
     * @param field the field
     * @param value its value, for people
     */
    record Matches(String field, String value) implements TdVerdict {}

    /**
     * The field has another value.
     *
     * @param field the field
     * @param expected the value expected
     * @param found the value found
     */
    record Differs(String field, String expected, String found) implements TdVerdict {}

    /**
     * A hash, key, signature or certificate is not what it must be, so nothing that it covers can be relied on.
     *
     * @param field the hash, signature, key or certificate
     * @param expected what it must be
     * @param found what it is
     */
    record Untrusted(String field, String expected, String found) implements TdVerdict {}

    /**
     * The field was not compared.
     *
     * @param field the field
     * @param why what is missing for it
     */
    record NotChecked(String field, String why) implements TdVerdict {}

    /** {@return whether no verdict speaks against the evidence; what was not checked does not} */
    static boolean allGood(List<TdVerdict> verdicts) {
        return verdicts.stream().allMatch(verdict -> verdict instanceof Matches || verdict instanceof NotChecked);
    }
}
