package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.MalformedInputException;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What systemd-boot measures (systemd src/boot/boot.c): loader.conf, SMBIOS structures, and the load options that it hands over. */
final class SystemdBoot {
    private static final int TAG_LOADER_CONF = 0xf5bc582a;
    private static final int MAX_ENTRY = 1 << 20;

    private final EventRecorder recorder;
    private final BootInputs inputs;
    private final LoaderBehaviour loader;
    private final BootState state;

    SystemdBoot(EventRecorder recorder, BootInputs inputs, LoaderBehaviour loader, BootState state) {
        this.recorder = recorder;
        this.inputs = inputs;
        this.loader = loader;
        this.state = state;
    }

    boolean leavesItToShim() {
        return loader.leavesItToShim();
    }

    boolean asksShimToStay() {
        return loader.asksShimToStay();
    }

    /** PCR 1 and PCR 5, before the menu. */
    void configuration() {
        if (loader.tagsSmbios() && state.firstToTagSmbios()) {
            SmbiosTags.record(recorder, Producer.SYSTEMD_BOOT, inputs.smbios, loader.evidence());
        }
        if (!loader.measuresLoaderConf()) {
            return;
        }
        if (inputs.loaderConf.isEmpty()) {
            recorder.assume(
                    "loader-conf",
                    "none",
                    "systemd-boot from 255 on measures loader/loader.conf into PCR 5 if it is there");
            return;
        }
        recorder.add(
                "loader.conf",
                Producer.SYSTEMD_BOOT,
                5,
                EventType.EV_EVENT_TAG,
                EventBytes.tagged(TAG_LOADER_CONF, CmdlineText.u16("loader.conf")),
                Measured.of(inputs.loaderConf.get()),
                Provenance.FileRange.of(inputs.loaderConf.get()),
                loader.evidence());
    }

    /** PCR 12: what a UKI gets, given its own command line. */
    void handOver(Optional<Source> cmdline) {
        if (state.loadOptions().isEmpty()) {
            Optional<Boolean> passes = loader.passesCmdline();
            if (passes.isEmpty()) {
                recorder.unknown(
                        12, "what systemd-boot " + loader.id() + " hands to a UKI is not known", "--load-options");
                return;
            }
            if (passes.get() && cmdline.isPresent()) {
                state.loadOptions(CmdlineText.mangle(CmdlineText.of(cmdline.get()), CmdlineText.Mangle.END));
            }
        }
        measure(state.loadOptions(), loader.evidence());
    }

    /** {@return the load options of an entry of type 1, measured into PCR 12} */
    String entry(Source entry) {
        if (entry.length() > MAX_ENTRY) {
            throw new MalformedInputException(
                    entry.name(),
                    entry.start(),
                    "an entry of at most " + MAX_ENTRY + " bytes",
                    entry.length() + " bytes",
                    "");
        }
        List<String> words = new ArrayList<>();
        List<String> options = new ArrayList<>();
        for (String line : new String(entry.toByteArray(), StandardCharsets.UTF_8).split("\r?\n")) {
            String[] parts = line.strip().split("[ \t]+", 2);
            if (parts.length < 2) {
                continue;
            }
            String value = parts[1].strip();
            switch (parts[0]) {
                case "initrd" -> words.add("initrd=" + value.replace('/', '\\'));
                case "options" -> options.add(value);
                default -> {}
            }
        }
        if (words.size() > 1) {
            recorder.unknown(
                    9, "how the kernel joins several initrds of an entry is not known", "an entry with one initrd");
        }
        words.addAll(options);
        String text = String.join(" ", words);
        measure(text, loader.id().equals("257") ? Evidence.BOOT : Evidence.SOURCE);
        return text;
    }

    private void measure(String text, Evidence evidence) {
        if (!text.isEmpty()) {
            recorder.add(
                    "load options of systemd-boot",
                    Producer.SYSTEMD_BOOT,
                    12,
                    EventType.EV_IPL,
                    CmdlineText.u16(text),
                    new Provenance.Parameter("load-options", text),
                    evidence);
        }
    }
}
