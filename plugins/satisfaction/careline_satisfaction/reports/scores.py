"""The report of scores: average, distribution, response rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import frozen

from careline.i18n import Text
from careline.surveys.book import SurveyBook
from careline.surveys.model import LEVELS, Kind
from careline.web import Asked, Cell, Column, Plot, PlotKind, ReportTable, Series, Visit
from careline_satisfaction.answers.store import Wanted
from careline_satisfaction.eyes import agents_seen
from careline_satisfaction.names import agent_name, campus_name, queue_names
from careline_satisfaction.reports.figures import Counted, Sum, counted, replied, together

BY = (
    ("day", Text("Day").msgid),
    ("week", Text("Week").msgid),
    ("agent", Text("Agent").msgid),
    ("team", Text("Team").msgid),
    ("queue", Text("Queue").msgid),
    ("department", Text("Department").msgid),
    ("campus", Text("Campus").msgid),
)
OVER_TIME = ("day", "week")
TARGET = 4.5
MEANS = Text(
    "Scores of every scale as 1 (worst) to 5 (best). Response rate: answers out of those asked; "
    "callers who hung up first count as talks, not as asked."
)
Labels = Mapping[str, str]


@frozen
class ScoreReport:
    """Runs the report for one visitor."""

    core: Any
    book: SurveyBook

    async def run(self, visit: Visit, asked: Asked) -> ReportTable:
        """What the visitor may see of these days."""
        wanted = Wanted(first=asked.first, last=asked.last, agents=agents_seen(self.core, visit))
        found = await self.core.db.run(counted, wanted)
        names = await queue_names(self.core, visit.language)
        sums = together(found, self._key(asked.by))
        if asked.by in OVER_TIME:
            sums = dict(sorted(sums.items()))
        rows = [(self._label(visit, asked.by, key, names), one) for key, one in sums.items()]
        reasons = self._reasons(visit, await self.core.db.run(replied, wanted))
        return _table(visit, rows, asked.by, reasons)

    def _key(self, by: str) -> Callable[[Counted], str]:
        people = self.core.agents.people
        keys: Mapping[str, Callable[[Counted], str]] = {
            "day": lambda one: str(one.day),
            "week": lambda one: str(one.day - timedelta(days=one.day.weekday())),
            "agent": lambda one: one.agent,
            "team": lambda one: people[one.agent].team if one.agent in people else "",
            "queue": lambda one: one.queue,
            "department": lambda one: one.department,
            "campus": lambda one: one.campus,
        }
        return keys.get(by, keys["day"])

    def _label(self, visit: Visit, by: str, key: str, queues: Labels) -> str:
        if by == "week":
            return visit._("week of {day}", day=key)
        if by == "agent":
            return agent_name(self.core, key)
        if by == "campus":
            return campus_name(self.core, key, visit.language) or visit._("none")
        return (queues.get(key, key) if by == "queue" else key) or visit._("none")

    def _reasons(
        self, visit: Visit, replies: Mapping[tuple[str, int, str, int], int]
    ) -> list[Plot]:
        """One chart for each question with choices."""
        charts: dict[str, dict[str, int]] = {}
        for (name, version, asked, value), number in replies.items():
            survey = self.book.version(name, version)
            question = survey.question(asked) if survey else None
            if question is not None and question.kind is Kind.CHOICE:
                counts = charts.setdefault(question.words.to(visit.language), {})
                label = question.label(value, visit.language)
                counts[label] = counts.get(label, 0) + number
        return [
            Plot(
                title=title,
                labels=tuple(counts),
                series=(Series(visit._("Answers"), tuple(map(float, counts.values()))),),
                kind=PlotKind.PIE,
            )
            for title, counts in charts.items()
        ]


def _table(
    visit: Visit, rows: Sequence[tuple[str, Sum]], by: str, reasons: Sequence[Plot]
) -> ReportTable:
    total = Sum()
    for _, one in rows:
        total = total + one
    head = visit._("Day") if by in OVER_TIME else visit._("Name")
    return ReportTable(
        columns=(Column(head, Cell.TEXT), *_columns(visit)),
        rows=tuple((label, *_values(one)) for label, one in rows),
        total=(visit._("Total"), *_values(total)),
        plots=(*_plots(visit, rows, by), *reasons) if rows else (),
        note=visit.text(MEANS),
    )


def _columns(visit: Visit) -> tuple[Column, ...]:
    return (
        Column(visit._("Talks")),
        Column(visit._("Asked")),
        Column(visit._("Answers given")),
        Column(visit._("Response rate"), Cell.SHARE),
        Column(visit._("Average")),
        Column(visit._("Satisfied"), Cell.SHARE),
        *(Column(visit._("Level {level}", level=level)) for level in reversed(LEVELS)),
        Column(visit._("Low scores")),
        Column(visit._("Asked by the agent")),
        Column(visit._("By message")),
    )


def _values(one: Sum) -> tuple[int | float | None, ...]:
    return (
        one.talks,
        one.asked,
        one.answered,
        one.rate,
        one.average,
        one.satisfied,
        *reversed(one.levels),
        one.low,
        one.by_agent,
        one.by_message,
    )


def _plots(visit: Visit, rows: Sequence[tuple[str, Sum]], by: str) -> list[Plot]:
    labels = tuple(label for label, _ in rows)
    sums = [one for _, one in rows]
    line = PlotKind.LINE if by in OVER_TIME else PlotKind.BAR
    averages = Series(visit._("Average"), tuple(one.average for one in sums))
    rates = Series(visit._("Response rate"), tuple(_percent(one.rate) for one in sums))
    levels = tuple(
        Series(
            visit._("Level {level}", level=level),
            tuple(float(one.levels[level - 1]) for one in sums),
        )
        for level in reversed(LEVELS)
    )
    info = visit.text(MEANS)
    return [
        Plot(title=visit._("Average score"), labels=labels, series=(averages,), kind=line,
             target=TARGET, info=info),
        Plot(title=visit._("Distribution of scores"), labels=labels, series=levels,
             kind=PlotKind.STACK),
        Plot(title=visit._("Response rate"), labels=labels, series=(rates,), kind=line, unit="%",
             info=info),
    ]  # fmt: skip


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)
