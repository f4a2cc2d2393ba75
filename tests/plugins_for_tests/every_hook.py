"""A small plugin that implements every hook of the core, and remembers what it was told.

It shows each kind of hook in its shortest form, sync and async; tests hold it complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
from attrs import field, frozen

from careline.hooks import (
    Act,
    Command,
    Delivery,
    ExportPart,
    HealthCheck,
    InboundMessage,
    JobHandler,
    LookUp,
    OutboundMessage,
    Page,
    Panel,
    Permission,
    Purpose,
    Refusal,
    Report,
    Schedule,
    Setting,
    Slot,
    SpokenText,
    TimelineEntry,
    hook,
    on_failure,
)
from careline.i18n import Text
from careline.ivr.exits import ToQueue
from careline.ivr.model import Enter, NodeKind
from careline.patients.model import Patient, PatientPhone
from careline.plugins import Plugin

if TYPE_CHECKING:
    from careline.agents.model import AgentStatus, Reason, State
    from careline.calls.model import CallRecord
    from careline.ivr.model import Caller
    from careline.ivr.step import Step
    from careline.plugins import Core


@frozen
class EveryHookConfig:
    """``[plugin.every_hook]``: the number that may not be dialled."""

    forbidden: str = "110"


async def _rows(**_: object) -> Sequence[Sequence[Any]]:
    return [("calls", 1)]


async def _view(**_: object) -> Mapping[str, Any]:
    return {}


async def _greeting(caller: Caller, arguments: Mapping[str, str]) -> Mapping[str, str] | None:
    return {"text": "hello"} if caller.number else None


async def _say_nothing(step: Step) -> str:
    return str(step["next"])


@frozen(eq=False)
class EveryHook:
    """The hooks object; ``told`` lists every event in the order in which it came."""

    core: Core | None
    config: EveryHookConfig = field(factory=EveryHookConfig)
    told: list[tuple[str, object]] = field(factory=list)

    async def start(self) -> None:
        self.told.append(("start", None))

    async def stop(self) -> None:
        self.told.append(("stop", None))

    # provides

    @hook
    def panels(self) -> list[Panel]:
        return [
            Panel(
                name="every_hook",
                title="Every hook",
                slot=Slot.CALL,
                template="every_hook/panel.html",
                view=_view,
                permission="every_hook.see",
            )
        ]

    @hook
    def pages(self) -> list[Page]:
        return [
            Page(
                name="every_hook",
                title="Every hook",
                path="/every_hook",
                permission="every_hook.see",
                routes=self,
            )
        ]

    @hook
    def permissions(self) -> list[Permission]:
        return [Permission(name="every_hook.see", title="See every hook", roles=("leader",))]

    @hook
    def job_handlers(self) -> list[JobHandler]:
        return [JobHandler(kind="every_hook.tick", do=self.tick)]

    async def tick(self, args: Mapping[str, Any], _: object) -> None:
        self.told.append(("tick", args))

    @hook
    def schedules(self) -> list[Schedule]:
        return [Schedule(name="tick", kind="every_hook.tick", every=timedelta(minutes=5))]

    @hook
    def ivr_nodes(self) -> list[NodeKind]:
        return [NodeKind(name="every_hook_pass", title=Text("Pass"), fields=(), run=_say_nothing)]

    @hook
    def look_ups(self) -> list[LookUp]:
        return [LookUp(name="every_hook.greeting", ask=_greeting)]

    @hook
    def prompts(self) -> list[SpokenText]:
        return [SpokenText(name="every-hook-hello", en="Hello")]

    @hook
    def reports(self) -> list[Report]:
        return [
            Report(
                name="every_hook",
                title="Every hook",
                permission="every_hook.see",
                run=_rows,
            )
        ]

    @hook
    def acts(self) -> list[Act]:
        return [Act(name="every_hook.seen", title="Looked at every hook")]

    @hook
    def purposes(self) -> list[Purpose]:
        return [Purpose(name="every_hook", title="Every hook")]

    @hook
    def commands(self) -> list[Command]:
        return [Command(name="every-hook", command=click.Command("every-hook"))]

    @hook
    def settings(self) -> list[Setting]:
        return [Setting(name="every_hook.loud", title="Loud", default=False)]

    # events

    @hook
    def call_started(self, call: CallRecord) -> None:
        self.told.append(("call_started", call.id))

    @hook
    async def call_queued(self, call: CallRecord, queue: str) -> None:
        self.told.append(("call_queued", queue))

    @hook
    async def call_answered(self, agent: str) -> None:
        self.told.append(("call_answered", agent))

    @hook
    def call_transferred(self, target: str) -> None:
        self.told.append(("call_transferred", target))

    @hook
    def agent_changed(self, after: AgentStatus) -> None:
        self.told.append(("agent_changed", after.agent))

    @hook
    def patient_linked(self, patient_id: int) -> None:
        self.told.append(("patient_linked", patient_id))

    @hook
    async def call_ended(self, call_id: str) -> None:
        self.told.append(("call_ended", call_id))

    @hook
    async def recording_ready(self, call_id: str, recording_id: str) -> None:
        self.told.append(("recording_ready", recording_id))

    @hook
    async def message_settled(self, message_id: str, delivered: bool) -> None:
        self.told.append(("message_settled", message_id))

    @hook
    async def message_unwanted(self, message_id: str) -> None:
        self.told.append(("message_unwanted", message_id))

    @hook
    async def outbound_released(self, key: str) -> None:
        self.told.append(("outbound_released", key))

    @hook
    async def outbound_settled(self, key: str, outcome: str) -> None:
        self.told.append(("outbound_settled", key))

    @hook
    async def patients_merged(self, kept: int, gone: int) -> None:
        self.told.append(("patients_merged", (kept, gone)))

    @hook
    async def patients_unmerged(self, kept: int, gone: int) -> None:
        self.told.append(("patients_unmerged", (kept, gone)))

    @hook
    async def erase_patient(self, patient_id: int) -> None:
        self.told.append(("erase_patient", patient_id))

    # asks

    @hook
    async def route_call(self, call: CallRecord) -> Enter:
        return Enter("every_hook")

    @hook
    def overflow(self, queue: str, waited_s: int) -> ToQueue | None:
        return ToQueue(queue="elsewhere") if waited_s > 60 else None

    @hook
    async def after_call(self, call: CallRecord) -> Enter:
        return Enter("satisfaction")

    @hook
    def record_call(self, agent: str) -> bool:
        return True

    @hook
    async def load_patient(self, number: str) -> Patient | None:
        return Patient(name="王小明", phones=(PatientPhone(number),))

    @hook
    async def deliver(self, message: OutboundMessage) -> Delivery | None:
        return Delivery(reference=f"every_hook-{message.id}") if message.channel == "test" else None

    @hook
    async def message_replied(self, reply: InboundMessage) -> str | None:
        return "thank you" if reply.channel == "test" else None

    @hook
    async def number_behind(self, shown: str) -> str | None:
        return "+8613800001111" if shown == "every_hook:7" else None

    @hook
    @on_failure(Refusal("every_hook.silent", "the list of numbers cannot be read"))
    def may_dial(self, number: str) -> Refusal | None:
        if number == self.config.forbidden:
            return Refusal("every_hook.forbidden", "{number} is not dialled", {"number": number})
        return None

    @hook
    def may_change_state(self, now: AgentStatus, state: State, reason: Reason) -> None:
        return None

    # gathers

    @hook
    async def find_patients(self, text: str) -> list[Patient]:
        return [Patient(name="王小明")]

    @hook
    def patient_timeline(self, patient_id: int) -> list[TimelineEntry]:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return [TimelineEntry(at=at, kind="every_hook", title="Born")]

    @hook
    async def export_patient(self, patient_id: int) -> list[ExportPart]:
        return [ExportPart(name="every_hook", rows=({"id": patient_id},))]

    @hook
    async def health(self) -> list[HealthCheck]:
        return [HealthCheck(name="every_hook", title="Every hook")]


plugin = Plugin(
    name="every_hook",
    title="Every hook",
    version="1.0",
    hooks=EveryHook,
    config=EveryHookConfig,
)
