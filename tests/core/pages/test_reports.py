"""Reports: who sees which, for which days, on the page and as a file."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from careline.auth.model import Subject
from careline.figures.model import Key, Kind, Tally
from careline.hooks import Report
from careline.pages.reports.calls import VIEW, CallReport
from careline.pages.reports.hooks import ReportPages
from careline.testing import run_async
from careline.testing.web import Seen, WebHouse
from careline.web import Asked, Cell, Column, Plot, ReportTable, Series, Visit

HOSTILE = "=cmd|' /C calc'!A0"


async def _run(visit: Visit, asked: Asked) -> ReportTable:
    row = (f"{asked.by} {asked.first} {asked.last}", 0.835, 75.4)
    return ReportTable(
        columns=(Column("谁", Cell.TEXT), Column("比例", Cell.SHARE), Column("时长", Cell.SECONDS)),
        rows=(row, (HOSTILE, None, 0)),
        total=("合计", 0.5, 1),
        plots=(Plot(title="图", labels=("a",), series=(Series("s", (None,)),), target=80.0),),
    )


REPORT = Report(
    name="sample",
    title="Sample",
    permission="sample.see",
    by=(("agent", "Agent"), ("queue", "Queue")),
    run=_run,
)


@pytest.fixture
def house() -> WebHouse:
    pages = ReportPages([REPORT], list)
    return WebHouse([("reports", pages)], permissions=["sample.see"])


def _get(house: WebHouse, path: str, **who: Any) -> Seen:
    return run_async(house.browser(**who).get(path), house.clock)


def test_a_report_is_seen_by_those_who_may(house: WebHouse) -> None:
    assert "/reports/sample" in _get(house, "/reports").text
    stranger = {"permissions": ["other.see"]}
    assert "/reports/sample" not in _get(house, "/reports", **stranger).text
    assert _get(house, "/reports/sample", **stranger).status == 404
    assert _get(house, "/reports/none").status == 404


def test_figures_stand_in_charts_and_in_the_table(house: WebHouse) -> None:
    seen = _get(house, "/reports/sample?days=2026-11-1..2026-11-3&by=queue")
    assert seen.status == 200
    assert "queue 2026-11-01 2026-11-03" in seen.text
    assert "83.5%" in seen.text
    assert "1:15" in seen.text
    plot = json.loads(seen.find(".plot")[0]["data-plot"])
    assert plot == {
        "kind": "bar",
        "labels": ["a"],
        "series": [{"name": "s", "values": [None]}],
        "unit": "",
        "target": 80.0,
    }


@pytest.mark.parametrize("days", ["nonsense", "2020-1-1..2026-1-1"])
def test_days_that_cannot_be_are_told_beside_them(house: WebHouse, days: str) -> None:
    seen = _get(house, f"/reports/sample?days={days}")
    assert seen.status == 422
    assert seen.find("div.notice")
    assert not seen.find(".plot")


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_file_holds_no_formula_and_is_written_down(house: WebHouse, form: str) -> None:
    values = {"days": "2026-11-1..2026-11-3", "by": "agent", "form": form}
    browser = house.browser()
    seen = run_async(browser.post("/reports/sample/export", values), house.clock)
    assert seen.status == 200
    if form == "xlsx":
        sheet = load_workbook(BytesIO(seen.body)).active
        cells = [[cell.value for cell in row] for row in sheet.rows]
        assert cells[0] == ["谁", "比例", "时长"]
        assert cells[1] == ["agent 2026-11-01 2026-11-03", "83.5%", "1:15"]
        assert all(cell.data_type != "f" for row in sheet.rows for cell in row)
    else:
        assert "\n=cmd" not in seen.text
    assert house.audit.lines[-1]["what"] == f"sample; 2026-11-01..2026-11-03; agent; {form}"


def test_an_unknown_format_is_refused(house: WebHouse) -> None:
    values = {"days": "", "form": "exe"}
    assert run_async(house.browser().post("/reports/sample/export", values)).status == 422


class _Counted:
    """Figures of one day: two queues had a call each, one of them abandoned."""

    async def of_days(self, first: date, last: date) -> dict[date, dict[Key, Tally]]:
        one, other = Tally(offered=1, answered=1), Tally(offered=1, abandoned=1)
        return {first: {Key(Kind.QUEUE, "q1"): one, Key(Kind.QUEUE, "q2"): other}}


def test_two_queues_of_one_name_are_two_rows() -> None:
    figures: Any = _Counted()
    report = CallReport(
        figures, lambda kind, _: {"q1": "预约", "q2": "预约"}, lambda *_: [Subject()]
    )
    house = WebHouse([("reports", ReportPages([report.report()], list))], permissions=[VIEW])
    seen = _get(house, "/reports/calls?days=2026-11-1..2026-11-1&by=queue")
    plot = json.loads(seen.find(".plot")[0]["data-plot"])
    assert plot["labels"] == ["预约", "预约"]
    assert [one["values"] for one in plot["series"]] == [[1.0, 0.0], [0.0, 1.0]]


def test_by_day_a_teams_leader_sees_the_queues_of_the_team() -> None:
    def names(kind: Kind, _language: str) -> dict[str, str]:
        return {"main": "总院"} if kind is Kind.CAMPUS else {"q1": "预约", "q2": "投诉"}

    def subjects(kind: Kind, name: str) -> list[Subject]:
        return [Subject(team="one")] if (kind, name) == (Kind.QUEUE, "q1") else []

    figures: Any = _Counted()
    report = CallReport(figures, names, subjects)
    house = WebHouse([("reports", ReportPages([report.report()], list))], permissions=[VIEW])
    seen = _get(house, "/reports/calls?days=2026-11-1..2026-11-1&by=day")
    plot = json.loads(seen.find(".plot")[0]["data-plot"])
    assert [one["values"] for one in plot["series"]] == [[1.0], [0.0]]
