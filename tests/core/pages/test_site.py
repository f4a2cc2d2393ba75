"""The set-up's pages: checked as the command line does, audited, taken up at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, Phone
from careline.agents.store import add_agent, list_agents, list_phones
from careline.auth.model import Scope
from careline.campuses.calendar import DayKind
from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.campuses.store import list_campuses, list_days, list_trunks, put_campus
from careline.clock import Clock
from careline.errors import Unavailable
from careline.i18n import Text
from careline.ivr.store import flow_table, list_dnis
from careline.pages.people.hooks import PeoplePages
from careline.pages.site.hooks import SitePages
from careline.queues.model import Queue
from careline.queues.store import add_queue, list_queues
from careline.storage import Database, Tx, open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline.testing.web import Seen, WebHouse

T0 = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>"
CAMPUS = {"id": "east", "title": "东院", "timezone": "Asia/Shanghai", "hours_mon": "08:00-12:00"}
QUEUE = {"id": "flu", "title": "发热门诊", "ring_s": "25", "service_level_pct": "85"}
TRUNK = {"id": "two", "title": "二线", "host": "192.0.2.7:5060", "campus": "main", "strip": "9 +86"}


class People:
    """Agents, phones and queues as the database says."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @property
    def agents(self) -> Mapping[str, Agent]:
        return {one.id: one for one in self._db.run_sync(list_agents)}

    @property
    def phones(self) -> Mapping[str, Phone]:
        return {one.name: one for one in self._db.run_sync(list_phones)}

    @property
    def queues(self) -> Mapping[str, Queue]:
        return {one.id: one for one in self._db.run_sync(list_queues)}


def _put_flow(tx: Tx) -> None:
    tx.execute(flow_table.insert().values(name="main", published=1))


class SetUp:
    """The pages over a database; ``applied`` counts what took effect."""

    def __init__(self, scope: Scope = Scope.ALL) -> None:
        reactor = FakeClock()
        self.clock = Clock(reactor, lambda: T0 + timedelta(seconds=reactor.seconds()))
        self.db = open_database("sqlite://", clock=self.clock, tasks=Tasks())
        put_tables(self.db)
        self.db.run_sync(put_campus, Campus(id="main", title="总院", area_code="010"))
        self.db.run_sync(add_queue, Queue(id="service", title="综合服务", campus="main"))
        self.db.run_sync(_put_flow)
        for number, team in (("8001", "a"), ("8002", "b")):
            agent = Agent(id=number, name=number, team=team, campus="main")
            self.db.run_sync(add_agent, agent)
        self.campuses = Campuses(self.db, self.clock)
        run_async(self.campuses.load(), self.clock)
        self.applied = 0
        self.fails: Exception | None = None
        self.spoken: list[str] = []
        self.web = WebHouse(self._pages(), permissions=self._allowed(scope), clock=self.clock)
        self.browser = self.web.browser()

    def _allowed(self, scope: Scope) -> Mapping[str, Scope]:
        return {"site.edit": Scope.ALL, "people.edit": scope}

    def _pages(self) -> list[object]:
        people = People(self.db)
        asterisk = SimpleNamespace(bind="127.0.0.1", sip_port=5060)
        settings: Any = SimpleNamespace(asterisk=asterisk)
        return [
            SitePages(db=self.db, apply=self.apply, campuses=self.campuses, staff=people),
            PeoplePages(
                db=self.db,
                apply=self.apply,
                campuses=self.campuses,
                people=people,
                states=SimpleNamespace(states={}),
                settings=settings,
                in_thread=_at_once,
                announce=self.announce,
            ),
        ]

    async def apply(self) -> tuple[Text, ...]:
        self.applied += 1
        await self.campuses.load()
        if self.fails:
            raise self.fails
        return ()

    async def announce(self, number: str) -> None:
        self.spoken.append(number)

    def get(self, path: str) -> Seen:
        return run_async(self.browser.get(path), self.clock)

    def post(self, path: str, form: Any = None) -> Seen:
        return run_async(self.browser.post(path, form), self.clock)

    def read(self, verb: Any) -> Any:
        return self.db.run_sync(verb)

    @property
    def acts(self) -> list[tuple[str, str]]:
        return [(line["act"], line["whose"]) for line in self.web.audit.lines]


async def _at_once(call: Any, *args: Any) -> Any:
    return call(*args)


@pytest.fixture
def house() -> SetUp:
    return SetUp()


def test_each_page_opens_in_both_languages(house: SetUp) -> None:
    house.post("/site/new/trunk", TRUNK)
    for path in (
        *("/site", "/site/campuses", "/site/campuses/main", "/site/new/campus"),
        *("/site/calendar", "/site/calendar?year=2027&day=2027-01-01", "/site/numbers"),
        *("/site/trunks", "/site/trunks/two", "/site/new/trunk"),
        *("/site/queues", "/site/queues/service", "/site/new/queue"),
        *("/people", "/people/8001", "/people/new/agent", "/people/skills", "/people/phones"),
    ):
        for language in ("zh", "en"):
            house.browser.cookies["language"] = language
            assert house.get(path).status == 200, path


