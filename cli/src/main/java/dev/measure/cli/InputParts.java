package dev.measure.cli;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.MalformedInputException;
import dev.measure.Measurement;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.Strictness;
import dev.measure.golden.GoldenInput;
import dev.measure.golden.GoldenSection;
import dev.measure.pe.PeSection;
import dev.measure.uki.SectionRange;
import dev.measure.uki.Uki;
import dev.measure.uki.UkiFirmware;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The files that go into values, in parts: the sections of a UKI, its certificates, and what is left. Tells of which parts a value is
 * made. Each file is hashed once, however many values it goes into.
 */
final class InputParts {
    private static final String CERTIFICATES = "certificates";
    private static final String AFTER = " after ";

    /** The names of parts that are no sections, so no section has them. */
    private static final List<String> RESERVED = List.of(GoldenSection.HEADERS, GoldenSection.PADDING, CERTIFICATES);

    private final Map<String, GoldenInput> inputs = new LinkedHashMap<>();
    private final Map<String, List<Part>> parts = new HashMap<>();
    private final Map<String, String> names;

    /**
     * Makes an empty collection.
     *
     * @param names names that inputs have instead of those of their files
     */
    InputParts(Map<String, String> names) {
        this.names = Map.copyOf(names);
    }

    /** A stored range of a file. */
    private record Part(String name, long start, long end, Digest sha256) {
        private boolean isGap() {
            return name.equals(GoldenSection.HEADERS)
                    || name.equals(GoldenSection.PADDING)
                    || name.startsWith(GoldenSection.PADDING + AFTER);
        }

        private long size() {
            return end - start;
        }
    }

    /** Adds a file. */
    void add(String role, Source source) {
        String key = role + "\n" + source.name();
        if (inputs.containsKey(key)) {
            return;
        }
        Optional<GoldenInput> known = inputs.values().stream()
                .filter(input -> input.name().equals(name(source.name())))
                .findFirst();
        if (known.isPresent()) {
            GoldenInput same = known.get();
            inputs.put(key, new GoldenInput(role, same.name(), same.size(), same.sha256(), same.sections()));
            return;
        }
        List<GoldenSection> sections = FileKind.isPe(source) ? sections(source) : List.of();
        inputs.put(
                key,
                new GoldenInput(
                        role, name(source.name()), source.length(), source.digest(DigestAlgorithm.SHA256), sections));
    }

    private String name(String file) {
        return names.getOrDefault(file, file);
    }

    /** {@return the files} */
    List<GoldenInput> inputs() {
        return List.copyOf(inputs.values());
    }

    private List<GoldenSection> sections(Source source) {
        Uki uki;
        try {
            uki = Uki.read(source, Strictness.LENIENT);
        } catch (MalformedInputException e) {
            return List.of(); // a file that is measured as a whole
        }
        Map<Integer, String> sectionNames = names(uki);
        // The digest of the whole file, which is wanted next, from the same pass.
        List<Map<DigestAlgorithm, Digest>> digests = uki.image().sectionDigestsAndFile(List.of(DigestAlgorithm.SHA256));
        List<GoldenSection> sections = new ArrayList<>();
        List<Part> ranges = new ArrayList<>();
        for (PeSection section : uki.image().sections()) {
            String name = sectionNames.get(section.index());
            Digest sha256 = digests.get(section.index()).get(DigestAlgorithm.SHA256);
            sections.add(new GoldenSection(name, section.virtualSize(), sha256));
            long start = section.content().start();
            ranges.add(new Part(name, start, start + section.content().stored(), sha256));
        }
        uki.image().certificates().filter(table -> table.length() > 0).ifPresent(table -> {
            Digest sha256 = table.digest(DigestAlgorithm.SHA256);
            sections.add(new GoldenSection(CERTIFICATES, table.length(), sha256));
            ranges.add(new Part(CERTIFICATES, table.start(), table.start() + table.length(), sha256));
        });
        Map<String, List<Part>> gaps = new LinkedHashMap<>();
        gaps(source, ranges)
                .forEach(gap -> gaps.computeIfAbsent(gap.name(), any -> new ArrayList<>())
                        .add(gap));
        gaps.forEach((name, of) -> {
            MessageDigest bytes = DigestAlgorithm.SHA256.newMessageDigest();
            of.forEach(gap -> source.slice(gap.start(), gap.size()).stream(bytes::update));
            Digest sha256 = Digest.of(DigestAlgorithm.SHA256, bytes);
            sections.add(
                    new GoldenSection(name, of.stream().mapToLong(Part::size).sum(), sha256));
            ranges.addAll(of);
        });
        parts.put(source.name(), ranges);
        return sections;
    }

