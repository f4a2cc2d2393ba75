"""A channel for messages to patients, for tests: it keeps them, refuses them, or stays silent.

Register it at the hub as the plugin that sends them::

    channel = ScriptedChannel()
    core.hub.register("channel", channel)
"""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred

from careline.app import App
from careline.hooks import Delivery, InboundMessage, OutboundMessage, hook


@define
class ScriptedChannel:
    """Takes ``messages`` over, each id once.

    ``how`` is taken one by one for each question: ``well``, ``not mine``, ``hangs``, ``raises``.
    """

    messages: list[OutboundMessage] = field(factory=list)
    how: list[str] = field(factory=list)
    name: str = "sms"

    @hook
    async def deliver(self, message: OutboundMessage) -> Delivery | None:
        """As ``how`` says; messages of other channels are not its own."""
        how = self.how.pop(0) if self.how else "well"
        if how == "hangs":
            await Deferred()
        if how == "raises":
            raise RuntimeError("a plugin may raise anything")
        if how == "not mine" or message.channel != self.name:
            return None
        if message.id not in {one.id for one in self.messages}:
            self.messages.append(message)
        return Delivery(reference=message.id)

    @property
    def texts(self) -> list[str]:
        """What patients read, in order."""
        return [one.text for one in self.messages]

    async def reply(self, app: App, text: str, to: OutboundMessage | None = None) -> str | None:
        """The patient answers the latest message, or ``to``; what is said back."""
        about = to or self.messages[-1]
        reply = InboundMessage(
            about=about.id,
            channel=self.name,
            number=about.to,
            text=text,
            patient=about.patient,
            at=app.clock.now(),
        )
        answer: Any = await app.hub.message_replied(reply=reply)
        return answer if answer is None else str(answer)

    async def settle(
        self, app: App, delivered: bool = True, to: OutboundMessage | None = None
    ) -> None:
        """The gateway says what became of the latest message, or of ``to``."""
        about = to or self.messages[-1]
        await app.db.run(app.hub.message_settled, message_id=about.id, delivered=delivered)
