"""300 discharges are followed up by automatic calls to real SIP phones, through a real Asterisk.

A list of discharges is handed in, each patient is due at once, a phone beyond the trunk answers
for all of them and presses what each would press; two are short of breath. What must come out:
every questionnaire complete, two red flags, nobody called twice. Some fifteen minutes; run when it
is named: ``make bench ARGS=followup_calls``; ``CARELINE_FOLLOWUPS`` says how many.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

from attrs import define, field, frozen
from tests.bench.runner import Goal, Row
from twisted.internet.defer import Deferred, TimeoutError

from careline.calls import facts as f
from careline.calls.service import Change
from careline.demo.phone import Answer, Phone
from careline.demo.phone.call import Call
from careline.hooks import Urgency
from careline.outbound.model import Task as OutboundTask
from careline.tasks import Tasks
from careline.testing.asterisk import find_tree
from careline.testing.hospital import speak
from careline.testing.house import House
from careline.testing.runner import Spinner
from careline.testing.stage import until
from careline_followup.answers.service import values_of
from careline_followup.pages.coverage import total
from careline_followup.plugin import Followup
from careline_followup.services import Services
from careline_followup.tasks.model import Task, Wanted

CHECKOUT = Path(__file__).parents[2]
PATIENTS = 300
BIRTHDAY = "0307"
#: GB 11643: weights of the 17 digits of an id card, and its last character.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
LAST = "10X98765432"
WELL = {"feeling": "1", "medicine": "1", "visit": "1", "content": "5"}
UNWELL = {"feeling": "3", "symptom": "3", "medicine": "1", "visit": "1", "content": "2"}
#: Seconds for one call, from the first ring to the last key.
CALL_S = 180.0


@define
class Seen:
    """What happened: calls by number, seconds from a key that alarms to the flag on the list."""

    calls: Counter[str] = field(factory=Counter)
    alarms: list[float] = field(factory=list)
    failed: list[str] = field(factory=list)


@frozen
class Patients:
    """All who are called: one phone at the trunk, a script for each number."""

    house: House
    services: Services
    tasks: Mapping[str, Task]
    unwell: frozenset[str]
    seen: Seen = field(factory=Seen)
    work: Tasks = field(factory=Tasks)

    async def serve(self, phone: Phone, over: int) -> None:
        """Answer calls until ``over`` of them have been begun."""
        taken: set[int] = set()
        while len(taken) < over:
            for call in [one for one in phone.calls if id(one) not in taken]:
                taken.add(id(call))
                self.work.spawn(self._one(call), "a patient")
            await self.house.clock.sleep(0.1)

    async def _one(self, call: Call) -> None:
        number = self._number(call)
        self.seen.calls[number] += 1
        try:
            await self.house.clock.within(CALL_S, self._answers(call, number))
        except TimeoutError:
            self.seen.failed.append(number)
            await call.hang_up()

    async def _answers(self, call: Call, number: str) -> None:
        task = self.tasks[number]
        await self._asked(call, task)
        for question, key in (UNWELL if number in self.unwell else WELL).items():
            began = await self._press(call, task, question, key)
            if question == "symptom":
                await self._flagged(task)
                self.seen.alarms.append(perf_counter() - began)
        await call.ended(60)

    async def _asked(self, call: Call, task: Task) -> None:
        """Yes, it is me; born on the 7th of March: until the first question is there."""
        await self._at_the_questions(self._number(call))
        await self.house.clock.sleep(1)
        await call.send_digits("1")
        await self.house.clock.sleep(1)
        await call.send_digits(BIRTHDAY)

    async def _at_the_questions(self, number: str) -> None:
        """Until the flow of this patient's call asks."""
        there: Deferred[None] = Deferred()

        def look(change: Change) -> None:
            fits = isinstance(change.fact, f.Stepped) and change.fact.node == "ask"
            if fits and change.after.number.endswith(number) and not there.called:
                there.callback(None)

        stop = self.house.app.calls.listen(look)
        try:
            await there
        finally:
            stop()

    @staticmethod
    def _number(call: Call) -> str:
        """Who is called, as the list of discharges has it."""
        user = str(call.invite.uri if call.invite else call.number)
        return user.split(":", 1)[-1].split("@", 1)[0][-11:]

    async def _press(self, call: Call, task: Task, question: str, key: str) -> float:
        """Press until it has counted; when the key that counted was pressed."""
        while True:
            pressed = perf_counter()
            await call.send_digits(key)
            for _ in range(15):
                if question in values_of(await self.services.answers.given(task.id)):
                    return pressed
                await self.house.clock.sleep(0.2)

    async def _flagged(self, task: Task) -> None:
        while not await self.services.flags.of_task(task.id):
            await self.house.clock.sleep(0.05)


