package dev.measure.cli;

import dev.measure.Assumption;
import dev.measure.MalformedInputException;
import dev.measure.Register;
import dev.measure.Source;
import dev.measure.ValueId;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.IgvmDescriptor;
import dev.measure.igvm.IgvmDataType;
import dev.measure.igvm.IgvmFile;
import dev.measure.igvm.IgvmWriter;
import dev.measure.snp.CpuModel;
import dev.measure.snp.IgvmLaunch;
import dev.measure.snp.IgvmLaunchDigest;
import dev.measure.snp.IgvmRules;
import dev.measure.snp.IgvmSecureBoot;
import dev.measure.snp.SnpGuest;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Predicts the launch digest of a firmware together with the Secure Boot keys, shim and kernel that it finds in its memory: the
 * firmware is wrapped into an IGVM file with them ({@link IgvmSecureBoot}), and that file is measured.
 */
final class SecureBootValues {
    private static final Register SNP = new Register.LaunchDigest(Register.Launch.SNP);

    private static final Map<IgvmDataType, String> OPTIONS = options();

    private final Call call;
    private final Result result;
    private final SnpRequest request;
    private final List<IgvmRules> rules;
    private final Map<IgvmDataType, Source> data = new EnumMap<>(IgvmDataType.class);
    private final List<String> arguments = new ArrayList<>();
    private final long address;

