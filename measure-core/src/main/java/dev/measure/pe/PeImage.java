package dev.measure.pe;

import dev.measure.Digest;
import dev.measure.DigestAlgorithm;
import dev.measure.DigestPass;
import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.parse.Cursor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A PE32 or PE32+ image, read as strictly as the firmware that loads it and the systemd-stub inside it do.
 *
 * <p>Microsoft PE/COFF specification, revision 11; the checks are those of EDK2's {@code PeCoffLoaderGetImageInfo}
 * (MdePkg/Library/BasePeCoffLib/BasePeCoff.c) and of {@code verify_dos} and {@code verify_pe} in systemd's src/boot/pe.c, except
 * that every machine type is taken. Only the headers are held in memory.
 */
public final class PeImage {
    private static final int DOS_HEADER_LENGTH = 64;

    private static final int E_LFANEW = 0x3c;

    // sizeof (EFI_IMAGE_OPTIONAL_HEADER_UNION): EDK2 reads this much at e_lfanew, of a PE32 image too, and refuses a
    // shorter file.
    private static final int NT_HEADERS_LENGTH = 264;

    private static final int SIGNATURE_LENGTH = 4;

    private final Source source;
    private final long peOffset;
    private final CoffHeader coffHeader;
    private final OptionalHeader optionalHeader;
    private final List<PeSection> sections;

    private PeImage(
            Source source,
            long peOffset,
            CoffHeader coffHeader,
            OptionalHeader optionalHeader,
            List<PeSection> sections) {
        this.source = source;
        this.peOffset = peOffset;
        this.coffHeader = coffHeader;
        this.optionalHeader = optionalHeader;
        this.sections = List.copyOf(sections);
    }

    /**
     * {@return the image in a source}
     *
     * @param source a whole image: a file, or the content of a {@code .linux} section
     * @throws MalformedInputException if a loader would refuse it
     */
    public static PeImage read(Source source) {
        long peOffset = peOffset(source);
        if (peOffset > source.length() || source.length() - peOffset < NT_HEADERS_LENGTH) {
            throw new MalformedInputException(
                    source.name(),
                    source.start() + E_LFANEW,
                    "e_lfanew with " + NT_HEADERS_LENGTH + " bytes of headers behind it",
                    String.format("0x%08x in a file of 0x%x bytes", peOffset, source.length()),
                    "is the file complete?");
        }
        Cursor c = Cursor.of(source.slice(peOffset, NT_HEADERS_LENGTH));
        long signature = c.u32("Signature");
        if (signature != 0x4550) {
            throw c.malformed(
                    0,
                    "Signature = 0x00004550",
                    String.format("0x%08x", signature),
                    "is this an EFI program? `file` should call it PE32+");
        }
        CoffHeader coff = CoffHeader.read(c);
        OptionalHeader optional = OptionalHeader.read(c);
        checkHeaders(source, peOffset, coff, optional, c);
        List<PeSection> sections = sections(source, peOffset, coff, optional);
        DebugDirectory.check(source, optional, sections);
        return new PeImage(source, peOffset, coff, optional, sections);
    }

    private static long peOffset(Source source) {
        Cursor c = Cursor.of(source.slice(0, Math.min(source.length(), DOS_HEADER_LENGTH)));
        int magic = c.u16("e_magic");
        if (magic != 0x5a4d) {
            throw c.malformed(
                    0,
                    "e_magic = 0x5a4d",
                    String.format("0x%04x", magic),
                    "is this an EFI program? `file` should call it PE32+");
        }
        c.seek(E_LFANEW, "e_lfanew");
        long peOffset = c.u32("e_lfanew");
        if (peOffset < DOS_HEADER_LENGTH) {
            throw c.malformed(
                    E_LFANEW,
                    "e_lfanew of at least 0x00000040",
                    String.format("0x%08x", peOffset),
                    "systemd's loaders refuse a PE header inside the DOS header");
        }
        return peOffset;
    }

