"""The faults that careline must stand, in their full form (20 kills, 20 calls up ...).

``make test`` runs a shorter form of the same tests. Takes far longer than all benchmarks together,
so it is run only when it is named: ``make bench ARGS=faults``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.bench.runner import Goal, Row

CHECKOUT = Path(__file__).parents[2]
LIMIT_S = 1800.0
FULL = {"CARELINE_KILLS": "20", "CARELINE_CALLERS": "20", "CARELINE_AWAY_S": "30"}
STRICT = {"CARELINE_STRICT": "1"}


def rows(rounds: int) -> Iterable[Row]:
    """One row for each file of faults: how many of its tests failed, and its seconds."""
    for file in sorted((CHECKOUT / "tests/integration").glob("test_faults*.py")):
        yield from _of_file(file)


def _of_file(file: Path) -> Iterable[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", str(file), f"--junit-xml={report}", "-q"]
        environment = {**os.environ, **FULL, **STRICT}
        subprocess.run(
            command, cwd=CHECKOUT, env=environment, check=False, timeout=LIMIT_S,
            stdin=subprocess.DEVNULL, stdout=sys.stderr,
        )  # fmt: skip
        suite = ET.parse(report).getroot()[0].attrib  # noqa: S314 -- written by our own pytest
    name, tests = file.stem.removeprefix("test_"), int(suite["tests"])
    failed = int(suite["failures"]) + int(suite["errors"])
    run = tests - int(suite["skipped"])
    yield Row(f"{name}: failed", failed, f"of {run} tests", goal=Goal(at_most=0 if run else -1))
    yield Row(f"{name}: took", float(suite["time"]), "s")
