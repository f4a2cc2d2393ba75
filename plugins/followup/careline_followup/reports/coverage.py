"""The report of coverage: what was due for the discharges of some days, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.i18n import Text
from careline.web import Asked, Cell, Column, ReportTable, Visit
from careline_followup.figures.model import Coverage
from careline_followup.pages.coverage import BY as NAMES
from careline_followup.pages.coverage import plots, total
from careline_followup.pages.eyes import REPORT, campuses_seen
from careline_followup.pages.words import words
from careline_followup.services import Services

BY = tuple((name, title.msgid) for name, title in NAMES.items())
MEANS = Text(
    "Days are those of the discharge; figures are as they stand now. Closed: answered, declined "
    "and not reached, out of those due by now; without a number nobody was asked."
)


@frozen
class CoverageReport:
    """Runs it for one visitor."""

    services: Services

    async def run(self, visit: Visit, asked: Asked) -> ReportTable:
        """What the visitor may see of these days."""
        by = asked.by if asked.by in NAMES else "department"
        seen = campuses_seen(self.services.core, visit, REPORT)
        lines = await self.services.figures.coverage(asked.first, asked.last, by, seen)
        label = label_of(self.services, visit, by)
        return ReportTable(
            columns=(Column(visit.text(NAMES[by]), Cell.TEXT), *_columns(visit)),
            rows=tuple((label(one.key), *_values(one)) for one in lines),
            total=(visit._("Total"), *_values(total(lines))),
            plots=tuple(plots(visit, lines, label)),
            note=visit.text(MEANS),
        )


def label_of(services: Services, visit: Visit, by: str) -> Any:
    """How keys of lines are shown."""
    shown = words(services, visit)
    titles: Mapping[str, Any] = {"plan": shown["plan_title"], "campus": shown["campus_name"]}

    def label(key: str) -> str:
        return str(titles.get(by, str)(key)) or visit._("none")

    return label


def _columns(visit: Visit) -> tuple[Column, ...]:
    return (
        Column(visit._("Discharges")),
        Column(visit._("Operations planned")),
        Column(visit._("Without a plan")),
        Column(visit._("Left out")),
        Column(visit._("Follow-ups")),
        Column(visit._("Due by now")),
        Column(visit._("All answered")),
        Column(visit._("Declined")),
        Column(visit._("Partly answered")),
        Column(visit._("Not reached")),
        Column(visit._("Cannot be called")),
        Column(visit._("With the ward")),
        Column(visit._("In progress")),
        Column(visit._("Planned")),
        Column(visit._("Cancelled")),
        Column(visit._("Overdue")),
        Column(visit._("Closed"), Cell.SHARE),
        Column(visit._("Reached"), Cell.SHARE),
        Column(visit._("Red flags")),
        Column(visit._("Red flags not seen")),
    )


def _values(one: Coverage) -> tuple[int | float | None, ...]:
    return (
        one.discharges,
        one.operations or None,
        one.bare,
        one.left_out,
        one.tasks,
        one.due,
        one.answered,
        one.declined,
        one.partly,
        one.tried,
        one.no_number,
        one.with_ward,
        one.running,
        one.planned,
        one.cancelled,
        one.overdue,
        one.done / one.due if one.due else None,
        one.reached / one.due if one.due else None,
        one.flags,
        one.flags_open,
    )
