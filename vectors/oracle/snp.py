#!/usr/bin/env python3
"""Makes the vector files of SEV-SNP launch digests with the reference calculator virtee/sev-snp-measure as oracle.

    python3 snp.py PEER [FIRMWARE_FOLDER]

PEER is a checkout of virtee/sev-snp-measure at commit 8f2b337 (version 0.0.13). FIRMWARE_FOLDER holds the files of firmware.json
under their ids, as fetch-firmware and the tests leave them; without it the vectors on real firmware are left out.

The firmware images are made by rules.py. They are chosen so that the calculator's known wrong answers do not enter: it ignores the
lengths of the tables, measures one page of a longer SECRETS or CPUID section, prints a digest for what no VMM starts.
Values for such cases are put together from runs that are right: see the groups' commands."""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

import rules

COMMIT = "8f2b337e38bc83f87cd30f3253cdfe8e3e12cc3a"
HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent / "src/main/resources/dev/measure/vectors"
VMMS = {"qemu": "QEMU", "ec2": "ec2", "gce": "gce"}
SIGNATURES = {
    "EPYC": "00800f12", "EPYC-v1": "00800f12", "EPYC-v2": "00800f12", "EPYC-IBPB": "00800f12", "EPYC-v3": "00800f12",
    "EPYC-v4": "00800f12", "EPYC-Rome": "00830f10", "EPYC-Rome-v1": "00830f10", "EPYC-Rome-v2": "00830f10",
    "EPYC-Rome-v3": "00830f10", "EPYC-Milan": "00a00f11", "EPYC-Milan-v1": "00a00f11", "EPYC-Milan-v2": "00a00f11",
    "EPYC-Genoa": "00a10f10", "EPYC-Genoa-v1": "00a10f10", "EPYC-Turin": "00b00f00"}
ERRATA = "the calculator's known wrong answers are not among the cases"

# SEV metadata as edk2 lays it out: (gpa, size, type).
SEC_MEM, SECRETS, CPUID, CAA, HASHES = 1, 2, 3, 4, 0x10
CLASSIC = [(0x800000, 0x9000, 1), (0x80A000, 0x3000, 1), (0x80D000, 0x1000, 2), (0x80E000, 0x1000, 3), (0x80F000, 0x1000, 4)]
HASHES_LAST = CLASSIC + [(0x811000, 0x4000, 1), (0x810000, 0x1000, 0x10)]
HASHES_BEFORE = CLASSIC + [(0x810000, 0x1000, 0x10), (0x811000, 0x4000, 1)]
PLAIN = CLASSIC + [(0x810000, 0x3000, 1)]
AREA = "hashTable 0x810c00 0x400"
TDX = ["tdxMetadata", "tdxSection 0x8000 0x8000 0xffff8000 0x8000 0 1", "tdxSection 0 0x8000 0xffff0000 0x8000 1 0",
       "tdxSection 0 0 0x809000 0x2000 2 0"]


def sections(table):
    return ["section 0x%x 0x%x %s" % (gpa, size, t if t < 16 else hex(t)) for gpa, size, t in table]


def image(name, size, table, *steps, eip="0x80b004"):
    return rules.rule(name, "ovmf", size, [*steps, "resetBlock " + eip, "sevMetadata", *sections(table)])


