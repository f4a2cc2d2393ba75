"""What the templates of follow-up share: titles of states, names of agents, plans and campuses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from careline.i18n import Text
from careline.surveys.model import Kind, Survey
from careline.web import Visit
from careline_followup.answers.model import Reply
from careline_followup.flags.model import FlagState
from careline_followup.services import Services
from careline_followup.tasks.model import STATE_TITLES, WAY_TITLES, WHY_TITLES, State, Task

TONES: Mapping[State, str] = {
    State.PLANNED: "neutral",
    State.DUE: "info",
    State.RUNNING: "info",
    State.WITH_WARD: "warn",
    State.ANSWERED: "good",
    State.DECLINED: "neutral",
    State.UNREACHABLE: "bad",
    State.CANCELLED: "neutral",
}
FLAG_TITLES: Mapping[FlagState, Text] = {
    FlagState.OPEN: Text("not seen"),
    FlagState.SEEN: Text("being looked after"),
    FlagState.CLOSED: Text("looked after"),
}
FLAG_TONES = {FlagState.OPEN: "bad", FlagState.SEEN: "warn", FlagState.CLOSED: "good"}
OUTCOMES: Mapping[str, Text] = {
    "begun": Text("asked"),
    "answered": Text("answered the phone"),
    "busy": Text("busy"),
    "no_answer": Text("no answer"),
    "machine": Text("answering machine"),
    "wrong_number": Text("wrong number"),
    "refused": Text("may not be called"),
    "failed": Text("could not be called"),
    "expired": Text("its time was over"),
    "declined": Text("declined"),
    "unwilling": Text("somebody wants no calls"),
    "later": Text("call again later"),
    "delivered": Text("message delivered"),
}


@frozen
class Answered:
    """One answer as it is shown."""

    question: str
    words: str
    answer: str
    red: bool
    reply: Reply


def shown(survey: Survey | None, given: Mapping[str, Reply], language: str) -> list[Answered]:
    """Answers in the order of the questions; off the way too, since they were given."""
    found = []
    for question in survey.questions if survey else ():
        reply = given.get(question.name)
        if reply is None:
            continue
        label = question.label(reply.value, language)
        if question.kind is Kind.COMMENT:
            label = reply.text or "–"
        words = question.read_as(language)
        found.append(Answered(question.name, words, label, reply.red, reply))
    return found


def words(services: Services, visit: Visit) -> dict[str, Any]:
    """Functions for templates."""
    people = services.core.agents.people
    campuses = campus_names(services, visit)

    def plan_title(name: str) -> str:
        plan = services.plans.find(name)
        return plan.title_in(visit.language) if plan else name

    def is_overdue(task: Task) -> bool:
        now: datetime = visit.now
        return task.overdue(now)

    return {
        "state_title": lambda task: visit.text(STATE_TITLES[task.state]),
        "state_tone": lambda task: TONES[task.state],
        "way_title": lambda way: visit.text(WAY_TITLES[way]) if way else "–",
        "why_title": lambda why: visit.text(WHY_TITLES[why]) if why else "",
        "outcome_title": lambda code: visit.text(OUTCOMES[code]) if code in OUTCOMES else code,
        "flag_title": lambda flag: visit.text(FLAG_TITLES[flag.state]),
        "flag_tone": lambda flag: FLAG_TONES[flag.state],
        "agent_name": lambda agent: people[agent].name if agent in people else agent,
        "campus_name": lambda campus: campuses.get(campus, campus),
        "plan_title": plan_title,
        "is_overdue": is_overdue,
    }


def campus_names(services: Services, visit: Visit) -> dict[str, str]:
    """All campuses by id, in the reader's language."""
    known = services.core.campuses.directory.campuses
    return {
        one: (campus.title_en or campus.title) if visit.language == "en" else campus.title
        for one, campus in known.items()
    }
