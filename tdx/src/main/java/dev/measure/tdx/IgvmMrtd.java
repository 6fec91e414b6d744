package dev.measure.tdx;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Evidence;
import dev.measure.MeasuredEvent;
import dev.measure.Measurement;
import dev.measure.Prediction;
import dev.measure.Provenance;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.igvm.IgvmFile;
import dev.measure.igvm.IgvmHeader;
import dev.measure.igvm.IgvmHeader.PageData;
import dev.measure.igvm.IgvmHeader.ParameterArea;
import dev.measure.igvm.IgvmHeader.ParameterInsert;
import dev.measure.igvm.IgvmPlatformType;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * MRTD of an IGVM file: the directives for the TDX platform, in file order, page by page. microsoft/igvm
 * igvm/src/measurement/tdx.rs, which OpenVMM measures with.
 *
 * <p>A page is added, and extended with its contents unless it is marked as unmeasured: data that is shorter than a page is
 * followed by zeros, and a page without data is one of zeros, which is extended. Shared pages do not count. The pages of a
 * parameter area are added where it is inserted, and not extended. No other directive counts.
 *
 * <p>td-shim's own calculator differs: it extends only pages with 4096 bytes of data, leaves out parameter areas and does not look
 * at platforms.
 */
public final class IgvmMrtd {
    private static final Register MRTD = new Register.Mrtd();
    private static final Evidence EVIDENCE = Evidence.PEER;

    /** No launch adds more: 16 GiB. A file of 4 GiB has data for a quarter of it. */
    private static final long MAX_PAGES = 1L << 22;

    private final IgvmFile file;
    private final long mask;

    private IgvmMrtd(IgvmFile file, long mask) {
        this.file = file;
        this.mask = mask;
    }

    /**
     * {@return whether a file is for TDX, too}
     *
     * @param file the file
     */
    public static boolean isFor(IgvmFile file) {
        return file.mask(IgvmPlatformType.TDX).isPresent();
    }

    /**
     * {@return MRTD, or the reason why there is none}
     *
     * @param file the file
     */
    public static Prediction of(IgvmFile file) {
        OptionalLong mask = file.mask(IgvmPlatformType.TDX);
        if (mask.isEmpty()) {
            List<String> platforms = new ArrayList<>();
            for (IgvmHeader header : file.platforms()) {
                if (header instanceof IgvmHeader.SupportedPlatform platform) {
                    platforms.add(platform.platformType().text());
                }
            }
            return refused(
                    file.source().name() + ": offset 0x"
                            + Long.toHexString(file.source().start())
                            + ": expected a supported platform Intel TDX, found "
                            + String.join(", ", platforms),
                    "the file is not for TDX");
        }
        IgvmMrtd mrtd = new IgvmMrtd(file, mask.getAsLong());
        Optional<Prediction> refusal = mrtd.refusal();
        if (refusal.isPresent()) {
            return refusal.get();
        }
        Digest value = mrtd.value();
        Measurement measurement = Measurement.of(MRTD, value, EVIDENCE, mrtd::replay);
        return new Prediction.Predicted(measurement, List.of(), List.of());
    }

    private static Prediction refused(String why, String hint) {
        return new Prediction.NotLaunchable(MRTD, why, hint, false);
    }

    private Optional<Prediction> refusal() {
        long pages = 0;
        Map<Long, Long> areas = new HashMap<>();
        List<IgvmHeader> directives = file.directives();
        for (int i = 0; i < directives.size(); i++) {
            IgvmHeader header = directives.get(i);
            String expected = "";
            String found = "";
            if (header instanceof ParameterArea area) {
                areas.put(area.index(), area.numberOfBytes());
            } else if (header instanceof PageData page && counts(page)) {
                pages++;
                expected = page.data().length() > MrtdRecords.PAGE ? "a page of 4096 bytes, as TDX adds them" : "";
                found = page.data().length() + " bytes";
            } else if (header instanceof ParameterInsert insert && counts(insert.compatibilityMask())) {
                long bytes = areas.getOrDefault(insert.index(), 0L);
                long more = bytes >>> 12;
                pages += more;
                expected = Long.compareUnsigned(insert.gpa(), -bytes) > 0 && bytes != 0
                        ? "a parameter area inside the 64-bit address space"
                        : "";
                found = "0x" + Long.toHexString(bytes) + " bytes at 0x" + Long.toHexString(insert.gpa());
            }
            if (pages > MAX_PAGES || pages < 0) {
                expected = "at most " + MAX_PAGES + " pages";
                found = Long.toUnsignedString(pages);
            }
            if (!expected.isEmpty()) {
                return Optional.of(refused(
                        file.source().name() + ": offset 0x" + Long.toHexString(file.directiveOffset(i)) + ": expected "
                                + expected + ", found " + found,
                        "the calculator of the format refuses it, too"));
            }
        }
        if (pages == 0) {
            return Optional.of(refused(
                    file.source().name() + ": offset 0x"
                            + Long.toHexString(file.source().start())
                            + ": expected a private page for Intel TDX, found none",
                    "a trust domain without pages cannot start"));
        }
        return Optional.empty();
    }

    private boolean counts(long compatibilityMask) {
        return (compatibilityMask & mask) != 0;
    }