def test_a_campus_is_stored_with_its_hours_and_taken_up(house: SetUp) -> None:
    assert house.post("/site/new/campus", CAMPUS).status == 303
    [east] = [one for one in house.read(list_campuses) if one.id == "east"]
    assert str(east.hours) == "mon 08:00-12:00"
    assert not east.keeps_holidays
    assert house.applied == 1
    assert house.acts == [("campus.added", "east")]
    again = house.post("/site/new/campus", CAMPUS)
    assert again.status == 422
    assert again.find("input[name=id][aria-invalid=true]")


@pytest.mark.parametrize(
    ("path", "good", "wrong"),
    [
        ("/site/new/campus", CAMPUS, {"id": "a b", "timezone": "Mars"}),
        ("/site/new/campus", CAMPUS, {"hours_mon": "9 to 5", "hours_sun": "25:00-26:00"}),
        ("/site/new/queue", QUEUE, {"id": "A!", "ring_s": "1", "service_level_pct": "101"}),
        ("/site/new/queue", QUEUE, {"campus": "moon", "overflow": "none"}),
        ("/site/new/queue", QUEUE, {"ring_s": "soon", "title": ""}),
        ("/site/new/trunk", TRUNK, {"id": "a b", "host": "a b", "campus": "moon", "prefix": "x"}),
        (
            "/site/numbers",
            {"number": "400", "campus": "main", "open": "main"},
            {"number": "4 0", "campus": "moon", "open": "none", "holiday": "none"},
        ),
        (
            "/people/new/agent",
            {"id": "8010", "name": "赵六", "phone": "1010"},
            {"id": "x", "phone": "a b", "campus": "moon"},
        ),
        ("/people/new/agent", {"id": "8010", "name": "赵六"}, {"pin": "12"}),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_stored(
    house: SetUp, path: str, good: dict[str, str], wrong: dict[str, str]
) -> None:
    seen = house.post(path, {**good, **wrong})
    assert seen.status == 422
    for field, typed in wrong.items():
        found = [one for one in seen.find(f"[name={field}]") if one.tag in ("input", "select")]
        assert found[0].get("aria-invalid") == "true", field
        if found[0].tag == "input" and field != "pin":  # a secret never comes back
            assert found[0]["value"] == typed, field
    assert house.applied == 0
    assert house.acts == []


def test_hostile_names_are_text(house: SetUp) -> None:
    house.post("/site/new/queue", {**QUEUE, "title": HOSTILE})
    house.post("/people/new/agent", {"id": "8010", "name": HOSTILE, "team": HOSTILE})
    for path in ("/site/queues", "/site/queues/flu", "/people", "/people/8010", "/people/skills"):
        text = house.get(path).text
        assert "onerror" in text
        assert HOSTILE not in text


def test_what_is_used_is_not_removed_and_says_by_whom(house: SetUp) -> None:
    house.post("/people/8001", {"name": "8001", "active": "1", "skill_service": "1"})
    house.browser.htmx = True
    refused = house.post("/site/queues/service/remove")
    assert refused.status == 403
    assert "8001" in refused.text
    assert [one.id for one in house.read(list_queues)] == ["service"]
    assert house.post("/site/campuses/main/remove").status == 403
    assert house.get("/site/queues/none").status == 404


def test_a_trunk_keeps_its_rules(house: SetUp) -> None:
    house.post("/site/new/trunk", {**TRUNK, "shown": "01088880000", "channels": "8"})
    [trunk] = house.read(list_trunks)
    assert trunk.rules.strip == ("9", "+86")
    assert trunk.rules.area_code == "010"
    assert not trunk.enabled
    form = {**TRUNK, "enabled": "1", "area_code": "021", "channels": "8"}
    assert house.post("/site/trunks/two", form).status == 303
    [trunk] = house.read(list_trunks)
    assert (trunk.enabled, trunk.rules.area_code, trunk.rules.shown) == (True, "021", "")


def test_a_called_number_leads_to_a_flow(house: SetUp) -> None:
    form = {"number": "40012345*", "campus": "main", "open": "main", "title": "热线"}
    assert house.post("/site/numbers", form).status == 303
    assert [one.number for one in house.read(list_dnis)] == ["40012345*"]
    assert "40012345*" in house.get("/site/numbers?number=40012345*").text
    house.post("/site/numbers/remove", {"number": "40012345*"})
    assert house.read(list_dnis) == []


def test_a_day_is_said_seen_and_taken_back(house: SetUp) -> None:
    day = {"day": "2026-12-24", "kind": "holiday", "title": "院庆", "at": "main"}
    assert house.post("/site/calendar", day).status == 303
    [entry] = house.read(list_days)
    assert (entry.day, entry.kind) == (date(2026, 12, 24), DayKind.HOLIDAY)
    page = house.get("/site/calendar?campus=main&year=2026")
    marked = [one for one in page.find("a.own") if one.text.strip().startswith("24")]
    assert len(marked) == 1
    assert "院庆" in marked[0].text
    wrong = house.post("/site/calendar", {**day, "kind": "workday", "hours": "all day"})
    assert wrong.status == 422
    assert wrong.find("input[name=hours][aria-invalid=true]")
    house.post("/site/calendar/forget", {"day": "2026-12-24", "campus": "", "at": "main"})
    assert house.read(list_days) == []


def test_public_holidays_and_make_up_days_are_shown(house: SetUp) -> None:
    page = house.get("/site/calendar?campus=main&year=2026")
    holidays = [one.text for one in page.find("a.holiday")]
    assert sum("国庆" in label for label in holidays) >= 3
    assert len(page.find("a.workday")) >= 3
    house.post("/site/new/campus", CAMPUS)  # works on holidays: they are shown, but count nothing
    east = house.get("/site/calendar?campus=east&year=2026")
    assert east.find("a.holiday") == []
    assert len(east.find("a.public")) == len(holidays) + len(page.find("a.workday"))
    assert house.get("/site/calendar?campus=moon").status == 404
    assert house.get("/site/calendar?year=9999999").status == 200
    assert house.get("/site/calendar?day=never").status == 422


def test_an_agent_comes_with_phones_skills_and_a_spoken_number(house: SetUp) -> None:
    form = {"id": "8010", "name": "赵六", "phone": "1010", "browser_phone": "1110", "active": "1"}
    assert house.post("/people/new/agent", {**form, "skill_service": "3"}).status == 303
    [agent] = [one for one in house.read(list_agents) if one.id == "8010"]
    assert [(one.queue, one.level) for one in agent.skills] == [("service", 3)]
    phones = {one.name: one.webrtc for one in house.read(list_phones)}
    assert phones == {"1010": False, "1110": True}
    assert house.spoken == ["8010"]
    shown = house.post("/people/phones/1010/login").text
    [secret] = [one.secret for one in house.read(list_phones) if one.name == "1010"]
    assert secret in shown
    assert ("phone.shown", "1010") in house.acts
    assert secret not in house.get("/people/phones").text
    house.post("/people/phones/1010/renew")
    assert secret not in [one.secret for one in house.read(list_phones)]
    assert house.post("/people/phones/none/renew").status == 404


def test_a_pin_is_kept_as_a_hash_and_stays_when_it_is_not_typed(house: SetUp) -> None:
    house.post("/people/8001", {"name": "李敏", "active": "1", "pin": "1234"})
    [first, _] = house.read(list_agents)
    assert first.pin_hash
    assert "1234" not in first.pin_hash
    house.post("/people/8001", {"name": "李梅", "active": "1"})
    [changed, _] = house.read(list_agents)
    assert (changed.name, changed.pin_hash) == ("李梅", first.pin_hash)


def test_skills_of_all_are_stored_together(house: SetUp) -> None:
    form = {"8001:": "1", "8001:service": "2", "8002:": "1", "8002:service": "12"}
    assert house.post("/people/skills", form).status == 303
    assert [len(one.skills) for one in house.read(list_agents)] == [1, 0]
    assert house.acts == [("agent.skills", "8001")]


def test_a_leader_of_one_team_sees_and_changes_that_team_alone() -> None:
    house = SetUp(Scope.GROUP)
    assert "8002" not in house.get("/people").text
    assert house.get("/people/8002").status == 404
    assert house.post("/people/8002", {"name": "mine"}).status == 404
    assert [one.name for one in house.read(list_agents)] == ["8001", "8002"]
    house.post("/people/skills", {"8002:": "1", "8002:service": "1"})
    assert [len(one.skills) for one in house.read(list_agents)] == [0, 0]
    assert "denied" in house.web.audit.acts


def test_stored_but_not_taken_up_is_said(house: SetUp) -> None:
    house.fails = Unavailable("asterisk.reload", "Asterisk does not answer")
    house.browser.htmx = True
    seen = house.post("/site/new/queue", QUEUE)
    assert seen.status == 200
    assert '"tone": "bad"' in seen.headers["hx-trigger"]
    assert {one.id for one in house.read(list_queues)} == {"service", "flu"}


def test_nobody_else_comes_in() -> None:
    house = SetUp()
    house.browser = house.web.browser(permissions=["patients.view"])
    for path in ("/site", "/site/queues", "/people", "/people/phones"):
        assert house.get(path).status == 403
    assert house.post("/site/new/queue", QUEUE).status == 403
    assert house.applied == 0
