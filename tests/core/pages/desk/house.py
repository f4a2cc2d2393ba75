"""A floor of two agents with the pages of their desk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from tests.core.calls.support import caller_up, phone_up, queued, rang
from tests.core.desk.support import PEOPLE, QUEUES, Floor
from twisted.internet.defer import succeed
from twisted.internet.task import Clock as FakeClock

from careline.agents.model import Phone
from careline.auth.model import Scope, Subject, User
from careline.campuses.model import Campus
from careline.errors import Refused
from careline.figures.model import Tally
from careline.ivr.book import FlowBook
from careline.pages.calls.hooks import CallPages
from careline.pages.desk.hooks import DeskPages
from careline.pages.dispositions.hooks import DispositionPages
from careline.pages.home.hooks import HomePages
from careline.presence.service import Presence
from careline.storage import Database
from careline.testing import run_async
from careline.testing.web import Browser, Seen, WebHouse

MAY = ("desk.use", "calls.view", "calls.dial", "recordings.play", "patients.view")
OWN = dict.fromkeys(MAY, Scope.OWN)
HOSTILE = "<img src=x onerror=alert(1)>\"'{{ 7*7 }}"


class Control:
    """Notes what it is asked; refuses to hold."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def on_line(self, agent: str) -> None:
        return None

    async def hold(self, agent: str) -> None:
        raise Refused("control.nobody", "nobody is on the line of {agent}", agent=agent)

    async def dial(self, agent: str, number: str, shown: str = "", patient: int = 0) -> str:
        self.asked.append(("dial", agent, number, patient))
        return "hq-9.9"

    async def consult(self, agent: str, target: Any) -> None:
        self.asked.append(("consult", agent, target))


async def _number_of(shown: str) -> str:
    return "+8613800001111" if shown == "patient:7:0" else shown


class House(Floor):
    """The floor with its pages."""

    def __init__(self, db: Database, folder: Path) -> None:
        super().__init__(db, FakeClock())
        self.db = db
        self.control = Control()
        self.folder = folder
        self.presence = Presence(self.clock, self.agents, self._behind(lambda tx, one: None))
        self.web = WebHouse(clock=self.clock)
        shared: Any = {
            "agents": self.agents,
            "dispositions": self.dispositions,
            "clock": self.clock,
        }
        self.web.add("core_desk", self._desk_pages(shared))
        self.web.add("core_calls", self._call_pages(shared))
        self.web.add("core_home", self._home_pages(shared))
        self.web.add(
            "core_dispositions", DispositionPages(dispositions=self.dispositions, clock=self.clock)
        )

    def _sight(self) -> Any:
        """Who belongs where, and which queues and numbers there are."""
        routing = SimpleNamespace(
            queues=QUEUES,
            agents=PEOPLE,
            book=FlowBook(clock=self.clock),
            dial_string=lambda number, trunk: "x" if len(number) > 6 else "",
            shown_numbers=lambda: ("4001234567", "01065123456"),
        )
        auth = SimpleNamespace(subject=lambda agent: Subject(agent=agent, team="a", campus="hq"))
        return {"auth": auth, "routing": routing, "desk": self.desk}

    def _desk_pages(self, shared: Any) -> DeskPages:
        phones = {name: Phone(name=name, secret="s", webrtc=name[0] == "b") for name in _phones()}
        control: Any = self.control
        threads: Any = lambda call, *args: succeed(call(*args))  # noqa: E731
        return DeskPages(
            **shared,
            **self._sight(),
            calls=self.calls,
            callbacks=self.callbacks,
            control=control,
            hub=self.web.hub,
            in_thread=threads,
            number_of=_number_of,
            panels=self.web.panels,
            phones=lambda: phones,
            presence=self.presence,
            tells_listening=True,
            wishes=self.wishes,
        )

    def _call_pages(self, shared: Any) -> CallPages:
        none: Any = None
        return CallPages(
            **shared,
            **self._sight(),
            db=self.db,
            patients=none,
            campuses=lambda: {"hq": Campus(id="hq", title="总院")},
        )

    def _home_pages(self, shared: Any) -> HomePages:
        figures: Any = SimpleNamespace(
            agent=lambda _: Tally(taken=2), team=lambda _: Tally(taken=5)
        )
        voicemail: Any = SimpleNamespace(path=lambda call: self.folder / f"{call}.wav")
        return HomePages(
            **shared,
            db=self.db,
            callbacks=self.callbacks,
            voicemail=voicemail,
            figures=figures,
            queues_of=lambda _: ["booking"],
            queue_titles=lambda _: {"booking": "预约"},
            events=self.web.events,
        )

    def browser(self, agent: str = "8001", may: Mapping[str, Scope] = OWN) -> Browser:
        user = User(id=int(agent or 1), login=agent or "boss", name="x", agent=agent, campus="hq")
        made = self.web.browser(user, {**OWN, **may})
        made.htmx = True
        return made

    def get(self, path: str, agent: str = "8001", may: Mapping[str, Scope] = OWN) -> Seen:
        return run_async(self.browser(agent, may).get(quote(path, "/?=&%")), self.clock)

    def post(self, path: str, agent: str = "8001", **form: str) -> Seen:
        return run_async(self.browser(agent).post(path, form), self.clock)

    def rings(self) -> None:
        """The caller's call rings at 8001's desk, and nowhere else."""
        for agent in ("8001", "8002"):
            self.agents.sign_in(agent)
        self.agents.ready("8001")
        self.happens(caller_up(), queued("booking", 1), phone_up("hq-2.2", 2), rang("hq-2.2", 2))


def _phones() -> list[str]:
    return [name for one in PEOPLE.values() for name in (one.phone, one.browser_phone)]
