"""Recordings for the rest of the plugin: found, opened, marked, held; talks paused."""

from __future__ import annotations

from collections.abc import Sequence

from careline.plugins import Core
from careline_recording.model import Criteria, Found, Hold, Mark, Opened, Recording, TalkState


class Recordings:
    """What pages and other parts ask. Whoever asks checks first who may."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def find(self, criteria: Criteria, page: int = 1) -> Found:
        """A page of recordings, the newest first."""
        raise NotImplementedError

    async def get(self, id: str) -> Recording:
        """One recording, erased or not; NotFound."""
        raise NotImplementedError

    async def of_call(self, call_id: str) -> list[Recording]:
        """All of a call in the order in which they began."""
        raise NotImplementedError

    async def open(self, id: str) -> Opened:
        """The audio as a WAV file, caller left and agent right.

        NotFound when there is none (any more), Unavailable when the store does not answer.
        """
        raise NotImplementedError

    async def peaks(self, id: str) -> bytes:
        """The waveform: loudest of the left and of the right side by turns, 0 to 255.

        At most 1200 pairs over the whole length, evenly.
        """
        raise NotImplementedError

    async def mark(self, id: str, at_ms: int, text: str, by: str) -> Mark:
        """Put a remark at a place; Invalid when that is outside or the text empty."""
        raise NotImplementedError

    async def unmark(self, id: str, mark: int) -> None:
        """Take a remark away."""
        raise NotImplementedError

    async def marks(self, id: str) -> Sequence[Mark]:
        """Remarks in the order of their places."""
        raise NotImplementedError

    async def hold(self, id: str, why: str, by: str) -> None:
        """It must not be erased until it is released; Invalid without a reason."""
        raise NotImplementedError

    async def release(self, id: str, by: str) -> None:
        """It may be erased when its time is over."""
        raise NotImplementedError

    async def holds(self, id: str) -> Sequence[Hold]:
        """All that ever held it, the newest first."""
        raise NotImplementedError

    async def classify(self, id: str, klass: str) -> None:
        """Give it another class of retention, such as ``complaint``."""
        raise NotImplementedError

    @property
    def classes(self) -> Sequence[str]:
        """The classes of retention by name, the usual one first."""
        raise NotImplementedError

    async def pause(self, call_id: str, agent: str, paused: bool) -> None:
        """Keep silence instead of what is said now, or the talk again.

        NotFound when the agent is not in that call.
        """
        raise NotImplementedError

    def state(self, call_id: str, agent: str) -> TalkState:
        """How it is now with an agent's talk in a call that is up."""
        raise NotImplementedError