    private boolean counts(PageData page) {
        return counts(page.compatibilityMask()) && !page.is(PageData.SHARED);
    }

    /** Takes adjacent pages that are treated alike. */
    private interface Pages {
        /** Pages that are added and not measured: they begin at an address. */
        void add(IgvmHeader why, int directive, long gpa, long pages);

        /** A page that is added and measured. */
        void addAndExtend(PageData page, int directive, byte[] contents);
    }

    private void each(Pages sink) {
        Map<Long, Long> areas = new HashMap<>();
        List<IgvmHeader> directives = file.directives();
        byte[] zeros = new byte[MrtdRecords.PAGE];
        byte[] contents = new byte[MrtdRecords.PAGE];
        for (int i = 0; i < directives.size(); i++) {
            IgvmHeader header = directives.get(i);
            if (header instanceof ParameterArea area) {
                areas.put(area.index(), area.numberOfBytes());
            } else if (header instanceof PageData page && counts(page)) {
                if (page.is(PageData.UNMEASURED)) {
                    sink.add(page, i, page.gpa(), 1);
                } else if (!page.hasData()) {
                    sink.addAndExtend(page, i, zeros);
                } else {
                    fill(page.data(), contents);
                    sink.addAndExtend(page, i, contents);
                }
            } else if (header instanceof ParameterInsert insert && counts(insert.compatibilityMask())) {
                sink.add(insert, i, insert.gpa(), areas.getOrDefault(insert.index(), 0L) >>> 12);
            }
        }
    }

    private static void fill(Source data, byte[] page) {
        int[] at = {0};
        data.stream((bytes, offset, count) -> {
            System.arraycopy(bytes, offset, page, at[0], count);
            at[0] += count;
        });
        Arrays.fill(page, at[0], page.length, (byte) 0);
    }

    private Digest value() {
        MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        MrtdRecords records = new MrtdRecords(sha384::update);
        each(new Pages() {
            @Override
            public void add(IgvmHeader why, int directive, long gpa, long pages) {
                records.add(gpa, pages);
            }

            @Override
            public void addAndExtend(PageData page, int directive, byte[] contents) {
                records.addAndExtend(page.gpa(), contents, 0);
            }
        });
        return Digest.of(DigestAlgorithm.SHA384, sha384);
    }

    private void replay(Measurement.Detail detail, Consumer<MeasuredEvent> sink) {
        Replay replay = new Replay(detail == Measurement.Detail.STEPS, sink);
        each(replay);
        replay.end();
    }

    /** Turns pages into events: one for each, or one for each run of adjacent pages of a kind. */
    private final class Replay implements Pages {
        private final MessageDigest sha384 = DigestAlgorithm.SHA384.newMessageDigest();
        private final MrtdRecords records = new MrtdRecords(sha384::update);
        private final boolean single;
        private final Consumer<MeasuredEvent> sink;
        private String name = "";
        private long gpa;
        private long pages;
        private boolean extended;
        private Digest last = Digest.zero(DigestAlgorithm.SHA384);
        private Provenance provenance = new Provenance.Constant("IGVM", "directives");

        Replay(boolean single, Consumer<MeasuredEvent> sink) {
            this.single = single;
            this.sink = sink;
        }

        @Override
        public void add(IgvmHeader why, int directive, long at, long count) {
            String kind = why instanceof PageData page ? page.dataType().name() : "PARAMETER_INSERT";
            for (long done = 0; done < count; done += single ? 1 : count) {
                begin(kind, at + done * MrtdRecords.PAGE, false, single ? 1 : count);
                records.add(at + done * MrtdRecords.PAGE, single ? 1 : count);
                last = Digest.zero(DigestAlgorithm.SHA384);
                provenance = header(directive);
            }
        }

        @Override
        public void addAndExtend(PageData page, int directive, byte[] contents) {
            begin(page.dataType().name(), page.gpa(), true, 1);
            records.addAndExtend(page.gpa(), contents, 0);
            last = Source.of("page", contents).digest(DigestAlgorithm.SHA384);
            provenance = page.hasData() ? Provenance.FileRange.of(page.data()) : header(directive);
        }

        private Provenance header(int directive) {
            return new Provenance.FileRange(file.source().name(), file.directiveOffset(directive), 8);
        }

        private void begin(String kind, long at, boolean isExtended, long count) {
            boolean goesOn =
                    kind.equals(name) && isExtended == extended && at == gpa + pages * MrtdRecords.PAGE && !single;
            if (!goesOn) {
                end();
                name = kind;
                gpa = at;
                extended = isExtended;
                pages = 0;
            }
            pages += count;
        }

        void end() {
            if (pages == 0) {
                return;
            }
            Map<String, String> details = new LinkedHashMap<>();
            details.put("records", extended ? "TDH.MEM.PAGE.ADD, 16 TDH.MR.EXTEND" : "TDH.MEM.PAGE.ADD");
            details.put("gpa", "0x" + Long.toHexString(gpa));
            details.put("pages", Long.toString(pages));
            sink.accept(new MeasuredEvent(name, last, Mrtd.now(sha384), provenance, EVIDENCE, details));
            pages = 0;
        }
    }
}
