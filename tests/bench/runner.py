"""What benchmarks share: rows of one table, and rounds that take turns.

A benchmark is a module of this package with ``rows(rounds) -> Iterable[Row]``, named in
``__main__.BENCHMARKS``. What is compared is measured in turns in one run, so that a busy machine
slows both; the median of the rounds counts.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from statistics import median

from attrs import frozen


@frozen
class Goal:
    """What a figure must reach: ``at_least`` of the ratio, or ``at_most`` of what was measured."""

    at_least: float | None = None
    at_most: float | None = None

    def __str__(self) -> str:
        if self.at_least is not None:
            return f">= {self.at_least:g} x"
        return f"<= {self.at_most:g}" if self.at_most is not None else ""


@frozen
class Row:
    """One line of the table. ``ratio`` above 1 means better than ``against``; None: no rival."""

    name: str
    measured: float
    unit: str
    against: str = ""
    other: float | None = None
    ratio: float | None = None
    goal: Goal = Goal()

    @property
    def met(self) -> bool | None:
        """True when the goal is reached, None when there is none."""
        if self.goal.at_least is not None:
            return self.ratio is not None and self.ratio >= self.goal.at_least
        return None if self.goal.at_most is None else self.measured <= self.goal.at_most


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one call, with nothing left over for the garbage collector."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Median seconds of both, run in turns after one round each to warm up."""
    ours(), theirs()
    times = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return median(one for one, _ in times), median(two for _, two in times)


def rate_row(
    name: str, unit: str, amount: int, times: tuple[float, float], against: str, goal: Goal
) -> Row:
    """A row of two rates: ``amount`` of something in each of the two median times."""
    ours, theirs = times
    return Row(name, amount / ours, unit, against, amount / theirs, theirs / ours, goal)


def table(rows: Iterable[Row]) -> str:
    """The rows as text, columns aligned."""
    head = ("benchmark", "measured", "", "against", "", "ratio", "goal", "")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at in (1, 4, 5) else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {True: "met", False: "MISSED", None: ""}[row.met]
    other = "" if row.other is None else _figure(row.other)
    ratio = "" if row.ratio is None else f"{row.ratio:.1f} x"
    figures = _figure(row.measured), row.unit, row.against, other, ratio
    return (row.name, *figures, str(row.goal), verdict)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
