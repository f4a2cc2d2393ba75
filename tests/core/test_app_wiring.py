"""What a plugin brings is there while it runs, is gone after, and is refused when it is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, timedelta
from typing import Any

import click
import pytest
from attrs import evolve
from tests.plugins_for_tests.every_hook import EveryHook
from twisted.internet.defer import Deferred, fail, succeed

from careline.app.wiring import Wiring
from careline.clock import Clock
from careline.errors import Invalid, Unavailable
from careline.hooks import Command, Hub, JobHandler, LookUp, Permission, Schedule, SpokenText, hook
from careline.i18n import Text
from careline.ivr.book import FlowBook
from careline.ivr.check import Known
from careline.ivr.kinds import CORE_KINDS
from careline.ivr.model import NodeKind
from careline.ivr.service import Flows
from careline.jobs import Job, JobState, Outbox, Scheduler, Worker
from careline.jobs import store as jobs_store
from careline.plugins.service import PluginChange, Stage
from careline.prompts.catalogue import Wanted
from careline.storage import Database, Tx
from careline.tasks import Tasks
from careline.testing import run_async


class Bench:
    """A hub, a worker and a flow book, wired."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.db, self.tasks = db, Tasks()
        self.outbox = Outbox(clock)
        self.hub = Hub(clock, self.tasks, self._put)
        self.worker = Worker(db, clock, self.tasks)
        self.outbox.listen(self.worker.poke)
        self.book = FlowBook(clock=clock)
        flows = Flows(db, clock, self.book, Known)
        scheduler = Scheduler(db, self.outbox, clock, self.tasks, lambda: UTC)
        self.spoken: list[Wanted] = []
        self.spoken_in: Deferred[None] = succeed(None)
        self.offered: list[Mapping[str, Collection[str]]] = []
        self.wiring = Wiring(
            self.hub,
            self.worker,
            scheduler,
            flows,
            self.tasks,
            speak=self._speak,
            offer=self._offer,
        )
        self.fake: Any = clock.reactor
        self.worker.start()

    async def _speak(self, wanted: Sequence[Wanted]) -> None:
        await self.spoken_in
        self.spoken += wanted

    async def _offer(self, permissions: Mapping[str, Collection[str]]) -> None:
        self.offered.append(permissions)

    def _put(self, tx: Tx, kind: str, args: Any) -> int:
        return self.outbox.put(tx, Job(kind, args))

    def come(self, name: str, hooks: object) -> None:
        self.hub.register(name, hooks)
        self.wiring.changed(PluginChange(name, Stage.LOADED))

    def run(self, name: str) -> None:
        self.wiring.changed(PluginChange(name, Stage.RUNNING))

    def go(self, name: str) -> None:
        self.wiring.changed(PluginChange(name, Stage.GOING))
        self.hub.unregister(name)

    def tell(self, call_id: str) -> None:
        self.db.run_sync(lambda tx: self.hub.call_ended(tx, call_id=call_id))
        self.fake.pump([0.0] * 20)

    def states(self, kind: str) -> list[JobState]:
        return [job.state for job in self.db.run_sync(jobs_store.listing, kind=kind)]


@pytest.fixture
def bench(db: Database, db_clock: Clock) -> Iterator[Bench]:
    made = Bench(db, db_clock)
    yield made
    run_async(made.worker.stop(grace=1.0), made.fake)
    run_async(made.tasks.stop(), made.fake)


def test_jobs_and_durable_events_are_done_while_the_plugin_runs(bench: Bench) -> None:
    hooks = EveryHook(None)
    bench.come("every_hook", hooks)
    bench.tell("hq-1")
    assert hooks.told == [], "not before its start has run"
    bench.run("every_hook")
    bench.db.run_sync(bench.outbox.put, Job("every_hook.tick", {"n": 1}))
    bench.tell("hq-2")
    ended = [what for what in hooks.told if what[0] == "call_ended"]
    assert ended == [("call_ended", "hq-1"), ("call_ended", "hq-2")]
    assert ("tick", {"n": 1}) in hooks.told


def test_the_events_of_a_plugin_that_has_gone_wait_for_its_return(bench: Bench) -> None:
    first, second = EveryHook(None), EveryHook(None)
    bench.come("every_hook", first)
    bench.run("every_hook")
    bench.go("every_hook")
    left = Job("hook.every_hook.call_ended", {"call_id": "hq-1"})
    bench.db.run_sync(bench.outbox.put, left)  # written just before it went
    bench.tell("hq-2")  # not for it
    assert bench.states("hook.every_hook.call_ended") == [JobState.WAITING]
    bench.come("every_hook", second)
    bench.run("every_hook")
    bench.fake.pump([0.0] * 20)
    assert second.told == [("call_ended", "hq-1")]
    assert first.told == []


class Queueing:
    """Brings a command that any plugin might."""

    @hook
    def commands(self) -> Sequence[Command]:
        return [Command(name="every-hook", command=click.Command("every-hook"))]


