package dev.measure.tdx;

import dev.measure.Assumption;
import dev.measure.Source;
import dev.measure.boot.AcpiLoader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the ACPI blobs, and other fw_cfg files that OVMF measures, from an unmodified QEMU: started paused, with no KVM and no
 * guest code, and asked through its qtest interface.
 *
 * <p>The tables depend on what firmware has programmed before it reads them, so the same is done first: the three chipset
 * registers that OVMF programs on q35, and the addresses that it gives to PCI devices and the windows of PCI bridges, from which
 * QEMU takes the window of the DSDT for addresses above 4 GiB, and the resources of further root buses. {@code
 * confidential-guest-support} cannot be set without TDX hardware; the machine options that it implies are given instead.
 */
public final class QemuAcpi {
    /** The machine that a TD has, as far as a QEMU without TDX can be told. */
    public static final String MACHINE = "q35,kernel-irqchip=split,hpet=off,smm=off,pic=off";

    /** The newest EDK2 release whose rules are known. */
    private static final int NEWEST = 202605;

    /** What CPUID tells a trust domain is 46 or more. OVMF from edk2-stable202308 on uses 46 bits at most; before, 47. */
    private static final int TD_PHYSICAL_BITS = 52;

    /** Has the one thing in it that QEMU may make up. */
    private static final String VMGENID = "etc/vmgenid_guid";

    /** The files that are read beside the loader script and those that it allocates, if QEMU has them. */
    private static final List<String> OTHER_FILES = List.of(
            AcpiLoader.RSDP,
            AcpiLoader.TABLES,
            "bootorder",
            "etc/smbios/smbios-tables",
            "etc/smbios/smbios-anchor",
            "etc/e820");

    /** The first release that puts PCIe's configuration space at 0xe0000000. */
    private static final int ECAM_MOVED = 202305;

    private static final long ECAM_202305 = 0xe000_0000L;
    private static final long ECAM_OLDER = 0xb000_0000L;
    private static final int E820_ENTRY = 20;
    private static final int MAX_ROOTS = 255;
    private static final Pattern DECIMAL = Pattern.compile("[ \\t]*0*([0-9]{1,10})(?:\\r?\\n)?\0?");

    /** ICH9_LPC_SMI_F_BROADCAST, _CPU_HOTPLUG and _CPU_HOT_UNPLUG. */
    private static final long SMI_FEATURES = 7;

    private QemuAcpi() {}

    /** How much of what firmware programs is done before QEMU is asked for the tables, which it makes only then. */
    public enum State {
        /** Chipset registers and the addresses of PCI devices, as OVMF has them when it reads the tables. */
        FIRMWARE("firmware"),
        /** The chipset registers, but no address for any PCI device. */
        CHIPSET("chipset"),
        /** Nothing: the machine as it comes out of reset. */
        RESET("reset");

        private final String id;

        State(String id) {
            this.id = id;
        }

        /** {@return the name in options and output} */
        public String id() {
            return id;
        }
    }

    /**
     * What to ask.
     *
     * @param binary the path of {@code qemu-system-x86_64}
     * @param arguments machine, processors, memory and devices
     * @param edk2 the release that the firmware is of, such as 202411; empty if it is not known, which stands for the newest
     * @param physicalBits the width of a physical address that CPUID tells the guest, 32..52; empty for that of a trust domain
     * @param smm whether the firmware is a build with SMM, which no trust domain has
     * @param state how much of what firmware programs is done; only the whole of it gives the tables that OVMF measures
     * @param limit how long QEMU may take
     */
    public record Request(
            String binary,
            List<String> arguments,
            OptionalInt edk2,
            OptionalInt physicalBits,
            boolean smm,
            State state,
            Duration limit) {
        /** Copies the list. */
        public Request {
            Objects.requireNonNull(binary, "binary");
            arguments = List.copyOf(arguments);
            Objects.requireNonNull(limit, "limit");
            Objects.requireNonNull(state, "state");
            Objects.requireNonNull(edk2, "edk2");
            if (physicalBits.orElse(52) < 32 || physicalBits.orElse(52) > 52) {
                throw new IllegalArgumentException(
                        "a physical address has 32..52 bits, got " + physicalBits.getAsInt());
            }
        }

        /**
         * {@return a request for a q35 machine without devices}
         *
         * @param binary the path of {@code qemu-system-x86_64}
         * @param memory mebibytes
         * @param vcpus how many vCPUs
         */
        public static Request of(String binary, long memory, int vcpus) {
            return new Request(
                    binary,
                    List.of("-accel", "tcg", "-machine", MACHINE, "-m", memory + "M", "-smp", Integer.toString(vcpus)),
                    OptionalInt.empty(),
                    OptionalInt.empty(),
                    false,
                    State.FIRMWARE,
                    Duration.ofSeconds(30));
        }
    }

