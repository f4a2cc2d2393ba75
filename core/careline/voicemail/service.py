"""Takes in what callers spoke: when the step is over, or when they hung up in the middle of it."""

from __future__ import annotations

import re
import wave
from collections.abc import Callable
from pathlib import Path

from attrs import frozen
from twisted.internet.defer import Deferred

from careline.calls import facts as f
from careline.calls.model import CallRecord
from careline.calls.service import Calls, Change
from careline.clock import Clock
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks
from careline.voicemail.model import Message

SHORTEST_S = 1.0
STEP = "voicemail"


@frozen
class Voicemail:
    """Messages lie in ``folder`` as ``<call>.wav``; ``in_thread`` defers blocking file access."""

    clock: Clock
    tasks: Tasks
    calls: Calls
    folder: Path
    box_log: WriteBehind[Message]
    in_thread: Callable[..., Deferred[float]]

    def path(self, call_id: str) -> Path:
        """Where the message of a call is recorded."""
        return self.folder / f"{re.sub(r'[^A-Za-z0-9.-]', '_', call_id)}.wav"

    def begin(self, call_id: str, box: str) -> Path:
        """Note in the call that a message is being left in ``box``; gives the file to record."""
        started = f.Noted(at=self.clock.now(), channel=call_id, what=STEP, detail={"box": box})
        self.calls.note(call_id, started)
        return self.path(call_id)

    def watch(self, boxes: dict[str, str]) -> None:
        """Take in messages whose callers hung up; ``boxes`` remembers who was leaving one."""

        def changed(change: Change) -> None:
            fact = change.fact
            if isinstance(fact, f.Noted) and fact.what == STEP:
                boxes[change.after.id] = fact.detail["box"]
            elif change.after.ended and change.after.id in boxes:
                box = boxes.pop(change.after.id)
                self.tasks.spawn(self.take_in(change.after, box), "voicemail")

        self.calls.listen(changed)

    async def take_in(self, call: CallRecord, box: str) -> bool:
        """Store the message of a call, if one of at least a second was left."""
        path = self.path(call.id)
        seconds = await self.in_thread(length, path)
        if seconds < SHORTEST_S:
            return False
        now = self.clock.now()
        self.calls.note(call.id, f.Settled(at=now, channel=call.id, outcome="voicemail"))
        self.box_log.put(
            Message(
                call=call.id,
                box=box,
                number=call.number or call.caller,
                file=path.name,
                seconds=seconds,
                left=now,
            )
        )
        return True


def length(path: Path) -> float:
    """Seconds of audio in a wav file; 0 when there is none or it is broken."""
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate()
    except (OSError, wave.Error, EOFError, ZeroDivisionError):
        return 0.0
