"""The examples of the guides for integrators are plugins that work: what the pages show runs here.

They are beside this file in ``guides/``; docs/*/develop includes them word for word.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import evolve
from tests.docs.guides import careline_lost, careline_mas, careline_river

from careline.clinic import Order, Person, Verdict, VisitState
from careline.clinic.his import NoAnswer
from careline.errors import Unavailable
from careline.hooks import Level, OutboundMessage
from careline.plugins import Catalog, read_catalog
from careline.testing.contract import check
from careline.testing.core import MemoryCore
from careline.testing.pool import InlinePool
from careline.testing.prepared import Databases
from careline.testing.walking import around
from careline_his_webservice.plugin import HisWebservice
from careline_sms.model import State
from careline_sms.plugin import Sms

GUIDES = Path(__file__).with_name("guides")
PANELS = Path(__file__).parents[2] / "docs/en"
BLOCKS = re.MULTILINE | re.DOTALL
OURS = {one.name: one for one in (careline_lost.plugin, careline_mas.plugin, careline_river.plugin)}
CATALOG = Catalog({**read_catalog().plugins, **OURS})
ORDER = Order(
    key="k-1",
    campus="main",
    department="derma",
    doctor="d2",
    clinic="c1",
    slot="s1",
    day=date(2026, 11, 24),
    start=time(8, 30),
    person=Person(id=7, name="王小明", phone="+8613800001111"),
)
Make = Callable[[str], MemoryCore]


@pytest.fixture
def make(tmp_path: Path, careline_databases: Databases) -> Iterator[Make]:
    """A core in memory with the careline.toml of a guide; ``values`` replace what is in it."""
    cores: list[MemoryCore] = []

    def made(text: str) -> MemoryCore:
        settings = tomllib.loads(text)
        core = MemoryCore(
            tmp_path / "home",
            settings["plugins"],
            CATALOG,
            settings.get("plugin", {}),
            databases=careline_databases,
        )
        cores.append(core)
        core.run(core.up())
        return core

    yield made
    for one in cores:
        one.run(one.down())


def test_they_keep_the_contract_but_for_papers_and_texts() -> None:
    settings = {"mas": {"database": "/srv/mas/box.db"}, "river": {"url": "http://127.0.0.1:1"}}
    one_file = ("check.texts", "check.papers")
    for plugin in OURS.values():
        found = check(plugin, catalog=CATALOG, config=settings).findings
        assert [str(one) for one in found if not one.code.startswith(one_file)] == []


# A gateway


@pytest.fixture
def box(tmp_path: Path) -> Path:
    file = tmp_path / "box.db"
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE sms (key TEXT PRIMARY KEY, phone, text, state DEFAULT '')")
    made.close()
    return file


def rows(box: Path, sql: str) -> list[tuple[Any, ...]]:
    opened = sqlite3.connect(box)
    try:
        with opened:
            return opened.execute(sql).fetchall()
    finally:
        opened.close()


def state_of(core: MemoryCore, key: str) -> State:
    sms = core.plugins.hooks("sms")
    assert isinstance(sms, Sms)
    found = core.run(sms.messages.by_key(key))
    assert found is not None
    return found.state


def message(id: str) -> OutboundMessage:
    return OutboundMessage(id=id, channel="sms", to="+8613800001111", text="您的报告已出。")


def mas(make: Make, box: Path) -> MemoryCore:
    text = (GUIDES / "mas.toml").read_text(encoding="utf-8")
    return make(text.replace("/srv/mas/box.db", str(box)))


def passes(core: MemoryCore, seconds: int) -> None:
    """Step by step: a timer that repeats fires once for each."""
    for _ in range(seconds):
        core.wait(seconds=1)


def test_a_message_goes_through_the_box_and_its_receipt_comes_back(make: Make, box: Path) -> None:
    core = mas(make, box)
    core.run(core.hub.deliver(message=message("t:1")))
    passes(core, 3)
    assert rows(box, "SELECT phone, text FROM sms") == [("+8613800001111", "您的报告已出。")]
    assert state_of(core, "t:1") is State.SENT
    rows(box, "UPDATE sms SET state = 'ok'")
    passes(core, 6)
    assert rows(box, "SELECT state FROM sms") == [("told",)]
    assert state_of(core, "t:1") is State.DELIVERED


def test_a_gateway_goes_and_comes_with_its_plugin(make: Make, box: Path) -> None:
    core = mas(make, box)
    core.run(core.plugins.disable("mas"))
    passes(core, 3)
    core.run(core.hub.deliver(message=message("t:2")))
    passes(core, 3)
    assert rows(box, "SELECT * FROM sms") == []
    assert state_of(core, "t:2") is State.QUEUED
    core.run(core.plugins.enable("mas"))
    passes(core, 20)
    assert len(rows(box, "SELECT * FROM sms")) == 1
    assert state_of(core, "t:2") is State.SENT


def test_while_the_box_is_away_messages_wait(make: Make, box: Path) -> None:
    core = mas(make, box)
    away = box.rename(box.with_name("away.db"))
    core.run(core.hub.deliver(message=message("t:3")))
    passes(core, 3)
    assert state_of(core, "t:3") is State.QUEUED
    away.rename(box)
    passes(core, 45)
    assert state_of(core, "t:3") is State.SENT


def test_a_gateway_that_cannot_be_built_harms_nobody(
    make: Make, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(careline_mas.Hooks, "_build", lambda self, name: 1 / 0)
    core = mas(make, box)
    sms = core.plugins.hooks("sms")
    assert isinstance(sms, Sms)
    [line] = sms.services.gateways.listed()
    assert (line.state.up, line.state.detail) == (False, "it has failed; the log says why")


# A hospital's system


class Pool(InlinePool):
    """Of a campus: threads are none in a core in memory."""

    started = True

    def __init__(self, *args: object) -> None:
        """As many as there are."""
        super().__init__()


class RiverServer(ThreadingHTTPServer):
    """What River answers; ``visits`` are by key, ``lost`` loses the answer to an order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RiverRequest)
        self.visits: dict[str, Mapping[str, Any]] = {}
        self.lost = False

    def answer(self, path: str, asked: Mapping[str, Any]) -> Any:
        if path == "/directory":
            department = {"code": "derma", "name": "皮肤科"}
            doctor = {"code": "d2", "name": "李芳", "department": "derma"}
            return {"departments": [department], "doctors": [doctor]}
        if path == "/clinics":
            slot = {"code": "s1", "start": "08:30", "end": "09:00", "left": 3}
            clinic = {"code": "c1", "department": "derma", "doctor": "d2", "half": "morning"}
            return [{**clinic, "day": asked["first"], "slots": [slot]}]
        if path == "/patients":
            return [{"name": "王小明", "phone": "+8613800001111", "number": "T1"}]
        return self.visit(path, asked)

    def visit(self, path: str, asked: Mapping[str, Any]) -> Any:
        if path == "/visits/cancel":
            self.visits.pop(asked["key"], None)
            return {}
        if "slot" in asked:
            if asked["slot"] != "s1":
                return None
            self.visits[asked["key"]] = asked
            return {"id": "v1", "number": "5"}
        known = asked["key"] in self.visits
        return {"state": "booked", "id": "v1"} if known else {"state": "absent"}


