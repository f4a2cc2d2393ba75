"""Whom a call can be passed to or who can be called, found by name, pinyin, initials or number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred

from careline.agents.model import Agent, State
from careline.agents.service import Agents
from careline.callcontrol.model import AgentTarget, FlowTarget, Outside, QueueTarget, shown
from careline.ivr.book import FlowBook
from careline.patients.pinyin import initials_of, syllables
from careline.queues.model import Queue

MOST = 9
#: Colleagues who can talk stand first.
ORDER = (State.READY, State.WRAP_UP, State.NOT_READY)


@frozen(kw_only=True)
class Found:
    """One that a call can go to; ``value`` is read by ``parse_target``."""

    value: str
    kind: str
    title: str
    sub: str = ""
    status: Any = None
    rings: bool = False


@define(eq=False)
class Targets:
    """``dialable`` says whether careline may dial a number outside."""

    agents: Agents
    queues: Callable[[], Mapping[str, Queue]]
    book: FlowBook
    dialable: Callable[[str], bool]
    in_thread: Callable[..., Deferred[Any]]
    _spelled: dict[str, str] = field(factory=dict, init=False)

    async def find(
        self, typed: str, me: str, language: str, *, passing: bool = True
    ) -> tuple[Found, ...]:
        """What fits, best first; with ``passing`` also queues and flows, which nobody calls."""
        await self._spell()
        text = typed.strip().lower()
        found: list[Found] = list(self._colleagues(text, me))
        if passing:
            found += self._queues(text, language)
            found += self._flows(text)
        digits = text.replace(" ", "").replace("-", "")
        if (
            digits.lstrip("+").isascii()
            and digits.lstrip("+").isdigit()
            and len(digits) >= 3
            and self.dialable(digits)
        ):
            found.append(Found(value=shown(Outside(digits)), kind="outside", title=digits))
        return tuple(found[:MOST])

    async def _spell(self) -> None:
        names = {agent.name for agent in self.agents.people.values()}
        names |= {queue.title for queue in self.queues().values()}
        new = [name for name in names if name not in self._spelled]
        if new:
            self._spelled.update(await self.in_thread(_spelled, new))

    def _fits(self, text: str, *words: str) -> bool:
        return not text or any(text in word.lower() for word in words)

    def _keys(self, name: str) -> str:
        return self._spelled.get(name, "")

    def _colleagues(self, text: str, me: str) -> Iterable[Found]:
        fitting = [
            agent
            for agent in self.agents.people.values()
            if agent.id != me and agent.active and self._person_fits(text, agent)
        ]
        states = {agent.id: self.agents.status(agent.id) for agent in fitting}
        present = [one for one in fitting if states[one.id].state is not State.SIGNED_OUT]
        if text and not present:
            present = fitting

        def rank(agent: Agent) -> tuple[int, str]:
            state = states[agent.id].state
            return (ORDER.index(state) if state in ORDER else len(ORDER), agent.id)

        for agent in sorted(present, key=rank):
            yield Found(
                value=shown(AgentTarget(agent.id)),
                kind="agent",
                title=agent.name,
                sub=agent.id,
                status=states[agent.id],
                rings=states[agent.id].state is State.RINGING,
            )

    def _person_fits(self, text: str, agent: Agent) -> bool:
        return agent.id.startswith(text) or self._fits(text, agent.name, self._keys(agent.name))

    def _queues(self, text: str, language: str) -> Iterable[Found]:
        for queue in self.queues().values():
            title = queue.title_en if language == "en" and queue.title_en else queue.title
            if self._fits(text, queue.title, queue.title_en, self._keys(queue.title)):
                yield Found(value=shown(QueueTarget(queue.id)), kind="queue", title=title)

    def _flows(self, text: str) -> Iterable[Found]:
        for name in sorted(self.book.names()):
            if text and text in name.lower():
                yield Found(value=shown(FlowTarget(name)), kind="flow", title=name)


def _spelled(names: list[str]) -> dict[str, str]:
    """Pinyin and initials to look in; the dictionaries take a while, so in a thread."""
    return {name: f"{''.join(syllables(name))} {initials_of(name)}" for name in names}
