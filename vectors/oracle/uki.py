#!/usr/bin/env python3
"""Makes uki_test.json: UKIs and f-UKIs built by ukify on a stub made by rule, digests by pesign and osslsigncode.

    python3 uki.py UKIFY

UKIFY is the program of systemd 262.1 (Debian: systemd-ukify, needs python3-pefile). pesign and osslsigncode must be in the path.
The stubs are rules.pe() of two sections, so that no byte of a real stub or kernel is in the result; what ukify adds by itself is one
line of .sbat. Every image can be written again by dev.measure.vectors.PeWriter from what is recorded here, byte for byte."""

import hashlib
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

import rules

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/main/resources/dev/measure/vectors"
STUB = [(".text", b"\xc3"), (".sdmagic", b"#### LoaderInfo: systemd-stub 262.1 ####")]
ADDON_STUB = [(".text", b"\xc3"), (".sdmagic", b"#### LoaderInfo: systemd-addon 262.1 ####")]
INPUTS = [rules.rule(name, "pattern", size, ["pattern %d" % seed]) for name, size, seed in (
    ("linux", 5000, 1), ("linux-512", 512, 2), ("linux-1", 1, 3), ("initrd", 3001, 4), ("initrd-4096", 4096, 5), ("ucode", 700, 6),
    ("splash", 1024, 7), ("fw-4096", 4096, 8), ("fw-8192", 8192, 9), ("fw-1", 1, 10))]
BY_ID = {i["id"]: i for i in INPUTS}
COMMON = ["--stub", "stub", "--os-release", "ID=test\nVERSION_ID=1\n", "--uname", "6.12.0-test"]
SBAT = ["--sbat", "sbat,1,SBAT Version\nown,1,own\n"]
HWIDS = {"type": "uefi-fw", "name": "QEMU VM", "fwid": "fw-a", "hwids": [
    "11111111-2222-3333-4444-555555555555", "00000001-0002-0003-0004-000000000005"]}
HWIDS_B = {"type": "uefi-fw", "name": "Other", "fwid": "fw-b", "hwids": ["fedcba98-7654-3210-fedc-ba9876543210"]}
HWIDS_DT = {"type": "devicetree", "name": "Board", "compatible": "vendor,board", "hwids": ["aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"]}

# Arguments that name inputs begin with "@input:" or, for a directory of firmware, "@efifw:fwid:input".
CASES = [
    ("kernel, command line and initrd", ["--linux", "@input:linux", "--cmdline", "console=ttyS0 quiet", "--initrd", "@input:initrd"]),
    ("kernel alone", ["--linux", "@input:linux"]),
    ("sections that fill their pages of 512", ["--linux", "@input:linux-512", "--initrd", "@input:initrd-4096"]),
    ("a kernel of one byte", ["--linux", "@input:linux-1"]),
    ("two initrds become one section", ["--linux", "@input:linux", "--initrd", "@input:initrd", "--initrd", "@input:initrd-4096"]),
    ("microcode, splash and an own section", ["--linux", "@input:linux", "--microcode", "@input:ucode", "--splash", "@input:splash",
                                              "--section", ".own:some text"]),
    ("one firmware", ["--linux", "@input:linux", "--efifw", "@efifw:fw-a:fw-4096", "--hwids", [HWIDS]]),
    ("one firmware of one byte", ["--linux", "@input:linux", "--efifw", "@efifw:f:fw-1"]),
    ("two firmwares and a device tree id", ["--linux", "@input:linux", "--cmdline", "quiet", "--efifw", "@efifw:fw-a:fw-4096", "--efifw",
                                            "@efifw:fw-b:fw-8192", "--hwids", [HWIDS, HWIDS_B, HWIDS_DT]]),
    ("one firmware id twice", ["--linux", "@input:linux", "--efifw", "@efifw:fw-a:fw-4096", "--efifw", "@efifw:fw-a:fw-8192"]),
    ("two profiles", ["--linux", "@input:linux", "--cmdline", "base", "--profile", "ID=main\nTITLE=Main\n", "--join-profile",
                      ("--profile", "ID=debug\nTITLE=Debug\n", "--cmdline", "base debug")]),
]
ADDON = ("add-on with a command line", ["--cmdline", "extra"])


