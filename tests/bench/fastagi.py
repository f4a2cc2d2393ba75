"""FastAGI: calls of five commands served in a second, against panoramisk's FastAGI server.

Each server runs in a process of its own and answers the same driver, 20 calls at a time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from tests.bench.agi_driver import play
from tests.bench.runner import Goal, Row, in_turns, rate_row

CALLS = 300


@contextmanager
def server(kind: str) -> Iterator[int]:
    """A server of ``kind`` (see agi_servers) and its port; it ends when its input is closed."""
    command = [sys.executable, "-m", "tests.bench.agi_servers", kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def rows(rounds: int) -> Iterable[Row]:
    """Careline's own sessions, and those of programs written for StarPy."""
    for kind, name in (("careline", "FastAGI"), ("starpy", "FastAGI through careline.starpy")):
        with server(kind) as ours, server("panoramisk") as theirs:
            one, two = partial(play, ours, CALLS), partial(play, theirs, CALLS)
            times = in_turns(one, two, rounds)
            yield rate_row(name, "calls/s", CALLS, times, "panoramisk", Goal())
