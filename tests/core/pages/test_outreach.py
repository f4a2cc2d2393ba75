"""Refused numbers are kept by hand, decisions are told with their reasons; numbers are masked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.core.pages.floor import FloorHouse

from careline.auth.model import Scope as Sees
from careline.hooks import Hub, Purpose, Urgency
from careline.outreach.listing import Refusals
from careline.outreach.model import Contact, Means, Result, Scope
from careline.outreach.names import Names
from careline.outreach.rules import Rules
from careline.outreach.service import Outreach
from careline.pages.outreach.hooks import OutreachPages
from careline.patients.model import Patient, PatientPhone
from careline.patients.service import Patients
from careline.testing import run_async
from careline.testing.web import Seen, WebHouse

NAMES = Names(
    lambda: (Purpose(name="reminder", title="Seen again"),), lambda: {"sms": "Post office"}
)
MOBILE = "+8613812345678"
PANEL = "/panel/outreach_contacts?patient={}"


class Desk:
    """The pages over a governor; it is four in the afternoon."""

    def __init__(self, *permissions: str) -> None:
        self.floor = FloorHouse()
        run_async(self.floor.open(), self.floor.clock)
        floor = self.floor
        self.outreach = Outreach(floor.campuses, Rules())
        self.refusals = Refusals(self.outreach, floor.db, floor.campuses, floor.clock)
        self.patients = Patients(floor.db, Hub(floor.clock, floor.tasks), floor.clock)
        self.web = WebHouse(
            [OutreachPages(self.refusals, self.patients, NAMES)],
            permissions=dict.fromkeys(permissions or ("lists.edit", "patients.view"), Sees.ALL),
            clock=floor.clock,
        )
        self.browser = self.web.browser()

    def get(self, path: str) -> Seen:
        return run_async(self.browser.get(path), self.floor.clock)

    def post(self, path: str, form: Any = None) -> Seen:
        return run_async(self.browser.post(path, form), self.floor.clock)

    def refused(self) -> list[tuple[str, Means | None, Scope]]:
        found = self.floor.db.run_sync(self.outreach.refusals)
        return [(one.number, one.means, one.scope) for one in found]

    def decide(self, key: str, **values: Any) -> None:
        told = {"purpose": "reminder", "title": f"<i>{key}</i>", **values}
        contact = Contact(key=key, number=MOBILE, means=Means.MESSAGE, **told)
        self.floor.db.run_sync(self.outreach.decide, contact, self.floor.clock.now())


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_number_is_refused_as_people_write_it_and_allowed_again(desk: Desk) -> None:
    seen = desk.post(
        "/outreach/refused",
        {"number": "138 1234-5678", "means": "call", "reason": "不要再打 <b>"},
    )
    assert seen.status == 200
    assert desk.refused() == [(MOBILE, Means.CALL, Scope.ALL)]
    assert "不要再打 &lt;b&gt;" in seen.text
    assert "12345678" not in seen.text
    [line] = desk.web.audit.lines
    assert (line["act"], line["whose"]) == ("outreach.refused", "138****5678")
    [path] = [one["hx-post"] for one in seen.find("button[hx-post]")]
    whole = desk.post(path)
    assert MOBILE in whole.text
    assert desk.web.audit.lines[-1]["act"] == "number.shown"
    desk.post(path.replace("/show", "/allow"), {"reason": "wants them again"})
    assert desk.refused() == []
    assert desk.web.audit.lines[-1]["why"] == "wants them again"


def test_what_is_no_number_is_said_beside_it(desk: Desk) -> None:
    for number in ("", "abc", "<script>alert(1)</script>", "9" * 500):
        seen = desk.post("/outreach/refused", {"number": number, "reason": "骂人"})
        assert seen.status == 422, number
        assert seen.find("input[name=number][aria-invalid=true]")
        assert seen.find("input[name=reason]")[0]["value"] == "骂人"
    for wrong in ({"means": "fax"}, {"scope": "some"}):
        assert desk.post("/outreach/refused", {"number": MOBILE, **wrong}).status == 422
    assert desk.refused() == []


def test_many_are_pasted_and_what_is_wrong_stays(desk: Desk) -> None:
    text = "13812345678, TD\n\nabc\n139 0000 1111"
    seen = desk.post("/outreach/refused/paste", {"numbers": text, "means_of_all": "message"})
    assert sorted(number for number, _, _ in desk.refused()) == ["+8613812345678", "+8613900001111"]
    assert seen.find("textarea[name=numbers]")[0].text.strip() == "abc"
    again = desk.post("/outreach/refused/paste", {"numbers": text, "means_of_all": "message"})
    assert "0" in again.text
    assert len(desk.refused()) == 2


def test_the_list_leaves_the_house_whole_and_that_is_written_down(desk: Desk) -> None:
    desk.post("/outreach/refused", {"number": MOBILE, "reason": "=1+1"})
    seen = desk.post("/outreach/refused/export", {"form": "csv"})
    assert MOBILE in seen.text
    assert "'=1+1" in seen.text
    assert desk.web.audit.lines[-1]["act"] == "outreach.exported"
    assert desk.post("/outreach/refused/export", {"form": "exe"}).status == 422


def test_decisions_of_a_day_are_told_with_their_reasons(desk: Desk) -> None:
    desk.decide("a", patient=1)
    desk.decide("b", patient=1)
    desk.decide("c", patient=1, urgency=Urgency.URGENT)
    seen = desk.get("/outreach/decisions")
    assert seen.status == 200
    assert "60" in seen.text
    assert "&lt;i&gt;b&lt;/i&gt;" in seen.text
    assert "12345678" not in seen.text
    only = desk.get("/outreach/decisions?code=outreach.gap").text
    assert "&lt;i&gt;b&lt;/i&gt;" in only
    assert "&lt;i&gt;a&lt;/i&gt;" not in only
    before = desk.get("/outreach/decisions?day=2026-11-21").text
    assert "&lt;i&gt;" not in before
    for odd in ("day=9999-99-99", "code=%00", "page=-1", "day=0001-01-01"):
        assert desk.get(f"/outreach/decisions?{odd}").status == 200


def test_what_has_no_title_is_told_by_the_names_of_its_purpose_and_plugin(desk: Desk) -> None:
    desk.decide("a", patient=1, title="", plugin="sms")
    seen = desk.get("/outreach/decisions").text
    assert "Seen again" in seen
    assert "Post office" in seen
    assert "<td>sms" not in seen
    desk.decide("b", patient=2, title="", purpose="nobody-s")
    assert "nobody-s" in desk.get("/outreach/decisions").text


def test_a_patient_is_shown_with_contacts_and_what_stands_against_them(desk: Desk) -> None:
    phones = (PatientPhone(MOBILE), PatientPhone("+8613900001111"))
    one = run_async(desk.patients.add(Patient(name="王小明", phones=phones)), desk.floor.clock)
    desk.decide("old", patient=one.id)
    desk.floor.reactor.advance(timedelta(days=31).total_seconds())
    desk.decide("new", patient=one.id)
    desk.decide("other", patient=one.id + 1)
    now = desk.floor.clock.now()
    desk.floor.db.run_sync(desk.outreach.settle, "new", Result.WRONG_NUMBER, now)
    desk.floor.db.run_sync(desk.outreach.refuse, "+8613900001111", by="sms", now=now)
    text = desk.get(PANEL.format(one.id)).text
    assert "&lt;i&gt;new&lt;/i&gt;" in text
    assert "&lt;i&gt;old&lt;/i&gt;" not in text
    assert "&lt;i&gt;other&lt;/i&gt;" not in text
    assert "5678" in text
    assert "1111" in text
    assert "12345678" not in text
    for nobody in ("", "x", "99999", "9" * 30):
        assert "&lt;i&gt;" not in desk.get(PANEL.format(nobody)).text


def test_who_may_not_sees_nothing() -> None:
    closed = Desk("desk.use")
    assert closed.get("/outreach/refused").status == 403
    assert closed.post("/outreach/refused", {"number": MOBILE}).status == 403
    assert closed.refused() == []
