"""The list of answers, and low scores as they come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import evolve, frozen

from careline.errors import CarelineError
from careline.i18n import Text, error_text
from careline.i18n.when import parse_days
from careline.surveys.book import SurveyBook
from careline.surveys.model import Kind
from careline.voicemail.store import left_in
from careline.web import Answer, Empty, FormState, Page, Visit, get, post, toast
from careline_satisfaction.answers import model
from careline_satisfaction.answers.service import Answers
from careline_satisfaction.answers.store import Wanted, listed
from careline_satisfaction.eyes import OWN, VIEW, agents_seen, need
from careline_satisfaction.names import agent_name, queue_names
from careline_satisfaction.reports.figures import Sum, counted

TITLE = Text("Satisfaction")
MOST = 50
USUAL = timedelta(days=6)
OPEN_DAYS = timedelta(days=30)
SHOWN = 6
#: The core's permission to hear what callers have left on tape.
PLAY = "recordings.play"


@frozen
class AnswerPages:
    """Routes and panels of answers that were given."""

    core: Any
    book: SurveyBook
    answers: Answers

    @get("/satisfaction", permission=OWN)
    async def listed(self, visit: Visit) -> Answer:
        """Answers of some days, narrowed; agents see their own."""
        wanted, form = self._wanted(visit)
        page = visit.page_number()
        found = await self.core.db.run(listed, wanted, (page - 1) * MOST, MOST + 1)
        values = {
            "form": form,
            "page": page,
            "more": len(found) > MOST,
            "answers": found[:MOST],
            "spoken": await self._spoken(visit, found),
            "agents": [("", visit._("all")), *self._people(visit)],
            "queues": [("", visit._("all")), *(await self._queues(visit)).items()],
            **await self._words(visit),
        }
        return Page("satisfaction/answers.html", values, title=TITLE)

    def _wanted(self, visit: Visit) -> tuple[Wanted, FormState]:
        today = visit.now.astimezone(visit.zone).date()
        typed = {
            name: [visit.args.get(name, "")[:60]] for name in ("days", "agent", "queue", "only")
        }
        form = FormState(typed, language=visit.language)
        days = form.value("days").strip()
        first, last = today - USUAL, today
        try:
            first, last = parse_days(days, today) if days else (first, last)
        except CarelineError as error:
            form = evolve(form, errors={"days": error_text(error, visit.language)})
        only = form.value("only")
        wanted = Wanted(
            first=first,
            last=last,
            agent=form.value("agent"),
            queue=form.value("queue"),
            low=only == "low",
            open=only == "open",
            worded=only == "worded",
            agents=agents_seen(self.core, visit),
        )
        return wanted, form

    def _people(self, visit: Visit) -> list[tuple[str, str]]:
        seen = agents_seen(self.core, visit)
        agents = self.core.agents.people if seen is None else seen
        return [(one, agent_name(self.core, one)) for one in agents]

    async def _queues(self, visit: Visit) -> dict[str, str]:
        return await queue_names(self.core, visit.language)

    async def _spoken(self, visit: Visit, answers: Sequence[model.Answer]) -> set[str]:
        """Calls in which a comment was spoken that the visitor may hear."""
        if not visit.may(PLAY):
            return set()
        return set(await self.core.db.run(left_in, [one.call for one in answers]))

    async def _words(self, visit: Visit) -> dict[str, Any]:
        queues = await self._queues(visit)
        return {
            "agent_name": lambda agent: agent_name(self.core, agent),
            "queue_name": lambda queue: queues.get(queue, queue),
            "replies": lambda answer: self._replies(visit, answer),
            "may_see": visit.may(VIEW),
        }

    def _replies(self, visit: Visit, answer: model.Answer) -> str:
        """What was chosen beside the score."""
        survey = self.book.version(answer.survey, answer.version)
        if survey is None:
            return ""
        found = [(survey.question(one.question), one.value) for one in answer.replies]
        return ", ".join(
            question.label(value, visit.language)
            for question, value in found
            if question is not None and question.kind is Kind.CHOICE
        )

    @post("/satisfaction/answers/<int:answer_id>/seen", permission=VIEW)
    async def seen(self, visit: Visit, answer_id: int) -> Answer:
        """A shift leader looks after a low score."""
        need(self.core, visit, await self.answers.get(answer_id))
        if not await self.answers.see(answer_id, visit.user.login):
            return Empty(trigger=toast(visit, Text("Somebody looks after it already."), "warn"))
        await visit.audit("satisfaction.seen", kind="satisfaction", whose=str(answer_id))
        return Empty(trigger=toast(visit, Text("Noted: you look after it.")))

    # Panels

    async def low(self, visit: Visit) -> Mapping[str, Any]:
        """Low scores that nobody has looked after yet."""
        today = visit.now.astimezone(visit.zone).date()
        wanted = Wanted(
            first=today - OPEN_DAYS, last=today, open=True, agents=agents_seen(self.core, visit)
        )
        found = await self.core.db.run(listed, wanted, 0, SHOWN + 1)
        return {
            "answers": found[:SHOWN],
            "more": len(found) > SHOWN,
            **await self._words(visit),
        }

    async def wall(self, visit: Visit) -> Mapping[str, Any]:
        """Today's score at a glance, and low scores that wait."""
        today = visit.now.astimezone(visit.zone).date()
        seen = agents_seen(self.core, visit)
        sums = await self.core.db.run(counted, Wanted(first=today, last=today, agents=seen))
        total = Sum()
        for one in sums:
            total = total + one.sum
        return {"total": total, **await self.low(visit)}
