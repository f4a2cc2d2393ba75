"""Answers as they come, by keys, over a link, from agents: each counts at once and once."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from careline.errors import Conflict, Invalid, NotFound
from careline.storage import Tx
from careline.surveys import store as surveys
from careline.surveys.book import SurveyBook
from careline.surveys.model import Question, Survey
from careline_followup.answers import store
from careline_followup.answers.model import Reply
from careline_followup.flags.model import Flag
from careline_followup.flags.service import Flags
from careline_followup.plans.model import Way
from careline_followup.tasks import store as tasks
from careline_followup.tasks.model import State, Task
from careline_followup.tasks.moves import Moves
from careline_followup.tasks.ways import Ways

#: Nobody is asked any more; what was answered before stays.
CLOSED = (State.CANCELLED, State.DECLINED)
#: States that change with the last answer only; who is asked early is called on the day all the
#: same, for the rest.
STANDING = tuple(one for one in State if one is not State.DUE)


@frozen
class Given:
    """What follows an answer: the next question (None at the end), and the flag it has raised."""

    next: Question | None
    flag: Flag | None = None


class Answers:
    """Stores answers; an answer, its red flag and the end of its task are written together."""

    def __init__(self, core: Any, book: SurveyBook, moves: Moves, ways: Ways, flags: Flags) -> None:
        self._core = core
        self._book = book
        self._moves = moves
        self._ways = ways
        self._flags = flags

    async def survey(self, task_id: int) -> Survey:
        """What a task asks: the version that its first answer was to, else the newest one.

        NotFound when nothing is published under the questionnaire's name.
        """
        found: Survey = await self._core.db.run(self._asked, task_id)
        return found

    async def next(self, task_id: int) -> Question | None:
        """The first question without an answer; None when all were answered."""
        found: Question | None = await self._core.db.run(self._next, task_id)
        return found

    async def given(self, task_id: int) -> dict[str, Reply]:
        """All answers by question."""
        found: dict[str, Reply] = await self._core.db.run(store.of_task, task_id)
        return found

    async def reply(
        self,
        task_id: int,
        question: str,
        value: int,
        way: Way,
        by: str = "",
        text: str = "",
        correct: bool = False,
    ) -> Given:
        """Store one answer, raise its red flag, end the task with the last one.

        An answer that is there stands, unless it is to ``correct`` it: asked twice, told twice and
        pressed twice are the same. Corrected to one that asks for more, the task goes on.

        Invalid for what is no answer, Conflict "followup.over" when the task was cancelled or
        declined.
        """
        given: Given = await self._core.db.run(
            self._reply, task_id, question, value, way, by, text, correct
        )
        return given

    async def finish(self, task_id: int, by: str, way: Way) -> Task:
        """End a task whose answers are complete; Invalid "followup.unanswered" when they are not.

        The last answer ends it by itself; this is for questionnaires that became shorter.
        """
        done: Task = await self._core.db.run(self._finish, task_id, by, way)
        return done

    # In the transaction

    def _asked(self, tx: Tx, task_id: int) -> Survey:
        return self._survey(tx, tasks.get(tx, task_id))

    def _survey(self, tx: Tx, task: Task) -> Survey:
        newest = self._book.newest(task.questionnaire)
        known = self._book.version(task.questionnaire, task.version) if task.version else newest
        if known is not None:
            return known
        # Published by another process since this one has read them.
        there = [one for one in surveys.surveys(tx, self._book.owner) if one.version]
        mine = [one for one in there if one.name == task.questionnaire]
        same = [one for one in mine if one.version == (task.version or mine[-1].version)]
        if not same:
            raise NotFound("survey.unknown", "there is no survey {name}", name=task.questionnaire)
        return same[0]

    def _next(self, tx: Tx, task_id: int) -> Question | None:
        survey = self._asked(tx, task_id)
        return survey.next(values_of(store.of_task(tx, task_id)))

    def _reply(
        self,
        tx: Tx,
        task_id: int,
        question: str,
        value: int,
        way: Way,
        by: str,
        text: str,
        correct: bool,
    ) -> Given:
        task = tasks.get(tx, task_id)
        survey = self._survey(tx, task)
        asked = survey.question(question)
        if asked is None or value not in asked.values:
            raise Invalid("survey.value", "{value} is no answer", value=value)
        given = store.of_task(tx, task_id)
        if question in given and not correct:
            return Given(survey.next(values_of(given)))
        if task.state in CLOSED:
            raise Conflict("followup.over", "This follow-up is over.")
        raised = asked.flag(value)
        now = self._core.clock.now()
        reply = Reply(
            task=task_id,
            question=question,
            value=value,
            text=text,
            at=now,
            way=way,
            by=by,
            red=raised is not None,
        )
        store.put(tx, reply)
        given[question] = reply
        flag = self._flags.raise_in(tx, task, reply, raised.words) if raised else None
        following = survey.next(values_of(given))
        self._goes_on(tx, task, survey, len(given), by, complete=following is None)
        return Given(following, flag)

    def _goes_on(
        self, tx: Tx, task: Task, survey: Survey, count: int, by: str, complete: bool
    ) -> None:
        values: dict[str, Any] = {"answers": count, "version": survey.version}
        if task.state is State.ANSWERED and not complete:
            self._ways.ask_on(tx, task, by, **values)
            return
        state = task.state if task.state in STANDING else State.RUNNING
        if complete:
            state = State.ANSWERED
        self._moves.to(tx, task, state, by, **values)

    def _finish(self, tx: Tx, task_id: int, by: str, way: Way) -> Task:
        task = tasks.get(tx, task_id)
        if task.state is State.ANSWERED:
            return task
        survey, given = self._survey(tx, task), store.of_task(tx, task_id)
        if not given or survey.next(values_of(given)) is not None:
            raise Invalid("followup.unanswered", "Some questions have no answer yet.")
        if task.state in CLOSED:
            raise Conflict("followup.over", "This follow-up is over.")
        return self._moves.to(tx, task, State.ANSWERED, by)


def values_of(given: dict[str, Reply]) -> dict[str, int]:
    """Answers as a survey takes them."""
    return {name: reply.value for name, reply in given.items()}
