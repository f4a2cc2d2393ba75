"""Asking by message, as far as another plugin sends messages; and the replies to it.

A job asks some minutes after the call, when the agent has had the time to ask, and again every
quarter of an hour while nobody takes the message. What patients refuse, their quiet hours and the
room of a day are the governor's affair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from careline.calls.model import CallRecord
from careline.calls.store import load
from careline.errors import Conflict, Invalid, NotFound, Refused
from careline.hooks import InboundMessage, JobHandler, OutboundMessage, Urgency
from careline.i18n import Lang, Text, translate
from careline.jobs import Job
from careline.numbers.phone import PhoneKind, parse_phone
from careline.storage import Tx
from careline.surveys.model import Question, Survey
from careline_satisfaction.answers.model import Answer, State, Way
from careline_satisfaction.answers.service import Answers
from careline_satisfaction.config import SatisfactionConfig
from careline_satisfaction.messages.reading import read_rating
from careline_satisfaction.messages.words import (
    ASK,
    LATE,
    NOTED,
    SORRY,
    THANKS,
    UNCLEAR,
    places,
)
from careline_satisfaction.survey.book import QueueSurveys

JOB = "satisfaction.message"
#: What its messages are for, as other plugins count them.
PURPOSE = "satisfaction"
#: Messages' ids begin so; the call's follows.
PREFIX = "satisfaction:"
#: The template of the sending plugin that is used when there is one of this name.
TEMPLATE = "satisfaction"
AGAIN = timedelta(minutes=15)
LATIN = re.compile(r"[A-Za-z]{3}")


class MessagesPart:
    """Puts messages, and takes replies in."""

    def __init__(
        self, core: Any, book: QueueSurveys, answers: Answers, config: SatisfactionConfig
    ) -> None:
        self._core = core
        self._book = book
        self._answers = answers
        self._wait = timedelta(minutes=config.message_minutes)
        self._fresh = timedelta(hours=config.message_hours)
        if config.by_message:
            answers.on_wanted(self._plan)

    def job_handlers(self) -> list[JobHandler]:
        """The one job."""
        return [JobHandler(kind=JOB, do=self._job)]

    def _plan(self, tx: Tx, call: CallRecord, answer: Answer) -> None:
        """Nobody could ask this caller: a message may, some minutes later."""
        if reachable(call):
            self._put(tx, call.id, answer.at + self._wait)

    def _put(self, tx: Tx, call: str, at: Any) -> None:
        self._core.outbox.put(tx, Job(JOB, {"call": call}, run_at=at))

    # Asking

    async def _job(self, args: Mapping[str, Any], job: Any) -> None:
        """Have the message sent, unless somebody has asked meanwhile; safe to repeat."""
        call, now = str(args["call"]), self._core.clock.now()
        found = await self._core.db.run(self._begin, call)
        if found is None or now > found[0].at + self._fresh:
            await self._answers.unasked(call)
            return
        answer, survey, number = found
        message = self._message(answer, survey, number)
        if await self._core.hub.deliver(message=message) is None:
            await self._answers.unasked(call)
            await self._core.db.run(self._put, call, now + AGAIN)

    def _begin(self, tx: Tx, call: str) -> tuple[Answer, Survey, str] | None:
        """The answer that is asked for by message from now on; None when it is not any more."""
        stored = load(tx, call)
        answer = self._answers.asked_by_message(tx, call)
        survey = self._book.version(answer.survey, answer.version) if answer else None
        if stored is None or answer is None or survey is None or not reachable(stored.record):
            return None
        return answer, survey, stored.record.number

    def _message(self, answer: Answer, survey: Survey, number: str) -> OutboundMessage:
        language = self._core.settings.language
        values = places(survey.score)
        return OutboundMessage(
            id=PREFIX + answer.call,
            channel="sms",
            to=number,
            text=_said(ASK, survey.score, language),
            patient=answer.patient,
            campus=answer.campus,
            purpose=PURPOSE,
            urgency=Urgency.GREETING,
            not_after=answer.at + self._fresh,
            template=TEMPLATE,
            values=values,
        )

    async def settled(self, message_id: str, delivered: bool) -> None:
        """Who did not get the message was not asked."""
        if message_id.startswith(PREFIX) and not delivered:
            await self._answers.unasked(message_id.removeprefix(PREFIX))

    # Replies

    async def replied(self, reply: InboundMessage) -> str | None:
        """Take a rating, or words after one; what is said back. None: no answer to our question.

        The first rating counts. Who says nothing new gets no answer, so that no two machines thank
        each other for ever.
        """
        if not reply.about.startswith(PREFIX):
            return None
        call = reply.about.removeprefix(PREFIX)
        answer = await self._answers.of_call(call)
        survey = self._book.version(answer.survey, answer.version) if answer else None
        if answer is None or survey is None:
            return ""
        language = self._language(reply.text)
        if answer.state is State.ANSWERED:
            return await self._more(answer, survey, reply.text, language)
        read = read_rating(reply.text, survey.score)
        if read.value is None:
            return _said(UNCLEAR, survey.score, language)
        replies = {survey.score.name: read.value}
        try:
            rated = await self._answers.take(call, replies, Way.MESSAGE, "", read.words)
        except Conflict:  # the agent was faster
            return ""
        except Refused:
            return LATE.to(language)
        return (SORRY if rated.low and not read.words else THANKS).to(language)

    async def _more(self, answer: Answer, survey: Survey, text: str, language: Lang) -> str:
        """Words after the rating are a comment; another rating is none."""
        words = read_rating(text, survey.score).words
        if answer.way is not Way.MESSAGE or not words:
            return ""
        try:
            return NOTED.to(language) if await self._answers.comment(answer, words) else ""
        except (Refused, Invalid, NotFound):
            return ""

    def _language(self, text: str) -> Lang:
        """English for who writes so, else the house's."""
        language: Lang = self._core.settings.language
        return "en" if LATIN.search(text) and text.isascii() else language


def reachable(call: CallRecord) -> bool:
    """True when a message can reach the caller: a mobile telephone, and no blocked one."""
    if call.blocked or not call.number:
        return False
    try:
        return parse_phone(call.number).kind is PhoneKind.MOBILE
    except Invalid:
        return False


def _said(text: Text, question: Question, language: Lang) -> str:
    return translate(text.msgid, language, **places(question))
