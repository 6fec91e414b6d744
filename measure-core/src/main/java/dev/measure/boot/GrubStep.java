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
        COMMAND("grub_cmd: "),
        /** The command line of a kernel. */
        KERNEL("kernel_cmdline: "),
        /** The command line of a module. */
        MODULE("module_cmdline: ");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }

        /** {@return what stands before the text in the log, and is not hashed} */
        public String prefix() {
            return prefix;
        }
    }
}
