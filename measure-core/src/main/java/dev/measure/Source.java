package dev.measure;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Named, immutable bytes that remember where they lie in their file. Offsets are 64 bits; a file is never held in memory as a
 * whole, it is read by position in bounded pieces, so a UKI may be larger than the heap.
 *
 * <p>A slice shares the bytes of what it is cut from and keeps absolute offsets: an error inside firmware inside a UKI names the
 * offset in the UKI. A file that shrinks while it is read ends in a {@link MalformedInputException}, not in a wrong digest.
 *
 * <p>Safe for use by several threads. Closing a source that was opened from a file closes it for all of its slices.
 */
public final class Source implements AutoCloseable {
    /** How many bytes are read from a file at a time: large enough that hashing, not reading, sets the pace. */
    private static final int CHUNK = 256 * 1024;

    /** The most that is ever copied into one array, as much as the largest flash holds; what needs more than this is streamed. */
    public static final int MAX_ARRAY = 1 << 26;

    private final String name;
    private final byte[] bytes; // null for a file
    private final OpenFile file; // null for bytes in memory
    private final long start;
    private final long length;
    private final long stored; // how many of the bytes lie in the file, from the start; the others are zeros
    private final List<Source> parts; // of a concatenation, in order; empty otherwise

    private Source(String name, byte[] bytes, OpenFile file, long start, long length) {
        this(name, bytes, file, start, length, length);
    }

    private Source(String name, byte[] bytes, OpenFile file, long start, long length, long stored) {
        this.name = Objects.requireNonNull(name, "name");
        this.bytes = bytes;
        this.file = file;
        this.start = start;
        this.length = length;
        this.stored = stored;
        this.parts = List.of();
    }

    private Source(List<Source> parts) {
        this.name = String.join("+", parts.stream().map(Source::name).distinct().toList());
        this.bytes = null;
        this.file = null;
        this.start = 0;
        this.length = parts.stream().mapToLong(Source::length).reduce(0, Math::addExact);
        this.stored = length;
        this.parts = parts;
    }

    /**
     * {@return a source over bytes in memory}
     *
     * @param name how errors call it
     * @param bytes the bytes; copied
     */
    public static Source of(String name, byte[] bytes) {
        return new Source(name, bytes.clone(), null, 0, bytes.length);
    }

    /**
     * {@return a source over all that a stream holds}
     *
     * @param name how errors call it
     * @param stream read to its end, not closed
     * @throws IOException if the stream cannot be read
     * @throws MalformedInputException if it holds more than {@link #MAX_ARRAY} bytes
     */
    public static Source read(String name, InputStream stream) throws IOException {
        byte[] all = stream.readNBytes(MAX_ARRAY + 1);
        if (all.length > MAX_ARRAY) {
            throw new MalformedInputException(
                    name,
                    MAX_ARRAY,
                    "at most " + MAX_ARRAY + " bytes from a stream",
                    "more",
                    "give the name of a file instead: files are not held in memory");
        }
        return new Source(name, all, null, 0, all.length);
    }

    /**
     * {@return a source over a file, named by its path as given}
     *
     * @param path the file
     * @throws IOException if it cannot be opened
     */
    public static Source open(Path path) throws IOException {
        return open(path.toString(), path);
    }

    /**
     * {@return a source over a file}
     *
     * @param name how errors call it
     * @param path the file
     * @throws IOException if it cannot be opened
     */
    public static Source open(String name, Path path) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            return new Source(name, null, new OpenFile(channel), 0, channel.size());
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * {@return two sources as one: the halves of a split firmware image}
     *
     * <p>A slice that lies in one of them is a slice of that one, with its name and its offsets in its own file. A slice across
     * the seam is named after both, and its offsets count from the start of the first.
     *
     * @param first the bytes at the start
     * @param second the bytes behind them
     */
    public static Source concat(Source first, Source second) {
        return new Source(List.of(first, second));
    }

