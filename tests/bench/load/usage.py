"""What processes have used, as /proc says."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import frozen

TICK = 1.0 / os.sysconf("SC_CLK_TCK")
MB = 1024.0


@frozen
class Usage:
    """CPU seconds so far (user and system, all threads) and resident memory in MB."""

    cpu_s: float
    rss_mb: float


def usage(pid: int) -> Usage:
    """What one process has used."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    rss = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return Usage((int(after_name[11]) + int(after_name[12])) * TICK, int(rss) / MB)


def machine_cpu() -> tuple[float, float]:
    """Seconds that all CPUs together were busy, and that they were there, since boot."""
    ticks = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) * TICK, sum(ticks) * TICK
