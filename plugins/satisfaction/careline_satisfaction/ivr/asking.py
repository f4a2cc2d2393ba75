"""Node ``satisfaction_survey``: asks the questions by keys, and keeps nobody on the line.

Each question is asked twice at most. What was answered counts whatever happens afterwards; when the
database does not answer in time the questions go on, and nothing is kept of them.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from attrs import define, evolve, field, frozen
from twisted.internet.defer import TimeoutError
from twisted.logger import Logger

from careline.errors import CarelineError
from careline.ivr.contained import contained
from careline.ivr.model import Answer as NodeAnswer
from careline.ivr.model import Prompt, Speech
from careline.ivr.step import Step
from careline_satisfaction.answers.model import Answer, Reply
from careline_satisfaction.answers.service import Answers
from careline_satisfaction.ivr.words import asked
from careline_satisfaction.survey.book import SurveyBook
from careline_satisfaction.survey.model import Kind, Question, Survey

log = Logger()
T = TypeVar("T")

#: Seconds that the caller waits for the database, with nothing to hear.
STORE_S = 2.0
#: Set once the questions have begun, so that a core that takes the call up asks on.
BEGUN = "satisfaction_begun"
ZERO, HASH = "0", "#"
DONE, SILENT, COMMENT, AGENT = "done", "silent", "comment", "agent"


@frozen
class Ground:
    """What the node stands on."""

    core: Any
    book: SurveyBook
    answers: Answers


async def run_survey(step: Step, ground: Ground | None) -> NodeAnswer:
    """Ask; leave by ``done``, ``silent``, ``comment`` or ``agent``.

    Whatever fails in here, the call ends as if there was no survey.
    """
    if ground is None:
        return SILENT
    try:
        return await contained(_run(step, ground), "the survey", step.clock)
    except CarelineError:
        return SILENT


async def _run(step: Step, ground: Ground) -> str:
    call = ground.core.calls.get(step.caller.call)
    survey = ground.answers.survey_of(call) if call else None
    if step["survey"]:
        survey = ground.book.newest(step["survey"])
    elif call is None:  # a rehearsal
        survey = next(filter(None, map(ground.book.newest, ground.book.names())), None)
    if survey is None:
        return SILENT
    if call is None:
        return await Asking(step, ground, survey).ask()
    on = bool(step.position.vars.get(BEGUN))
    begun, answer = await _stored(step, ground.answers.begin(call, survey, on))
    if begun and answer is None:  # was asked before
        return SILENT
    step.set(BEGUN, "1")
    await step.line.keep(step.position)
    if answer is not None:
        survey = ground.book.version(answer.survey, answer.version) or survey
    return await Asking(step, ground, survey, answer).ask()


@define
class Asking:
    """One caller's way through one survey; without ``answer`` nothing is kept."""

    step: Step
    ground: Ground
    survey: Survey
    answer: Answer | None = None
    replies: dict[str, int] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.replies = self.answer.values if self.answer else {}

    async def ask(self) -> str:
        """All questions from where the caller is; the way out."""
        while (question := self.survey.next(self.replies)) is not None:
            if question.kind is Kind.COMMENT and not self.step["comment"]:
                break
            value = await self._one(question)
            if value is None:
                return await self._left()
            if value == AGENT:
                return AGENT
            self.replies[question.name] = int(value)
            await self._keep(Reply(question=question.name, value=int(value)))
            if question.kind is Kind.COMMENT and int(value) == 1:
                return COMMENT
        return DONE

    async def _left(self) -> str:
        """No key came: thanks for what there is."""
        if self.replies:
            return DONE
        if self.answer is not None:
            await _stored(self.step, self.ground.answers.silent(self.answer))
        return SILENT

    async def _keep(self, reply: Reply) -> None:
        if self.answer is not None:
            await _stored(self.step, self.ground.answers.reply(self.answer, self.survey, reply))
        self.step.position = evolve(self.step.position, tries=0)
        await self.step.line.keep(self.step.position)

    async def _one(self, question: Question) -> str | None:
        """What was pressed; None after the last try."""
        step, values = self.step, {str(value) for value in question.values}
        language = step.position.language
        most = max(map(len, values))
        said: list[Prompt] = []
        while True:
            prompts = [*said, asked(self.survey, question, language)]
            pressed = await step.line.collect(prompts, most, step["timeout_s"], HASH)
            pressed = pressed.partition(HASH)[0]
            if pressed in values:
                return pressed
            if pressed == ZERO and step["agent"]:
                return AGENT
            if not await step.again():
                return None
            name = "invalid-key" if pressed else "no-input"
            said = [Prompt(Speech.NAME, name, language)]


async def _stored(step: Step, work: Awaitable[T]) -> tuple[bool, T | None]:
    """Whether the database has done it, and what it said; the caller does not wait for more."""
    try:
        return True, await step.clock.within(STORE_S, work)
    except (TimeoutError, CarelineError) as error:
        log.warn("an answer could not be kept: {error!r}", error=error)
        return False, None
