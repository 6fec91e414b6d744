#!/usr/bin/env python3
"""Makes tdx_acpi_layout_test.json: the ACPI tables that QEMU hands to a real firmware, for machines with all sorts of PCI devices.

    python3 acpi_layout.py FOLDER_OF_FIRMWARE [QEMU]

The firmware (firmware.json, by id) runs under emulation until it looks for something to boot. By then it has given addresses to all PCI
devices and read the tables, which QEMU made at that moment and keeps: they are read through qtest. Emulated processors have 40 bits of
physical address and are AMD's, so that QEMU reserves 0xfd00000000 for HyperTransport; both count for where the firmware puts things."""

import hashlib
import json
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

import rules

OUT = pathlib.Path(__file__).resolve().parent.parent / "src/main/resources/dev/measure/vectors"
RELEASES = {"deb12-OVMF.fd": 202211, "deb13-OVMF.fd": 202502, "forky-OVMF.inteltdx.ms.fd": 202605}
ALL = ["deb12-OVMF.fd", "forky-OVMF.inteltdx.ms.fd"]
NEW = ["forky-OVMF.inteltdx.ms.fd"]
BLOCK = "-device virtio-blk-pci,drive=d0"
NET = "-device virtio-net-pci,romfile="
NVME = "-device nvme,drive=d0,serial=x"


def port(number, more=""):
    return "-device pcie-root-port,id=p%d,chassis=%d,slot=%d%s" % (number, number, number, more)


def shared(size):
    return "-object memory-backend-ram,id=m1,size=%s,share=on,reserve=off -device ivshmem-plain,memdev=m1" % size


# What it is, the machine, and the firmwares that see it.
CASES = [
    ("no device", "-m 1G", ALL + ["deb13-OVMF.fd"]),
    ("modern virtio-blk", "-m 1G " + BLOCK, ALL + ["deb13-OVMF.fd"]),
    ("virtio-blk without 64-bit BAR", "-m 1G " + BLOCK + ",disable-modern=on", ALL),
    ("virtio-net", "-m 1G " + NET, NEW),
    ("nvme", "-m 1G " + NVME, NEW),
    ("several devices", "-m 1G -smp 4 " + " ".join([BLOCK, NET, "-device virtio-rng-pci -device virtio-scsi-pci -device virtio-balloon-pci"]),
     ALL),
    ("2560 MiB", "-m 2560M " + BLOCK, NEW),
    ("9 GiB", "-m 9G " + BLOCK, ALL),
    ("place for more memory", "-m 2G,slots=2,maxmem=32G " + BLOCK, ALL),
    ("empty root port: room for devices to come", "-m 1G " + port(1), ALL),
    ("root port with a device", "-m 1G " + port(1) + " " + NET + ",bus=p1", NEW),
    ("root ports with and without devices", "-m 1G " + " ".join([port(1), port(2), port(3), NET + ",bus=p1", NVME + ",bus=p2", NET]), ALL),
    ("root port without hot plug", "-m 1G " + port(1, ",hotplug=off") + " " + NVME + ",bus=p1", NEW),
    ("root port with reservations", "-m 1G " + port(1, ",pref64-reserve=64G,mem-reserve=16M,io-reserve=8K,bus-reserve=4"), ALL),
    ("BAR of 64 GiB", "-m 1G " + shared("64G") + " " + NET, ALL),
    ("BAR of 64 GiB behind a root port", "-m 1G " + port(1) + " " + shared("64G") + ",bus=p1", ALL),
    ("PCI bridge", "-m 1G -device pci-bridge,id=b1,chassis_nr=9 " + NET + ",bus=b1,addr=3", ALL),
    ("PCI bridge behind PCIe", "-m 1G " + port(1) + " -device pcie-pci-bridge,id=b2,bus=p1 -device e1000,bus=b2,addr=2,romfile=", NEW),
    ("switch", "-m 1G " + port(1) + " -device x3130-upstream,id=u1,bus=p1 -device xio3130-downstream,id=s1,bus=u1,chassis=7,slot=7"
     " -device xio3130-downstream,id=s2,bus=u1,chassis=8,slot=8 " + NET + ",bus=s2", ALL),
    ("further root bus", "-m 1G -device pxb-pcie,id=x1,bus_nr=0x80,bus=pcie.0 -device pcie-root-port,id=p1,chassis=1,bus=x1 "
     + NET + ",bus=p1 " + NET + ",bus=pcie.0", ALL),
    ("two further root buses", "-m 3G -device pxb-pcie,id=x1,bus_nr=0x80,bus=pcie.0 -device pcie-root-port,id=p1,chassis=1,bus=x1"
     " -device pxb-pcie,id=x2,bus_nr=0xc0,bus=pcie.0 -device pcie-root-port,id=p2,chassis=2,bus=x2 " + NET + ",bus=p1 "
     + shared("8G") + ",bus=p2", ALL),
    ("device of several functions",
     "-m 1G -device e1000,multifunction=on,addr=5.0,romfile= " + NET + ",addr=5.1 -device ich9-usb-ehci1,addr=6", NEW),
    ("32-bit and 64-bit BARs", "-m 1G -device qemu-xhci -device ich9-intel-hda -device edu -device virtio-vga,romfile=", ALL),
    ("virtual functions", "-m 1G -device nvme-subsys,id=s0 " + port(1) + " -device nvme,serial=x,subsys=s0,sriov_max_vfs=4,"
     "sriov_vq_flexible=8,sriov_vi_flexible=4,max_ioqpairs=14,msix_qsize=11,bus=p1", NEW),
    ("X-PciMmio64Mb above the size that firmware takes", "-m 1G " + BLOCK + " -fw_cfg name=opt/ovmf/X-PciMmio64Mb,string=262144", ALL),
    ("X-PciMmio64Mb below it", "-m 6G " + BLOCK + " -fw_cfg name=opt/ovmf/X-PciMmio64Mb,string=65536", ALL),
    ("X-PciMmio64Mb=0", "-m 1G " + BLOCK + " -fw_cfg name=opt/ovmf/X-PciMmio64Mb,string=0", NEW),
    ("larger hole", "-m 1G " + BLOCK + " -global q35-pcihost.pci-hole64-size=256G", NEW),
]


