"""Event to hook: Asterisk's own time of an event against when the plugin was called for it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from statistics import quantiles

from attrs import frozen
from sqlalchemy import func, select

from careline.calls.facts import Connected, Queued
from careline.calls.store import call_table, fact_table
from careline.storage import Tx

HOOKS = {Queued.__name__: "call_queued", Connected.__name__: "call_answered"}

Times = dict[tuple[str, str], list[float]]


@frozen
class Window:
    """A stretch of wall-clock time, seconds since 1970."""

    begin: float
    end: float

    def __contains__(self, moment: float) -> bool:
        return self.begin <= moment < self.end


def happened(tx: Tx) -> Times:
    """When Asterisk says that calls were queued and answered, by (hook, call)."""
    rows = tx.all(
        select(fact_table.c.call_id, fact_table.c.kind, fact_table.c.at)
        .where(fact_table.c.kind.in_(HOOKS))
        .order_by(fact_table.c.call_id, fact_table.c.seq)
    )
    found: Times = defaultdict(list)
    for row in rows:
        found[HOOKS[row.kind], row.call_id].append(row.at.timestamp())
    return found


def told(watched: Path) -> Times:
    """When the plugin was called, by (hook, call)."""
    found: Times = defaultdict(list)
    for line in watched.read_text(encoding="ascii").splitlines():
        at, name, call_id = line.split()
        found[name, call_id].append(float(at))
    return found


def latencies(events: Times, hooks: Times, window: Window) -> dict[str, list[float]]:
    """Seconds from each event in the window to its hook, by hook.

    AssertionError for an event that was not told.
    """
    found: dict[str, list[float]] = {hook: [] for hook in HOOKS.values()}
    for key, times in events.items():
        if any(at in window for at in times):
            if len(hooks[key]) != len(times):
                raise AssertionError(f"{key}: {len(times)} events, {len(hooks[key])} hooks")
            pairs = zip(times, hooks[key], strict=True)
            found[key[0]] += [called - at for at, called in pairs if at in window]
    return found


def begun(tx: Tx, window: Window) -> int:
    """How many calls began in the window."""
    started = [row.started.timestamp() for row in tx.all(select(call_table.c.started))]
    return sum(at in window for at in started)


def up(tx: Tx, moment: float) -> int:
    """How many calls were up at a moment."""
    lives = tx.all(select(call_table.c.started, call_table.c.ended))
    return sum(
        one.started.timestamp() <= moment and (one.ended is None or one.ended.timestamp() > moment)
        for one in lives
    )


def outcomes(tx: Tx) -> dict[str, int]:
    """How many calls ended how."""
    by = select(call_table.c.outcome, func.count()).group_by(call_table.c.outcome)
    return {row[0].value: row[1] for row in tx.all(by)}


def percentile(values: list[float], which: int) -> float:
    """The ``which``-th percentile (1 to 99)."""
    return quantiles(values, n=100, method="inclusive")[which - 1]
