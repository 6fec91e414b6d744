#!/usr/bin/env python3
"""Makes pcr11_test.json: PCR 11 of the images of uki_test.json, by systemd-measure as oracle.

    python3 pcr11.py SYSTEMD_MEASURE

SYSTEMD_MEASURE is the program of systemd 257. It takes the file of --dtbauto for .hwids and the other way round (mended upstream in
systemd's pull request 35765), so each is given to the other here. It knows no .efifw, so the values are those of a machine for which the stub
selects no firmware. A profile's sections override those before the first .profile, name by name."""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import rules

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/main/resources/dev/measure/vectors"
OPTIONS = ["linux", "osrel", "cmdline", "initrd", "ucode", "splash", "dtb", "dtbauto", "uname", "sbat", "pcrpkey", "profile", "hwids"]
PHASES = ["", "enter-initrd", "enter-initrd:leave-initrd", "enter-initrd:leave-initrd:sysinit",
          "enter-initrd:leave-initrd:sysinit:ready"]
SWAPPED = {"dtbauto": "hwids", "hwids": "dtbauto"}
BANKS = ["sha1", "sha256", "sha384", "sha512"]


def contents(section, inputs):
    words = section["content"].split(" ")
    if words[0] == "input":
        return rules.build(inputs[words[1]])
    if words[0] == "join":
        first = rules.build(inputs[words[1]])
        return first + bytes(-len(first) % 4) + rules.build(inputs[words[2]])
    if words[0] == "efifw":
        payload = rules.build(inputs[words[2]])
        fwid = words[1].encode() + b"\0"
        return struct.pack("<IIII", 0xFEEDDEAD, 16, len(fwid), len(payload)) + fwid + payload
    return bytes.fromhex(words[1])


def profiles(test):
    """The sections of each profile, by name: the first of a name in its range, else in the base."""
    ranges = [[]]
    for section in test["sections"]:
        if section["name"] == ".profile":
            ranges.append([])
        ranges[-1].append(section)
    by_name = [dict((s["name"], s) for s in reversed(one)) for one in ranges]
    return [{**by_name[0], **own} for own in by_name[1:]] or by_name


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tool = str(pathlib.Path(sys.argv[1]).resolve())
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout.split("(")[1].split(")")[0]
    ukis = json.loads((OUT / "uki_test.json").read_text())
    inputs = {i["id"]: i for i in ukis["inputs"]}
    assert version.startswith("257"), "SWAPPED is for 257"
    tests = []
    with tempfile.TemporaryDirectory() as folder:
        for group in ukis["testGroups"]:
            for test in group["tests"] if group["parameters"]["kind"] == "uki" else []:
                for number, sections in enumerate(profiles(test)):
                    command = [tool, "calculate", "--json=short", *("--bank=" + b for b in BANKS),
                               *("--phase=" + (p or ":") for p in PHASES)]
                    for option in OPTIONS:
                        if "." + option in sections:
                            path = pathlib.Path(folder) / option
                            path.write_bytes(contents(sections["." + option], inputs))
                            command.append("--%s=%s" % (SWAPPED.get(option, option), path))
                    values = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
                    for phase in PHASES:
                        found = {b: next(v["hash"] for v in values[b] if v.get("phase", "") == phase) for b in BANKS}
                        tests.append({"tcId": 0, "comment": "%s, profile %d, phase %s" % (test["comment"], number, phase or "none"),
                                      "flags": [], "uki": test["tcId"], "profile": number, "phase": phase, "expected": found,
                                      "result": "valid"})
    command = "systemd-measure calculate --json=short --bank=<each> --phase=<phase> [--<section>=<contents>]...; .hwids is"
    command += " given as --dtbauto, since 257 takes the two for each other"
    file = {"algorithm": "PCR-11", "schema": "pcr11_test_schema_v1.json", "numberOfTests": 0,
            "header": ["PCR 11 after the stub has measured a UKI of uki_test.json (uki: its tcId) and after boot phases.",
                       "No firmware is selected: systemd-measure has no rule for .efifw."],
            "notes": {}, "inputs": [],
            "testGroups": [{"type": "Pcr11Test", "source": {"name": "systemd-measure", "version": "systemd " + version, "commit": "",
                                                            "command": command},
                            "parameters": {"file": "uki_test.json"}, "tests": tests}]}
    rules.write(OUT / "pcr11_test.json", file)
    print("pcr11_test.json", file["numberOfTests"])


if __name__ == "__main__":
    main()
