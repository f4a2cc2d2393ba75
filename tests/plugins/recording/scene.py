"""A recording plugin without a switch: calls written as facts, raw audio put into a spool."""

from __future__ import annotations

import array
import math
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.databases import put_tables
from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock as FakeClock

from careline.calls import facts as f
from careline.calls import store as calls_store
from careline.calls.fold import apply, begin
from careline.calls.model import INBOUND_CONTEXT, PHONES_CONTEXT, CallRecord
from careline.calls.store import Numbered
from careline.clock import Clock
from careline.config import Home
from careline.jobs.outbox import Outbox
from careline.storage import Database, Tx, open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline_recording import duty
from careline_recording.config import RecordingConfig
from careline_recording.plugin import Recording

BEGIN = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
RATE = 8000
CALLER, AGENT = 440, 700


def tone(hertz: int, seconds: float, loud: int = 8000) -> array.array[int]:
    count = round(seconds * RATE)
    turn = 2 * math.pi * hertz / RATE
    return array.array("h", [round(loud * math.sin(turn * at)) for at in range(count)])


def raw(seconds: float, agent: int = AGENT, caller: int = CALLER) -> bytes:
    """What the switch writes: the agent first."""
    both = array.array("h", bytes(round(seconds * RATE) * 4))
    both[0::2], both[1::2] = tone(agent, seconds), tone(caller, seconds)
    return both.tobytes()


def heard(samples: Sequence[int], hertz: int) -> bool:
    turn = 2 * math.pi * hertz / RATE
    real = sum(one * math.cos(turn * at) for at, one in enumerate(samples))
    imaginary = sum(one * math.sin(turn * at) for at, one in enumerate(samples))
    return math.hypot(real, imaginary) / max(1, len(samples)) > 500


class Switch:
    """The calls that are up."""

    def __init__(self) -> None:
        self.up: dict[str, CallRecord] = {}

    def get(self, call: str) -> CallRecord | None:
        return self.up.get(call)

    def of_channel(self, channel: str) -> CallRecord | None:
        return next((one for one in self.up.values() if one.leg(channel)), None)