    /**
     * {@return a part of this source, which keeps its place in the file}
     *
     * @param offset from the start of this source, 0 to {@link #length()}
     * @param length at most what remains
     * @throws IllegalArgumentException if the part is not inside this source
     */
    public Source slice(long offset, long length) {
        if (offset < 0 || length < 0 || offset > this.length || length > this.length - offset) {
            throw new IllegalArgumentException(
                    "slice " + offset + "+" + length + " is not inside " + this.length + " bytes of " + name);
        }
        if (!parts.isEmpty()) {
            return sliceOfParts(offset, length);
        }
        long storedThere = Math.max(0, Math.min(length, stored - offset));
        return new Source(name, bytes, file, start + offset, length, storedThere);
    }

    private Source sliceOfParts(long offset, long length) {
        List<Source> pieces = new ArrayList<>();
        long from = 0;
        for (Source part : parts) {
            long begin = Math.max(offset, from);
            long end = Math.min(offset + length, from + part.length);
            if (begin < end || (length == 0 && offset >= from && offset <= from + part.length)) {
                pieces.add(part.slice(begin - from, Math.max(0, end - begin)));
            }
            from += part.length;
        }
        return length == 0 || pieces.size() == 1 ? pieces.get(0) : new Source(pieces);
    }

    /**
     * {@return this source with zeros behind it, which take no memory: what a loader maps when a section is longer than its data}
     *
     * @param zeros how many, not negative
     * @throws IllegalArgumentException if there are zeros already, or if the count is negative
     */
    public Source withZeroTail(long zeros) {
        if (zeros < 0 || stored != length || !parts.isEmpty()) {
            throw new IllegalArgumentException("a zero tail of " + zeros + " bytes behind " + this);
        }
        return new Source(name, bytes, file, start, length + zeros, length);
    }

    /** {@return how many of the bytes, from the first, lie in the file; those behind them are a zero tail} */
    public long stored() {
        return stored;
    }

    /** {@return how errors call the file} */
    public String name() {
        return name;
    }

    /** {@return the absolute offset of the first byte in the file} */
    public long start() {
        return start;
    }

    /** {@return the number of bytes} */
    public long length() {
        return length;
    }

    /**
     * {@return a copy of all bytes}
     *
     * @throws MalformedInputException if there are more than {@link #MAX_ARRAY}, or if the file has become shorter
     */
    public byte[] toByteArray() {
        if (length > MAX_ARRAY) {
            throw new MalformedInputException(
                    name,
                    start,
                    "at most " + MAX_ARRAY + " bytes",
                    length + " bytes",
                    "this part is too large to hold");
        }
        byte[] copy = new byte[(int) length];
        read(0, copy, 0, copy.length);
        return copy;
    }

    /**
     * Copies bytes into an array.
     *
     * @param offset from the start of this source
     * @param into the array
     * @param at the first index to fill
     * @param count how many bytes
     * @throws IllegalArgumentException if they are not inside this source
     * @throws MalformedInputException if the file has become shorter
     */
    public void read(long offset, byte[] into, int at, int count) {
        if (offset < 0 || count < 0 || offset > length || count > length - offset) {
            throw new IllegalArgumentException(
                    "read " + offset + "+" + count + " is not inside " + length + " bytes of " + name);
        }
        if (!parts.isEmpty()) {
            readParts(offset, into, at, count);
            return;
        }
        int fromFile = (int) Math.max(0, Math.min(count, stored - offset));
        Arrays.fill(into, at + fromFile, at + count, (byte) 0);
        if (fromFile == 0) {
            return;
        }
        if (bytes != null) {
            System.arraycopy(bytes, (int) (start + offset), into, at, fromFile);
            return;
        }
        readFile(start + offset, into, at, fromFile);
    }

