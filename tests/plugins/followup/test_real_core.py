"""With the real core and its workers: a discharge, its call, a red flag at the ward, a restart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.strict import bound

from careline.clinic import Stay
from careline.hooks import hook
from careline.jobs import Job
from careline.outbound.store import Wanted as Calls
from careline.testing import Spinner, on_reactor
from careline.testing.house import House
from careline.testing.stage import until
from careline_followup.flags.model import FlagState
from careline_followup.plans.model import Way
from careline_followup.plugin import Followup
from careline_followup.tasks.model import State, Wanted
from careline_followup.work import BEGIN
from careline_his_webservice.stays import News
from careline_his_webservice.stays import store as stays

PLUGINS = ("his_webservice", "followup")
PROMISED_S = bound(5.0)


@pytest.fixture
def house(spin: Spinner, spoken_prompts: Path, tmp_path: Path) -> Iterator[House]:
    made = House(spin.reactor, None, tmp_path / "home", spoken_prompts, PLUGINS)
    spin(made.open())
    yield made
    spin(made.close())


class Ward:
    """A plugin that hears of red flags, as the ward's pages do."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    @hook
    async def red_flag(self, flag_id: int) -> None:
        self.heard.append(flag_id)


def plugin_of(house: House) -> Followup:
    found = house.app.plugins.hooks("followup")
    assert isinstance(found, Followup)
    return found


async def tasks(house: House) -> list[State]:
    found = await plugin_of(house).services.tasks.listed(Wanted())
    return [entry.task.state for entry in found.entries]


async def wait_for(house: House, states: list[State]) -> None:
    end = house.clock.seconds() + 60
    while await tasks(house) != states:
        assert house.clock.seconds() < end, await tasks(house)
        await house.clock.sleep(0.05)


@on_reactor()
async def test_a_discharge_becomes_a_call_and_a_red_flag_reaches_the_ward(house: House) -> None:
    left = datetime.now(UTC) - timedelta(days=4)
    stay = Stay(
        id="", campus="main", name="陈海", number="ZY1", phone="13800000001", ward="三病区",
        left=left,
    )  # fmt: skip
    news = News(visit="V1", told=left, stay=stay)
    for _ in range(2):
        await house.db.run(stays.take, house.app.hub, news)
    await wait_for(house, [State.PLANNED] * 2)
    await house.db.run(house.app.outbox.put, Job(BEGIN))
    await wait_for(house, [State.DUE, State.PLANNED])
    [call] = await house.app.outbound.list(Calls())

    await house.app.stop()  # and comes back in the middle of it
    await house.start_core()
    assert [one.task.key for one in await house.app.outbound.list(Calls())] == [call.task.key]
    assert await tasks(house) == [State.DUE, State.PLANNED]

    services = plugin_of(house).services
    ward = Ward()
    house.app.hub.register("ward", ward)
    for kind, handler in house.app.hub.durable_handlers("ward").items():
        house.app.worker.handle(kind, handler)
    task = int(call.task.args["followup"])
    await services.answers.reply(task, "feeling", 3, Way.AUTOMATIC)
    given = await services.answers.reply(task, "symptom", 4, Way.AUTOMATIC)
    assert given.flag is not None
    [shown] = await services.flags.listed((FlagState.OPEN,))
    assert shown.id == given.flag.id
    await until(house.clock, lambda: ward.heard == [shown.id], PROMISED_S, "the ward hears of it")
