# Launch digests with sev-snp-measure in one process: for each line on standard input one launch digest from file, whose wall time and
# CPU time in nanoseconds go to standard output. The first line that it prints is the digest.
# Arguments: the folder of sev-snp-measure, firmware, vCPUs, vCPU type.
import sys
import time

sys.path.insert(0, sys.argv[1])
from sevsnpmeasure import guest, vcpu_types  # noqa: E402
from sevsnpmeasure.sev_mode import SevMode  # noqa: E402
from sevsnpmeasure.vmm_types import VMMType  # noqa: E402


def digest():
    return guest.calc_launch_digest(
        SevMode.SEV_SNP, int(sys.argv[3]), vcpu_types.CPU_SIGS[sys.argv[4]], sys.argv[2],
        None, None, "", 0x1, vmm_type=VMMType.QEMU)


print(digest().hex(), flush=True)
for line in sys.stdin:
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    digest()
    print(time.perf_counter_ns() - wall, time.process_time_ns() - cpu, flush=True)
