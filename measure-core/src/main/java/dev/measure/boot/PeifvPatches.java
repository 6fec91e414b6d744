package dev.measure.boot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The bytes by which PEIFV in memory, where it is measured, differs from PEIFV in the file: modules that run before memory is known
 * run in place and change their globals.
 *
 * <p>Form: a list of objects with {@code sha256} of the firmware file and {@code variants}, each with {@code machine}, {@code smp},
 * {@code memory} ({@code any} or a value), {@code patches} of {@code offset} and {@code bytes}, and {@code measuredSha256} of the
 * volume with the patches; where the processor matters too, {@code cpu}, and several variants are right.
 *
 * @param builds the builds
 */
public record PeifvPatches(List<Build> builds) {
    private static final int MAX_JSON = 16 << 20;

    /** The lists that were learned from boots, by the SHA-256 of the firmware file. */
    private static final String BUILT_IN = "peifv_patches.json";

    /** Copies the list. */
    public PeifvPatches {
        builds = List.copyOf(builds);
    }

    /**
     * A build of the firmware.
     *
     * @param sha256 of its file, lower-case hexadecimal
     * @param variants by machine
     */
    public record Build(String sha256, List<Variant> variants) {
        /** Copies the list. */
        public Build {
            variants = List.copyOf(variants);
        }
    }

    /**
     * What differs on a machine.
     *
     * @param machine machine type with its options, or {@code any}
     * @param smp number of vCPUs, or {@code any}
     * @param memory size such as {@code 1G}, or {@code any}
     * @param patches the bytes
     * @param measuredSha256 of the volume with the patches; empty if it is not stated
     * @param evidence how it is known, in words
     * @param cpu the kind of processor, or {@code any}; part of ids
     * @param belowMemoryTypes where the patched volume has a u32 address below the memory that MemoryTypeInformation sets aside, for
     *     the table of the file; empty if none of its addresses depends on that
     */
    public record Variant(
            String machine,
            String smp,
            String memory,
            List<Patch> patches,
            String measuredSha256,
            String evidence,
            String cpu,
            OptionalInt belowMemoryTypes) {
        /** Copies the list. */
        public Variant {
            patches = List.copyOf(patches);
        }

        /** {@return whether the patches do not depend on the processor} */
        boolean anyCpu() {
            return cpu.equals(ANY);
        }

        /** {@return whether this is a machine with SMM, which only builds for it start on} */
        boolean smm() {
            return List.of(machine.split(",")).contains("smm=on");
        }

        /** {@return whether the patches hold on a machine, of which a part that nobody named fits only {@code any}} */
        boolean fits(Optional<String> machineType, Optional<Integer> vcpus, Optional<Long> bytes) {
            return (machine.equals(ANY) || machineType.filter(machine::equals).isPresent())
                    && (smp.equals(ANY)
                            || vcpus.filter(n -> smp.equals(Integer.toString(n)))
                                    .isPresent())
                    && (memory.equals(ANY)
                            || bytes.filter(n -> size(memory).filter(n::equals).isPresent())
                                    .isPresent());
        }
    }

    /**
     * Bytes at a place.
     *
     * @param offset from the start of PEIFV
     * @param hex what is there in memory
     */
    public record Patch(int offset, String hex) {}

    private static final String ANY = "any";

