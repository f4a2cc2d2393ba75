"""Red flags: written with the answer, told at once, passed on until a person has seen them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from attrs import evolve

from careline.errors import Conflict, Invalid, NotFound, Unavailable
from careline.hooks import InboundMessage, OutboundMessage, Urgency
from careline.jobs import Job
from careline.numbers.phone import parse_phone
from careline.patients.model import masked_name
from careline.storage import Tx
from careline.surveys.model import Words
from careline_followup.answers.model import Reply
from careline_followup.cases import store as cases
from careline_followup.config import FollowupConfig
from careline_followup.flags import store
from careline_followup.flags.model import Flag, FlagState, Post
from careline_followup.plans.book import plan_of
from careline_followup.tasks.model import Task

CHANGED = "followup_flag"
PERMISSION = "followup.ward"
ALERT, ESCALATE = "followup.alert", "followup.escalate"
PURPOSE = "followup_flag"
KEY = "followup-flag"
#: How often a flag is passed on; after that it is an alarm of the house until it is seen.
MOST_LEVELS = 5
NOTICED = ("1", "收到", "OK", "ok")
THANKS = "已确认，请尽快处理。"


class Flags:
    """Raises, tells, passes on and closes flags; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, config: FollowupConfig) -> None:
        self._core = core
        self._config = config

    # Looking

    async def get(self, flag_id: int) -> Flag:
        """One flag, else NotFound."""
        found: Flag = await self._core.db.run(store.get, flag_id)
        return found

    async def of_task(self, task_id: int) -> list[Flag]:
        """All flags of a task."""
        found: list[Flag] = await self._core.db.run(store.of_task, task_id)
        return found

    async def listed(
        self,
        states: Collection[FlagState] = (FlagState.OPEN, FlagState.SEEN),
        campuses: Collection[str] = (),
        wards: Collection[str] = (),
        first: date | None = None,
        last: date | None = None,
        most: int = 200,
    ) -> list[Flag]:
        """Flags, those that were passed on most often first, then the oldest."""
        found: list[Flag] = await self._core.db.run(
            store.listed, states, campuses, wards, first, last, most
        )
        return found

    # Doing

    def raise_in(self, tx: Tx, task: Task, reply: Reply, words: Words) -> Flag | None:
        """Raise the flag of an answer in the answer's own transaction; None if it has one."""
        now = self._core.clock.now()
        flag = store.add(
            tx,
            Flag(
                task=task.id,
                case=task.case,
                question=reply.question,
                value=reply.value,
                words=words.zh,
                words_en=words.en,
                campus=task.campus,
                department=task.department,
                ward=task.ward,
                patient=task.patient,
                day=now.astimezone(self._core.campuses.zone()).date(),
                raised=now,
                deadline=now + self._time(tx, task.plan),
            ),
        )
        if flag is not None:
            self._core.hub.red_flag(tx, flag_id=flag.id)
            self._alert(tx, flag)
        return flag

    async def see(self, flag_id: int, by: str) -> Flag:
        """Somebody has taken notice and looks after it; a second time changes nothing."""
        done: Flag = await self._core.db.run(self._see, flag_id, by)
        return done

    async def close(self, flag_id: int, by: str, note: str) -> Flag:
        """Say what was done; Invalid without words, Conflict when it was closed before."""
        if not note.strip():
            raise Invalid("followup.note", "Please say what was done.")
        done: Flag = await self._core.db.run(self._close, flag_id, by, note.strip())
        return done

    # Who is told

    async def posts(self) -> list[Post]:
        """All who are told by message, by campus, ward and level."""
        found: list[Post] = await self._core.db.run(store.posts)
        return found

    async def put_post(self, post: Post) -> None:
        """Add one, or change the one of that id; Invalid for a number that cannot be called."""
        number = parse_phone(post.number).e164
        await self._core.db.run(store.put_post, evolve(post, number=number))

    async def remove_post(self, post_id: int) -> None:
        """Tell that one no more; NotFound when it is not there."""
        if not await self._core.db.run(store.remove_post, post_id):
            raise NotFound("followup.no_post", "There is no such entry.")

    # Jobs

    async def alert(self, args: Mapping[str, Any], job: object = None) -> None:
        """Send the messages of one level; a flag that was seen meanwhile needs none."""
        found = await self._core.db.run(self._messages, args["flag"], args["level"])
        taken = [await self._core.hub.deliver(message=message) for message in found]
        if None in taken:  # all are handed over again; what was taken is one message all the same
            raise Unavailable("followup.no_channel", "No message can be sent now.")

    async def escalate(self, args: Mapping[str, Any], job: object = None) -> None:
        """Pass a flag on whose deadline is over."""
        await self._core.db.run(self._escalate, args["flag"], args["level"])

    async def sweep(self) -> None:
        """Pass on what should have been, should a job of it be lost."""
        for flag_id in await self._core.db.run(store.late, self._core.clock.now(), 200):
            await self._core.db.run(self._escalate, flag_id, None)

    async def replied(self, reply: InboundMessage) -> str | None:
        """A ward's answer to a message of ours: 1 means that it was seen. None: not ours."""
        name, _, rest = reply.about.partition(":")
        numbers = rest.split(":")
        if name != KEY or len(numbers) != 3 or not all(map(str.isdecimal, numbers)):
            return None
        if reply.text.strip() not in NOTICED:
            return ""
        flag, post = int(numbers[0]), int(numbers[2])
        return await self._core.db.run(self._noticed, flag, post, reply.number) or ""

    # In the transaction

    def _time(self, tx: Tx, plan: str) -> timedelta:
        return timedelta(minutes=plan_of(tx, plan).flag_minutes or self._config.flag_minutes)

    def _alert(self, tx: Tx, flag: Flag) -> None:
        """Tell those of its level now, and those above when its deadline is over."""
        put = self._core.outbox.put
        one = {"flag": flag.id, "level": flag.level}
        name = f"{flag.id}:{flag.level}"
        put(tx, Job(ALERT, one, dedupe_key=f"{ALERT}:{name}"))
        if flag.deadline:
            key = f"{ESCALATE}:{name}"
            put(tx, Job(ESCALATE, one, run_at=flag.deadline, dedupe_key=key))
        self._tell(tx, flag)

    def _escalate(self, tx: Tx, flag_id: int, level: int | None) -> None:
        try:
            flag = store.get(tx, flag_id)
        except NotFound:  # erased
            return
        now: datetime = self._core.clock.now()
        over = flag.deadline is not None and flag.deadline <= now
        if flag.state is not FlagState.OPEN or level not in (None, flag.level) or not over:
            return
        higher = flag.level + 1
        again = now + timedelta(minutes=self._config.flag_minutes)
        passed = evolve(flag, level=higher, deadline=again if higher < MOST_LEVELS else None)
        store.put(tx, passed)
        self._alert(tx, passed)

    def _messages(self, tx: Tx, flag_id: int, level: int) -> list[OutboundMessage]:
        try:
            flag = store.get(tx, flag_id)
        except NotFound:
            return []
        if flag.state is not FlagState.OPEN or flag.level != level:
            return []
        text = self._text(tx, flag)
        return [
            OutboundMessage(
                id=f"{KEY}:{flag.id}:{level}:{post.id}",
                channel="sms",
                to=post.number,
                text=text,
                campus=flag.campus,
                purpose=PURPOSE,
                urgency=Urgency.URGENT,
            )
            for post in store.posts_of(tx, flag)
        ]

    def _text(self, tx: Tx, flag: Flag) -> str:
        """Enough to know whose bed it was; the rest is read where it is guarded."""
        case = cases.get(tx, flag.case)
        who = " ".join(filter(None, (case.ward, case.bed, masked_name(case.name))))
        return f"随访红旗：{who}，{flag.words}。请尽快处理并回复1确认。"

    def _see(self, tx: Tx, flag_id: int, by: str) -> Flag:
        flag = store.get(tx, flag_id)
        if flag.state is not FlagState.OPEN:
            return flag
        now = self._core.clock.now()
        return self._put(
            tx, evolve(flag, state=FlagState.SEEN, seen=now, seen_by=by, deadline=None)
        )

    def _noticed(self, tx: Tx, flag_id: int, post_id: int, number: str) -> str:
        """Only whom it was sent to acknowledges it."""
        told = next((one for one in store.posts(tx) if one.id == post_id), None)
        if told is None or told.number != number:
            return ""
        try:
            self._see(tx, flag_id, told.who)
        except NotFound:
            return ""
        return THANKS

    def _close(self, tx: Tx, flag_id: int, by: str, note: str) -> Flag:
        flag = store.get(tx, flag_id)
        if flag.state is FlagState.CLOSED:
            raise Conflict("followup.flag_closed", "Somebody has looked after it already.")
        now = self._core.clock.now()
        values: dict[str, Any] = {"closed": now, "closed_by": by, "note": note, "deadline": None}
        values |= {"seen": flag.seen or now, "seen_by": flag.seen_by or by}
        return self._put(tx, evolve(flag, state=FlagState.CLOSED, **values))

    def _put(self, tx: Tx, flag: Flag) -> Flag:
        store.put(tx, flag)
        self._tell(tx, flag)
        return flag

    def _tell(self, tx: Tx, flag: Flag) -> None:
        tell = self._core.events.tell
        tx.after_commit(lambda: tell(CHANGED, str(flag.id), permission=PERMISSION))
