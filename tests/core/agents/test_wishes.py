"""What an agent asks for passes the plugins' guards; what a call does to an agent does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from attrs import define, field
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, AgentStatus, Reason, State
from careline.agents.service import Agents
from careline.agents.wishes import Wishes
from careline.clock import Clock
from careline.errors import CarelineError, NotFound, Refused
from careline.hooks import Hub, Refusal, hook
from careline.tasks import Tasks
from careline.testing import run_async

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Log(list[AgentStatus]):
    put = list.append


@define(eq=False)
class Guard:
    """Refuses breaks; remembers what it was asked."""

    asked: list[tuple[State, State, Reason]] = field(factory=list)

    @hook
    async def may_change_state(
        self, now: AgentStatus, state: State, reason: Reason
    ) -> Refusal | None:
        self.asked.append((now.state, state, reason))
        if reason is Reason.BREAK:
            return Refusal("shift.full", "{count} are on a break already", {"count": 3})
        return None


@pytest.fixture
def wishes() -> Wishes:
    clock = Clock(FakeClock(), lambda: NOW)
    people = {"8001": Agent(id="8001", name="李敏", phone="1001")}
    agents = Agents(clock, lambda: people, cast("Any", Log()))
    return Wishes(agents, Hub(clock, Tasks()))


def test_without_a_guard_all_is_as_the_rules_say(wishes: Wishes) -> None:
    run_async(wishes.sign_in("8001"))
    assert run_async(wishes.ready("8001")).state is State.READY
    assert run_async(wishes.not_ready("8001", Reason.BREAK)).reason is Reason.BREAK
    assert run_async(wishes.sign_out("8001")).state is State.SIGNED_OUT
    with pytest.raises(Refused, match="not signed in"):
        run_async(wishes.ready("8001"))
    with pytest.raises(NotFound):
        run_async(wishes.ready("9999"))


def test_a_refused_wish_changes_nothing_and_says_why(wishes: Wishes) -> None:
    wishes.hub.register("shift", Guard())
    run_async(wishes.sign_in("8001"))
    run_async(wishes.ready("8001"))
    with pytest.raises(Refused) as caught:
        run_async(wishes.not_ready("8001", Reason.BREAK))
    error: CarelineError = caught.value
    assert (error.code, str(error)) == ("shift.full", "3 are on a break already")
    assert wishes.agents.states["8001"].state is State.READY


def test_a_guard_is_asked_for_each_wish_and_for_nothing_else(wishes: Wishes) -> None:
    guard = Guard()
    wishes.hub.register("shift", guard)
    run_async(wishes.sign_in("8001"))
    run_async(wishes.ready("8001"))
    wishes.agents.rang("8001", NOW, "hq-1")
    wishes.agents.talking("8001", NOW, "hq-1")
    run_async(wishes.not_ready("8001", Reason.MEAL))
    run_async(wishes.sign_out("8001"))
    assert guard.asked == [
        (State.SIGNED_OUT, State.NOT_READY, Reason.SIGNED_IN),
        (State.NOT_READY, State.READY, Reason.NONE),
        (State.TALKING, State.NOT_READY, Reason.MEAL),
        (State.TALKING, State.SIGNED_OUT, Reason.NONE),
    ]
