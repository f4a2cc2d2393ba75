"""The list of calls: whose are shown, what finds them, and words changed afterwards."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from tests.core.calls.support import CALL, caller_up, gone
from tests.core.pages.desk.house import HOSTILE, House

from careline.auth.model import Scope


def test_the_list_shows_ones_own_calls_and_a_leaders_all(house: House) -> None:
    house.talks()
    house.save(disposition="book", note=HOSTILE)
    house.happens(gone("hq-2.2", 60), gone(CALL, 60))
    house.agents.finish("8001")
    house.happens(caller_up(100, channel="hq-7.7", number="13900002222"), call="hq-7.7")
    mine = house.get("/calls")
    assert [link["href"] for link in mine.find("a.row-link")] == [f"/calls/{CALL}"]
    assert "<img" not in mine.text
    assert house.get("/calls", "8002").find("a.row-link") == []
    assert len(house.get("/calls", may={"calls.view": Scope.ALL}).find("a.row-link")) == 2
    for page in ("9" * 5000, "-1", "0", "²"):
        assert house.get(f"/calls?page={quote(page)}").status == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tail=1111", True),
        ("tail=2222", False),
        ("tail=%25", True),  # no digit: no filter
        ("days=今天", True),
        ("days=昨天", False),
        ("queue=booking", True),
        ("agent=8002", False),
        ("disposition=booking", True),
        ("disposition=info", False),
        ("outcome=answered", True),
        ("outcome=nonsense", True),
        ("note=周_", False),
        ("note=周三", True),
    ],
)
def test_filters_find_what_people_remember(house: House, query: str, *, found: bool) -> None:
    house.talks()
    house.save(disposition="book", note="周三上午")
    house.happens(gone("hq-2.2", 60), gone(CALL, 60))
    house.agents.finish("8001")
    assert bool(house.get(f"/calls?{query}").find("a.row-link")) is found


def test_a_wrong_date_is_told_beside_its_field(house: House) -> None:
    seen = house.get("/calls?days=随便")
    assert seen.status == 200
    assert "随便" in seen.find("p.field-error")[0].text


def test_own_words_are_changed_afterwards_and_only_those(house: House) -> None:
    house.talks()
    house.save(disposition="book", note="周三")
    house.happens(gone("hq-2.2", 60), gone(CALL, 60))
    house.agents.finish("8001")
    changed = house.post(f"/calls/{CALL}/amend", disposition="rebook", note="周四")
    assert changed.status == 200
    assert (house.record.disposition, house.record.note) == ("rebook", "周四")
    assert "call.amend" in house.web.audit.acts
    assert house.post(f"/calls/{CALL}/amend", disposition="nonsense", note="x").status == 422
    assert house.post(f"/calls/{CALL}/amend", "8002", note="x").status == 404
    assert house.record.note == "周四"
