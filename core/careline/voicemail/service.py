"""Takes in what callers spoke: when the step is over, or when they hung up in the middle of it."""

from __future__ import annotations

import re
import wave
from collections.abc import Callable
from pathlib import Path

from twisted.internet.defer import Deferred

from careline.calls import facts as f
from careline.calls.model import CallRecord, Outcome
from careline.calls.service import Calls, Change
from careline.clock import Clock
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks
from careline.voicemail.model import Message

SHORTEST_S = 1.0
STEP = "voicemail"
SETTLED = Outcome.VOICEMAIL.value


class Voicemail:
    """Messages lie in ``folder`` as ``<call>.wav``; ``in_thread`` defers blocking file access."""

    def __init__(
        self,
        clock: Clock,
        tasks: Tasks,
        calls: Calls,
        folder: Path,
        messages: WriteBehind[Message],
        in_thread: Callable[..., Deferred[float]],
    ) -> None:
        self._clock = clock
        self._tasks = tasks
        self._calls = calls
        self._folder = folder
        self._messages = messages
        self._in_thread = in_thread
        calls.listen(self._call_changed)

    def path(self, call_id: str) -> Path:
        """Where the message of a call is recorded."""
        return self._folder / f"{re.sub(r'[^A-Za-z0-9.-]', '_', call_id)}.wav"

    def begin(self, call_id: str, box: str) -> Path:
        """Note in the call that a message is being left in ``box``; gives the file to record."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        started = f.Noted(at=self._clock.now(), channel=call_id, what=STEP, detail={"box": box})
        self._calls.note(call_id, started)
        return self.path(call_id)

    def _call_changed(self, change: Change) -> None:
        """A caller who hangs up while speaking has left a message too, also while we were away."""
        call = change.after
        ends = isinstance(change.fact, f.ChannelGone) and call.ended is not None
        if ends and call.box and call.settled != SETTLED:
            self._tasks.spawn(self.take_in(call, call.box), "voicemail")

    async def take_in(self, call: CallRecord, box: str) -> bool:
        """Store the message of a call, if one of at least a second was left."""
        path = self.path(call.id)
        seconds = await self._in_thread(length, path)
        if seconds < SHORTEST_S:
            return False
        now = self._clock.now()
        self._calls.note(call.id, f.Settled(at=now, channel=call.id, outcome=SETTLED))
        self._messages.put(
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
