"""The wallboard: figures for a screen that hangs in the room, and the addresses for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from careline.campuses.model import Campus
from careline.errors import CarelineError
from careline.figures.lines import Lines, joined
from careline.figures.model import Tally, total
from careline.figures.service import Figures
from careline.i18n import Text
from careline.pages.board.floor import SEE
from careline.wallboards.service import Wallboards
from careline.web import PUBLIC, Answer, FormState, Fragment, Page, Visit, get, post, read
from careline.web.toast import toast

TITLE = Text("Wallboard")


@frozen
class WallForm:
    """A new address."""

    title: str = ""
    campus: str = ""


@frozen(kw_only=True)
class Wall:
    """What a wallboard shows; nothing of it is about a person."""

    title: str
    lines: list[Any]
    tally: Tally
    waiting: Any
    ready: int = 0
    signed_in: int = 0
    error: str = field(default="")


class WallRoutes:
    """Routes of ``/wallboard``; those with a token need nobody signed in."""

    def __init__(
        self,
        wallboards: Wallboards,
        lines: Lines,
        figures: Figures,
        campuses: Callable[[], Mapping[str, Campus]],
    ) -> None:
        self._wallboards = wallboards
        self._lines = lines
        self._figures = figures
        self._campuses = campuses

    @get("/wallboard", permission=SEE)
    async def own(self, visit: Visit) -> Answer:
        """Full screen, for somebody who is signed in."""
        campus = visit.args.get("campus", "")
        values = {"wall": self._wall(visit, campus), "src": f"/wallboard/now?campus={campus}"}
        return Page("board/wallboard.html", values, title=TITLE)

    @get("/wallboard/now", permission=SEE, quiet=True)
    async def own_now(self, visit: Visit) -> Answer:
        """The figures alone."""
        wall = self._wall(visit, visit.args.get("campus", ""))
        return Fragment("board/wall.html", {"wall": wall})

    @get("/wallboard/screen/<token>", permission=PUBLIC)
    async def screen(self, visit: Visit, token: str) -> Answer:
        """The same for a screen without a user."""
        board = self._wallboards.of_token(token)
        values = {"wall": self._wall(visit, board.campus), "src": f"/wallboard/screen/{token}/now"}
        return Page("board/wallboard.html", values, title=TITLE)

    @get("/wallboard/screen/<token>/now", permission=PUBLIC, quiet=True)
    async def screen_now(self, visit: Visit, token: str) -> Answer:
        """The figures alone; nothing once the address is taken back."""
        board = self._wallboards.of_token(token)
        return Fragment("board/wall.html", {"wall": self._wall(visit, board.campus)})

    @get("/wallboard/screens", permission="site.edit")
    async def screens(self, visit: Visit) -> Answer:
        """The addresses in use."""
        return self._screens(visit, None)

    @post("/wallboard/screens", permission="site.edit")
    async def add(self, visit: Visit) -> Answer:
        """A new address, shown this once."""
        value, form = read(visit, WallForm)
        if value is None:
            return self._screens(visit, form, status=422)
        try:
            board, token = await self._wallboards.add(value.title, value.campus, visit.user.login)
        except CarelineError as error:
            return self._screens(visit, form.with_error(error), status=422)
        await visit.audit(
            "wallboard.added", kind="wallboard", whose=str(board.id), what=board.title
        )
        return self._screens(visit, None, made=(board.title, f"/wallboard/screen/{token}"))

    @post("/wallboard/screens/<int:wallboard>/revoke", permission="site.edit")
    async def revoke(self, visit: Visit, wallboard: int) -> Answer:
        """Take an address back."""
        await self._wallboards.revoke(wallboard)
        await visit.audit("wallboard.revoked", kind="wallboard", whose=str(wallboard))
        page = self._screens(visit, None)
        done = toast(visit, Text("The address shows nothing any more"))
        return Page(page.template, page.values, title=page.title, headers={"HX-Trigger": done})

    def _screens(
        self,
        visit: Visit,
        form: FormState | None,
        status: int = 200,
        made: tuple[str, str] | None = None,
    ) -> Page:
        campuses = [("", visit._("the whole house"))]
        campuses += [(one.id, one.title) for one in self._campuses().values()]
        values = {
            "form": form,
            "boards": self._wallboards.all,
            "campuses": campuses,
            "names": dict(campuses),
            "made": made,
        }
        return Page("board/screens.html", values, title=Text("Screens"), status=status)

    def _wall(self, visit: Visit, campus: str) -> Wall:
        known = self._campuses()
        lines = [
            line
            for line in self._lines.queues(visit.now)
            if campus in ("", line.queue.campus) or campus not in known
        ]
        agents = {
            line.agent.id: line.status.state.value
            for line in self._lines.agents(visit.now)
            if campus not in known or line.agent.campus == campus
        }
        return Wall(
            title=known[campus].title if campus in known else "",
            lines=lines,
            tally=total(self._figures.campus(one) for one in known if campus in ("", one)),
            waiting=joined(line.waiting for line in lines),
            ready=sum(state == "ready" for state in agents.values()),
            signed_in=sum(state != "signed_out" for state in agents.values()),
        )
