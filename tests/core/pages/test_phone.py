"""Phones in the browser: only ones own account, only at work there; the trial page here only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.core.pages.floor import FloorHouse

from careline.agents.model import Phone
from careline.auth.model import Scope, User
from careline.pages.phone.hooks import PhonePages
from careline.pages.phone.patient import Trial
from careline.testing import run_async
from careline.testing.web import Browser, WebHouse

AGENT = User(id=1, login="8001", name="李敏", agent="8001")
PHONES = {
    "1001": Phone(name="1001", secret="on-the-desk"),
    "1101": Phone(name="1101", secret="in-the-page", webrtc=True),
    "1102": Phone(name="1102", secret="of-another", webrtc=True),
    "patient": Phone(name="patient", secret="outside", webrtc=True, outside=True),
}
TRIAL = Trial("patient", "4001234567", (("13800138001", "刘桂英 <b>"),), local=True)


class House:
    """The pages over some agents and phones."""

    def __init__(self, trial: Trial = TRIAL, **phones: Phone) -> None:
        self.floor = FloorHouse()
        run_async(self.floor.open(), self.floor.clock)
        pages = PhonePages(
            agents=self.floor.agents,
            phones=lambda: phones or PHONES,
            socket=lambda host: f"ws://{host}/ws",
            trial=trial,
        )
        self.web = WebHouse(
            [pages], permissions={"desk.use": Scope.OWN}, clock=self.floor.clock, user=AGENT
        )

    def get(self, path: str, browser: Browser | None = None) -> Any:
        return run_async((browser or self.web.browser()).get(path), self.floor.clock)


@pytest.fixture
def house() -> House:
    return House()


def test_an_agent_gets_the_phone_at_which_it_works_and_no_other(house: House) -> None:
    assert house.get("/desk/phone").status == 204
    house.floor.agents.sign_in("8001", "1101")
    seen = house.get("/desk/phone")
    assert json.loads(seen.text) == {
        "uri": "sip:1101@careline",
        "name": "1101",
        "password": "in-the-page",
        "ws": "ws://127.0.0.1:8000/ws",
    }
    assert seen.headers["cache-control"] == "no-store"


def test_a_desk_phone_has_no_account_in_the_page(house: House) -> None:
    house.floor.agents.sign_in("8001", "1001")
    seen = house.get("/desk/phone")
    assert (seen.status, seen.text) == (204, "")


def test_nobody_gets_an_account_without_the_desk(house: House) -> None:
    house.floor.agents.sign_in("8001", "1101")
    stranger = house.web.browser(signed_in=False)
    assert "in-the-page" not in house.get("/desk/phone", stranger).text
    auditor = house.web.browser(AGENT, {"audit.view": Scope.ALL})
    seen = house.get("/desk/phone", auditor)
    assert seen.status == 403
    assert "in-the-page" not in seen.text


def test_the_trial_needs_no_account_of_the_workspace(house: House) -> None:
    stranger = house.web.browser(signed_in=False)
    page = house.get("/phone", stranger)
    assert page.status == 200
    assert "刘桂英 &lt;b&gt;" in page.text
    assert "outside" not in page.text
    assert json.loads(house.get("/phone/account", stranger).text)["password"] == "outside"


@pytest.mark.parametrize(
    "house",
    [House(Trial("patient", "4001234567", (), local=False)), House(**{"1101": PHONES["1101"]})],
    ids=["open to the network", "no demonstration"],
)
@pytest.mark.parametrize("path", ["/phone", "/phone/account"])
def test_the_trial_is_not_there_otherwise(house: House, path: str) -> None:
    assert house.get(path, house.web.browser(signed_in=False)).status == 404
