"""Red flags: written with the answer, told at once, passed on until a person has seen them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from attrs import evolve

from careline.audit.model import Entry as AuditLine
from careline.audit.store import add_entry
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
from careline_followup.tasks import store as tasks
from careline_followup.tasks.model import Task

CHANGED = "followup_flag"
PERMISSION = "followup.ward"
ALERT, ESCALATE = "followup.alert", "followup.escalate"
PURPOSE = "followup_flag"
KEY = "followup-flag"
#: How often a flag is passed on; after that it is an alarm of the house until it is seen.
MOST_LEVELS = 5
#: 1, or 1-27 where several wait.
NOTICED = re.compile(r"(?:1|收到|OK|ok)(?:\s*[-－—]\s*(?P<flag>\d{1,18}))?")
#: Of the numbers in a key.
LONGEST = 30
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
        """Somebody has taken notice and looks after it; a second time changes nothing.

        What is not closed in ``seen_minutes`` is passed on after all.
        """
        done: Flag = await self._core.db.run(self._see, flag_id, by)
        return done

    async def close(self, flag_id: int, by: str, note: str) -> Flag:
        """Say what was done; Invalid without words, Conflict when it was closed before."""
        if not note.strip():
            raise Invalid("followup.note", "Please say what was done.")
        done: Flag = await self._core.db.run(self._close, flag_id, by, note.strip())
        return done

    # Who is told

    async def untold(self, since: datetime) -> list[tuple[str, str]]:
        """Campus and ward of patients who left since, in which nobody is told at once."""
        found: list[tuple[str, str]] = await self._core.db.run(store.untold_wards, since)
        return found

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
        flag, level = args["flag"], args["level"]
        found: list[OutboundMessage] = await self._core.db.run(self._messages, flag, level)
        if not found:
            await self._core.db.run(self._unheard, flag, level)
        taken = [await self._core.hub.deliver(message=message) for message in found]
        if None in taken:  # all are handed over again; what was taken is one message all the same
            raise Unavailable("followup.no_channel", "No message can be sent now.")

    async def escalate(self, args: Mapping[str, Any], job: object = None) -> None:
        """Pass a flag on whose deadline is over."""
        await self._core.db.run(self._escalate, args["flag"], args["level"])

    async def settled(self, message_id: str, delivered: bool) -> None:
        """What became of a message of ours; when nobody of a level has it, the next one hears."""
        numbers = _numbers(message_id)
        if numbers is not None and not delivered:
            await self._core.db.run(self._lost, *numbers)

    async def sweep(self) -> None:
        """Pass on what should have been, should a job of it be lost."""
        for flag_id in await self._core.db.run(store.late, self._core.clock.now(), 200):
            await self._core.db.run(self._escalate, flag_id, None)

    async def replied(self, reply: InboundMessage) -> str | None:
        """A ward's answer to a message of ours: 1 (1-27 of several) means that it was seen.

        None: not ours, or not of one that waits, so that the message before it is asked.
        """
        numbers = _numbers(reply.about)
        if numbers is None:
            return None
        said = NOTICED.fullmatch(reply.text.strip())
        if said is None:
            return ""
        flag = int(said["flag"] or 0)
        answer: str | None = await self._core.db.run(
            self._noticed, flag or numbers[0], bool(flag), reply.number
        )
        return answer

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
        if flag.state is FlagState.CLOSED or level not in (None, flag.level) or not over:
            return
        self._pass_on(tx, flag, flag.level + 1)

    def _pass_on(self, tx: Tx, flag: Flag, higher: int) -> None:
        """Tell those of a higher level; who had seen it has not looked after it."""
        again = self._core.clock.now() + self._time(tx, tasks.get(tx, flag.task).plan)
        passed = evolve(
            flag,
            state=FlagState.OPEN,
            level=higher,
            deadline=again if higher < MOST_LEVELS else None,
            lost=(),
            seen=None,
            seen_by="",
        )
        store.put(tx, passed)
        self._alert(tx, passed)

    def _unheard(self, tx: Tx, flag_id: int, level: int) -> None:
        """Nobody is told at this level: those above are, at once."""
        flag = self._waiting(tx, flag_id, level)
        if flag is not None and (higher := store.next_level(tx, flag)) is not None:
            self._pass_on(tx, flag, higher)

    def _lost(self, tx: Tx, flag_id: int, level: int, post_id: int) -> None:
        flag = self._waiting(tx, flag_id, level)
        if flag is None:
            return
        lost = {*flag.lost, post_id}
        if {post.id for post in store.posts_of(tx, flag)} <= lost and level < MOST_LEVELS:
            self._pass_on(tx, flag, level + 1)
        else:
            store.put(tx, evolve(flag, lost=sorted(lost)))

    def _waiting(self, tx: Tx, flag_id: int, level: int) -> Flag | None:
        """A flag that those of this level are to acknowledge."""
        try:
            flag = store.get(tx, flag_id)
        except NotFound:  # erased
            return None
        return flag if flag.state is FlagState.OPEN and flag.level == level else None

    def _messages(self, tx: Tx, flag_id: int, level: int) -> list[OutboundMessage]:
        flag = self._waiting(tx, flag_id, level)
        if flag is None:
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
        return f"随访红旗：{who}，{flag.words}。请尽快处理并回复1-{flag.id}确认。"

    def _see(self, tx: Tx, flag_id: int, by: str) -> Flag:
        flag = store.get(tx, flag_id)
        if flag.state is not FlagState.OPEN:
            return flag
        now = self._core.clock.now()
        ends = now + timedelta(minutes=self._config.seen_minutes)
        return self._put(
            tx, evolve(flag, state=FlagState.SEEN, seen=now, seen_by=by, deadline=ends)
        )

    def _noticed(self, tx: Tx, flag_id: int, named: bool, number: str) -> str | None:
        """Only who is told of a ward's flags acknowledges them; one that was named, again too."""
        try:
            flag = store.get(tx, flag_id)
        except NotFound:
            return "" if named else None
        told = next((one for one in store.told_of(tx, flag) if one.number == number), None)
        if told is None:
            return ""
        if flag.state is not FlagState.OPEN:
            return THANKS if named else None
        self._see(tx, flag_id, told.who)
        line = AuditLine(
            at=self._core.clock.now(),
            act="followup.flag_seen",
            name=told.who,
            kind="followup_flag",
            whose=str(flag_id),
            what="sms",
        )
        add_entry(tx, line)
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


def _numbers(key: str) -> tuple[int, int, int] | None:
    """Flag, level and post of a message of ours; None for others'."""
    name, _, rest = key.partition(":")
    numbers = rest.split(":")
    if name != KEY or len(numbers) != 3 or len(rest) > LONGEST:
        return None
    if not all(map(str.isdecimal, numbers)):
        return None
    flag, level, post = map(int, numbers)
    return flag, level, post
