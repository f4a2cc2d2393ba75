"""The faults of booking in their full form: 64 clients, 2 processes, 200,000 wishes, 500 slots.

On SQLite and on PostgreSQL, which is restarted meanwhile; processes are killed all the time and the
hospital answers late, twice, out of order or never. Run when it is named: ``make bench
ARGS=bookings``; ``CARELINE_WISHES`` makes it shorter.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.bench.runner import Goal, Row
from tests.plugins.appointments.faults.run import Outcome, Plan, run

from careline.testing.postgres import Cluster, find_bin

WISHES = 200_000
SHOWN = ("wishes", "booked", "unsure", "refused", "cancelled", "kills", "restarts")
KINDS = {
    "double": "double bookings",
    "lost": "acknowledged bookings lost",
    "undone": "cancels undone",
    "ghost": "held by one side alone",
    "open": "left undecided",
    "event": "events missing or too many",
}


def rows(rounds: int) -> Iterable[Row]:
    """For each database the problems by kind, which must be none, and what went on."""
    wishes = int(os.environ.get("CARELINE_WISHES", WISHES))
    plan = Plan(
        wishes=wishes,
        clients=64,
        slots=500,
        patients=2000,
        speed=15.0,
        kill_every=max(500, wishes // 20),
        restart_every=max(800, wishes // 8),
        limit=wishes * 0.05 + 300,
    )
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder)
        yield from _rows("SQLite", run(plan, f"sqlite:///{path}/careline.db", path))
    yield from _on_postgresql(plan)


def _on_postgresql(plan: Plan) -> Iterable[Row]:
    programs = find_bin()
    if programs is None:
        print("bookings: PostgreSQL is not installed", file=sys.stderr)
        return
    base = Path(tempfile.mkdtemp(prefix="pg-"))
    base.chmod(0o755)  # another user must pass through
    cluster = Cluster(programs, base / "cluster")
    history = base / "history"
    history.mkdir()

    def restart() -> None:
        cluster.stop()
        cluster.start()

    try:
        cluster.create()
        cluster.start()
        yield from _rows("PostgreSQL", run(plan, cluster.fresh(), history, restart))
    finally:
        cluster.stop()
        shutil.rmtree(base, ignore_errors=True)


def _rows(name: str, outcome: Outcome) -> Iterable[Row]:
    for problem in outcome.problems[:10]:
        print(f"{name}: {problem}", file=sys.stderr)
    for kind, words in KINDS.items():
        found = sum(problem.kind == kind for problem in outcome.problems)
        yield Row(f"{name}: {words}", found, "", goal=Goal(at_most=0))
    for what in SHOWN:
        yield Row(f"{name}: {what}", outcome.counts.get(what, 0), "")
    yield Row(f"{name}: took", outcome.seconds, "s")
