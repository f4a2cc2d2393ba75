"""The shell's own routes: live events, and the reader's language and colours."""

from __future__ import annotations

from careline.i18n import LANGUAGES
from careline.web.answers import Answer, Cookie, Empty
from careline.web.door import Door
from careline.web.events import Live
from careline.web.routes import PUBLIC, SIGNED_IN, get, post
from careline.web.visit import Visit

YEAR_S = 365 * 86_400
THEMES = ("light", "dark", "auto")


class Own:
    """Routes that every page relies on."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @get("/events", permission=SIGNED_IN, quiet=True)
    async def events(self, visit: Visit) -> Answer:
        """The visitor's live events, as server-sent events."""
        return Live()

    @post("/language", permission=PUBLIC)
    async def language(self, visit: Visit) -> Answer:
        """Speak this language from now on; the browser then loads the page anew."""
        return await self._choose(visit, "language", LANGUAGES)

    @post("/theme", permission=PUBLIC)
    async def theme(self, visit: Visit) -> Answer:
        """Light, dark, or as the machine is set."""
        return await self._choose(visit, "theme", THEMES)

    async def _choose(self, visit: Visit, what: str, known: tuple[str, ...]) -> Answer:
        chosen = visit.form.get(what, "")
        if chosen not in known:
            chosen = known[0]
        if visit.session is not None:
            language = chosen if what == "language" else ""
            await self._door.prefer(
                visit.session, language=language, theme="" if language else chosen
            )
        return Empty(
            headers={"HX-Refresh": "true"},
            cookies=(Cookie(name=what, value=chosen, max_age=YEAR_S),),
        )
