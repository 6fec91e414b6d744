package dev.measure.boot;

import dev.measure.Evidence;
import dev.measure.Provenance;
import dev.measure.Source;
import dev.measure.eventlog.EventType;
import dev.measure.pe.PeImage;
import dev.measure.uefi.GptEntry;
import dev.measure.uefi.GuidPartitionTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** What GRUB measures (grub-core/commands/tpm.c), and what follows from how it starts a kernel. */
final class Grub {
    private static final UUID EFI_SYSTEM_PARTITION = UUID.fromString("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
    private static final int PCR_TEXT = 8; // GRUB_STRING_PCR
    private static final int PCR_FILE = 9; // GRUB_BINARY_PCR

    private final EventRecorder recorder;
    private final BootInputs inputs;
    private final Optional<GrubBehaviour> behaviour;
    private final Optional<Boolean> secureBoot;
    private final Optional<Shim> shim;
    private final GrubImage image;
    private boolean passedOver = false;

    Grub(EventRecorder recorder, BootInputs inputs, GrubImage image, BootState state) {
        this.recorder = recorder;
        this.inputs = inputs;
        this.image = image;
        this.behaviour = GrubBehaviour.of(image);
        this.secureBoot = state.secureBoot();
        this.shim = state.shim();
        if (recorder.isThroughCc()) {
            throughCc();
        }
    }

    /** Whether what it measures itself gets into RTMRs; what shim measures for it does as shim does it. */
    private void throughCc() {
        Optional<GrubTpmModule.Measures> measures = image.measures();
        if (measures.isEmpty()) {
            for (int pcr : new int[] {PCR_TEXT, PCR_FILE}) {
                recorder.unknown(
                        pcr,
                        "the grub has no module tpm in it; whether another that it loads measures into RTMRs is not known",
                        "--loader with a grub that has it");
            }
        } else if (measures.get() != GrubTpmModule.Measures.ALWAYS) {
            recorder.passOver(Producer.GRUB);
            passedOver = true;
            boolean tpm = measures.get() == GrubTpmModule.Measures.WITH_TPM;
            recorder.assume(
                    "grub-measures",
                    "nothing",
                    tpm
                            ? "this grub measures into RTMRs only where there is a TPM, too, and a trust domain is taken to have none"
                            : "the module tpm of this grub measures into a TPM alone");
        }
    }

    /** Records everything up to the start of the kernel. */
    void run() {
        Optional<List<GrubStep>> steps = steps();
        if (steps.isEmpty()) {
            notKnown(PCR_TEXT, "the commands that grub runs are not given", "--grub-config or --grub-commands");
            notKnown(PCR_FILE, "the files that grub reads are not given", "--grub-config or --grub-commands");
            kernel("the kernel", inputs.kernel);
            return;
        }
        List<GrubStep> all = steps.get();
        int kernelAt = kernelIndex(all);
        for (int i = 0; i < all.size(); i++) {
            GrubStep step = all.get(i);
            if (step instanceof GrubStep.Text text) {
                text(text);
            } else if (step instanceof GrubStep.File file) {
                Optional<Source> content = content(file, i == kernelAt, i > kernelAt);
                file(file.name(), content, i >= kernelAt);
                if (i == kernelAt) {
                    kernel(file.name(), content);
                }
            }
        }
        if (kernelAt < 0) {
            recorder.unknown(
                    4, "the commands of grub start no kernel", "--grub-config or --grub-commands with a linux command");
            notKnown(
                    PCR_FILE,
                    "the commands of grub start no kernel",
                    "--grub-config or --grub-commands with a linux command");
            return;
        }
        linux(all, kernelAt);
    }

    private Optional<List<GrubStep>> steps() {
        if (inputs.grub.commands().isPresent()) {
            List<GrubStep> given = new ArrayList<>(inputs.grub.commands().get().steps());
            if (given.stream().noneMatch(GrubStep.File.class::isInstance)) {
                withFilesInOrder(given);
            }
            return Optional.of(given);
        }
        if (inputs.grub.config().isEmpty()) {
            return Optional.empty();
        }
        return interpreted();
    }

    /** The steps of the scripts, if they can be decided up to the start of the kernel. */
    private Optional<List<GrubStep>> interpreted() {
        if (image.family() == GrubImage.Family.RED_HAT
                && image.version().orElse("").startsWith("2.02")) {
            for (int pcr : new int[] {PCR_TEXT, PCR_FILE}) {
                notKnown(pcr, "Red Hat's grub 2.02 measures in a way of its own", "--grub-commands");
            }
            return Optional.empty();
        }
        if (secureBoot.isEmpty()) {
            for (int pcr : new int[] {PCR_TEXT, PCR_FILE}) {
                notKnown(
                        pcr,
                        "what the scripts of grub do depends on Secure Boot",
                        "--secure-boot, or --firmware with --vars");
            }
            return Optional.of(List.of());
        }
        SortedMap<String, String> variables = new TreeMap<>(inputs.grub.variables());
        if (!variables.containsKey("root")) {
            String root = "hd0,gpt" + espNumber();
            variables.put("root", root);
            recorder.assume(
                    "grub-root",
                    root,
                    "the first EFI system partition of the first disk; --grub-variable root=DEVICE gives another");
        }
        boolean secure = shim.map(Shim::secureMode).orElse(secureBoot.get());
        List<NamedFile> files = new ArrayList<>(inputs.grub.files());
        String prefix = variables.getOrDefault(
                "prefix", "(" + variables.get("root") + ")" + image.prefix().orElse(""));
        files.add(new NamedFile(prefix + "/grub.cfg", inputs.grub.config().get()));
        GrubInterpreter interpreter = new GrubInterpreter(
                new GrubMachine(image, secure, files, variables, inputs.grub.devices()), inputs.grub.entry());
        interpreter.run();
        interpreter.notes().forEach(note -> recorder.assume("grub", "as given", note));
        recorder.assume(
                "grub-files",
                "as given",
                "a file that is not given is taken not to be on the disks of grub, and no key to be pressed at its menu");
        if (interpreter.end().isPresent()) {
            NotKnown why = interpreter.end().get();
            notKnown(PCR_TEXT, why.why(), why.input());
            notKnown(PCR_FILE, why.why(), why.input());
            return Optional.empty();
        }
        return Optional.of(interpreter.steps());
    }

    /** Where nothing of grub's own counts, what a kernel measures that grub starts still may depend on it. */
    private void notKnown(int pcr, String why, String input) {
        boolean kernelMeasures = behaviour
                .filter(known -> known.start() == GrubBehaviour.Start.HANDOVER)
                .isEmpty();
        if (!passedOver || pcr == PCR_FILE && kernelMeasures) {
            recorder.unknown(pcr, why, input);
        }
    }

    private int espNumber() {
        if (inputs.disk.isEmpty()) {
            return 1;
        }
        List<GptEntry> entries = GuidPartitionTable.read(inputs.disk.get()).entries();
        for (int i = 0; i < entries.size(); i++) {
            if (entries.get(i).partitionTypeGuid().equals(EFI_SYSTEM_PARTITION)) {
                return i + 1;
            }
        }
        return 1;
    }

    /** Without a word where files are read: in the order of the options, the kernel as the last before its command line. */
    private void withFilesInOrder(List<GrubStep> steps) {
        int at = 0;
        while (at < steps.size()
                && !(steps.get(at) instanceof GrubStep.Text text && text.kind().isKernel())) {
            at++;
        }
        if (at == steps.size() || inputs.grub.files().isEmpty()) {
            return;
        }
        String kernel = ((GrubStep.Text) steps.get(at)).text().split(" ", 2)[0];
        if (inputs.grub.files().stream().noneMatch(file -> file.name().equals(kernel))) {
            throw new IllegalArgumentException("--grub-file: expected one named as the kernel, " + kernel
                    + ", or lines `file: NAME` among the commands");
        }
        boolean before = true;
        for (NamedFile file : inputs.grub.files()) {
            steps.add(before ? at++ : steps.size(), new GrubStep.File(file.name(), Optional.of(file.content())));
            before = before && !file.name().equals(kernel);
        }
    }

    /** The file that is read last before the command line of the kernel. */
    private static int kernelIndex(List<GrubStep> steps) {
        int last = -1;
        int found = -1;
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof GrubStep.File) {
                last = i;
            } else if (steps.get(i) instanceof GrubStep.Text text && text.kind().isKernel()) {
                found = last;
            }
        }
        return found;
    }

    private Optional<Source> content(GrubStep.File file, boolean kernel, boolean initrd) {
        return file.content()
                .or(() -> inputs.grub.files().stream()
                        .filter(given -> given.name().equals(file.name()))
                        .findFirst()
                        .map(NamedFile::content))
                .or(() -> kernel ? inputs.kernel : initrd ? inputs.initrd : Optional.empty());
    }

    /** grub_tpm_verify_string: the text without its NUL. */
    private void text(GrubStep.Text text) {
        byte[] bytes = (text.kind().withNul() ? text.text() + '\0' : text.text()).getBytes(StandardCharsets.UTF_8);
        recorder.add(
                text.kind().prefix() + text.text(),
                Producer.GRUB,
                PCR_TEXT,
                EventType.EV_IPL,
                (text.kind().prefix() + text.text() + '\0').getBytes(StandardCharsets.UTF_8),
                Measured.of(text.text(), bytes),
                new Provenance.Parameter("grub command", text.text()),
                Evidence.BOOT);
    }

    /** grub_tpm_verify_write: a whole file. */
    private void file(String name, Optional<Source> content, boolean forKernel) {
        if (content.isEmpty()) {
            if (passedOver && !forKernel) {
                return;
            }
            notKnown(PCR_FILE, "grub reads " + name + ", which is not given", "--grub-file " + name + "=FILE");
            return;
        }
        recorder.add(
                name,
                Producer.GRUB,
                PCR_FILE,
                EventType.EV_IPL,
                (name + '\0').getBytes(StandardCharsets.UTF_8),
                Measured.of(content.get()),
                Provenance.FileRange.of(content.get()),
                Evidence.BOOT);
    }

    /** PCR 4: the kernel, each time that shim is asked about it or loads it. */
    private void kernel(String name, Optional<Source> kernel) {
        if (kernel.isEmpty()) {
            recorder.unknown(4, "the kernel that grub starts is not given", "--kernel");
            return;
        }
        Optional<Integer> times = times();
        if (times.isEmpty()) {
            return;
        }
        PeImage program = PeImage.read(kernel.get());
        for (int i = 0; i < times.get(); i++) {
            Shim.Admission admission = shim.get().load(name, program, kernel.get(), Shim.Caller.PROTOCOL);
            if (admission == Shim.Admission.UNKNOWN) {
                recorder.unknown(7, "which list of shim or of the firmware allows the kernel is not known", "--vars");
            }
        }
    }

    private Optional<Integer> times() {
        if (inputs.grub.kernelEvents().isPresent()) {
            if (shim.isEmpty() && inputs.grub.kernelEvents().get() > 0) {
                unknownKernel(
                        "what grub without shim measures of a kernel is not known", "--loader with shim before grub");
                return Optional.empty();
            }
            return inputs.grub.kernelEvents();
        }
        if (behaviour.isEmpty()) {
            unknownKernel(
                    image.version()
                            .map(v -> "how often grub " + v + " has a kernel measured is not known")
                            .orElse("the grub does not say its version"),
                    "--grub-kernel-events");
            return Optional.empty();
        }
        if (secureBoot.isEmpty()) {
            unknownKernel(
                    "how often grub has the kernel measured depends on Secure Boot",
                    "--secure-boot, or --firmware with --vars");
            return Optional.empty();
        }
        if (shim.isEmpty()) {
            if (secureBoot.get() || behaviour.get().start() != GrubBehaviour.Start.HANDOVER) {
                unknownKernel("how grub without shim starts a kernel is not known", "--loader with shim before grub");
                return Optional.empty();
            }
            return Optional.of(0);
        }
        boolean secure = shim.get().secureMode();
        if (behaviour.get().start() == GrubBehaviour.Start.PROGRAM_WITH_NUL
                && !shim.get().behaviour().loadsImages()) {
            unknownKernel(
                    "how grub " + image.version().orElse("") + " starts a kernel under a shim before 16 is not known",
                    "--grub-kernel-events");
            return Optional.empty();
        }
        if (!secure && secureBoot.get()) {
            unknownKernel(
                    "how grub starts a kernel when MokSBState turns shim's verification off is not known",
                    "--grub-kernel-events");
            return Optional.empty();
        }
        return Optional.of(
                secure ? behaviour.get().withSecureBoot() : behaviour.get().withoutSecureBoot());
    }

    private void unknownKernel(String why, String input) {
        recorder.unknown(4, why, input);
    }

    /** PCR 9: what the kernel measures by itself, if it starts as an EFI program. */
    private void linux(List<GrubStep> steps, int kernelAt) {
        if (behaviour.isEmpty()) {
            recorder.unknown(
                    9,
                    "whether the kernel measures its command line and initrd depends on the version of grub",
                    "--loader");
            return;
        }
        if (behaviour.get().start() == GrubBehaviour.Start.HANDOVER) {
            return;
        }
        String line = "";
        boolean initrd = false;
        List<Source> parts = new ArrayList<>();
        for (int i = kernelAt + 1; i < steps.size(); i++) {
            GrubStep step = steps.get(i);
            if (step instanceof GrubStep.Text text) {
                if (text.kind().isKernel()) {
                    line = text.text();
                } else {
                    initrd = text.text().startsWith("initrd");
                }
            } else if (step instanceof GrubStep.File file && initrd) {
                content(file, false, true).ifPresent(part -> add(parts, part));
            }
        }
        LinuxEfiStub.record(
                recorder,
                content((GrubStep.File) steps.get(kernelAt), true, false),
                "BOOT_IMAGE=" + line,
                behaviour.get().start() == GrubBehaviour.Start.PROGRAM_WITH_NUL,
                parts.isEmpty() ? Optional.empty() : Optional.of(new Measured.Bytes(parts)),
                new Provenance.Derived(
                        "initrd files, each padded to 4 bytes before the next",
                        parts.stream().<Provenance>map(Provenance.FileRange::of).toList()),
                parts.size() > 1 ? Evidence.SOURCE : Evidence.BOOT);
    }

    /** grub_initrd_load: each file starts at a multiple of 4 bytes. */
    private static void add(List<Source> parts, Source part) {
        long before = parts.stream().mapToLong(Source::length).sum();
        int padding = (int) (-before & 3);
        if (padding > 0) {
            parts.add(Source.of("padding", new byte[padding]));
        }
        parts.add(part);
    }
}