FIRMWARE = [
    image("amdsev-64k", 0x10000, HASHES_LAST, "fill 7", "secretArea 0x810000 0xc00", AREA),
    image("amdsev-hashes-before-sec-mem", 0x10000, HASHES_BEFORE, "fill 11", "secretArea 0x810000 0xc00", AREA),
    image("amdsev-erased-128k", 0x20000, HASHES_LAST, "fill 3", "erase 0 0x10000", "blank 0x12000 0x3000", "erase 0x17000 0x1000",
          AREA),
    image("generic-64k", 0x10000, PLAIN, "fill 1", "secretArea 0 0", "hashTable 0 0"),
    image("all-erased-64k", 0x10000, PLAIN, "erase 0 0x10000"),
    image("all-zero-64k", 0x10000, PLAIN),
    image("one-page", 0x1000, PLAIN, "fill 250"),
    image("seventeen-pages", 0x11000, HASHES_LAST, "fill 99", AREA),
    image("tdx-too-64k", 0x10000, HASHES_LAST, "fill 21", AREA, *TDX),
    image("hashes-at-page-start", 0x10000, HASHES_LAST, "fill 5", "hashTable 0x810000 0xb0"),
    image("hashes-at-page-end", 0x10000, HASHES_LAST, "fill 6", "hashTable 0x810f50 0xb0"),
    image("hashes-first", 0x10000, [HASHES_LAST[-1]] + HASHES_LAST[:-1], "fill 8", AREA),
    image("cpuid-first-twice", 0x10000,
          [(0x80E000, 0x1000, 3), (0x800000, 0x2000, 1), (0x820000, 0x1000, 3), (0x80D000, 0x1000, 2), (0x830000, 0x1000, 2),
           (0x80F000, 0x1000, 4), (0x840000, 0x1000, 1)], "fill 13"),
    image("descending-gpa", 0x10000, PLAIN[::-1], "fill 17"),
    image("one-section", 0x10000, [(0x800000, 0x1000, 1)], "fill 19"),
    image("high-and-low-gpa", 0x10000, [(0xFFFEF000, 0x1000, 1), (0, 0x1000, 1), (0x7FFFF000, 0x2000, 1), (0x1000, 0x1000, 3)],
          "fill 23"),
    image("one-megabyte-section", 0x10000, [(0x100000, 0x100000, 1)], "fill 29"),
    image("eip-page-0", 0x10000, PLAIN, "fill 31", eip="0x4"),
    image("eip-high", 0x10000, PLAIN, "fill 37", eip="0xfffffe01"),
    image("eip-8-bits-each", 0x10000, PLAIN, "fill 41", eip="0x12345678"),
    image("other-entries", 0x10000, PLAIN, "fill 43", "entry 01234567-89ab-cdef-0123-456789abcdef 00112233445566778899",
          "entry fedcba98-7654-3210-fedc-ba9876543210"),
]
KERNELS = [
    rules.rule("k0", "pattern", 0, ["pattern 0"]), rules.rule("k1", "pattern", 1, ["pattern 7"]),
    rules.rule("k4096", "pattern", 4096, ["pattern 1"]), rules.rule("k70001", "pattern", 70001, ["pattern 2"]),
    rules.rule("i0", "pattern", 0, ["pattern 0"]), rules.rule("i512", "pattern", 512, ["pattern 9"]),
    rules.rule("i30001", "pattern", 30001, ["pattern 5"])]


class Peer:
    """Runs the reference calculator's command on inputs kept in a folder."""

    def __init__(self, folder, firmware):
        self.folder = pathlib.Path(folder).resolve()
        head = subprocess.run(["git", "-C", folder, "rev-parse", "HEAD"], capture_output=True, text=True)
        marker = self.folder / "COMMIT"
        commit = head.stdout.strip() if head.returncode == 0 else marker.read_text().strip() if marker.exists() else "unknown"
        if commit != COMMIT:
            sys.exit("this is commit %s of the calculator, the vectors need %s" % (commit, COMMIT))
        self.temporary = tempfile.TemporaryDirectory()
        self.work = pathlib.Path(self.temporary.name)
        self.firmware = pathlib.Path(firmware).resolve() if firmware else None
        self.sizes = {}

    def path(self, an_input):
        if an_input["kind"] == "real":
            found = self.firmware / an_input["id"]
            assert hashlib.sha256(found.read_bytes()).hexdigest() == an_input["sha256"], found
            return found
        made = self.work / an_input["id"]
        if not made.exists():
            made.write_bytes(rules.build(an_input))
        return made

    def __call__(self, *arguments):
        command = [sys.executable, str(self.folder / "sev-snp-measure.py"), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.work)
        if done.returncode != 0:
            raise RuntimeError(" ".join(command) + "\n" + done.stderr)
        return done.stdout.strip()


