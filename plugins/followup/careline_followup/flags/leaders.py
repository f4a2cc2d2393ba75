"""Who leads hears in the morning how much is overdue: nobody need look at a page for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from careline.errors import Unavailable
from careline.hooks import OutboundMessage
from careline.storage import Tx
from careline_followup.flags import store
from careline_followup.tasks.store import count_overdue

LATE = "followup.late"
PURPOSE = "followup_late"
TEXT = "随访提醒：有{count}项随访已超期未完成，请在随访工作列表中查看并安排。"


class Leaders:
    """Tells them, each once a day; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any) -> None:
        self._core = core

    async def tell(self, args: Mapping[str, Any], job: object = None) -> None:
        """A message to each whose campus has follow-ups overdue; the same day twice is one."""
        found: list[OutboundMessage] = await self._core.db.run(self._messages)
        taken = [await self._core.hub.deliver(message=message) for message in found]
        if None in taken:
            raise Unavailable("followup.no_channel", "No message can be sent now.")

    def _messages(self, tx: Tx) -> list[OutboundMessage]:
        now: datetime = self._core.clock.now()
        day = now.astimezone(self._core.campuses.zone()).date()
        found = []
        for post in store.leaders(tx):
            if count := count_overdue(tx, now, (post.campus,)):
                message = OutboundMessage(
                    id=f"followup-late:{day}:{post.id}",
                    channel="sms",
                    to=post.number,
                    text=TEXT.format(count=count),
                    campus=post.campus,
                    purpose=PURPOSE,
                )
                found.append(message)
        return found