    /** PeCoffLoaderGetPeHeader, checks 1 to 4 and the certificate table, in its order. */
    private static void checkHeaders(Source source, long peOffset, CoffHeader coff, OptionalHeader optional, Cursor c) {
        int optionalAt = SIGNATURE_LENGTH + CoffHeader.LENGTH;
        int directories = optional.dataDirectories().size();
        int length = OptionalHeader.lengthWithoutDirectories(optional.magic()) + 8 * directories;
        if (coff.sizeOfOptionalHeader() != length) {
            throw c.malformed(
                    SIGNATURE_LENGTH + 16,
                    String.format("SizeOfOptionalHeader = 0x%04x for %d data directories", length, directories),
                    String.format("0x%04x", coff.sizeOfOptionalHeader()),
                    "");
        }
        long tableOffset = peOffset + optionalAt + length;
        long tableLength = (long) PeSection.HEADER_LENGTH * coff.numberOfSections();
        int sizeOfImageAt = optionalAt + 56;
        int sizeOfHeadersAt = optionalAt + 60;
        if (optional.sizeOfImage() <= tableOffset
                || (optional.sizeOfImage() - tableOffset) / PeSection.HEADER_LENGTH <= coff.numberOfSections()) {
            throw c.malformed(
                    sizeOfImageAt,
                    String.format("SizeOfImage larger than the headers of 0x%08x bytes", tableOffset + tableLength),
                    String.format("0x%08x", optional.sizeOfImage()),
                    "");
        }
        if (optional.sizeOfHeaders() <= tableOffset
                || (optional.sizeOfHeaders() - tableOffset) / PeSection.HEADER_LENGTH < coff.numberOfSections()) {
            throw c.malformed(
                    sizeOfHeadersAt,
                    String.format(
                            "SizeOfHeaders that takes in the section table, which ends at 0x%08x",
                            tableOffset + tableLength),
                    String.format("0x%08x", optional.sizeOfHeaders()),
                    "");
        }
        if (optional.sizeOfHeaders() >= optional.sizeOfImage()) {
            throw c.malformed(
                    sizeOfHeadersAt,
                    String.format("SizeOfHeaders below SizeOfImage = 0x%08x", optional.sizeOfImage()),
                    String.format("0x%08x", optional.sizeOfHeaders()),
                    "");
        }
        if (optional.sizeOfHeaders() > source.length()) {
            throw c.malformed(
                    sizeOfHeadersAt,
                    String.format("SizeOfHeaders inside the file of 0x%x bytes", source.length()),
                    String.format("0x%08x", optional.sizeOfHeaders()),
                    "is the file complete?");
        }
        DataDirectory certificates = optional.certificateTable();
        if (certificates.size() > 0) {
            long end = certificates.virtualAddress() + certificates.size();
            if (end > 0xffffffffL || end > source.length()) {
                throw c.malformed(
                        optionalAt
                                + OptionalHeader.lengthWithoutDirectories(optional.magic())
                                + 8 * DataDirectory.SECURITY,
                        String.format("the certificate table inside the file of 0x%x bytes", source.length()),
                        String.format("0x%08x at 0x%08x", certificates.size(), certificates.virtualAddress()),
                        "is the file complete?");
            }
        }
    }

    private static List<PeSection> sections(Source source, long peOffset, CoffHeader coff, OptionalHeader optional) {
        // At most 65535 headers of 40 bytes, and checkHeaders has shown that the file holds them.
        Cursor c = Cursor.of(source.slice(
                peOffset + SIGNATURE_LENGTH + CoffHeader.LENGTH + coff.sizeOfOptionalHeader(),
                (long) PeSection.HEADER_LENGTH * coff.numberOfSections()));
        List<PeSection> sections = new ArrayList<>();
        for (int i = 0; i < coff.numberOfSections(); i++) {
            sections.add(PeSection.read(c, i, source, optional.sizeOfHeaders()));
        }
        return sections;
    }

    /** {@return the bytes of the whole image} */
    public Source source() {
        return source;
    }

    /** {@return e_lfanew, the offset of the PE header from the start of the image} */
    public long peOffset() {
        return peOffset;
    }

    /** {@return the COFF file header} */
    public CoffHeader coffHeader() {
        return coffHeader;
    }

    /** {@return the optional header} */
    public OptionalHeader optionalHeader() {
        return optionalHeader;
    }

    /** {@return all sections, in the order of the section table} */
    public List<PeSection> sections() {
        return sections;
    }

    /**
     * {@return the first section of a name}
     *
     * @param name as in {@link PeSection#name()}
     */
    public Optional<PeSection> section(String name) {
        return sections.stream().filter(section -> section.name().equals(name)).findFirst();
    }

    /** {@return the bytes of the certificate table, a list of WIN_CERTIFICATE; empty if the image is not signed} */
    public Optional<Source> certificates() {
        DataDirectory table = optionalHeader.certificateTable();
        return table.size() == 0 ? Optional.empty() : Optional.of(source.slice(table.virtualAddress(), table.size()));
    }

    /**
     * {@return the Authenticode digests, which EDK2 extends into PCR 4 when it loads the image}
     *
     * @param algorithms which; the bytes are read once for all of them
     * @throws MalformedInputException if EDK2 would not measure the image
     */
    public Map<DigestAlgorithm, Digest> authenticode(Collection<DigestAlgorithm> algorithms) {
        return DigestPass.of(List.of(authenticodeRanges()), algorithms).get(0);
    }

    /**
     * {@return the parts of the file whose digest is the Authenticode digest, in the order in which they are hashed}
     *
     * @throws MalformedInputException if EDK2 would not measure the image
     */
    public List<Source> authenticodeRanges() {
        return Authenticode.ranges(this);
    }

    /**
     * {@return the digests of the content of every section, in the order of {@link #sections()}}
     *
     * @param algorithms which; each byte of the file is read at most once
     * @throws MalformedInputException if sections claim more zeros, or lie over each other more often, than a real image does
     */
    public List<Map<DigestAlgorithm, Digest>> sectionDigests(Collection<DigestAlgorithm> algorithms) {
        return SectionDigests.of(this, algorithms);
    }

    /**
     * {@return what {@link #sectionDigests} says, and behind the last section what {@link #authenticode} says, if EDK2 would measure
     * the image}
     *
     * @param algorithms which; each byte of the file is read at most once for all
     * @throws MalformedInputException as in {@link #sectionDigests}
     */
    public List<Map<DigestAlgorithm, Digest>> sectionDigestsAndAuthenticode(Collection<DigestAlgorithm> algorithms) {
        return SectionDigests.withAuthenticode(this, algorithms);
    }

    /**
     * {@return what {@link #sectionDigests} says, and behind the last section the digests of the whole file}
     *
     * @param algorithms which; each byte of the file is read at most once for all
     * @throws MalformedInputException as in {@link #sectionDigests}
     */
    public List<Map<DigestAlgorithm, Digest>> sectionDigestsAndFile(Collection<DigestAlgorithm> algorithms) {
        return SectionDigests.withFile(this, algorithms);
    }
}
