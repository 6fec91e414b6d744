package dev.measure.hash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Every way of hashing against the Java runtime's message digests, on random input. The build runs these tests three times: without
 * the vector module, with it on the module path, and with it on the class path; {@code measure.test.engine} says which it must be.
 */
class EnginesAgreeTest {
    private static final long SEED = 0x5ca1ab1e0ddba11L;

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void worksWithWhatTheBuildAskedFor() {
        boolean vector = System.getProperty("measure.test.engine", "jdk").equals("vector");
        assertEquals(vector, Engine.current().sideBySide());
        assertEquals(vector, VectorModule.absence().isEmpty());
        if (!vector) {
            assertEquals(
                    "Java was started without --add-modules jdk.incubator.vector",
                    VectorModule.absence().orElseThrow());
        }
    }

    @Test
    void messagesOfEveryCountAndLengthNearTheEdgesOfBlocks() throws Exception {
        byte[] array = bytes(20_000);
        for (int length : new int[] {0, 1, 47, 48, 111, 112, 113, 127, 128, 129, 239, 240, 255, 256, 257, 1000, 4096}) {
            for (int count = 0; count <= 19; count++) {
                int[] at = new int[count];
                int[] outAt = new int[count];
                for (int i = 0; i < count; i++) {
                    at[i] = random.nextInt(array.length - length);
                    outAt[i] = 48 * (count - 1 - i);
                }
                byte[] digests = new byte[48 * count];
                Sha384Messages.ofLength(length).digest(array, at, count, digests, outAt);
                for (int i = 0; i < count; i++) {
                    byte[] expected = digest("SHA-384", Arrays.copyOfRange(array, at[i], at[i] + length));
                    assertArrayEquals(
                            expected,
                            Arrays.copyOfRange(digests, outAt[i], outAt[i] + 48),
                            "seed " + SEED + ": message " + i + " of " + count + ", length " + length);
                }
            }
        }
    }

    @Test
    void oneObjectDigestsGroupsOfAllSizesInTurn() throws Exception {
        byte[] array = bytes(4096 * 20);
        Sha384Messages messages = Sha384Messages.ofLength(4096);
        for (int count : new int[] {8, 3, 8, 1, 20, 5, 2}) {
            int[] at = new int[count];
            int[] outAt = new int[count];
            for (int i = 0; i < count; i++) {
                at[i] = 4096 * i;
                outAt[i] = 48 * i;
            }
            byte[] digests = new byte[48 * count];
            messages.digest(array, at, count, digests, outAt);
            for (int i = 0; i < count; i++) {
                byte[] expected = digest("SHA-384", Arrays.copyOfRange(array, at[i], at[i] + 4096));
                assertArrayEquals(expected, Arrays.copyOfRange(digests, 48 * i, 48 * i + 48), i + " of " + count);
            }
        }
    }

    @Test
    void chainsOfEveryCountAndLengthAndNumberOfSteps() throws Exception {
        for (int length = 48; length <= 127; length++) {
            int[] steps = new int[length % 19];
            for (int chain = 0; chain < steps.length; chain++) {
                steps[chain] = random.nextInt(7);
            }
            byte[] first = bytes(steps.length * length);
            byte[] before = first.clone();
            byte[][] digests = Sha384Chains.advance(first, length, steps);
            assertArrayEquals(before, first);
            assertEquals(steps.length, digests.length);
            for (int chain = 0; chain < steps.length; chain++) {
                byte[] message = Arrays.copyOfRange(first, chain * length, (chain + 1) * length);
                assertEquals(48 * steps[chain], digests[chain].length);
                for (int step = 0; step < steps[chain]; step++) {
                    byte[] expected = digest("SHA-384", message);
                    System.arraycopy(expected, 0, message, 0, 48);
                    assertArrayEquals(
                            expected,
                            Arrays.copyOfRange(digests[chain], 48 * step, 48 * step + 48),
                            "seed " + SEED + ": length " + length + ", chain " + chain + ", step " + step);
                }
            }
        }
    }

    @Test
    void refusesChainsWhoseMessageDoesNotFitIntoABlock() {
        int[] one = {1};
        assertThrows(IllegalArgumentException.class, () -> Sha384Chains.advance(new byte[128], 128, one));
        assertThrows(IllegalArgumentException.class, () -> Sha384Chains.advance(new byte[47], 47, one));
        assertThrows(IllegalArgumentException.class, () -> Sha384Chains.advance(new byte[100], 112, one));
        assertThrows(IllegalArgumentException.class, () -> Sha384Messages.ofLength(-1));
    }

