"""The list of reports, one report for some days, and the same as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from attrs import evolve

from careline.errors import CarelineError, Invalid, NotFound
from careline.hooks import Report
from careline.i18n import error_text, format_percent
from careline.i18n.when import parse_days
from careline.spreadsheet import FORMATS, MIME, table_bytes
from careline.web import (
    SIGNED_IN,
    Answer,
    Asked,
    Cell,
    Column,
    Download,
    FormState,
    Page,
    ReportTable,
    Visit,
    get,
    post,
)

LONGEST = timedelta(days=400)
USUAL = timedelta(days=6)
RUN_S = 30.0


class ReportRoutes:
    """Routes of ``/reports``; what a visitor may not see is not there."""

    def __init__(self, reports: Callable[[], Iterable[Report]]) -> None:
        self._reports = reports

    def _seen(self, visit: Visit) -> list[Report]:
        mine = [one for one in self._reports() if visit.may(one.permission)]
        return sorted(mine, key=lambda one: (one.order, one.name))

    def _one(self, visit: Visit, name: str) -> Report:
        for one in self._seen(visit):
            if one.name == name:
                return one
        raise NotFound("reports.none", "there is no report {name}", name=name[:40])

    @get("/reports", permission=SIGNED_IN)
    async def list(self, visit: Visit) -> Answer:
        """All reports that the visitor may see."""
        values = {"reports": self._seen(visit)}
        return Page("reports/list.html", values, title=visit._("Reports"))

    @get("/reports/<name>", permission=SIGNED_IN, timeout=RUN_S)
    async def show(self, visit: Visit, name: str) -> Answer:
        """One report: charts, then the table."""
        report = self._one(visit, name)
        asked, form = _asked(visit, report, visit.args)
        table = await report.run(visit, asked) if asked else None
        values = {
            "report": report,
            "form": form,
            "table": table,
            "asked": asked,
            "show": lambda value, column: shown(value, column, visit.language),
        }
        status = 200 if asked else 422
        return Page("reports/show.html", values, title=visit.text(report.title), status=status)

    @post("/reports/<name>/export", permission=SIGNED_IN, timeout=RUN_S)
    async def export(self, visit: Visit, name: str) -> Answer:
        """The table as a file; that somebody took it along is written down."""
        report = self._one(visit, name)
        asked, form = _asked(visit, report, visit.form)
        kind = visit.form.get("form", "xlsx")
        if asked is None or kind not in FORMATS:
            hint = form.error("days") or kind[:10]
            raise Invalid("reports.asked", "this cannot be exported: {hint}", hint=hint)
        table: ReportTable = await report.run(visit, asked)
        what = f"{report.name}; {asked.first}..{asked.last}; {asked.by}; {kind}"
        await visit.audit("report.exported", kind="report", what=what)
        body = table_bytes(lines(table, visit.language), kind)
        return Download(f"{report.name}-{asked.first}-{asked.last}.{kind}", MIME[kind], body)


def _asked(
    visit: Visit, report: Report, typed: Mapping[str, str]
) -> tuple[Asked | None, FormState]:
    """The days and the choice; None with an error in the form when the days are none."""
    today = visit.now.astimezone(visit.zone).date()
    days = typed.get("days", "").strip()[:60]
    names = [name for name, _title in report.by]
    by = typed.get("by", "")
    by = by if by in names else next(iter(names), "")
    form = FormState({"days": [days], "by": [by]}, language=visit.language)
    try:
        first, last = parse_days(days, today) if days else (today - USUAL, today)
        _refuse_long(first, last)
    except CarelineError as error:
        wrong = {"days": error_text(error, visit.language)}
        return None, evolve(form, errors=wrong)
    return Asked(first, last, by), form


def _refuse_long(first: date, last: date) -> None:
    if last - first > LONGEST:
        raise Invalid("reports.days", "at most {days} days at once", days=LONGEST.days)


def shown(value: Any, column: Column, language: str) -> str:
    """A value as it is read in a file or a cell."""
    if value is None:
        return ""
    if column.cell is Cell.SHARE:
        return format_percent(value, language)
    if column.cell is Cell.SECONDS:
        whole = round(value)
        return f"{whole // 60}:{whole % 60:02d}"
    return str(value)


def lines(table: ReportTable, language: str) -> list[list[str]]:
    """Head, rows and total as texts."""
    rows = [*table.rows, *([table.total] if table.total else [])]
    body = [
        [shown(value, column, language) for value, column in zip(row, table.columns, strict=True)]
        for row in rows
    ]
    return [[column.title for column in table.columns], *body]