def source(command):
    return {"name": "virtee/sev-snp-measure", "version": "0.0.13", "commit": COMMIT, "command": command}


BASE = "sev-snp-measure.py --mode snp --ovmf <firmware> --vmm-type %s --vcpus <vcpus>%s --guest-features 0x<sevFeatures>"
TYPE = " --vcpu-type <cpu>"
SIG = " --vcpu-sig 0x<cpuSignature>"
BOOT = " [--kernel <kernel> [--initrd <initrd>] [--append <append>]]"
EVENTS = ("; event firmware: --mode snp:ovmf-hash; event metadata: the same with --vcpus 0, with which the calculator stops after"
          " the metadata; event vcpu 0: the same with --vcpus 1")


class File:
    """A vector file in the making."""

    def __init__(self, name, algorithm, schema, header, notes):
        self.path = OUT / name
        self.data = {"algorithm": algorithm, "schema": schema, "numberOfTests": 0, "header": header, "notes": notes,
                     "inputs": [], "testGroups": []}

    def use(self, *inputs):
        for one in inputs:
            if one not in self.data["inputs"]:
                self.data["inputs"].append(one)

    def group(self, kind, command, parameters, tests, origin=None):
        self.data["testGroups"].append(
            {"type": kind, "source": origin or source(command), "parameters": parameters, "tests": tests})

    def write(self):
        rules.write(self.path, self.data)
        print(self.path.name, self.data["numberOfTests"])


BY_ID = {}


def strict_warnings(vmm, firmware, features, kernel):
    """What the specification's table says to print beside the digest."""
    codes = []
    size = firmware["size"]
    if vmm == "qemu" and size % 65536:
        codes.append("FIRMWARE_NOT_64K")
    types = firmware.get("types") or [s.split(" ")[3] for s in firmware["steps"] if s.startswith("section ")]
    if vmm != "qemu" and kernel:
        codes.append("NO_DIRECT_BOOT")
    if vmm == "gce" and "0x10" in types:
        codes.append("GCE_SECTION_0X10")
    known = sum(1 << bit for bit in [*range(17), 21, 63])
    if features & ~known:
        codes.append("FEATURE_BITS_RESERVED")
    return codes


def launch(peer, firmware, comment, vmm="qemu", vcpus=1, cpu="EPYC-v4", signature=None, features=1, kernel="", initrd="", append="",
           flags=()):
    path = peer.path(firmware)
    boot = []
    if kernel:
        boot += ["--kernel", peer.path(BY_ID[kernel])]
    if initrd:
        boot += ["--initrd", peer.path(BY_ID[initrd])]
    if append:
        boot += ["--append", append]
    guest = ["--vmm-type", VMMS[vmm], "--guest-features", hex(features)]
    if vmm != "qemu":
        cpu, signature = "", ""
    elif signature is None:
        guest += ["--vcpu-type", cpu]
        signature = SIGNATURES[cpu]
    else:
        guest += ["--vcpu-sig", "0x" + signature]
        cpu = ""

    def run(n):
        return peer("--mode", "snp", "--ovmf", path, "--vcpus", n, *guest, *boot)

    events = [{"name": "firmware", "after": peer("--mode", "snp:ovmf-hash", "--ovmf", path)},
              {"name": "metadata", "after": run(0)}]
    if vcpus > 1:
        events.append({"name": "vcpu 0", "after": run(1)})
    return {"tcId": 0, "comment": comment, "flags": list(flags), "firmware": firmware["id"], "vcpus": vcpus, "cpu": cpu,
            "cpuSignature": signature, "sevFeatures": "%016x" % features, "kernel": kernel, "initrd": initrd, "append": append,
            "events": events, "expected": run(vcpus), "warnings": strict_warnings(vmm, firmware, features, kernel),
            "result": "valid"}


