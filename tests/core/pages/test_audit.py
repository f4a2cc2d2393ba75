"""The audit log in the browser: found, paged, exported, and nobody's who may not."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import load_workbook
from tests.support.door import Door, made_door

from careline.hooks import Act
from careline.pages.audit.hooks import AuditPages
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse

EVIL = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
def door() -> Door:
    return made_door()


@pytest.fixture
def house(door: Door) -> WebHouse:
    return WebHouse(
        [AuditPages(door.audit)],
        audit=door.audit,
        clock=door.clock,
        language="en",
        permissions=["audit.view"],
    )


def go(browser: Browser, path: str, form: dict[str, Any] | None = None) -> Seen:
    asked = browser.get(path) if form is None else browser.post(path, form)
    return run_async(asked, browser.house.clock)


def fill(door: Door) -> None:
    for number in range(3):
        door.audit.write(
            "patient.view",
            actor="zhang",
            name="<i>张</i>",
            whose=str(number),
            what=EVIL,
            why="100%_sure",
        )
    door.later(86_400)
    door.audit.write("user.added", actor="boss", whose="li")


def test_acts_of_plugins_are_called_by_their_titles(house: WebHouse, door: Door) -> None:
    door.audit._acts = lambda: [Act(name="stop.made", title="clinic stopped")]
    door.audit.write("stop.made", actor="zhang", kind="stop", whose="3")
    browser = house.browser()
    assert "clinic stopped" in go(browser, "/audit").text
    exported = go(browser, "/audit/export", {"form": "csv"})
    assert "clinic stopped" in exported.text


def test_it_is_searched_by_who_what_whose_words_and_days(house: WebHouse, door: Door) -> None:
    fill(door)
    browser = house.browser()
    for query, count in (
        ("", 4),
        ("?actor=zhang", 3),
        ("?act=user.added", 1),
        ("?kind=patient", 3),
        ("?kind=patient&whose=1", 1),
        ("?text=100%25_sure", 3),
        ("?text=100__sure", 0),
        ("?text=%25", 3),
        ("?since=2026-11-23", 1),
        ("?until=2026-11-22", 3),
        ("?before=2", 1),
        ("?before=x&actor=%27%20or%201%3D1", 0),
    ):
        seen = go(browser, f"/audit{query}")
        assert seen.status == 200, query
        assert len(seen.find("td.nowrap")) == count, query
    assert "<i>张</i>" not in go(browser, "/audit").text


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_stands_beside_its_field(house: WebHouse, day: str) -> None:
    seen = go(house.browser(), f"/audit?until={day}")
    assert seen.status == 422
    assert seen.find("input[name=until][aria-invalid=true]")


def test_older_lines_are_on_the_next_page(house: WebHouse, door: Door) -> None:
    for number in range(150):
        door.audit.write("patient.view", actor="zhang", whose=str(number))
    browser = house.browser()
    first = go(browser, "/audit?actor=zhang")
    older = next(a for a in first.find("a.button") if "before=" in (a.get("href") or ""))
    second = go(browser, older.get("href") or "")
    assert (len(first.find("td.nowrap")), len(second.find("td.nowrap"))) == (100, 50)


def test_an_export_holds_texts_only_and_is_written_down(house: WebHouse, door: Door) -> None:
    fill(door)
    browser = house.browser()
    seen = go(browser, "/audit/export", {"form": "csv", "actor": "zhang"})
    text = seen.body.decode("utf-8-sig")
    assert f'"\'{EVIL.replace(chr(34), chr(34) * 2)}"' in text
    assert text.count("\r\n") == 4
    assert "attachment" in seen.headers["content-disposition"]
    seen = go(browser, "/audit/export", {"form": "xlsx"})
    sheet = load_workbook(io.BytesIO(seen.body)).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert EVIL in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.data_type == "f" for cell in cells)
    assert door.acts(act="audit.exported") == ["audit.exported"] * 2
    assert go(browser, "/audit/export", {"form": "exe"}).status == 422


def test_times_are_those_of_the_reader(house: WebHouse, door: Door) -> None:
    assert door.now == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    door.audit.write("denied", actor="x")
    assert "16:00:00" in go(house.browser(), "/audit").text


def test_who_may_not_gets_nothing(house: WebHouse, door: Door) -> None:
    browser = house.browser(permissions=["calls.view"])
    assert go(browser, "/audit").status == 403
    assert go(browser, "/audit/export", {"form": "csv"}).status == 403
    assert door.acts(act="denied") == ["denied"] * 2
