#!/usr/bin/env python3
"""Makes firmware.json: which real firmware the vectors speak of. python3 firmware.py FOLDER, the folder that holds them."""

import hashlib
import json
import pathlib
import struct
import sys
import uuid

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/main/resources/dev/measure/vectors/firmware.json"
LISTED = [
    ("deb12-OVMF.fd", "ovmf", "2022.11-6+deb12u2", "bookworm", "usr/share/ovmf/OVMF.fd"),
    ("deb12-OVMF_CODE_4M.fd", "ovmf", "2022.11-6+deb12u2", "bookworm", "usr/share/OVMF/OVMF_CODE_4M.fd"),
    ("deb13-OVMF.fd", "ovmf", "2025.02-8+deb13u1", "trixie", "usr/share/ovmf/OVMF.fd"),
    ("deb13-OVMF_CODE_4M.fd", "ovmf", "2025.02-8+deb13u1", "trixie", "usr/share/OVMF/OVMF_CODE_4M.fd"),
    ("deb13-OVMF_CODE_4M.secboot.fd", "ovmf", "2025.02-8+deb13u1", "trixie", "usr/share/OVMF/OVMF_CODE_4M.secboot.fd"),
    ("forky-OVMF.amdsev.fd", "ovmf-amdsev", "2026.08+ds-2", "forky", "usr/share/ovmf/OVMF.amdsev.fd"),
    ("forky-OVMF.inteltdx.ms.fd", "ovmf-inteltdx", "2026.08+ds-2", "forky", "usr/share/ovmf/OVMF.inteltdx.ms.fd"),
    ("forky-OVMF_CODE_4M.fd", "ovmf-generic", "2026.08+ds-2", "forky", "usr/share/OVMF/OVMF_CODE_4M.fd"),
]


def sections(data):
    """The types and sizes of the SEV metadata sections of a sound image."""
    start = data.rfind(uuid.UUID("dc886566-984a-4798-a75e-5585a7bf67cc").bytes_le)
    if start < 0:
        return []
    header = len(data) - struct.unpack_from("<I", data, start - 6)[0]
    magic, _, _, count = struct.unpack_from("<4sIII", data, header)
    assert magic == b"ASEV"
    return [struct.unpack_from("<III", data, header + 16 + 12 * i)[1:] for i in range(count)]


def main():
    folder = pathlib.Path(sys.argv[1])
    firmware = []
    for name, package, version, suite, path in LISTED:
        data = (folder / name).read_bytes()
        found = sections(data)
        firmware.append({"id": name, "package": package, "version": version, "suite": suite, "path": path, "size": len(data),
                         "sha256": hashlib.sha256(data).hexdigest(),
                         "sevSectionTypes": [str(t) if t < 16 else hex(t) for _, t in found],
                         "launchable": bool(found) and all(size for size, _ in found)})
    about = {"schema": "firmware_schema_v1.json",
             "header": ["Real firmware in Debian packages; fetch-firmware fetches it, nothing of it is stored here.",
                        "launchable: SEV metadata with no empty section, as strict mode demands for SEV-SNP."],
             "firmware": firmware}
    OUT.write_text(json.dumps(about, indent=2) + "\n")


if __name__ == "__main__":
    main()
