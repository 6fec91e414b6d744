package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.Source;
import dev.measure.snp.AmdProduct;
import dev.measure.snp.CpuModel;
import dev.measure.snp.KernelHashes;
import dev.measure.snp.SevFeatures;
import dev.measure.snp.SnpGuest;
import dev.measure.snp.SnpLaunch;
import dev.measure.snp.Vmm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What an SEV-SNP launch digest is asked for: the options of {@code measure snp} that {@code measure fuki} takes too.
 *
 * @param guests the cross product of all lists, with the last list running fastest
 * @param kernel the files and the text whose hashes are measured, with their hashes
 * @param firmwareDigest the launch digest after the firmware's pages, if it is given instead of computed
 * @param vmsaGpa the guest-physical address of every VMSA
 * @param assumptions what nobody said
 */
record SnpRequest(
        List<SnpGuest> guests,
        Optional<Kernel> kernel,
        Optional<Digest> firmwareDigest,
        long vmsaGpa,
        List<Assumption> assumptions) {
    /** As many as a lock file can hold: {@link dev.measure.golden.GoldenValues#MAX_FILE}. */
    private static final int MOST_GUESTS = 200_000;

    /** Names that other VMMs have in the contract, although they launch no OVMF. */
    private static final List<String> OTHER_VMMS = List.of("hyperv");

    /**
     * A kernel that the VMM starts, as it was given.
     *
     * @param hashes its hashes
     * @param files role and bytes of each file
     * @param arguments the options that name it
     */
    record Kernel(KernelHashes hashes, Map<String, Source> files, List<String> arguments) {}

    /** {@return the VMMs that launch firmware by its SEV metadata} */
    static List<Vmm> vmms() {
        return Vmm.all().stream().filter(Vmm::launchesOvmf).toList();
    }

    /** {@return the options, in groups} */
    static List<Options.Group> groups() {
        List<String> models = CpuModel.all().stream().map(CpuModel::name).toList();
        List<String> vmms = vmms().stream().map(Vmm::id).toList();
        return List.of(
                new Options.Group(
                        "Guest",
                        Options.list("how many vCPUs exist at launch, 1..512", List.of(), "--vcpus"),
                        Options.list("QEMU's name of the vCPU model", models, "--vcpu-type", "--cpu"),
                        Options.list(
                                "CPUID signature of the vCPU model instead, such as 0x00800f12",
                                List.of(),
                                "--vcpu-sig"),
                        Options.value("N", "or its family, 0..270,", "--vcpu-family"),
                        Options.value("N", "with its model, 0..255,", "--vcpu-model"),
                        Options.value("N", "and its stepping, 0..15", "--vcpu-stepping"),
                        Options.list(
                                "VMM: " + String.join(", ", vmms) + " (default qemu); see: measure help profiles",
                                vmms,
                                "--vmm",
                                "--vmm-type"),
                        Options.list(
                                "SEV_FEATURES: numbers, or names joined by + (default 0x1)",
                                SevFeatures.allNames(),
                                "--guest-features")),
                new Options.Group(
                        "Kernel given to the VMM (kernel-hashes=on)",
                        Options.value("FILE", "kernel; a UKI counts as one", "--kernel"),
                        Options.value("FILE", "initrd", "--initrd"),
                        Options.value(
                                "TEXT",
                                "kernel command line; @FILE takes it from a file, byte for byte",
                                "--append",
                                "--cmdline"),
                        Options.value("HEX", "SHA-256 of the kernel, instead of the file", "--kernel-hash"),
                        Options.value("HEX", "SHA-256 of the initrd, instead of the file", "--initrd-hash"),
                        Options.value(
                                "HEX",
                                "SHA-256 of the command line with one final NUL, instead of the text",
                                "--cmdline-hash")),
                new Options.Group(
                        "Address of the VMSA pages (default: 48 bits, as KVM has it)",
                        Options.choice(
                                "PRODUCT",
                                Arrays.stream(AmdProduct.values())
                                        .map(AmdProduct::id)
                                        .toList(),
                                "the last page of the product's guest-physical addresses, as on GCE: milan (48 bits) or"
                                        + " genoa (52 bits)",
                                "--product"),
                        Options.value("ADDRESS", "this address, a multiple of 4096", "--vmsa-gpa")),
                new Options.Group(
                        "Firmware digest",
                        Options.value(
                                "HEX",
                                "launch digest after the firmware's pages, taken instead of hashing them",
                                "--snp-ovmf-hash",
                                "--ovmf-hash")),
                IgvmValues.group());
    }

    /**
     * {@return what the command line asks for}
     *
     * @param call the command line
     * @param guess whether vCPU count and type have defaults, which are then assumptions
     */
    static SnpRequest of(Call call, boolean guess) {
        List<Assumption> assumptions = new ArrayList<>();
        List<Vmm> vmms = vmms(call, assumptions);
        List<CpuModel> cpus = cpus(call, vmms, guess, assumptions);
        List<SevFeatures> features = features(call, assumptions);
        List<Integer> vcpus = vcpus(call, guess, assumptions);
        bounded(List.of(vmms.size(), cpus.size(), features.size(), vcpus.size()));
        List<SnpGuest> guests = new ArrayList<>();
        for (Vmm vmm : vmms) {
            for (CpuModel cpu : cpus) {
                for (SevFeatures bits : features) {
                    for (int count : vcpus) {
                        guests.add(new SnpGuest(vmm, count, cpu, bits));
                    }
                }
            }
        }
        return new SnpRequest(guests, KernelOptions.of(call), firmwareDigest(call), vmsaGpa(call), assumptions);
    }

    /** Lists multiply; their product is bounded before anything is measured. */
    private static void bounded(List<Integer> sizes) {
        long guests = 1;
        for (int size : sizes) {
            guests *= size; // each is far below 2^20, and what is above the limit once stays above it
            if (guests > MOST_GUESTS) {
                throw Complaint.usage(
                        "the lists of VMMs, vCPU types, guest features and vCPU counts give more than " + MOST_GUESTS
                                + " guests",
                        "ask for fewer at once");
            }
        }
    }

    private static List<Vmm> vmms(Call call, List<Assumption> assumptions) {
        if (!call.has("--vmm")) {
            assumptions.add(new Assumption("vmm", "qemu", "default; QEMU on a host kernel from 6.10"));
            return List.of(Vmm.QEMU);
        }
        List<String> known = vmms().stream().map(Vmm::id).toList();
        List<Vmm> vmms = new ArrayList<>();
        for (String name : Lists.names("--vmm", call.values("--vmm"))) {
            if (OTHER_VMMS.contains(name)) {
                throw new Complaint(
                        ExitCode.NOT_LAUNCHABLE,
                        "VMM '" + name + "' is not supported: it does not launch OVMF by its SEV metadata",
                        "all: " + String.join(", ", known));
            }
            Vmm vmm = Lists.known(Vmm::parse, name, known, "unknown VMM", "measure snp --list-vmms");
            if (!vmms.contains(vmm)) {
                vmms.add(vmm);
            }
        }
        return vmms;
    }

    /** {@return whether a vCPU model is given} */
    static boolean namesCpu(Call call) {
        return call.has("--vcpu-type")
                || call.has("--vcpu-sig")
                || call.has("--vcpu-family")
                || call.has("--vcpu-model")
                || call.has("--vcpu-stepping");
    }

    static List<CpuModel> cpus(Call call, List<Vmm> vmms, boolean guess, List<Assumption> assumptions) {
        boolean numbers = call.has("--vcpu-family") || call.has("--vcpu-model") || call.has("--vcpu-stepping");
        int ways = (call.has("--vcpu-type") ? 1 : 0) + (call.has("--vcpu-sig") ? 1 : 0) + (numbers ? 1 : 0);
        if (ways > 1) {
            throw Complaint.usage(
                    "the vCPU model is given in more than one way",
                    "keep one of --vcpu-type, --vcpu-sig, and --vcpu-family with --vcpu-model and --vcpu-stepping");
        }
        if (call.has("--vcpu-type")) {
            List<String> known = CpuModel.all().stream().map(CpuModel::name).toList();
            List<CpuModel> cpus = new ArrayList<>();
            for (String name : Lists.names("--vcpu-type", call.values("--vcpu-type"))) {
                CpuModel cpu =
                        Lists.known(CpuModel::parse, name, known, "unknown vCPU type", "measure snp --list-vcpu-types");
                if (!cpus.contains(cpu)) {
                    cpus.add(cpu);
                }
            }
            return cpus;
        }
        if (call.has("--vcpu-sig")) {
            List<CpuModel> cpus = new ArrayList<>();
            for (String text : Lists.names("--vcpu-sig", call.values("--vcpu-sig"))) {
                CpuModel cpu = sane(() -> CpuModel.ofSignature(number("--vcpu-sig", text, 0xffff_ffffL)));
                if (!cpus.contains(cpu)) {
                    cpus.add(cpu);
                }
            }
            return cpus;
        }
        if (numbers) {
            return List.of(CpuModel.of(
                    part(call, "--vcpu-family", 270),
                    part(call, "--vcpu-model", 255),
                    part(call, "--vcpu-stepping", 15)));
        }
        if (vmms.stream().noneMatch(Vmm::measuresCpuSignature)) {
            return List.of(CpuModel.NONE);
        }
        if (guess) {
            assumptions.add(
                    new Assumption("vcpu-type", "EPYC-v4", "default; QEMU puts the model's signature into every VMSA"));
            return List.of(CpuModel.parse("EPYC-v4"));
        }
        throw Complaint.usage(
                "--vcpu-type is missing: QEMU puts the signature of the vCPU model into the launch digest",
                "give --vcpu-type, or --vcpu-sig, or --vcpu-family with --vcpu-model and --vcpu-stepping; all:"
                        + " measure snp --list-vcpu-types");
    }

    private static int part(Call call, String option, int most) {
        String text = call.value(option)
                .orElseThrow(() -> Complaint.usage(
                        option + " is missing", "--vcpu-family, --vcpu-model and --vcpu-stepping go together"));
        return (int) number(option, text, most);
    }

    private static List<SevFeatures> features(Call call, List<Assumption> assumptions) {
        if (!call.has("--guest-features")) {
            assumptions.add(new Assumption("guest-features", "0x1", "default; host kernel without DebugSwap"));
            return List.of(SevFeatures.SNP_ACTIVE);
        }
        List<SevFeatures> all = new ArrayList<>();
        for (String text : Lists.names("--guest-features", call.values("--guest-features"))) {
            SevFeatures features;
            try {
                features = SevFeatures.parse(text);
            } catch (IllegalArgumentException e) {
                List<String> known = SevFeatures.allNames();
                String wrong = Arrays.stream(text.split("[+|]"))
                        .map(String::strip)
                        .filter(name -> known.stream().noneMatch(name::equalsIgnoreCase))
                        .findFirst()
                        .orElse(text);
                throw Complaint.usage(
                        e.getMessage(), Suggestion.didYouMean(wrong, known) + "names: " + String.join(", ", known));
            }
            if (!all.contains(features)) {
                all.add(features);
            }
        }
        return all;
    }

    static List<Integer> vcpus(Call call, boolean guess, List<Assumption> assumptions) {
        if (call.has("--vcpus")) {
            return Lists.numbers("--vcpus", call.values("--vcpus"), 1, SnpGuest.MAX_VCPUS);
        }
        if (guess) {
            assumptions.add(new Assumption("vcpus", "1", "default; every vCPU adds a page to the launch digest"));
            return List.of(1);
        }
        throw Complaint.usage(
                "--vcpus is missing: every vCPU adds a page to the launch digest",
                "give a number or a list such as 1,2,4..16");
    }

    private static long vmsaGpa(Call call) {
        Optional<String> address = call.value("--vmsa-gpa");
        Optional<String> product = call.value("--product");
        if (address.isPresent() && product.isPresent()) {
            throw Complaint.usage("both --product and --vmsa-gpa are given", "keep one of them");
        }
        if (product.isPresent()) {
            List<String> known =
                    Arrays.stream(AmdProduct.values()).map(AmdProduct::id).toList();
            try {
                return AmdProduct.parse(product.get()).vmsaGpa();
            } catch (IllegalArgumentException e) {
                throw Complaint.usage(
                        e.getMessage(),
                        Suggestion.didYouMean(product.get(), known) + "all: " + String.join(", ", known)
                                + "; no tool knows the width of other products: give --vmsa-gpa");
            }
        }
        if (address.isEmpty()) {
            return SnpLaunch.KVM_VMSA_GPA;
        }
        long gpa = number("--vmsa-gpa", address.get(), (1L << 52) - 1);
        if (gpa % 4096 != 0) {
            throw Complaint.usage("--vmsa-gpa must be a multiple of 4096, got " + address.get(), "");
        }
        return gpa;
    }

    private static Optional<Digest> firmwareDigest(Call call) {
        return call.value("--snp-ovmf-hash").map(hex -> {
            try {
                return Digest.parse(DigestAlgorithm.SHA384, hex);
            } catch (IllegalArgumentException e) {
                throw Complaint.usage("--snp-ovmf-hash: " + e.getMessage(), "it has 96 hexadecimal digits");
            }
        });
    }

    /** A whole number, decimal or with 0x. */
    static long number(String option, String text, long most) {
        try {
            long number = Long.decode(text.matches("0[0-9]+") ? text.replaceFirst("^0+(?=.)", "") : text);
            if (number >= 0 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            if (!text.matches("-?[0-9]+")) {
                throw Complaint.usage(
                        option + ": expected a number, got '" + text + "'", "decimal, or hexadecimal with 0x");
            }
        }
        throw Complaint.usage(option + " must be 0.." + most + ", got " + text, "");
    }

    private static <T> T sane(Supplier<T> parser) {
        try {
            return parser.get();
        } catch (IllegalArgumentException e) {
            throw Complaint.usage(e.getMessage(), "");
        }
    }
}
