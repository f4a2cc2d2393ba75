"""A process of clients that book, move and cancel; made to be killed: ``python -m ... FILE``.

It runs the real :class:`Booker` and :class:`Settler` on a real database and the real reactor; only
time is faster. What a client is told goes to a file line by line before the client goes on.
"""

from __future__ import annotations

import json
import os
import random
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from attrs import asdict, field, frozen
from tests.plugins.appointments.faults.bugs import plant
from tests.plugins.appointments.faults.line import TcpHis
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IDelayedCall

from careline.campuses.service import Campuses
from careline.clinic import Clinic, HalfDay, TimeSlot
from careline.clock import Clock, utc_now
from careline.errors import CarelineError, Unavailable
from careline.hooks import Hub, hook
from careline.jobs import Job, Outbox
from careline.patients.service import Patients
from careline.storage import open_database
from careline.tasks import Tasks
from careline_appointments import specs, store
from careline_appointments.booking.settling import Settler
from careline_appointments.config import AppointmentsConfig
from careline_appointments.model import Booking, BookingState, Source, Wish
from careline_appointments.services import build

BASE = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
FIRST_DAY = date(2026, 11, 27)
FREE = AppointmentsConfig(most_open=0, most_per_day=0, most_per_department=0, missed=0)
CAMPUS = "main"
PER_CLINIC = 20


@frozen(kw_only=True)
class Errand:
    """What a process is to do: ``wishes`` bookings by ``clients``, or to settle what is left.

    ``speed``: how many seconds pass in one; ``began`` is the real time of the whole run's begin.
    """

    url: str
    port: int
    history: Path = field(converter=Path)
    clients: int = 8
    wishes: int = 100
    slots: int = 10
    patients: int = 50
    speed: float = 20.0
    began: float = 0.0
    seed: int = 0
    finish: bool = False
    bug: str = ""

    def write(self, file: Path) -> None:
        file.write_text(json.dumps({**asdict(self), "history": str(self.history)}))


