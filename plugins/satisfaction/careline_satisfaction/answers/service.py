"""Answers as they come, by keys, from agents, by messages: one for each call, the first counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from careline.calls.model import CallRecord, Direction
from careline.calls.store import load
from careline.errors import Conflict, Invalid, NotFound, Refused
from careline.storage import Database, Tx, read_committed
from careline.surveys.model import Kind, Question, Survey, level
from careline_satisfaction.answers import store
from careline_satisfaction.answers.model import Answer, Reply, State, Way
from careline_satisfaction.survey.book import QueueSurveys

VIEW = "satisfaction.view"
CHANGED = "satisfaction_changed"
LONGEST = 1000
#: The reply under which words are kept that belong to no question.
NOTE = "note"
Wanted = Callable[[Tx, CallRecord, Answer], object]


class Answers:
    """Stores answers, tells low scores to other plugins and to the screens."""

    def __init__(self, core: Any, book: QueueSurveys, late: timedelta) -> None:
        self._core = core
        self._db: Database = core.db
        self._book = book
        self._late = late
        self._wanted: Wanted | None = None

    def on_wanted(self, plan: Wanted) -> None:
        """Call ``plan`` in the transaction in which it is noted that a caller was not asked."""
        self._wanted = plan

    def survey_of(self, call: CallRecord) -> Survey | None:
        """What somebody who talked with an agent can be asked; None: nothing."""
        return self._book.for_queue(queue_of(call)) if call.served_by else None

    def survey_for(self, call: CallRecord) -> Survey | None:
        """What is asked unbidden: only of those who called us."""
        return self.survey_of(call) if call.direction is Direction.INBOUND else None

    # By keys

    async def begin(self, call: CallRecord, survey: Survey, on: bool = False) -> Answer | None:
        """The caller is asked now; None when that has been. With ``on`` after an interruption."""
        return await self._db.run(self._begin, call, survey, on)

    @read_committed
    def _begin(self, tx: Tx, call: CallRecord, survey: Survey, on: bool) -> Answer | None:
        answer, new = store.begin(tx, self._new(call, survey, State.ASKED, Way.KEYS))
        if answer.state is State.WANTED:
            store.change(tx, answer.id, State.WANTED, state=State.ASKED, way=Way.KEYS)
        done = answer.state is State.SILENT or (answer.state is State.ANSWERED and not on)
        return None if done and not new else answer

    async def reply(self, answer: Answer, survey: Survey, reply: Reply) -> None:
        """One reply by keys; it counts even if the caller hangs up now."""
        await self._db.run(self._reply, answer.id, survey, reply, Way.KEYS, "")

    async def silent(self, answer: Answer) -> None:
        """The caller was asked and said nothing."""
        await self._db.run(_change, answer.id, State.SILENT)

    # All at once

    async def take(
        self, call_id: str, replies: Mapping[str, int], way: Way, by: str, comment: str = ""
    ) -> Answer:
        """The answers to a whole survey.

        Conflict ("satisfaction.answered") when there are some already, Refused
        ("satisfaction.late") when they come too late, Invalid when the score is missing.
        """
        return await self._db.run(self._take, call_id, replies, way, by, comment[:LONGEST])

    @read_committed
    def _take(
        self, tx: Tx, call_id: str, replies: Mapping[str, int], way: Way, by: str, comment: str
    ) -> Answer:
        answer, survey = self._asked(tx, call_id)
        path = survey.path(replies)
        if not path:
            raise Invalid("satisfaction.score", "Please choose a score.")
        if answer.state is State.ANSWERED:
            raise Conflict("satisfaction.answered", "This call has an answer already.")
        self._in_time(answer)
        for question, value in path:
            if question.kind is not Kind.COMMENT:
                reply = Reply(question=question.name, value=value)
                self._reply(tx, answer.id, survey, reply, way, by)
        if comment.strip():
            store.put_reply(tx, answer.id, Reply(question=NOTE, value=0, text=comment.strip()))
        return store.get(tx, answer.id)

    def _in_time(self, answer: Answer) -> None:
        if self._core.clock.now() - answer.at > self._late:
            raise Refused("satisfaction.late", "It is too late for an answer to this call.")

    def _asked(self, tx: Tx, call_id: str) -> tuple[Answer, Survey]:
        """The call's answer, begun if need be, and the version that it is an answer to."""
        there = store.of_call(tx, call_id)
        if there is None:
            call = self._core.calls.get(call_id) or _stored(tx, call_id)
            survey = self.survey_of(call)
            if survey is None:
                raise NotFound("satisfaction.none", "Nothing is asked after this call.")
            new = self._new(call, survey, State.ASKED, Way.AGENT)
            return store.begin(tx, new)[0], survey
        known = self._book.version(there.survey, there.version)
        if known is None:
            raise NotFound("survey.unknown", "there is no survey {name}", name=there.survey)
        return there, known

    # When the call is over

    async def ended(self, call_id: str) -> None:
        """Note a talk after which nothing could be asked, once; told again it is the same."""
        call = await self._db.run(self._ended, call_id)
        if call is not None:
            department = await self._core.hub.call_department(call=call)
            if department:
                await self._db.run(_put_department, call_id, department)

    @read_committed
    def _ended(self, tx: Tx, call_id: str) -> CallRecord | None:
        """The call, when it has an answer or may get one."""
        stored = load(tx, call_id)
        survey = self.survey_for(stored.record) if stored else None
        if stored is None:
            return None
        if survey is None:
            return stored.record if store.of_call(tx, call_id) else None
        answer, new = store.begin(tx, self._new(stored.record, survey, State.WANTED, Way.NONE))
        if answer.state is State.ASKED and answer.way is Way.KEYS:
            # hung up in the middle of the first question
            store.change(tx, answer.id, State.ASKED, state=State.SILENT)
        elif new:
            self._core.hub.survey_wanted(tx, call_id=call_id, survey=survey.name)
            if self._wanted is not None:
                self._wanted(tx, stored.record, answer)
        return stored.record

    # By message

    def asked_by_message(self, tx: Tx, call_id: str) -> Answer | None:
        """A message asks from now on; None when somebody else has asked, or the call has none."""
        answer = store.of_call(tx, call_id)
        if answer is None:
            return None
        if answer.state is State.WANTED:
            asked = {"state": State.ASKED, "way": Way.MESSAGE}
            return answer if store.change(tx, answer.id, State.WANTED, **asked) else None
        by_message = answer.state is State.ASKED and answer.way is Way.MESSAGE
        return answer if by_message else None

    async def unasked(self, call_id: str) -> None:
        """No message has reached the caller, who may be asked in another way."""
        await self._db.run(_unasked, call_id)

    async def comment(self, answer: Answer, words: str) -> bool:
        """Words after the score, once; Refused ("satisfaction.late") when they come too late."""
        self._in_time(answer)
        reply = Reply(question=NOTE, value=0, text=words.strip()[:LONGEST])
        stored = bool(await self._db.run(store.put_reply, answer.id, reply))
        self._tell(answer.id, answer.agent)
        return stored

    # Looking

    async def of_call(self, call_id: str) -> Answer | None:
        """The answer of a call as it is now."""
        return await self._db.run(store.of_call, call_id)

    async def get(self, answer_id: int) -> Answer:
        """One answer; NotFound when there is none."""
        return await self._db.run(store.get, answer_id)

    async def see(self, answer_id: int, by: str) -> bool:
        """A shift leader has looked after a low score; False when another one had."""
        done = await self._db.run(store.see, answer_id, by, self._core.clock.now())
        self._tell(answer_id, "")
        return bool(done)

    # Parts

    def _new(self, call: CallRecord, survey: Survey, state: State, way: Way) -> Answer:
        now = call.ended or self._core.clock.now()
        return Answer(
            call=call.id,
            survey=survey.name,
            version=survey.version,
            state=state,
            way=way,
            agent=call.served_by,
            queue=queue_of(call),
            campus=call.campus,
            patient=call.patients[0] if len(call.patients) == 1 else 0,
            day=self._day(now),
            at=now,
        )

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._core.campuses.zone()).date()

    @read_committed
    def _reply(
        self, tx: Tx, answer_id: int, survey: Survey, reply: Reply, way: Way, by: str
    ) -> None:
        question = survey.question(reply.question)
        if question is None or reply.value not in question.values:
            raise Invalid("survey.value", "{value} is no answer", value=reply.value)
        first = store.put_reply(tx, answer_id, reply)
        if first and question is survey.score:
            self._score(tx, answer_id, survey, question, reply.value, way, by)

    def _score(
        self,
        tx: Tx,
        answer_id: int,
        survey: Survey,
        question: Question,
        value: int,
        way: Way,
        by: str,
    ) -> None:
        points = question.points(value)
        low = level(points) <= survey.low_level
        store.change(
            tx,
            answer_id,
            *(one for one in State if one is not State.ANSWERED),
            state=State.ANSWERED,
            way=way,
            by=by,
            answered=self._core.clock.now(),
            points=points,
            level=level(points),
            low=low,
        )
        if low:
            self._core.hub.low_score(tx, answer_id=answer_id)
        agent = store.get(tx, answer_id).agent
        tx.after_commit(lambda: self._tell(answer_id, agent))

    def _tell(self, answer_id: int, agent: str) -> None:
        self._core.events.tell(CHANGED, str(answer_id), agent=agent, permission=VIEW)


def queue_of(call: CallRecord) -> str:
    """The queue in which the caller waited last; empty for a call without one."""
    return call.stays[-1].queue if call.stays else ""


def _change(tx: Tx, answer_id: int, state: State) -> None:
    store.change(tx, answer_id, State.ASKED, state=state)


def _put_department(tx: Tx, call_id: str, name: str) -> None:
    answer = store.of_call(tx, call_id)
    if answer is not None:
        store.change(tx, answer.id, *State, department=name[:64])


def _unasked(tx: Tx, call_id: str) -> None:
    answer = store.of_call(tx, call_id)
    if answer is not None and answer.way is Way.MESSAGE:
        store.change(tx, answer.id, State.ASKED, state=State.WANTED, way=Way.NONE)


def _stored(tx: Tx, call_id: str) -> CallRecord:
    stored = load(tx, call_id)
    if stored is None:
        raise NotFound("call.unknown", "there is no such call")
    return stored.record
