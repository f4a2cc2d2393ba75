"""Callbacks and messages: whose they are, and what can be done about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from careline.agents.model import SIGNED_IN
from careline.agents.service import Agents
from careline.auth.model import Subject
from careline.callbacks.model import Callback
from careline.callbacks.service import Callbacks
from careline.clock import Clock
from careline.errors import NotFound, Refused
from careline.i18n import Text
from careline.pages.desk.who import agent_of
from careline.storage import Database
from careline.voicemail.model import Message
from careline.voicemail.service import Voicemail
from careline.voicemail.store import assign, list_messages, mark_handled
from careline.web import Answer, Download, Empty, Events, Visit, get, post
from careline.web.toast import toast

USE = "desk.use"
STEER = "agents.steer"
PLAY = "recordings.play"


@frozen(kw_only=True)
class Tasks:
    """What waits for somebody; ``queues_of(agent)`` are the queues that an agent serves."""

    db: Database
    clock: Clock
    agents: Agents
    callbacks: Callbacks
    voicemail: Voicemail
    queues_of: Callable[[str], Iterable[str]]
    queue_titles: Callable[[str], Mapping[str, str]]
    events: Events

    def _whose(self, agent: str) -> Subject | None:
        """Whose an agent's task is; None for nobody's, which any leader may take."""
        person = self.agents.people.get(agent)
        if person is None:
            return Subject(agent=agent) if agent else None
        return Subject(agent, person.team, person.campus)

    # Callbacks

    def mine(self, agent: str) -> list[Callback]:
        """The agent's own in order of time, then those of the agent's queues."""
        queues = set(self.queues_of(agent))
        open_ = [one for one in self.callbacks.open if self._concerns(one, agent, queues)]
        return sorted(open_, key=lambda one: (one.agent != agent, one.due, one.asked))

    def _concerns(self, one: Callback, agent: str, queues: set[str]) -> bool:
        return one.agent == agent or (not one.agent and one.queue in queues)

    async def show_callbacks(self, visit: Visit) -> Mapping[str, Any]:
        """Panel: callbacks in the order in which they are due."""
        agent = agent_of(visit)
        return {
            "callbacks": self.mine(agent),
            "agent": agent,
            "titles": self.queue_titles(visit.language),
            "late": visit.now,
            "colleagues": self._colleagues(visit),
        }

    @post("/tasks/callback/<call_id>/<verb>", permission=USE)
    async def callback(self, visit: Visit, call_id: str, verb: str) -> Answer:
        """``take`` it, ``assign`` it, ``give`` it back to its queue, or mark it ``done``."""
        agent = agent_of(visit)
        one = self.callbacks.get(call_id)
        if not self._concerns(one, agent, set(self.queues_of(agent))):
            visit.need(STEER, self._whose(one.agent))
        whose = self._colleague(visit) if verb == "assign" else agent
        try:
            if verb in ("take", "assign"):
                self.callbacks.assign(call_id, whose)
            elif verb == "give":
                self.callbacks.assign(call_id, "")
            elif verb == "done":
                self.callbacks.done(call_id)
            else:
                raise NotFound("callback.verb", "a callback cannot {verb}", verb=verb)
        except Refused as error:
            return Empty(trigger=toast(visit, Text("{error}", {"error": error}), "bad"))
        await visit.audit(f"callback.{verb}", kind="callback", whose=call_id)
        self.events.tell("task_changed", call_id, permission=USE)
        return Empty(trigger=toast(visit, Text("Done.")))

    def _colleague(self, visit: Visit) -> str:
        """The agent whom a leader gives something to."""
        visit.need(STEER)
        agent = visit.form.get("agent", "")
        if agent not in self.agents.people:
            raise NotFound("agent.unknown", "there is no agent {agent}", agent=agent)
        return agent

    def _colleagues(self, visit: Visit) -> list[tuple[str, str]]:
        """Whom the visitor may give something to: (number, name) of those at work."""
        if not visit.may(STEER):
            return []
        people = self.agents.people
        here = [one.agent for one in self.agents.states.values() if one.state in SIGNED_IN]
        return [(agent, people[agent].name) for agent in sorted(here) if agent in people]

    # Messages

    async def show_voicemail(self, visit: Visit) -> Mapping[str, Any]:
        """Panel: messages that nobody has handled, one's own first."""
        agent = str(visit.user.agent)
        messages = await self.db.run(list_messages)
        mine = [
            one
            for one in messages
            if one.agent in ("", agent) or visit.may(STEER, self._whose(one.agent))
        ]
        return {
            "messages": sorted(mine, key=lambda one: (one.agent != agent, one.left)),
            "agent": agent,
            "colleagues": self._colleagues(visit),
            "names": {one.id: one.name for one in self.agents.people.values()},
        }

    async def _message(self, visit: Visit, call_id: str) -> Message:
        """A message that the visitor may handle: nobody's, one's own, or as a leader."""
        messages = await self.db.run(lambda tx: list_messages(tx, handled=True))
        found = next((one for one in messages if one.call == call_id), None)
        if found is None:
            raise NotFound("voicemail.unknown", "there is no message of call {call}", call=call_id)
        if found.agent not in ("", visit.user.agent):
            visit.need(STEER, self._whose(found.agent))
        return found

    @get("/tasks/voicemail/<call_id>.wav", permission=PLAY)
    async def play(self, visit: Visit, call_id: str) -> Answer:
        """The message itself; in ranges, as players ask."""
        message = await self._message(visit, call_id)
        visit.need_proof()
        path: Path = self.voicemail.path(message.call)
        if not path.is_file():
            raise NotFound("voicemail.file", "the sound of this message is gone")
        await visit.audit("voicemail.play", kind="voicemail", whose=call_id)
        headers = {"Cache-Control": "no-store"}
        return Download(path.name, "audio/wav", path, inline=True, headers=headers)

    @post("/tasks/voicemail/<call_id>/<verb>", permission=USE)
    async def message(self, visit: Visit, call_id: str, verb: str) -> Answer:
        """``take`` it, ``assign`` it to a colleague, or mark it ``handled``."""
        agent = agent_of(visit)
        await self._message(visit, call_id)
        if verb in ("take", "assign"):
            whose = self._colleague(visit) if verb == "assign" else agent
            await self.db.run(assign, call_id, whose)
        elif verb == "handled":
            await self.db.run(mark_handled, call_id, agent, self.clock.now())
        else:
            raise NotFound("voicemail.verb", "a message cannot {verb}", verb=verb)
        await visit.audit(f"voicemail.{verb}", kind="voicemail", whose=call_id)
        self.events.tell("task_changed", call_id, permission=USE)
        return Empty(trigger=toast(visit, Text("Done.")))
