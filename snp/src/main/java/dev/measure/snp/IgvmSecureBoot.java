package dev.measure.snp;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.firmware.Firmware;
import dev.measure.firmware.IgvmDescriptor;
import dev.measure.firmware.SevMetadata;
import dev.measure.igvm.IgvmDataHob;
import dev.measure.igvm.IgvmDataType;
import dev.measure.igvm.IgvmFile;
import dev.measure.igvm.IgvmHeader;
import dev.measure.igvm.IgvmHeader.PageData;
import dev.measure.igvm.IgvmHeader.PageDataType;
import dev.measure.igvm.IgvmHeaderType;
import dev.measure.igvm.IgvmPlatformType;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * An OVMF firmware wrapped into an IGVM file together with the Secure Boot keys, shim and kernel (or UKI) that it finds through
 * HOBs, so that the launch digest stands for the firmware and for what it will start.
 *
 * <p>The firmware says in its IGVM descriptor ({@link IgvmDescriptor}) where it looks: the HOB area, a parameter area for the
 * memory map and the number of vCPUs. edk2 OvmfPkg: PlatformInitLib/Igvm.c reads the HOBs and keeps the data's memory;
 * IgvmSecureBootDxe enrols the keys in a confidential guest without a platform key, if all four are there.
 *
 * <p>edk2 leaves the addresses of the data to whoever makes the file. Here the data lies from {@link #address} upwards, in the
 * order PK, KEK, db, dbx, shim, kernel, each from the next page on; by default from 512 MiB, so the guest needs memory there.
 * The order of the launch is that of the file that {@link #file} gives, and another order gives another digest:
 *
 * <ol>
 *   <li>the parameter area, unmeasured pages;
 *   <li>the firmware, ending at 4 GiB;
 *   <li>the sections of its SEV metadata in table order, without the pages of the two areas, which lie inside of them;
 *   <li>the HOB area with the list of HOBs;
 *   <li>the data;
 *   <li>a context for each vCPU in its reset state.
 * </ol>
 *
 * @param firmware an OVMF image with SEV metadata and an IGVM descriptor
 * @param data what the firmware is to find; keys as payloads of authenticated variables ({@code .auth} files)
 * @param address guest-physical address of the first data, a multiple of 4096
 * @param guest vCPUs, their model and features; on QEMU
 * @param policy the guest policy that the file asks for; it is not part of the digest
 */
public record IgvmSecureBoot(
        Firmware firmware, Map<IgvmDataType, Source> data, long address, SnpGuest guest, long policy) {
    /** Where data begins if nobody says otherwise: 512 MiB. */
    public static final long DEFAULT_ADDRESS = 0x2000_0000L;

    /** The policy if nobody says otherwise: SMT allowed, and the bit that must be set. */
    public static final long DEFAULT_POLICY = 0x30000;

    private static final long MASK = 1;
    private static final long PARAMETER_AREA = 0x100;
    private static final long MEMORY_MAP = 0x101;
    private static final long VP_COUNT = 0x102;
    private static final long HOB_AREA = 0x200;

    /** EFI_CERT_TYPE_PKCS7_GUID. */
    private static final UUID PKCS7 = UUID.fromString("4aafd29d-68df-49ee-8aa9-347d375665a7");

    private static final int EFI_TIME = 16;
    private static final int MAX_PAGES = 1 << 20;

    /**
     * Data and its place.
     *
     * @param type what it is
     * @param address where it lies, guest-physical
     * @param data its bytes
     */
    public record Placed(IgvmDataType type, long address, Source data) {
        long end() {
            return address + (data.length() + PageInfo.PAGE - 1) / PageInfo.PAGE * PageInfo.PAGE;
        }
    }

    /** Checks the parameters and the data's form. */
    public IgvmSecureBoot {
        Objects.requireNonNull(firmware, "firmware");
        Objects.requireNonNull(guest, "guest");
        Map<IgvmDataType, Source> copy = new EnumMap<>(IgvmDataType.class);
        copy.putAll(data);
        data = Collections.unmodifiableMap(copy);
        if (address % PageInfo.PAGE != 0 || address < 0) {
            throw new IllegalArgumentException(
                    "the address of the data must be a multiple of 4096, got 0x" + Long.toHexString(address));
        }
        if (!guest.vmm().measuresCpuSignature()) {
            throw new IllegalArgumentException("an IGVM file of a firmware is for QEMU, got the VMM "
                    + guest.vmm().id());
        }
        long keys = data.keySet().stream().filter(IgvmDataType::isKey).count();
        if (keys != 0 && keys != 4) {
            throw new IllegalArgumentException(
                    "edk2 enrols Secure Boot keys only if PK, KEK, db and dbx are all there, got " + keys + " of them");
        }
        data.forEach((type, source) -> {
            if (type.isKey()) {
                checkAuthenticatedVariable(type, source);
            } else {
                checkPe(type, source);
            }
        });
    }

    /**
     * {@return a launch with one vCPU, data at 512 MiB and the usual policy}
     *
     * @param firmware an OVMF image with SEV metadata and an IGVM descriptor
     * @param data what the firmware is to find
     * @param guest vCPUs, their model and features
     */
    public static IgvmSecureBoot of(Firmware firmware, Map<IgvmDataType, Source> data, SnpGuest guest) {
        return new IgvmSecureBoot(firmware, data, DEFAULT_ADDRESS, guest, DEFAULT_POLICY);
    }

    /** EFI_VARIABLE_AUTHENTICATION_2 (UEFI specification, section 8.2.2): EFI_TIME, then WIN_CERTIFICATE_UEFI_GUID. */
    private static void checkAuthenticatedVariable(IgvmDataType type, Source source) {
        Cursor c = Cursor.of(source.slice(0, Math.min(source.length(), EFI_TIME + 24)));
        c.skip(EFI_TIME, type.id() + " TimeStamp");
        long length = c.u32(type.id() + " dwLength");
        int revision = c.u16(type.id() + " wRevision");
        int certificateType = c.u16(type.id() + " wCertificateType");
        UUID guid = c.guid(type.id() + " CertType");
        if (revision != 0x0200 || certificateType != 0x0ef1 || !guid.equals(PKCS7)) {
            throw c.malformed(
                    EFI_TIME + 4,
                    "an authenticated variable (wRevision 0x0200, wCertificateType 0x0ef1, CertType " + PKCS7 + ")",
                    String.format("0x%04x, 0x%04x, %s", revision, certificateType, guid),
                    "edk2 takes what sign-efi-sig-list writes (.auth), not a bare signature list or certificate");
        }
        if (length < 24 || length > source.length() - EFI_TIME) {
            throw c.malformed(
                    EFI_TIME,
                    "a dwLength of 0x00000018.." + String.format("0x%08x", source.length() - EFI_TIME),
                    String.format("0x%08x", length),
                    "is the file cut?");
        }
    }

    private static void checkPe(IgvmDataType type, Source source) {
        Cursor c = Cursor.of(source.slice(0, Math.min(2, source.length())));
        int magic = c.u16(type.id() + " e_magic");
        if (magic != 0x5a4d) {
            throw c.malformed(0, type.id() + " e_magic = 0x5a4d", String.format("0x%04x", magic), "is this a PE file?");
        }
    }

    /** {@return the data and where it lies, in the order of the HOBs} */
    public List<Placed> placed() {
        List<Placed> placed = new ArrayList<>();
        long at = address;
        for (Map.Entry<IgvmDataType, Source> entry : data.entrySet()) {
            Placed next = new Placed(entry.getKey(), at, entry.getValue());
            placed.add(next);
            at = next.end();
        }
        return placed;
    }

    /** {@return the list of HOBs that describes the data, with its end} */
    public byte[] hobs() {
        return IgvmDataHob.list(placed().stream()
                .map(each -> new IgvmDataHob(
                        each.address(), each.data().length(), each.type().number(), 0))
                .toList());
    }

    /**
     * {@return the IGVM file: to be measured, and to be written for a loader}
     *
     * @param name how messages call it
     * @throws MalformedInputException if the firmware lacks SEV metadata or an IGVM descriptor with a HOB area, if the HOBs do not
     *     fit into it, or if the data lies on memory that the firmware uses
     */
    public IgvmFile file(String name) {
        SevMetadata metadata =
                SevMetadata.find(firmware).orElseThrow(() -> missing("SEV metadata", "take an OVMF build for SEV-SNP"));
        IgvmDescriptor descriptor = IgvmDescriptor.find(firmware)
                .orElseThrow(() -> missing("an IGVM descriptor", "take an OVMF build from edk2 of 2026 or later"));
        IgvmDescriptor.Area hobArea = area(descriptor, HOB_AREA)
                .orElseThrow(() -> missing(
                        "an IGVM descriptor with a HOB area (id 0x200)", "this build takes no data from an IGVM file"));
        Optional<IgvmDescriptor.Area> parameters = area(descriptor, PARAMETER_AREA);
        List<IgvmHeader> headers = new ArrayList<>();
        headers.add(new IgvmHeader.SupportedPlatform(MASK, 0, IgvmPlatformType.SEV_SNP, 1, 0));
        headers.add(new IgvmHeader.GuestPolicy(policy, MASK));
        parameters.ifPresent(area -> addParameters(area, descriptor, headers));
        addPages(firmware.base(), firmware.image(), headers);
        addSections(metadata, hobArea, parameters, headers);
        addHobs(hobArea, headers);
        checkPlacement(metadata, hobArea, parameters);
        for (Placed each : placed()) {
            addPages(each.address(), each.data(), headers);
        }
        for (int vcpu = 0; vcpu < guest.vcpus(); vcpu++) {
            byte[] page = Vmsa.page(guest, vcpu, vcpu == 0 ? 0 : resetAddress());
            headers.add(new IgvmHeader.VpContext(
                    SnpLaunch.KVM_VMSA_GPA, MASK, Source.of("reset state of vCPU " + vcpu, page), vcpu));
        }
        return IgvmFile.of(name, headers);
    }

    private MalformedInputException missing(String what, String hint) {
        Source image = firmware.image();
        return new MalformedInputException(
                image.name(),
                image.start() + image.length(),
                what + " in the table below the reset vector",
                "none",
                hint);
    }

    private long resetAddress() {
        return firmware.resetAddress()
                .filter(found -> found != 0)
                .orElseThrow(() -> missing(
                        "an SEV-ES reset block, which says where the second vCPU starts", "give the guest one vCPU"));
    }

    private Optional<IgvmDescriptor.Area> area(IgvmDescriptor descriptor, long id) {
        Optional<IgvmDescriptor.Area> found =
                descriptor.areas().stream().filter(area -> area.id() == id).findFirst();
        if (id == HOB_AREA || id == PARAMETER_AREA) {
            found = found.filter(area -> area.size() > 0);
            found.filter(area -> area.base() % PageInfo.PAGE != 0 || area.size() % PageInfo.PAGE != 0)
                    .ifPresent(area -> {
                        throw missing("an IGVM area of whole pages", "rebuild the firmware");
                    });
        }
        return found;
    }

    private void addParameters(IgvmDescriptor.Area parameters, IgvmDescriptor descriptor, List<IgvmHeader> headers) {
        headers.add(new IgvmHeader.ParameterArea(parameters.size(), 0, Source.of("zeros", new byte[0])));
        area(descriptor, MEMORY_MAP)
                .ifPresent(area -> headers.add(new IgvmHeader.Parameter(IgvmHeaderType.MEMORY_MAP, 0, area.base())));
        area(descriptor, VP_COUNT)
                .ifPresent(area ->
                        headers.add(new IgvmHeader.Parameter(IgvmHeaderType.VP_COUNT_PARAMETER, 0, area.base())));
        headers.add(new IgvmHeader.ParameterInsert(parameters.base(), MASK, 0));
    }

    private static void addPages(long gpa, Source bytes, List<IgvmHeader> headers) {
        for (long at = 0; at < bytes.length(); at += PageInfo.PAGE) {
            Source page = bytes.slice(at, Math.min(PageInfo.PAGE, bytes.length() - at));
            headers.add(new PageData(gpa + at, MASK, page, 0, PageDataType.NORMAL));
        }
    }

    private static void addSections(
            SevMetadata metadata,
            IgvmDescriptor.Area hobArea,
            Optional<IgvmDescriptor.Area> parameters,
            List<IgvmHeader> headers) {
        Source nothing = Source.of("zeros", new byte[0]);
        long pages = 0;
        for (SevMetadata.Section section : metadata.sections()) {
            pages += section.size() / PageInfo.PAGE;
            if (section.gpa() % PageInfo.PAGE != 0 || section.size() % PageInfo.PAGE != 0 || pages > MAX_PAGES) {
                throw new MalformedInputException(
                        section.source().name(),
                        section.source().start(),
                        "sections of whole pages, at most " + MAX_PAGES + " pages in all",
                        section.typeName() + " at 0x" + Long.toHexString(section.gpa()) + ", size 0x"
                                + Long.toHexString(section.size()),
                        "rebuild the firmware");
            }
            PageDataType type = PageDataType.NORMAL;
            if (section.type() == SevMetadata.SNP_SECRETS) {
                type = PageDataType.SECRETS;
            } else if (section.type() == SevMetadata.CPUID) {
                type = PageDataType.CPUID_DATA;
            }
            for (long gpa = section.gpa(); gpa < section.end(); gpa += PageInfo.PAGE) {
                if (!inside(gpa, hobArea) && (parameters.isEmpty() || !inside(gpa, parameters.get()))) {
                    headers.add(new PageData(gpa, MASK, nothing, 0, type));
                }
            }
        }
    }

    private static boolean inside(long gpa, IgvmDescriptor.Area area) {
        return gpa >= area.base() && gpa < area.base() + area.size();
    }

    private void addHobs(IgvmDescriptor.Area hobArea, List<IgvmHeader> headers) {
        byte[] hobs = hobs();
        if (hobs.length > hobArea.size()) {
            throw missing("a HOB area of at least " + hobs.length + " bytes", "give the firmware less data");
        }
        addPages(hobArea.base(), Source.of("HOBs", hobs), headers);
        long used = (hobs.length + PageInfo.PAGE - 1) / PageInfo.PAGE * PageInfo.PAGE;
        for (long at = used; at < hobArea.size(); at += PageInfo.PAGE) {
            headers.add(
                    new PageData(hobArea.base() + at, MASK, Source.of("zeros", new byte[0]), 0, PageDataType.NORMAL));
        }
    }

    /** The data must not lie on what else is loaded, and edk2's early phase reaches memory below the firmware alone. */
    private void checkPlacement(
            SevMetadata metadata, IgvmDescriptor.Area hobArea, Optional<IgvmDescriptor.Area> parameters) {
        List<Placed> placed = placed();
        if (placed.isEmpty()) {
            return;
        }
        long end = placed.get(placed.size() - 1).end();
        checkFree(end, firmware.base(), 1L << 32, "the firmware");
        for (SevMetadata.Section section : metadata.sections()) {
            checkFree(end, section.gpa(), section.end(), section.typeName());
        }
        checkFree(end, hobArea.base(), hobArea.base() + hobArea.size(), "the HOB area");
        parameters.ifPresent(area -> checkFree(end, area.base(), area.base() + area.size(), "the parameter area"));
        if (end > firmware.base()) {
            throw new IllegalArgumentException("the data must end below the firmware at 0x"
                    + Long.toHexString(firmware.base()) + ", it ends at 0x" + Long.toHexString(end));
        }
    }

    private void checkFree(long end, long otherStart, long otherEnd, String what) {
        if (address < otherEnd && end > otherStart) {
            throw new IllegalArgumentException("the data at 0x" + Long.toHexString(address) + "..0x"
                    + Long.toHexString(end) + " lies on " + what + " at 0x" + Long.toHexString(otherStart) + "..0x"
                    + Long.toHexString(otherEnd) + ": choose another address");
        }
    }
}
