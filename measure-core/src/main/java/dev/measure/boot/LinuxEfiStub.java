package dev.measure.boot;

import dev.measure.Assumption;
import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the EFI stub of Linux measures into PCR 9: its load options and its initrd (Linux drivers/firmware/efi/libstub/
 * efi-stub-helper.c; both from 6.1 on).
 */
public final class LinuxEfiStub {
    private static final int TAG_INITRD = 0x8f3b22ec;
    private static final int TAG_LOAD_OPTIONS = 0x8f3b22ed;
    private static final int PCR = 9;
    private static final int HEADER_END = 0x210;
    private static final int VERSION_BASE = 0x200; // Documentation/arch/x86/boot.rst, kernel_version: less 0x200
    private static final int MAX_VERSION = 256;
    private static final Pattern VERSION = Pattern.compile("([0-9]{1,4})\\.([0-9]{1,4})[^0-9].*", Pattern.DOTALL);

    private static final Version FIRST = new Version(6, 1);

    /** The first that looks for EFI_CC_MEASUREMENT_PROTOCOL where there is no TPM (Linux commit ac93cbfc2a2c). */
    private static final Version FIRST_CC = new Version(6, 9);

    private LinuxEfiStub() {}

    /**
     * What a kernel measures by itself.
     *
     * @param events the events, in order
     * @param notKnown why they are not known, if they are not
     * @param assumptions what the events depend on
     */
    public record Measurements(List<BootEvent> events, Optional<NotKnown> notKnown, List<Assumption> assumptions) {
        /** Copies the lists. */
        public Measurements {
            events = List.copyOf(events);
            assumptions = List.copyOf(assumptions);
        }
    }

    /**
     * {@return what a kernel measures into RTMRs that neither loader nor stub has started}
     *
     * @param kernel the kernel, whose version and bytes decide; empty for one from 6.9 on
     * @param cmdline its load options; empty for none
     * @param initrd its initrd
     */
    public static Measurements measure(Optional<Source> kernel, String cmdline, Optional<Source> initrd) {
        EventRecorder recorder = new EventRecorder();
        recorder.measureThroughCc();
        record(
                recorder,
                kernel,
                cmdline,
                initrd.map(source -> new Measured.Bytes(List.of(source))),
                initrd.<Provenance>map(Provenance.FileRange::of)
                        .orElseGet(() -> new Provenance.Parameter("initrd", "none")),
                Evidence.BOOT);
        return new Measurements(
                recorder.events(), Optional.ofNullable(recorder.notKnown().get(PCR)), recorder.assumptions());
    }

    static void record(
            EventRecorder recorder,
            Optional<Source> kernel,
            String cmdline,
            Optional<Measured.Bytes> initrd,
            Provenance initrdProvenance,
            Evidence initrdEvidence) {
        record(recorder, kernel, cmdline, true, initrd, initrdProvenance, initrdEvidence);
    }

    static void record(
            EventRecorder recorder,
            Optional<Source> kernel,
            String cmdline,
            boolean withNul,
            Optional<Measured.Bytes> initrd,
            Provenance initrdProvenance,
            Evidence initrdEvidence) {
        Provenance typed = new Provenance.Parameter("command line of the kernel", cmdline);
        record(recorder, kernel, cmdline, withNul, typed, initrd, initrdProvenance, initrdEvidence);
    }

    static void record(
            EventRecorder recorder,
            Optional<Source> kernel,
            String cmdline,
            boolean withNul,
            Provenance cmdlineProvenance,
            Optional<Measured.Bytes> initrd,
            Provenance initrdProvenance,
            Evidence initrdEvidence) {
        if (kernel.isPresent()) {
            Optional<Version> version = version(kernel.get());
            if (recorder.isThroughCc()
                    && version.filter(v -> v.isBefore(FIRST_CC)).isPresent()
                    && !CcProtocol.isNamedIn(kernel.get())) {
                recorder.assume(
                        "linux-measures",
                        "nothing",
                        "Linux " + version.get()
                                + " measures command line and initrd into a TPM alone: into RTMRs from " + FIRST_CC
                                + " on");
                return;
            }
            if (version.filter(v -> v.isBefore(FIRST)).isPresent()) {
                recorder.unknown(
                        9,
                        "what Linux " + version.get() + " measures is not known: both events are there from 6.1 on",
                        "a kernel from 6.1 on");
                return;
            }
        }
        if (!cmdline.isEmpty()) {
            byte[] text = withNul ? CmdlineText.u16(cmdline) : cmdline.getBytes(StandardCharsets.UTF_16LE);
            recorder.add(
                    "kernel command line",
                    Producer.LINUX,
                    9,
                    EventType.EV_EVENT_TAG,
                    EventBytes.tagged(
                            TAG_LOAD_OPTIONS, "LOADED_IMAGE::LoadOptions\0".getBytes(StandardCharsets.US_ASCII)),
                    Measured.of("kernel command line", text),
                    cmdlineProvenance,
                    Evidence.BOOT);
        }
        initrd.ifPresent(bytes -> recorder.add(
                "initrd",
                Producer.LINUX,
                9,
                EventType.EV_EVENT_TAG,
                EventBytes.tagged(TAG_INITRD, "Linux initrd\0".getBytes(StandardCharsets.US_ASCII)),
                bytes,
                initrdProvenance,
                initrdEvidence));
    }

    /** A version of Linux. */
    private record Version(int major, int minor) {
        boolean isBefore(Version other) {
            return major < other.major || major == other.major && minor < other.minor;
        }

        @Override
        public String toString() {
            return major + "." + minor;
        }
    }

    /** {@return major and minor version in the setup header of a bzImage; empty if the kernel is something else} */
    private static Optional<Version> version(Source kernel) {
        if (kernel.length() < HEADER_END) {
            return Optional.empty();
        }
        byte[] header = kernel.slice(0, HEADER_END).toByteArray();
        if (header[0x202] != 'H' || header[0x203] != 'd' || header[0x204] != 'r' || header[0x205] != 'S') {
            return Optional.empty();
        }
        long at = VERSION_BASE + ((header[0x20e] & 0xff) | (header[0x20f] & 0xff) << 8);
        if (at == VERSION_BASE || at >= kernel.length()) {
            return Optional.empty();
        }
        byte[] text =
                kernel.slice(at, Math.min(MAX_VERSION, kernel.length() - at)).toByteArray();
        Matcher m = VERSION.matcher(new String(text, StandardCharsets.ISO_8859_1));
        return m.matches()
                ? Optional.of(new Version(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2))))
                : Optional.empty();
    }
}
