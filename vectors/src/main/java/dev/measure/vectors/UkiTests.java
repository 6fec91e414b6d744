package dev.measure.vectors;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** UKIs and f-UKIs as ukify lays them out, {@code uki_test_schema_v1.json}. */
public record UkiTests(
        String algorithm,
        String schema,
        int numberOfTests,
        List<String> header,
        Map<String, TestFile.Note> notes,
        List<Input> inputs,
        List<Group> testGroups)
        implements TestFile {
    /** Checks the form. */
    public UkiTests {
        Vectors.oneOf(schema, "schema", "uki_test_schema_v1.json");
        testGroups = Vectors.some(testGroups, "testGroups");
    }

    /** What the tests of a group share. */
    public record Group(String type, Origin source, Parameters parameters, List<Test> tests) {
        /** Checks the form. */
        public Group {
            Vectors.oneOf(type, "type", "UkiTest");
            tests = Vectors.some(tests, "tests");
        }
    }

    /**
     * What the images are.
     *
     * @param kind {@code uki} or {@code addon}
     */
    public record Parameters(String kind) {
        /** Checks the form. */
        public Parameters {
            Vectors.oneOf(kind, "kind", "uki", "addon");
        }
    }

    /**
     * An image.
     *
     * @param tcId 1 and up
     * @param comment what it is
     * @param flags keys of the notes
     * @param arguments of {@code ukify build}
     * @param size bytes
     * @param sha256 of the whole file
     * @param addressOfEntryPoint as in the optional header
     * @param sizeOfInitializedData as in the optional header
     * @param sizeOfImage as in the optional header
     * @param sections in the order of the section table
     * @param authenticode the image digest, by algorithm
     * @param firmwares the ids of the {@code .efifw} sections, in order
     * @param result {@code valid}
     */
    public record Test(
            int tcId,
            String comment,
            List<String> flags,
            String arguments,
            int size,
            String sha256,
            long addressOfEntryPoint,
            long sizeOfInitializedData,
            long sizeOfImage,
            List<Section> sections,
            Map<String, String> authenticode,
            List<String> firmwares,
            String result) {
        /** Checks the form. */
        public Test {
            Vectors.hex(sha256, 32, "sha256");
            Vectors.oneOf(result, "result", "valid");
            flags = List.copyOf(flags);
            sections = Vectors.some(sections, "sections");
            authenticode = Map.copyOf(authenticode);
            firmwares = List.copyOf(firmwares);
        }

        /**
         * {@return the image, written again from what is recorded of it}
         *
         * @param file the vector file, for its inputs
         * @throws IllegalStateException if it is not the file that ukify wrote
         */
        public byte[] image(UkiTests file) {
            PeWriter writer = PeWriter.pe32Plus()
                    .addressOfEntryPoint(addressOfEntryPoint)
                    .sizeOfInitializedData(sizeOfInitializedData);
            for (Section section : sections) {
                writer.section(section.name(), section.bytes(file))
                        .characteristics(Long.parseLong(section.characteristics(), 16));
            }
            byte[] image = writer.build();
            if (!Input.sha256(image).equals(sha256)) {
                throw new IllegalStateException("tcId " + tcId + ": PeWriter and ukify lay it out differently");
            }
            return image;
        }
    }

    /**
     * A row of the section table.
     *
     * @param name without NULs
     * @param virtualSize bytes
     * @param virtualAddress relative to the image base
     * @param sizeOfRawData bytes in the file, padding included
     * @param pointerToRawData offset in the file
     * @param characteristics 4 bytes, most significant first
     * @param sha256 of the first {@code virtualSize} bytes
     * @param content how these are made: {@code input ID}; {@code efifw FWID ID}; {@code join ID ID}, the first padded with zeros to
     *     a multiple of four; or {@code hex BYTES}
     */
    public record Section(
            String name,
            long virtualSize,
            long virtualAddress,
            long sizeOfRawData,
            long pointerToRawData,
            String characteristics,
            String sha256,
            String content) {
        /** Checks the form. */
        public Section {
            Vectors.hex(characteristics, 4, "characteristics");
            Vectors.hex(sha256, 32, "sha256");
        }

        /**
         * {@return the content}
         *
         * @param file the vector file, for its inputs
         */
        public byte[] bytes(UkiTests file) {
            String[] words = content.split(" ");
            byte[] bytes = switch (words[0]) {
                case "input" -> input(file, words[1]);
                case "efifw" ->
                    EfifwWriter.efifw()
                            .fwid(words[1])
                            .payload(input(file, words[2]))
                            .build();
                case "join" -> join(input(file, words[1]), input(file, words[2]));
                case "hex" -> HexFormat.of().parseHex(words[1]);
                default -> throw new IllegalArgumentException(content);
            };
            if (!Input.sha256(bytes).equals(sha256)) {
                throw new IllegalStateException("section " + name + " has SHA-256 " + Input.sha256(bytes));
            }
            return bytes;
        }

        private static byte[] input(UkiTests file, String id) {
            return file.input(id).bytes().orElseThrow();
        }

        private static byte[] join(byte[] first, byte[] second) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(Arrays.copyOf(first, (first.length + 3) / 4 * 4));
            out.writeBytes(second);
            return out.toByteArray();
        }
    }
}