    /**
     * What QEMU answered.
     *
     * @param files etc/table-loader, the files that it allocates, in its order, and others that OVMF measures
     * @param assumptions what they depend on that was not said
     */
    public record Answer(Map<String, Source> files, List<Assumption> assumptions) {
        /** Copies map and list, keeping their order. */
        public Answer {
            files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
            assumptions = List.copyOf(assumptions);
        }
    }

    /**
     * {@return what QEMU has}
     *
     * @param request what to ask
     * @throws IOException if QEMU cannot be started, refuses its arguments, or does not answer in time; or if the firmware would
     *     not find room for all PCI devices
     */
    public static Answer read(Request request) throws IOException {
        try (Qtest qemu = Qtest.start(request.binary(), request.arguments(), request.limit())) {
            int release = request.edk2().orElse(NEWEST);
            int physicalBits = request.physicalBits().orElse(TD_PHYSICAL_BITS);
            long ecam = release < ECAM_MOVED ? ECAM_OLDER : ECAM_202305;
            if (request.state() != State.RESET) {
                chipset(qemu, ecam);
            }
            FwCfg fwCfg = FwCfg.of(qemu);
            if (request.smm()) {
                negotiate(fwCfg);
            }
            List<Assumption> assumptions = new ArrayList<>();
            if (request.state() == State.FIRMWARE) {
                OptionalLong megabytes = megabytes(fwCfg);
                OvmfApertures apertures = OvmfApertures.of(
                        release, physicalBits, e820(fwCfg), fwCfg.number("etc/reserved-memory-end"), megabytes, ecam);
                long extraRoots = fwCfg.number("etc/extra-pci-roots").orElse(0);
                boolean above4g = PciBus.program(
                        new PciConfig(qemu, ecam), apertures, (int) Math.min(extraRoots, MAX_ROOTS), release);
                if (above4g) {
                    assumptions.addAll(assumptions(request, apertures, megabytes));
                }
            } else {
                assumptions.add(new Assumption(
                        "state",
                        request.state().id(),
                        "OVMF measures the tables that QEMU makes when firmware has programmed chipset and PCI devices: --state"
                                + " firmware"));
            }
            Map<String, Source> files = files(fwCfg);
            if (files.containsKey(VMGENID)) {
                assumptions.add(
                        new Assumption(
                                VMGENID,
                                "as QEMU made it",
                                "it holds the generation id of the guest, and guid=auto is another each time; give the guest's own"));
            }
            return new Answer(files, assumptions);
        }
    }

    private static Map<String, Source> files(FwCfg fwCfg) throws IOException {
        List<String> names = new ArrayList<>();
        Optional<byte[]> loader = fwCfg.file(AcpiLoader.FILE);
        if (loader.isPresent()) {
            names.add(AcpiLoader.FILE);
            names.addAll(AcpiLoader.allocated(Source.of(AcpiLoader.FILE, loader.get())));
        }
        names.addAll(OTHER_FILES);
        Map<String, Source> files = new LinkedHashMap<>();
        for (String name : names) {
            if (!files.containsKey(name)) {
                fwCfg.file(name).ifPresent(bytes -> files.put(name, Source.of(name, bytes)));
            }
        }
        return files;
    }

