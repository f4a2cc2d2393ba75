"""The whole plugin on real gateways: a center over SMPP first, and Twilio's like behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tests.plugins.sms.gateways.scene import CHINESE
from tests.support.counterparts import Running, start
from tests.support.databases import put_tables

from careline.campuses import store as campuses_store
from careline.campuses.model import Campus
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.config import Secret
from careline.hooks import Hub
from careline.jobs import Outbox
from careline.outreach.rules import Rules
from careline.outreach.service import Outreach
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing.runner import Spinner
from careline_sms.config import SmsConfig
from careline_sms.gateways.http.settings import TwilioSettings
from careline_sms.gateways.settings import GatewaySettings
from careline_sms.gateways.smpp.settings import SmppSettings
from careline_sms.model import Message, New, State
from careline_sms.plugin import Sms

pytestmark = pytest.mark.integration
MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
NUMBER = "+861381111"


class Whole:
    """The plugin as careline runs it, on the real reactor and a database in memory."""

    def __init__(self, spin: Spinner, center: int, backup: int) -> None:
        self.spin = spin
        began = spin.clock.seconds()

        def now() -> datetime:
            return MORNING + timedelta(seconds=spin.clock.seconds() - began)

        clock, self.tasks = Clock(spin.reactor, now), Tasks()
        self.db = open_database("sqlite://", clock=clock, tasks=self.tasks)
        put_tables(self.db)
        self.db.run_sync(campuses_store.put_campus, Campus(id="main", title="总院"))
        campuses = Campuses(self.db, clock)
        spin(campuses.load())
        core: Any = SimpleNamespace(
            clock=clock,
            tasks=self.tasks,
            reactor=spin.reactor,
            in_thread=None,
            hub=Hub(clock, self.tasks, lambda tx, kind, args: None),
            db=self.db,
            outbox=Outbox(clock),
            campuses=campuses,
            outreach=Outreach(campuses, Rules(spread=timedelta(0))),
            events=SimpleNamespace(tell=lambda *args, **named: None),
            settings=SimpleNamespace(language="en"),
            patients=None,
        )
        own = SmppSettings(
            host="127.0.0.1", port=center, system_id="hospital", password=Secret("secret"),
            source="1065", answer_s=2.0,
        )  # fmt: skip
        other = TwilioSettings(
            url=f"http://127.0.0.1:{backup}", account="AC1", token=Secret("t"), source="+1555"
        )
        gateways = {
            "center": GatewaySettings(kind="smpp", smpp=own),
            "backup": GatewaySettings(kind="twilio", twilio=other),
        }
        self.plugin = Sms(core, SmsConfig(signature="市一院", gateway=gateways))
        for part in (self.plugin.templates, self.plugin.ways, self.plugin.sender):
            spin(part.start())

    def close(self) -> None:
        for part in (self.plugin.sender, self.plugin.ways):
            self.spin(part.stop())
        self.spin(self.tasks.stop())
        self.db.engine.dispose()

    def put(self, last: str, text: str = CHINESE) -> None:
        new = New(key=last, to=f"{NUMBER}00{last}", text=text, campus="main", purpose="test")
        self.db.run_sync(self.plugin.messages.put, new)
        self.plugin.sender.poke()

    async def becomes(self, last: str, state: State) -> Message:
        while True:
            found = await self.plugin.messages.by_key(last)
            if found is not None and found.state is state:
                return found
            await self.spin.clock.sleep(0.02)


@pytest.fixture
def center() -> Iterator[Running]:
    running = start("smpp.mjs")
    yield running
    running.stop()


@pytest.fixture
def backup() -> Iterator[Running]:
    running = start("sms_http.mjs")
    yield running
    running.stop()


@pytest.fixture
def whole(spin: Spinner, center: Running, backup: Running) -> Iterator[Whole]:
    made = Whole(spin, center.port, backup.port)

    async def up() -> None:
        while not made.plugin.services.gateways.lines["center"].gateway.state().up:
            await spin.clock.sleep(0.01)

    spin(up())
    yield made
    made.close()


def test_each_ending_of_a_gateway_becomes_the_right_state(
    whole: Whole, spin: Spinner, center: Running, backup: Running
) -> None:
    ends = {
        "00": State.DELIVERED,
        "01": State.SENT,  # throttled: taken by the other
        "02": State.REJECTED,  # a wrong number: neither takes it
        "04": State.UNCERTAIN,  # never answered, and never repeated
        "05": State.DELIVERED,  # the receipt came before the answer
        "06": State.DELIVERED,  # and in another base
        "08": State.FAILED,
        "12": State.DELIVERED,  # answered too late: uncertain until the receipt came
        "13": State.SENT,  # refused here, taken there
    }
    for last in ends:
        whole.put(last, CHINESE * (1 if last == "12" else 2))
    found = {last: spin(whole.becomes(last, state), 20) for last, state in ends.items()}
    assert found["00"].gateway == "center"
    assert found["00"].parts == 2
    assert found["01"].gateway == found["13"].gateway == "backup"
    there = {json.loads(backup.line())["body"]["To"] for _ in range(3)}
    assert there == {f"{NUMBER}0001", f"{NUMBER}0002", f"{NUMBER}0013"}
    whole.put("99")
    spin(whole.becomes("99", State.DELIVERED))
    seen: dict[str, list[Any]] = {}
    while "99" not in seen:
        one = json.loads(center.line())
        seen.setdefault(one["to"][-2:], []).append(one)
    whole_text = "".join(one["text"] for one in seen["00"])
    assert whole_text == f"【市一院】{CHINESE * 2}"
    assert len(seen["04"]) == len(seen["02"]) == 1


def test_a_reply_reaches_the_book_and_belongs_to_its_message(whole: Whole, spin: Spinner) -> None:
    whole.put("09")
    spin(whole.becomes("09", State.DELIVERED))

    async def replied() -> Any:
        while not (found := await whole.plugin.messages.replies()):
            await spin.clock.sleep(0.02)
        return found

    (reply,) = spin(replied())
    assert (reply.number, reply.text) == (f"{NUMBER}0009", "我要改到星期一，谢谢😀")
