"""Blocklist and VIP list: found by their end, pasted with a report, shown whole only on request."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.pages.floor import FloorHouse

from careline.auth.model import Scope
from careline.campuses.listing import NumberLists
from careline.campuses.model import NumberList
from careline.numbers import parse_phone
from careline.pages.lists.hooks import ListHooks
from careline.testing import run_async
from careline.testing.web import Seen, WebHouse

MOBILE = "+8613812345678"


class Lists:
    """The page over a directory."""

    def __init__(self) -> None:
        self.floor = FloorHouse()
        run_async(self.floor.open(), self.floor.clock)
        self.lists = NumberLists(self.floor.campuses, self.floor.clock)
        self.web = WebHouse(
            [ListHooks(self.lists)],
            permissions={"lists.edit": Scope.ALL},
            clock=self.floor.clock,
        )
        self.browser = self.web.browser()

    def get(self, path: str) -> Seen:
        return run_async(self.browser.get(path), self.floor.clock)

    def post(self, path: str, form: Any = None) -> Seen:
        return run_async(self.browser.post(path, form), self.floor.clock)

    def numbers(self, kind: NumberList = NumberList.BLOCK) -> list[str]:
        return [one.number for one in self.lists.entries(kind)]


@pytest.fixture
def house() -> Lists:
    return Lists()


def test_a_number_is_added_as_people_write_it(house: Lists) -> None:
    seen = house.post("/lists/block", {"number": "138 1234-5678", "reason": "骂人 <b>"})
    assert seen.status == 200
    assert house.numbers() == [MOBILE]
    assert "骂人 &lt;b&gt;" in seen.text
    assert "12345678" not in seen.text
    assert house.floor.campuses.listed(NumberList.BLOCK, parse_phone(MOBILE))
    [line] = house.web.audit.lines
    assert (line["act"], line["kind"], line["whose"]) == ("number.listed", "block", "138****5678")


def test_what_is_no_number_is_said_beside_it_and_kept(house: Lists) -> None:
    for number in ("", "abc", "1", "<script>alert(1)</script>", "=1+1", "9" * 500):
        seen = house.post("/lists/vip", {"number": number, "reason": "院长"})
        assert seen.status == 422, number
        assert seen.find("input[name=number][aria-invalid=true]")
        assert seen.find("input[name=reason]")[0]["value"] == "院长"
    assert house.numbers(NumberList.VIP) == []


def test_a_day_that_is_over_is_refused_and_the_last_day_counts_whole(house: Lists) -> None:
    late = house.post("/lists/block", {"number": MOBILE, "until": "2026-11-21"})
    assert late.status == 422
    assert late.find("input[name=until][aria-invalid=true]")
    house.post("/lists/block", {"number": MOBILE, "until": "2026-11-22"})
    house.floor.reactor.advance(7.9 * 3600)  # 23:54 in Shanghai
    assert house.numbers() == [MOBILE]
    house.floor.reactor.advance(0.2 * 3600)
    assert house.numbers() == []
    assert "5678" not in house.get("/lists/block").text
    assert "5678" in house.get("/lists/block?over=1").text


def test_a_list_is_searched_by_the_end_of_a_number_or_by_reason(house: Lists) -> None:
    house.post("/lists/block", {"number": "13812345678", "reason": "骚扰"})
    house.post("/lists/block", {"number": "13900001111", "reason": "骂人"})
    assert "1111" not in house.get("/lists/block?q=5678").text.partition('id="results"')[2]
    assert "5678" not in house.get("/lists/block?q=骂").text.partition('id="results"')[2]
    assert house.get("/lists/block?q=%00%27--").status == 200


def test_pasted_numbers_are_taken_and_the_others_reported(house: Lists) -> None:
    house.post("/lists/block", {"number": "13812345678", "reason": "alt"})
    text = "13812345678, 新理由\n\n13900001111\nfoo\t<i>\n 010-6655 1234；家属\n" + "7" * 300
    seen = house.post(
        "/lists/block/paste", {"numbers": text, "reason_of_all": "骚扰", "until_of_all": ""}
    )
    found = {one.number: one.reason for one in house.lists.entries(NumberList.BLOCK)}
    assert found == {MOBILE: "新理由", "+8613900001111": "骚扰", "+861066551234": "家属"}
    left = seen.find("textarea[name=numbers]")[0].text
    assert "foo" in left
    assert "13900001111" not in left
    assert "<i>" not in seen.text.partition("<main")[2].replace("&lt;i&gt;", "")


def test_too_many_lines_are_refused_and_kept(house: Lists) -> None:
    text = "1\n" * 5001
    seen = house.post("/lists/block/paste", {"numbers": text})
    assert seen.status == 422
    assert house.numbers() == []


def test_a_whole_number_is_shown_on_request_and_that_is_noted(house: Lists) -> None:
    house.post("/lists/vip", {"number": MOBILE})
    page = house.get("/lists/vip")
    assert MOBILE not in page.text
    [show] = [b for b in page.find("button[hx-post]") if b["hx-post"].endswith("/show")]
    assert MOBILE in house.post(show["hx-post"]).text
    assert house.web.audit.acts[-1] == "number.shown"
    assert MOBILE not in str(house.web.audit.lines)
    assert house.post("/lists/block" + show["hx-post"].removeprefix("/lists/vip")).status == 404


def test_a_number_is_taken_off_with_a_reason(house: Lists) -> None:
    house.post("/lists/vip", {"number": MOBILE})
    seen = house.get("/lists/vip")
    [remove] = [f for f in seen.find("form") if "remove" in f.get("action")]
    house.post("/lists/vip", {"number": "13900001111"})  # newer, so it stands first
    assert house.post(remove["action"], {"reason": "退休"}).status == 200
    assert house.numbers(NumberList.VIP) == ["+8613900001111"]
    assert house.web.audit.lines[-1]["why"] == "退休"
    assert house.post(remove["action"]).status == 404


def test_other_lists_and_people_without_the_permission(house: Lists) -> None:
    assert house.get("/lists/nothing").status == 404
    house.browser = house.web.browser(permissions=["board.view"])
    assert house.get("/lists/block").status == 403
    assert house.post("/lists/block", {"number": MOBILE}).status == 403
    assert house.numbers() == []


def test_a_long_list_has_pages(house: Lists) -> None:
    text = "\n".join(f"138123{number:05}" for number in range(120))
    house.post("/lists/vip/paste", {"numbers": text})
    assert len(house.numbers(NumberList.VIP)) == 120
    assert len(house.get("/lists/vip?page=3").find("span.mono")) == 0
    assert house.get("/lists/vip?page=3").text.count("/remove") >= 20
    for odd in ("0", "x", "99999999", "-1", "%C2%B2"):
        assert house.get(f"/lists/vip?page={odd}").status == 200
