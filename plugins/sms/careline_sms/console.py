"""The gateway of kind ``console``: sends nothing; a page shows its messages as a phone would."""

from __future__ import annotations

from careline.clock import Clock
from careline.messaging.gateway import Fate, GatewayState, Outgoing, Sent, Sink
from careline.tasks import Tasks

RECEIPT_S = 1.0


class Console:
    """Takes every message and says soon after that it has arrived; the page can answer."""

    takes_key = True
    room = 50

    def __init__(self, name: str, clock: Clock, tasks: Tasks) -> None:
        self.name = name
        self._clock = clock
        self._tasks = tasks
        self._sink: Sink | None = None

    async def start(self, sink: Sink) -> None:
        """Begin to take messages."""
        self._sink = sink

    async def stop(self) -> None:
        """Take no more."""
        self._sink = None

    async def send(self, message: Outgoing) -> Sent:
        """Take one; the same key is the same message."""
        reference = f"{self.name}-{message.id}"
        self._tasks.spawn(self._arrive(reference), "sms: console")
        return Sent(reference=(reference,))

    async def _arrive(self, reference: str) -> None:
        await self._clock.sleep(RECEIPT_S)
        if self._sink is not None:
            await self._sink.receipt(self.name, reference, Fate.DELIVERED)

    async def answer(self, number: str, text: str) -> None:
        """Somebody at the page answers as the patient would."""
        if self._sink is not None:
            await self._sink.reply(self.name, number, text, self._clock.now())

    def state(self) -> GatewayState:
        """Always well."""
        return GatewayState(up=self._sink is not None)