def launch_digests(peer):
    out = File("snp_launch_digest_test.json", "SNP-LAUNCH-DIGEST", "snp_launch_digest_test_schema_v1.json",
               ["Launch digests of SEV-SNP guests: firmware, SEV metadata, kernel hashes, one VMSA per vCPU.",
                "Inputs are made by rule (OvmfWriter) or are real firmware, named in firmware.json.",
                "sevFeatures and cpuSignature are hexadecimal numbers, most significant digit first.",
                "warnings: the codes that strict mode gives beside the digest."],
               {"DirectBoot": {"bugType": "BASIC", "description": "Kernel, initrd and command line enter through the hash page."},
                "BlankInCommandLine": {"bugType": "CANONICALIZATION",
                                       "description": "Blanks at the ends of the command line count; some calculators trim them."},
                "FeatureBits": {"bugType": "NUMERIC", "description": "SEV features beyond the default, bit 63 included."},
                "ManyVcpus": {"bugType": "BASIC", "description": "One VMSA page for each of many vCPUs."},
                "SectionOrder": {"bugType": "ORDER", "description": "Sections are measured in table order, not by address."},
                "DeferredCpuid": {"bugType": "ORDER", "description": "EC2 measures CPUID sections after all others."},
                "LongSection": {"bugType": "BOUNDS",
                                "description": "SECRETS and CPUID sections longer than a page are measured page by page."}})
    out.use(*FIRMWARE, *KERNELS)
    BY_ID.update((i["id"], i) for i in FIRMWARE + KERNELS)
    ready = BY_ID["amdsev-64k"]

    for vmm in VMMS:
        tests = [launch(peer, fw, fw["id"], vmm, 2, flags=["DeferredCpuid"] if vmm == "ec2" and "cpuid" in fw["id"] else
                        ["SectionOrder"] if fw["id"] in ("hashes-first", "descending-gpa", "amdsev-hashes-before-sec-mem") else [])
                 for fw in FIRMWARE]
        tests += [launch(peer, ready, "%d vCPUs" % n, vmm, n, flags=["ManyVcpus"] if n > 8 else []) for n in (1, 3, 4, 8, 64, 255, 512)]
        tests += [launch(peer, ready, "features 0x%x" % f, vmm, 2, features=f, flags=["FeatureBits"])
                  for f in (0x21, 0x201, 0x1FFFF, 0x8000000000000001, 0xFFFFFFFFFFFFFFFF)]
        out.group("SnpLaunchDigestTest", BASE % (VMMS[vmm], TYPE if vmm == "qemu" else "") + EVENTS, {"vmm": vmm}, tests)

    out.group("SnpLaunchDigestTest", BASE % ("QEMU", TYPE) + EVENTS, {"vmm": "qemu"},
              [launch(peer, ready, cpu, cpu=cpu, vcpus=2) for cpu in SIGNATURES])
    out.group("SnpLaunchDigestTest", BASE % ("QEMU", SIG) + EVENTS, {"vmm": "qemu"},
              [launch(peer, ready, "signature 0x" + s, signature=s, vcpus=2) for s in ("00000000", "00900f01", "00b20f21", "0fff0fff")])

    for vmm in VMMS:
        boots = [("k0", "", "", "empty kernel"), ("k1", "", "", "kernel of one byte"), ("k4096", "i512", "", "kernel and initrd"),
                 ("k4096", "i0", "", "empty initrd is no initrd"), ("k4096", "", "console=ttyS0 loglevel=7", "command line"),
                 ("k70001", "i30001", "root=/dev/vda ro", "all three")]
        tests = [launch(peer, ready, c, vmm, 2, kernel=k, initrd=i, append=a, flags=["DirectBoot"]) for k, i, a, c in boots]
        if vmm == "qemu":
            tests += [launch(peer, ready, c, kernel="k4096", append=a, flags=["DirectBoot", "BlankInCommandLine"])
                      for a, c in ((" a", "leading blank"), ("a ", "trailing blank"), (" ", "one blank"), ("a\n", "line feed at the end"),
                                   ("a\tb  c", "tab and two blanks inside"))]
            tests += [launch(peer, ready, "command line of 2000 bytes", kernel="k1", append="x" * 2000, flags=["DirectBoot"]),
                      launch(peer, ready, "command line in UTF-8", kernel="k1", append="name=\u00e9\u2713", flags=["DirectBoot"])]
            tests += [launch(peer, BY_ID[f], f, kernel="k4096", initrd="i512", append="quiet", flags=["DirectBoot"])
                      for f in ("hashes-at-page-start", "hashes-at-page-end", "hashes-first", "amdsev-hashes-before-sec-mem",
                                "amdsev-erased-128k", "tdx-too-64k", "seventeen-pages")]
        out.group("SnpLaunchDigestTest", BASE % (VMMS[vmm], TYPE if vmm == "qemu" else "") + BOOT + EVENTS, {"vmm": vmm}, tests)

    out.group("SnpLaunchDigestTest",
              "sev-snp-measure.py --mode snp --ovmf <twin> --snp-ovmf-hash <hash> --vmm-type QEMU --vcpus <vcpus> --vcpu-type <cpu>"
              " --guest-features 0x<sevFeatures>; <hash>: --mode snp:ovmf-hash of <firmware>; <twin>: the same image with sections of"
              " one page each in place of the long ones, since the calculator measures only their first page",
              {"vmm": "qemu"}, [twin(peer, out, *t) for t in LONG])

    if peer.firmware:
        real = real_firmware()
        out.use(*[{k: v for k, v in r.items() if k != "types"} for r in real])
        for vmm in VMMS:
            tests = []
            for fw in real:
                for n in (1, 2, 6):
                    tests.append(launch(peer, fw, "%s, %d vCPUs" % (fw["id"], n), vmm, n, cpu="EPYC-Milan"))
                if "0x10" in fw["types"]:
                    tests.append(launch(peer, fw, fw["id"] + ", direct boot", vmm, 2, cpu="EPYC-Genoa", kernel="k70001",
                                        initrd="i30001", append="console=ttyS0", flags=["DirectBoot"]))
            out.group("SnpLaunchDigestTest", BASE % (VMMS[vmm], TYPE if vmm == "qemu" else "") + BOOT + EVENTS, {"vmm": vmm}, tests)
    out.write()


