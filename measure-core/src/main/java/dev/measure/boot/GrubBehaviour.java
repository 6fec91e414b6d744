package dev.measure.boot;

import dev.measure.BehaviourProfile;
import dev.measure.Evidence;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a GRUB starts a kernel, as far as it is measured; what it measures itself is the same in all: commands and command lines into
 * PCR 8, files into PCR 9 (grub-core/commands/tpm.c).
 *
 * <p>Sources: boots with Debian's 2.06, 2.12 and 2.14 under shim 16.1; published logs of Red Hat's 2.02 and 2.06; the patches of both.
 *
 * @param id whose GRUB, and its version
 * @param changes what it does with a kernel
 * @param withSecureBoot how often the kernel gets into PCR 4 under Secure Boot: each time that shim is asked about it
 * @param withoutSecureBoot how often without
 * @param start how the kernel starts
 * @param evidence how it is known
 */
public record GrubBehaviour(
        String id, String changes, int withSecureBoot, int withoutSecureBoot, Start start, Evidence evidence)
        implements BehaviourProfile {
    private static final Pattern VERSION = Pattern.compile("([0-9])\\.([0-9]{1,3})(?:[^0-9].*)?");

    /** How a kernel starts. */
    public enum Start {
        /** At the entry for hand-over or of 32 bits, which do not measure command line and initrd. */
        HANDOVER,
        /** As an EFI program, whose options end without a NUL. */
        PROGRAM,
        /** As an EFI program, whose options end with a NUL. */
        PROGRAM_WITH_NUL
    }

    private static final GrubBehaviour DEBIAN_2_06 = new GrubBehaviour(
            "debian-2.06",
            "asks shim twice about a kernel under Secure Boot; the kernel measures nothing",
            2,
            0,
            Start.HANDOVER,
            Evidence.BOOT);
    private static final GrubBehaviour DEBIAN_2_12 = new GrubBehaviour(
            "debian-2.12",
            "asks shim once under Secure Boot; the kernel measures its options, which end without a NUL, and its initrd",
            1,
            0,
            Start.PROGRAM,
            Evidence.BOOT);
    private static final GrubBehaviour DEBIAN_2_14 = new GrubBehaviour(
            "debian-2.14",
            "has shim load the kernel, with and without Secure Boot; the kernel measures its options and its initrd",
            1,
            1,
            Start.PROGRAM_WITH_NUL,
            Evidence.BOOT);
    private static final GrubBehaviour RED_HAT_2_02 = new GrubBehaviour(
            "redhat-2.02",
            "asks shim once under Secure Boot; the kernel measures nothing",
            1,
            0,
            Start.HANDOVER,
            Evidence.BOOT);
    private static final GrubBehaviour RED_HAT_2_06_OLD = new GrubBehaviour(
            "redhat-2.06",
            "with SBAT generation 1 or 2: asks shim twice about a kernel under Secure Boot; the kernel measures nothing",
            2,
            0,
            Start.HANDOVER,
            Evidence.BOOT);
    private static final GrubBehaviour RED_HAT_2_06 = new GrubBehaviour(
            "redhat-2.06-sbat3",
            "with SBAT generation 3 or later, and 2.12: asks shim once under Secure Boot; the kernel measures nothing",
            1,
            0,
            Start.HANDOVER,
            Evidence.BOOT);

    private static final List<GrubBehaviour> ALL =
            List.of(DEBIAN_2_06, DEBIAN_2_12, DEBIAN_2_14, RED_HAT_2_02, RED_HAT_2_06_OLD, RED_HAT_2_06);

    /** {@return all that are known} */
    public static List<GrubBehaviour> all() {
        return ALL;
    }

    /** {@return the behaviour of a GRUB; empty if nobody has looked at it} */
    static Optional<GrubBehaviour> of(GrubImage image) {
        Matcher m = VERSION.matcher(image.version().orElse(""));
        if (!m.matches() || !m.group(1).equals("2")) {
            return Optional.empty();
        }
        int minor = Integer.parseInt(m.group(2));
        return switch (image.family()) {
            case DEBIAN ->
                switch (minor) {
                    case 6 -> Optional.of(DEBIAN_2_06);
                    case 12 -> Optional.of(DEBIAN_2_12);
                    case 14 -> Optional.of(DEBIAN_2_14);
                    default -> Optional.empty();
                };
            case RED_HAT ->
                switch (minor) {
                    case 2, 3 -> Optional.of(RED_HAT_2_02);
                    case 6 -> Optional.of(image.generation() < 3 ? RED_HAT_2_06_OLD : RED_HAT_2_06);
                    case 12 -> Optional.of(RED_HAT_2_06);
                    default -> Optional.empty();
                };
            case OTHER -> Optional.empty();
        };
    }

    @Override
    public String kind() {
        return "grub";
    }

    @Override
    public String source() {
        return id.startsWith("debian")
                ? "boots under QEMU with a software TPM"
                : "published logs; values of compute-pcrs; grub2 of Red Hat, grub-core/kern/efi/sb.c";
    }
}
