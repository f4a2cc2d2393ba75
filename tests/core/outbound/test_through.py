"""Callbacks and progressive tasks together never begin more calls than agents can take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.outbound.office import NUMBER, PEOPLE, Office
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Reason, State
from careline.callbacks.model import CallbackState
from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.clock import Clock
from careline.outbound.model import Mode
from careline.outbound.through import QUEUE_S
from careline.storage import Database, Tx, metadata, open_database
from careline.tasks import Tasks

QUEUES = ("service", "booking")


@pytest.fixture
def db() -> Database:
    made = open_database("sqlite://", clock=Clock(FakeClock()), tasks=Tasks())
    put_tables(made)
    return made


class Floor(Office):
    """An office with callers, and a distributor that serves whom it likes of those who wait."""

    def __init__(self, db: Database, seed: int) -> None:
        self.any = Random(seed)
        self.count = 0
        self.queue_of: dict[str, str] = {}
        self.served: dict[str, str] = {}
        #: Calls through a queue, and whether an agent was left for each.
        self.begun_for: list[tuple[str, bool]] = []
        super().__init__(db)
        begin = self.switch.originate

        async def originate(*where: str, **about: object) -> str:
            if self.count and where[0].startswith("Local/"):
                call, queue = str(about["channel_id"]), about["variables"]["CARELINE_QUEUE"]  # type: ignore[index]
                self.begun_for.append((call, self.somebody_is_left(call, queue)))
                self.queue_of[call] = queue
            return await begin(*where, **about)  # type: ignore[arg-type]

        self.switch.originate = originate  # type: ignore[method-assign, assignment]

    def somebody_is_left(self, call: str, queue: str) -> bool:
        """However all others are distributed before this one, an agent is left for it."""
        others = [one.waiting_in for one in self.calls.open if one.waiting_in]
        others += [self.queue_of[one] for one in self._on_the_way() if one != call]
        free = {one.agent for one in self.agents.states.values() if one.state is State.READY}
        # Those who may take this one's agents are given them first: the worst that can happen.
        for one in others:
            takers = [agent for agent in free if one in self.queues(agent)]
            takers.sort(key=lambda agent: queue not in self.queues(agent))
            if takers:
                free.discard(takers[0])
        return any(queue in self.queues(agent) for agent in free)

    def _on_the_way(self) -> list[str]:
        up = {one.id: one for one in self.calls.open}
        return [one for one in self.queue_of if one in up and not up[one].stays]

    # Steps

    def shift(self) -> None:
        """Somebody becomes ready, or goes for a meal."""
        agent = self.any.choice(sorted(PEOPLE))
        status = self.agents.states.get(agent)
        if status is None or status.state is State.SIGNED_OUT:
            self.agents.sign_in(agent)
        elif status.state is State.NOT_READY:
            self.agents.ready(agent)
        elif status.state is State.READY and self.any.random() < 0.3:
            self.agents.not_ready(agent, Reason.MEAL)

    def caller(self) -> None:
        """Somebody calls and waits."""
        self.count += 1
        call = f"hq-{self.count}.1"
        up = f.ChannelUp(
            at=self.now(),
            channel=call,
            name="PJSIP/city-7",
            context="careline-inbound",
            extension="1",
        )
        self.fact(up)
        self.calls.note(
            call, f.Identified(at=self.now(), channel=call, number=NUMBER, trunk="city")
        )
        self.fact(f.Queued(at=self.now(), channel=call, queue=self.any.choice(QUEUES)))

    def missed(self) -> None:
        """Somebody has waited in vain, and is owed a call."""
        self.caller()
        call, queue = f"hq-{self.count}.1", self._record(f"hq-{self.count}.1").waiting_in
        self.fact(f.Dequeued(at=self.now(), channel=call, queue=queue, reason="left"))
        self.ends(call)

    def task(self) -> None:
        """A progressive task is due."""
        self.count += 1
        queue = self.any.choice(QUEUES)
        self.put(f"f:{self.count}", mode=Mode.PROGRESSIVE, flow="", queue=queue)

    def arrive(self) -> None:
        """A half that is on its way stands in its queue."""
        for call in self._on_the_way()[:1]:
            self.fact(f.Queued(at=self.now(), channel=call, queue=self.queue_of[call]))

    def serve(self) -> None:
        """The distributor gives one who waits to an agent who is free."""
        free = [one.agent for one in self.agents.states.values() if one.state is State.READY]
        waiting = [one for one in self.calls.open if one.waiting_in]
        self.any.shuffle(waiting)
        for call in waiting:
            takers = [agent for agent in free if call.waiting_in in self.queues(agent)]
            if takers:
                agent = self.any.choice(takers)
                self.agents.rang(agent, self.now(), call.id)
                self.agents.talking(agent, self.now(), call.id)
                gone = f.Dequeued(
                    at=self.now(), channel=call.id, queue=call.waiting_in, reason="answered"
                )
                self.fact(gone)
                self.served[call.id] = agent
                return

    def over(self) -> None:
        """A talk ends, and its agent is ready again."""
        for call, agent in list(self.served.items())[:1]:
            del self.served[call]
            self.ends(call)
            self.agents.hung_up(agent, self.now(), timedelta())

    def look(self) -> None:
        """What is due is begun."""
        self.callbacks.serve_all()
        self.round()

    def _record(self, call: str) -> CallRecord:
        record = self.calls.get(call)
        assert record is not None
        return record


STEPS: tuple[Callable[[Floor], None], ...] = (
    Floor.shift,
    Floor.caller,
    Floor.missed,
    Floor.task,
    Floor.arrive,
    Floor.serve,
    Floor.over,
    Floor.look,
)


def _empty(tx: Tx) -> None:
    for one in reversed(metadata.sorted_tables):
        tx.execute(one.delete())


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.sampled_from(STEPS), min_size=10, max_size=60), st.integers(0, 2**16))
def test_no_call_is_begun_for_which_no_agent_is_left(
    db: Database, steps: list[Callable[[Floor], None]], seed: int
) -> None:
    db.run_sync(_empty)
    floor = Floor(db, seed)
    floor.ready(*sorted(PEOPLE)[: seed % len(PEOPLE) + 1])
    for step in steps:
        step(floor)
    assert all(left for _, left in floor.begun_for)


def test_one_agent_is_given_to_one_of_both(db: Database) -> None:
    """A callback is begun while the try of a task is being written down, or the other way."""
    office = Office(db)
    office.ready("8001")
    office.put(mode=Mode.PROGRESSIVE, flow="")
    assert office.through.reserve("hq-cb1.1", "service")
    office.round()
    assert office.calling == []
    assert office.kept().tries == 0
    office.through.release("hq-cb1.1")
    office.round()
    assert office.calling == ["f:1"]
    assert not office.through.reserve("hq-cb1.1", "service")


def test_who_waits_elsewhere_takes_no_more_agents_than_serve_both(db: Database) -> None:
    floor = Floor(db, 1)
    floor.ready("8001", "8002", "8003", "8004")  # the last one serves booking too
    floor.any.choice = lambda some: some[-1]  # type: ignore[method-assign, assignment]
    for _ in range(4):
        floor.caller()
    assert [one.waiting_in for one in floor.calls.open] == ["booking"] * 4
    assert floor.through.free("service") == 3
    assert floor.through.free("booking") == -3


def test_a_call_that_never_appears_keeps_no_agent_for_ever(db: Database) -> None:
    office = Office(db)
    office.ready("8001")
    office.switch.hears = False
    assert office.through.reserve("hq-cb1.1", "service")
    office.later(seconds=QUEUE_S - 1)
    assert office.through.free("service") == 0
    office.later(seconds=1)
    assert office.through.free("service") == 1


def test_a_refused_call_gives_its_agent_back(db: Database) -> None:
    office = Office(db)
    office.ready("8001")
    office.switch.refuses = True
    office.put(mode=Mode.PROGRESSIVE, flow="")
    office.round()
    assert office.through.free("service") == 1


def test_as_many_are_called_back_at_once_as_agents_are_free(db: Database) -> None:
    floor = Floor(db, 1)
    floor.any.choice = lambda some: some[0]  # type: ignore[method-assign, assignment]
    for _ in range(3):
        floor.missed()
    floor.ready("8001", "8002")
    states = [one.state for one in floor.callbacks.open]
    assert states.count(CallbackState.CALLING) == 2
