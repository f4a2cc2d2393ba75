"""Automatic calls: nothing is said to strangers, answers count at once, nobody is asked twice."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from tests.plugins.followup.site import CARD, Site

from careline.errors import Unavailable
from careline.ivr.book import FlowBook
from careline.ivr.check import Known, check_all
from careline.ivr.engine import run
from careline.ivr.exits import Exit, ToQueue
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.line import CallerGone
from careline.ivr.model import Caller, kinds_by_name
from careline.ivr.prompt import Prompt
from careline.outbound.model import Mode, Outcome
from careline.storage import Database
from careline.testing import run_async
from careline.testing.line import HANG_UP, KILL, Killed, ScriptedLine
from careline_followup.ivr.part import demo_flows
from careline_followup.plans.model import Way
from careline_followup.tasks.model import State

#: Better, takes the medicine, knows the visit, very content.
WELL = ("1", "1", "1", "5")
#: The sentences that say nothing of the patient.
OPENING = ("followup-hello", "followup-english", "followup-prove", "followup-not-proved",
           "followup-unproved", "followup-wrong-number", "followup-later", "followup-declined",
           "invalid-key", "no-input", "goodbye")  # fmt: skip


class Line(ScriptedLine):
    """Nobody presses anything during a sentence that asks nothing."""

    left: Exit | None = None

    async def play(self, prompts: Sequence[Prompt], escape: str) -> str:
        self.heard += prompts
        return ""


class Phone:
    """The site, its first discharge, and the flow that calls."""

    def __init__(self, db: Database, card: str = CARD) -> None:
        self.site = Site(db)
        self.site.ways(Way.AUTOMATIC, Way.AGENT)
        self.site.stay(id_card=card)
        self.site.work()
        self.site.later(days=3)
        self.task = self.site.first()
        kinds = kinds_by_name([*CORE_KINDS, *self.site.plugin.ivr_nodes()])
        self.flows = FlowBook(clock=self.site.clock, kinds=kinds)
        self.flows.put(check_all(demo_flows(), Known(kinds=kinds)))

    def rings(self, *keys: str, line: Line | None = None) -> Line:
        """The patient answers and presses keys, then stays silent; a line is taken up."""
        line = line or Line(keys)
        where = line.position if line.state else self.flows.begin("followup", "zh")
        if not line.state:
            where = where.with_var("followup", str(self.task.id))
        going = run(self.flows, where, line, Caller(call="hq-1.1"))
        with suppress(CallerGone):
            line.left = run_async(going, self.site.clock)
        return line

    @property
    def given(self) -> dict[str, int]:
        found = self.site.run(self.site.s.answers.given(self.task.id))
        return {name: one.value for name, one in found.items()}

    @property
    def state(self) -> State:
        return self.site.run(self.site.s.tasks.get(self.task.id)).state


@pytest.fixture
def phone(db: Database) -> Phone:
    return Phone(db)


@pytest.mark.parametrize("proof", ["0307", "8515"])
def test_the_patient_answers_everything_by_keys(phone: Phone, proof: str) -> None:
    line = phone.rings("1", proof, *WELL)
    assert phone.given == {"feeling": 1, "medicine": 1, "visit": 1, "content": 5}
    assert phone.state is State.ANSWERED
    assert line.names[-1] == "followup-thanks"


def test_a_stranger_hears_nothing_of_the_patient(phone: Phone) -> None:
    line = phone.rings("1", "0101", "1990", "", *WELL)
    assert set(line.names) <= set(OPENING)
    assert "followup-unproved" in line.names
    assert phone.given == {}


def test_nothing_is_known_of_the_patient_so_nothing_is_said(db: Database) -> None:
    phone = Phone(db, card="")
    line = phone.rings("1", "", *WELL)
    assert set(line.names) <= set(OPENING)
    assert phone.given == {}


def test_a_red_flag_is_raised_at_once_and_the_patient_told_what_to_do(phone: Phone) -> None:
    line = phone.rings("1", "0307", "3", "3", "1", HANG_UP)
    assert "followup-flagged" in line.names
    [flag] = phone.site.run(phone.site.s.flags.of_task(phone.task.id))
    assert flag.question == "symptom"
    assert phone.state is State.RUNNING


def test_a_restart_in_the_call_asks_nothing_again(phone: Phone) -> None:
    line = Line(["1", "0307", "1", KILL])
    with pytest.raises(Killed):
        phone.rings(line=line)
    assert phone.given == {"feeling": 1}
    heard = len(line.heard)
    line.acts = ["1", "1", "5"]
    phone.rings(line=line)
    assert phone.state is State.ANSWERED
    again = line.names[heard:]
    assert "followup-prove" not in again
    assert not any(name.endswith("-feeling") for name in again)


def test_who_hangs_up_is_asked_the_rest_by_an_agent(phone: Phone) -> None:
    phone.site.dial()
    phone.rings("1", "0307", "1", HANG_UP)
    phone.site.run(phone.site.outbound.settle(phone.task.call_key, Outcome.ANSWERED))
    phone.site.work()
    task = phone.site.first()
    assert (task.way, task.state) == (Way.AGENT, State.DUE)
    nexts = phone.site.run(phone.site.s.answers.next(task.id))
    assert nexts is not None
    assert nexts.name == "medicine"


def test_a_wrong_number_is_passed_over_and_not_called_wrong_on_anybodys_word(
    phone: Phone,
) -> None:
    phone.site.dial()
    phone.rings("2")
    call = phone.site.run(phone.site.outbound.get(phone.task.call_key))
    assert call.outcome is Outcome.WRONG_NUMBER
    phone.site.work()
    # An agent may be told by the patient at the same number.
    begun = phone.site.dial()
    assert (begun.task.mode, begun.number) == (Mode.PREVIEW, call.number)


def test_whoever_picks_up_does_not_decline_for_the_patient(phone: Phone) -> None:
    phone.rings("4")
    task = phone.site.first()
    assert (task.way, task.state) == (Way.AGENT, State.DUE)


def test_an_answer_that_is_stored_late_is_asked_once(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = phone.site.s.answers
    reply = answers.reply
    fails = [Unavailable("db.busy", "busy")]

    async def busy(*args: Any, **values: Any) -> Any:
        if fails:
            raise fails.pop()
        return await reply(*args, **values)

    monkeypatch.setattr(type(answers), "reply", staticmethod(busy))
    phone.rings("1", "0307", *WELL)
    assert phone.state is State.ANSWERED


@pytest.mark.parametrize(("keys", "brings"), [(("3", "3"), True), (("1",), False)])
def test_an_answer_that_cannot_be_stored_is_not_passed_over(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...], brings: bool
) -> None:
    """A red one brings an agent at once."""
    answers = phone.site.s.answers
    reply = answers.reply
    last = "symptom" if brings else "feeling"

    async def away(task: int, question: str, *args: Any, **values: Any) -> Any:
        if question == last:
            raise Unavailable("db.away", "away")
        return await reply(task, question, *args, **values)

    monkeypatch.setattr(type(answers), "reply", staticmethod(away))
    line = phone.rings("1", "0307", *keys, "1", "1", "5")
    assert isinstance(line.left, ToQueue) is brings
    assert "followup-thanks" not in line.names
    assert last not in phone.given


def test_who_has_no_time_now_is_called_by_an_agent_later(phone: Phone) -> None:
    phone.rings("3")
    task = phone.site.first()
    assert (task.way, task.state) == (Way.AGENT, State.DUE)


def test_key_0_brings_an_agent_and_key_9_english(phone: Phone) -> None:
    line = phone.rings("9", "0")
    assert isinstance(line.left, ToQueue)
    assert [one.language for one in line.heard][-1] == "en"