LONG = [
    ("CPUID section of two pages", [(0x800000, 0x1000, 1), (0x801000, 0x2000, 3), (0x803000, 0x1000, 2)],
     [(0x800000, 0x1000, 1), (0x801000, 0x1000, 3), (0x802000, 0x1000, 3), (0x803000, 0x1000, 2)]),
    ("SECRETS section of three pages", [(0x800000, 0x3000, 2), (0x803000, 0x1000, 3)],
     [(0x800000, 0x1000, 2), (0x801000, 0x1000, 2), (0x802000, 0x1000, 2), (0x803000, 0x1000, 3)]),
]


def by_twin(peer, firmware, stand_in, vcpus, features=1, cpu="EPYC-v4"):
    """Digest of an image with the sections of another: the calculator hashes what it is told and reads the sections of its file."""
    seed = peer("--mode", "snp:ovmf-hash", "--ovmf", peer.path(firmware))
    return seed, [peer("--mode", "snp", "--ovmf", peer.path(stand_in), "--snp-ovmf-hash", seed, "--vmm-type", "QEMU", "--vcpus", n,
                       "--vcpu-type", cpu, "--guest-features", hex(features)) for n in (0, vcpus)]


def twin(peer, out, comment, table, stand_in):
    name = comment.lower().replace(" ", "-")
    firmware = image(name, 0x10000, table, "fill 47")
    other = image(name + "-twin", 0x10000, stand_in, "fill 47")
    out.use(firmware, other)
    seed, (metadata, expected) = by_twin(peer, firmware, other, 1)
    return {"tcId": 0, "comment": comment, "flags": ["LongSection"], "firmware": firmware["id"], "vcpus": 1, "cpu": "EPYC-v4",
            "cpuSignature": SIGNATURES["EPYC-v4"], "sevFeatures": "%016x" % 1, "kernel": "", "initrd": "", "append": "",
            "events": [{"name": "firmware", "after": seed}, {"name": "metadata", "after": metadata}],
            "expected": expected, "warnings": ["SECTION_LONGER_THAN_PAGE"], "result": "valid"}


