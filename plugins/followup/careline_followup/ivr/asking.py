"""Node ``followup_questionnaire``: makes sure who is on the phone, then asks what is not answered.

Each answer is stored before the next question. Whoever hangs up, or is cut off by a restart, is
asked the rest and nothing twice. What fails in here ends the call as if nothing more was answered:
the task then takes its next way, mostly an agent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from attrs import define
from twisted.internet.defer import TimeoutError
from twisted.logger import Logger

from careline.errors import CarelineError, Unavailable
from careline.ivr.contained import contained
from careline.ivr.line import END_KEY
from careline.ivr.model import Answer as NodeAnswer
from careline.ivr.prompt import Prompt
from careline.ivr.step import Step
from careline.outbound.model import Outcome
from careline.surveys.asking import Asking, Left
from careline.surveys.model import Kind, Question, Survey
from careline_followup.answers.service import Given, values_of
from careline_followup.ivr.proving import LENGTH, proofs
from careline_followup.ivr.words import say
from careline_followup.plans.model import Way
from careline_followup.services import OWNER, Services
from careline_followup.tasks.model import OPEN, Task

log = Logger()
T = TypeVar("T")

#: Seconds that the patient waits for the database, with nothing to hear.
STORE_S = 2.0
#: Set once somebody has shown who it is, so that a core that takes the call up asks on.
PROVED = "followup_proved"
TRIES = 3
LATER = timedelta(hours=2)
DONE, OVER, AGENT = "done", "over", "agent"
CHINESE, ENGLISH, OPERATOR = "8", "9", "0"


async def run_questionnaire(step: Step, services: Services | None) -> NodeAnswer:
    """Ask; leave by ``done``, ``over`` or ``agent``."""
    if services is None:
        return OVER
    try:
        return await contained(_run(step, services), "follow-up", step.clock)
    except CarelineError:
        return OVER


async def _run(step: Step, services: Services) -> str:
    number = step.position.vars.get("followup", "")
    if not number.isdecimal():
        return await _rehearsed(step, services)
    read, task = await _stored(step, services.tasks.get(int(number)))
    if not read or task is None or task.state not in OPEN:
        return OVER
    return await _Call(step, services, task).run()


async def _rehearsed(step: Step, services: Services) -> str:
    """Without a patient: the first questionnaire, nothing is kept."""
    book = services.surveys
    survey = next(filter(None, map(book.newest, book.names())), None)
    if survey is None:
        return OVER
    left = await _asking(step, survey, _Nothing(), {}).ask()
    return str(left.value) if left in (Left.DONE, Left.AGENT) else OVER


@define
class _Call:
    """One call about one task."""

    step: Step
    services: Services
    task: Task

    async def run(self) -> str:
        """Who it is, then the questions."""
        if not self.step.position.vars.get(PROVED):
            left = await self._greet() or await self._prove()
            if left:
                return left
            self.step.set(PROVED, "1")
            await self.step.line.keep(self.step.position)
        return await self._ask()

    async def _greet(self) -> str:
        """Empty for the patient or a relative; else the way out."""
        for _ in range(TRIES):
            key = await self._keys(["hello", "english"], 1)
            if key in (CHINESE, ENGLISH):
                self.step.speak("en" if key == ENGLISH else "zh")
            elif key == "1":
                return ""
            elif key == OPERATOR:
                return AGENT
            elif key in "234" and key:
                return await self._not_now(key)
        return OVER

    async def _not_now(self, key: str) -> str:
        tasks, task = self.services.tasks, self.task
        if key == "2":
            core = self.services.core
            # Whoever says so has not shown who it is: an agent may find the patient there.
            said = core.outbound.settle(task.call_key, Outcome.WRONG_NUMBER, OWNER, sure=False)
            await self._stored(said)
            return await self._over("wrong-number")
        if key == "3":
            at = self.services.core.clock.now() + LATER
            await self._stored(tasks.later(task.id, at, ""))
            return await self._over("later")
        await self._stored(tasks.unwilling(task.id))  # an agent asks whether the patient says so
        return await self._over("declined")

    async def _prove(self) -> str:
        """Empty once it is sure who is on the phone."""
        read, right = await self._stored(self.services.core.db.run(proofs, self.task))
        said = "prove"
        for _ in range(TRIES if read and right else 0):
            keys = await self._keys([said] if said == "prove" else [said, "prove"], LENGTH)
            if keys in (right or ()):
                return ""
            if keys == OPERATOR:
                return AGENT
            said = "not-proved" if keys else "prove"
        return await self._over("unproved")

    async def _ask(self) -> str:
        answers, task = self.services.answers, self.task
        read, survey = await self._stored(answers.survey(task.id))
        told, given = await self._stored(answers.given(task.id))
        if not read or survey is None or not told:
            return await self._over("later")
        replies = values_of(given or {})
        language = self.step.position.language
        await self.step.line.play([say("again" if replies else "begin", language)], "")
        sink = _Sink(self.step, self.services, task)
        asking = _asking(self.step, survey, sink, replies)
        try:
            left = await asking.ask()
        except Unavailable:
            return AGENT if sink.flagged else await self._over("later")
        if left is Left.DONE:
            await self._no_comment(survey, asking)
            return DONE
        return AGENT if left is Left.AGENT else OVER

    async def _no_comment(self, survey: Survey, asking: Asking) -> None:
        """Nobody can write by keys: the last question, for words, is answered with none."""
        question = survey.next(asking.replies)
        if question is not None and question.kind is Kind.COMMENT:
            reply = self.services.answers.reply(self.task.id, question.name, 2, Way.AUTOMATIC)
            await self._stored(reply)

    async def _over(self, said: str) -> str:
        await self.step.line.play([say(said, self.step.position.language)], "")
        return OVER

    async def _keys(self, names: Sequence[str], most: int) -> str:
        language = self.step.position.language
        said = [say(name, language) for name in names]
        return await self.step.line.collect(said, most, self.step["timeout_s"], END_KEY)

    async def _stored(self, work: Awaitable[T]) -> tuple[bool, T | None]:
        return await _stored(self.step, work)


@define
class _Sink:
    """Keeps each reply as it comes; who raises an alert hears that the ward knows.

    One that cannot be stored ends the questions: nothing is passed over. ``flagged``: it should
    have raised an alert, somebody must hear of it now.
    """

    step: Step
    services: Services
    task: Task
    flagged: bool = False

    async def reply(self, question: Question, value: int) -> Sequence[Prompt]:
        """Nothing is said, but of a red flag."""
        read, given = await self._store(question, value)
        late = not read  # the first try may be stored after all
        if late:
            read, given = await self._store(question, value)
        red = question.flag(value) is not None
        if not read:
            self.flagged = red
            raise Unavailable("followup.not_stored", "The answer cannot be stored now.")
        if given is None or (given.flag is None and not (late and red)):
            return ()
        return [say("flagged", self.step.position.language)]

    async def _store(self, question: Question, value: int) -> tuple[bool, Given | None]:
        answers = self.services.answers
        work = answers.reply(self.task.id, question.name, value, Way.AUTOMATIC)
        return await _stored(self.step, work)


class _Nothing:
    """Keeps nothing: a rehearsal."""

    async def reply(self, question: Question, value: int) -> Sequence[Prompt]:
        """Nothing."""
        return ()


def _asking(step: Step, survey: Survey, sink: Any, replies: dict[str, int]) -> Asking:
    return Asking(step=step, owner=OWNER, survey=survey, sink=sink, replies=replies, agent=True)


async def _stored(step: Step, work: Awaitable[T]) -> tuple[bool, T | None]:
    """Whether the database has done it, and what it said; the patient does not wait for more."""
    try:
        return True, await step.clock.within(STORE_S, work)
    except (TimeoutError, CarelineError) as error:
        log.warn("follow-up by keys: not stored: {error!r}", error=error)
        return False, None
