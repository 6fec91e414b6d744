"""Broken and unlaunchable firmware: what strict and lenient mode answer. Called by snp.py.

Where it must fail follows from the specification and from where rules.py put the broken field. Values that lenient mode gives come
from the reference calculator, in runs that are right (see snp.by_twin)."""

import rules
import snp

STOP = {"exit": 5, "offset": -1, "expected": ""}
CLASSIC = snp.PLAIN


def broken(at):
    return {"exit": 4, "offset": at, "expected": ""}


def value(digest):
    return {"exit": 0, "offset": -1, "expected": digest}


class Cases:
    def __init__(self, peer, out):
        self.peer = peer
        self.out = out
        self.tests = []

    def firmware(self, name, steps, size=0x10000, table=CLASSIC, entries=("resetBlock 0x80b004",)):
        made = rules.rule(name, "ovmf", size, ["fill 7", *entries, "sevMetadata", *snp.sections(table), *steps])
        self.out.use(made)
        return made

    def add(self, firmware, comment, flag, strict, lenient=None, vmm="qemu", vcpus=1, features=1, kernel=""):
        self.tests.append({"tcId": 0, "comment": comment, "flags": [flag], "firmware": firmware["id"], "vmm": vmm, "vcpus": vcpus,
                           "cpu": "EPYC-v4" if vmm == "qemu" else "", "sevFeatures": "%016x" % features, "kernel": kernel,
                           "strict": strict, "lenient": lenient or strict, "result": "invalid"})

    def take(self):
        tests, self.tests = self.tests, []
        return tests


NOTES = {
    "FileSize": ("BOUNDS", "SNP measures whole pages."),
    "FooterLength": ("BOUNDS", "The footer's table length must be 18 or more and lie in the file."),
    "EntryLength": ("BOUNDS", "An entry's length must be 18 or more and lie in the table."),
    "DuplicateEntry": ("AMBIGUITY", "Loaders differ in which of two entries of one GUID they take."),
    "MetadataOffset": ("BOUNDS", "The offset from the end must lead to a header inside the file."),
    "MetadataSignature": ("BASIC", "The header begins with ASEV."),
    "MetadataLength": ("BOUNDS", "The length is 16 + 12 * count and lies in the file."),
    "MetadataVersion": ("BASIC", "The version is 1."),
    "MetadataCount": ("BOUNDS", "There is at least one section and length and count agree, without overflow."),
    "NoMetadata": ("LAUNCH", "Without SEV metadata QEMU stops at launch."),
    "ZeroSize": ("LAUNCH", "A section of size 0 makes QEMU abort the launch."),
    "Unaligned": ("LAUNCH", "A section must be made of whole pages at page boundaries."),
    "Overlap": ("LAUNCH", "A page can be given to the guest once."),
    "Crosses4GiB": ("LAUNCH", "A section must end at or below 4 GiB."),
    "UnknownType": ("LAUNCH", "QEMU makes zero pages of a section of unknown type, others refuse."),
    "SnpActiveClear": ("LAUNCH", "A guest whose features lack bit 0 is no SNP guest."),
    "NoHashSection": ("LAUNCH", "A kernel needs a section of type 0x10 for its hashes."),
    "HashAreaUnusable": ("LAUNCH", "The hash table must have an area of 176 bytes inside the section."),
    "NoResetBlock": ("LAUNCH", "QEMU wants to know where application processors start, even for one vCPU."),
}


