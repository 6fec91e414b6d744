package dev.measure.qemu;

import dev.measure.Source;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a QEMU command line or a libvirt domain says about a guest, as far as anything of it is measured. Names of files are as written:
 * nothing is opened.
 *
 * @param vcpus how many vCPUs exist at launch; those that can be plugged in later do not count
 * @param cpu the vCPU model; QEMU's default if none is named
 * @param memory bytes of memory, if given
 * @param machine the machine type, if given
 * @param security what makes the guest confidential, if anything does
 * @param firmware the file that is mapped below 4 GiB, if it is named
 * @param kernel the kernel of a direct boot
 * @param initrd its initrd
 * @param append its command line
 * @param igvm the IGVM file that replaces the firmware
 * @param unresolved the options whose value the shell would fill in, such as {@code -kernel}
 * @param remarks what a reader should know, in sentences
 */
public record QemuGuest(
        int vcpus,
        Cpu cpu,
        OptionalLong memory,
        Optional<String> machine,
        Optional<Security> security,
        Optional<FirmwareFile> firmware,
        Optional<String> kernel,
        Optional<String> initrd,
        Optional<String> append,
        Optional<String> igvm,
        List<String> unresolved,
        List<String> remarks) {

    /** The kinds of confidential guests. */
    public enum Technology {
        /** AMD SEV. */
        SEV,
        /** AMD SEV-ES: SEV with bit 2 of the policy. */
        SEV_ES,
        /** AMD SEV-SNP. */
        SNP,
        /** Intel TDX. */
        TDX
    }

    /**
     * The vCPU model.
     *
     * @param model QEMU's name, {@code host} or {@code max}
     * @param features what is added, such as {@code +ibpb} or {@code family=25}
     */
    public record Cpu(String model, List<String> features) {
        /** Copies the list. */
        public Cpu {
            Objects.requireNonNull(model, "model");
            features = List.copyOf(features);
        }
    }

    /**
     * The object that makes a guest confidential.
     *
     * @param technology its kind
     * @param policy the guest policy as given or by QEMU's default; for TDX the attributes
     * @param kernelHashes whether the hashes of the kernel are measured
     * @param authorKeyEnabled whether the author key counts
     * @param idBlock the bytes of {@code id-block}
     * @param idAuth the bytes of {@code id-auth}
     * @param hostData the bytes of {@code host-data}
     * @param mrConfigId TDX: the bytes of {@code mrconfigid}
     * @param mrOwner TDX: the bytes of {@code mrowner}
     * @param mrOwnerConfig TDX: the bytes of {@code mrownerconfig}
     */
    public record Security(
            Technology technology,
            long policy,
            boolean kernelHashes,
            boolean authorKeyEnabled,
            Optional<Source> idBlock,
            Optional<Source> idAuth,
            Optional<Source> hostData,
            Optional<Source> mrConfigId,
            Optional<Source> mrOwner,
            Optional<Source> mrOwnerConfig) {}

    /**
     * The firmware.
     *
     * @param path its file as written
     * @param pflash whether it is mapped as flash memory rather than by {@code -bios}
     * @param format the format of the file: only the bytes of {@code raw} are those that are mapped
     */
    public record FirmwareFile(String path, boolean pflash, String format) {}

    /** Copies the lists. */
    public QemuGuest {
        Objects.requireNonNull(cpu, "cpu");
        unresolved = List.copyOf(unresolved);
        remarks = List.copyOf(remarks);
    }
}
