"""Node ``satisfaction_survey``: asks the questions by keys, and keeps nobody on the line.

What was answered counts whatever happens afterwards; when the database does not answer in time the
questions go on, and nothing is kept of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from attrs import frozen
from twisted.internet.defer import TimeoutError
from twisted.logger import Logger

from careline.errors import CarelineError
from careline.ivr.contained import contained
from careline.ivr.model import Answer as NodeAnswer
from careline.ivr.model import Prompt
from careline.ivr.step import Step
from careline.surveys.asking import Asking, Left
from careline.surveys.model import Question, Survey
from careline_satisfaction.answers.model import Answer, Reply
from careline_satisfaction.answers.service import Answers
from careline_satisfaction.survey.book import OWNER, QueueSurveys

log = Logger()
T = TypeVar("T")

#: Seconds that the caller waits for the database, with nothing to hear.
STORE_S = 2.0
#: Set once the questions have begun, so that a core that takes the call up asks on.
BEGUN = "satisfaction_begun"
DONE, SILENT, COMMENT, AGENT = "done", "silent", "comment", "agent"


@frozen
class Ground:
    """What the node stands on."""

    core: Any
    book: QueueSurveys
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
        return await _ask(step, ground, survey, None)
    on = bool(step.position.vars.get(BEGUN))
    begun, answer = await _stored(step, ground.answers.begin(call, survey, on))
    if begun and answer is None:  # was asked before
        return SILENT
    step.set(BEGUN, "1")
    await step.line.keep(step.position)
    if answer is not None:
        survey = ground.book.version(answer.survey, answer.version) or survey
    return await _ask(step, ground, survey, answer)


async def _ask(step: Step, ground: Ground, survey: Survey, answer: Answer | None) -> str:
    """All questions from where the caller is; without ``answer`` nothing is kept."""
    asking = Asking(
        step=step,
        owner=OWNER,
        survey=survey,
        sink=_Sink(step, ground.answers, survey, answer),
        replies=answer.values if answer else {},
        comment=bool(step["comment"]),
        agent=bool(step["agent"]),
    )
    left = await asking.ask()
    if left is not Left.SILENT:
        return str(left.value)
    if asking.replies:  # thanks for what there is
        return DONE
    if answer is not None:
        await _stored(step, ground.answers.silent(answer))
    return SILENT


@frozen
class _Sink:
    """Keeps each reply as it comes."""

    step: Step
    answers: Answers
    survey: Survey
    answer: Answer | None

    async def reply(self, question: Question, value: int) -> Sequence[Prompt]:
        """Nothing is said of it."""
        if self.answer is not None:
            reply = Reply(question=question.name, value=value)
            await _stored(self.step, self.answers.reply(self.answer, self.survey, reply))
        return ()


async def _stored(step: Step, work: Awaitable[T]) -> tuple[bool, T | None]:
    """Whether the database has done it, and what it said; the caller does not wait for more."""
    try:
        return True, await step.clock.within(STORE_S, work)
    except (TimeoutError, CarelineError) as error:
        log.warn("an answer could not be kept: {error!r}", error=error)
        return False, None
