package dev.measure.tdx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.measure.BehaviourProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * STACKS.md says what the registries say. To write it anew, run this test with {@code -Dmeasure.write=true}; a change of it is a
 * change of computed values.
 */
final class StacksTest {
    private static final Path FILE = Path.of("STACKS.md");

    @Test
    void theTableIsThatOfTheRegistries() throws IOException {
        if (Boolean.getBoolean("measure.write")) {
            Files.writeString(FILE, text());
        }
        assertEquals(text(), Files.readString(FILE).replace("\r\n", "\n"));
    }

    private static String text() {
        StringBuilder text = new StringBuilder();
        text.append("# Which stack measures how\n\n");
        text.append(
                "Made from the registries of behaviour profiles by `StacksTest`. Evidence is hardware (a quote), boot, peer (an\n");
        text.append("independent calculator) or source (read only).\n\n");
        text.append("## MRTD, by what builds the trust domain: `--vmm`, or `--qemu-version`\n\n");
        text.append("| profile | order of pages | evidence | source |\n|---|---|---|---|\n");
        for (TdxVmm vmm : TdxVmm.values()) {
            row(text, vmm, vmm.order().map(MrtdOrder::id).orElse("not known: both"));
        }
        text.append("\n## RTMR0 to RTMR2, by generation of EDK2: `--edk2`\n\n");
        text.append("| profile | what it measures | evidence | source |\n|---|---|---|---|\n");
        for (Edk2Generation edk2 : Edk2Generation.all()) {
            row(text, edk2, edk2.changes());
        }
        text.append(
                "\nRTMR1 of a direct boot holds the kernel as QEMU has changed its setup header, but the file as it is from QEMU 10.2\n");
        text.append(
                "on, and from 10.0 on where the generation prefers the unpatched kernel. dstack's firmware from 0.6.0 on\n");
        text.append(
                "(kernel_header_normalized in metadata.json) writes the header itself, as QEMU before 10.2 does for 4 GiB.\n");
        text.append("\n");
        text.append(
                "What runs after the firmware gets into RTMRs only if it asks for EFI_CC_MEASUREMENT_PROTOCOL: shim from 15.7 on, systemd-boot and\n");
        text.append(
                "systemd-stub from 256 on (tagged events from 261 on), Linux from 6.9 on or with a backport, which holds the protocol's GUID. GRUB's\n");
        text.append(
                "module tpm does since 2.12 and in some older packages, but from 2.12 up to 2.14 it measures only where there is a TPM, too, which\n");
        text.append(
                "is told by its code: that of Debian 12 never measures, that of Debian 13 with a TPM, that of Debian testing always.\n");
        text.append("\n## Stacks that are in use\n\n");
        text.append(
                "Distributions change packages under a version; what a quote or a log says is worth more than this table.\n\n");
        text.append("| stack | QEMU or VMM | host kernel | guest firmware | profiles | order of MRTD | source |\n");
        text.append("|---|---|---|---|---|---|---|\n");
        for (Stack stack : STACKS) {
            text.append("| ").append(stack.name()).append(" | ");
            text.append(stack.vmmVersion()).append(" | ");
            text.append(stack.kernel()).append(" | ");
            text.append(stack.firmware()).append(" | ");
            List<String> profiles = new ArrayList<>();
            stack.vmm().ifPresent(vmm -> profiles.add("tdx-vmm=" + vmm.id()));
            stack.edk2()
                    .ifPresent(tag -> profiles.add(
                            "edk2=" + Edk2Generation.of(tag).orElseThrow().id()));
            text.append(String.join(", ", profiles)).append(" | ");
            text.append(stack.vmm()
                    .map(vmm -> vmm.order().map(MrtdOrder::id).orElse("not known: both"))
                    .orElse("the VMM's"));
            text.append(" | ").append(stack.source()).append(" |\n");
        }
        text.append(PUBLISHED);
        return text.toString();
    }

    private static final String PUBLISHED = """

            ## Values that others have published

            Tests reproduce what can be computed from files that can be had: the RTMRs of both hardware quotes of dstack's fixtures (their
            firmware is not among them, its MRTD is), the seven TD HOB digests that hardware reported, the digests of events that never
            change, and MRTD in every order, as other programs give it. Of these published values the inputs are in no package of Debian and in no public repository that
            was found, so they are compared with nothing:

            | value | begins with | what is missing |
            |---|---|---|
            | MRTD in page order of Ubuntu's ovmf 2025.02-3ubuntu2 (virtee/tdx-measure) | 7357a10d | OVMF.fd, SHA-256 9e807cb2... |
            | RTMR0 of its cases runtime-capture and canonical-defaults | a2749c84, e1cf95c7 | the same, and the tables of the guest |
            | dstack 0.5.5, 1 vCPU, 2 GiB (dstack-mr tests) | f06dfda6 | the image |
            | MRTD on a B200 host (confidential-os-builder) | 9309eaae | OVMF.inteltdx.fd of KubeVirt 1.9.0-beta.0 |
            | both MRTDs of td-shim issue 740 | 3491d438, 91eb2b44 | Canonical's OVMF for noble |
            | ACPI digests of Contrast, Kata 4.0 | a98ebc08 | the QEMU that it builds |
            """;

    private record Stack(
            String name,
            String vmmVersion,
            String kernel,
            String firmware,
            Optional<TdxVmm> vmm,
            Optional<String> edk2,
            String source) {}

