"""The agents' next call, and what leaders see and stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.core.outbound.office import DAUGHTER, NUMBER, Office
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.auth.model import Scope, User
from careline.calls import facts as f
from careline.campuses.model import Campus
from careline.clock import Clock
from careline.config.outbound import AllowSettings
from careline.hooks import Panel, Purpose, Slot, hook
from careline.outbound.allow import AllowList
from careline.outbound.guard import Guard
from careline.outbound.model import Mode, Outcome, Stage
from careline.outreach.names import Names
from careline.pages.outbound.agents import AgentRoutes
from careline.pages.outbound.hooks import OutboundPages
from careline.pages.outbound.routes import OutboundRoutes
from careline.patients.model import Patient
from careline.patients.store import add_patient
from careline.storage import Database, open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline.testing.web import Seen, WebHouse
from careline.web import Visit

QUEUES = {"service": "客服"}
NAMES = Names(lambda: [Purpose(name="followup", title="回访")], lambda: {"followup": "随访插件"})
CAMPUSES = {name: Campus(id=name, title=name) for name in ("main", "east")}
CAMPUSES["hq"] = Campus(id="hq", title="总院")


def database() -> Database:
    made = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(made)
    return made


class House:
    """The pages over the real services."""

    def __init__(
        self, scope: Scope = Scope.ALL, more: Mapping[str, Scope] | None = None, **settings: Any
    ) -> None:
        self.office = Office(database())
        office = self.office
        self.guard = Guard(
            office.db, office.clock, AllowList(AllowSettings(**settings)), lambda: office.zone
        )
        self.web = WebHouse(
            [
                OutboundPages(
                    AgentRoutes(
                        office.outbound, office.dialler, office.clock, office.queues, NAMES
                    ),
                    OutboundRoutes(
                        office.outbound, office.db, lambda: CAMPUSES, lambda _: QUEUES, NAMES
                    ),
                    self.guard,
                )
            ],
            permissions={
                "calls.dial": Scope.OWN,
                "outbound.view": scope,
                "outbound.steer": scope,
                **(more or {}),
            },
            clock=office.clock,
            user=User(login="8001", name="李敏", agent="8001", campus="main"),
        )
        self.browser = self.web.browser()

    def get(self, path: str) -> Seen:
        return run_async(self.browser.get(path), self.office.clock)

    def post(self, path: str, form: Any = None) -> Seen:
        return run_async(self.browser.post(path, form), self.office.clock)


@pytest.fixture
def house() -> House:
    return House()


def test_an_agent_takes_the_next_call_and_makes_it(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="", title="出院随访 <b>", patient=7)
    shown = house.get("/panel/home_outbound").text
    assert "出院随访 &lt;b&gt;" in shown
    assert "F10" in shown
    house.post("/outbound/next")
    assert office.kept().agent == "8001"
    shown = house.get("/panel/home_outbound").text
    assert "/patients/7" not in shown, "patients.view is needed"
    assert "138****1111" in shown
    assert NUMBER[3:] not in shown
    house.post("/outbound/call", {"key": "f:1"})
    assert office.kept().stage is Stage.CALLING
    shown = house.get(f"/panel/call_outbound?call={office.kept().call}").text
    assert "出院随访" in shown
    house.post("/outbound/said", {"key": "f:1", "outcome": "machine"})
    assert office.kept().outcome is Outcome.MACHINE
    acts = [line["act"] for line in house.web.audit.lines]
    assert acts == ["outbound.taken", "call.dial", "outbound.said"]


def tried_in_vain(house: House, cause: int = 17) -> str:
    """An agent's call that reached nobody; its id."""
    office = house.office
    house.post("/outbound/call", {"key": "f:1"})
    call = office.kept().call
    patient = f.ChannelUp(at=office.now(), channel="p", name="PJSIP/city-1")
    office.fact(patient, call)
    office.ends("p", cause)
    office.ends(call)
    return call