    /** {@return the built-in lists} */
    public static PeifvPatches builtIn() {
        try (InputStream in = PeifvPatches.class.getResourceAsStream(BUILT_IN)) {
            return read(Source.read(BUILT_IN, in));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the kinds of processors in the built-in lists, the one of QEMU's default first} */
    public static List<String> processors() {
        return builtIn().builds().stream()
                .flatMap(build -> build.variants().stream())
                .map(Variant::cpu)
                .filter(cpu -> !cpu.equals(ANY))
                .distinct()
                .toList();
    }

    /** {@return the variants of a firmware file; empty if the build is not listed} */
    Optional<List<Variant>> variants(String sha256) {
        return builds.stream()
                .filter(build -> build.sha256().equals(sha256))
                .map(Build::variants)
                .findFirst();
    }

    /**
     * {@return a memory size such as {@code 1G}, {@code 1024M} or a number of MiB, in bytes; empty if it is none}
     *
     * @param text the size as QEMU takes it
     */
    public static Optional<Long> size(String text) {
        String upper = text.toUpperCase(Locale.ROOT).replaceAll("I?B$", "");
        if (!upper.matches("[0-9]{1,15}[KMGT]?")) {
            return Optional.empty();
        }
        char unit = upper.charAt(upper.length() - 1);
        int shift = unit == 'K' ? 10 : unit == 'G' ? 30 : unit == 'T' ? 40 : 20;
        long number = Long.parseLong(Character.isDigit(unit) ? upper : upper.substring(0, upper.length() - 1));
        return number > Long.MAX_VALUE >> shift ? Optional.empty() : Optional.of(number << shift);
    }

    /**
     * {@return the lists in a file}
     *
     * @param source JSON
     * @throws MalformedInputException if it has another form
     */
    public static PeifvPatches read(Source source) {
        if (source.length() > MAX_JSON) {
            throw new MalformedInputException(
                    source.name(), 0, "a list of at most " + MAX_JSON + " bytes", source.length() + " bytes", "");
        }
        try (JsonParser json = new JsonFactory().createParser(source.toByteArray())) {
            Reader reader = new Reader(source, json);
            json.nextToken();
            List<Build> builds = reader.list(reader::build);
            return new PeifvPatches(builds);
        } catch (JsonProcessingException e) {
            long offset = e.getLocation() == null ? 0 : e.getLocation().getByteOffset();
            throw noJson(source, Math.max(0, offset));
        } catch (IOException e) {
            throw noJson(source, 0); // bytes that are no text; nothing is read from a disk here
        }
    }

    private static MalformedInputException noJson(Source source, long offset) {
        return new MalformedInputException(source.name(), offset, "JSON", "a fault in its form", "");
    }

    private record Reader(Source source, JsonParser json) {
        @FunctionalInterface
        interface Element<T> {
            T read() throws IOException;
        }

        @FunctionalInterface
        interface Field {
            void read(String name) throws IOException;
        }

        MalformedInputException malformed(String expected) {
            return new MalformedInputException(
                    source.name(),
                    Math.max(0, json.currentTokenLocation().getByteOffset()),
                    expected,
                    json.currentToken() == null
                            ? "the end of the data"
                            : json.currentToken().toString(),
                    "");
        }

        <T> List<T> list(Element<T> element) throws IOException {
            if (json.currentToken() != JsonToken.START_ARRAY) {
                throw malformed("a list");
            }
            List<T> list = new ArrayList<>();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                list.add(element.read());
            }
            return list;
        }

        void object(Field field) throws IOException {
            if (json.currentToken() != JsonToken.START_OBJECT) {
                throw malformed("an object");
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                field.read(name);
            }
        }

        String text(String what) throws IOException {
            if (json.currentToken() != JsonToken.VALUE_STRING && json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
                throw malformed(what);
            }
            return json.getText();
        }

        Build build() throws IOException {
            String[] sha256 = {""};
            List<Variant> variants = new ArrayList<>();
            object(name -> {
                switch (name) {
                    case "sha256" -> sha256[0] = text("sha256");
                    case "variants" -> variants.addAll(list(this::variant));
                    default -> json.skipChildren(); // name, peifv, dxefv and note are for people
                }
            });
            if (!sha256[0].matches("[0-9a-f]{64}")) {
                throw malformed("sha256 of the firmware file, 64 lower-case hexadecimal digits");
            }
            return new Build(sha256[0], variants);
        }

        Variant variant() throws IOException {
            String[] texts = {ANY, ANY, ANY, "", "", ANY};
            int[] below = {-1};
            List<Patch> patches = new ArrayList<>();
            object(name -> {
                switch (name) {
                    case "machine" -> texts[0] = text(name);
                    case "smp" -> texts[1] = text(name);
                    case "memory" -> texts[2] = text(name);
                    case "measuredSha256" -> texts[3] = text(name);
                    case "evidence" -> texts[4] = text(name);
                    case "cpu" -> texts[5] = text(name);
                    case "belowMemoryTypes" -> below[0] = number(name);
                    case "patches" -> patches.addAll(list(this::patch));
                    default -> json.skipChildren();
                }
            });
            if (below[0] >= 0
                    && patches.stream()
                            .noneMatch(patch ->
                                    patch.offset() == below[0] && patch.hex().length() == 8)) {
                throw malformed("belowMemoryTypes, the offset of a patch of four bytes");
            }
            return new Variant(
                    texts[0],
                    texts[1],
                    texts[2],
                    patches,
                    texts[3],
                    texts[4],
                    texts[5],
                    below[0] < 0 ? OptionalInt.empty() : OptionalInt.of(below[0]));
        }

        int number(String what) throws IOException {
            if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
                throw malformed(what + ", a number");
            }
            return json.getValueAsInt(-1);
        }

        Patch patch() throws IOException {
            int[] offset = {-1};
            String[] hex = {""};
            object(name -> {
                switch (name) {
                    case "offset" -> offset[0] = number(name);
                    case "bytes" -> hex[0] = text(name);
                    default -> json.skipChildren();
                }
            });
            if (offset[0] < 0 || !hex[0].matches("([0-9a-fA-F]{2})+")) {
                throw malformed("a patch with offset and bytes in hexadecimal");
            }
            return new Patch(offset[0], hex[0]);
        }
    }

    /** {@return a volume with patches applied} */
    static byte[] apply(Source volume, List<Patch> patches) {
        byte[] bytes = volume.toByteArray();
        for (Patch patch : patches) {
            byte[] replacement = HexFormat.of().parseHex(patch.hex());
            if (patch.offset() > bytes.length - replacement.length) {
                throw new MalformedInputException(
                        volume.name(),
                        patch.offset(),
                        "a patch inside the volume of " + bytes.length + " bytes",
                        "offset " + patch.offset(),
                        "the list is for another build");
            }
            System.arraycopy(replacement, 0, bytes, patch.offset(), replacement.length);
        }
        return bytes;
    }
}