class Builder:
    def __init__(self, ukify):
        self.ukify = str(pathlib.Path(ukify).resolve())
        self.temporary = tempfile.TemporaryDirectory()
        self.work = pathlib.Path(self.temporary.name)
        (self.work / "stub").write_bytes(rules.pe(STUB))
        (self.work / "addon-stub").write_bytes(rules.pe(ADDON_STUB))
        for one in INPUTS:
            (self.work / one["id"]).write_bytes(rules.build(one))
        self.version = self.run("--version").split("(")[0].split()[1]
        self.count = 0

    def run(self, *arguments):
        return self.tool(sys.executable, self.ukify, *arguments)

    def tool(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.work)
        if done.returncode != 0:
            sys.exit(" ".join(command) + "\n" + done.stdout + done.stderr)
        return done.stdout

    def argument(self, value, shown):
        """Turns a value of CASES into an argument, and appends how the command is recorded."""
        if isinstance(value, list):
            self.count += 1
            folder = self.work / ("hwids%d" % self.count)
            folder.mkdir()
            for i, one in enumerate(value):
                (folder / ("%d.json" % i)).write_text(json.dumps(one))
            shown.append("<folder of " + " ".join(json.dumps(one) for one in value) + ">")
            return str(folder)
        if isinstance(value, tuple):
            self.count += 1
            joined = "profile%d" % self.count
            self.run("build", "--stub", "stub", *value, "--output", joined)
            shown.append("<ukify build --stub <stub> " + " ".join(map(json.dumps, value)) + ">")
            return joined
        if value.startswith("@input:"):
            shown.append("<" + value[7:] + ">")
            return value[7:]
        if value.startswith("@efifw:"):
            _, fwid, name = value.split(":")
            self.count += 1
            folder = self.work / ("efifw%d" % self.count) / fwid
            folder.mkdir(parents=True)
            (folder / "firmware").write_bytes(rules.build(BY_ID[name]))
            shown.append("<folder %s with %s>" % (fwid, name))
            return str(folder)
        shown.append(value if re.fullmatch(r"[-\w.=,/]+", value) else json.dumps(value))
        return value

    def case(self, comment, arguments, common):
        shown = []
        command = [self.argument(a, shown) for a in common + SBAT + arguments]
        self.run("build", *command, "--output", "out.efi")
        image = (self.work / "out.efi").read_bytes()
        listed = json.loads(self.run("inspect", "out.efi", "--json=short", "--all"))
        sections = []
        lfanew, = struct.unpack_from("<I", image, 0x3C)
        count, = struct.unpack_from("<H", image, lfanew + 6)
        for i in range(count):
            name, size, address, raw, pointer, characteristics = struct.unpack_from(
                "<8sIIII12xI", image, lfanew + 24 + 240 + 40 * i)
            name = name.rstrip(b"\0").decode()
            data = image[pointer:pointer + size]
            digest = hashlib.sha256(data).hexdigest()
            if sum(s["name"] == name for s in sections) == 0 and name in listed:
                entry = listed[name]
                entry = entry[0] if isinstance(entry, list) else entry
                assert (entry["size"], entry["sha256"]) == (size, digest), (comment, name)
            sections.append({"name": name, "virtualSize": size, "virtualAddress": address, "sizeOfRawData": raw,
                             "pointerToRawData": pointer, "characteristics": "%08x" % characteristics, "sha256": digest,
                             "content": content(data)})
        entry, data_size = struct.unpack_from("<I", image, lfanew + 24 + 16)[0], struct.unpack_from("<I", image, lfanew + 24 + 8)[0]
        return {"tcId": 0, "comment": comment, "flags": [], "arguments": " ".join(shown), "size": len(image),
                "sha256": hashlib.sha256(image).hexdigest(), "addressOfEntryPoint": entry, "sizeOfInitializedData": data_size,
                "sizeOfImage": struct.unpack_from("<I", image, lfanew + 24 + 56)[0], "sections": sections,
                "authenticode": {"sha1": self.authenticode("sha1"), "sha256": self.authenticode("sha256")},
                "firmwares": [s["content"].split(" ")[1] for s in sections if s["name"] == ".efifw"], "result": "valid"}

    def authenticode(self, algorithm):
        """By two programs that must agree; they differ only on images with gaps, overlaps or odd headers."""
        pesign = self.tool("pesign", "-h", "-d", algorithm, "-i", "out.efi").split()[-1]
        (self.work / "der").unlink(missing_ok=True)
        self.tool("osslsigncode", "extract-data", "-h", algorithm, "-in", "out.efi", "-out", "der")
        assert bytes.fromhex(pesign) in (self.work / "der").read_bytes(), "pesign and osslsigncode differ"
        return pesign


def content(data):
    """How a section's bytes can be made again: "input ID", "efifw FWID ID", "join ID ID" or "hex BYTES"."""
    for one in INPUTS:
        made = rules.build(one)
        if data == made:
            return "input " + one["id"]
        if len(data) > 16 and data.endswith(made) and data[:4] == bytes.fromhex("addeedfe"):
            header, fwid, payload = struct.unpack_from("<III", data, 4)
            if payload == len(made) and header == 16 and len(data) == 16 + fwid + payload:
                return "efifw %s %s" % (data[16:16 + fwid - 1].decode(), one["id"])
        for other in INPUTS:
            # ukify pads an initrd to four bytes before the next one
            if one != other and data == made + bytes(-len(made) % 4) + rules.build(other):
                return "join %s %s" % (one["id"], other["id"])
    return "hex " + data.hex()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    builder = Builder(sys.argv[1])
    assert builder.version == "262", builder.version
    about = {"name": "ukify", "version": "systemd 262.1", "commit": ""}
    digests = "; authenticode: pesign 0.112 -h -d <algorithm>, equal to osslsigncode 2.9 extract-data -h <algorithm>"
    file = {"algorithm": "UKI", "schema": "uki_test_schema_v1.json", "numberOfTests": 0,
            "header": ["Unified kernel images as ukify lays them out: section tables, contents, Authenticode digests, firmware ids.",
                       "The stub, kernels, initrds and firmwares are made by rule; content says how a section's bytes are made."],
            "notes": {}, "inputs": INPUTS, "testGroups": []}
    for parameters, common, cases in (({"kind": "uki"}, COMMON, CASES), ({"kind": "addon"}, ["--stub", "addon-stub"], [ADDON])):
        command = "ukify build <arguments>" + digests
        file["testGroups"].append({"type": "UkiTest", "source": dict(about, command=command), "parameters": parameters,
                                   "tests": [builder.case(comment, arguments, common) for comment, arguments in cases]})
    rules.write(OUT / "uki_test.json", file)
    print("uki_test.json", file["numberOfTests"])


if __name__ == "__main__":
    main()