class RiverRequest(BaseHTTPRequestHandler):
    """One request."""

    server: RiverServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._say(parts.path, {name: one[0] for name, one in parse_qs(parts.query).items()})

    def do_POST(self) -> None:
        self._say(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _say(self, path: str, asked: Mapping[str, Any]) -> None:
        answer = self.server.answer(path, asked)
        if self.server.lost:
            return
        self.send_response(409 if answer is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def river(monkeypatch: pytest.MonkeyPatch) -> Iterator[RiverServer]:
    monkeypatch.setattr("careline_his_webservice.campuses.ThreadPool", Pool)
    server = RiverServer()
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield server
    server.shutdown()
    serving.join()
    server.server_close()


def with_river(make: Make, server: RiverServer) -> MemoryCore:
    text = (GUIDES / "river.toml").read_text(encoding="utf-8")
    return make(text.replace("10.0.0.20:8080", f"127.0.0.1:{server.server_address[1]}"))


def test_a_visit_is_booked_in_river_and_found_again(make: Make, river: RiverServer) -> None:
    core = with_river(make, river)

    async def story() -> None:
        directory = await core.hub.clinic_directory(campus="main")
        assert [one.name for one in directory.doctors] == ["李芳"]
        day = ORDER.day
        schedule = await core.hub.clinic_schedule(campus="main", first=day, last=day, department="")
        assert [one.left for one in schedule.slots] == [3]
        booked = await core.hub.book_visit(order=ORDER)
        assert (booked.verdict, booked.number) == (Verdict.BOOKED, "5")
        taken = await core.hub.book_visit(order=evolve(ORDER, slot="s2"))
        assert taken.verdict is Verdict.TAKEN
        found = await core.hub.visit_state(order=ORDER, reference="")
        assert found.state is VisitState.BOOKED
        gone = await core.hub.cancel_visit(order=ORDER, reference="v1", reason="")
        assert gone.verdict is Verdict.CANCELLED
        [patient] = (await core.hub.find_patients(text="13800001111", campus="main")).flat()
        assert patient.name == "王小明"

    core.run(story())


def test_a_lost_answer_is_not_a_no(make: Make, river: RiverServer) -> None:
    core = with_river(make, river)
    river.lost = True
    booked = core.run(core.hub.book_visit(order=ORDER))
    assert booked.verdict is Verdict.UNKNOWN  # appointments asks for its state until it is known
    river.lost = False
    found = core.run(core.hub.visit_state(order=ORDER, reference=""))
    assert found.state is VisitState.BOOKED


def test_a_campus_without_its_plugin_says_so(make: Make, river: RiverServer) -> None:
    core = with_river(make, river)

    def health() -> tuple[Level, str]:
        his = core.plugins.hooks("his_webservice")
        assert isinstance(his, HisWebservice)
        [one] = core.run(his.health())
        return one.level, one.detail

    assert health() == (Level.OK, "main")
    core.run(core.plugins.disable("river"))
    passes(core, 3)
    level, detail = health()
    assert level is Level.CRITICAL
    assert "river" in detail
    assert core.run(core.hub.book_visit(order=ORDER)).verdict is Verdict.UNAVAILABLE
    core.run(core.plugins.enable("river"))
    passes(core, 3)
    assert health() == (Level.OK, "main")


def test_an_adapter_that_cannot_be_built_is_a_fault_of_its_campus(
    make: Make, river: RiverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(careline_river.Hooks, "_build", lambda self, ground: 1 / 0)
    core = with_river(make, river)
    assert core.run(core.hub.book_visit(order=ORDER)).verdict is Verdict.UNAVAILABLE


def test_an_order_that_was_never_sent_is_told_from_a_lost_one(river: RiverServer) -> None:
    url = f"http://127.0.0.1:{river.server_address[1]}/visits"
    river.lost = True
    with pytest.raises(NoAnswer):
        careline_river._ask(url, b'{"key": "k", "slot": "s1"}', 5)
    with pytest.raises(Unavailable) as away:
        careline_river._ask("http://127.0.0.1:1/visits", b"{}", 5)
    assert not isinstance(away.value, NoAnswer)


# A panel and a page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_plugin_of_the_page_on_panels_works(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PANELS.parent.joinpath(language, "develop/panels.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"^`(careline_\S+)`\n\n```\w+\n(.*?)^```", page, BLOCKS):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    test = page.split("```python\n")[-1].split("```")[0]
    try:
        scope: dict[str, Any] = {}
        exec(test, scope)  # noqa: S102 - the example itself
        scope["test_the_panel_shows_the_words"]()
    finally:
        for one in [name for name in sys.modules if name.startswith("careline_greeting")]:
            del sys.modules[one]


# A step and a report


def test_callers_hear_where_lost_things_are(make: Make) -> None:
    core = make('plugins = ["lost"]')
    walk = core.run(core.walk(around('kind = "lost_ask"\nnext = "bye"'), "1"))
    assert walk.said[:2] == ("查询失物招领，请按1。", "失物招领处在门诊楼一楼服务台。")
    assert walk.nodes == ("first", "bye")


def test_the_flow_of_the_guide_leads_to_an_agent(make: Make) -> None:
    core = make('plugins = ["lost"]')
    flow = tomllib.loads((GUIDES / "lost.toml").read_text(encoding="utf-8"))

    async def story() -> None:
        await core.flows.publish_all({**flow, "name": "main"}, "test")
        desk = await core.agent("8001")
        caller = await core.calls_in("13800001111")
        await caller.press("1")
        await desk.ringing()
        await caller.hang_up()
        await core.over()

    core.run(story())


def test_the_report_counts_calls_by_the_hour(make: Make) -> None:
    core = make('plugins = ["lost"]')

    async def story() -> None:
        talk = await core.talk("13800001111", agent="8001", keys="0")
        await talk.phone.hang_up()
        await core.over()

    core.run(story())
    seen = core.run(core.browser("leader").get("/reports/lost_hours"))
    assert seen.status == 200
    assert "10:00" in seen.text
    assert core.run(core.browser("8001").get("/reports/lost_hours")).status == 404
