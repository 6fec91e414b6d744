package dev.measure.tdx;

import dev.measure.pe.PeImage;
import java.util.Optional;

/**
 * Whether the firmware of a trust domain would start a program: it is x64, and starts no other kind (edk2
 * MdePkg/Include/X64/ProcessorBind.h, EFI_IMAGE_MACHINE_TYPE_SUPPORTED).
 */
final class X64Program {
    private static final int IMAGE_FILE_MACHINE_X64 = 0x8664;

    private static final int SIGNATURE = 4;

    static final String HINT = "take the build for x86-64, the one kind of machine that has trust domains";

    private X64Program() {}

    /** {@return why the firmware would not start the program; empty if it would} */
    static Optional<String> refusal(PeImage program) {
        int machine = program.coffHeader().machine();
        if (machine == IMAGE_FILE_MACHINE_X64) {
            return Optional.empty();
        }
        long at = program.source().start() + program.peOffset() + SIGNATURE;
        return Optional.of(String.format(
                "%s: offset 0x%x: expected Machine = 0x%04x, found 0x%04x",
                program.source().name(), at, IMAGE_FILE_MACHINE_X64, machine));
    }
}
