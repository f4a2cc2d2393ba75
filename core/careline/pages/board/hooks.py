"""What the board brings to the workspace."""

from __future__ import annotations

from collections.abc import Sequence

from careline.hooks import hook
from careline.pages.board.routes import BoardRoutes
from careline.pages.board.wall import WallRoutes
from careline.web import PageEntry


class BoardHooks:
    """The board, and the wallboards that it hands out."""

    def __init__(self, board: BoardRoutes, wall: WallRoutes) -> None:
        self._board = board
        self._wall = wall

    @hook
    def pages(self) -> Sequence[PageEntry]:
        """The board in the menu; the wallboard is reached from it."""
        return [
            PageEntry(
                name="board",
                title="Board",
                path="/board",
                permission="board.view",
                routes=self._board,
                icon="gauge",
                group="team",
                order=20,
            ),
            PageEntry(
                name="wallboard",
                title="Wallboard",
                path="/wallboard",
                permission="board.view",
                routes=self._wall,
                icon="monitor",
                rail=False,
                group="team",
            ),
        ]