def test_an_agent_reads_what_came_of_a_call_in_vain_and_what_comes_next(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="", title="出院随访", patient=7)
    call = tried_in_vain(house)
    assert office.kept().stage is Stage.WAITING
    for path in ("/panel/home_outbound", f"/panel/call_outbound?call={call}"):
        shown = house.get(path).text
        assert 'data-tried="f:1"' in shown
        assert "占线" in shown
        assert "138****1111" in shown
        assert "10:10" in shown, "when it is called again"
        assert 'action="/outbound/call"' in shown
    house.post("/outbound/wrong", {"call": call})
    assert office.kept().number == DAUGHTER
    assert office.db.run_sync(office.outreach.is_wrong, NUMBER, 7)
    [attempt] = office.run(office.outbound.attempts("f:1"))
    assert attempt.outcome is Outcome.WRONG_NUMBER
    assert "女儿" in house.get("/panel/home_outbound").text


def test_what_was_tried_in_vain_is_called_again_at_once_if_the_agent_wants(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="")
    tried_in_vain(house)
    house.post("/outbound/call", {"key": "f:1"})
    assert office.kept().stage is Stage.CALLING
    assert "data-tried" not in house.get("/panel/home_outbound").text


def test_a_call_that_got_no_further_than_the_agents_own_phone_was_not_in_vain(
    house: House,
) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="")
    house.post("/outbound/call", {"key": "f:1"})
    call = office.kept().call
    office.ends(call)
    assert office.kept().reason == "outbound.no_agent"
    for path in ("/panel/home_outbound", f"/panel/call_outbound?call={call}"):
        assert "data-tried" not in house.get(path).text


def test_a_number_that_was_never_dialled_cannot_be_wrong(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="")
    house.post("/outbound/call", {"key": "f:1"})
    call = office.kept().call
    office.answers(call)
    office.ends(call)
    assert office.kept().reason == "outbound.no_channel"
    shown = house.get("/panel/home_outbound").text
    assert "data-tried" in shown
    assert 'action="/outbound/wrong"' not in shown
    house.post("/outbound/wrong", {"call": call})
    assert office.kept().number == NUMBER
    assert not office.db.run_sync(office.outreach.is_wrong, NUMBER, 0)


def test_a_call_in_vain_of_a_colleague_is_not_shown_nor_corrected(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="")
    office.run(office.outbound.take("8002"))
    call = office.run(office.dialler.begin("f:1", "8002"))
    office.ends(call)
    for path in ("/panel/home_outbound", f"/panel/call_outbound?call={call}"):
        assert "data-tried" not in house.get(path).text
    assert house.post("/outbound/wrong", {"call": call}).status == 404
    assert office.kept().number == NUMBER


def test_what_was_tried_long_ago_is_not_shown_any_more(house: House) -> None:
    house.office.put(mode=Mode.PREVIEW, flow="")
    tried_in_vain(house)
    house.office.later(minutes=31)
    assert "data-tried" not in house.get("/panel/home_outbound").text


def test_who_may_see_patients_reads_whom_the_next_call_is_for() -> None:
    house = House(more={"patients.view": Scope.ALL})
    house.office.put(mode=Mode.PREVIEW, flow="", patient=7)
    house.post("/outbound/next")
    assert 'href="/patients/7"' in house.get("/panel/home_outbound").text


def test_one_that_waits_is_called_before_its_turn(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="")
    office.put(key="f:2", mode=Mode.PREVIEW, flow="")
    house.post("/outbound/call", {"key": "f:2"})
    assert (office.kept("f:1").stage, office.kept("f:2").stage) == (Stage.WAITING, Stage.CALLING)


@pytest.mark.parametrize("task", [{"whose": "8002"}, {"queue": "booking"}])
def test_one_that_is_for_others_is_not_called_before_its_turn(
    house: House, task: dict[str, str]
) -> None:
    house.office.put(mode=Mode.PREVIEW, flow="", **task)
    seen = house.post("/outbound/call", {"key": "f:1"})
    assert "bad" in seen.headers["hx-trigger"]
    assert house.office.kept().stage is Stage.WAITING
    assert house.office.switch.begun == []


class About:
    """A plugin that knows whom a call is to."""

    @hook
    def panels(self) -> list[Panel]:
        return [
            Panel(
                name="about",
                title="About",
                slot=Slot.TASK,
                template="error_card.html",
                view=_nothing,
                permission="calls.dial",
            )
        ]


async def _nothing(visit: Visit) -> Mapping[str, Any]:
    return {}