def tables(qemu, image, arguments, folder):
    """etc/acpi/tables as the firmware read it."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "qtest"))
    server.listen(1)
    server.settimeout(20)
    serial = folder / "serial"
    (folder / "disk").write_bytes(bytes(1 << 20))
    process = subprocess.Popen([qemu, "-qtest", "unix:%s" % (folder / "qtest"), "-qtest-log", "/dev/null", "-accel", "tcg", "-machine",
                                "q35", "-display", "none", "-nodefaults", "-no-reboot", "-serial", "file:%s" % serial, "-bios",
                                str(image), "-drive", "if=none,id=d0,format=raw,file=%s" % (folder / "disk"), *arguments])
    try:
        lines = server.accept()[0].makefile("rwb", buffering=0)

        def ask(text):
            lines.write((text + "\n").encode())
            while True:
                answer = lines.readline().decode().strip()
                if answer.startswith("OK"):
                    return answer[2:].strip()
                if not answer.startswith("IRQ"):
                    raise RuntimeError(answer or "QEMU is gone")

        def file(key, size):
            ask("write 0x7000 16 0x" + struct.pack(">IIQ", key << 16 | 0x0a, size, 0x100000).hex())
            ask("outl 0x514 0")
            ask("outl 0x518 0x00700000")
            return b"".join(bytes.fromhex(ask("read 0x%x %d" % (0x100000 + at, min(4096, size - at)))[2:])
                            for at in range(0, size, 4096))

        for _ in range(600):
            if serial.exists() and b"Bds" in serial.read_bytes():
                break
            time.sleep(0.2)
        else:
            raise RuntimeError("the firmware says nothing")
        count, = struct.unpack(">I", file(0x19, 4))
        directory = file(0x19, 4 + 64 * count)
        for i in range(count):
            size, key, _, name = struct.unpack_from(">IHH56s", directory, 4 + 64 * i)
            if name.rstrip(b"\0") == b"etc/acpi/tables":
                return file(key, size)
        raise RuntimeError("no tables")
    finally:
        process.kill()
        process.wait()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    images = pathlib.Path(sys.argv[1]).resolve()
    qemu = shutil.which(sys.argv[2] if len(sys.argv) == 3 else "qemu-system-x86_64")
    version = re.search(r"version (\S+)", subprocess.run([qemu, "--version"], capture_output=True, text=True, check=True).stdout)[1]
    tests = []
    for what, words, firmwares in CASES:
        for image in firmwares:
            with tempfile.TemporaryDirectory() as folder:
                found = tables(qemu, images / image, words.split(), pathlib.Path(folder))
            tests.append({"tcId": 0, "comment": "%s, %s" % (what, image), "flags": [], "edk2": RELEASES[image],
                          "arguments": words.split(), "sha256": hashlib.sha256(found).hexdigest(), "result": "valid"})
            print(tests[-1]["comment"], flush=True)
    command = "qemu-system-x86_64 -accel tcg -machine q35 -nodefaults -serial file:... -bios <firmware> -drive if=none,id=d0,... <arguments>"
    file = {"algorithm": "ACPI-LAYOUT", "schema": "tdx_acpi_layout_test_schema_v1.json", "numberOfTests": 0,
            "header": ["SHA-256 of etc/acpi/tables as QEMU made it for a firmware that had given addresses to all PCI devices.",
                       "A file of 1 MiB is the drive d0, and there is one serial line. Physical addresses have 40 bits."],
            "notes": {}, "inputs": [],
            "testGroups": [{"type": "AcpiLayoutTest", "source": {"name": "OVMF on QEMU", "version": version, "commit": "",
                                                                 "command": command},
                            "parameters": {"qemu": version, "physicalBits": 40}, "tests": tests}]}
    rules.write(OUT / "tdx_acpi_layout_test.json", file)
    print("tdx_acpi_layout_test.json", file["numberOfTests"])


if __name__ == "__main__":
    main()
