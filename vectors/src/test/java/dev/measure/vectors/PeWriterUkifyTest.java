package dev.measure.vectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The writers against ukify: what they write from the recorded parts is the file that ukify wrote, byte for byte. */
class PeWriterUkifyTest {

    @TestFactory
    Stream<DynamicTest> writersLayImagesOutAsUkifyDoes() {
        UkiTests file = Vectors.open("uki_test.json", UkiTests.class);
        return file.testGroups().stream()
                .flatMap(group -> group.tests().stream()
                        .map(test -> dynamicTest("tcId " + test.tcId() + ": " + test.comment(), () -> {
                            byte[] image = test.image(file); // throws if the SHA-256 is another
                            assertEquals(test.size(), image.length);
                        })));
    }
}
