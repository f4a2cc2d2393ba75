"""Event streams: 200 browsers, of which 50 read nothing, and what the others and the core feel.

The site is a process of its own; each event carries the moment at which it was told as its id. The
same 150 browsers are measured without and with the 50 that stall.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from tests.bench.load.latency import percentile
from tests.bench.runner import Goal, Row

READING, STALLED = 150, 50
EVENTS_A_SECOND = 40
SECONDS = 8.0
MOST_KB = 256.0
HARM = 2.0
"""The others' p95 may be so many times what it is without the stalled ones."""


class Crowd:
    """Sockets at ``/events``; ``delays`` are the seconds of each event to each that reads."""

    def __init__(self, address: tuple[str, int], tokens: list[str]) -> None:
        self._address = address
        self._tokens = tokens
        self._selector = selectors.DefaultSelector()
        self._open: list[socket.socket] = []
        self.delays: list[float] = []

    def join(self, count: int, *, reads: bool) -> None:
        """So many more; those that do not read have a small buffer, as over a bad line."""
        for number in range(count):
            one = socket.socket()
            if not reads:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(self._address)
            token = self._tokens[(len(self._open) + number) % len(self._tokens)]
            one.sendall(
                f"GET /events HTTP/1.1\r\nHost: {self._address[0]}\r\n"
                f"Cookie: careline={token}\r\n\r\n".encode()
            )
            self._open.append(one)
            if reads:
                one.setblocking(False)
                self._selector.register(one, selectors.EVENT_READ)

    def listen(self, seconds: float) -> list[float]:
        """Read for a while; the delays of what came."""
        self.delays = []
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for key, _ in self._selector.select(0.1):
                self._read(key.fileobj)
        return self.delays

    def _read(self, one: Any) -> None:
        data = one.recv(1 << 16)
        now = time.monotonic()
        for line in data.split(b"\n"):
            if line.startswith(b'data: {"id": "') and line.endswith(b"}"):
                told = json.loads(line[6:])["id"]
                if told:
                    self.delays.append(now - float(told))

    def leave(self) -> None:
        """Close all."""
        for one in self._open:
            one.close()


@contextmanager
def site() -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """The site in its process, and how to reach it."""
    command = [sys.executable, "-m", "tests.bench.web_site", str(EVENTS_A_SECOND)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.terminate()


def ask(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """The most that any stream had buffered since the last time, and more."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"?\n")
    process.stdin.flush()
    told: dict[str, float] = json.loads(process.stdout.readline())
    return told


def rows(rounds: int) -> Iterable[Row]:
    """Delays of those that read, without and with the others; and what a stream may hold."""
    with site() as (process, told):
        crowd = Crowd((told["host"], told["port"]), told["tokens"])
        try:
            crowd.join(READING, reads=True)
            crowd.listen(1.0)
            alone = crowd.listen(SECONDS)
            crowd.join(STALLED, reads=False)
            crowd.listen(0.5)
            beside = crowd.listen(SECONDS)
            buffered = ask(process)
        finally:
            crowd.leave()
    expected = READING * EVENTS_A_SECOND * SECONDS
    if min(len(alone), len(beside)) < expected * 0.8:
        raise AssertionError(
            f"{expected:.0f} events were told, {len(alone)} and {len(beside)} came"
        )
    name = f"{READING} event streams beside {STALLED} stalled"
    yield Row(f"{name}: delay p50", median(beside) * 1000, "ms", "alone", median(alone) * 1000)
    slow, usual = (percentile(one, 95) * 1000 for one in (beside, alone))
    goal = Goal(at_most=max(HARM * usual, usual + 20))
    yield Row(f"{name}: delay p95", slow, "ms", "alone", usual, slow / usual, goal)
    most = buffered["most"] / 1024
    yield Row("buffered for one stream, at most", most, "kB", goal=Goal(at_most=MOST_KB))
    yield Row("stalled streams cut off", buffered["cut"], "of 50")
