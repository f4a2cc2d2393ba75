"""An agent's unfinished work on a call, and what was written of it in the end."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen
from attrs.validators import max_len

from careline.calls import facts as f
from careline.calls.model import CallRecord

LONGEST_NOTE = 4_000


@frozen(kw_only=True)
class Draft:
    """What one agent has typed for one call so far; ``back`` is a promise to call back.

    ``back_when`` and ``back_number`` are kept as typed, right or wrong.
    """

    call: str
    agent: str
    disposition: str = field(default="", validator=max_len(32))
    note: str = field(default="", validator=max_len(LONGEST_NOTE))
    back: bool = False
    back_when: str = field(default="", validator=max_len(64))
    back_number: str = field(default="", validator=max_len(64))
    saved: datetime

    @property
    def blank(self) -> bool:
        """True when there is nothing to keep."""
        return not (self.disposition or self.note or self.back)


@frozen(kw_only=True)
class Written:
    """What an agent has written of a call, newest version."""

    agent: str
    disposition: str
    note: str
    at: datetime
    amended: bool = False


def written(facts: tuple[f.Fact, ...]) -> tuple[Written, ...]:
    """By agent, in the order in which they first wrote."""
    found: dict[str, Written] = {}
    for fact in facts:
        if isinstance(fact, f.WrapUpEnded | f.Amended) and (fact.disposition or fact.note):
            found[fact.agent] = Written(
                agent=fact.agent,
                disposition=fact.disposition,
                note=fact.note,
                at=fact.at,
                amended=fact.agent in found,
            )
    return tuple(found.values())


def took_part(call: CallRecord, agent: str) -> bool:
    """True when the agent talked on the call, dialled it, or wrapped it up."""
    return (
        bool(agent)
        and (
            agent in call.agents
            or any(work.agent == agent for work in call.wrap_ups)
            or any(leg.agent == agent and (leg.talks or leg.answered) for leg in call.legs)
            # theirs from the begin, even if their own phone was not picked up
            or any(leg.agent == agent for leg in call.legs[:1])
        )
    )
