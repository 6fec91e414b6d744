package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The quick reader against the parser: whatever it reads, it reads in the same way. */
class PlainReaderTest {
    private static final long SEED = 0x0b5e55ed0a11L;

    private final SplittableRandom random = new SplittableRandom(SEED);

    private static Verb verb(String name) {
        return Verbs.named(name).orElseThrow();
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private List<String> line(Verb verb) {
        List<String> words = new ArrayList<>();
        List<Options.Option> options = Options.of(verb);
        List<String> odd = List.of(
                "-", "--", "", "-x", "--no-such", "@file", "a=b", "-qv", "-vq", "-oout", "-5", "\"q\"", "${x}", "--=");
        for (int count = random.nextInt(7); count > 0; count--) {
            Options.Option option = any(options);
            String name = any(option.names());
            switch (random.nextInt(8)) {
                case 0 -> words.add(any(odd));
                case 1 -> words.add("word");
                case 2 -> words.add(name + "=" + any(List.of("value", "", "-x", "a=b", "1,2")));
                case 3 -> words.add(name);
                default -> {
                    words.add(name);
                    if (option.kind() == Options.Kind.VALUE || option.kind() == Options.Kind.VALUES) {
                        words.add(random.nextInt(10) == 0 ? any(odd) : "value" + random.nextInt(3));
                    }
                }
            }
        }
        return words;
    }

    @Test
    void randomLinesOfEveryVerb() {
        int plain = 0;
        int all = 0;
        for (String name : Verbs.names()) {
            Verb verb = verb(name);
            for (int iteration = 0; iteration < 150; iteration++) {
                List<String> line = line(verb);
                all++;
                Optional<TypedLine> quick = PlainReader.read(verb, line);
                if (quick.isPresent()) {
                    plain++;
                    String message = "seed " + SEED + ": " + name + " " + line;
                    TypedLine parsed;
                    try {
                        parsed = ParserReader.read(verb, line);
                    } catch (Complaint e) {
                        throw new AssertionError(message + ": the parser refuses it: " + e.getMessage(), e);
                    }
                    assertEquals(parsed.toString(), quick.get().toString(), message);
                    for (Options.Option option : Options.of(verb)) {
                        for (String alias : option.names()) {
                            assertEquals(parsed.has(alias), quick.get().has(alias), message);
                            assertEquals(parsed.values(alias), quick.get().values(alias), message);
                        }
                    }
                }
            }
        }
        assertTrue(plain > all / 5, plain + " of " + all + " lines were plain");
    }

    @Test
    void whatPeopleTypeIsPlain() {
        assertEquals(
                Optional.of("vmlinuz"),
                PlainReader.read(
                                verb("snp"),
                                List.of(
                                        "--ovmf",
                                        "OVMF.fd",
                                        "--vcpus",
                                        "1,2",
                                        "--vcpus=4",
                                        "-o",
                                        "-",
                                        "--kernel",
                                        "vmlinuz"))
                        .flatMap(line -> line.value("--kernel")));
        TypedLine line = PlainReader.read(
                        verb("snp"), List.of("--bios", "a.fd", "x.efi", "--vcpus", "1", "--vcpus", "2"))
                .orElseThrow();
        assertTrue(line.has("--firmware"));
        assertEquals(Optional.of("a.fd"), line.value("--ovmf"));
        assertEquals(List.of("1", "2"), line.values("--vcpus"));
        assertEquals(Optional.of("x.efi"), line.positional(0));
        assertEquals(Optional.empty(), line.positional(1));
    }

    @Test
    void whatIsWrongIsLeftToTheParser() {
        for (List<String> line : List.of(
                List.of("--no-such-option"),
                List.of("--firmware"),
                List.of("--firmware", "--vcpus", "1"),
                List.of("--firmware", "a", "--firmware", "b"),
                List.of("--quiet=yes"),
                List.of("a", "b"),
                List.of("-qv"))) {
            assertEquals(Optional.empty(), PlainReader.read(verb("snp"), line), line.toString());
        }
    }
}
