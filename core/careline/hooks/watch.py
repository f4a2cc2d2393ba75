"""What is known of one plugin's one hook: counts, last error, and its breaker."""

from __future__ import annotations

import traceback
from pathlib import Path

import twisted
from attrs import frozen
from twisted.logger import Logger
from twisted.python.failure import Failure

import careline
from careline.clock import Clock
from careline.hooks.attempt import Done, Failed, Outcome
from careline.hooks.breaker import Breaker, State

log = Logger()
# Longer than this and every call, screen and time-out of the house waits on one plugin.
SLOW_S = 0.05
#: Lines of these stand between us and the plugin, and below it.
OURS = tuple(str(Path(file).parent) + "/" for file in (careline.__file__, str(twisted.__file__)))


@frozen
class HookState:
    """A snapshot for ``careline plugin list`` and the plugins page; ``retry_in`` is seconds."""

    plugin: str
    hook: str
    state: State
    calls: int
    failures: int
    late: int
    slow: int
    lost: int
    slowest_ms: int
    last_error: str
    retry_in: float

    @property
    def off(self) -> bool:
        """True while the breaker keeps this hook switched off."""
        return self.state is not State.CLOSED


class Watch:
    """Counts, logs and judges the calls of one hook of one plugin."""

    def __init__(self, plugin: str, hook: str, clock: Clock) -> None:
        self.breaker = Breaker(clock)
        self._plugin = plugin
        self._hook = hook
        self._clock = clock
        self._calls = self._failures = self._late = self._slow = self._lost = 0
        self._slowest = 0.0
        self._last_error = ""

    def note(self, outcome: Outcome, longest_step: float) -> None:
        """Take a call that has ended into account; opens the breaker when it is one too many."""
        self._calls += 1
        self._slowest = max(self._slowest, longest_step)
        slow = longest_step > SLOW_S
        if slow:
            self._note_slow(longest_step)
        if isinstance(outcome, Failed):
            self._failures += 1
            self._last_error = " ".join(filter(None, (brief(outcome), place(outcome.failure))))
            log.failure(
                "plugin {plugin} failed in hook {hook}",
                failure=outcome.failure,
                plugin=self._plugin,
                hook=self._hook,
            )
        elif not isinstance(outcome, Done):
            self._late += 1
            self._last_error = brief(outcome)
            log.error(
                "plugin {plugin}: hook {hook}: {error}",
                plugin=self._plugin,
                hook=self._hook,
                error=self._last_error,
            )
        self._judge(isinstance(outcome, Done) and not slow)

    def _note_slow(self, seconds: float) -> None:
        self._slow += 1
        self._last_error = f"held up the whole process for {seconds * 1000:.0f} ms"
        log.warn(
            "plugin {plugin}: hook {hook} {error}",
            plugin=self._plugin,
            hook=self._hook,
            error=self._last_error,
        )

    def note_lost(self) -> None:
        """An event was thrown away because the mailbox was full; logged at 1, 10, 100 ..."""
        self._lost += 1
        if str(self._lost).strip("0") == "1":
            log.error(
                "plugin {plugin} is behind: {lost} events {hook} lost so far",
                plugin=self._plugin,
                hook=self._hook,
                lost=self._lost,
            )

    def _judge(self, well: bool) -> None:
        was = self.breaker.state
        if self.breaker.record(well):
            log.error(
                "plugin {plugin}: hook {hook} is switched off for {seconds:.0f} s ({error})",
                plugin=self._plugin,
                hook=self._hook,
                seconds=self._retry_in(),
                error=self._last_error,
            )
        elif was is not State.CLOSED and self.breaker.state is State.CLOSED:
            log.info(
                "plugin {plugin}: hook {hook} works again", plugin=self._plugin, hook=self._hook
            )

    def snapshot(self) -> HookState:
        """The state now, as a value."""
        return HookState(
            plugin=self._plugin,
            hook=self._hook,
            state=self.breaker.state,
            calls=self._calls,
            failures=self._failures,
            late=self._late,
            slow=self._slow,
            lost=self._lost,
            slowest_ms=round(self._slowest * 1000),
            last_error=self._last_error,
            retry_in=self._retry_in(),
        )

    def _retry_in(self) -> float:
        if self.breaker.state is State.CLOSED:
            return 0.0
        return max(0.0, self.breaker.opened_until - self._clock.seconds())


def place(failure: Failure) -> str:
    """Where in the plugin's own files it was raised, for who wrote them: ``(calls.py:42)``."""
    raised = failure.getTracebackObject()  # type: ignore[no-untyped-call]  # Twisted's
    frames = traceback.extract_tb(raised)
    theirs = [one for one in frames if not one.filename.startswith(OURS)]
    if not theirs:
        return ""
    folder = Path(theirs[0].filename).parent  # of the hook; what it called may lie below it
    inside = [one for one in theirs if folder in Path(one.filename).parents]
    return f"({folder.name}/{Path(inside[-1].filename).relative_to(folder)}:{inside[-1].lineno})"


def brief(outcome: Outcome) -> str:
    """One line on why there is no answer."""
    if isinstance(outcome, Failed):
        kind = outcome.failure.type
        name = kind.__name__ if kind else "failure"
        return f"{name}: {outcome.failure.getErrorMessage()}"[:300]
    return "" if isinstance(outcome, Done) else f"no answer within {outcome.seconds:g} s"
