package dev.measure.boot;

import dev.measure.Source;
import java.util.Objects;
import java.util.Optional;

/** Something that GRUB measures, in the order in which it runs (grub-core/commands/tpm.c, grub-core/kern/verifiers.c). */
public sealed interface GrubStep {

    /**
     * A text into PCR 8.
     *
     * @param kind what it is
     * @param text the text, with its arguments as GRUB has expanded them
     */
    record Text(Kind kind, String text) implements GrubStep {
        /** Checks for null. */
        public Text {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(text, "text");
        }
    }

    /**
     * A whole file into PCR 9.
     *
     * @param name as GRUB spells it, such as {@code (hd0,gpt1)/EFI/debian/grub.cfg}
     * @param content the file; empty if it is not given
     */
    record File(String name, Optional<Source> content) implements GrubStep {
        /** Checks for null. */
        public File {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(content, "content");
        }
    }

    /** What a text is. */
    enum Kind {
        /** A command of a script. */
        COMMAND("grub_cmd: ", false),
        /** The command line of a kernel. */
        KERNEL("kernel_cmdline: ", false),
        /** The command line of a module. */
        MODULE("module_cmdline: ", false),
        /** A command of a script in Red Hat's 2.02, hashed with its NUL. */
        COMMAND_2_02("grub_cmd ", true),
        /** The command line of a kernel in Red Hat's 2.02. */
        KERNEL_2_02("grub_kernel_cmdline ", false);

        private final String prefix;
        private final boolean withNul;

        Kind(String prefix, boolean withNul) {
            this.prefix = prefix;
            this.withNul = withNul;
        }

        /** {@return what stands before the text in the log, and is not hashed} */
        public String prefix() {
            return prefix;
        }

        /** {@return whether the NUL behind the text is hashed too} */
        public boolean withNul() {
            return withNul;
        }

        /** {@return whether the text is the command line of a kernel} */
        public boolean isKernel() {
            return this == KERNEL || this == KERNEL_2_02;
        }
    }
}
