"""An address for calls between browser and Asterisk, on machines that have none but loopback.

Neither of the two offers a 127.x address for media. Where no other is there (a container without
network), loopback gets one more, which needs the right to do so (root has it).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: A network for measurements, which nobody routes; each process of a run takes its own address.
NETWORK = "198.18."


def _has_own_address() -> bool:
    """True when an IPv4 address other than 127.x is this machine's (kernel's table of routes)."""
    lines = Path("/proc/net/fib_trie").read_text().splitlines()
    before = ""
    for line in lines:
        if "host LOCAL" in line and not before.startswith(("127.", NETWORK)):
            return True
        before = line.rpartition("-- ")[2]
    return False


@contextmanager
def an_address() -> Iterator[None]:
    """Have one while the block lasts."""
    if _has_own_address():
        yield
        return
    ip = shutil.which("ip")
    assert ip, "this machine has no address but loopback, and no ip command (package iproute2)"
    high, low = divmod(os.getpid() % 65_000, 250)
    address = f"{NETWORK}{high % 250}.{low + 1}/32"
    added = [ip, "address", "add", address, "dev", "lo"]
    done = subprocess.run(added, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (
        "calls in a browser need an address that is not loopback; this machine has none, and"
        f" lo may not have one: {done.stderr.strip()}"
    )
    try:
        yield
    finally:
        subprocess.run([ip, "address", "del", address, "dev", "lo"], check=False)
