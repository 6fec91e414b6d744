"""Inputs that the vectors make by rule: the same rule as dev.measure.vectors.OvmfWriter, written a second time.

The test OvmfWriterTest demands that both give the same SHA-256 for every input of every vector file."""

import hashlib
import json
import struct
import uuid

FOOTER = "96b582de-1fb2-45f7-baea-a366c55a082d"
RESET_BLOCK = "00f771de-1a7e-4fcb-890e-68c77e2fb44e"
HASH_TABLE = "7255371f-3a3b-4b04-927b-1da6efa8d454"
SECRET_AREA = "4c2eb361-7d9b-4cc3-8081-127c90d3d294"
SEV_METADATA = "dc886566-984a-4798-a75e-5585a7bf67cc"
TDX_METADATA = "e47a6535-984a-4798-865e-4685a7bf8ec2"
SVSM_INFO = "a789a612-0597-4c4b-a49f-cbb1fe9d1ddd"
TDX_HEADER = "e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae"


def guid(text):
    return uuid.UUID(text).bytes_le


def pattern(length, seed):
    return bytes((i * 31 + (i >> 8) * 17 + seed) & 255 for i in range(length))


class Layout:
    """Where the parts of an image lie."""

    def __init__(self, size, steps):
        self.size = size
        self.calls = [step.split(" ") for step in steps]
        self.entries = []
        self.sections = []
        self.tdx_sections = []
        self.values = {}
        self.entry_lengths = {}
        for name, *words in self.calls:
            if name == "resetBlock":
                self.entries.append((RESET_BLOCK, self.u32s(words)))
            elif name == "hashTable":
                self.entries.append((HASH_TABLE, self.u32s(words)))
            elif name == "secretArea":
                self.entries.append((SECRET_AREA, self.u32s(words)))
            elif name == "svsmInfo":
                self.entries.append((SVSM_INFO, self.u32s(words)))
            elif name == "sevMetadata":
                self.entries.append((SEV_METADATA, None))
            elif name == "tdxMetadata":
                self.entries.append((TDX_METADATA, None))
            elif name == "entry":
                self.entries.append((words[0], bytes.fromhex(words[1]) if len(words) > 1 else b""))
            elif name == "section":
                self.sections.append([int(w, 0) for w in words])
            elif name == "tdxSection":
                self.tdx_sections.append([int(w, 0) for w in words])
            elif name == "entryLength":
                self.entry_lengths[words[0]] = int(words[1], 0)
            elif name not in ("fill", "erase", "blank", "patch"):
                self.values[name] = words
        self.footer_start = size - 32 - 18
        at = self.footer_start
        self.starts = []
        for _, data in self.entries:
            at -= 18 + (4 if data is None else len(data))
            self.starts.append(at)
        self.table_start = at
        self.sev_start = (at - 16 - 12 * len(self.sections)) & ~15
        below = self.sev_start if self.has(SEV_METADATA) else at
        self.tdx_start = ((below - 32 - 32 * len(self.tdx_sections)) & ~15) + 16

    @staticmethod
    def u32s(words):
        return b"".join(struct.pack("<I", int(w, 0)) for w in words)

    def has(self, which):
        return any(g == which for g, _ in self.entries)

    def value(self, name, otherwise):
        return int(self.values[name][0], 0) if name in self.values else otherwise

    def entry(self, which, trailing=0):
        """Offset of an entry's data (trailing=0) or of its u16 length (trailing=1)."""
        for (g, data), start in zip(self.entries, self.starts):
            if g == which:
                return start + trailing * (4 if data is None else len(data))
        raise KeyError(which)

    def build(self):
        image = bytearray(self.size)

        def put(at, data):
            assert 0 <= at and at + len(data) <= self.size, "outside the image"
            image[at:at + len(data)] = data

        for name, *words in self.calls:
            if name == "fill":
                put(0, pattern(self.size, int(words[0], 0)))
            elif name == "erase":
                put(int(words[0], 0), b"\xff" * int(words[1], 0))
            elif name == "blank":
                put(int(words[0], 0), bytes(int(words[1], 0)))
        if "loneResetBlock" in self.values:
            lone = struct.pack("<IH", self.value("loneResetBlock", 0), 22) + guid(RESET_BLOCK)
            put(self.size - 32 - 22, lone)
        elif "noTable" not in self.values:
            length = self.value("footerLength", self.footer_start + 18 - self.table_start)
            footer = self.values.get("footerGuid", [FOOTER])[0]
            put(self.footer_start, struct.pack("<H", length) + guid(footer))
            for (which, data), start in zip(self.entries, self.starts):
                if which == SEV_METADATA and data is None:
                    data = struct.pack("<I", self.value("sevOffset", self.size - self.sev_start))
                elif which == TDX_METADATA and data is None:
                    data = struct.pack("<I", self.value("tdxOffset", self.size - self.tdx_start))
                length = self.entry_lengths.get(which, 18 + len(data))
                put(start, data + struct.pack("<H", length) + guid(which))
        if self.has(SEV_METADATA):
            n = len(self.sections)
            header = self.values.get("sevSignature", ["ASEV"])[0].encode("latin-1")
            header += struct.pack("<III", self.value("sevLength", 16 + 12 * n), self.value("sevVersion", 1),
                                  self.value("sevCount", n))
            put(self.sev_start, header + b"".join(struct.pack("<III", *s) for s in self.sections))
        if self.has(TDX_METADATA):
            n = len(self.tdx_sections)
            header = self.values.get("tdxSignature", ["TDVF"])[0].encode("latin-1")
            header += struct.pack("<III", self.value("tdxLength", 16 + 32 * n), self.value("tdxVersion", 1),
                                  self.value("tdxCount", n))
            put(self.tdx_start - 16,
                guid(TDX_HEADER) + header + b"".join(struct.pack("<IIQQII", *s) for s in self.tdx_sections))
        for name, *words in self.calls:
            if name == "patch":
                put(int(words[0], 0), bytes.fromhex(words[1]))
        return bytes(image[:self.value("truncate", self.size)])