def real_firmware():
    """Those with SEV metadata without empty sections."""
    listed = json.loads((OUT / "firmware.json").read_text())["firmware"]
    return [{"id": f["id"], "kind": "real", "size": f["size"], "sha256": f["sha256"], "steps": [], "types": f["sevSectionTypes"]}
            for f in listed if f["launchable"]]


def vmsa(peer):
    out = File("snp_vmsa_test.json", "SNP-VMSA", "snp_vmsa_test_schema_v1.json",
               ["VMSA pages, 4096 bytes, as measured for the first (bsp) and every other (ap) vCPU.",
                "bytes: the runs of nonzero bytes, keyed by their hexadecimal offset."],
               {"FeatureBits": {"bugType": "NUMERIC", "description": "SEV features beyond the default, bit 63 included."}})
    by_id = {f["id"]: f for f in FIRMWARE}
    for vmm in VMMS:
        cases = []
        if vmm == "qemu":
            cases += [("amdsev-64k", cpu, 1) for cpu in SIGNATURES]
        for fw in ("amdsev-64k", "eip-page-0", "eip-high", "eip-8-bits-each"):
            cases += [(fw, "EPYC-v4" if vmm == "qemu" else "", f) for f in (1, 0x21, 0x8000000000000001)]
        tests = []
        for fw, cpu, features in dict.fromkeys(cases):
            out.use(by_id[fw])
            eip = [s.split(" ")[1] for s in by_id[fw]["steps"] if s.startswith("resetBlock")][0]
            peer("--mode", "snp", "--ovmf", peer.path(by_id[fw]), "--vcpus", 2, "--vmm-type", VMMS[vmm], "--guest-features", hex(features),
                 "--dump-vmsa", *(["--vcpu-type", cpu] if cpu else []))
            for index, who in enumerate(("bsp", "ap")):
                page = (peer.work / ("vmsa%d.bin" % index)).read_bytes()
                tests.append({"tcId": 0, "comment": "%s, %s%s, features 0x%x" % (who, fw, cpu and ", " + cpu, features),
                              "flags": ["FeatureBits"] if features != 1 else [], "who": who, "resetEip": "%08x" % int(eip, 0),
                              "cpu": cpu, "cpuSignature": SIGNATURES.get(cpu, ""), "sevFeatures": "%016x" % features,
                              "bytes": runs(page), "sha256": hashlib.sha256(page).hexdigest(), "result": "valid"})
        out.group("SnpVmsaTest", BASE % (VMMS[vmm], TYPE if vmm == "qemu" else "") + " --dump-vmsa, <vcpus> = 2", {"vmm": vmm}, tests)
    out.write()


def runs(page):
    found, at = {}, 0
    while at < len(page):
        end = at
        while end < len(page) and page[end]:
            end += 1
        if end > at:
            found["%03x" % at] = page[at:end].hex()
        at = end + 1
    return found


