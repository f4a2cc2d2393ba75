"""A hospital that records, and ears that tell who is in which channel when."""

from __future__ import annotations

import array
import cmath
import wave
from io import BytesIO
from typing import Any

from attrs import evolve

from careline.agents.model import Reason, State
from careline.asterisk.model import Announcements
from careline.calls.model import CallRecord
from careline.calls.recorder import RATE
from careline.demo.phone import Answer, Call, Phone, Tone
from careline.ivr import exits
from careline.setup.demo import PEOPLE
from careline.storage import Tx
from careline.testing.hospital import Hospital
from careline_recording import book
from careline_recording.book import Account
from careline_recording.model import Recording as Kept
from careline_recording.plugin import Recording

TONES = {"caller": 440, "8001": 700, "8002": 900, "8003": 1150}
LOUD = 500


class Studio(Hospital):
    """A hospital that records, whose callers get to the queue at once."""

    def _files(self, tx: Tx) -> Any:
        files = super()._files(tx)
        quiet = (evolve(queue, announcements=Announcements()) for queue in files.queues)
        return evolve(files, queues=tuple(quiet))

    async def start_core(self) -> None:
        await super().start_core()

        async def straight(call: CallRecord) -> exits.Exit | None:
            return exits.ToQueue(queue="service", limit_s=60)

        vars(self.app.hub)["route_call"] = straight
        self.app.callbacks.serve = lambda queue: None  # type: ignore[method-assign]

    @property
    def recording(self) -> Recording:
        """The plugin as it lives in the core."""
        found = self.app.plugins.hooks("recording")
        assert isinstance(found, Recording)
        return found

    async def agent(self, number: str, *, ready: bool = False) -> Phone:
        phone = await self.desk({one: phone for one, _, phone, _ in PEOPLE}[number], Answer())
        phone.voice = Tone(TONES[number])
        self.app.agents.sign_in(number)
        if ready:
            self.app.agents.ready(number)
        else:
            self.app.agents.not_ready(number, Reason.MEETING)
        await self.app.queues.settled()
        return phone

    async def talk(self) -> tuple[Call, Call, str]:
        """A caller who talks with 8001: both ends, and the call's id."""
        phone = await self.agent("8001", ready=True)
        caller = await self.dial(self.caller())
        await self.agent_is("8001", State.TALKING)
        assert await caller.hears(TONES["8001"])
        return caller, phone.calls[-1], self.app.agents.states["8001"].call

    async def kept(self, call: str, many: int) -> list[Kept]:
        """The recordings of a call, once that many are there and nothing plain is left."""
        found: list[Kept] = []
        folder = self.app.recorder.folder

        for _ in range(480):  # two minutes
            found = await self.recording.recordings.of_call(call)
            if len(found) >= many and not list(folder.glob(f"{call}~*")):
                return found
            await self.clock.sleep(0.25)
        raise AssertionError(f"{found}, {list(folder.iterdir())}")

    async def sides(self, kept: Kept) -> tuple[array.array[int], array.array[int]]:
        """What a player hears left and right."""
        opened = await self.recording.recordings.open(kept.id)
        whole = b"".join([piece async for piece in opened.read(0, opened.size - 1)])
        with wave.open(BytesIO(whole)) as file:
            both = array.array("h", file.readframes(file.getnframes()))
        return both[0::2], both[1::2]

    async def clear(self) -> None:
        """Everybody hangs up and goes home."""
        for phone in self.phones:
            await phone.close()
        self.phones.clear()
        self.asterisk.rx("channel request hangup all")
        await self.calls_over()
        for status in list(self.app.agents.states.values()):
            if status.state is not State.SIGNED_OUT:
                self.app.agents.sign_out(status.agent)
        await self.app.queues.settled()


Scene = tuple[set[str], set[str]]


def scenes(left: array.array[int], right: array.array[int]) -> list[Scene]:
    """Who is left and who is right, one after the other; what lasts less than 0.4 s is left out.

    So is where one side alone is silent: on a busy machine a phone stumbles.
    """
    tenth = RATE // 10
    runs: list[tuple[Scene, int]] = []
    for at in range(0, len(left) - tenth, tenth):
        now = heard(left[at : at + tenth]), heard(right[at : at + tenth])
        if bool(now[0]) != bool(now[1]):
            continue
        if runs and runs[-1][0] == now:
            runs[-1] = now, runs[-1][1] + 1
        else:
            runs.append((now, 1))
    long = [scene for scene, tenths in runs if tenths >= (4 if scene[0] else 9)]
    return [scene for at, scene in enumerate(long) if at == 0 or scene != long[at - 1]]


def heard(samples: array.array[int]) -> set[str]:
    """Whose tones are in there."""
    return {who for who, hertz in TONES.items() if _strength(samples, hertz) > LOUD}


def _strength(samples: array.array[int], hertz: int) -> float:
    turn = cmath.exp(-2j * cmath.pi * hertz / RATE)
    power, total = 1 + 0j, 0j
    for one in samples:
        total += one * power
        power *= turn
    return abs(total) / max(1, len(samples))


def accounts(studio: Studio, call: str) -> list[tuple[str, Account, str]]:
    def read(tx: Tx) -> list[tuple[str, Account, str]]:
        table = book.account_table
        rows = tx.all(table.select().where(table.c.call == call).order_by(table.c.at))
        return [(row.agent, row.account, row.why) for row in rows]

    return studio.db.run_sync(read)
