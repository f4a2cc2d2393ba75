"""Group messages: written by one, approved by another, put as single messages a few at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import evolve

from careline.errors import Conflict, Invalid, NotFound, Refused
from careline.hooks import JobHandler
from careline.i18n import Text
from careline.jobs import Job
from careline.plugins import Core
from careline.storage import Tx
from careline_sms.groups import store
from careline_sms.groups.model import Group, GroupState, Member, Wait
from careline_sms.model import New
from careline_sms.service import Messages
from careline_sms.templating.service import Templates
from careline_sms.templating.words import fill, missing

KIND = "sms.group"
AT_ONCE = 200
PURPOSE = "group"
WITHDRAWN = Text("the group message was withdrawn")


class Groups:
    """Who may do it is checked by whoever asks, but that nobody approves their own is ours."""

    def __init__(self, core: Core, messages: Messages, templates: Templates) -> None:
        self._core = core
        self._messages = messages
        self._templates = templates

    # Writing

    def words(self, group: Group, member: Member) -> str:
        """What one of them gets, unsigned; Invalid when a variable has no value."""
        values = self.values(group, member)
        if group.template:
            return self._templates.render(group.template, values, group.language)
        return filled(group.text, values)

    def values(self, group: Group, member: Member) -> dict[str, str]:
        """The variables of one: those of all, then the member's own."""
        return {**group.values, **member.values, "name": member.name or "您"}

    async def write(self, group: Group, members: Sequence[Member]) -> Group:
        """Store it for approval; Invalid when nobody gets it or the words are not whole."""
        if not members:
            raise Invalid("sms.members", "Nobody gets this message.")
        await self._core.in_thread(self._check, group, members)  # thousands of texts
        new = evolve(group, created=self._core.clock.now(), state=GroupState.WAITING)
        stored: Group = await self._core.db.run(store.add_group, new, members)
        self._tell(stored.id)
        return stored

    def _check(self, group: Group, members: Sequence[Member]) -> None:
        for one in members:
            self.words(group, one)

    # Deciding

    async def approve(self, group_id: int, by: str) -> Group:
        """Have it sent; Refused for its author, Conflict when it does not wait any more."""
        group = await self.get(group_id)
        if group.by == by:
            raise Refused("sms.own_group", "Somebody else has to approve what you wrote.")

        def work(tx: Tx) -> None:
            self._decide(tx, group_id, (GroupState.WAITING,), GroupState.SENDING, by)
            job = Job(KIND, {"group": group_id}, dedupe_key=f"{KIND}-{group_id}-0")
            self._core.outbox.put(tx, job)

        await self._core.db.run(work)
        return await self._told(group_id)

    async def refuse(self, group_id: int, by: str, why: str) -> Group:
        """Have it not sent."""

        def work(tx: Tx) -> None:
            self._decide(tx, group_id, (GroupState.WAITING,), GroupState.REFUSED, by, why)
            store.forget_members(tx, group_id)

        await self._core.db.run(work)
        return await self._told(group_id)

    async def withdraw(self, group_id: int, by: str) -> int:
        """Call it back, also what of it was put and not sent yet; gives how many those were."""

        def work(tx: Tx) -> int:
            before = (GroupState.WAITING, GroupState.SENDING, GroupState.PUT)
            self._decide(tx, group_id, before, GroupState.WITHDRAWN, by)
            store.forget_members(tx, group_id)
            name = store.get_group(tx, group_id).name
            return self._messages.withdraw_group(tx, name, WITHDRAWN.msgid, by)

        count: int = await self._core.db.run(work)
        self._tell(group_id)
        return count

    def _decide(
        self,
        tx: Tx,
        group_id: int,
        before: Sequence[GroupState],
        after: GroupState,
        by: str,
        why: str = "",
    ) -> None:
        now = self._core.clock.now()
        if not store.decide(tx, group_id, before, after, decided_by=by, decided=now, why=why):
            raise Conflict("sms.group_decided", "Somebody has decided about this already.")

    # Sending

    def job_handlers(self) -> list[JobHandler]:
        """Puts the messages of an approved one."""
        return [JobHandler(kind=KIND, do=self._send, timeout=600)]

    async def _send(self, args: Mapping[str, Any], job: Any) -> None:
        """Safe to break off anywhere: a member is forgotten as its message is put."""
        group_id = int(args["group"])
        while await self._core.db.run(self._put_some, group_id):
            pass
        self._tell(group_id)

    def _put_some(self, tx: Tx, group_id: int) -> bool:
        group = store.get_group(tx, group_id)
        if group.state is not GroupState.SENDING:
            return False
        found = store.members(tx, group_id, most=AT_ONCE)
        for place, member in found:
            self._put(tx, group, place, member)
        store.take_members(tx, group_id, [place for place, _ in found])
        if len(found) < AT_ONCE:
            store.decide(tx, group_id, (GroupState.SENDING,), GroupState.PUT)
            return False
        return True

    def _put(self, tx: Tx, group: Group, place: int, member: Member) -> None:
        new = New(
            key=group.key(place),
            to=member.number,
            patient=member.patient,
            purpose=PURPOSE,
            language=group.language,
            not_before=group.due,
            by=group.by,
            group=group.name,
            campus=group.campus,
            shares=True,
        )
        try:
            if group.template:
                values = self.values(group, member)
                self._messages.put(tx, evolve(new, template=group.template, values=values))
            else:
                self._messages.put(tx, evolve(new, text=self.words(group, member)))
        except (Invalid, NotFound):
            return  # the template was changed meanwhile: others go on, the count tells

    # Looking up

    async def get(self, group_id: int) -> Group:
        """One; NotFound."""
        found: Group = await self._core.db.run(store.get_group, group_id)
        return found

    async def listed(
        self, campuses: Collection[str], by: str, offset: int = 0, most: int = 50
    ) -> list[Group]:
        """Those of some campuses ("" for the whole house) and one's own, the newest first."""
        wanted = (offset, most, campuses, by)
        found: list[Group] = await self._core.db.run(store.list_groups, *wanted)
        return found

    async def waiting(self) -> int:
        """How many wait for approval."""
        count: int = await self._core.db.run(store.count_waiting)
        return count

    async def members(self, group_id: int, most: int = 20) -> list[Member]:
        """The first of those who are still to get it."""
        found = await self._core.db.run(store.members, group_id, -1, most)
        return [member for _, member in found]

    async def waits(self, group: Group) -> list[Wait]:
        """Why messages of it are not sent yet, and when they are tried next."""
        found: list[Wait] = await self._core.db.run(store.waits, group.name)
        return found

    async def _told(self, group_id: int) -> Group:
        self._tell(group_id)
        return await self.get(group_id)

    def _tell(self, group_id: int) -> None:
        self._core.events.tell("sms_group", str(group_id), permission="sms.view")


def filled(text: str, values: Mapping[str, str]) -> str:
    """A free text with its variables; Invalid when one has no value."""
    for name in missing(text, values):
        raise Invalid("sms.text", "The variable {what} has no value.", what=name)
    return fill(text, values)


def due_of(typed: str, zone: Any, now: datetime) -> datetime | None:
    """When somebody wants it sent: local, empty for now; Invalid when that is past."""
    if not typed:
        return None
    try:
        moment = datetime.fromisoformat(typed).replace(tzinfo=zone)
    except ValueError:
        raise Invalid("sms.due", "Please give a date and time.") from None
    if moment <= now:
        raise Invalid("sms.due", "This time is past.")
    return moment