    @Test
    void streamsInPiecesOfAnyLengthWithArraysThatAreUsedAgain() throws Exception {
        Engine engine = Engine.current();
        if (!engine.sideBySide()) {
            assertThrows(IllegalArgumentException.class, () -> Sha512Streams.of(engine));
            return;
        }
        for (int iteration = 0; iteration < 60; iteration++) {
            int count = 1 + random.nextInt(20);
            Sha512Streams streams = Sha512Streams.of(engine);
            List<Sha512Streams.Stream> ours = new ArrayList<>();
            List<MessageDigest> expected = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                boolean sha384 = random.nextBoolean();
                ours.add(sha384 ? streams.sha384() : streams.sha512());
                expected.add(MessageDigest.getInstance(sha384 ? "SHA-384" : "SHA-512"));
            }
            byte[] piece = new byte[3000];
            for (int flush = 0; flush < 5; flush++) {
                random.nextBytes(piece);
                for (int update = 0; update < 30; update++) {
                    int stream = random.nextInt(count);
                    int offset = random.nextInt(piece.length);
                    int length = random.nextInt(random.nextBoolean() ? 300 : piece.length - offset + 1);
                    length = Math.min(length, piece.length - offset);
                    ours.get(stream).update(piece, offset, length);
                    expected.get(stream).update(piece, offset, length);
                }
                streams.flush();
            }
            ours.forEach(Sha512Streams.Stream::end);
            assertThrows(IllegalStateException.class, ours.get(0)::digest);
            streams.flush();
            for (int i = 0; i < count; i++) {
                assertArrayEquals(
                        expected.get(i).digest(),
                        ours.get(i).digest(),
                        "seed " + SEED + ": iteration " + iteration + ", stream " + i + " of " + count);
            }
            assertThrows(IllegalStateException.class, () -> ours.get(0).update(piece, 0, 1));
        }
    }

    @Test
    void streamsInLockstepWithBlocksOfTheirOwnAndTheSameInAll() throws Exception {
        Engine engine = Engine.current();
        if (!engine.sideBySide()) {
            assertThrows(IllegalArgumentException.class, () -> Sha384Lockstep.of(engine, 2));
            return;
        }
        assertThrows(IllegalArgumentException.class, () -> Sha384Lockstep.of(engine, 0));
        assertThrows(IllegalArgumentException.class, () -> Sha384Lockstep.of(engine, Sha384Lockstep.most(engine) + 1));
        byte[] array = bytes(40_000);
        for (int iteration = 0; iteration < 60; iteration++) {
            int count = 1 + random.nextInt(Sha384Lockstep.most(engine));
            Sha384Lockstep ours = Sha384Lockstep.of(engine, count);
            Sha384Lockstep.SameBlocks same = ours.sameBlocks();
            assertThrows(IllegalArgumentException.class, () -> ours.same(same, 0), "nothing was expanded");
            assertThrows(IllegalArgumentException.class, () -> same.expand(array, 0, same.room() + 1));
            List<MessageDigest> expected = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                expected.add(MessageDigest.getInstance("SHA-384"));
            }
            int[] at = new int[count];
            for (int step = random.nextInt(8); step > 0; step--) {
                for (int i = 0; i < count; i++) {
                    at[i] = random.nextInt(array.length - 10 * 128);
                    ours.at(i, array, at[i]);
                }
                int plus = random.nextInt(128);
                int blocks = 1 + random.nextInt(8);
                ours.each(plus, blocks);
                int room = 1 + random.nextInt(same.room());
                int from = random.nextInt(array.length - room * 128);
                same.expand(array, from, room);
                int which = random.nextInt(room);
                ours.same(same, which);
                assertThrows(IllegalArgumentException.class, () -> ours.same(same, room));
                for (int i = 0; i < count; i++) {
                    expected.get(i).update(array, at[i] + plus, blocks * 128);
                    expected.get(i).update(array, from + which * 128, 128);
                }
            }
            byte[][] digests = ours.digests();
            assertEquals(count, digests.length);
            for (int i = 0; i < count; i++) {
                assertArrayEquals(expected.get(i).digest(), digests[i], "seed " + SEED + ": stream " + i);
            }
        }
    }

    @Test
    void plainJavaInPiecesOfAnyLength() throws Exception {
        byte[] array = bytes(2000);
        for (int iteration = 0; iteration < 2000; iteration++) {
            boolean sha384 = random.nextBoolean();
            MessageDigest plain = sha384 ? PlainSha512.sha384() : PlainSha512.sha512();
            MessageDigest expected = MessageDigest.getInstance(sha384 ? "SHA-384" : "SHA-512");
            assertEquals(expected.getAlgorithm(), plain.getAlgorithm());
            assertEquals(expected.getDigestLength(), plain.getDigestLength());
            for (int piece = random.nextInt(4); piece > 0; piece--) {
                int offset = random.nextInt(array.length);
                int length = random.nextInt(array.length - offset);
                plain.update(array, offset, length);
                expected.update(array, offset, length);
                plain.update(array[offset]);
                expected.update(array[offset]);
            }
            MessageDigest copy = (MessageDigest) plain.clone();
            byte[] digest = expected.digest();
            assertArrayEquals(digest, plain.digest(), "seed " + SEED + ": iteration " + iteration);
            assertArrayEquals(expected.digest(), plain.digest(), "empty again");
            copy.update(array);
            copy.reset();
            copy.update(array, 0, iteration % 300);
            expected.update(array, 0, iteration % 300);
            byte[] into = new byte[70];
            assertEquals(digest.length, copy.digest(into, 3, 67));
            assertArrayEquals(expected.digest(), Arrays.copyOfRange(into, 3, 3 + digest.length));
        }
    }

    @Test
    void aKernelThatIsWrongInOneLaneIsFoundOut() {
        LaneKernel wrong = new OneByOne(3);
        LaneKernel right = new OneByOne(OneByOne.NO_LANE);
        Duel.check(Engine.of(right, null, 1, 0.5, 1));
        IllegalStateException found =
                assertThrows(IllegalStateException.class, () -> Duel.check(Engine.of(wrong, null, 1, 0.5, 1)));
        assertTrue(found.getMessage().startsWith("vector kernels and message digests differ: "), found.getMessage());
    }

    @Test
    void aDuelWithoutTheModuleIsWonByTheMessageDigests() {
        assumeTrue(VectorModule.absence().isPresent());
        Duel.Outcome outcome = Duel.fight();
        assertEquals(Engine.JDK, outcome.engine());
        assertTrue(outcome.reason().startsWith("message digests of the Java runtime: "), outcome.reason());
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] digest(String algorithm, byte[] message) throws Exception {
        return MessageDigest.getInstance(algorithm).digest(message);
    }
}
