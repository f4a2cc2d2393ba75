"""What the board shows: tiles of queues and agents, as far as the visitor's scope reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime

from attrs import frozen

from careline.agents.model import ON_CALL, Agent, State
from careline.auth.model import Subject
from careline.calls.model import CallRecord, Direction
from careline.calls.service import Calls
from careline.calls.staffing import since_when
from careline.campuses.model import Trunk
from careline.errors import NotFound
from careline.figures.lines import AgentLine, Lines, QueueLine, title_of
from careline.i18n import Lang
from careline.queues.model import PERSONAL, Queue
from careline.web import Visit

SEE = "board.view"
SHOWN_CALLERS = 3


@frozen(kw_only=True)
class CallerNow:
    """One who waits; ``number`` whole, to be shown masked."""

    number: str
    since: datetime
    vip: bool


@frozen(kw_only=True)
class QueueTile:
    """A queue with the first of its callers; ``more`` wait behind them."""

    line: QueueLine
    callers: Sequence[CallerNow]
    title: str

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, self.line.waiting.count - len(self.callers))


@frozen(kw_only=True)
class TrunkNow:
    """A line to the outside: ``used`` of its channels now; ``away`` when it does not answer."""

    title: str
    used: int
    channels: int
    away: bool

    @property
    def full(self) -> bool:
        """True when the next caller hears that all lines are busy."""
        return self.used >= self.channels


@frozen(kw_only=True)
class AgentTile:
    """An agent with its call; ``queue`` is the title of the call's, empty outside of queues.

    ``since``: when what the agent does now began.
    """

    line: AgentLine
    queue: str
    number: str
    since: datetime
    listened: bool
    steers_calls: bool
    steers_agents: bool

    @property
    def on_call(self) -> bool:
        """True while there is a talk to listen to."""
        return self.line.status.state in ON_CALL

    @property
    def signed_in(self) -> bool:
        """True in any state but signed out."""
        return self.line.status.state is not State.SIGNED_OUT


class Floor:
    """Makes the tiles for a visit; ``queues`` and ``subject`` as the set-up and Auth have them.

    ``away`` names the trunks that do not answer.
    """

    def __init__(
        self,
        lines: Lines,
        calls: Calls,
        people: Callable[[], Mapping[str, Agent]],
        queues: Callable[[], Mapping[str, Queue]],
        subject: Callable[[str], Subject],
        trunks: Callable[[], Mapping[str, Trunk]] = dict,
        away: Callable[[], Container[str]] = frozenset,
    ) -> None:
        self._trunks = trunks
        self._away = away
        self._lines = lines
        self._calls = calls
        self._people = people
        self._queues = queues
        self._subject = subject

    def queues(self, visit: Visit) -> list[QueueTile]:
        """The queues that the visitor may see, those in trouble first."""
        seen = self._seen(visit)
        waiting = self._waiting()
        return [
            QueueTile(
                line=line,
                callers=waiting.get(line.queue.id, [])[:SHOWN_CALLERS],
                title=line.title(visit.language),
            )
            for line in self._lines.queues(visit.now)
            if line.queue.id in seen
        ]

    def trunks(self, visit: Visit) -> list[TrunkNow]:
        """The lines of the campuses that the visitor may see."""
        used = Counter(call.trunk for call in self._calls.open if call.live_channels)
        away = self._away()
        return [
            TrunkNow(
                title=one.title or one.id,
                used=used[one.id],
                channels=one.channels,
                away=one.id in away,
            )
            for one in self._trunks().values()
            if one.enabled and visit.may(SEE, Subject(campus=one.campus))
        ]

    def _seen(self, visit: Visit) -> set[str]:
        """Queues of a campus in scope, and those that an agent in scope serves."""
        found = {
            queue.id
            for queue in self._queues().values()
            if visit.may(SEE, Subject(campus=queue.campus))
        }
        for agent in self._people().values():
            if visit.may(SEE, self._subject(agent.id)):
                found |= {skill.queue for skill in agent.skills}
        return found

    def _waiting(self) -> dict[str, list[CallerNow]]:
        found: dict[str, list[CallerNow]] = {}
        for call in self._calls.open:
            if call.waiting_in and call.direction is not Direction.OUTBOUND:
                number = call.number or call.caller
                since = call.stays[-1].span.start
                one = CallerNow(number=number, since=since, vip=call.vip)
                found.setdefault(call.waiting_in, []).append(one)
        return {queue: sorted(some, key=_since) for queue, some in found.items()}

    def agents(self, visit: Visit, queue: str = "") -> list[AgentTile]:
        """The agents that the visitor may see, of one queue if one is named."""
        return [
            self._tile(visit, line)
            for line in self._lines.agents(visit.now)
            if (not queue or any(skill.queue == queue for skill in line.agent.skills))
            and visit.may(SEE, self._subject(line.agent.id))
        ]

    def agent(self, visit: Visit, agent_id: str) -> AgentTile:
        """One agent; NotFound out of scope, with a line in the audit log."""
        person = self._people().get(agent_id)
        if person is None or not person.active:
            raise NotFound("agent.unknown", "there is no agent {agent}", agent=agent_id)
        visit.need(SEE, self._subject(agent_id))
        return self._tile(visit, self._lines.agent(person, visit.now))

    def _tile(self, visit: Visit, line: AgentLine) -> AgentTile:
        subject = self._subject(line.agent.id)
        call = self._calls.get(line.status.call) if line.status.call else None
        return AgentTile(
            line=line,
            queue=self._queue_of(call, visit.language),
            number=(call.number or call.caller) if call else "",
            since=since_when(line.status, call),
            listened=call is not None and call.listened,
            steers_calls=visit.may("calls.steer", subject),
            steers_agents=visit.may("agents.steer", subject),
        )

    def _queue_of(self, call: CallRecord | None, lang: Lang) -> str:
        if call is None or not call.stays:
            return ""
        name = call.stays[-1].queue
        known = self._queues().get(name)
        if known is None:
            return "" if name.startswith(PERSONAL) else name
        return title_of(known, lang)


def _since(caller: CallerNow) -> datetime:
    return caller.since
