"""What a visitor may look through, and the filters as they are typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from attrs import evolve, frozen

from careline.agents.service import Agents
from careline.auth.model import Subject
from careline.auth.service import Auth
from careline.calls.model import Direction, Outcome
from careline.calls.search import Wanted
from careline.campuses.model import Campus
from careline.dispositions.service import Dispositions
from careline.errors import CarelineError
from careline.i18n import error_text
from careline.i18n.when import parse_days
from careline.pages.desk.who import VIEW
from careline.web import FormState, Visit

FIELDS = ("tail", "days", "queue", "agent", "disposition", "outcome", "note", "patient")


@frozen
class Scope:
    """Whose calls a visitor may see at all."""

    agents: Agents
    auth: Auth
    campuses: Callable[[], Mapping[str, Campus]]

    def of(self, visit: Visit) -> Wanted:
        """The widest search that the visitor is allowed."""
        if visit.may(VIEW, Subject()):
            return Wanted()
        seen = [
            agent
            for agent in self.agents.people
            if visit.may(VIEW, self.auth.subject(agent)) or agent == visit.user.agent
        ]
        campuses = [one for one in self.campuses() if visit.may(VIEW, Subject(campus=one))]
        return Wanted(agents=tuple(seen), campuses=tuple(campuses))


def wanted(
    visit: Visit, widest: Wanted, dispositions: Dispositions, numbers: tuple[str, ...] | None
) -> tuple[Wanted, FormState]:
    """What the filters say, within ``widest``; wrong ones are told beside them and left out."""
    args = visit.args
    form = FormState.of(None, visit.language, **{name: args.get(name, "") for name in FIELDS})
    changes: dict[str, Any] = {"numbers": numbers}
    digits = "".join(digit for digit in args.get("tail", "") if digit in "0123456789")
    changes["tail"] = digits[:20]
    changes["queue"] = args.get("queue", "")[:64]
    changes["agent"] = args.get("agent", "")[:8]
    changes["note"] = args.get("note", "").strip()[:100]
    if code := args.get("disposition", ""):
        changes["dispositions"] = tuple(_branch(dispositions, code))
    if args.get("outcome", "") in {one.value for one in Outcome}:
        changes["outcome"] = Outcome(args["outcome"])
    if args.get("direction", "") in {one.value for one in Direction}:
        changes["direction"] = Direction(args["direction"])
    if days := args.get("days", "").strip():
        try:
            first, last = parse_days(days, visit.now.astimezone(visit.zone).date())
        except CarelineError as error:
            form = evolve(form, errors={"days": error_text(error, visit.language)})
        else:
            changes["since"] = datetime.combine(first, time(), visit.zone)
            changes["until"] = datetime.combine(last + timedelta(days=1), time(), visit.zone)
    return evolve(widest, **changes), form


def _branch(dispositions: Dispositions, code: str) -> list[str]:
    """A disposition and all below it."""
    below = [
        found for one in dispositions.tree.below(code) for found in _branch(dispositions, one.code)
    ]
    return [code, *below]
