package dev.measure;

import java.util.List;
import java.util.Optional;

/** The outcome for one field of evidence, such as a report, a quote or an ID block. A mismatch is a result, never an exception. */
public sealed interface FieldVerdict {

    /** {@return the field, in the specification's spelling} */
    String field();

    /**
     * The field is as expected.
     *
     * @param field the field
     * @param value its value, for people
     */
    record Matches(String field, String value) implements FieldVerdict {}

    /**
     * The field has another value.
     *
     * @param field the field
     * @param expected the value expected
     * @param found the value found
     */
    record Differs(String field, String expected, String found) implements FieldVerdict {}

    /**
     * A key, a signature or a certificate is not what it must be, so nothing that it covers can be relied on.
     *
     * @param field the signature, key or certificate
     * @param expected what it must be
     * @param found what it is
     */
    record Untrusted(String field, String expected, String found) implements FieldVerdict {}

    /**
     * The field was not compared.
     *
     * @param field the field
     * @param why what is missing for it
     */
    record NotChecked(String field, String why) implements FieldVerdict {}

    /**
     * {@return whether a field is as expected}
     *
     * @param field the field, in the specification's spelling
     * @param expected the value expected, if any is
     * @param found the value found
     */
    static FieldVerdict of(String field, Optional<String> expected, String found) {
        if (expected.isEmpty()) {
            return new NotChecked(field, "no value to compare " + found + " with");
        }
        return expected.get().equals(found) ? new Matches(field, found) : new Differs(field, expected.get(), found);
    }

    /** {@return whether no verdict speaks against the evidence; what was not checked does not} */
    static boolean allGood(List<FieldVerdict> verdicts) {
        return verdicts.stream().allMatch(verdict -> verdict instanceof Matches || verdict instanceof NotChecked);
    }

    /** {@return whether a key, signature or certificate is at fault} */
    static boolean anyUntrusted(List<FieldVerdict> verdicts) {
        return verdicts.stream().anyMatch(verdict -> verdict instanceof Untrusted);
    }

    /** {@return one line for people: {@code POLICY: expected 0x30000, found 0xb0000}} */
    default String text() {
        if (this instanceof Matches matches) {
            return field() + ": " + matches.value();
        }
        if (this instanceof Differs differs) {
            return field() + ": expected " + differs.expected() + ", found " + differs.found();
        }
        if (this instanceof Untrusted untrusted) {
            return field() + ": expected " + untrusted.expected() + ", found " + untrusted.found();
        }
        return field() + ": not checked, " + ((NotChecked) this).why();
    }
}