def write(peer):
    out = snp.File("snp_launch_digest_malformed_test.json", "SNP-LAUNCH-DIGEST", "snp_launch_digest_malformed_test_schema_v1.json",
                   ["Firmware that breaks its format (exit 4, at the offset of the wrong field) or that no VMM starts (exit 5),",
                    "in strict and lenient mode. Where lenient mode gives a value (exit 0) it also warns.",
                    "offset -1: none. Only the QEMU and format rules are meant: see notes."],
                   {k: {"bugType": b, "description": d} for k, (b, d) in NOTES.items()})
    out.use(*[k for k in snp.KERNELS if k["id"] == "k4096"])
    cases = Cases(peer, out)
    format_errors(cases, peer)
    origin = {"name": "specification", "version": "edk2-stable202405, QEMU 10.0.13", "commit": "",
              "command": "none: layout of OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm and Ia16/ResetVectorVtf0.asm, checks of"
                         " hw/i386/pc_sysfw_ovmf.c and target/i386/sev.c; lenient values: " + VALUES}
    out.group("SnpLaunchDigestMalformedTest", "", {}, cases.take(), origin)
    not_launchable(cases, peer)
    out.group("SnpLaunchDigestMalformedTest", "", {}, cases.take(),
              dict(origin, command="none: QEMU target/i386/sev.c, hw/i386/x86.c and the AMD SEV-SNP firmware ABI; lenient values: " + VALUES))
    out.write()


VALUES = ("sev-snp-measure.py 0.0.13 (commit 8f2b337) --mode snp --vmm-type <vmm> --vcpus <vcpus> --vcpu-type <cpu> --guest-features"
          " 0x<sevFeatures> [--kernel <kernel>] --ovmf <firmware>; or, where the calculator stops or reads the sections"
          " otherwise, --ovmf <firmware>-twin --snp-ovmf-hash <--mode snp:ovmf-hash of firmware>, the twin being the same"
          " image with sections that are measured as the specification demands")