    private static final List<Stack> STACKS = List.of(
            new Stack(
                    "Intel's first trees",
                    "QEMU 7.2 (MVP), 8.1.0",
                    "Intel trees before KVM series v19",
                    "TDVF of the time",
                    Optional.of(TdxVmm.ofQemu("7.2")),
                    Optional.empty(),
                    "td-shim issue 683, intel-staging/qemu-tdx issue 1"),
            new Stack(
                    "qemu-tdx-upstream-v5",
                    "QEMU 8.2.50",
                    "KVM series v19, out of tree",
                    "any",
                    Optional.of(TdxVmm.ofQemu("8.2.50")),
                    Optional.empty(),
                    "intel-staging/qemu-tdx issue 1, td-shim issue 683"),
            new Stack(
                    "Ubuntu 23.10 with Canonical's TDX",
                    "QEMU 8.0",
                    "Intel tree",
                    "not known",
                    Optional.of(TdxVmm.ofQemu("8.0.4")),
                    Optional.empty(),
                    "sources contradict each other: see qemu-8.0"),
            new Stack(
                    "Ubuntu 24.04 with Canonical's TDX",
                    "QEMU 8.2.2+tdx",
                    "6.8-intel",
                    "OVMF 2024.02",
                    Optional.of(TdxVmm.ofQemu("8.2.2")),
                    Optional.of("202402"),
                    "quote of dstack's fixture tdx-lite (order; its firmware is dstack's own); td-shim issue 740"),
            new Stack(
                    "Ubuntu 25.04 with Canonical's TDX",
                    "QEMU 9.2.1+tdx2.0",
                    "distribution's, out-of-tree KVM",
                    "OVMF 2025.02",
                    Optional.of(TdxVmm.ofQemu("9.2.1")),
                    Optional.of("202502"),
                    "virtee/tdx-measure, pins of its container"),
            new Stack(
                    "Ubuntu 25.10",
                    "QEMU 10.1",
                    "6.16 or later (KVM_TDX_INIT_MEM_REGION)",
                    "OVMF 2025.02",
                    Optional.of(TdxVmm.ofQemu("10.1")),
                    Optional.of("202502"),
                    "virtee/tdx-measure's fixtures (MRTD 7357a10d)"),
            new Stack(
                    "Ubuntu 26.04",
                    "QEMU 10.2.1",
                    "6.16 or later",
                    "OVMF 2025.05 or later",
                    Optional.of(TdxVmm.ofQemu("10.2.1")),
                    Optional.of("202505"),
                    "virtee/tdx-measure, pins of its container; a live TD's tables in its fixture runtime-capture"),
            new Stack(
                    "Debian 12 guest firmware",
                    "any",
                    "any",
                    "OVMF 2022.11",
                    Optional.empty(),
                    Optional.of("202211"),
                    "Debian's packages; QEMU 7.2 there starts no TD"),
            new Stack(
                    "Debian 13 guest firmware",
                    "any",
                    "any",
                    "OVMF 2025.02",
                    Optional.empty(),
                    Optional.of("202502"),
                    "Debian's packages; QEMU 10.0 there starts no TD"),
            new Stack(
                    "Debian testing guest firmware",
                    "any",
                    "any",
                    "OVMF 2026.08",
                    Optional.empty(),
                    Optional.of("202605"),
                    "Debian's packages"),
            new Stack(
                    "dstack",
                    "dstack-qemu 9.2.1; 8.2.2 of Ubuntu 24.04",
                    "host's",
                    "dstack's OVMF, called pre202505",
                    Optional.of(TdxVmm.ofQemu("9.2.1")),
                    Optional.of("202411"),
                    "quotes of dstack's fixtures quote-report and tdx-lite"),
            new Stack(
                    "Contrast",
                    "QEMU 10.1",
                    "6.16 or later",
                    "own OVMF of 2025-12",
                    Optional.of(TdxVmm.ofQemu("10.1")),
                    Optional.of("202511"),
                    "contrast pull requests 1977 and 1991"),
            new Stack(
                    "Google Compute Engine",
                    "Google's",
                    "Google's",
                    "Google's",
                    Optional.of(TdxVmm.GCE),
                    Optional.empty(),
                    "google/gce-tcb-verifier 74582c0"),
            new Stack(
                    "Azure",
                    "Hyper-V",
                    "none",
                    "OpenHCL, an IGVM file; RTMRs stay zero, the guest has a vTPM",
                    Optional.of(TdxVmm.HYPERV),
                    Optional.empty(),
                    "microsoft/igvm igvm/src/measurement/tdx.rs; Azure's HCL reports"),
            new Stack(
                    "cloud-hypervisor, Kata with td-shim",
                    "cloud-hypervisor",
                    "host's",
                    "td-shim or TDVF",
                    Optional.of(TdxVmm.CLOUD_HYPERVISOR),
                    Optional.empty(),
                    "td-shim's own tools"));

    private static void row(StringBuilder text, BehaviourProfile profile, String what) {
        text.append("| ")
                .append(profile.id())
                .append(" | ")
                .append(what)
                .append(" | ")
                .append(profile.evidence().name().toLowerCase(Locale.ROOT))
                .append(" | ")
                .append(profile.source())
                .append(" |\n");
    }
}
