"""Node ``appointments_book``: offer, department, doctor, time, confirm; back with star.

Each stage is a question. Where the caller is, and what was chosen, rides on the channel, so that a
core that takes up the call asks the same question again; what was confirmed is booked once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from attrs import define, field

from careline.clinic import Department
from careline.errors import NotFound
from careline.ivr.model import OPERATOR, Answer, Prompt, Speech
from careline.ivr.step import Step
from careline_appointments.ivr import telling
from careline_appointments.ivr.choices import Option, by_clinic, by_doctor, find, later, options
from careline_appointments.ivr.deciding import decide
from careline_appointments.ivr.ground import Ground
from careline_appointments.ivr.talk import STAR, Leave, Talk, lead
from careline_appointments.ivr.who import by_number, registered
from careline_appointments.model import Booking
from careline_appointments.schedules import CampusWeek

#: Days ahead that are offered by keys; an agent sees as far as the hospital allows.
DAYS = 14
PAGE = 8
CAMPUS_KEY, MORE_KEY = "8", "9"
#: Doctors and half-days on a page: keys 2 to 7 and 1 to 7.
DOCTORS, TIMES = 6, 7
ANY = "*"
"""Noted for a doctor: whoever is free first, general clinics too."""


async def run_book(step: Step, ground: Ground) -> Answer:
    """Lead the caller to a booking, or out by another way."""
    return await lead(BookDialogue(Talk(step, ground)).run())


@define
class BookDialogue:
    """The stages; each gives the next one, and leaves by :class:`Leave`."""

    talk: Talk
    _weeks: dict[str, list[CampusWeek]] = field(factory=dict)

    async def run(self) -> str:
        """Stage after stage; a stage that the call was in before goes on."""
        stages: Mapping[str, Callable[[], Awaitable[str]]] = {
            "offer": self.offer,
            "departments": self.departments,
            "doctors": self.doctors,
            "times": self.times,
            "confirm": self.confirm,
            "booking": self.booking,
        }
        stage = self.talk.get("stage")
        stage = stage if stage in stages else "offer"
        try:
            while True:
                self.talk.note(stage=stage)
                await self.talk.kept()
                self.talk.came(stage=stage)
                stage = await stages[stage]()
        except Leave as leave:
            self.talk.note(stage="")
            return leave.way

    # What shall it be

    async def offer(self) -> str:
        """The doctor of last time, a department, or one of the flow's own choices."""
        talk = self.talk
        last = await self._last()
        prompts = talk.listed(talk.step["prompts"])
        keys = {"2", *(talk.step["choices"] or {})}
        if last is not None:
            prompts = [*talk.words("last-doctor", **telling.last(talk, last)), *prompts]
            keys.add("1")
        key = await talk.choose(prompts, keys)
        if key == "1" and last is not None:
            talk.note(name=last.department_name, campus=last.campus, doctor=last.doctor)
            talk.came(department=last.department_name, doctor=last.doctor_name)
            return "times"
        if key == "2":
            talk.note(page=0)
            return "departments"
        raise Leave(key)

    async def _last(self) -> Booking | None:
        """The booking whose doctor is still there, if the caller has one."""
        talk = self.talk
        if not talk.patient:
            return None
        services = talk.ground.services
        last = await talk.read(services.booker.last_doctor([talk.patient]), None)
        if last is None or not last.doctor:
            return None
        try:
            services.directory.doctor(last.campus, last.doctor)
        except NotFound:
            return None
        return last

    async def departments(self) -> str:
        """Eight to a page, the most booked first; those of the campus that was called lead."""
        talk = self.talk
        found = self._departments()
        if not found:
            await talk.tell(talk.words("no-departments"))
            raise Leave(OPERATOR)
        page = int(talk.get("page") or 0) % -(-len(found) // PAGE)
        shown = found[page * PAGE : (page + 1) * PAGE]
        prompts: list[Prompt] = []
        for number, one in enumerate(shown, 1):
            name = [talk.department(one)]
            prompts += talk.words("department-option", department=name, key=talk.key(number))
        key = await talk.choose(*self._paged(prompts, len(shown), more=len(found) > PAGE))
        if key == STAR:
            return "offer"
        if key == MORE_KEY:
            talk.note(page=page + 1)
            return "departments"
        chosen = shown[int(key) - 1]
        talk.note(name=chosen.name, campus="", doctor=ANY, page=0)
        talk.came(department=chosen.name, doctor="", day=None, start=None)
        return "doctors"

    def _departments(self) -> list[Department]:
        """Each name once: at the campus that was called if it is there."""
        directory = self.talk.ground.services.directory
        called = self.talk.step.caller.campus
        campuses = sorted(directory.campuses(), key=lambda one: (one != called, one))
        found: dict[str, Department] = {}
        for campus in campuses:
            for one in self.talk.ground.popular.sorted(directory.departments(campus)):
                found.setdefault(one.name, one)
        return list(found.values())

    def _paged(
        self, prompts: list[Prompt], many: int, *, more: bool, campus: str = "", first: int = 1
    ) -> tuple[list[Prompt], set[str]]:
        """Options with what can be pressed beside them."""
        talk = self.talk
        keys = {str(number) for number in range(first, first + many)} | {STAR}
        if campus:
            prompts = prompts + talk.words("campus-option", campus=talk.campus(campus))
            keys.add(CAMPUS_KEY)
        if more:
            prompts = prompts + talk.words("more")
            keys.add(MORE_KEY)
        return [*prompts, *talk.words("back")], keys

    # With whom

    async def doctors(self) -> str:
        """The earliest of all, then the general clinic and each doctor by time."""
        talk = self.talk
        week = await self._week()
        if week is None:
            return "departments"
        found = options(week)
        listed = by_doctor(found)
        page = int(talk.get("page") or 0) % -(-len(listed) // DOCTORS)
        shown = listed[page * DOCTORS : (page + 1) * DOCTORS]
        prompts = talk.words("earliest", **_without_place(telling.of_option(talk, found[0])))
        for number, one in enumerate(shown, 2):
            who = telling.doctor(talk, one.campus, one.clinic.doctor)
            prompts += talk.words("doctor-option", doctor=who, key=talk.key(number))
        other = await self._other(week)
        more = len(listed) > DOCTORS
        many = len(shown) + 1
        key = await talk.choose(*self._paged(prompts, many, more=more, campus=other))
        if key == STAR:
            talk.note(page=0)
            return "departments"
        if key == CAMPUS_KEY:
            talk.note(campus=other, page=0)
            return "doctors"
        if key == MORE_KEY:
            talk.note(page=page + 1)
            return "doctors"
        if key == "1":
            return self._take(found[0], doctor=ANY)
        chosen = shown[int(key) - 2].clinic.doctor
        talk.note(doctor=chosen, page=0)
        return "times"

    # When

    async def times(self) -> str:
        """Half-days with the earliest free slot of each."""
        talk = self.talk
        week = await self._week()
        if week is None:
            return "offer"
        listed = by_clinic(options(week, doctor=self._doctor))
        if not listed:  # somebody was faster, or the doctor of last time has no clinic
            talk.note(doctor=ANY)
            return "doctors"
        page = int(talk.get("page") or 0) % -(-len(listed) // TIMES)
        shown = listed[page * TIMES : (page + 1) * TIMES]
        prompts: list[Prompt] = []
        for number, one in enumerate(shown, 1):
            when = telling.of_option(talk, one)
            prompts += talk.words(
                "time-option", day=when["day"], time=when["time"], key=talk.key(number)
            )
        key = await talk.choose(*self._paged(prompts, len(shown), more=len(listed) > TIMES))
        if key == STAR:
            talk.note(page=0, doctor=ANY)
            return "doctors"
        if key == MORE_KEY:
            talk.note(page=page + 1)
            return "times"
        return self._take(shown[int(key) - 1], doctor=self.talk.get("doctor"))

    @property
    def _doctor(self) -> str | None:
        chosen = self.talk.get("doctor")
        return None if chosen == ANY else chosen

    def _take(self, option: Option, doctor: str) -> str:
        """Note the slot that is to be confirmed."""
        clinic, slot = option.clinic, option.slot
        self.talk.note(campus=option.campus, doctor=doctor, clinic=clinic.code, slot=slot.code)
        directory = self.talk.ground.services.directory
        name = directory.doctor_name(option.campus, clinic.doctor) if clinic.doctor else ""
        self.talk.came(campus=option.campus, doctor=name, day=clinic.day, start=slot.start)
        return "confirm"

    # Is it so

    async def confirm(self) -> str:
        """Read it back; book by 1, a later time by 2, by an outpatient number with 3."""
        talk = self.talk
        option, found = await self._chosen()
        if option is None:
            await talk.tell(talk.words("taken"))
            return "doctors"
        key = await talk.choose(self._read_back(option), self._confirm_keys())
        if key == STAR:
            return "doctors" if self._doctor is None else "times"
        if key == "2":
            after = later(found, option)
            if after is None:
                await talk.tell(talk.words("no-later"))
                return "confirm"
            return self._take(after, doctor=talk.get("doctor"))
        if key == "3":
            await by_number(talk)
            return "confirm"
        if not talk.patient:
            await registered(talk)
        talk.note(tried=int(talk.get("tried") or 0) + 1)
        return "booking"

    def _read_back(self, option: Option) -> list[Prompt]:
        talk = self.talk
        prompts = talk.words("confirm", **telling.of_option(talk, option))
        if option.clinic.fee:
            fee = talk.value(Speech.MONEY, option.clinic.fee)
            prompts += talk.words("fee", fee=fee)
        if talk.patient:
            return prompts + talk.words("confirm-keys")
        withheld = not talk.step.caller.number
        return prompts + talk.words("confirm-withheld" if withheld else "confirm-new")

    def _confirm_keys(self) -> set[str]:
        keys = {"1", "2", STAR}
        if self.talk.patient:
            return keys
        return keys | {"3"} if self.talk.step.caller.number else {"2", "3", STAR}

    # Done

    async def booking(self) -> str:
        """Book what was confirmed, once, and say what became of it."""
        option, _ = await self._chosen(free=False)
        stage = await decide(self.talk, option)
        self._weeks.clear()
        return stage

    # The campuses' weeks

    async def _chosen(self, *, free: bool = True) -> tuple[Option | None, Sequence[Option]]:
        """The slot that was noted, and all free ones of its campus.

        When it is to be ``free`` and is not any more there is none.
        """
        talk = self.talk
        weeks = await self._read()
        week = next((one for one in weeks if one.campus == talk.get("campus")), None)
        if week is None:
            return None, []
        found = options(week)
        option = find(found, talk.get("clinic"), talk.get("slot"))
        if option is None and not free:
            clinic = next((one for one in week.clinics if one.code == talk.get("clinic")), None)
            slot = next((one for one in week.slots if one.code == talk.get("slot")), None)
            option = Option(clinic, slot) if clinic and slot else None
        return option, found

    async def _week(self) -> CampusWeek | None:
        """The week of the chosen campus; another when this one is away or full, if asked for.

        None when the caller wants something else.
        """
        talk = self.talk
        weeks = await self._read()
        wanted = talk.get("campus") or talk.step.caller.campus
        week = next((one for one in weeks if one.campus == wanted), None)
        week = week or next(iter(weeks), None)
        if week is not None and options(week):
            talk.note(campus=week.campus)
            return week
        return await self._instead(week, [one for one in weeks if options(one)])

    async def _instead(
        self, week: CampusWeek | None, others: Sequence[CampusWeek]
    ) -> CampusWeek | None:
        """Say what is the matter with a campus, and offer those that have free slots."""
        talk = self.talk
        prompts = self._matter(week)
        keys = {STAR}
        for number, one in enumerate(others[:7], 1):
            prompts += talk.words(
                "other-campus", campus=talk.campus(one.campus), key=talk.key(number)
            )
            keys.add(str(number))
        if not others:
            talk.came(stage="unavailable")
        prompts += [*talk.words("agent"), *talk.words("back")]
        key = await talk.choose(prompts, keys)
        if key == STAR:
            return None
        chosen = others[int(key) - 1]
        talk.note(campus=chosen.campus, doctor=ANY, page=0)
        return chosen

    def _matter(self, week: CampusWeek | None) -> list[Prompt]:
        talk = self.talk
        campus = talk.campus(week.campus if week else talk.step.caller.campus)
        if week is None or not week.available:
            return talk.words("not-now", campus=campus)
        code = self._code(week.campus)
        place = telling.department(talk, week.campus, code, talk.get("name"))
        return talk.words("no-numbers", campus=campus, department=place)

    def _code(self, campus: str) -> str:
        codes = self.talk.ground.services.directory.department_codes(self.talk.get("name"))
        return codes.get(campus, "")

    async def _other(self, week: CampusWeek) -> str:
        """Another campus that has free slots of the department; empty when none has."""
        weeks = await self._read()
        free = (one.campus for one in weeks if one.campus != week.campus and options(one))
        return next(free, "")

    async def _read(self) -> list[CampusWeek]:
        """The weeks of all campuses that have the department, read once for each department."""
        talk = self.talk
        name = talk.get("name")
        if name not in self._weeks:
            services = talk.ground.services
            core = services.core
            today = core.campuses.today()
            days = min(DAYS, services.config.horizon_days + 1)
            work = services.schedules.days(today, days, department=name)
            weeks = await talk.read(work, None)
            if weeks is None:  # asked anew at the next question
                return []
            self._weeks[name] = weeks
        return self._weeks[name]


def _without_place(values: dict[str, list[Prompt]]) -> dict[str, list[Prompt]]:
    """Doctor, day and time alone."""
    return {name: values[name] for name in ("doctor", "day", "time")}


__all__ = ["run_book"]
