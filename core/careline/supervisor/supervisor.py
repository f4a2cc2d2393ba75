"""The supervisor: starts the children, restarts what dies or falls silent, ends all at the end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, gatherResults
from twisted.internet.error import ReactorNotRunning

from careline.clock import Clock
from careline.errors import CarelineError, Unavailable
from careline.i18n import Lang, Text, error_text
from careline.supervisor.child import Child
from careline.supervisor.leftovers import end_leftover
from careline.supervisor.restarts import GIVE_UP, Restarts
from careline.supervisor.spec import ChildSpec

#: How often the heart-beats are looked at, seconds; a look this late means that we slept.
LOOK_S, SLEPT_S = 0.25, 2.0
#: A child's exit code for "the input is wrong": trying again would say the same again.
BAD_INPUT = 2


def _print(line: str) -> None:
    print(line, flush=True)


class Supervisor:
    """Keeps ``children`` alive until :meth:`stop`, or until one cannot be started at all.

    ``reactor`` spawns processes; ``say`` shows a line, in ``language``, to whoever
    started careline.
    """

    def __init__(
        self,
        reactor: Any,  # IReactorProcess and IReactorCore in one; zope cannot say that
        clock: Clock,
        children: Sequence[ChildSpec],
        say: Callable[[str], None] = _print,
        language: Lang = "en",
    ) -> None:
        self._reactor = reactor
        self._clock = clock
        self._specs = tuple(children)
        self._say = say
        self._language = language
        self._children: dict[str, Child] = {}
        self._restarts = {spec.name: Restarts() for spec in self._specs}
        self._stopping = False
        self._looked = clock.seconds()
        self._done: Deferred[int] = Deferred()
        self.failure: CarelineError | None = None

    def _tell(self, text: Text) -> None:
        self._say(text.to(self._language))

    def pid(self, name: str) -> int | None:
        """Process id of the child ``name``, None while it is down."""
        child = self._children.get(name)
        return child.pid if child else None

    async def run(self) -> int:
        """Start everything and return the exit code when all has ended: 0, or 2 with ``failure``.

        A signal that stops the reactor waits until the children have ended.
        """
        self._reactor.addSystemEventTrigger("before", "shutdown", self._shut_down)
        try:
            for spec in self._specs:
                self._begin(spec)
        except CarelineError as error:
            await self._fail(error)
        else:
            self._look()
        return await self._done

    def _shut_down(self) -> Deferred[None]:
        return ensureDeferred(self.stop())

    async def stop(self, code: int = 0) -> None:
        """End all children but those to keep, then let :meth:`run` return ``code``."""
        if self._stopping:
            return
        self._stopping = True
        ending = [child for child in self._children.values() if not child.spec.keep]
        await gatherResults([ensureDeferred(child.stop()) for child in ending])
        self._done.callback(code)

    async def _fail(self, error: CarelineError) -> None:
        if self.failure is None:
            self.failure = error
            await self.stop(BAD_INPUT)

    def _begin(self, spec: ChildSpec) -> None:
        """Adopt the child or start it for the first time. Raises CarelineError."""
        pid = spec.running()
        if pid is not None:
            text = Text("{name}: runs already (process {pid}), taken over", _named(spec, pid=pid))
            self._tell(text)
            child = self._child(spec)
            child.adopt(pid)
            return
        if end_leftover(spec):
            self._tell(Text("{name}: ended the one that an earlier run left", _named(spec)))
        spec.check()
        self._start(spec)

    def _child(self, spec: ChildSpec) -> Child:
        def say(line: str) -> None:
            self._say(f"{spec.name}: {line}")

        child = Child(spec, self._clock, say, self._ended)
        self._children[spec.name] = child
        return child

    def _start(self, spec: ChildSpec) -> None:
        if self._stopping:
            return
        try:
            self._child(spec).start(self._reactor)
        except OSError as error:
            raise Unavailable(
                "supervisor.start",
                "{name} cannot be started: {reason}",
                name=spec.name,
                reason=f"{error.strerror} ({error.filename or spec.command[0]})",
            ) from error

    def _ended(self, child: Child) -> None:
        spec = child.spec
        if self._stopping:
            return
        restarts = self._restarts[spec.name]
        delay = restarts.ended(self._clock.seconds(), child.came_up)
        if delay is None or (child.code == BAD_INPUT and restarts.never_came_up):
            ensureDeferred(self._fail(_hopeless(child)))
            return
        if child.code is None:
            self._tell(Text("{name}: was killed; starting it again", _named(spec)))
        else:
            code = _named(spec, code=child.code)
            self._tell(Text("{name}: ended (exit code {code}); starting it again", code))
        self._clock.call_later(delay, lambda: self._again(spec))

    def _again(self, spec: ChildSpec) -> None:
        try:
            self._start(spec)
        except Unavailable as error:
            # The disk may have room again soon, and calls may be up in the other children.
            self._say(error_text(error, self._language))
            self._clock.call_later(10.0, lambda: self._again(spec))

    def _look(self) -> None:
        """Kill what has fallen silent, unless it was we who slept (a suspended machine)."""
        if self._stopping:
            return
        now = self._clock.seconds()
        slept, self._looked = now - self._looked > SLEPT_S, now
        for child in self._children.values():
            if slept:
                child.forgive()
            elif child.is_silent:
                self._tell(Text("{name}: hangs (no sign of life); killing it", _named(child.spec)))
                child.kill(signal.SIGKILL)
        self._clock.call_later(LOOK_S, self._look)


def _named(spec: ChildSpec, **more: object) -> dict[str, object]:
    """Fields of a text about a child."""
    return {"name": spec.name, **more}


def _hopeless(child: Child) -> CarelineError:
    """Why a child is not tried again, with the last that it said."""
    said = "\n".join(f"    {line}" for line in child.lines.last)
    if child.code == BAD_INPUT:
        return Unavailable(
            "supervisor.bad_input",
            "{name} cannot start; it said:\n{said}",
            name=child.spec.name,
            said=said,
        )
    return Unavailable(
        "supervisor.gives_up",
        "{name} ended at once {count} times (exit code {code}); see {log}\n{said}",
        name=child.spec.name,
        count=GIVE_UP,
        code="-" if child.code is None else child.code,
        log=str(child.spec.log),
        said=said,
    )


def supervise(
    reactor: Any,  # as for Supervisor, and it is run here
    clock: Clock,
    children: Sequence[ChildSpec],
    say: Callable[[str], None] = _print,
    language: Lang = "en",
) -> int:
    """Run the reactor with a supervisor until all has ended. Returns the exit code.

    Raises the CarelineError that made it give up.
    """
    supervisor = Supervisor(reactor, clock, children, say, language)
    codes: list[int] = []

    def over(code: int) -> None:
        codes.append(code)
        reactor.callLater(0, _stop, reactor)

    reactor.callWhenRunning(lambda: ensureDeferred(supervisor.run()).addCallback(over))
    reactor.run()
    if supervisor.failure is not None:
        raise supervisor.failure
    return codes[0] if codes else 0


def _stop(reactor: Any) -> None:
    with suppress(ReactorNotRunning):
        reactor.stop()
