"""The pages of recordings in the real shell, over recordings that are kept in a dict."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from attrs import evolve
from tests.support.databases import put_tables
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Agent, AgentStatus, State
from careline.auth.model import Scope, User
from careline.calls.model import Direction
from careline.campuses.model import Campus
from careline.clock import Clock
from careline.errors import Invalid, NotFound, Refused
from careline.hooks import Page, Panel, TimelineEntry, hook
from careline.storage import open_database
from careline.tasks import Tasks
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse
from careline_recording.model import (
    Criteria,
    Found,
    Hold,
    Line,
    Mark,
    Opened,
    Recording,
    Stretch,
    TalkState,
)
from careline_recording.pages.part import RecordingPages

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
MINE, THEIRS = "m" * 22, "t" * 22
SOUND = b"RIFF" + bytes(range(256)) * 40
CALL = "hq-1"
PEOPLE = {
    "8001": Agent(id="8001", name="张三", team="a", campus="main"),
    "8002": Agent(id="8002", name="李四", team="a", campus="main"),
    "8003": Agent(id="8003", name="王五", team="b", campus="east"),
}


def recording(id: str, agent: str, **more: Any) -> Recording:
    """Two stretches of talk of one agent."""
    made = Recording(
        id=id,
        call=CALL,
        channel=f"{id[0]}.1",
        agent=agent,
        campus="main",
        queue="booking",
        started=NOON,
        seconds=90.0,
        stretches=(Stretch(NOON, 0, 60_000), Stretch(NOON + timedelta(minutes=3), 60_000, 30_000)),
        size=len(SOUND),
        sha256="ab" * 32,
        klass="usual",
        until=NOON + timedelta(days=31),
    )
    return evolve(made, **more)


class FakeRecordings:
    """Keeps what it is told, and what it was asked."""

    classes = ("usual", "complaint")

    def __init__(self) -> None:
        self.kept = {one.id: one for one in (recording(MINE, "8001"), recording(THEIRS, "8003"))}
        self.asked: list[Criteria] = []
        self.read: list[tuple[int, int]] = []
        self.marked: list[Mark] = []
        self.held: list[Hold] = []
        self.talk = TalkState(recorded=True)
        self.pauses: list[tuple[str, str, bool]] = []

    async def find(self, criteria: Criteria, page: int = 1) -> Found:
        self.asked.append(criteria)
        lines = [
            Line(
                recording=one,
                direction=Direction.INBOUND,
                number="+8613800001111",
                disposition="",
                note="<b>",
            )
            for one in self.kept.values()
            if criteria.agents is None or one.agent in criteria.agents
        ]
        return Found(tuple(lines))

    async def get(self, id: str) -> Recording:
        if id not in self.kept:
            raise NotFound("recording.unknown", "there is no recording {id}", id=id)
        return self.kept[id]

    async def of_call(self, call_id: str) -> list[Recording]:
        return [one for one in self.kept.values() if one.call == call_id]

    async def open(self, id: str) -> Opened:
        if self.kept[id].erased:
            raise Refused("recording.erased", "This recording is erased.")
        return Opened(len(SOUND), self._read)

    async def _read(self, first: int, last: int) -> AsyncIterator[bytes]:
        self.read.append((first, last))
        yield SOUND[first : last + 1]

    async def peaks(self, id: str) -> bytes:
        return bytes(range(100))

    async def mark(self, id: str, at_ms: int, text: str, by: str) -> Mark:
        if not text:
            raise Invalid("recording.mark", "A mark needs a text.")
        made = Mark(id=len(self.marked) + 1, recording=id, at_ms=at_ms, text=text, by=by, made=NOON)
        self.marked.append(made)
        return made

    async def unmark(self, id: str, mark: int) -> None:
        self.marked = [one for one in self.marked if one.id != mark]

    async def marks(self, id: str) -> Sequence[Mark]:
        return [one for one in self.marked if one.recording == id]

    async def hold(self, id: str, why: str, by: str) -> None:
        if not why:
            raise Invalid("recording.reason", "Say why.")
        self.held.append(Hold(recording=id, why=why, by=by, at=NOON))
        self.kept[id] = evolve(self.kept[id], held=True)

    async def release(self, id: str, by: str) -> None:
        self.held = [evolve(one, released=NOON, released_by=by) for one in self.held]
        self.kept[id] = evolve(self.kept[id], held=False)

    async def holds(self, id: str) -> Sequence[Hold]:
        return [one for one in self.held if one.recording == id]

    async def classify(self, id: str, klass: str) -> None:
        self.kept[id] = evolve(self.kept[id], klass=klass)

    async def pause(self, call_id: str, agent: str, paused: bool) -> None:
        self.pauses.append((call_id, agent, paused))
        self.talk = evolve(self.talk, paused=paused)

    def state(self, call_id: str, agent: str) -> TalkState:
        return self.talk


class Hooks:
    """The plugin with its pages alone; its templates are the plugin's."""

    __module__ = "careline_recording"

    def __init__(self, part: RecordingPages) -> None:
        self.part = part

    @hook
    def pages(self) -> Sequence[Page]:
        return self.part.pages()

    @hook
    def panels(self) -> Sequence[Panel]:
        return self.part.panels()

    @hook
    async def patient_timeline(self, patient_id: int) -> Sequence[TimelineEntry]:
        return await self.part.patient_timeline(patient_id)


class House:
    """One hospital with three agents; 8001 talks in the call."""

    def __init__(self) -> None:
        self.reactor = FakeClock()
        self.clock = Clock(self.reactor)
        self.recordings = FakeRecordings()
        self.status = AgentStatus(agent="8001", state=State.TALKING, call=CALL, since=NOON)
        db = open_database("sqlite://", clock=self.clock, tasks=Tasks())
        put_tables(db)
        core = SimpleNamespace(
            clock=self.clock,
            db=db,
            agents=SimpleNamespace(people=PEOPLE, status=lambda _agent: self.status),
            campuses=SimpleNamespace(
                directory=SimpleNamespace(campuses={"main": Campus(id="main", title="总院")})
            ),
            patients=SimpleNamespace(find=self._patients, several=self._patients),
        )
        self.part = RecordingPages(core, self.recordings)  # type: ignore[arg-type]
        self.web = WebHouse([("recording", Hooks(self.part))], clock=self.clock)
        self.patients: list[Any] = []

    async def _patients(self, _asked: object) -> list[Any]:
        return self.patients

    def browser(
        self, agent: str = "8001", may: Mapping[str, Scope] | None = None, login: str = "zhang.san"
    ) -> Browser:
        """Somebody's; without ``may``: an agent with their own recordings and a desk."""
        allowed = may or {"recordings.play": Scope.OWN, "desk.use": Scope.OWN}
        person = PEOPLE.get(agent)
        team, campus = (person.team, person.campus) if person else ("", "main")
        user = User(id=1, login=login, name="张三", agent=agent, team=team, campus=campus)
        return self.web.browser(user, allowed)

    def get(self, browser: Browser, path: str, **headers: str) -> Seen:
        """GET."""
        return run_async(browser.get(path, **headers), self.clock)

    def post(self, browser: Browser, path: str, **values: str) -> Seen:
        """POST as the page's scripts do."""
        return run_async(browser.post(path, values), self.clock)

    def told(self, act: str) -> list[dict[str, str]]:
        """Lines of the audit log about an act."""
        return [line for line in self.web.audit.lines if line["act"] == act]
