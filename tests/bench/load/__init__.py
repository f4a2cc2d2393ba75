"""A busy hospital: 50 agents, 2 calls a second, 60 calls up, on the real Asterisk.

The core is a process of its own; sipp plays callers and phones, with voice both ways. One run of
about three minutes gives all figures, so that ``rounds`` means nothing here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.bench.load.run import play, table_rows
from tests.bench.runner import Row


def rows(rounds: int) -> Iterable[Row]:
    """Latency of event hooks and of AGI sessions, CPU and memory, all of the same run."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        measured = play(Path(folder))
    yield from table_rows(measured)