    /** What no section holds: the headers, the zeros that align sections, and bytes after a section that nobody expects there. */
    private static List<Part> gaps(Source source, List<Part> ranges) {
        List<Part> gaps = new ArrayList<>();
        long end = 0;
        String before = "";
        List<Part> sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparingLong(Part::start).thenComparingLong(Part::end));
        sorted.add(new Part("", source.length(), source.length(), Digest.zero(DigestAlgorithm.SHA256)));
        for (Part range : sorted) {
            if (range.start() > end) {
                gaps.add(new Part(
                        gap(source.slice(end, range.start() - end), end, before),
                        end,
                        range.start(),
                        Digest.zero(DigestAlgorithm.SHA256)));
            }
            if (range.end() > end) {
                end = range.end();
                before = range.name();
            }
        }
        return gaps;
    }

    private static String gap(Source bytes, long start, String before) {
        if (start == 0) {
            return GoldenSection.HEADERS;
        }
        boolean[] zero = {true};
        bytes.stream((array, offset, length) -> {
            for (int i = offset; i < offset + length; i++) {
                zero[0] &= array[i] == 0;
            }
        });
        return zero[0] ? GoldenSection.PADDING : GoldenSection.PADDING + AFTER + before;
    }

    /** {@code .cmdline}; {@code .cmdline@1} in profile 1; {@code .efifw:ID}; a second one of a name gets {@code ~2}. */
    private static Map<Integer, String> names(Uki uki) {
        Map<Integer, String> firmware = new HashMap<>();
        for (UkiFirmware each : uki.firmwares()) {
            each.firmware().fwid().ifPresent(id -> firmware.put(each.section().index(), id));
        }
        Map<Integer, String> profile = new HashMap<>();
        for (SectionRange range : uki.ranges()) {
            range.profile()
                    .ifPresent(
                            number -> range.sections().forEach(section -> profile.put(section.index(), "@" + number)));
        }
        Map<Integer, String> names = new HashMap<>();
        Set<String> taken = new HashSet<>(RESERVED);
        for (PeSection section : uki.image().sections()) {
            int index = section.index();
            String name = (section.name().isEmpty() ? "unnamed" : section.name())
                    + (firmware.containsKey(index) ? ":" + firmware.get(index) : "")
                    + profile.getOrDefault(index, "");
            String one = name;
            for (int i = 2; !taken.add(one); i++) {
                one = name + "~" + i;
            }
            names.put(index, one);
        }
        return names;
    }

    /** {@return the names of the parts that a value is made of} */
    Set<String> origins(Measurement measurement) {
        Set<String> origins = new TreeSet<>();
        measurement.replay(Measurement.Detail.REGIONS, event -> collect(event.provenance(), origins));
        return origins;
    }

    private void collect(Provenance provenance, Set<String> origins) {
        if (provenance instanceof Provenance.FileRange range) {
            range(range, origins);
        } else if (provenance instanceof Provenance.PeSection section) {
            range(section.range(), origins);
        } else if (provenance instanceof Provenance.Derived derived) {
            derived.from().forEach(from -> collect(from, origins));
        }
    }

    private void range(Provenance.FileRange range, Set<String> origins) {
        List<Part> known = parts.get(range.file());
        if (known == null) {
            inputs.values().stream()
                    .filter(input -> input.name().equals(name(range.file())))
                    .findFirst()
                    .ifPresent(input -> origins.addAll(input.parts().keySet()));
            return;
        }
        String file = name(range.file()) + GoldenInput.SEPARATOR;
        Optional<Part> whole = known.stream()
                .filter(part -> part.start() == range.offset() && part.size() > 0)
                .findFirst();
        if (whole.isPresent() && whole.get().size() <= range.length() && isSection(whole.get(), range)) {
            origins.add(file + whole.get().name()); // with its zero tail, which is not what follows it in the file
            return;
        }
        for (Part part : known) {
            if (part.start() < range.offset() + range.length() && range.offset() < part.end()) {
                origins.add(file + part.name());
            }
        }
    }

    /** Whether a range from the start of a section on is that section, not the file from there on. */
    private static boolean isSection(Part part, Provenance.FileRange range) {
        return !part.isGap() || range.length() == part.size();
    }
}