def place(number: int) -> tuple[Clinic, TimeSlot]:
    """Slot ``number`` of all, in its clinic."""
    at, within = divmod(number, PER_CLINIC)
    minutes = 480 + 10 * within
    start = time(minutes // 60, minutes % 60)
    clinic = Clinic(
        campus=CAMPUS,
        code=f"c{at}",
        department="cardio",
        day=FIRST_DAY + timedelta(at % 10),
        half=HalfDay.MORNING,
    )
    return clinic, TimeSlot(
        campus=CAMPUS, code=f"s{number}", clinic=clinic.code, start=start, end=start
    )


class Fast:
    """The reactor's time, ``speed`` times as fast."""

    def __init__(self, reactor: Any, speed: float) -> None:
        self._reactor = reactor
        self._speed = speed

    def seconds(self) -> float:
        return float(self._reactor.seconds()) * self._speed

    def callLater(self, delay: float, call: Any, *args: Any, **kw: Any) -> IDelayedCall:
        later: IDelayedCall = self._reactor.callLater(delay / self._speed, call, *args, **kw)
        return later


class Listener:
    """So that there is a durable event for each visit and its end."""

    @hook
    def appointment_booked(self, booking_id: int) -> None:
        """Counted in the job table."""

    @hook
    def appointment_cancelled(self, booking_id: int) -> None:
        """Counted in the job table."""


class Process:
    """The plugin's core on real ground, and its clients."""

    def __init__(self, reactor: Any, errand: Errand) -> None:
        self.errand = errand
        self.left = errand.wishes
        self.mine: list[Booking] = []
        """Visits that clients of this history were told of, and may cancel or move."""
        self.ahead = timedelta()
        tasks = Tasks()
        self.clock = Clock(Fast(reactor, errand.speed), self._now)  # type: ignore[arg-type]  # what is used of it
        outbox = Outbox(self.clock)
        hub = Hub(self.clock, tasks, lambda tx, kind, args: outbox.put(tx, Job(kind, args)))
        real = Clock(reactor)
        self.db = open_database(errand.url, clock=real, tasks=tasks, reactor=reactor)
        self._chance = random.Random(errand.seed)
        self._file = os.open(errand.history, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.campuses = Campuses(self.db, self.clock)
        core = SimpleNamespace(
            clock=self.clock,
            tasks=tasks,
            hub=hub,
            db=self.db,
            outbox=outbox,
            patients=Patients(self.db, hub, self.clock),
            campuses=self.campuses,
            events=SimpleNamespace(tell=lambda *_, **__: None),
        )
        services = build(core, FREE)
        hub.add_specs(specs, "appointments")
        hub.register("his", TcpHis(reactor, self.clock, errand.port))
        hub.register("listener", Listener())
        self.booker = services.booker
        self.settler = Settler(core, self.booker)

    def _now(self) -> datetime:
        passed = utc_now().timestamp() - self.errand.began
        return BASE + timedelta(seconds=passed * self.errand.speed) + self.ahead

    def say(self, told: str, key: str, slot: str = "", patient: int = 0) -> None:
        """Written before the client goes on; a killed process has told what stands there."""
        line = {"told": told, "key": key, "slot": slot, "patient": patient}
        os.write(self._file, json.dumps(line).encode() + b"\n")

    async def run(self) -> None:
        """All clients side by side, and the settler beside them."""
        await self.campuses.load()
        if self.errand.finish:
            await self._finish()
            return
        self.mine = await self._remembered()
        beside = Deferred.fromCoroutine(self._settle())
        beside.addErrback(lambda _: None)
        clients = [Deferred.fromCoroutine(self._client()) for _ in range(self.errand.clients)]
        await gatherResults(clients, consumeErrors=True)
        beside.cancel()

    async def _settle(self) -> None:
        while True:
            await self._settled()
            await self.clock.sleep(30)

    async def _settled(self) -> int:
        try:
            return await self.settler.settle()
        except Unavailable:  # the database is being restarted
            return 1

    async def _finish(self) -> None:
        """Let time jump until nothing waits for an answer."""
        for _ in range(200):
            await self._settled()
            if not await self.db.run(store.count_waiting):
                return
            self.ahead += timedelta(minutes=11)

    async def _remembered(self) -> list[Booking]:
        """What the process that was killed before this one had told its clients."""
        told: dict[str, str] = {}
        if self.errand.history.exists():
            lines = self.errand.history.read_text().splitlines()
            told = {line["key"]: line["told"] for line in map(json.loads, lines)}
        keys = [key for key, last in told.items() if last == "booked"]
        found = [await self.db.run(store.by_key, key) for key in keys]
        return [one for one in found if one is not None]

    async def _client(self) -> None:
        while self.left > 0:
            self.left -= 1
            dice = self._chance.random()
            if self.mine and dice < 0.3:
                await self._cancel(self._one_of_mine())
            elif self.mine and dice < 0.4:
                await self._move(self._one_of_mine())
            await self._book()

    def _one_of_mine(self) -> Booking:
        return self.mine.pop(self._chance.randrange(len(self.mine)))

    def _some(self) -> tuple[Clinic, TimeSlot]:
        return place(self._chance.randrange(self.errand.slots))

    async def _book(self) -> None:
        clinic, slot = self._some()
        patient = 1 + self._chance.randrange(self.errand.patients)
        key = uuid4().hex
        wish = Wish.of(clinic, slot, patient=patient, source=Source.AGENT, key=key)
        self.say("try", key, slot.code, patient)
        try:
            booking = await self.booker.book(wish)
        except CarelineError:
            self.say("refused", key, slot.code, patient)
            return
        self._told(booking)

    def _told(self, booking: Booking) -> None:
        told = "booked" if booking.state is BookingState.BOOKED else "unsure"
        self.say(told, booking.key, booking.slot, booking.patient)
        if told == "booked":
            self.mine.append(booking)

    async def _cancel(self, booking: Booking) -> None:
        self.say("cancel", booking.key)
        try:
            done = await self.booker.cancel(booking.id, "test", "", Source.AGENT, late=True)
        except CarelineError:
            return
        if done.state is BookingState.CANCELLED:
            self.say("cancelled", booking.key)

    async def _move(self, booking: Booking) -> None:
        clinic, slot = self._some()
        self.say("cancel", booking.key)
        try:
            new = await self.booker.move(booking.id, clinic, slot, "", Source.AGENT, late=True)
        except CarelineError:
            return
        self._told(new)


def main() -> None:
    """Run one errand to its end."""
    from twisted.internet import reactor  # noqa: TID251  a program

    errand = Errand(**json.loads(Path(sys.argv[1]).read_text()))
    plant(errand.bug)
    failed: list[Any] = []
    running: Any = reactor

    def begin() -> None:
        process = Process(running, errand)
        done = Deferred.fromCoroutine(process.run())
        done.addErrback(failed.append)
        done.addBoth(lambda _: Deferred.fromCoroutine(process.db.close()))
        done.addBoth(lambda _: running.stop())

    running.callWhenRunning(begin)
    running.run()
    if failed:
        failed[0].printTraceback(file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
