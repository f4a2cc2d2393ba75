"""The key that pauses a recording while something is said that must not be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.agents.model import ON_CALL, State
from careline.errors import CarelineError, NotFound, Refused
from careline.i18n import Text
from careline.plugins import Core
from careline.web import Answer, Empty, Json, Visit, post, toast
from careline_recording.service import Recordings

USE = "desk.use"


@frozen
class PauseRoutes:
    """The panel beside a call and what its key does, at whatever phone the agent sits."""

    core: Core
    recordings: Recordings

    async def show(self, visit: Visit) -> Mapping[str, Any]:
        """Slot CALL: recorded, paused, or not and why."""
        agent = str(visit.user.agent)
        call_id = visit.args.get("call", "")
        if not agent or self._call_at(agent) != call_id:
            return {"talk": None, "over": self._is_over(agent)}
        return {"talk": self.recordings.state(call_id, agent), "over": False}

    def _is_over(self, agent: str) -> bool:
        """Whether the agent's talk has been, and is written up."""
        known = agent in self.core.agents.people
        return known and self.core.agents.status(agent).state is State.WRAP_UP

    def _call_at(self, agent: str) -> str:
        """The call in which the agent talks now, or empty."""
        if agent not in self.core.agents.people:
            return ""
        status = self.core.agents.status(agent)
        return status.call if status.state in ON_CALL else ""

    @post("/recordings/pause", permission=USE)
    async def pause(self, visit: Visit) -> Answer:
        """``paused``: 1 keeps silence, 0 the talk again, without it whatever is not so now.

        ``by_itself``: a page asks because an id number is on it; it learns whether that did it.
        """
        if visit.form.get("by_itself") == "1":
            return Json({"changed": await self._by_itself(visit)})
        agent = str(visit.user.agent)
        call_id = self._call_at(agent)
        if not call_id:
            raise NotFound("recording.no_call", "You are in no call.")
        try:
            talk = self.recordings.state(call_id, agent)
            if not talk.recorded:
                raise Refused("recording.off", "This talk is not recorded.")
            wanted = visit.form.get("paused", "")
            paused = wanted == "1" if wanted else not talk.paused
            await self.recordings.pause(call_id, agent, paused)
        except CarelineError as error:
            return Empty(trigger=toast(visit, Text("{error}", {"error": error}), "bad"))
        await self._told(visit, call_id, paused)
        said = Text("Silence is recorded now.") if paused else Text("The talk is recorded again.")
        return Empty(trigger=toast(visit, said, "warn" if paused else "good"))

    async def _by_itself(self, visit: Visit) -> bool:
        """Pause or go on without a word; False when nothing had to be done."""
        agent, paused = str(visit.user.agent), visit.form.get("paused") == "1"
        call_id = self._call_at(agent)
        talk = self.recordings.state(call_id, agent) if call_id else None
        if talk is None or not talk.recorded or talk.paused is paused:
            return False
        await self.recordings.pause(call_id, agent, paused)
        await self._told(visit, call_id, paused, "id card")
        return True

    async def _told(self, visit: Visit, call_id: str, paused: bool, what: str = "") -> None:
        act = "recording.pause" if paused else "recording.resume"
        await visit.audit(act, kind="call", whose=call_id, what=what)
