"""Coverage counted a second time, by hand, from all rows: what the figures are compared with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from tests.plugins.followup.site import Site

from careline.storage import Tx
from careline_followup.cases.store import case_table
from careline_followup.figures.model import Coverage
from careline_followup.flags.store import flag_table
from careline_followup.tasks.store import task_table

NAMES = {"planned": "covered", "left_out": "left_out", "bare": "bare", "withdrawn": "withdrawn"}
OPEN = ("planned", "due", "running", "with_ward")


def recount(site: Site, by: str) -> list[Coverage]:
    """All lines, for cases of all days."""
    found: list[Coverage] = site.db.run_sync(_recount, by, site.clock.now())
    return found


def _recount(tx: Tx, by: str, now: datetime) -> list[Coverage]:
    rows = [
        [dict(row._mapping) for row in tx.all(select(table))]
        for table in (case_table, task_table, flag_table)
    ]
    cases, tasks, flags = rows
    case_of = {case["id"]: case for case in cases}
    task_of = {task["id"]: task for task in tasks}
    lines: dict[str, Counter[str]] = {} if by else {"": Counter()}

    def line(case: dict[str, Any], plan: str) -> Counter[str]:
        key = plan if by == "plan" else case[by] if by else ""
        return lines.setdefault(key, Counter())

    for case in cases:
        operation = int(case["kind"].value == "operation")
        one = {"cases": 1, "operations": operation, NAMES[case["state"].value]: 1}
        line(case, case["plan"]).update(one)
    for task in tasks:
        count = line(case_of[task["case"]], task["plan"])
        _task(count.update, task, now)
    for flag in flags:
        count = line(case_of[flag["case"]], task_of[flag["task"]]["plan"])
        count.update({"flags": 1, "flags_open": int(flag["state"].value == "open")})
    return [Coverage(key=key, **count) for key, count in sorted(lines.items())]


def _task(add: Callable[[dict[str, int]], object], task: dict[str, Any], now: datetime) -> None:
    state = task["state"].value
    add({"tasks": 1, "running" if state in ("due", "running") else state: 1})
    add({"partly": int(state == "unreachable" and task["answers"] > 0)})
    uncalled = state == "unreachable" and task["why"] is not None
    add({"no_number": int(uncalled)})
    done = state in ("answered", "declined", "unreachable")
    if done or (task["due"] <= now and state != "cancelled"):
        add({"due": 1})
    if state in OPEN and task["deadline"] < now:
        add({"overdue": 1})