def test_a_plugin_says_on_the_card_whom_the_call_is_to(house: House) -> None:
    house.web.add("about", About())
    house.office.put(mode=Mode.PREVIEW, flow="")
    assert "/panel/about" not in house.get("/panel/home_outbound").text
    house.post("/outbound/next")
    for path in ("/panel/home_outbound", "/outbound/task?key=f:1"):
        assert "/panel/about?key=f%3A1" in house.get(path).text


def test_leaders_see_the_patient_masked_if_they_may_see_patients() -> None:
    for more, there in (({"patients.view": Scope.ALL}, True), ({}, False)):
        house = House(more=more)
        patient = house.office.db.run_sync(add_patient, Patient(name="王小花"))
        house.office.put(patient=patient.id)
        shown = house.get("/outbound").text
        assert ("王**" in shown) is there
        assert "王小花" not in shown


def test_the_emergency_stop_shows_at_the_agents(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="", title="出院随访")
    office.run(office.outbound.pause("", "8002", "why"))
    shown = house.get("/panel/home_outbound").text
    assert "停止全部外呼" in shown
    assert "data-next-task" not in shown
    office.run(office.outbound.resume(""))
    assert "data-next-task" in house.get("/panel/home_outbound").text


def test_nobody_speaks_for_another_agents_call(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="")
    office.run(office.outbound.take("8002"))
    seen = house.post("/outbound/said", {"key": "f:1", "outcome": "wrong_number"})
    assert seen.status == 404
    assert office.kept().stage is Stage.TAKEN


def test_another_agents_call_is_not_there_to_read(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="", title="出院随访")
    office.run(office.outbound.take("8002"))
    call = office.run(office.dialler.begin("f:1", "8002"))
    assert "出院随访" not in house.get(f"/panel/call_outbound?call={call}").text


def test_one_call_is_about_both_that_are_due_for_the_patient(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="", title="出院随访", patient=7)
    house.post("/outbound/next")
    house.post("/outbound/call", {"key": "f:1"})
    call = office.kept().call
    office.put(key="f:2", mode=Mode.PREVIEW, flow="", title="满意度调查", patient=7)
    office.put(key="f:3", mode=Mode.PREVIEW, flow="", title="别人的", patient=8)
    office.put(key="f:4", title="自动外呼", patient=7)
    shown = house.get(f"/panel/call_outbound?call={call}").text
    assert "满意度调查" in shown
    assert "别人的" not in shown
    assert "自动外呼" not in shown
    for key in ("f:3", "f:4", "f:1"):
        assert house.post("/outbound/beside", {"key": key, "call": call}).status == 404
    house.post("/outbound/beside", {"key": "f:2", "call": call})
    assert office.kept("f:2").outcome is Outcome.ANSWERED
    assert office.hub.settled == [("f:2", "answered")]
    assert office.kept().stage is Stage.CALLING, "the call goes on"
    assert "满意度调查" not in house.get(f"/panel/call_outbound?call={call}").text
    assert house.post("/outbound/beside", {"key": "f:2", "call": call}).status == 404
    office.run(office.outbound.settle("f:1", Outcome.BUSY, "8001"))
    office.put(key="f:5", mode=Mode.PREVIEW, flow="", patient=7)
    assert house.post("/outbound/beside", {"key": "f:5", "call": call}).status == 404


def test_nobody_reads_or_ends_tasks_of_queues_they_do_not_serve(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="", patient=7)
    house.post("/outbound/next")
    house.post("/outbound/call", {"key": "f:1"})
    call = office.kept().call
    office.put(key="f:2", mode=Mode.PREVIEW, flow="", title="预约", patient=7, queue="booking")
    assert "预约" not in house.get(f"/panel/call_outbound?call={call}").text
    assert house.post("/outbound/beside", {"key": "f:2", "call": call}).status == 404
    assert office.kept("f:2").stage is Stage.WAITING


def test_what_is_another_agents_own_is_neither_counted_nor_settled(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="", title="出院随访", whose="8002")
    assert "出院随访" not in house.get("/panel/home_outbound").text
    office.put("f:2", mode=Mode.PROGRESSIVE, flow="", whose="8002")
    office.ready("8002")
    office.round()
    assert office.kept("f:2").stage is Stage.CALLING
    seen = house.post("/outbound/said", {"key": "f:2", "outcome": "wrong_number"})
    assert seen.status == 404