def test_a_command_of_two_plugins_is_refused_and_both_are_named(bench: Bench) -> None:
    bench.come("every_hook", EveryHook(None))
    with pytest.raises(Invalid) as caught:
        bench.come("queueing", Queueing())
    [told] = caught.value.problems
    assert "plugin queueing" in str(caught.value)
    assert "plugin every_hook brings a command careline every-hook, too" in str(told)
    bench.hub.unregister("queueing")
    bench.go("every_hook")
    bench.come("queueing", Queueing())


def test_a_schedules_next_run_is_put(bench: Bench) -> None:
    bench.come("every_hook", EveryHook(None))
    assert bench.states("every_hook.tick") == []
    bench.run("every_hook")
    assert bench.states("every_hook.tick") == [JobState.WAITING]


def test_nodes_and_look_ups_come_and_go(bench: Bench) -> None:
    core = set(bench.book.kinds)
    bench.come("every_hook", EveryHook(None))
    assert set(bench.book.kinds) == core | {"every_hook_pass"}
    assert set(bench.book.look_ups) == {"every_hook.greeting"}
    bench.go("every_hook")
    assert set(bench.book.kinds) == core
    assert bench.book.look_ups == {}


def test_sentences_are_spoken_when_the_plugin_runs_and_no_more_when_it_goes(bench: Bench) -> None:
    hello = [Wanted("en", "every-hook-hello", "Hello")]
    bench.come("every_hook", EveryHook(None))
    assert bench.spoken == []
    bench.run("every_hook")
    assert bench.spoken == hello
    bench.spoken_in = Deferred()
    bench.run("every_hook")
    bench.go("every_hook")
    assert bench.spoken_in.called, "cancelled"
    assert bench.spoken == hello


def test_permissions_are_offered_to_roles_when_the_plugin_runs(bench: Bench) -> None:
    bench.come("every_hook", EveryHook(None))
    assert bench.offered == []
    bench.run("every_hook")
    assert bench.offered == [{"every_hook.see": ("leader",)}]


def test_a_machine_without_a_voice_costs_the_sentences_alone(bench: Bench) -> None:
    bench.spoken_in = fail(Unavailable("speech.missing", "no voice here"))
    bench.come("every_hook", EveryHook(None))
    bench.run("every_hook")
    assert bench.states("every_hook.tick") == [JobState.WAITING]


async def _nothing(*_: Any) -> None:
    return None


def _node(name: str) -> NodeKind:
    return evolve(CORE_KINDS[0], name=name, title=Text("Pass"))


class Wrong:
    """Brings everything that cannot be."""

    @hook
    def job_handlers(self) -> list[JobHandler]:
        twice = JobHandler(kind="bad.twice", do=_nothing)
        return [JobHandler(kind="sms.send", do=_nothing), twice, twice]

    @hook
    def schedules(self) -> list[Schedule]:
        return [
            Schedule(name="a", kind="bad.unknown", every=timedelta(1)),
            Schedule(name="b", kind="bad.twice"),
            Schedule(name="c", kind="bad.twice", every=timedelta()),
        ]

    @hook
    def ivr_nodes(self) -> list[NodeKind]:
        return [_node("menu")]

    @hook
    def prompts(self) -> list[SpokenText]:
        return [SpokenText(name="welcome", zh="喂", en="Hey")]

    @hook
    def look_ups(self) -> list[LookUp]:
        return [LookUp(name="balance", ask=_nothing)]

    @hook
    def permissions(self) -> list[Permission]:
        return [Permission(name="patients.reveal", title="See all", roles=("agent",))]


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_connected(bench: Bench) -> None:
    before = dict(bench.book.kinds)
    with pytest.raises(Invalid) as caught:
        bench.come("bad", Wrong())
    assert [str(problem) for problem in caught.value.problems] == [
        "plugin bad: job_handlers: sms.send must begin with bad.",
        "plugin bad: job_handlers: bad.twice is given twice",
        "plugin bad: ivr_nodes: menu must begin with bad_",
        "plugin bad: prompts: welcome must begin with bad-",
        "plugin bad: look_ups: balance must begin with bad.",
        "plugin bad: permissions: patients.reveal must begin with bad.",
        "plugin bad: schedules: a puts jobs that no handler of the plugin does",
        "plugin bad: schedules: b must have exactly one of every and at",
        "plugin bad: schedules: c must have a time between its runs",
    ]
    bench.go("bad")
    assert bench.book.kinds == before


class Taken:
    """Brings a node that another plugin brought."""

    @hook
    def ivr_nodes(self) -> list[NodeKind]:
        return [_node("every_hook_pass")]


def test_what_another_plugin_brought_is_taken_and_stays(bench: Bench) -> None:
    bench.come("every_hook", EveryHook(None))
    theirs = bench.book.kinds["every_hook_pass"]
    with pytest.raises(Invalid, match="is there already"):
        bench.come("every", Taken())
    bench.go("every")
    assert bench.book.kinds["every_hook_pass"] is theirs