def ovmf(size, steps):
    return Layout(size, steps).build()


def build(an_input):
    """The bytes of an entry of "inputs"."""
    if an_input["kind"] == "ovmf":
        return ovmf(an_input["size"], an_input["steps"])
    if an_input["kind"] == "pattern":
        return pattern(an_input["size"], int(an_input["steps"][0].split(" ")[1]))
    raise KeyError(an_input["kind"])


def rule(name, kind, size, steps):
    """An entry of "inputs" with the digest of the bytes that the rule gives. The size is the one before truncation."""
    made = {"id": name, "kind": kind, "size": size, "sha256": "", "steps": steps}
    made["sha256"] = hashlib.sha256(build(made)).hexdigest()
    return made


class SplitMix64:
    """java.util.SplittableRandom: nextLong() of a generator made with a literal seed."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def below(self, bound):
        """Long.remainderUnsigned(nextLong(), bound)."""
        return self.next() % bound


def write(path, data):
    """Canonical JSON: what the lint test demands."""
    number = 0
    for group in data["testGroups"]:
        for test in group["tests"]:
            number += 1
            assert test["tcId"] == 0
            test["tcId"] = number
    data["numberOfTests"] = number
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def pe(sections, headers=1024):
    """A PE32+ image for x64 as dev.measure.vectors.PeWriter lays it out, with room for more sections in its headers; entry 0x1000."""
    def up(value, alignment):
        return -(-value // alignment) * alignment

    table, data, address, pointer = b"", b"", up(headers, 4096), headers
    for name, content in sections:
        raw = up(len(content), 512)
        table += struct.pack("<8sIIIIIIHHI", name.encode(), len(content), address, raw, pointer if content else 0, 0, 0, 0, 0,
                             0x40000040)
        data += content + bytes(raw - len(content))
        address = up(address + max(1, len(content)), 4096)
        pointer += raw
    dos = struct.pack("<H58xI64x", 0x5A4D, 0x80)
    coff = struct.pack("<IHHIIIHH", 0x4550, 0x8664, len(sections), 0, 0, 0, 240, 0x22E)
    optional = struct.pack("<H14xI4xQIIIHHIIIIIHH32x4xI", 0x20B, 0x1000, 0x14000000, 4096, 512, 0, 0, 0, 0, 0, address, headers, 0, 10, 0, 16)
    head = dos + coff + optional + bytes(128) + table
    assert len(dos + coff + optional) == 0x80 + 24 + 112
    return head + bytes(headers - len(head)) + data
