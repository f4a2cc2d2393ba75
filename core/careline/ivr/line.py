"""The caller's line as a flow sees it, and the same over an AGI session.

The engine knows only :class:`Line`; rehearsal in the browser and tests have lines of their own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from attrs import frozen

from careline.ivr.position import Position
from careline.ivr.prompt import Prompt
from careline.telephony.agi import CallerGone

END_KEY = "#"


class Line(Protocol):
    """What a flow can do with the caller; every call may raise ``CallerGone``."""

    async def play(self, prompts: Sequence[Prompt], escape: str) -> str:
        """Say the prompts; a key among ``escape`` stops them and is returned, else ``""``."""

    async def collect(
        self, prompts: Sequence[Prompt], max_digits: int, timeout_s: float, end_key: str
    ) -> str:
        """Say the prompts until the first key, then read up to ``max_digits`` keys.

        Ends at ``end_key`` (not part of the answer; ``""``: none) or ``timeout_s`` seconds after
        the last key. ``""`` means silence.
        """

    async def keep(self, position: Position) -> None:
        """Remember where the caller is, so that another run goes on from here."""


class Session(Protocol):
    """The verbs of :class:`careline.telephony.agi.AgiSession` that a line uses."""

    async def stream_file(self, name: str, escape: str = "") -> str:
        """Play a file; the key that stopped it or ``""``."""

    async def wait_for_digit(self, timeout_ms: int) -> str:
        """The next key, or ``""``."""

    async def get_data(self, file: str, timeout_ms: int, max_digits: int) -> tuple[str, bool]:
        """Play files joined by ``&`` and read keys until ``#``; the keys, and if time ran out."""

    async def set_variable(self, name: str, value: str) -> object:
        """Set a channel variable."""


Sounds = Callable[[Prompt], Awaitable[Sequence[str]]]
"""Gives the sound files of a prompt, without extension, in the order they are played."""


@frozen
class AgiLine:
    """A line over one AGI session; ``sounds`` turns prompts into files (prompts/).

    The position is kept in channel variable CARELINE_STATE. Before a position that waits for the
    switch is kept, CARELINE_RESULT is emptied, so that an older outcome is never taken for its own.
    """

    session: Session
    sounds: Sounds

    async def play(self, prompts: Sequence[Prompt], escape: str) -> str:
        """One STREAM FILE per sound: only keys among ``escape`` interrupt."""
        for name in await self._files(prompts):
            key = await self.session.stream_file(name, escape)
            if key:
                return key
        return ""

    async def collect(
        self, prompts: Sequence[Prompt], max_digits: int, timeout_s: float, end_key: str
    ) -> str:
        """One GET DATA for all sounds, so that no key is lost between two of them.

        GET DATA always ends at ``#``: with no end key and nothing before it, it is the answer.
        """
        files = "&".join(await self._files(prompts))
        wait_ms = round(timeout_s * 1000)
        if not files:
            return await self._typed(max_digits, wait_ms, end_key)
        keys, timed_out = await self.session.get_data(files, wait_ms, max_digits)
        if not keys and not timed_out and end_key != END_KEY:
            return END_KEY
        return keys

    async def keep(self, position: Position) -> None:
        """Write the channel variables that the next AGI step begins from."""
        if position.waiting:
            await self.session.set_variable("CARELINE_RESULT", "")
        await self.session.set_variable("CARELINE_STATE", position.encode())

    async def _typed(self, max_digits: int, wait_ms: int, end_key: str) -> str:
        """Keys with nothing said before them."""
        keys = ""
        while len(keys) < max_digits:
            key = await self.session.wait_for_digit(wait_ms)
            if not key or key == end_key:
                break
            keys += key
        return keys

    async def _files(self, prompts: Sequence[Prompt]) -> list[str]:
        return [name for prompt in prompts for name in await self.sounds(prompt)]


__all__ = ["END_KEY", "AgiLine", "CallerGone", "Line", "Session", "Sounds"]