def test_nobody_tells_of_another_agents_call(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="", patient=7)
    office.run(office.outbound.take("8002"))
    call = office.run(office.dialler.begin("f:1", "8002"))
    office.put(key="f:2", mode=Mode.PREVIEW, flow="", patient=7)
    assert house.post("/outbound/beside", {"key": "f:2", "call": call}).status == 404
    assert office.kept("f:2").stage is Stage.WAITING


def test_who_is_given_an_automatic_call_reads_what_it_is_for(house: House) -> None:
    office = house.office
    office.put(title="出院随访")
    office.round()
    call = office.kept().call
    assert "出院随访" not in house.get(f"/panel/call_outbound?call={call}").text
    up = f.ChannelUp(at=office.now(), channel="hq-9.9", name="PJSIP/8001-1", agent="8001")
    office.fact(up, linked=call)
    assert "出院随访" in house.get(f"/panel/call_outbound?call={call}").text


def test_why_a_call_may_not_be_made_now_is_said(house: House) -> None:
    office = house.office
    office.put(mode=Mode.PREVIEW, flow="")
    house.post("/outbound/next")
    office.run(office.outbound.pause("", "leader"))
    seen = house.post("/outbound/call", {"key": "f:1"})
    assert seen.status < 300
    assert office.kept().stage is Stage.TAKEN
    assert "bad" in seen.headers["hx-trigger"]


def test_leaders_see_all_and_one_with_its_tries(house: House) -> None:
    office = house.office
    office.put(campus="main", title="李大爷复诊")
    office.round()
    office.ends(cause=17)
    shown = house.get("/outbound").text
    assert "138****1111" in shown
    assert NUMBER[3:] not in shown
    assert "李大爷复诊" in shown
    assert "138****1111" in house.get("/outbound/task?key=f:1").text
    assert "李大爷复诊" not in house.get("/outbound?outcome=answered").text.split('id="results"')[1]


def test_leaders_read_names_and_no_codes() -> None:
    house = House()
    house.office.put(campus="hq", title="")
    house.office.run(house.office.outbound.pause("followup", "leader"))
    shown = {one.text for one in house.get("/outbound/task?key=f:1").find("dd")}
    assert {"回访", "总院", "客服", "随访插件"} <= shown
    assert not {"hq", "service"} & shown
    listed = house.get("/outbound").text
    assert "回访" in listed
    assert ">followup<" not in listed


def test_the_emergency_stop_needs_a_reason_only_once_and_is_seen(house: House) -> None:
    office = house.office
    office.put()
    house.post("/outbound/pause", {"purpose": "", "reason": "错误的名单"})
    assert "错误的名单" in house.get("/outbound").text
    office.round()
    assert office.switch.begun == []
    house.post("/outbound/resume", {"purpose": ""})
    office.round()
    assert len(office.switch.begun) == 1


def test_a_leader_withdraws(house: House) -> None:
    office = house.office
    office.put(campus="main")
    house.post("/outbound/withdraw", {"key": "f:1", "reason": "doubled"})
    assert office.hub.settled == [("f:1", "withdrawn")]


def test_what_lies_outside_ones_campus_is_not_there() -> None:
    house = House(Scope.CAMPUS)
    house.office.put(campus="east", title="东院的")
    assert "东院的" not in house.get("/outbound").text
    assert house.get("/outbound/task?key=f:1").status == 404
    house.post("/outbound/withdraw", {"key": "f:1"})
    house.post("/outbound/pause", {"purpose": ""})
    assert house.office.hub.settled == []
    assert house.office.run(house.office.outbound.paused()) == ()


@pytest.mark.parametrize(("most", "code"), [(0, ""), (2, "outbound.cap"), (3, "")])
def test_an_agent_has_so_many_outside_calls_a_day(most: int, code: str) -> None:
    house = House(most_a_day=most)
    office = house.office
    for number in range(2):
        office.put(f"f:{number}", mode=Mode.PREVIEW, flow="")
        office.run(office.outbound.take("8001"))
        office.run(office.dialler.begin(f"f:{number}", "8001"))
        office.fake.advance(0)  # written behind
    refusal = office.run(house.guard.may_dial("8001", NUMBER))
    assert (refusal.code if refusal else "") == code
    assert office.run(house.guard.may_dial("8002", NUMBER)) is None
    assert office.run(house.guard.may_dial("8001", "120")) is None
    office.later(days=1)
    assert office.run(house.guard.may_dial("8001", NUMBER)) is None
