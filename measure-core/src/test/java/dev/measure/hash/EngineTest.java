package dev.measure.hash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Which kernel takes how many messages follows from what each costs. */
class EngineTest {
    private static final LaneKernel ANY = new OneByOne(OneByOne.NO_LANE);

    @Test
    void theSmallerKernelTakesFewMessagesAndTheLargerMany() {
        Engine engine = Engine.of(ANY, ANY, 190, 210, 310);
        assertEquals("1 4 4 4 8 8 8 8 8 8", lanes(engine, 10));
        assertEquals(8, engine.width());
        assertEquals(4, engine.lanesOfKernel(1));
    }

    @Test
    void aLoneFifthMessageMayBeCheaperAlone() {
        assertEquals("1 4 4 4 1 4 4 4", lanes(Engine.of(ANY, ANY, 100, 150, 300), 8));
        assertEquals("1 1 4 4 1 1 4 4", lanes(Engine.of(ANY, ANY, 100, 210, 500), 8));
    }

    @Test
    void aKernelThatDoesNotPayIsNotUsed() {
        assertEquals("1 1 1 1 1 8 8 8", lanes(Engine.of(null, ANY, 100, 1, 500), 8));
        assertEquals("1 1 1 1 1 1 1 1", lanes(Engine.JDK, 8));
        assertFalse(Engine.JDK.sideBySide());
        assertTrue(Engine.of(null, ANY, 1, 1, 1).sideBySide());
    }

    @Test
    void theCostOfStreamsIsInBlocksOfOneAlone() {
        Engine engine = Engine.of(ANY, ANY, 100, 110, 160);
        assertEquals(1.1, engine.cost(1)); // a stream cannot change from a kernel to a message digest
        assertEquals(1.1, engine.cost(4));
        assertEquals(1.6, engine.cost(5));
        assertEquals(1.6 + 1.1, engine.cost(9));
        assertEquals(3, Engine.JDK.cost(3));
    }

    @Test
    void anUnknownChoiceIsAuto() {
        assertEquals(Choice.VECTOR, Choice.parse("vector"));
        assertEquals(Choice.JDK, Choice.parse("JDK"));
        assertEquals(Choice.PLAIN, Choice.parse("plain"));
        assertEquals(Choice.AUTO, Choice.parse("fast"));
    }

    private static String lanes(Engine engine, int most) {
        StringBuilder lanes = new StringBuilder();
        for (int messages = 1; messages <= most; messages++) {
            lanes.append(messages == 1 ? "" : " ").append(engine.lanes(messages));
        }
        return lanes.toString();
    }
}
