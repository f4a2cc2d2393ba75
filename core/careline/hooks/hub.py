"""The hub: calls plugins so that none of them can hurt a call, the caller, or another plugin.

``hub.call_started(call=call)``, ``await hub.route_call(call=call)``, ``hub.call_ended(tx,
call_id=...)``, ``await hub.health()``, ``hub.panels()``: what a call is like follows from the kind
that its spec declares.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any, Protocol

from attrs import field, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from careline.clock import Clock
from careline.errors import Conflict, Invalid, Unavailable
from careline.hooks import specs as core_specs
from careline.hooks.attempt import Done, Failed, Outcome, attempt
from careline.hooks.deprecations import DEPRECATED, Deprecation
from careline.hooks.implementation import Implementation
from careline.hooks.kinds import Kind, Spec, specs_in
from careline.hooks.mailbox import Mailbox
from careline.hooks.registry import Registry
from careline.hooks.returns import expected_text, fits
from careline.hooks.watch import HookState, brief
from careline.tasks import Tasks

log = Logger()
Arguments = Mapping[str, Any]
Letter = tuple[Implementation, Arguments]
DurableHandler = Callable[[Arguments, object], Awaitable[None]]


class Outbox(Protocol):
    """Writes a job in a transaction, in the thread of that transaction."""

    def __call__(self, tx: Any, kind: str, args: Arguments, /) -> object:
        """Store a job of ``kind`` with JSON ``args`` along with ``tx``."""


@frozen
class Gathered:
    """Answers by plugin in configured order, and for each plugin without one the reason."""

    answers: Mapping[str, Any]
    missing: Mapping[str, str] = field(factory=dict)

    def flat(self) -> list[Any]:
        """All items of all answers, when answers are sequences."""
        return [item for answer in self.answers.values() for item in answer]


class Hub:
    """All hooks of one process. Register on the reactor thread; durable events come from any."""

    def __init__(
        self,
        clock: Clock,
        tasks: Tasks,
        outbox: Outbox | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
        deprecations: Sequence[Deprecation] = DEPRECATED,
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._outbox = outbox
        self._stopwatch = stopwatch
        self._registry = Registry(clock, deprecations)
        self._boxes: dict[str, Mailbox[Letter]] = {}
        self._provided: dict[str, dict[str, tuple[Any, ...]]] = {}
        self._awaited: Mapping[str, frozenset[str]] = {}
        self._calls: dict[Kind, Callable[..., Any]] = {
            Kind.PROVIDES: self._provides,
            Kind.EVENT: self._event,
            Kind.DURABLE: self._durable,
            Kind.ASKS: self._ask,
            Kind.GATHERS: self._gather,
        }
        self._registry.add_specs(core_specs, "core")

    def __getattr__(self, name: str) -> Any:
        """The hook of that name, to be called as its kind says."""
        spec = None if name.startswith("_") else self._registry.specs.get(name)
        if spec is None:
            raise AttributeError(f"there is no hook {name}")
        return partial(self._calls[spec.kind], spec)

    # Plugins

    @property
    def specs(self) -> Mapping[str, Spec]:
        """All declared hooks by name."""
        return self._registry.specs

    @property
    def plugins(self) -> tuple[str, ...]:
        """Registered plugins in configured order."""
        return self._registry.plugins

    def add_specs(self, module: ModuleType, owner: str) -> None:
        """Declare the hooks that plugin ``owner`` offers, before those who implement them.

        Raises Conflict for a name that is taken, and Invalid when a registered plugin already
        implements one of them wrongly.
        """
        for spec in specs_in(module, owner):
            if hasattr(type(self), spec.name):
                raise Conflict("hook.reserved", "a hook cannot be called {hook}", hook=spec.name)
        self._registry.add_specs(module, owner)

    def order(self, names: Iterable[str]) -> None:
        """Set the order in which plugins are asked, as in careline.toml."""
        self._registry.order(names)

    def register(self, name: str, plugin: object) -> None:
        """Take in a plugin's hooks object and ask it what it provides.

        Raises Invalid with every error found; the plugin is then not registered.
        """
        self._registry.register(name, plugin)
        self._await(name, frozenset())
        problems: list[Invalid] = []
        self._provided[name] = {
            one.spec.name: self._asked_once(one, problems)
            for one in self._registry.of_plugin(name, Kind.PROVIDES)
        }
        if problems:
            self.unregister(name)
            raise Invalid(
                "hook.provides",
                "Plugin {plugin} cannot be loaded ({count}):",
                problems=problems,
                plugin=name,
                count=len(problems),
            )
        for one in self.deprecated(name):
            log.warn("plugin {plugin}: {text}", plugin=name, text=str(one.text))

    def deprecated(self, name: str) -> tuple[Deprecation, ...]:
        """What a registered plugin uses that is on its way out."""
        return self._registry.deprecated(name)

    def unregister(self, name: str, *, returns: bool = False) -> None:
        """Let a plugin go: it gets no more calls, its waiting events are dropped.

        One that ``returns`` (it could not start now, careline stops) gets its durable events then.
        """
        durable = self._registry.of_plugin(name, Kind.DURABLE) if returns else []
        self._await(name, frozenset(one.spec.name for one in durable))
        self._registry.unregister(name)
        self._provided.pop(name, None)
        box = self._boxes.pop(name, None)
        if box is not None:
            box.close()

    def _await(self, name: str, hooks: frozenset[str]) -> None:
        """Put in place at once: other threads may be reading it."""
        others = {plugin: them for plugin, them in self._awaited.items() if plugin != name}
        self._awaited = {**others, name: hooks} if hooks else others

    def states(self, plugin: str | None = None) -> tuple[HookState, ...]:
        """Counts and breaker of each hook of each plugin, or of one."""
        watches = sorted(self._registry.watches.items())
        return tuple(w.snapshot() for (name, _), w in watches if plugin in (None, name))

    def close_breakers(self, plugin: str) -> None:
        """Switch a plugin's hooks on again, when an administrator says that it is mended."""
        for (name, _), watch in self._registry.watches.items():
            if name == plugin:
                watch.breaker.reset()

    # Provided values

    def provided(self, hook: str) -> dict[str, tuple[Any, ...]]:
        """What each plugin provides for ``hook``, by plugin in configured order."""
        return {
            name: self._provided[name][hook]
            for name in self.plugins
            if hook in self._provided.get(name, {})
        }

    def _provides(self, spec: Spec) -> list[Any]:
        return [value for values in self.provided(spec.name).values() for value in values]

    @staticmethod
    def _asked_once(one: Implementation, problems: list[Invalid]) -> tuple[Any, ...]:
        try:
            answer = one.function()
        except (Exception, SystemExit) as error:  # noqa: BLE001  the hub: it may raise anything
            reason = f"{type(error).__name__}: {error}"
        else:
            if fits(one.spec.function, answer) and isinstance(answer, list | tuple):
                return tuple(answer)
            reason = f"must return {expected_text(one.spec.function)}, not {answer!r:.100}"
        problems.append(
            Invalid(
                "hook.failed",
                "plugin {plugin}: hook {hook}: {reason}",
                plugin=one.plugin,
                hook=one.spec.name,
                reason=reason,
            )
        )
        return ()

    # Events

    def _event(self, spec: Spec, **arguments: Any) -> None:
        spec.check_arguments(arguments)
        for one in self._registry.implementations(spec.name):
            lost = self._box(one.plugin).put((one, arguments))
            if lost is not None:
                lost[0].watch.note_lost()

    def _box(self, plugin: str) -> Mailbox[Letter]:
        if plugin not in self._boxes:
            self._boxes[plugin] = Mailbox(plugin, self._clock, self._tasks, self._delivered)
        return self._boxes[plugin]

    async def _delivered(self, letter: Letter) -> None:
        one, arguments = letter
        await self._call(one, arguments)

    def _durable(self, spec: Spec, tx: Any, /, **arguments: Any) -> None:
        """Write one job for each plugin; runs in the transaction's thread, maybe more than once."""
        spec.check_arguments(arguments)
        json.dumps(arguments)  # TypeError here is a bug of the caller: durable events carry ids
        listeners = [one.plugin for one in self._registry.implementations(spec.name)]
        listeners += [name for name, hooks in self._awaited.items() if spec.name in hooks]
        if listeners and self._outbox is None:
            raise RuntimeError(f"{spec.name} is durable, and this hub was given no outbox")
        for plugin in listeners:
            assert self._outbox is not None  # noqa: S101  checked above, for the type checker
            self._outbox(tx, job_kind(plugin, spec.name), arguments)

    def durable_handlers(self, plugin: str) -> dict[str, DurableHandler]:
        """What the worker is to call for the durable events of ``plugin``, by kind of job.

        Take them from the worker when the plugin is disabled: its events then wait for its return.
        """
        return {
            job_kind(plugin, one.spec.name): partial(self._durable_job, one)
            for one in self._registry.of_plugin(plugin, Kind.DURABLE)
        }

    async def _durable_job(self, one: Implementation, arguments: Arguments, _: object) -> None:
        known = {name: arguments[name] for name in one.spec.arguments if name in arguments}
        outcome = await self._call(one, known)
        if isinstance(outcome, Failed):
            outcome.failure.raiseException()
        if not isinstance(outcome, Done):
            raise Unavailable(
                "hook.no_answer",
                "plugin {plugin}: hook {hook}: {reason}",
                plugin=one.plugin,
                hook=one.spec.name,
                reason=_why(outcome),
            )

    # Questions

    async def _ask(self, spec: Spec, **arguments: Any) -> Any:
        spec.check_arguments(arguments)
        for one in self._registry.implementations(spec.name):
            outcome = await self._call(one, arguments)
            answer = outcome.value if isinstance(outcome, Done) else one.refusal
            if answer is not None:
                return answer
        return None

    async def _gather(self, spec: Spec, **arguments: Any) -> Gathered:
        spec.check_arguments(arguments)
        asked = self._registry.implementations(spec.name)
        pending = [Deferred.fromCoroutine(self._call(one, arguments)) for one in asked]
        outcomes = dict(zip(asked, await _all(pending), strict=True))
        return Gathered(
            {one.plugin: o.value for one, o in outcomes.items() if isinstance(o, Done)},
            {one.plugin: _why(o) for one, o in outcomes.items() if not isinstance(o, Done)},
        )

    # The one way into a plugin

    async def _call(self, one: Implementation, arguments: Arguments) -> Outcome | None:
        """Call an implementation; None when its breaker keeps it switched off."""
        if not one.watch.breaker.allows():
            return None
        longest = 0.0

        def step(seconds: float) -> None:
            nonlocal longest
            longest = max(longest, seconds)

        call = one.bound(arguments)
        try:
            outcome = await attempt(self._clock, one.spec.timeout, call, self._stopwatch, step)
        except CancelledError:  # of the caller; a plugin's own comes as Failed
            one.watch.breaker.release()
            raise
        if isinstance(outcome, Done) and not fits(one.spec.function, outcome.value):
            outcome = _wrong_kind(one.spec, outcome.value)
        one.watch.note(outcome, longest)
        return outcome


def job_kind(plugin: str, hook: str) -> str:
    """Kind of the jobs that carry a durable event to a plugin."""
    return f"hook.{plugin}.{hook}"


def job_prefixes(plugin: str) -> list[str]:
    """How the kinds of all jobs of a plugin begin: its own and its durable events."""
    return [f"{plugin}.", job_kind(plugin, "")]


async def _all(pending: list[Deferred[Outcome | None]]) -> list[Outcome | None]:
    """Wait for all; when the caller is cancelled, so are they."""
    try:
        return [await one for one in pending]
    except CancelledError:
        for one in pending:
            one.addErrback(_let_go)
            one.cancel()
        raise


def _let_go(_: Failure) -> None:
    """Nobody waits for this one any more."""


def _why(outcome: Outcome | None) -> str:
    return "switched off after repeated failures" if outcome is None else brief(outcome)


def _wrong_kind(spec: Spec, value: object) -> Failed:
    error = TypeError(f"answered {type(value).__name__}, not {expected_text(spec.function)}")
    return Failed(Failure(error))  # type: ignore[no-untyped-call]  # Twisted's
