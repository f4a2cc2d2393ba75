"""How soon the core speaks to a new AGI session: connect as Asterisk does, wait for a command."""

from __future__ import annotations

import socket
import time

from tests.bench.agi_driver import ENVIRONMENT

WAIT_S = 5.0
STEP = ENVIRONMENT.replace(b"agi://127.0.0.1/bench", b"agi://127.0.0.1/step")


def first_answers(port: int, seconds: float, every_s: float) -> list[float]:
    """Seconds from connect to the first command of each session begun in so many seconds.

    The session is left at once, so that no call comes of it.
    """
    found = []
    ends = time.monotonic() + seconds
    while (begun := time.monotonic()) < ends:
        found.append(_first_answer(port))
        time.sleep(max(0.0, begun + every_s - time.monotonic()))
    return found


def _first_answer(port: int) -> float:
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as connection:
        connection.sendall(STEP)
        said = connection.recv(4096)
        took = time.perf_counter() - begun
    if not said.startswith(b"GET VARIABLE "):
        raise AssertionError(f"the core began with {said!r}")
    return took