def format_errors(cases, peer):
    def at(firmware):
        return rules.Layout(firmware["size"], firmware["steps"])

    for name, cut in (("cut-to-0", 0), ("cut-to-1", 1), ("cut-to-4095", 4095), ("cut-to-fff1", 0xFFF1)):
        fw = cases.firmware(name, ["truncate %d" % cut])
        cases.add(fw, "cut to %d bytes" % cut, "FileSize", broken(cut // 4096 * 4096))  # where the incomplete page begins
    for length in (0, 17, 0xFFFF):
        fw = cases.firmware("footer-length-%x" % length, ["footerLength %d" % length])
        cases.add(fw, "footer length 0x%x" % length, "FooterLength", broken(at(fw).footer_start))
    fw = cases.firmware("footer-length-small-file", ["footerLength 0xff1"], size=0x1000)
    cases.add(fw, "footer length larger than the file", "FooterLength", broken(at(fw).footer_start))
    for which, title in ((rules.RESET_BLOCK, "reset block"), (rules.SEV_METADATA, "SEV metadata")):
        for length in (0, 17, 0x7FFF, 0xFFFF):
            fw = cases.firmware("entry-%s-%x" % (which[:8], length), ["entryLength %s %d" % (which, length)])
            cases.add(fw, "length of the %s entry 0x%x" % (title, length), "EntryLength", broken(at(fw).entry(which, 1)))
    fw = cases.firmware("entry-longer-than-rest", ["entryLength %s 23" % rules.SEV_METADATA])
    cases.add(fw, "last entry one byte longer than the table", "EntryLength", broken(at(fw).entry(rules.SEV_METADATA, 1)))

    eips = ("resetBlock 0x80b004", "resetBlock 0x900000")
    twice = cases.firmware("two-reset-blocks", [], entries=eips)
    first = cases.firmware("two-reset-blocks-twin", [], entries=eips[:1])
    _, (_, digest) = snp.by_twin(peer, twice, first, 2)
    # The calculator keeps the entry furthest from the footer, QEMU the nearest.
    cases.add(twice, "two reset blocks", "DuplicateEntry", broken(at(twice).starts[1] + 4 + 2), value(digest), vcpus=2)

    for offset, title in ((0x10001, "one byte before the file"), (0x7FFFFFFF, "far before the file"), (0xFFFFFFFF, "all ones"),
                          (0, "the end of the file"), (15, "a header that does not fit")):
        fw = cases.firmware("sev-offset-%x" % offset, ["sevOffset 0x%x" % offset])
        cases.add(fw, "metadata offset: " + title, "MetadataOffset", broken(at(fw).entry(rules.SEV_METADATA)))
    fw = cases.firmware("sev-offset-elsewhere", ["sevOffset 0x8000"])
    cases.add(fw, "metadata offset leads to other bytes", "MetadataSignature", broken(0x8000))
    fw = cases.firmware("sev-signature", ["sevSignature ASEW"])
    cases.add(fw, "wrong signature", "MetadataSignature", broken(at(fw).sev_start))
    n = len(CLASSIC)
    for length, title in ((0, "0"), (15, "shorter than the header"), (16 + 12 * n - 1, "one too short"), (16 + 12 * n + 1, "one too long"),
                          (16 + 12 * n + 12, "of one more section"), (0x10000, "longer than the file"), (0xFFFFFFFF, "all ones")):
        fw = cases.firmware("sev-length-%x" % length, ["sevLength 0x%x" % length])
        cases.add(fw, "metadata length " + title, "MetadataLength", broken(at(fw).sev_start + 4))
    for version in (0, 2, 0x100):
        fw = cases.firmware("sev-version-%x" % version, ["sevVersion %d" % version])
        cases.add(fw, "metadata version %d" % version, "MetadataVersion", broken(at(fw).sev_start + 8))
    # 12 * 0x15555556 wraps to 8 in 32 bits, so 16 + 12 * count would be 24.
    for count, length in ((n + 1, None), (1000, None), (0xFFFFFFFF, None), (0x15555556, 24)):
        fw = cases.firmware("sev-count-%x" % count, ["sevCount 0x%x" % count] + (["sevLength %d" % length] if length else []))
        cases.add(fw, "metadata count 0x%x" % count, "MetadataCount", broken(at(fw).sev_start + 4))
    fw = cases.firmware("sev-count-0", ["sevCount 0", "sevLength 16"])
    cases.add(fw, "no sections", "MetadataCount", broken(at(fw).sev_start + 12))


def not_launchable(cases, peer):
    def lenient(fw, vcpus=1, features=1, kernel=""):
        arguments = ["--mode", "snp", "--ovmf", peer.path(fw), "--vcpus", vcpus, "--vcpu-type", "EPYC-v4", "--guest-features",
                     hex(features)]
        return value(peer(*arguments, *(["--kernel", peer.path(snp.BY_ID[kernel])] if kernel else [])))

    def twin(name, table, stand_in, vcpus=1):
        fw = cases.firmware(name, [], table=table)
        other = cases.firmware(name + "-twin", [], table=stand_in)
        return fw, value(snp.by_twin(peer, fw, other, vcpus)[1][1])

    bare = rules.rule("no-metadata-entry", "ovmf", 0x10000, ["fill 7", "resetBlock 0x80b004"])
    cases.out.use(bare)
    for vcpus in (1, 3):
        cases.add(bare, "no SEV metadata, %d vCPUs" % vcpus, "NoMetadata", STOP, lenient(bare, vcpus), vcpus=vcpus)
    none = rules.rule("no-table", "ovmf", 0x10000, ["fill 7", "noTable"])
    cases.out.use(none)
    cases.add(none, "no GUIDed table, two vCPUs", "NoMetadata", STOP, vcpus=2)
    other = rules.rule("footer-guid", "ovmf", 0x10000, none["steps"][:1] + ["resetBlock 0x80b004", "footerGuid " + rules.SVSM_INFO])
    cases.out.use(other)
    cases.add(other, "another GUID in the footer, two vCPUs", "NoMetadata", STOP, vcpus=2)

    for at, title in ((0, "first"), (3, "in the middle"), (5, "last")):
        table = list(CLASSIC)
        table.insert(at, (0x900000, 0, 1))
        fw = cases.firmware("zero-size-%d" % at, [], table=table)
        cases.add(fw, "empty section, " + title, "ZeroSize", STOP, lenient(fw, 2), vcpus=2)
        for vmm in ("ec2", "gce"):
            digest = peer("--mode", "snp", "--ovmf", peer.path(fw), "--vcpus", 2, "--vmm-type", snp.VMMS[vmm], "--guest-features", "0x1")
            cases.add(fw, "empty section, %s, %s" % (title, vmm), "ZeroSize", STOP, value(digest), vmm=vmm, vcpus=2)

    for name, section in (("size-1", (0x900000, 1, 1)), ("size-1001", (0x900000, 0x1001, 1)), ("gpa-1", (0x900001, 0x1000, 1)),
                          ("gpa-800", (0x900800, 0x1000, 3))):
        fw = cases.firmware("unaligned-" + name, [], table=CLASSIC + [section])
        cases.add(fw, "unaligned section, " + name, "Unaligned", STOP)

    fw = cases.firmware("overlap-one-page", [], table=[(0x800000, 0x3000, 1), (0x802000, 0x2000, 4), (0x80E000, 0x1000, 3)])
    cases.add(fw, "two sections share a page", "Overlap", STOP, lenient(fw))
    fw = cases.firmware("overlap-same", [], table=CLASSIC + [CLASSIC[2]])
    cases.add(fw, "the same section twice", "Overlap", STOP, lenient(fw))
    fw = cases.firmware("overlap-firmware", [], table=[(0xFFFF0000, 0x1000, 1)])
    cases.add(fw, "section at the first page of the firmware", "Overlap", STOP, lenient(fw))
    fw = cases.firmware("overlap-firmware-end", [], table=[(0xFFFEF000, 0x2000, 1)])
    cases.add(fw, "section reaches into the firmware", "Overlap", STOP, lenient(fw))
    fw, digest = twin("overlap-cpuid-two-pages", [(0x80E000, 0x2000, 3), (0x80F000, 0x1000, 4)],
                      [(0x80E000, 0x1000, 3), (0x80F000, 0x1000, 3), (0x80F000, 0x1000, 4)])
    cases.add(fw, "CPUID section of two pages overlaps the next", "Overlap", STOP, digest)
    fw = cases.firmware("crosses-4gib", [], table=[(0xFFFFF000, 0x2000, 1)])
    cases.add(fw, "section crosses 4 GiB", "Crosses4GiB", STOP, lenient(fw))

    for kind in (0, 5, 0x11, 0x101, 0xFFFFFFFF):
        fw, digest = twin("type-%x" % kind, CLASSIC + [(0x900000, 0x2000, kind)], CLASSIC + [(0x900000, 0x2000, 1)])
        cases.add(fw, "section type 0x%x" % kind, "UnknownType", STOP, digest)

    good = snp.BY_ID["amdsev-64k"]
    cases.out.use(good)
    for features in (0, 0x20, 0x8000000000000000):
        cases.add(good, "features 0x%x" % features, "SnpActiveClear", STOP, lenient(good, 2, features), vcpus=2, features=features)

    plain = snp.BY_ID["generic-64k"]
    cases.out.use(plain)
    for vmm in snp.VMMS:
        cases.add(plain, "kernel, no section 0x10, " + vmm, "NoHashSection", STOP, vmm=vmm, kernel="k4096")
    for name, area in (("no-area", None), ("base-0", "hashTable 0 0x400"), ("size-175", "hashTable 0x810c00 0xaf"),
                       ("other-page", "hashTable 0x900c00 0x400"), ("below", "hashTable 0x80fff0 0x400"),
                       ("beyond", "hashTable 0x810f51 0xb0")):
        fw = cases.firmware("hash-area-" + name, [], table=snp.HASHES_LAST,
                            entries=("resetBlock 0x80b004", *([area] if area else [])))
        cases.add(fw, "kernel, hash area: " + name, "HashAreaUnusable", STOP, kernel="k4096")

    for name, entries in (("no-reset-block", ()), ("reset-eip-0", ("resetBlock 0",))):
        fw = cases.firmware(name, [], entries=entries)
        other = cases.firmware(name + "-twin", [])
        one = value(snp.by_twin(peer, fw, other, 1)[1][1])
        cases.add(fw, name + ", one vCPU", "NoResetBlock", STOP, one)
        cases.add(fw, name + ", two vCPUs", "NoResetBlock", STOP, vcpus=2)
        for vmm in ("ec2", "gce"):
            cases.add(fw, name + ", two vCPUs, " + vmm, "NoResetBlock", STOP, vmm=vmm, vcpus=2)
