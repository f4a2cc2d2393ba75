"""The tab of a call in which the agent asks, when keys cannot be pressed or the caller has gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from careline.calls.model import CallRecord
from careline.errors import Invalid, NotFound
from careline.i18n import Text
from careline.surveys.book import SurveyBook
from careline.surveys.model import Kind, Survey
from careline.surveys.replying import read_replies
from careline.web import Answer, Empty, Visit, post, toast
from careline_satisfaction.answers.model import Way
from careline_satisfaction.answers.service import Answers
from careline_satisfaction.eyes import OWN, sees


@frozen
class Desk:
    """The panel and its one deed."""

    core: Any
    book: SurveyBook
    answers: Answers

    async def panel(self, visit: Visit) -> Mapping[str, Any]:
        """What was answered, else what may be asked."""
        call_id = visit.args.get("call", "")
        call = self.core.calls.get(call_id)
        answer = await self.answers.of_call(call_id)
        if answer is not None and not sees(self.core, visit, answer.agent):
            answer = None
        survey = self.answers.survey_of(call) if call else None
        if answer is not None:
            survey = self.book.version(answer.survey, answer.version)
        given = answer is not None and answer.points is not None
        return {
            "call": call_id,
            "answer": answer,
            "survey": survey,
            "may_ask": survey is not None and not given and self._asks(visit, call),
            "gone": call is None or call.legs[0].ended is not None,
            "replies": _in_words(visit, answer, survey),
        }

    def _asks(self, visit: Visit, call: CallRecord | None) -> bool:
        return call is not None and visit.user.agent in call.agents

    @post("/satisfaction/calls/<call_id>", permission=OWN)
    async def take(self, visit: Visit, call_id: str) -> Answer:
        """Store what the caller said to the agent."""
        call = self.core.calls.get(call_id)
        if not self._asks(visit, call):
            raise NotFound("call.unknown", "there is no such call")
        survey = await self._survey(call_id, call)
        filled, form = read_replies(visit, survey)
        if not form.ok:
            raise Invalid("satisfaction.score", "Please choose a score.")
        comment = visit.form.get("comment", "")
        answer = await self.answers.take(
            call_id, filled.values, Way.AGENT, visit.user.agent, comment
        )
        what = f"{answer.survey} {answer.level}"
        await visit.audit("satisfaction.asked", kind="call", whose=call_id, what=what)
        return Empty(trigger=toast(visit, Text("The answer is stored.")))

    async def _survey(self, call_id: str, call: CallRecord | None) -> Survey:
        """What is asked after this call; NotFound when it is nothing."""
        answer = await self.answers.of_call(call_id)
        if answer is not None:
            survey = self.book.version(answer.survey, answer.version)
        else:
            survey = self.answers.survey_of(call) if call else None
        if survey is None:
            raise NotFound("satisfaction.none", "Nothing is asked after this call.")
        return survey


def _in_words(visit: Visit, answer: Any, survey: Any) -> list[tuple[str, str]]:
    """Each question that was answered, and the answer."""
    if answer is None or survey is None:
        return []
    found = [(survey.question(one.question), one) for one in answer.replies]
    return [
        (question.words.to(visit.language), question.label(reply.value, visit.language))
        for question, reply in found
        if question is not None and question.kind is not Kind.COMMENT
    ]
