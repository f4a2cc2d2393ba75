"""The faults of messages in their full form: 100,000, three processes, one killed every 2 s.

Half of them go to an operator that takes keys, half to one that does not; both accept and drop,
hang, cut off and answer 500. On SQLite and on PostgreSQL. Run when it is named: ``make bench
ARGS=messages``; ``CARELINE_MESSAGES`` makes it shorter, ``CARELINE_ON`` names one database.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.bench.runner import Goal, Row
from tests.plugins.sms.faults.run import Account, Plan, run

from careline.testing.postgres import Cluster, find_bin

MESSAGES = 100_000
NONE = {
    "lost": "lost",
    "doubled": "doubled",
    "wrong": "shown otherwise than they are",
    "open": "left open",
    "uncertain_keyed": "uncertain with keys",
}
SHOWN = {"uncertain": "uncertain without keys", "asked": "asked of operators", "kills": "kills"}


def rows(rounds: int) -> Iterable[Row]:
    """For each database what must be none, and what went on."""
    messages = int(os.environ.get("CARELINE_MESSAGES", MESSAGES))
    plan = Plan(
        messages=messages,
        processes=3,
        kills=1_000_000,
        kill_s=2.0,
        room=40,
        well=60,
        patience_s=5.0,
        grace_s=2.0,
        limit=messages * 0.1 + 300,
    )
    chosen = os.environ.get("CARELINE_ON", "SQLite PostgreSQL")
    if "SQLite" in chosen:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            path = Path(folder)
            yield from _rows("SQLite", messages, run(plan, f"sqlite:///{path}/careline.db", path))
    if "PostgreSQL" in chosen:
        yield from _on_postgresql(plan)


def _on_postgresql(plan: Plan) -> Iterable[Row]:
    programs = find_bin()
    if programs is None:
        print("messages: PostgreSQL is not installed", file=sys.stderr)
        return
    base = Path(tempfile.mkdtemp(prefix="pg-"))
    base.chmod(0o755)  # another user must pass through
    cluster = Cluster(programs, base / "cluster")
    folder_of_run = base / "run"
    folder_of_run.mkdir()
    try:
        cluster.create()
        cluster.start()
        found = run(plan, cluster.fresh(), folder_of_run)
        yield from _rows("PostgreSQL", plan.messages, found)
    finally:
        cluster.stop()
        shutil.rmtree(base, ignore_errors=True)


def _rows(database: str, messages: int, found: Account) -> Iterable[Row]:
    print(f"{database}: {found}", file=sys.stderr, flush=True)  # the other one takes its time
    for name, title in NONE.items():
        measured = float(getattr(found, name))
        yield Row(f"messages, {database}: {title}", measured, "", goal=Goal(at_most=0))
    for name, title in SHOWN.items():
        yield Row(f"messages, {database}: {title}", float(getattr(found, name)), "")
    yield Row(f"messages, {database}: settled", messages / found.seconds, "/s")
