package dev.measure;

/**
 * Input that breaks its format: the one parse failure of this library. Its message names the source, the absolute offset, what
 * was expected there and what was found; the hint, what to do about it, is separate.
 */
public final class MalformedInputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String source;
    private final long offset;
    private final String expected;
    private final String found;
    private final String hint;

    /**
     * Makes the exception.
     *
     * @param source the name of the file or input
     * @param offset the absolute offset in it, in bytes
     * @param expected what the format demands there
     * @param found what is there
     * @param hint what to do; empty if there is nothing to say
     */
    public MalformedInputException(String source, long offset, String expected, String found, String hint) {
        super(source + ": offset 0x" + Long.toHexString(offset) + ": expected " + expected + ", found " + found);
        this.source = source;
        this.offset = offset;
        this.expected = expected;
        this.found = found;
        this.hint = hint;
    }

    /** {@return the name of the file or input} */
    public String source() {
        return source;
    }

    /** {@return the absolute offset in bytes} */
    public long offset() {
        return offset;
    }

    /** {@return what the format demands at the offset} */
    public String expected() {
        return expected;
    }

    /** {@return what is there instead} */
    public String found() {
        return found;
    }

    /** {@return what to do, or an empty text} */
    public String hint() {
        return hint;
    }
}