class Scene:
    """The plugin on an in-memory database and a folder."""

    def __init__(self, root: Path, db: Database | None = None, **config: Any) -> None:
        self.time = BEGIN
        self.clock = Clock(FakeClock(), wall=lambda: self.time)
        if db is None:
            db = open_database("sqlite://", clock=self.clock, tasks=Tasks())
            put_tables(db)
        self.db = db
        self.spool = root / "spool"
        self.spool.mkdir()
        self.ready: list[tuple[str, str]] = []
        self.told: list[tuple[str, str]] = []
        self.paused: list[tuple[str, bool]] = []
        self.unwritten: set[str] = set()
        self.calls = Switch()
        self.home = Home(root / "home")
        core: Any = SimpleNamespace(
            clock=self.clock,
            db=db,
            tasks=Tasks(),
            in_thread=maybeDeferred,
            hub=SimpleNamespace(recording_ready=self._recording_ready),
            calls=self.calls,
            agents=None,
            campuses=None,
            outbox=Outbox(self.clock),
            events=SimpleNamespace(tell=lambda what, id, permission: self.told.append((what, id))),
            recorder=SimpleNamespace(
                folder=self.spool, pause=self._pause, writes=lambda one: one not in self.unwritten
            ),
            settings=SimpleNamespace(
                core=SimpleNamespace(node="hq"), home=self.home, language="zh"
            ),
        )
        self.core = core
        self.plugin = Recording(core, RecordingConfig(**config))
        db.run_sync(duty.begin, BEGIN)

    def _recording_ready(self, tx: Tx, call_id: str, recording_id: str) -> None:
        self.ready.append((call_id, recording_id))

    async def _pause(self, call: CallRecord, channel: str, paused: bool, by: str) -> None:
        self.paused.append((channel, paused))

    def run(self, coro: Coroutine[Any, Any, Any]) -> Any:
        return run_async(coro, self.clock)

    def call(
        self,
        id: str = "hq-1.1",
        talks: Mapping[str, Sequence[tuple[float, float]]] | None = None,
        *more: f.Fact,
        over: bool = True,
        queue: str = "service",
    ) -> CallRecord:
        """A call with agents' phones ``hq-1.<agent>`` and when they talked, in seconds."""
        talks = {"8001": [(10, 14)]} if talks is None else talks
        facts = _facts(id, talks, queue, over)
        facts = sorted([*facts, *more], key=lambda one: one.at)
        first = facts[0]
        assert isinstance(first, f.ChannelUp)
        record = begin(first)
        for fact in facts[1:]:
            record = apply(record, fact)
        numbered = [Numbered(seq, fact) for seq, fact in enumerate(facts, 1)]
        self.db.run_sync(calls_store.save, record, numbered, BEGIN)
        if not over:
            self.calls.up[id] = record
        self.time = BEGIN + timedelta(minutes=1)
        return record

    def wrote(self, seconds: float, agent: str = "8001", call: str = "hq-1.1") -> Path:
        """The switch wrote a file for an agent's phone."""
        file = self.spool / f"{call}~{channel_of(call, agent)}.raw"
        file.write_bytes(raw(seconds))
        return file

    def take_in(self, call: str = "hq-1.1") -> None:
        self.run(self.plugin.intake.take_in(call))

    def all(self, id: str) -> bytes:
        """All of a recording as a WAV file."""
        opened = self.run(self.plugin.recordings.open(id))
        return self.part(id, 0, opened.size - 1)

    def part(self, id: str, first: int, last: int) -> bytes:
        async def read() -> bytes:
            opened = await self.plugin.recordings.open(id)
            return b"".join([piece async for piece in opened.read(first, last)])

        found: bytes = self.run(read())
        return found

    def stored(self) -> list[Path]:
        """The files of the store."""
        return sorted(self.home.recordings.glob("*/*/*/*"))


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def channel_of(call: str, agent: str) -> str:
    return f"{call}{agent}"


def paused(agent: str, seconds: float, on: bool, call: str = "hq-1.1") -> f.Noted:
    detail = {"agent": agent, "paused": "yes" if on else "no"}
    return f.Noted(at=at(seconds), channel=channel_of(call, agent), what="recording", detail=detail)


def _facts(
    id: str, talks: Mapping[str, Sequence[tuple[float, float]]], queue: str, over: bool
) -> list[f.Fact]:
    end = max((last for spans in talks.values() for _, last in spans), default=9.0) + 1
    facts: list[f.Fact] = [
        f.ChannelUp(
            at=at(0), channel=id, name="PJSIP/trunk-1", context=INBOUND_CONTEXT, extension="1"
        ),
        f.Identified(at=at(0.1), channel=id, campus="main", dnis="1", number="+8613800001111"),
        f.Queued(at=at(1), channel=id, queue=queue),
    ]
    for number, (agent, spans) in enumerate(talks.items()):
        channel = channel_of(id, agent)
        begun = spans[0][0] - 1
        facts += [
            f.ChannelUp(
                at=at(begun),
                channel=channel,
                name=f"PJSIP/{agent}-{number}",
                context=PHONES_CONTEXT,
                agent=agent,
            ),
            f.Rang(at=at(begun), channel=channel, agent=agent, queue=queue),
            f.Connected(at=at(spans[0][0]), channel=channel, agent=agent, queue=queue),
        ]
        for first, last in spans:
            bridge = f"b{number}"
            facts += [
                f.Bridged(at=at(first), channel=id, bridge=bridge),
                f.Bridged(at=at(first), channel=channel, bridge=bridge),
            ]
            if over:
                facts += [
                    f.Unbridged(at=at(last), channel=channel, bridge=bridge),
                    f.Unbridged(at=at(last), channel=id, bridge=bridge),
                ]
        if over:
            facts.append(f.ChannelGone(at=at(spans[-1][1]), channel=channel, cause=16))
    if over:
        facts.append(f.ChannelGone(at=at(end), channel=id, cause=16))
    return facts
