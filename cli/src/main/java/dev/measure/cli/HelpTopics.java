package dev.measure.cli;

import dev.measure.BehaviourProfile;
import dev.measure.WarningCode;
import dev.measure.snp.CpuModel;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The pages of {@code measure help TOPIC}. What can be printed from the tables of the program is, so that it cannot be stale. */
final class HelpTopics {
    private static final Map<String, Supplier<String>> ALL = all();

    private HelpTopics() {}

    private static Map<String, Supplier<String>> all() {
        Map<String, Supplier<String>> topics = new LinkedHashMap<>();
        topics.put("boot-chain", HelpTopics::bootChain);
        topics.put("exit-codes", HelpTopics::exitCodes);
        topics.put("formats", HelpTopics::formats);
        topics.put("ids", HelpTopics::ids);
        topics.put("lists", HelpTopics::lists);
        topics.put("lock-schema", () -> Version.resource("lock-v1.schema.json"));
        topics.put("manifest", () -> Version.resource("manifest.txt"));
        topics.put("manifest-schema", () -> Version.resource("manifest-v1.schema.json"));
        topics.put("predicate-schema", () -> Version.resource("launch-measurements-v0.1.schema.json"));
        topics.put("profiles", HelpTopics::profiles);
        topics.put("schema", () -> Version.resource("result-v1.schema.json"));
        topics.put("vcpu-types", HelpTopics::vcpuTypes);
        topics.put("warnings", HelpTopics::warnings);
        return topics;
    }

    /** {@return the names of all topics} */
    static Set<String> names() {
        return ALL.keySet();
    }

    /** {@return the page of a topic} */
    static Optional<String> page(String name) {
        return Optional.ofNullable(ALL.get(name)).map(Supplier::get);
    }

    private static String exitCodes() {
        StringBuilder text = new StringBuilder("Exit codes, never reused and never renumbered:\n\n");
        for (ExitCode exit : ExitCode.values()) {
            HelpText.row(text, Integer.toString(exit.status()), exit.meaning());
        }
        return text.toString();
    }

    private static String warnings() {
        StringBuilder text = new StringBuilder("Warning codes; codes are added, never renamed:\n\n");
        for (WarningCode code : WarningCode.values()) {
            HelpText.row(text, code.name(), code.meaning());
        }
        return text.toString();
    }

    private static String profiles() {
        StringBuilder text = new StringBuilder(
                "Behaviour profiles: the ways in which programs measure. The names are the same in options,"
                        + " ids, assumptions and lock files.\n");
        for (BehaviourProfile profile : Profiles.all()) {
            text.append('\n')
                    .append(profile.kind())
                    .append('=')
                    .append(profile.id())
                    .append('\n');
            HelpText.row(text, "changes", profile.changes());
            HelpText.row(text, "known", profile.evidence().text());
            HelpText.row(text, "source", profile.source());
        }
        return text.toString();
    }

    private static String vcpuTypes() {
        StringBuilder text = new StringBuilder("vCPU types and their CPUID signatures, as QEMU names them:\n\n");
        for (CpuModel model : CpuModel.all()) {
            HelpText.row(text, model.name(), String.format(Locale.ROOT, "0x%08x", model.signature()));
        }
        return text.append("""

                The type is the one of -cpu, not the processor of the host. For -cpu host give the host's signature:
                --vcpu-sig 0x00a10f11, or --vcpu-family 25 --vcpu-model 17 --vcpu-stepping 1 (from /proc/cpuinfo).
                """).toString();
    }

    private static String lists() {
        return """
                A LIST is numbers and ranges, or names, separated by commas:

                  --vcpus 1,2,4..16              1, 2 and 4 to 16
                  --vcpu-type EPYC-v4,EPYC-Genoa two names

                Several lists give their cross product: 3 VMMs, 4 vCPU types and 16 vCPU counts are 192 values. They
                are computed in one pass over the firmware, so asking for all at once is much faster than asking for
                each. What stands twice counts once. An option with a LIST may be given several times.
                """;
    }

