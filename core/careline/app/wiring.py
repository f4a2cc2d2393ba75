"""What plugins bring along, connected to where it is used, and taken away when they go."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Container,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import timedelta
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from careline.errors import CarelineError, Invalid
from careline.hooks import Command, Hub, JobHandler, LookUp, Permission, Schedule, SpokenText
from careline.ivr.book import FlowBook
from careline.ivr.model import NodeKind
from careline.ivr.service import Flows
from careline.jobs import RetryPolicy, Scheduler, Work, Worker
from careline.plugins.service import PluginChange, Stage
from careline.prompts.catalogue import Wanted, translated
from careline.tasks import Tasks

log = Logger()

DURABLE_S = 60.0  # longer than the hub waits for a plugin


@frozen
class Brought:
    """What one plugin provides to the parts of the core that are wired here."""

    plugin: str
    jobs: tuple[JobHandler, ...]
    schedules: tuple[Schedule, ...]
    nodes: tuple[NodeKind, ...]
    look_ups: tuple[LookUp, ...]
    prompts: tuple[SpokenText, ...]
    permissions: tuple[Permission, ...]
    commands: tuple[Command, ...]

    @classmethod
    def of(cls, plugin: str, hub: Hub) -> Brought:
        """What the hub was given when the plugin was registered."""

        def provided(hook: str) -> tuple[Any, ...]:
            return hub.provided(hook).get(plugin, ())

        return cls(
            plugin,
            jobs=provided("job_handlers"),
            schedules=provided("schedules"),
            nodes=provided("ivr_nodes"),
            look_ups=provided("look_ups"),
            prompts=provided("prompts"),
            permissions=provided("permissions"),
            commands=provided("commands"),
        )


class Wiring:
    """Listens to the plugins: job handlers, schedules, kinds of flow nodes, look-ups, sentences.

    Nodes and look-ups are there once a plugin is loaded, its jobs and the durable events told to it
    begin when it runs, and wait when it goes. ``speak`` makes its sentences, in the background;
    ``offer`` grants its permissions, by name, to the roles it thinks of.
    """

    def __init__(
        self,
        hub: Hub,
        worker: Worker,
        scheduler: Scheduler,
        flows: Flows,
        tasks: Tasks,
        speak: Callable[[Sequence[Wanted]], Coroutine[Any, Any, object]],
        offer: Callable[[Mapping[str, Collection[str]]], Coroutine[Any, Any, object]],
    ) -> None:
        self._hub = hub
        self._worker = worker
        self._scheduler = scheduler
        self._flows = flows
        self._tasks = tasks
        self._speak = speak
        self._offer = offer
        self._speaking: dict[str, Deferred[None]] = {}
        self._brought: dict[str, Brought] = {}
        self._handled: dict[str, list[str]] = {}

    def changed(self, change: PluginChange) -> None:
        """A plugin has come, runs, or is about to go; Invalid when what it brings cannot be."""
        if change.stage is Stage.LOADED:
            self._load(Brought.of(change.name, self._hub))
        elif change.stage is Stage.RUNNING:
            self._run(self._brought[change.name])
        elif change.stage is Stage.GOING:
            self._go(change.name)

    def _load(self, brought: Brought) -> None:
        problems = [
            *problems_of(brought, self._flows.book),
            *same_commands(brought, self._brought.values()),
        ]
        if problems:
            raise Invalid(
                "plugin.brings",
                "What plugin {plugin} brings is not right ({count}):",
                problems=problems,
                plugin=brought.plugin,
                count=len(problems),
            )
        self._brought[brought.plugin] = brought
        book = self._flows.book
        book.kinds = {**book.kinds, **{kind.name: kind for kind in brought.nodes}}
        book.look_ups = {**book.look_ups, **{one.name: one.ask for one in brought.look_ups}}

    def _run(self, brought: Brought) -> None:
        work = {job.kind: _work(job) for job in brought.jobs}
        for kind, handler in self._hub.durable_handlers(brought.plugin).items():
            work[kind] = Work(handler, DURABLE_S)
        self._handled[brought.plugin] = list(work)
        for kind, one in work.items():
            self._worker.handle(kind, one)
        self._scheduler.add(brought.plugin, brought.schedules)
        if brought.nodes:  # published flows that could not be read without them
            self._tasks.spawn(self._flows.load(), f"flows with nodes of {brought.plugin}")
        if brought.permissions:
            wanted = {one.name: one.roles for one in brought.permissions}
            self._tasks.spawn(self._offer(wanted), f"permissions of {brought.plugin}")
        if brought.prompts:
            self._speaking[brought.plugin] = self._tasks.spawn(
                self._spoken(brought), f"sentences of {brought.plugin}"
            )

    async def _spoken(self, brought: Brought) -> None:
        try:
            await self._speak(
                [
                    one
                    for text in brought.prompts
                    for one in translated(text.name, {"zh": text.zh, "en": text.en})
                ]
            )
        except CarelineError as error:  # without a voice, or with a full disk, calls go on
            log.warn("{plugin}: {error}", plugin=brought.plugin, error=error)

    def _go(self, plugin: str) -> None:
        self._scheduler.drop(plugin)
        self._worker.drop(self._handled.pop(plugin, []))
        speaking = self._speaking.pop(plugin, None)
        if speaking is not None:
            speaking.cancel()
        brought = self._brought.pop(plugin, None)
        if brought is None:
            return
        book = self._flows.book
        gone = {kind.name for kind in brought.nodes} | {one.name for one in brought.look_ups}
        book.kinds = {name: kind for name, kind in book.kinds.items() if name not in gone}
        book.look_ups = {name: ask for name, ask in book.look_ups.items() if name not in gone}


def _work(job: JobHandler) -> Work:
    return Work(job.do, job.timeout, RetryPolicy(max_tries=job.max_tries))


def problems_of(brought: Brought, book: FlowBook) -> Iterator[Invalid]:
    """All that stands against what a plugin brings."""
    kinds = [job.kind for job in brought.jobs]
    yield from _names(brought.plugin, "job_handlers", f"{brought.plugin}.", kinds)
    nodes = [kind.name for kind in brought.nodes]
    yield from _names(brought.plugin, "ivr_nodes", f"{brought.plugin}_", nodes, book.kinds)
    start = brought.plugin.replace("_", "-") + "-"
    yield from _names(brought.plugin, "prompts", start, [one.name for one in brought.prompts])
    asked = [one.name for one in brought.look_ups]
    yield from _names(brought.plugin, "look_ups", f"{brought.plugin}.", asked, book.look_ups)
    granted = [one.name for one in brought.permissions]  # roles get them: never one of the core's
    yield from _names(brought.plugin, "permissions", f"{brought.plugin}.", granted)
    for schedule in brought.schedules:
        for reason in _faults(schedule, kinds):
            yield _problem(brought.plugin, "schedules", schedule.name, reason)
    yield from _twice(brought.plugin, "schedules", [one.name for one in brought.schedules])


def same_commands(brought: Brought, others: Iterable[Brought]) -> Iterator[Invalid]:
    """Commands that another plugin brings too: the command line could not tell them apart."""
    names = [one.name for one in brought.commands]
    yield from _twice(brought.plugin, "commands", names)
    for other in others:
        for one in other.commands:
            if one.name in names and other.plugin != brought.plugin:
                yield Invalid(
                    "plugin.command_twice",
                    "plugin {other} brings a command careline {command}, too; one of the two must"
                    " name it otherwise, or stay off",
                    other=other.plugin,
                    command=one.name,
                )


def _faults(schedule: Schedule, kinds: Sequence[str]) -> Iterator[str]:
    if schedule.kind not in kinds:
        yield "puts jobs that no handler of the plugin does"
    if (schedule.every is None) == (schedule.at is None):
        yield "must have exactly one of every and at"
    if schedule.every is not None and schedule.every <= timedelta():
        yield "must have a time between its runs"


def _names(
    plugin: str, hook: str, start: str, names: Sequence[str], taken: Container[str] = ()
) -> Iterator[Invalid]:
    for name in names:
        if not name.startswith(start):
            yield _problem(plugin, hook, name, f"must begin with {start}")
        elif name in taken:
            yield _problem(plugin, hook, name, "is there already")
    yield from _twice(plugin, hook, names)


def _twice(plugin: str, hook: str, names: Sequence[str]) -> Iterator[Invalid]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield _problem(plugin, hook, name, "is given twice")


def _problem(plugin: str, hook: str, name: str, reason: str) -> Invalid:
    return Invalid(
        "plugin.brings",
        "plugin {plugin}: {hook}: {name} {reason}",
        plugin=plugin,
        hook=hook,
        name=name,
        reason=reason,
    )
