"""Thanks callers by message, half an hour after they have talked with somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import frozen

from careline.calls.store import load
from careline.errors import Unavailable
from careline.hooks import (
    JobHandler,
    OutboundMessage,
    Page,
    Permission,
    SpokenText,
    hook,
)
from careline.i18n import Text
from careline.ivr.model import Answer, Field, FieldType, NodeKind
from careline.ivr.prompt import Prompt, Speech
from careline.ivr.step import Step
from careline.jobs import Job
from careline.plugins import Core, Plugin
from careline.storage import Tx
from careline.web import Page as Shown
from careline.web import Visit, get

SEND = "thanks.send"
ASKED = SpokenText(name="thanks-asked", zh="不想收到短信，请按1。", en="For no message, press 1.")


@frozen
class Config:
    """``[plugin.thanks]``."""

    text: str = "您好，感谢来电。"
    after_min: int = 30


class Thanks:
    """Everything that it does."""

    def __init__(self, core: Core, config: Config) -> None:
        self._core = core
        self._config = config
        self._unwanted: set[str] = set()
        self.sent = 0

    @hook
    async def call_ended(self, call_id: str) -> None:
        """Think of thanking."""
        await self._core.db.run(self._plan, call_id)

    def _plan(self, tx: Tx, call_id: str) -> None:
        after = timedelta(minutes=self._config.after_min)
        when = self._core.clock.now() + after
        job = Job(SEND, {"call": call_id}, run_at=when, dedupe_key=f"{SEND}.{call_id}")
        self._core.outbox.put(tx, job)

    @hook
    def job_handlers(self) -> list[JobHandler]:
        """The one job."""
        return [JobHandler(kind=SEND, do=self._send)]

    async def _send(self, args: Mapping[str, Any], job: object) -> None:
        stored = await self._core.db.run(load, args["call"])
        if stored is None or not stored.record.served_by or args["call"] in self._unwanted:
            return
        known = await self._core.patients.several(stored.record.patients)
        name = known[0].name if len(known) == 1 else ""
        message = OutboundMessage(
            id=f"thanks:{args['call']}",
            channel="sms",
            to=stored.record.number,
            text=name + self._config.text,
        )
        if await self._core.hub.deliver(message=message) is None:
            raise Unavailable("thanks.no_channel", "No message can be sent now.")
        self.sent += 1
        self._core.events.tell("thanks_sent", permission="thanks.see")

    @hook
    def permissions(self) -> list[Permission]:
        """Who sees it."""
        return [Permission(name="thanks.see", title="See thanks", roles=("leader",))]

    @hook
    def pages(self) -> list[Page]:
        """One page."""
        return [
            Page(
                name="thanks", title="Thanks", path="/thanks", permission="thanks.see", routes=self
            )
        ]

    @get("/thanks", permission="thanks.see")
    async def page(self, visit: Visit) -> Shown:
        """How many."""
        return Shown("thanks/page.html", {"sent": self.sent}, title=Text("Thanks"))

    @hook
    def prompts(self) -> list[SpokenText]:
        """What callers hear."""
        return [ASKED]

    @hook
    def ivr_nodes(self) -> list[NodeKind]:
        """A step in which callers may say that they want no message."""
        then = Field(name="next", type=FieldType.TARGET, title=Text("Then"), required=True)
        return [NodeKind(name="thanks_ask", title=Text("Thanks"), fields=(then,), run=self._ask)]

    async def _ask(self, step: Step) -> Answer:
        prompt = Prompt(Speech.NAME, ASKED.name, step.position.language)
        if await step.line.collect([prompt], 1, 3, "") == "1":
            self._unwanted.add(step.caller.call)
        return "next"


plugin = Plugin(name="thanks", title="Thanks", version="1.0", hooks=Thanks, config=Config)