def accumulated(peer):
    sys.path.insert(0, str(peer.folder))
    from sevsnpmeasure import guest, vmm_types
    out = File("snp_launch_digest_accumulated_test.json", "SNP-LAUNCH-DIGEST", "accumulated_test_schema_v1.json",
               ["SHA-256 over the digests of many cases one after another, 48 bytes each; checkpoints after some of them.",
                "The cases come from java.util.SplittableRandom with the literal seed, by the rule of SnpLaunchCases."], {})
    modes = {"qemu": vmm_types.VMMType.QEMU, "ec2": vmm_types.VMMType.ec2, "gce": vmm_types.VMMType.gce}
    tests = []
    for seed, count in ((0x9E3779B97F4A7C15, 1000), (0x5EED, 1000)):
        random = rules.SplitMix64(seed)
        total = hashlib.sha256()
        checkpoints = []
        for i in range(count):
            case = a_case(random)
            firmware = peer.work / "case.fd"
            firmware.write_bytes(rules.ovmf(case["size"], case["steps"]))
            files = []
            for name in ("kernel", "initrd"):
                length = case[name]
                files.append(None)
                if length >= 0:
                    files[-1] = str(peer.work / name)
                    pathlib.Path(files[-1]).write_bytes(rules.pattern(length, i & 255))
            total.update(guest.snp_calc_launch_digest(
                case["vcpus"], case["signature"], str(firmware), files[0], files[1], case["append"], case["features"], "",
                modes[case["vmm"]]))
            if i + 1 in (1, 10, 100, count):
                checkpoints.append({"cases": i + 1, "sha256": total.hexdigest()})
        tests.append({"tcId": 0, "comment": "%d launches" % count, "flags": [], "seed": "%016x" % seed, "cases": count,
                      "checkpoints": checkpoints, "expected": total.hexdigest(), "result": "valid"})
    out.group("AccumulatedTest", "python3 vectors/oracle/snp.py <checkout>: guest.snp_calc_launch_digest for every case",
              {"rule": "SnpLaunchCases"}, tests)
    out.write()


def a_case(random):
    """The rule of dev.measure.vectors.SnpLaunchCases; every draw is nextLong() modulo a bound, in this order."""
    size = 0x1000 * (1 + random.below(24))
    seed = random.below(256)
    steps = ["fill %d" % seed]
    if random.below(2):
        steps.append("erase 0 0x%x" % (0x1000 * random.below(size // 0x1000)))
    steps += [AREA, "resetBlock 0x%x" % (1 + random.below(0xFFFFFFEF)), "sevMetadata"]
    count = 1 + random.below(6)
    gpa = 0x800000
    for _ in range(count):
        kind = 1 + random.below(4)
        pages = 1 + random.below(5) if kind in (1, 4) else 1
        steps.append("section 0x%x 0x%x %d" % (gpa, 0x1000 * pages, kind))
        gpa += 0x1000 * (pages + random.below(3))
        if gpa >= 0x810000 - 0x8000:
            gpa = max(gpa, 0x811000)
    hashes = random.below(2)
    if hashes:
        steps.append("section 0x810000 0x1000 0x10")
    vmm = ("qemu", "ec2", "gce")[random.below(3)]
    vcpus = 1 + random.below(12)
    signature = random.below(1 << 32) & 0x0FFF00FF | 0xF00
    features = random.next() | 1
    kernel = random.below(5000) if hashes and random.below(2) else -1
    initrd = random.below(5000) if kernel >= 0 and random.below(2) else -1
    append = "a" * random.below(100) if kernel >= 0 else ""
    return {"size": size, "steps": steps, "vmm": vmm, "vcpus": vcpus, "signature": signature, "features": features,
            "kernel": kernel, "initrd": initrd, "append": append}


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    peer = Peer(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else None)
    launch_digests(peer)
    vmsa(peer)
    accumulated(peer)
    sys.modules.setdefault("snp", sys.modules["__main__"])
    import snp_malformed
    snp_malformed.write(peer)


if __name__ == "__main__":
    main()
