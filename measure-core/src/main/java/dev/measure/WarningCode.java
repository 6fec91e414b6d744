package dev.measure;

/** What a warning is about. The table is closed: codes are added, never renamed, so scripts may rely on them. */
public enum WarningCode {
    /** A firmware section has the 13-byte header of ukify 258 to 262. */
    EFIFW_LEGACY_HEADER("the .efifw header is the broken one that ukify 258..262 writes; no stub selects it"),
    /** A firmware section is a capsule. */
    EFIFW_CAPSULE("the .efifw section targets a CHID, so it holds a UEFI capsule and not launch firmware"),
    /** Two firmware sections have one id. */
    EFIFW_DUPLICATE_ID("two .efifw sections have the same id; the stub takes the first"),
    /** A hardware id is of a type that the stub never looks up. */
    HWIDS_DEAD_CHID_TYPE("the stub never looks up CHIDs of types 0, 1, 2, 12, 13 and 14"),
    /** Several kinds of CHID are one value on a machine. */
    HWIDS_COLLIDING_CHIDS("on this machine several CHID types have the same value, so another entry may win"),
    /** A hardware id is all zero. */
    HWIDS_ZERO_GUID("an all-zero hardware id matches every machine without a panel"),
    /** A hardware id table has an entry of an unknown type. */
    HWIDS_UNKNOWN_TYPE("an entry of an unknown type makes the stub refuse the whole .hwids table"),
    /** A profile brings firmware but no hardware ids. */
    PROFILE_EFIFW_WITHOUT_HWIDS("a profile's .efifw is only found through a .hwids section of the same profile"),
    /** An add-on holds firmware. */
    ADDON_EFIFW_IGNORED("no stub takes .efifw from an add-on"),
    /** A signed PCR policy lacks the selected firmware. */
    PCRSIG_MISSES_EFIFW("the PCR signatures do not cover the selected .efifw"),
    /** The stub in this image never selects firmware. */
    STUB_CANNOT_SELECT("systemd-stub before version 262 never selects an .efifw section"),
    /** A firmware file has a size that -bios refuses. */
    FIRMWARE_NOT_64K("QEMU's -bios takes only multiples of 65536 bytes, and SNP on upstream QEMU needs -bios"),
    /** The area for kernel hashes cannot be used. */
    HASH_AREA_UNUSABLE("the firmware has a kernel-hashes section but no usable place for the table"),
    /** Feature bits without a meaning are set. */
    FEATURE_BITS_RESERVED("SEV feature bits without a meaning are set"),
    /** The VMM starts no kernel by itself. */
    NO_DIRECT_BOOT(
            "no kernel can be given to this VMM; the value is the reference calculator's rule, no report confirms it"),
    /** GCE and the kernel-hashes section. */
    GCE_SECTION_0X10("Google's own tool has no rule for section type 0x10 and stops; the value treats it as QEMU does"),
    /** The page of the second and later vCPUs is not settled. */
    VMSA_AP_UNCERTAIN("no report has shown how this VMM sets up the second and later vCPUs"),
    /** One half of a split firmware. */
    SPLIT_IMAGE("the file is one half of a split firmware image"),
    /** A section of metadata is longer than the one page that it needs. */
    SECTION_LONGER_THAN_PAGE(
            "a SECRETS or CPUID section is longer than a page; it is measured page by page, as QEMU does"),
    /** The firmware has no SEV metadata. */
    NO_SEV_METADATA("the firmware has no SEV metadata; QEMU stops at launch"),
    /** A metadata section is empty. */
    ZERO_SIZE_SECTION("a metadata section has size 0; every VMM refuses it"),
    /** Metadata sections overlap. */
    SECTION_OVERLAP(
            "metadata sections overlap each other or the firmware; the processor refuses the second use of a page"),
    /** A metadata section crosses 4 GiB. */
    SECTION_CROSSES_4GIB("a metadata section crosses 4 GiB"),
    /** A metadata section has an unknown type. */
    UNKNOWN_SECTION_TYPE("a metadata section has an unknown type; QEMU makes zero pages of it, other VMMs refuse"),
    /** The guest would not be an SNP guest. */
    SNP_ACTIVE_CLEAR("SNPActive (bit 0) is clear in the guest features"),
    /** No reset block, or one with address 0. */
    NO_RESET_BLOCK("the firmware has no SEV-ES reset block; QEMU refuses even one vCPU without it"),
    /** The same GUID stands twice in the table. */
    DUPLICATE_TABLE_ENTRY("the GUIDed table has two entries of one GUID; the one nearest the footer counts"),
    /** A section lies outside the image. */
    SECTION_OUTSIDE_IMAGE("the section lies outside SizeOfImage and is skipped by the stub"),
    /** Two sections of a name in one profile. */
    DUPLICATE_SECTION("a section of this name stands twice in one profile; the first counts"),
    /** A UKI lacks its kernel. */
    NO_KERNEL("there is no .linux section: not a UKI that can boot"),
    /** A firmware is named by hardware ids but not there. */
    HWIDS_UNKNOWN_FWID("a .hwids entry names a firmware that the image does not carry"),
    /** A firmware that no hardware id leads to. */
    EFIFW_NEVER_SELECTED("no .hwids entry leads to this firmware, so no machine can select it"),
    /** A firmware is neither OVMF nor IGVM. */
    FIRMWARE_NOT_MEASURABLE("the payload is no firmware that SEV-SNP can launch"),
    /** A firmware section has a header that does not fit the section. */
    EFIFW_MALFORMED("the .efifw section has a broken header; the stub refuses it"),
    /** A hardware id table points outside itself. */
    HWIDS_MALFORMED("the .hwids table is broken; the stub refuses it"),
    /** An SMBIOS table is not ended by a structure of type 127. */
    SMBIOS_NO_END("the SMBIOS table has no end-of-table structure"),
    /** An SMBIOS table cannot be read to its end. */
    SMBIOS_BROKEN_STRUCTURE("the SMBIOS table breaks its specification; what comes before the place is used"),
    /** The checksum of an SMBIOS entry point is wrong. */
    SMBIOS_CHECKSUM("a checksum of the SMBIOS entry point is wrong"),
    /** An IGVM file loads a page twice. */
    IGVM_PAGE_TWICE("the IGVM file loads a page twice; the processor refuses the second use of a page"),
    /** A vCPU context of an IGVM file is not what is measured. */
    IGVM_CONTEXT_CHANGED("the page that KVM measures for a vCPU differs from the context in the IGVM file"),
    /** QEMU measures pages of an IGVM file in another order. */
    IGVM_ORDER_UNCERTAIN(
            "QEMU's source holds a run of pages back over a parameter insert; no report has shown which order is measured"),
    /** The loader has no code for a header of an IGVM file. */
    IGVM_HEADER_UNHANDLED("QEMU's source has no handler for this header and stops; no launch has shown it"),
    /** An IGVM file's ID block has another launch digest. */
    IGVM_ID_BLOCK_MISMATCH(
            "the ID block in the IGVM file has another launch digest; the processor refuses to start the guest"),
    /** A launch whose rules nobody has checked. */
    EXPERIMENTAL_LAYOUT("the layout was read in the VMM's source only; no report and no other program confirms it"),
    /** Something that a raw SVSM launch does not take. */
    SVSM_INPUT_IGNORED("a raw SVSM launch has guest features 0x1 and no kernel; what was given for them is ignored"),
    /** A firmware file has a size that no flash device has. */
    FIRMWARE_NOT_4K("QEMU takes firmware only in multiples of 4096 bytes"),
    /** An event log declares no bank. */
    EVENTLOG_NO_BANK("the header of the event log declares no bank, so nothing can be replayed"),
    /** A bank of an event log cannot be known. */
    EVENTLOG_BANK_LEFT_OUT("a bank of the event log is incomplete or of a wrong size; it is left out"),
    /** A bank of an event log has an algorithm without a name here. */
    EVENTLOG_UNKNOWN_BANK("a bank of the event log has an algorithm that cannot be replayed; it is left out"),
    /** The header of an event log breaks its specification. */
    EVENTLOG_HEADER_MALFORMED("the header of the event log breaks its specification"),
    /** A record has two digests of one bank. */
    EVENTLOG_DUPLICATE_DIGEST("a record has two digests of one bank; the first counts"),
    /** A record has a digest that the header does not announce. */
    EVENTLOG_UNDECLARED_DIGEST("a record has a digest of a bank that the header does not declare"),
    /** A StartupLocality event that does not count. */
    EVENTLOG_STARTUP_LOCALITY_IGNORED("only one StartupLocality before the first extend of PCR 0 counts"),
    /** A record names a register that cannot exist. */
    EVENTLOG_NO_SUCH_REGISTER("a record extends a register that cannot exist; it is skipped"),
    /** A record names a register that the platform does not have. */
    EVENTLOG_REGISTER_OUT_OF_RANGE("a record extends a register above the highest one; it is replayed all the same"),
    /** The firmware logged an error. */
    EVENTLOG_FIRMWARE_ERROR("a separator says that the firmware met an error"),
    /** Event data breaks the structure of its type. */
    EVENTLOG_PAYLOAD_MALFORMED("event data does not have the structure of its type; it is shown as raw bytes"),
    /** Event data is not in the log. */
    EVENTLOG_PAYLOAD_UNKNOWN("the text form of the log does not tell all bytes of the event data"),
    /** Bytes follow the end of the log. */
    EVENTLOG_TRAILING_BYTES("bytes behind the last record are neither records nor padding; they are left out"),
    /** The TDX metadata is not preceded by its GUID. */
    TDX_METADATA_GUID("the GUID before the TDX metadata is missing; QEMU does not look at it, other VMMs demand it"),
    /** The TDX metadata names more or less than one TD HOB. */
    TD_HOB_COUNT("the TDX metadata must have exactly one TD_HOB section"),
    /** The TDX metadata has too few sections. */
    TDX_SECTION_COUNT("QEMU refuses TDX metadata with fewer than two sections"),
    /** A TDX metadata section cannot be what it says. */
    TDX_SECTION_SIZE("a TDX metadata section has sizes that its type does not allow"),
    /** A TDX metadata section goes beyond 64 bits. */
    TDX_SECTION_WRAPS("a TDX metadata section goes beyond the 64-bit address space"),
    /** Attributes of a TDX metadata section that have no meaning, or not this one together. */
    TDX_ATTRIBUTES("a TDX metadata section has attribute bits that are reserved or exclude each other"),
    /** Pages that are added later. */
    TDX_PAGE_AUG("a TDX metadata section has the attribute PAGE_AUG, which QEMU does not look at"),
    /** A measured section is longer than its data. */
    TDX_SECTION_TAIL("a measured section is longer than its data; VMMs fill the rest in different ways"),
    /** The TD HOB is part of MRTD. */
    TD_HOB_MEASURED("the TD_HOB section is measured, so MRTD depends on the memory of the guest"),
    /** Nobody knows in which order this VMM measures. */
    MRTD_ORDER_UNKNOWN("it is not known in which order this VMM adds and measures pages"),
    /** Trailing bytes behind a quote. */
    QUOTE_TRAILING_BYTES("bytes that are not zero follow the signature of the quote"),
    /** A trust domain that its owner can look into. */
    TD_DEBUG("the trust domain is a debug TD: the host can read and change it"),
    /** An entry of a .pcrsig section fits no value. */
    PCRSIG_NEVER_MATCHES("an entry of .pcrsig fits no value that PCR 11 can have"),
    /** A PCR signature that the key of the image does not back. */
    PCRSIG_BAD_SIGNATURE("a PCR signature that systemd will not accept with the key in .pcrpkey");

    private final String meaning;

    WarningCode(String meaning) {
        this.meaning = meaning;
    }

    /** {@return what the code means, in one sentence} */
    public String meaning() {
        return meaning;
    }
}