    private static String bootChain() {
        return """
                What starts before the UKI or kernel is given as --loader, in load order:

                  --loader systemd-bootx64.efi UKI
                  --loader shimx64.efi UKI
                  --loader shimx64.efi --loader systemd-bootx64.efi UKI
                  --loader shimx64.efi --loader grubx64.efi --kernel vmlinuz --initrd initrd.img

                shim (15 to 16.1; the version is in the file, --shim-version says another). PCR 14 and the events that shim adds to
                PCR 7 come from the certificates and revocations inside the file and from the machine's variables: MokList,
                MokListX, MokListTrusted, MokSBState, MokDBState, MokPolicy, SbatLevel, SbatPolicy, db and dbx. They are read from
                --vars; without it a store without any of shim's variables is assumed for PCR 14. Signatures and revocations are checked as
                shim does: what it would refuse is not launchable. Files beside shim (shim_certificate*.efi,
                revocations*.efi) are assumed not to be there.

                grub (Debian's and Red Hat's; measure help profiles). PCR 4 has the kernel as often as grub has it measured; for
                another grub --grub-kernel-events N says how often. PCRs 8 and 9 follow from its scripts:

                  --grub-config grub.cfg         the file that grub reads first, grub.cfg in the folder of its prefix
                  --grub-file NAME=FILE          every other file that it reads, as it spells the name: (hd0,gpt2)/boot/grub/grub.cfg,
                                                 (hd0,gpt2)/boot/grub/grubenv, /vmlinuz; kernel and initrd may be --kernel, --initrd
                  --grub-device UUID=hd0,gpt2    where it finds what it searches for
                  --grub-entry ENTRY             the menu entry, if not the default one

                The scripts are run up to the start of the kernel. The first command or condition that the inputs do not
                decide makes PCRs 8 and 9 not predictable, with its place and the option to give. Then, or for a whole
                machine, the commands can be given as they stand in a log of the machine:

                  --grub-commands FILE           lines `grub_cmd: ...`, `kernel_cmdline: ...` and `file: NAME`

                or the two registers taken from the log, as evidence: --from-eventlog LOG.
                """;
    }

    private static String formats() {
        return """
                --format text    one value: the bare lower-case hex digest. Several: `ID  VALUE`, one line each.
                --format hex     the same.
                --format base64  the same, with base64 of the digest's bytes (not of its hex text).
                --format json    everything, by the schema measure/result/v1: measure help schema. Short: --json.
                --json=short     the same on one line.
                --format yaml    the same as YAML.

                Values go to standard output, or to the file of -o. Headings, assumptions, warnings, traces and errors
                go to standard error; -q leaves only errors. The same inputs and version give the same bytes.
                """;
    }

    private static String ids() {
        return """
                The id of a value is REGISTER/key=value/...: each register has a fixed list of keys in a fixed order,
                and every key is always there, so an id never changes because more values are asked for. What is not a
                letter, a digit or one of . _ ~ - : , + is percent-encoded.

                  snp    fw, vmm, cpu, features, vcpus, hashes, rules
                  mrtd   fw, order
                  rtmr0, rtmr1, rtmr2, rtmr3   fw, edk2, vmm, memory, vcpus, profile, fwid, phase, variant
                  pcr0 .. pcr23   bank, profile, fwid, phase, variant

                  fw        efifw:ID for firmware inside an f-UKI, else file:NAME, without folders
                  vmm       a behaviour profile: measure help profiles
                  cpu       the vCPU type or signature; none if none was given (EC2 and GCE need none)
                  features  SEV_FEATURES, hexadecimal
                  vcpus     the number of vCPUs at launch
                  order     page or section: how the VMM adds and measures pages
                  hashes    none, or the first 12 hex digits of the SHA-256 of the kernel-hash table
                  rules     raw for a firmware image; for an IGVM file who loads it: qemu, hyperv, igvmmeasure, ...
                  bank      sha1, sha256, sha384, sha512 or sm3_256
                  profile   the number of the profile of the UKI that boots
                  fwid      the firmware that the stub selects, or none
                  phase     the point in time: none when the kernel starts, or words of systemd joined by colons
                  variant   only, or the name of one of several right values, of which a check takes any: exit-boot-retry,
                            cpu-amd-40, stub-257.13, a name of --variant; several that count are joined by +
                """;
    }
}
