"""The board's hooks object, built from the services it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from careline.agents.service import Agents
from careline.alarms.service import Alarms
from careline.auth.model import Subject
from careline.calls.service import Calls
from careline.campuses.model import Campus, Trunk
from careline.figures.lines import Lines
from careline.figures.service import Figures
from careline.pages.board.floor import Floor
from careline.pages.board.hooks import BoardHooks
from careline.pages.board.routes import BoardRoutes
from careline.pages.board.steering import Control, Steering
from careline.pages.board.wall import WallRoutes
from careline.queues.model import Queue
from careline.wallboards.service import Wallboards


def board(
    *,
    lines: Lines,
    figures: Figures,
    calls: Calls,
    agents: Agents,
    control: Control,
    queues: Callable[[], Mapping[str, Queue]],
    campuses: Callable[[], Mapping[str, Campus]],
    subject: Callable[[str], Subject],
    wallboards: Wallboards,
    trunks: Callable[[], Mapping[str, Trunk]],
    alarms: Alarms,
) -> BoardHooks:
    """Board and wallboards; the mappings give what is set up now."""

    def away() -> set[str]:
        return {one.name for one in alarms.open if one.source == "trunks"}

    tiles = Floor(lines, calls, lambda: agents.people, queues, subject, trunks, away)
    steering = Steering(agents, control, subject)
    wall = WallRoutes(wallboards, lines, figures, campuses)
    return BoardHooks(BoardRoutes(tiles, steering, figures), wall)
