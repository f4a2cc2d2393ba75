"""Recording a prompt with the visitor's own phone: begin, watch, listen, keep or drop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from careline.errors import CarelineError, NotFound, Refused
from careline.pages.prompts.shared import EDIT, address, chosen
from careline.prompts.takes import OPEN, Take, Takes
from careline.web import Answer, Download, Fragment, Redirect, Visit, get, post


class RecordingRoutes:
    """Routes of ``/prompts/take``; ``phone_of`` gives the phone of a visitor, or empty."""

    def __init__(self, takes: Takes, phone_of: Callable[[Visit], str]) -> None:
        self._takes = takes
        self._phone_of = phone_of

    @post("/prompts/take", permission=EDIT)
    async def begin(self, visit: Visit) -> Answer:
        """Ring the visitor's phone."""
        name, lang = chosen(visit.form)
        phone = self._phone_of(visit)
        if not phone:
            raise Refused("prompt.no_phone", "You have no phone that could ring.")
        take = await self._takes.begin(name, lang, phone, visit.user.login)
        return self._shown(take)

    @get("/prompts/take/<take>", permission=EDIT, quiet=True)
    async def show(self, visit: Visit, take: str) -> Answer:
        """How far it is, asked for again while the phone is up."""
        return self._shown(self._takes.get(take, visit.user.login))

    @get("/prompts/take/<take>/sound", permission=EDIT, quiet=True)
    async def sound(self, visit: Visit, take: str) -> Answer:
        """What was recorded."""
        found = self._takes.get(take, visit.user.login)
        if not found.path.is_file():
            raise NotFound("prompt.sound", "This sound is not there any more.")
        return Download(f"{found.name.replace('/', '-')}.wav", "audio/wav", found.path, inline=True)

    @post("/prompts/take/<take>/keep", permission=EDIT, timeout=60.0)
    async def keep(self, visit: Visit, take: str) -> Answer:
        """Let the prompt play it."""
        found = self._takes.get(take, visit.user.login)
        try:
            await self._takes.keep(found)
        except CarelineError:
            return self._shown(found)  # it holds why
        whose = f"{found.language}/{found.name}"
        await visit.audit("prompt.changed", kind="prompt", whose=whose, what="phone")
        return Redirect(address(found.name, found.language))

    @post("/prompts/take/<take>/drop", permission=EDIT)
    async def drop(self, visit: Visit, take: str) -> Answer:
        """Forget it."""
        found = self._takes.get(take, visit.user.login)
        self._takes.drop(found)
        return Redirect(address(found.name, found.language))

    def _shown(self, take: Take) -> Fragment:
        values: dict[str, Any] = {"take": take, "open": take.state in OPEN}
        values["back"] = address(take.name, take.language)
        return Fragment("prompts/take.html", values)
