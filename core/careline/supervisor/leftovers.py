"""Children of a supervisor that was killed: those that cannot be adopted are ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from careline.supervisor.spec import ChildSpec

_GRACE_S = 5.0


def end_leftover(spec: ChildSpec) -> bool:
    """End the process that ``spec.pid_file`` names, if it is still that program.

    Its heart pipe is broken, so it is ending by itself unless it hangs. Blocks up to 5 s.
    """
    pid = _leftover(spec)
    if pid is None:
        return False
    for number in (signal.SIGTERM, signal.SIGCONT):
        _send(pid, number)
    end = time.monotonic() + _GRACE_S
    while _leftover(spec) == pid:
        if time.monotonic() > end:
            _send(pid, signal.SIGKILL)
            end += _GRACE_S
        time.sleep(0.05)
    return True


def _leftover(spec: ChildSpec) -> int | None:
    """Its process id, when the command line is still the child's: numbers are used again."""
    if spec.pid_file is None or spec.detached:
        return None
    try:
        pid = int(spec.pid_file.read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    command = [os.fsencode(word) for word in spec.command]
    return pid if words[-len(command) - 1 : -1] == command else None


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
