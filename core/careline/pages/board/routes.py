"""The board's addresses: the page, its parts that load themselves, and the steering."""

from __future__ import annotations

from attrs import frozen

from careline.figures.model import NOTHING, Key, Kind, Tally
from careline.figures.service import Figures, Waiting
from careline.figures.words import DEFINITIONS
from careline.i18n import Text
from careline.pages.board.floor import SEE, AgentTile, Floor, QueueTile, TrunkNow
from careline.pages.board.steering import Steering
from careline.web import Answer, Empty, Fragment, Page, Visit, get, post
from careline.web.toast import toast

TITLE = Text("Board")


@frozen(kw_only=True)
class House:
    """All that the visitor may see, in a few figures."""

    tally: Tally
    before: Tally
    waiting: Waiting
    ready: int
    signed_in: int
    busy: int
    trunks: list[TrunkNow]


class BoardRoutes:
    """Routes of ``/board``."""

    def __init__(self, floor: Floor, steering: Steering, figures: Figures) -> None:
        self._floor = floor
        self._steering = steering
        self._figures = figures

    @get("/board", permission=SEE)
    async def show(self, visit: Visit) -> Answer:
        """The page; its parts load themselves."""
        queue = visit.args.get("queue", "")
        tiles = self._floor.queues(visit)
        values = {
            "house": await self._house(visit, tiles),
            "queues": tiles,
            "agents": self._floor.agents(visit, queue),
            "titles": [(tile.line.queue.id, tile.title) for tile in tiles],
            "queue": queue,
            "means": DEFINITIONS,
        }
        return Page("board/board.html", values, title=TITLE)

    @get("/board/house", permission=SEE, quiet=True)
    async def house(self, visit: Visit) -> Answer:
        """The figures of all queues together."""
        house = await self._house(visit, self._floor.queues(visit))
        return Fragment("board/house.html", {"house": house, "means": DEFINITIONS})

    @get("/board/queues", permission=SEE, quiet=True)
    async def queues(self, visit: Visit) -> Answer:
        """The queues' tiles, those in trouble first."""
        values = {"queues": self._floor.queues(visit), "means": DEFINITIONS}
        return Fragment("board/queues.html", values)

    @get("/board/agents", permission=SEE, quiet=True)
    async def agents(self, visit: Visit) -> Answer:
        """All agents' tiles, when who is there has changed."""
        agents = self._floor.agents(visit, visit.args.get("queue", ""))
        return Fragment("board/agents.html", {"agents": agents})

    @get("/board/agent/<agent>", permission=SEE, quiet=True)
    async def agent(self, visit: Visit, agent: str) -> Answer:
        """One agent's tile: what is fetched when that agent alone has changed."""
        return Fragment("board/agent.html", {"tile": self._floor.agent(visit, agent)})

    @post("/board/agent/<agent>/<verb>", permission=SEE)
    async def steer(self, visit: Visit, agent: str, verb: str) -> Answer:
        """Listen, whisper, barge in, intercept, release, or force a state: one click each."""
        done = await self._steering.do(visit, verb, agent)
        return Empty(trigger=toast(visit, done))

    async def _house(self, visit: Visit, tiles: list[QueueTile]) -> House:
        campuses = {tile.line.queue.campus for tile in tiles}
        before = NOTHING
        for campus in campuses:
            week = await self._figures.last_week(campus)
            before += week.get(Key(Kind.CAMPUS, campus), NOTHING)
        tally = NOTHING
        for campus in campuses:
            tally += self._figures.campus(campus)
        agents = self._floor.agents(visit)
        return House(
            tally=tally,
            before=before,
            waiting=_joined(tiles),
            ready=sum(_is(tile, "ready") for tile in agents),
            signed_in=sum(tile.signed_in for tile in agents),
            busy=sum(tile.on_call for tile in agents),
            trunks=self._floor.trunks(visit),
        )


def _is(tile: AgentTile, state: str) -> bool:
    return tile.line.status.state.value == state


def _joined(tiles: list[QueueTile]) -> Waiting:
    since = min((one.line.waiting.since for one in tiles if one.line.waiting.since), default=None)
    return Waiting(sum(one.line.waiting.count for one in tiles), since)
