"""The core's own report: calls by day, queue, campus or agent, as they were counted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from attrs import frozen

from careline.auth.model import Subject
from careline.figures.model import NOTHING, Key, Kind, Tally, total
from careline.figures.service import Figures
from careline.figures.words import DEFINITIONS
from careline.hooks import Report
from careline.web import (
    Asked,
    Cell,
    Column,
    Plot,
    PlotKind,
    ReportTable,
    Series,
    Visit,
)

VIEW = "board.view"
DAY = "day"
COLUMNS = (
    ("offered", Cell.NUMBER),
    ("answered", Cell.NUMBER),
    ("abandoned", Cell.NUMBER),
    ("service_level", Cell.SHARE),
    ("abandonment", Cell.SHARE),
    ("asa", Cell.SECONDS),
)


@frozen
class CallReport:
    """``names(kind, language)`` gives what campuses, queues and agents are called, by id.

    ``subjects(kind, id)`` says whose one is; who may see one of those sees its figures.
    """

    figures: Figures
    names: Callable[[Kind, str], Mapping[str, str]]
    subjects: Callable[[Kind, str], Collection[Subject]]

    def report(self) -> Report:
        """As it stands in the list."""
        return Report(
            name="calls",
            title="Calls and service level",
            permission=VIEW,
            by=((DAY, "Day"), ("queue", "Queue"), ("campus", "Campus"), ("agent", "Agent")),
            run=self.run,
            order=10,
        )

    async def run(self, visit: Visit, asked: Asked) -> ReportTable:
        """What the visitor may see of these days."""
        days = await self.figures.of_days(asked.first, asked.last)
        kind = Kind.CAMPUS if asked.by == DAY else Kind(asked.by)
        names, seen = self._seen(visit, kind)
        if asked.by == DAY and not seen:  # a team's leader sees the queues that the team serves
            kind = Kind.QUEUE
            names, seen = self._seen(visit, kind)
        if asked.by == DAY:
            sums = [(str(day), _of(tallies, kind, seen)) for day, tallies in days.items()]
        else:
            sums = [
                (names[one], total(_of(tallies, kind, [one]) for tallies in days.values()))
                for one in seen
            ]
        return _table(visit, sums, asked.by)

    def _seen(self, visit: Visit, kind: Kind) -> tuple[Mapping[str, str], list[str]]:
        """Names of one kind, and the ids of those in the visitor's scope."""
        names = self.names(kind, visit.language)
        return names, [
            one
            for one in names
            if any(visit.may(VIEW, subject) for subject in self.subjects(kind, one))
        ]


def _of(tallies: Mapping[Key, Tally], kind: Kind, names: list[str]) -> Tally:
    return total(tallies.get(Key(kind, name), NOTHING) for name in names)


def _table(visit: Visit, sums: Sequence[tuple[str, Tally]], by: str) -> ReportTable:
    """Of labels with their figures; two queues of one name are two rows."""
    titles = {name: visit.text(DEFINITIONS[name].title) for name, _cell in COLUMNS}
    head = visit._("Day") if by == DAY else visit._("Name")
    columns = (Column(head, Cell.TEXT), *(Column(titles[name], cell) for name, cell in COLUMNS))
    rows = tuple((label, *_values(tally)) for label, tally in sums)
    labels, tallies = tuple(label for label, _ in sums), [tally for _, tally in sums]
    answered = tuple(float(tally.answered) for tally in tallies)
    lost = tuple(float(tally.abandoned) for tally in tallies)
    plots = (
        Plot(
            title=visit._("Answered and abandoned"),
            labels=labels,
            series=(Series(titles["answered"], answered), Series(titles["abandoned"], lost)),
            kind=PlotKind.STACK,
        ),
        Plot(
            title=titles["service_level"],
            labels=labels,
            series=(Series(titles["service_level"], tuple(map(_percent, tallies))),),
            kind=PlotKind.LINE if by == DAY else PlotKind.BAR,
            unit="%",
            target=80.0,
            info=visit.text(DEFINITIONS["service_level"].means),
        ),
    )
    return ReportTable(
        columns=columns,
        rows=rows,
        total=(visit._("Total"), *_values(total(tallies))),
        plots=plots if rows else (),
    )


def _percent(tally: Tally) -> float | None:
    share = tally.service_level
    return None if share is None else round(share * 100, 1)


def _values(tally: Tally) -> tuple[int | float | None, ...]:
    wait = tally.asa_ms
    return (
        tally.offered,
        tally.answered,
        tally.abandoned,
        tally.service_level,
        tally.abandonment,
        None if wait is None else wait / 1000,
    )
