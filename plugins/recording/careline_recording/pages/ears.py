"""Who may hear which recording, and why somebody does: asked on each request, told once a while."""

from __future__ import annotations

from collections import OrderedDict

from attrs import evolve, frozen

from careline.agents.service import Agents
from careline.auth.model import NOBODY, Subject
from careline.campuses.service import Campuses
from careline.clock import Clock
from careline.errors import Invalid, NotFound, Refused
from careline.web import Visit
from careline_recording.model import Criteria, Recording
from careline_recording.service import Recordings

PLAY = "recordings.play"
SHORTEST_REASON = 2
LONGEST_REASON = 200
REASON_LASTS_S = 4 * 3600.0
"""A reason given once holds for that recording and session so long."""
TOLD_AGAIN_S = 600.0
"""Who goes on listening after that is written down again: ranges cannot dodge the audit."""
MOST = 5000
"""Reasons kept at once; the oldest is asked for again."""


@frozen
class Reason:
    """Why somebody hears a recording; since when, and when it was last written down (seconds)."""

    why: str
    since: float
    told: float | None = None


def said(why: str) -> str:
    """A reason as it is kept; Invalid when it says nothing."""
    told = " ".join(why.split())
    if not SHORTEST_REASON <= len(told) <= LONGEST_REASON:
        raise Invalid(
            "recording.reason",
            "Say in {least} to {most} characters why.",
            least=SHORTEST_REASON,
            most=LONGEST_REASON,
        )
    return told


class Ears:
    """Checks each request for a recording, and keeps the reasons that were given."""

    def __init__(
        self, recordings: Recordings, agents: Agents, campuses: Campuses, clock: Clock
    ) -> None:
        self._recordings = recordings
        self._agents = agents
        self._campuses = campuses
        self._clock = clock
        self._reasons: OrderedDict[tuple[str, str], Reason] = OrderedDict()

    def subject(self, one: Recording) -> Subject:
        """Whose talk it is: the agent's with team and campus, else its campus's."""
        person = self._agents.people.get(one.agent)
        if person is None:
            return Subject(one.agent, "", one.campus)
        return Subject(one.agent, person.team, person.campus or one.campus)

    def may(self, visit: Visit, one: Recording) -> bool:
        """True when the recording lies within the visitor's scope."""
        return visit.may(PLAY, self.subject(one))

    def narrowed(self, visit: Visit) -> Criteria:
        """The widest search that the visitor is allowed."""
        if visit.may(PLAY, NOBODY):
            return Criteria()
        people = self._agents.people.values()
        seen = [one.id for one in people if visit.may(PLAY, Subject(one.id, one.team, one.campus))]
        campuses = self._campuses.directory.campuses
        own = [one for one in campuses if visit.may(PLAY, Subject(campus=one))]
        return Criteria(agents=tuple(seen), campuses=tuple(own))

    async def need(self, visit: Visit, id: str) -> Recording:
        """The recording, when it is there and within the scope.

        Else NotFound, the same for both, with a line in the audit log.
        """
        try:
            found = await self._recordings.get(id)
        except NotFound:
            await visit.audit("denied", kind=PLAY, what=visit.path[:200])
            raise NotFound("web.not_found", "There is nothing here that you may see.") from None
        visit.need(PLAY, self.subject(found))
        return found

    # Why somebody listens

    def give(self, visit: Visit, one: Recording, why: str) -> None:
        """Keep why the visitor listens; Invalid when that says nothing."""
        self._reasons[self._key(visit, one)] = Reason(said(why), self._clock.seconds())
        while len(self._reasons) > MOST:
            self._reasons.popitem(last=False)

    def reason(self, visit: Visit, one: Recording) -> str:
        """Why the visitor listens, empty when it is to be asked (again)."""
        given = self._reasons.get(self._key(visit, one))
        if given is None or self._clock.seconds() - given.since > REASON_LASTS_S:
            return ""
        return given.why

    async def listens(self, visit: Visit, one: Recording) -> None:
        """Go on when it is known who listens and why; it is written down."""
        visit.need_proof()
        why = self.reason(visit, one)
        if not why:
            raise Refused("recording.why", "Say first why you listen to this recording.")
        key, now = self._key(visit, one), self._clock.seconds()
        given = self._reasons[key]
        if given.told is None or now - given.told > TOLD_AGAIN_S:
            self._reasons[key] = evolve(given, told=now)
            what = f"{one.call} {one.agent}"
            await visit.audit(
                "recording.listen", kind="recording", whose=one.id, what=what, why=why
            )

    def _key(self, visit: Visit, one: Recording) -> tuple[str, str]:
        return (visit.session.id if visit.session else "", one.id)