    /** Reads from the file, whatever part of it this source is. */
    void readFile(long from, byte[] into, int at, int count) {
        ByteBuffer buffer = ByteBuffer.wrap(into, at, count);
        long position = from;
        try {
            while (buffer.hasRemaining()) {
                int got = file.channel().read(buffer, position);
                if (got < 0) {
                    throw new MalformedInputException(
                            name,
                            position,
                            buffer.remaining() + " more bytes",
                            "the end of the file",
                            "the file has become shorter while it was read; try again when nothing writes to it");
                }
                position += got;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": " + e.getMessage(), e);
        }
    }

    private void readParts(long offset, byte[] into, int at, int count) {
        long from = 0;
        for (Source part : parts) {
            long begin = Math.max(offset, from);
            long end = Math.min(offset + count, from + part.length);
            if (begin < end) {
                part.read(begin - from, into, (int) (at + (begin - offset)), (int) (end - begin));
            }
            from += part.length;
        }
    }

    /** Takes bytes in order, piece by piece. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Takes a piece; the array may be reused for the next one and must not be changed.
         *
         * @param array holds the piece
         * @param offset its first index
         * @param count its length
         */
        void accept(byte[] array, int offset, int count);
    }

    /**
     * Hands all bytes to a sink, in order, each once.
     *
     * @param sink takes them
     */
    public void stream(Sink sink) {
        long done = 0;
        if (bytes != null && stored > 0) {
            sink.accept(bytes, (int) start, (int) stored);
            done = stored;
        }
        if (done == length) {
            return;
        }
        byte[] chunk = new byte[(int) Math.min(CHUNK, length - done)];
        while (done < length) {
            int count = (int) Math.min(chunk.length, length - done);
            read(done, chunk, 0, count);
            sink.accept(chunk, 0, count);
            done += count;
        }
    }

    /**
     * Hands some bytes to a sink, all at once: where they lie in memory, or through an array of the caller's.
     *
     * @param offset from the start of this source
     * @param count how many bytes
     * @param buffer takes at least as many
     * @param sink takes them
     * @throws IllegalArgumentException if they are not inside this source
     * @throws MalformedInputException if the file has become shorter
     */
    public void piece(long offset, int count, byte[] buffer, Sink sink) {
        if (bytes != null && offset >= 0 && count >= 0 && offset <= stored && count <= stored - offset) {
            sink.accept(bytes, (int) (start + offset), count);
            return;
        }
        read(offset, buffer, 0, count);
        sink.accept(buffer, 0, count);
    }

    /** {@return the digest of all bytes} */
    public Digest digest(DigestAlgorithm algorithm) {
        return digests(List.of(algorithm)).get(algorithm);
    }

    /**
     * {@return the digests of all bytes in several algorithms, from one pass}
     *
     * @param algorithms which
     */
    public Map<DigestAlgorithm, Digest> digests(Collection<DigestAlgorithm> algorithms) {
        return DigestPass.of(List.of(List.of(this)), algorithms).get(0);
    }

    /** Adds the runs of bytes that this source is made of. */
    void pieces(List<PrefixTree.Piece> into) {
        parts.forEach(part -> part.pieces(into));
        if (parts.isEmpty() && stored > 0) {
            into.add(new PrefixTree.Piece(this, bytes, file, start, stored));
        }
        if (parts.isEmpty() && length > stored) {
            into.add(new PrefixTree.Piece(this, null, null, 0, length - stored));
        }
    }

    /** Closes the file, for this source and all of its slices; nothing to do for bytes in memory. */
    @Override
    public void close() throws IOException {
        if (file != null) {
            file.channel().close();
        }
        for (Source part : parts) {
            part.close();
        }
    }

    /** Two sources are equal if they are the same range of the same bytes in memory or of the same open file. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Source source
                && bytes == source.bytes
                && file == source.file
                && start == source.start
                && length == source.length
                && stored == source.stored;
    }

    @Override
    public int hashCode() {
        return Objects.hash(System.identityHashCode(bytes), System.identityHashCode(file), start, length);
    }

    /** {@return name, place and length} */
    @Override
    public String toString() {
        return name + "@0x" + Long.toHexString(start) + "+" + length;
    }
}