    SecureBootValues(Call call, SnpRequest request, Result result) {
        this.call = call;
        this.request = request;
        this.result = result;
        this.rules = IgvmValues.rules(call);
        for (String option : List.of("--native-zero", "--check-kvm")) {
            if (call.has(option)) {
                throw Complaint.usage(option + " does not go with Secure Boot keys", "leave it out");
            }
        }
        if (rules.contains(IgvmRules.CLOUD_HYPERVISOR)) {
            throw Complaint.usage(
                    "--igvm-rules cloud-hypervisor: firmware with Secure Boot keys is wrapped for QEMU", "");
        }
        OPTIONS.forEach((type, option) -> call.value(option).ifPresent(name -> {
            data.put(type, call.inputs().open(name));
            arguments.addAll(List.of(option, name));
        }));
        List<String> missing = OPTIONS.entrySet().stream()
                .filter(option -> option.getKey().isKey() && !data.containsKey(option.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        if (missing.size() % 4 != 0) {
            throw Complaint.usage(
                    "edk2 enrols Secure Boot keys only if PK, KEK, db and dbx are all there",
                    "give also " + String.join(", ", missing));
        }
        this.address =
                call.value("--igvm-address").map(SecureBootValues::address).orElse(IgvmSecureBoot.DEFAULT_ADDRESS);
        call.value("--igvm-address").ifPresent(text -> arguments.addAll(List.of("--igvm-address", text)));
    }

    private static Map<IgvmDataType, String> options() {
        Map<IgvmDataType, String> options = new EnumMap<>(IgvmDataType.class);
        for (IgvmDataType type : IgvmDataType.values()) {
            options.put(type, type == IgvmDataType.KERNEL ? "--igvm-kernel" : "--" + type.id());
        }
        return options;
    }

    /** {@return the options, in a group} */
    static Options.Group group() {
        return new Options.Group(
                "Secure Boot keys, shim and kernel in measured memory (the firmware is wrapped into an IGVM file with them)",
                Options.value("FILE", "platform key, as an authenticated variable (.auth)", "--pk", "--PK"),
                Options.value("FILE", "key exchange keys, likewise; all four keys or none", "--kek", "--KEK"),
                Options.value("FILE", "what may run, likewise", "--db"),
                Options.value("FILE", "what may not run, likewise", "--dbx"),
                Options.value("FILE", "shim that the firmware starts", "--shim"),
                Options.value("FILE", "UKI or kernel that is started then, instead of the VMM's", "--igvm-kernel"),
                Options.value(
                        "ADDRESS",
                        "where they lie in the guest's memory, in this order, each from the next page on (default "
                                + hex(IgvmSecureBoot.DEFAULT_ADDRESS) + ")",
                        "--igvm-address"),
                Options.value("FILE", "write the IGVM file that was measured, for the VMM", "--write-igvm"));
    }

    /** {@return whether the command line asks for such a launch} */
    static boolean isAskedFor(Call call) {
        Optional<String> given = OPTIONS.values().stream().filter(call::has).findFirst();
        if (given.isEmpty()) {
            for (String option : List.of("--igvm-address", "--write-igvm")) {
                if (call.has(option)) {
                    throw Complaint.usage(
                            option + " without anything to put into the file",
                            "give --pk, --kek, --db and --dbx, or --shim, or --igvm-kernel");
                }
            }
            return false;
        }
        for (String option : List.of(
                "--vmm",
                "--metadata",
                "--kernel",
                "--kernel-hash",
                "--snp-ovmf-hash",
                "--dump-vmsa",
                "--product",
                "--vmsa-gpa")) {
            if (call.has(option)) {
                throw Complaint.usage(
                        option + " does not go with " + given.get()
                                + ": the firmware is wrapped into an IGVM file for QEMU",
                        option.startsWith("--kernel") ? "--igvm-kernel puts a kernel into the file" : "leave it out");
            }
        }
        return true;
    }

    private static long address(String text) {
        long address = SnpRequest.number("--igvm-address", text, 0xffff_ffffL);
        if (address % 4096 != 0) {
            throw Complaint.usage("--igvm-address must be a multiple of 4096, got " + text, "");
        }
        return address;
    }

    private static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }

    /** {@return how many values are asked for} */
    int asked(List<LaunchTarget> targets) {
        return targets.size() * request.guests().size() * rules.size();
    }

    /** Adds the values of firmwares, and the reasons of those that there are not. */
    void add(List<LaunchTarget> targets) {
        data.forEach((type, source) -> result.input("igvm-" + type.id(), source));
        if (call.has("--write-igvm") && targets.size() * request.guests().size() != 1) {
            throw Complaint.usage(
                    "--write-igvm: several files are asked for", "choose one with --fwid, and give one guest");
        }
        for (LaunchTarget target : targets) {
            String subject = targets.size() == 1 ? "" : target.fw() + ": ";
            for (SnpGuest guest : request.guests()) {
                try {
                    add(target, guest, subject);
                } catch (MalformedInputException e) {
                    if (subject.isEmpty()) {
                        throw e;
                    }
                    refuse(target, guest, ExitCode.MALFORMED, e.getMessage(), e.hint());
                }
            }
        }
        if (!result.values().isEmpty()) {
            result.assumption(new Assumption(
                    "igvm-address",
                    hex(address),
                    "edk2 leaves address and order to whoever makes the file, and another choice gives another digest;"
                            + " --write-igvm writes this one"));
            if (!call.has("--igvm-rules")) {
                result.assumption(new Assumption("igvm-rules", "qemu", "default; QEMU from 10.1 on KVM"));
            }
        }
    }

    private void add(LaunchTarget target, SnpGuest guest, String subject) {
        if (target.obstacle().isPresent()) {
            refuse(target, guest, ExitCode.NOT_LAUNCHABLE, target.obstacle().get(), "");
            return;
        }
        if (IgvmFile.isIgvm(target.image())) {
            refuse(
                    target,
                    guest,
                    ExitCode.NOT_LAUNCHABLE,
                    target.image().name() + ": expected a firmware to wrap, found an IGVM file",
                    "give the OVMF image that was wrapped into it");
            return;
        }
        Firmware firmware = Firmware.read(target.image(), call.common().strictness());
        if (IgvmDescriptor.find(firmware).isEmpty()) {
            refuse(
                    target,
                    guest,
                    ExitCode.NOT_LAUNCHABLE,
                    target.image().name() + ": expected a firmware with an IGVM descriptor, found none in its table",
                    "take an OVMF build from edk2 of 2026 or later: older ones do not look for keys in memory");
            return;
        }
        IgvmFile file = file(target, firmware, guest);
        for (IgvmRules each : rules) {
            Map<String, String> keys = keys(target, guest, each);
            new Answers(result)
                    .add(
                            new Answers.Question(
                                    ValueId.of(SNP.id(), keys),
                                    parameters(guest, each),
                                    () -> command(target, guest, each),
                                    subject,
                                    ""),
                            IgvmLaunchDigest.of(new IgvmLaunch(
                                    file,
                                    each,
                                    Optional.of(guest.vcpus()),
                                    Optional.empty(),
                                    call.common().strictness(),
                                    false,
                                    false)));
        }
        call.value("--write-igvm").ifPresent(name -> write(name, file));
    }

    private IgvmFile file(LaunchTarget target, Firmware firmware, SnpGuest guest) {
        try {
            return new IgvmSecureBoot(firmware, data, address, guest, IgvmSecureBoot.DEFAULT_POLICY)
                    .file(target.image().name());
        } catch (IllegalArgumentException e) {
            throw Complaint.usage(e.getMessage(), "their place is --igvm-address");
        }
    }

    private void write(String name, IgvmFile file) {
        try (OutputStream out =
                new BufferedOutputStream(Files.newOutputStream(call.inputs().path(name)))) {
            IgvmWriter.write(file, out);
        } catch (IOException e) {
            throw new Complaint(ExitCode.MALFORMED, name + ": cannot be written: " + Inputs.whyNotWritten(e), "");
        }
    }

    private void refuse(LaunchTarget target, SnpGuest guest, ExitCode exit, String why, String hint) {
        for (IgvmRules each : rules) {
            result.refusal(new Result.Refusal(ValueId.of(SNP.id(), keys(target, guest, each)), SNP, exit, why, hint));
        }
    }

    private static Map<String, String> keys(LaunchTarget target, SnpGuest guest, IgvmRules each) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("fw", target.fw());
        keys.put("vmm", IgvmValues.vmm(each));
        keys.put("cpu", guest.cpu().name());
        keys.put("features", guest.features().hex());
        keys.put("vcpus", Integer.toString(guest.vcpus()));
        keys.put("hashes", "none");
        keys.put("rules", each.id());
        return keys;
    }

    private Map<String, Object> parameters(SnpGuest guest, IgvmRules each) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("vmm", IgvmValues.vmm(each));
        parameters.put("vcpuType", guest.cpu().name());
        parameters.put("guestFeatures", guest.features().hex());
        parameters.put("vcpus", guest.vcpus());
        parameters.put("igvmRules", each.id());
        parameters.put("igvmAddress", hex(address));
        parameters.put("igvmData", data.keySet().stream().map(IgvmDataType::id).collect(Collectors.joining("+")));
        return parameters;
    }

    private String command(LaunchTarget target, SnpGuest guest, IgvmRules each) {
        List<String> words = new ArrayList<>(List.of("measure", "snp"));
        words.addAll(target.arguments());
        words.addAll(arguments);
        CpuModel cpu = guest.cpu();
        words.addAll(List.of(cpu.name().startsWith("0x") ? "--vcpu-sig" : "--vcpu-type", cpu.name()));
        words.addAll(List.of("--guest-features", guest.features().hex()));
        words.addAll(List.of("--vcpus", Integer.toString(guest.vcpus())));
        words.addAll(List.of("--igvm-rules", each.id()));
        return Shell.line(words);
    }
}