    /** What addresses above 4 GiB depend on. */
    private static List<Assumption> assumptions(Request request, OvmfApertures apertures, OptionalLong megabytes) {
        List<Assumption> assumptions = new ArrayList<>();
        if (request.edk2().isEmpty()) {
            assumptions.add(
                    new Assumption(
                            "edk2",
                            Integer.toString(NEWEST),
                            "firmware places PCI devices above 4 GiB, and some older releases do so elsewhere; --edk2 settles it"));
        }
        if (request.physicalBits().isEmpty()) {
            assumptions.add(new Assumption(
                    "phys-bits",
                    Integer.toString(TD_PHYSICAL_BITS),
                    "the width of a physical address by CPUID, by which firmware places PCI devices above 4 GiB; any from 47 on"
                            + " gives the same; --phys-bits settles it"));
        }
        boolean larger = apertures.above4g().isPresent()
                && megabytes.isPresent()
                && apertures.above4g().get().size() > OvmfApertures.roundUpToGibibyte(megabytes.getAsLong() << 20);
        if (larger && request.edk2().orElse(NEWEST) < OvmfApertures.SIZE_IS_HEEDED) {
            assumptions.add(new Assumption(
                    "pci-mmio64",
                    "a floor",
                    "releases before 202505 take more than opt/ovmf/X-PciMmio64Mb says if there is room; some builds, such as Debian's"
                            + " 2025.02, have the later rule: give --edk2 202505 for them"));
        }
        return assumptions;
    }

    /** SmmControl2Dxe: asks for those features of SMIs that QEMU has; the methods for CPU hotplug in the DSDT depend on them. */
    private static void negotiate(FwCfg fwCfg) throws IOException {
        OptionalLong supported = fwCfg.number("etc/smi/supported-features");
        if (supported.isPresent()) {
            fwCfg.write("etc/smi/requested-features", supported.getAsLong() & SMI_FEATURES);
            Optional<byte[]> settled = fwCfg.file("etc/smi/features-ok");
            if (settled.isEmpty() || settled.get().length != 1 || settled.get()[0] != 1) {
                throw new IOException("QEMU does not settle on the features of SMIs that firmware asks for");
            }
        }
    }

    private static List<OvmfApertures.E820> e820(FwCfg fwCfg) throws IOException {
        List<OvmfApertures.E820> map = new ArrayList<>();
        ByteBuffer bytes =
                ByteBuffer.wrap(fwCfg.file("etc/e820").orElse(new byte[0])).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.remaining() >= E820_ENTRY) {
            map.add(new OvmfApertures.E820(bytes.getLong(), bytes.getLong(), bytes.getInt()));
        }
        return map;
    }

    /** How many megabytes the user has told firmware to have above 4 GiB; what is no decimal number is not heeded. */
    private static OptionalLong megabytes(FwCfg fwCfg) throws IOException {
        byte[] text = fwCfg.file("opt/ovmf/X-PciMmio64Mb").orElse(new byte[0]);
        Matcher matcher = DECIMAL.matcher(new String(text, StandardCharsets.ISO_8859_1));
        return matcher.matches() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
    }

    /** What OVMF programs on q35 before it reads the tables: PCIEXBAR, PMBASE, ACPI enable. */
    private static void chipset(Qtest qemu, long ecam) throws IOException {
        pci(qemu, 0, 0x64, 0);
        pci(qemu, 0, 0x60, (int) ecam | 1);
        pci(qemu, 0x1f, 0x40, 0x600);
        address(qemu, 0x1f, 0x44);
        qemu.outb(0xcfc, 0x80);
    }

    private static void pci(Qtest qemu, int device, int register, int value) throws IOException {
        address(qemu, device, register);
        qemu.outl(0xcfc, value);
    }

    private static void address(Qtest qemu, int device, int register) throws IOException {
        qemu.outl(0xcf8, 0x8000_0000 | device << 11 | register);
    }
}
