"""A line without a telephone: a caller who acts by a script, and a core that may be killed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.ivr.book import FlowBook
from careline.ivr.check import Known, check_all
from careline.ivr.engine import run
from careline.ivr.exits import Exit
from careline.ivr.line import CallerGone
from careline.ivr.model import Caller, Flow, Position
from careline.ivr.parse import load
from careline.ivr.prompt import Prompt
from careline.testing.runner import run_async

HANG_UP = "hang up"
KILL = "kill"
KILL_AFTER = "kill after"


class Killed(BaseException):
    """The core dies at this await."""


class ScriptedLine:
    """Plays to a caller who does ``acts`` in turn, then stays silent; hears and keeps all.

    An act is what is pressed (``""``: nothing), HANG_UP, KILL (before the line does anything) or
    KILL_AFTER (a ``keep`` reached the channel, but the core died of it).
    """

    def __init__(self, acts: Iterable[str] = (), *, kills_keep: bool = False) -> None:
        self.acts = list(acts)
        self.kills_keep = kills_keep
        self.heard: list[Prompt] = []
        self.state = ""
        self.result = ""
        self.nodes: list[str] = []

    async def play(self, prompts: Sequence[Prompt], escape: str) -> str:
        """The key of the next act, where it ends the playing."""
        key = self._act()
        self.heard += prompts
        return key[:1] if key and key[0] in escape else ""

    async def collect(
        self, prompts: Sequence[Prompt], max_digits: int, timeout_s: float, end_key: str
    ) -> str:
        """The keys of the next act."""
        keys = self._act()
        self.heard += prompts
        return (keys.split(end_key)[0] if end_key else keys)[:max_digits]

    async def keep(self, position: Position) -> None:
        """Where the flow stands now; ``nodes`` are all the places it came to."""
        encoded = position.encode()
        act = self.acts.pop(0) if self.kills_keep and self.acts and "kill" in self.acts[0] else ""
        if act == KILL:
            raise Killed
        if position.waiting:
            self.result = ""
        self.state = encoded
        self.nodes.append(position.node)
        if act == KILL_AFTER:
            raise Killed

    def _act(self) -> str:
        act = self.acts.pop(0) if self.acts else ""
        if act == HANG_UP:
            raise CallerGone
        if act in (KILL, KILL_AFTER):
            raise Killed
        return act

    @property
    def position(self) -> Position:
        """Where the flow stood last."""
        return Position.decode(self.state)

    @property
    def names(self) -> list[str]:
        """What was heard, as plain values."""
        return [prompt.value for prompt in self.heard]


def flows(text: str, known: Known | None = None) -> list[Flow]:
    """Flows as they are written in TOML, checked against what there is."""
    return check_all(load(text), known or Known())


def book(*found: Flow, **parts: Any) -> FlowBook:
    """A book of these flows alone; ``parts`` as in FlowBook."""
    made = FlowBook(clock=Clock(FakeClock()), **parts)
    made.put(found)
    return made


def go(
    flows: FlowBook,
    line: ScriptedLine,
    name: str = "main",
    *,
    caller: Caller | None = None,
    outcome: str = "",
    position: Position | None = None,
) -> Exit:
    """One run to its exit: from ``position``, else where the line was left, else from the start."""
    where = position or (line.position if line.state else flows.begin(name))
    return run_async(run(flows, where, line, caller or Caller(), outcome), flows.clock)
