"""Follow-up by automatic calls: a patient presses keys, another one is a machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs import evolve

from careline.agents.model import State as AgentState
from careline.auth.model import User
from careline.calls import facts as f
from careline.calls.model import Direction
from careline.demo.phone import PATIENCE_S, Answer, Ring
from careline.hooks import Urgency
from careline.outbound.model import Outcome, Stage
from careline.outbound.model import Task as Call
from careline.testing import Spinner, on_reactor
from careline.testing.house import House
from careline.testing.stage import AgentPhone, until
from careline_followup.answers.service import values_of
from careline_followup.cases.model import Case, Source
from careline_followup.pages.asking import Desk
from careline_followup.pages.numbers import Numbers
from careline_followup.plans.model import Way
from careline_followup.plugin import Followup
from careline_followup.services import Services
from careline_followup.tasks.model import State, Task

REAL = pytest.param("real", marks=pytest.mark.integration)
NUMBER = "13900002222"
CARD = "110101199003078515"


@pytest.fixture(params=["scripted", REAL])
def followed(
    request: pytest.FixtureRequest,
    spin: Spinner,
    spoken_prompts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """A hospital that follows up, at whatever hour the test runs."""
    urgent = partial(Call, urgency=Urgency.URGENT)
    monkeypatch.setattr("careline_followup.tasks.ways.Call", urgent)
    real = request.param == "real"
    tree = request.getfixturevalue("asterisk_tree") if real else None
    made = House(spin.reactor, tree, tmp_path / "home", spoken_prompts, ("followup",))
    spin(made.open())
    yield made
    spin(made.close())
    if real:
        assert made.asterisk.errors() == []


def services(house: House) -> Services:
    """Those of the plugin in the core that runs."""
    plugin = house.app.plugins.hooks("followup")
    assert isinstance(plugin, Followup)
    return plugin.services


async def called(house: House) -> Task:
    """Somebody has been discharged and is called now."""
    s, now = services(house), house.clock.now()
    case = await s.cases.add(
        Case(
            source=Source.HAND,
            reference="ZY1",
            campus="main",
            name="张三",
            id_card=CARD,
            phone="+86" + NUMBER,
            department="心内科",
            ward="三病区",
            diagnosis="肺炎",
            at=now,
            day=date.fromordinal(now.toordinal()),
            told=now,
        )
    )
    [task, *_] = await s.tasks.of_case(case.id)
    task = await s.tasks.plan_now(task.id, "leader")
    await house.app.dialler.round()
    return task


async def press(house: House, phone: AgentPhone, task: Task, key: str, question: str) -> None:
    """Press ``key`` until it has counted; one may fall into the gap between two questions."""
    for _ in range(6):
        await phone.press(key)
        for _ in range(10):
            given = values_of(await services(house).answers.given(task.id))
            if question in given:
                return
            await house.clock.sleep(0.2)
    raise AssertionError(f"{key} did not count")


@on_reactor()
async def test_a_patient_answers_by_keys_and_a_red_flag_is_raised(followed: House) -> None:
    phone = await followed.stage.outside(NUMBER, Ring(), greets_s=0.5)
    task = await called(followed)
    await phone.ringing()
    asked = followed.happens(f.Stepped, flow="followup", node="ask")
    await phone.answer()
    await asked
    await followed.clock.sleep(0.5)  # keys count from the first word on
    await phone.press("1")
    await followed.clock.sleep(0.5)
    await phone.press("0307")
    await press(followed, phone, task, "3", "feeling")
    await press(followed, phone, task, "3", "symptom")
    [flag] = await services(followed).flags.of_task(task.id)
    assert flag.ward == "三病区"
    await press(followed, phone, task, "1", "medicine")
    await press(followed, phone, task, "1", "visit")
    await press(followed, phone, task, "5", "content")
    await until(
        followed.clock, lambda: not followed.app.calls.open, PATIENCE_S, "the end of the call"
    )
    assert (await services(followed).tasks.get(task.id)).state is State.ANSWERED
    call = (await followed.record()).record
    assert (call.direction, call.number) == (Direction.OUTBOUND, "+86" + NUMBER)


@pytest.mark.parametrize("followed", [REAL], indirect=True)
@on_reactor()
async def test_a_machine_is_asked_nothing_and_called_again(followed: House) -> None:
    await followed.stage.outside(NUMBER, Answer(), greets_s=4)
    task = await called(followed)
    await until(followed.clock, lambda: followed.app.calls.open, PATIENCE_S, "a call")
    await until(followed.clock, lambda: not followed.app.calls.open, PATIENCE_S, "its end")
    while (kept := await followed.app.outbound.get(task.call_key)).stage is Stage.CALLING:
        await followed.clock.sleep(0.1)
    assert kept.outcome is Outcome.MACHINE
    assert await services(followed).answers.given(task.id) == {}
    stored = await followed.record()
    assert not any(isinstance(one.fact, f.Stepped) for one in stored.facts)


@on_reactor()
async def test_a_free_agent_has_the_questions_before_the_patient_is_dialled(
    followed: House,
) -> None:
    s = services(followed)
    plan = evolve(s.plans.get("general"), ways=(Way.PROGRESSIVE,))
    await s.plans.save(plan, "admin")
    phone = await followed.stage.outside(NUMBER, Answer())
    agent = await followed.agent("8001", Ring())
    task = await called(followed)
    await followed.agent_is("8001", AgentState.RINGING)
    [call] = followed.app.calls.open
    user = User(login="8001", name="李敏", agent="8001", campus="main")
    visit = SimpleNamespace(args={"call": call.id}, user=user, may=lambda *of: True)
    assert await Desk(s, Numbers(s)).opens(visit)  # type: ignore[arg-type]
    await phone.quiet(1)  # nobody is dialled yet
    await agent.answer()
    await followed.agent_is("8001", AgentState.TALKING)
    await s.tasks.begin(task.id, "8001", call.id)
    for question, value in (("feeling", 1), ("medicine", 1), ("visit", 1), ("content", 5)):
        await s.answers.reply(task.id, question, value, Way.AGENT, "8001")
    await phone.hang_up()
    await followed.agent_is("8001", AgentState.WRAP_UP)
    followed.app.agents.ready("8001")
    await until(
        followed.clock, lambda: not followed.app.calls.open, PATIENCE_S, "the end of the call"
    )
    assert (await s.tasks.get(task.id)).state is State.ANSWERED
    record = (await followed.record(call.id)).record
    assert (record.direction, record.agents) == (Direction.OUTBOUND, ("8001",))
