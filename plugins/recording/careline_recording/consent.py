"""Callers who do not want to be recorded: asked by a step of the flow, remembered for the call."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, String, Table, delete, insert, select

from careline.hooks import SpokenText
from careline.i18n import Text
from careline.ivr.model import OPERATOR, Answer, Field, FieldType, NodeKind
from careline.ivr.step import Step
from careline.plugins import Core
from careline.storage import Tx, UTCDateTime, metadata

KIND = "recording_consent"
NOTICE = "recording-consent"
REFUSE = "9"

refusal_table = Table(
    "recording_refusal",
    metadata,
    Column("call", String(64), primary_key=True),
    Column("at", UTCDateTime, nullable=False),
)


class Consent:
    """Says of a call whether its caller refused; the memory of this run answers at once."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._refused: set[str] = set()

    async def refuse(self, call: str) -> None:
        """The caller does not want to be recorded in this call."""
        self._refused.add(call)
        await self._core.db.run(add_refusal, call, self._core.clock.now())

    async def refused(self, call: str) -> bool:
        """True when the caller refused, before a restart of the core too."""
        return call in self._refused or await self._core.db.run(find_refusal, call)

    def forget(self, call: str) -> None:
        """The call is over; the database remembers."""
        self._refused.discard(call)

    def ivr_nodes(self) -> list[NodeKind]:
        """The step that asks."""
        return [kind(self)]

    def prompts(self) -> list[SpokenText]:
        """What it says."""
        return [
            SpokenText(
                name=NOTICE,
                zh="为提高服务质量，本次通话将被录音。如您不同意录音，请按9。",
                en="This call will be recorded to improve our service. "
                "If you do not want to be recorded, press 9.",
            )
        ]


def kind(consent: Consent | None = None) -> NodeKind:
    """The step; without ``consent`` to check flows with, not to run them."""

    async def run(step: Step) -> Answer:
        """Say it, and wait a moment for the key."""
        key = await step.line.collect(step.prompts(step["prompts"]), 1, step["timeout_s"], "")
        if key == "0":
            return OPERATOR
        if key != REFUSE:
            return "next"
        if consent is not None and step.caller.call:
            await consent.refuse(step.caller.call)
        return "refused" if step["refused"] else "next"

    return NodeKind(
        name=KIND,
        title=Text("Recording notice with the choice to refuse"),
        fields=(
            Field(
                name="prompts",
                type=FieldType.PROMPTS,
                title=Text("Prompts"),
                default=(NOTICE,),
            ),
            Field(
                name="timeout_s",
                type=FieldType.NUMBER,
                title=Text("Seconds to wait for a key"),
                default=2,
                low=1,
                high=60,
            ),
            Field(name="next", type=FieldType.TARGET, title=Text("Then"), required=True),
            Field(
                name="refused",
                type=FieldType.TARGET,
                title=Text("If the caller refuses"),
                by_caller=True,
            ),
        ),
        run=run,
    )


def add_refusal(tx: Tx, call: str, now: datetime) -> None:
    """Remember that the caller refused; again changes nothing."""
    if not find_refusal(tx, call):
        tx.execute(insert(refusal_table).values(call=call, at=now))


def find_refusal(tx: Tx, call: str) -> bool:
    """True when the caller of this call refused."""
    return tx.scalar(select(refusal_table.c.at).where(refusal_table.c.call == call)) is not None


def forget_refusals(tx: Tx, before: datetime) -> None:
    """Forget those of calls long over."""
    tx.execute(delete(refusal_table).where(refusal_table.c.at < before))
