"""Recordings for the rest of the plugin: found, opened, marked, held; talks paused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial

from careline.errors import Invalid, NotFound, Refused
from careline.plugins import Core
from careline_recording import store
from careline_recording.config import NORMAL, RecordingConfig
from careline_recording.crypt import Sealer
from careline_recording.deciding import Deciding
from careline_recording.formats import head
from careline_recording.model import Criteria, Found, Hold, Mark, Opened, Recording, TalkState
from careline_recording.search import search
from careline_recording.vault import Vault

LONGEST_TEXT = 200


class Recordings:
    """What pages and other parts ask. Whoever asks checks first who may."""

    def __init__(
        self, core: Core, config: RecordingConfig, vault: Vault, deciding: Deciding
    ) -> None:
        self._core = core
        self._config = config
        self._vault = vault
        self._deciding = deciding

    async def find(self, criteria: Criteria, page: int = 1) -> Found:
        """A page of recordings, the newest first."""
        return await self._core.db.run(search, criteria, page)

    async def get(self, id: str) -> Recording:
        """One recording, erased or not; NotFound."""
        found = await self._core.db.run(store.find, id)
        if found is None:
            raise _unknown()
        return found

    async def of_call(self, call_id: str) -> list[Recording]:
        """All of a call in the order in which they began."""
        return await self._core.db.run(store.of_call, call_id)

    async def open(self, id: str) -> Opened:
        """The audio as a file of the recording's format, caller left and agent right.

        NotFound when it is unknown, Refused when it is erased, Unavailable when the store or the
        key is away.
        """
        found = await self._core.db.run(store.sealed_of, id)
        if found is None:
            raise _unknown()
        recording, sealed = found
        if recording.erased:
            raise Refused("recording.erased", "this recording is erased")
        sealer = await self._core.in_thread(self._vault.sealer, recording, sealed)
        lead = head(recording)
        size = len(lead) + recording.size
        return Opened(size, partial(self._read, lead, sealer, sealed.name))

    async def _read(
        self, lead: bytes, sealer: Sealer, name: str, first: int, last: int
    ) -> AsyncIterator[bytes]:
        many = len(lead)
        if first < many:
            yield lead[first : last + 1]
        if last < many:
            return
        for number, part in sealer.within(max(first - many, 0), last - many):
            plain = await self._core.in_thread(self._vault.piece, sealer, name, number)
            yield plain[part]

    async def peaks(self, id: str) -> bytes:
        """The waveform: loudest of the left and of the right side by turns, 0 to 255.

        At most 1200 pairs over the whole length, evenly.
        """
        found = await self._core.db.run(store.peaks_of, id)
        if found is None:
            raise _unknown()
        return found

    # Remarks

    async def mark(self, id: str, at_ms: int, text: str, by: str) -> Mark:
        """Put a remark at a place; Invalid when that is outside or the text empty."""
        recording = await self.get(id)
        if recording.erased:
            raise Refused("recording.erased", "this recording is erased")
        if not 0 <= at_ms <= recording.seconds * 1000:
            raise Invalid("recording.at_ms", "this place is outside the recording")
        text = _checked(text, "recording.text")
        made = self._core.clock.now()
        mark = Mark(id=0, recording=id, at_ms=at_ms, text=text, by=by, made=made)
        return await self._core.db.run(store.add_mark, mark)

    async def unmark(self, id: str, mark: int) -> None:
        """Take a remark away; NotFound."""
        if not await self._core.db.run(store.remove_mark, id, mark):
            raise NotFound("recording.mark", "there is no such mark")

    async def marks(self, id: str) -> Sequence[Mark]:
        """Remarks in the order of their places."""
        return await self._core.db.run(store.marks_of, id)

    # How long it is kept

    async def hold(self, id: str, why: str, by: str) -> None:
        """It must not be erased until it is released; Invalid without a reason."""
        recording = await self.get(id)
        if recording.erased:
            raise Refused("recording.erased", "this recording is erased")
        now = self._core.clock.now()
        why = _checked(why, "recording.why")
        await self._core.db.run(store.add_hold, Hold(recording=id, why=why, by=by, at=now))

    async def release(self, id: str, by: str) -> None:
        """It may be erased when its time is over."""
        await self.get(id)
        await self._core.db.run(store.release, id, by, self._core.clock.now())

    async def holds(self, id: str) -> Sequence[Hold]:
        """All that ever held it, the newest first."""
        return await self._core.db.run(store.holds_of, id)

    async def classify(self, id: str, klass: str) -> None:
        """Give it another class of retention, such as ``complaint``; Invalid for others."""
        recording = await self.get(id)
        days = self._config.days.get(klass)
        if days is None:
            raise Invalid("recording.klass", "there is no class {klass}", klass=klass)
        until = recording.started + timedelta(days=days)
        await self._core.db.run(store.classify, id, klass, until)

    @property
    def classes(self) -> Sequence[str]:
        """The classes of retention by name, the usual one first."""
        return sorted(self._config.days, key=lambda name: (name != NORMAL, name))

    # The talk that goes on

    async def pause(self, call_id: str, agent: str, paused: bool) -> None:
        """Keep silence instead of what is said now, or the talk again.

        NotFound when the agent is not in that call.
        """
        await self._deciding.pause(call_id, agent, paused)

    def state(self, call_id: str, agent: str) -> TalkState:
        """How it is now with an agent's talk in a call that is up."""
        return self._deciding.state(call_id, agent)


def _unknown() -> NotFound:
    return NotFound("recording.unknown", "there is no such recording")


def _checked(text: str, code: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid(code, "please write something")
    if len(text) > LONGEST_TEXT:
        raise Invalid(code, "at most {most} characters", most=LONGEST_TEXT)
    return text
