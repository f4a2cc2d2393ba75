"""What became of calls and messages, as the core and the channels tell; each at least once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from careline.errors import NotFound, Unavailable
from careline.hooks import OutboundMessage
from careline.i18n import Text
from careline.jobs import Postpone
from careline.outbound.model import Kept, Outcome, Stage
from careline.storage import Tx
from careline_followup.cases import store as cases
from careline_followup.cases.model import Case, CaseKind
from careline_followup.links import Links
from careline_followup.plans.model import BY_AGENTS, Way
from careline_followup.tasks import store
from careline_followup.tasks.ladder import mobile
from careline_followup.tasks.model import Attempt, State, Task, Why, task_of_key
from careline_followup.tasks.moves import CALLED, Moves
from careline_followup.tasks.ways import PURPOSE, Ways

AGAIN = timedelta(minutes=1)
#: Nobody is to be called by any way: not even an agent may.
FORBIDDEN = (Outcome.REFUSED,)
#: Reasons of the core's outbound that are of the number alone.
NEVER = {f"outbound.{why}" for why in ("number", "premium", "abroad", "refused", "only")}
#: How the core's outbound begins its reason for what a person or a plugin said.
BY_SOMEBODY = "by "
BY_HAND = Text("The call was withdrawn by hand.")
TEXT = "您好，为了解您出院后的恢复情况，请点击链接填写随访问卷：{url} （链接仅供本人使用）"


class Settling:
    """Takes tasks on by what was told of their ways; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, moves: Moves, ways: Ways, links: Links) -> None:
        self._core = core
        self._moves = moves
        self._ways = ways
        self._links = links

    async def outbound_settled(self, key: str, outcome: str) -> None:
        """A call of ours is over; one of an earlier way changes nothing."""
        if task_id := task_of_key(key):
            await self._core.db.run(self._called, task_id, key, Outcome(outcome))

    async def outbound_released(self, key: str) -> None:
        """A call of ours is offered to everybody: so is the follow-up, unless it has moved on."""
        if task_id := task_of_key(key):
            await self._core.db.run(self._released, task_id, key)

    def _released(self, tx: Tx, task_id: int, key: str) -> None:
        task, call = store.get(tx, task_id), self._core.outbound.look(tx, key)
        given = call is None or call.task.whose or call.agent
        if task.agent and task.state in CALLED and task.call_key == key and not given:
            self._moves.to(tx, task, task.state, agent="")

    async def message_settled(self, message_id: str, delivered: bool) -> None:
        """A message of ours has arrived, or will not."""
        if task_id := task_of_key(message_id):
            await self._core.db.run(self._sent, task_id, message_id, delivered)

    async def send(self, args: Mapping[str, Any], job: object = None) -> None:
        """Hand the message with the link over; the same task and round is one message."""
        message = await self._core.db.run(self._message, args["task"], args["round"])
        if message is None:
            return
        if await self._core.hub.deliver(message=message) is None:
            raise Unavailable("followup.no_channel", "No message can be sent now.")

    async def silent(self, args: Mapping[str, Any], job: object = None) -> None:
        """The time of a way is over."""
        await self._core.db.run(self._ways.silent, args["task"], args["round"])

    async def hush(self, args: Mapping[str, Any], job: object = None) -> None:
        """Have a call not repeated that was being made when its task ended."""
        if not await self._core.db.run(self._hushed, args["key"]):
            raise Postpone(self._core.clock.now() + AGAIN, "the call is being made")

    # In the transaction

    def _called(self, tx: Tx, task_id: int, key: str, outcome: Outcome) -> None:
        try:
            task = store.get(tx, task_id)
        except NotFound:  # erased
            return
        self._note(tx, task, key, outcome)
        if task.call_key != key or task.state not in (State.DUE, State.RUNNING):
            return
        if outcome is Outcome.ANSWERED and task.way in BY_AGENTS:
            self._ways.wait_for_form(tx, task)
        elif outcome is Outcome.WITHDRAWN:  # by a person: what we withdraw ourselves is over
            self._moves.to(tx, task, State.CANCELLED, why=Why.ASKED, note=BY_HAND.msgid)
        elif outcome in FORBIDDEN and self._for_all(tx, key):
            self._ways.forbidden(tx, task, by_list=self._by_list(tx, key))
        else:
            self._ways.next(tx, task)

    def _for_all(self, tx: Tx, key: str) -> bool:
        """Whether a refusal is the patient's: of several numbers only the last was refused."""
        kept: Kept | None = self._core.outbound.look(tx, key)
        return kept is None or len(kept.task.rungs) == 1 or kept.reason.startswith(BY_SOMEBODY)

    def _by_list(self, tx: Tx, key: str) -> bool:
        """Whether a call was refused since its number is never dialled, whoever it is of."""
        kept: Kept | None = self._core.outbound.look(tx, key)
        return kept is not None and kept.reason in NEVER

    def _note(self, tx: Tx, task: Task, key: str, outcome: Outcome) -> None:
        kept = self._core.outbound.look(tx, key)
        values: dict[str, Any] = {}
        if kept is not None:
            place = min(kept.rung, len(kept.task.rungs) - 1)
            who = kept.task.rungs[place].who
            values = {"agent": kept.agent, "call": kept.call, "who": who}
        now = self._core.clock.now()
        way = task.way or Way.AGENT
        noted = Attempt(task=task.id, key=key, at=now, way=way, outcome=outcome.value, **values)
        if outcome is not Outcome.WITHDRAWN:
            store.add_attempt(tx, noted)

    def _message(self, tx: Tx, task_id: int, round: int) -> OutboundMessage | None:
        try:
            task = store.get(tx, task_id)
        except NotFound:
            return None
        if task.round != round or task.state is not State.DUE:
            return None
        case = cases.get(tx, task.case)
        number = mobile(tx, case)
        if not number:
            return None
        return OutboundMessage(
            id=task.call_key,
            channel="sms",
            to=number,
            text=TEXT.format(url=self._links.url(self._links.make(tx, task.id))),
            patient=task.patient,
            campus=task.campus,
            purpose=PURPOSE,
            not_after=self._not_after(task, case),
        )

    def _not_after(self, task: Task, case: Case) -> datetime:
        if case.kind is CaseKind.OPERATION:
            return case.at
        tomorrow: datetime = self._core.clock.now() + timedelta(days=1)
        return max(task.deadline, tomorrow)

    def _sent(self, tx: Tx, task_id: int, key: str, delivered: bool) -> None:
        try:
            task = store.get(tx, task_id)
        except NotFound:
            return
        outcome = "delivered" if delivered else "failed"
        now = self._core.clock.now()
        noted = Attempt(task=task.id, key=key, at=now, way=Way.MESSAGE, outcome=outcome)
        store.add_attempt(tx, noted)
        current = task.call_key == key and task.state is State.DUE
        if current and task.way is Way.MESSAGE and not delivered:
            self._ways.next(tx, task)

    def _hushed(self, tx: Tx, key: str) -> bool:
        kept = self._core.outbound.look(tx, key)
        if kept is None or kept.stage is Stage.DONE:
            return True
        return bool(self._core.outbound.withdraw(tx, key, "followup.over"))
