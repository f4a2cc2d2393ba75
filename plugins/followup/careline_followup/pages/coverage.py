"""Coverage: who left the hospital, what was due, what was done; counted at each look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from attrs import asdict, evolve, frozen

from careline.errors import CarelineError
from careline.i18n import Text, error_text
from careline.i18n.when import parse_days
from careline.web import (
    Answer,
    FormState,
    Fragment,
    Page,
    Plot,
    PlotKind,
    Series,
    Visit,
    get,
)
from careline_followup.figures.model import Coverage
from careline_followup.pages.eyes import REPORT, campuses_seen
from careline_followup.pages.words import campus_names, words
from careline_followup.services import Services

TITLE = Text("Coverage")
BY: Mapping[str, Text] = {
    "department": Text("Department"),
    "ward": Text("Ward"),
    "plan": Text("Plan"),
    "campus": Text("Campus"),
}
FIELDS = ("days", "by", "campus")
USUAL = timedelta(days=29)
TODAY = timedelta(days=30)


@frozen(kw_only=True)
class Wanted:
    """Days of discharges, and how lines are made."""

    first: date
    last: date
    by: str
    campuses: tuple[str, ...]


@frozen
class CoveragePages:
    """The page, and a panel for the board."""

    services: Services

    @get("/followup/coverage", permission=REPORT)
    async def page(self, visit: Visit) -> Answer:
        """Figures, lines and charts of the discharges of some days."""
        wanted, form = self._wanted(visit)
        values = await self._values(visit, wanted)
        values |= {
            "form": form,
            "plots": plots(visit, values["lines"], values["label"]),
            "bys": [(name, visit.text(title)) for name, title in BY.items()],
            "campuses": [("", visit._("all")), *campus_names(self.services, visit).items()],
            "args": {name: form.value(name) for name in FIELDS},
        }
        return Page("followup/coverage.html", values, title=TITLE)

    @get("/followup/coverage/now", permission=REPORT, quiet=True)
    async def now(self, visit: Visit) -> Answer:
        """Figures and lines alone, as they are now."""
        wanted, _ = self._wanted(visit)
        return Fragment("followup/coverage_now.html", await self._values(visit, wanted))

    async def wall(self, visit: Visit) -> Mapping[str, Any]:
        """The discharges of a month at a glance."""
        today = visit.now.astimezone(visit.zone).date()
        seen = campuses_seen(self.services.core, visit, REPORT)
        lines = await self.services.figures.coverage(today - TODAY, today, "", seen)
        return {"total": total(lines)}

    async def _values(self, visit: Visit, wanted: Wanted) -> dict[str, Any]:
        figures = self.services.figures
        lines = await figures.coverage(wanted.first, wanted.last, wanted.by, wanted.campuses)
        shown = words(self.services, visit)
        titles = {"plan": shown["plan_title"], "campus": shown["campus_name"]}

        def label(key: str) -> str:
            return str(titles.get(wanted.by, str)(key)) or visit._("none")

        return {
            "lines": lines,
            "total": total(lines),
            "label": label,
            "head": visit.text(BY[wanted.by]),
            "first": wanted.first,
            "last": wanted.last,
            **shown,
        }

    def _wanted(self, visit: Visit) -> tuple[Wanted, FormState]:
        today = visit.now.astimezone(visit.zone).date()
        typed = {name: [visit.args.get(name, "").strip()[:60]] for name in FIELDS}
        form = FormState(typed, language=visit.language)
        first, last = today - USUAL, today
        if days := form.value("days"):
            try:
                first, last = parse_days(days, today)
            except CarelineError as error:
                form = evolve(form, errors={"days": error_text(error, visit.language)})
        seen = campuses_seen(self.services.core, visit, REPORT)
        campus = form.value("campus")
        chosen = (campus,) if campus and (not seen or campus in seen) else seen
        by = form.value("by")
        wanted = Wanted(
            first=first, last=last, by=by if by in BY else "department", campuses=chosen
        )
        return wanted, form


def total(lines: Sequence[Coverage]) -> Coverage:
    """The sum of all lines."""
    sums = asdict(Coverage())
    for line in lines:
        for name, value in asdict(line).items():
            if name != "key":
                sums[name] += value
    return Coverage(**sums)


def share(part: int, whole: int) -> float | None:
    """A part of a whole as percent, None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def plots(visit: Visit, lines: Sequence[Coverage], label: Any) -> list[Plot]:
    """Two charts: what became of the tasks, and how much of what was due is done."""
    if not lines:
        return []
    labels = tuple(label(one.key) for one in lines)

    def series(title: str, name: str) -> Series:
        return Series(title, tuple(float(getattr(one, name)) for one in lines))

    return [
        Plot(
            title=visit._("Follow-ups by state"),
            labels=labels,
            series=(
                series(visit._("all answered"), "answered"),
                series(visit._("declined"), "declined"),
                series(visit._("partly answered"), "partly"),
                series(visit._("not reached"), "tried"),
                series(visit._("cannot be called"), "no_number"),
                series(visit._("handed to the ward"), "with_ward"),
                series(visit._("in progress"), "running"),
                series(visit._("planned"), "planned"),
            ),
            kind=PlotKind.STACK,
        ),
        Plot(
            title=visit._("Closed of what was due"),
            labels=labels,
            series=(
                Series(visit._("closed"), tuple(share(one.done, one.due) for one in lines)),
                Series(visit._("reached"), tuple(share(one.reached, one.due) for one in lines)),
            ),
            unit="%",
            target=100.0,
        ),
    ]
