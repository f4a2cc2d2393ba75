"""TCP ports for servers of tests, such that no two test runs ever draw the same one.

A port that ``bind(0)`` chose may be taken before a server started later listens on it: by another
test's server, or by any connection on its way out. So ports come from below the range of outgoing
connections (``ip_local_port_range``), in blocks of which each process has its own, claimed by a
socket in Linux's abstract namespace, which the kernel frees with the process.
"""

from __future__ import annotations

import errno
import itertools
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

FIRST, LAST = 11_000, 19_999
"""Above what careline, Asterisk and databases use, below the phones' RTP."""
BLOCK = 100
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")


@frozen
class _Block:
    """One process's ports; ``claim`` holds them until it ends."""

    process: int
    claim: socket.socket
    numbers: Iterator[int]


_blocks: list[_Block] = []


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of ``host`` that is free now and that no other test run draws.

    Where blocks cannot be claimed (no Linux, all taken) it is one that the system chooses.
    """
    block = _own()
    for number in itertools.islice(block.numbers, BLOCK) if block else ():
        if _port(host, number):
            return number
    return _port(host, 0)


def _own() -> _Block | None:
    """The block of this process; a fork needs another one than its parent."""
    if _blocks and _blocks[0].process != os.getpid():
        _blocks.pop().claim.close()
    if not _blocks and (block := _claimed()):
        _blocks.append(block)
    return _blocks[0] if _blocks else None


def _claimed() -> _Block | None:
    """The first free block, begun at random: the block of a run before may still be in use."""
    starts = [*range(FIRST, min(LAST, _outgoing() - 1) - BLOCK + 2, BLOCK)]
    random.SystemRandom().shuffle(starts)
    for first in starts:
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0careline-test-ports-{first}")
        except OSError as error:
            claim.close()
            if error.errno == errno.EADDRINUSE:
                continue
            return None
        return _Block(os.getpid(), claim, itertools.cycle(range(first, first + BLOCK)))
    return None


def _outgoing() -> int:
    """The first port of outgoing connections."""
    try:
        return int(OUTGOING.read_text(encoding="ascii").split()[0])
    except OSError:
        return LAST + 1


def _port(host: str, number: int) -> int:
    """``number`` when it is free on ``host``, else 0; the system's choice for 0."""
    with socket.socket() as probe:
        try:
            probe.bind((host, number))
        except OSError:
            return 0
        return int(probe.getsockname()[1])