def number_of(nth: int) -> str:
    """The mobile number of the nth patient."""
    return f"139{nth:08d}"


def card_of(nth: int) -> str:
    """The id card of the nth patient; all are born on the same day."""
    digits = f"1101011990{BIRTHDAY}{nth:03d}"
    return digits + LAST[sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=True)) % 11]


def discharge_list(folder: Path, patients: int, day: date) -> Path:
    """What a ward's office hands in."""
    lines = ["住院号,姓名,身份证号,电话,科室,病区,诊断,出院日期"]
    lines += [
        f"ZY{nth},患者{nth},{card_of(nth)},{number_of(nth)},心内科,三病区,肺炎,{day}"
        for nth in range(1, patients + 1)
    ]
    path = folder / "discharges.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


async def _run(house: House, folder: Path, patients: int) -> tuple[Seen, tuple[int, ...]]:
    plugin = house.app.plugins.hooks("followup")
    assert isinstance(plugin, Followup)
    services = plugin.services
    today = house.clock.now().date()
    await services.cases.import_list(discharge_list(folder, patients, today), "main")
    listed = await services.tasks.listed(Wanted(), most=patients * 5)
    first: dict[str, Task] = {}
    cases = await services.cases.several({entry.task.case for entry in listed.entries})
    for entry in listed.entries:
        first.setdefault(cases[entry.task.case].phone[-11:], entry.task)
    assert len(first) == patients, f"{len(first)} discharges were taken in"
    unwell = frozenset(number_of(nth) for nth in (patients // 3, 2 * patients // 3))
    people = Patients(house, services, first, unwell)
    phone = await house.stage.outside("patients", Answer(1.0), greets_s=0.5)
    line = phone.phone  # type: ignore[attr-defined]  # the real one
    line.busy_in_call = False
    for task in first.values():
        await services.tasks.plan_now(task.id, "leader")
    await people.serve(line, patients)
    await until(house.clock, lambda: not house.app.calls.open, CALL_S, "the last call's end")
    done = total(await services.figures.coverage(today, today))
    flags = await services.flags.listed()
    return people.seen, (done.answered, len(flags))


def rows(rounds: int) -> Iterable[Row]:
    """What came of it, and the seconds until a ward sees an alarm."""
    patients = int(os.environ.get("CARELINE_FOLLOWUPS", PATIENTS))
    spin = Spinner(timeout=patients * 20 + 300)
    prompts = CHECKOUT / ".cache" / "prompts"
    speak(prompts)
    urgent = partial(OutboundTask, urgency=Urgency.URGENT)  # at whatever hour this runs
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        patch("careline_followup.tasks.ways.Call", urgent),
    ):
        tree = find_tree(CHECKOUT)
        house = House(spin.reactor, tree, Path(folder) / "home", prompts, ("followup",))
        spin(house.open(), timeout=90)
        began = perf_counter()
        try:
            seen, (answered, flags) = spin(_run(house, Path(folder), patients))
        finally:
            seconds = perf_counter() - began
            spin(house.close(), timeout=60)
            spin.close()
    twice = sum(1 for calls in seen.calls.values() if calls > 1)
    name = f"follow-up of {patients} by telephone"
    yield Row(f"{name}: not answered", patients - answered, "", goal=Goal(at_most=0))
    yield Row(f"{name}: red flags lost or too many", abs(flags - 2), "", goal=Goal(at_most=0))
    yield Row(f"{name}: called twice", twice, "", goal=Goal(at_most=0))
    yield Row(f"{name}: given up", len(seen.failed), "", goal=Goal(at_most=0))
    yield Row(
        f"{name}: key to flag, longest", max(seen.alarms, default=99), "s", goal=Goal(at_most=5)
    )
    yield Row(f"{name}: calls", patients / seconds * 3600, "/h")
