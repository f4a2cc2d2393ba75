"""SMPP against message centers that careline did not write: npm's smpp, and smpp34 of Rust."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tests.plugins.sms.gateways.scene import CHINESE, Ear, Receipt, ground, outgoing
from tests.support.counterparts import FOLDER, Running, start

from careline.config import Secret
from careline.messaging.gateway import NOT_TAKEN, Busy, Fate, Rejected, Uncertain
from careline.testing.runner import Spinner
from careline_sms.gateways.link.gateway import LinkGateway
from careline_sms.gateways.smpp.settings import SmppSettings, build

pytestmark = pytest.mark.integration
NUMBER = "+861381111"


@pytest.fixture(scope="module")
def center() -> Iterator[Running]:
    running = start("smpp.mjs")
    yield running
    running.stop()


@pytest.fixture
def ear() -> Ear:
    return Ear()


class Line:
    """A gateway at a center."""

    def __init__(self, spin: Spinner, ear: Ear, center: Running, **settings: Any) -> None:
        given = {
            "host": "127.0.0.1",
            "port": center.port,
            "system_id": "hospital",
            "password": Secret("secret"),
            "source": "1065",
            "answer_s": 2.0,
            **settings,
        }
        self.spin, self.ear, self.center = spin, ear, center
        self.ground = ground(spin.clock, spin.reactor)
        self.gateway: LinkGateway = build("main", self.ground, SmppSettings(**given))

    async def up(self) -> None:
        await self.gateway.start(self.ear)
        while not self.gateway.state().up:
            await self.spin.clock.sleep(0.01)

    async def send(self, last: str, text: str = CHINESE) -> Any:
        return await self.gateway.send(outgoing(f"{NUMBER}00{last}", text))

    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.center.line())
        return found

    async def down(self) -> None:
        await self.gateway.stop()
        await self.ground.tasks.stop()


@pytest.fixture
def line(spin: Spinner, ear: Ear, center: Running) -> Iterator[Line]:
    made = Line(spin, ear, center)
    spin(made.up())
    yield made
    spin(made.down())


def test_a_long_chinese_text_arrives_whole_and_each_part_is_reported(
    line: Line, spin: Spinner, ear: Ear
) -> None:
    text = "您" * 66 + "😀" + CHINESE
    sent = spin(line.send("00", text))
    assert sent.parts == len(sent.reference) == 2
    parts = [line.seen() for _ in range(2)]
    assert [one["part"] for one in parts] == [[2, 1], [2, 2]]
    assert "".join(one["text"] for one in parts) == text
    assert {one["coding"] for one in parts} == {8}
    spin(ear.until(lambda: len(ear.receipts) == 2))
    assert ear.receipts == [Receipt(one, Fate.DELIVERED, "DELIVRD") for one in sent.reference]
    assert ear.numbers == [f"{NUMBER}0000"] * 2


def test_a_short_english_text_goes_in_gsm(line: Line, spin: Spinner) -> None:
    sent = spin(line.send("00", "Your visit: [8:00] €5"))
    seen = line.seen()
    assert sent.parts == 1
    assert (seen["coding"], seen["text"], seen["from"]) == (0, "Your visit: [8:00] €5", "1065")


def test_throttled_is_busy_and_the_next_try_goes_through(line: Line, spin: Spinner) -> None:
    with pytest.raises(Busy) as busy:
        spin(line.send("01"))
    assert 0 < busy.value.retry_s <= 1
    line.seen()
    with pytest.raises(Busy):  # nothing is sent in the pause
        spin(line.send("00"))

    async def again() -> Any:
        while True:
            try:
                return await line.send("01")
            except Busy as error:
                await spin.clock.sleep(error.retry_s)

    assert spin(again()).parts == 1
    assert line.seen()["to"].endswith("01")


def test_a_number_that_is_not_taken_may_be_tried_elsewhere(line: Line, spin: Spinner) -> None:
    with pytest.raises(Rejected) as rejected:
        spin(line.send("02"))
    assert (rejected.value.code, rejected.value.other_gateway) == (NOT_TAKEN, True)
    line.seen()


def test_a_center_that_hangs_up_leaves_it_uncertain_and_is_called_again(
    line: Line, spin: Spinner
) -> None:
    with pytest.raises(Uncertain):
        spin(line.send("03"))
    line.seen()
    with pytest.raises(Busy):
        spin(line.send("00"))
    assert not line.gateway.state().up

    async def again() -> None:
        while not line.gateway.state().up:
            await spin.clock.sleep(0.02)

    spin(again())
    assert spin(line.send("00")).parts == 1
    line.seen()


def test_a_center_that_never_answers_leaves_it_uncertain(line: Line, spin: Spinner) -> None:
    with pytest.raises(Uncertain):
        spin(line.send("04"))
    line.seen()
    assert line.gateway.state().inflight == 0


@pytest.mark.parametrize(
    ("last", "fate"),
    [("05", Fate.DELIVERED), ("06", Fate.DELIVERED), ("07", Fate.DELIVERED), ("08", Fate.FAILED)],
)
def test_receipts_early_in_another_base_or_case_or_by_parameters(
    line: Line, spin: Spinner, ear: Ear, last: str, fate: Fate
) -> None:
    sent = spin(line.send(last))
    line.seen()
    spin(ear.until(lambda: len(ear.receipts) == 1))
    assert (ear.receipts[0].reference, ear.receipts[0].fate) == (sent.reference[0], fate)


def test_a_reply_in_parts_out_of_order_is_one(line: Line, spin: Spinner, ear: Ear) -> None:
    spin(line.send("09"))
    line.seen()
    spin(ear.until(lambda: bool(ear.replies)))
    assert [(one.number, one.text, one.to) for one in ear.replies] == [
        (f"{NUMBER}0009", "我要改到星期一，谢谢😀", "1065")
    ]


def test_a_later_part_that_is_throttled_is_repeated_alone(line: Line, spin: Spinner) -> None:
    text = "字" * 100
    assert spin(line.send("10", text)).parts == 2
    assert [line.seen()["part"][1] for _ in range(3)] == [1, 2, 2]


def test_a_later_part_that_is_refused_leaves_it_uncertain(line: Line, spin: Spinner) -> None:
    with pytest.raises(Uncertain):
        spin(line.send("11", "字" * 100))
    assert [line.seen()["part"][1] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize(("last", "text"), [("12", CHINESE), ("11", "字" * 100)])
def test_receipts_of_an_uncertain_message_say_whose_they_are(
    line: Line, spin: Spinner, ear: Ear, last: str, text: str
) -> None:
    """12 is answered too late; of 11 the second part is refused, and the first arrives."""
    with pytest.raises(Uncertain):
        spin(line.send(last, text))
    line.seen()
    if last == "11":
        line.seen()
    spin(ear.until(lambda: bool(ear.receipts) and ear.receipts[-1].ours == 7))
    assert ear.receipts[-1].fate is Fate.DELIVERED


def test_separate_connections_send_and_receive(spin: Spinner, ear: Ear, center: Running) -> None:
    line = Line(spin, ear, center, bind="separate", connections=2)
    spin(line.up())
    assert spin(line.send("00")).parts == 1
    assert line.gateway.room == 20
    line.seen()
    spin(line.down())


def test_a_wrong_password_is_told_and_not_tried_at_once(
    spin: Spinner, ear: Ear, center: Running
) -> None:
    line = Line(spin, ear, center, password=Secret("wrong"))

    async def refused() -> None:
        await line.gateway.start(ear)
        while "PASWD" not in line.gateway.state().detail:
            await spin.clock.sleep(0.01)

    spin(refused())
    with pytest.raises(Busy):
        spin(line.send("00"))
    due = [call.getTime() - spin.clock.seconds() for call in spin.reactor.getDelayedCalls()]
    assert sum(one > 20 for one in due) == 2  # the next log-in, and the sweep of replies
    spin(line.down())


def test_a_strangers_receipts_overtake_answers(spin: Spinner, ear: Ear) -> None:
    script = [sys.executable, str(FOLDER / "smpp34_server.py")]
    center = Running(subprocess.Popen(script, stdout=subprocess.PIPE, text=True))
    line = Line(spin, ear, center)
    try:
        spin(line.up())
        sent = spin(line.send("00", "字" * 150))
        spin(ear.until(lambda: len(ear.receipts) == 3))
        found = {one.reference for one in ear.receipts}
        assert found == set(sent.reference) == {"r0001", "r0002", "r0003"}
        text = b"".join(bytes.fromhex(line.seen()["text"])[6:] for _ in range(3))
        assert text.decode("utf-16-be") == "字" * 150
        spin(line.down())
    finally:
        center.stop()
