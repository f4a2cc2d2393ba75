"""What others ask of departments and doctors, answered from memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from attrs import field, frozen
from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger

from careline.clinic import Department, Doctor
from careline.clinic import Directory as Told
from careline.errors import NotFound, Unavailable
from careline_appointments.directory import store
from careline_appointments.directory.index import (
    Entry,
    Hit,
    department_entry,
    doctor_entry,
    find,
)

log = Logger()
V = TypeVar("V", Department, Doctor)
RELOAD = 60.0  # seconds; another process may have asked the hospitals
UNKNOWN = "there is no department or doctor {code} at campus {campus}"


@frozen
class Snapshot:
    """Everything, ready to be asked."""

    departments: Mapping[tuple[str, str], Department] = field(factory=dict)
    doctors: Mapping[tuple[str, str], Doctor] = field(factory=dict)
    entries: tuple[Entry, ...] = ()
    as_of: Mapping[str, datetime] = field(factory=dict)


class Directory:
    """All campuses' departments and doctors; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self._now = Snapshot()

    # Asking

    def find(self, text: str, campus: str = "", most: int = 20) -> list[Hit]:
        """Departments and doctors by name, pinyin, initials, specialty or disease; best first."""
        return find(self._now.entries, text, campus, most)

    def campuses(self) -> list[str]:
        """Campuses whose directory is known."""
        return sorted({campus for campus, _code in self._now.departments})

    def departments(self, campus: str) -> list[Department]:
        """A campus's departments in the hospital's order."""
        found = [one for one in self._now.departments.values() if one.campus == campus]
        return sorted(found, key=lambda one: (one.order, one.code))

    def department(self, campus: str, code: str) -> Department:
        """The department, else NotFound."""
        return _known(self._now.departments, campus, code)

    def doctors(self, campus: str, department: str = "") -> list[Doctor]:
        """A campus's doctors, or those of one department; experts first."""
        found = [
            one
            for one in self._now.doctors.values()
            if one.campus == campus and department in ("", one.department)
        ]
        return sorted(found, key=lambda one: (one.department, not one.expert, one.code))

    def doctor(self, campus: str, code: str) -> Doctor:
        """The doctor, else NotFound."""
        return _known(self._now.doctors, campus, code)

    def by_number(self, digits: str) -> Doctor | None:
        """The doctor whose introduction callers hear by this number."""
        return next((one for one in self._now.doctors.values() if one.number == digits), None)

    def department_codes(self, name: str) -> dict[str, str]:
        """The code of the department of that name at each campus that has one."""
        found = self._now.departments.values()
        return {one.campus: one.code for one in found if one.name == name}

    def department_name(self, campus: str, code: str) -> str:
        """Its name, or the code when it is not known."""
        known = self._now.departments.get((campus, code))
        return known.name if known else code

    def doctor_name(self, campus: str, code: str) -> str:
        """The name, or the code when it is not known; empty for a general clinic."""
        known = self._now.doctors.get((campus, code))
        return known.name if known else code

    def as_of(self, campus: str) -> datetime | None:
        """When the campus's directory was told last, UTC."""
        return self._now.as_of.get(campus)

    # Keeping

    async def load(self) -> None:
        """Read what is kept of the campuses that there are."""
        campuses = list(self._core.campuses.directory.campuses)
        self._now = _snapshot(await self._core.db.run(store.read_directory, campuses))

    async def sync(self) -> None:
        """Ask all campuses' hospitals anew; one that tells nothing keeps what it has."""
        campuses = list(self._core.campuses.directory.campuses)
        asked = [Deferred.fromCoroutine(self._ask(campus)) for campus in campuses]
        answers: list[Told | None] = await gatherResults(asked, consumeErrors=True)
        for campus, told in zip(campuses, answers, strict=True):
            if told is not None and told.departments:
                await self._core.db.run(store.put_directory, campus, told, self._core.clock.now())
        await self.load()

    async def _ask(self, campus: str) -> Told | None:
        told: Told | None = await self._core.hub.clinic_directory(campus=campus)
        return told

    async def keep(self) -> None:
        """Read again whenever another process has asked the hospitals; never ends."""
        while True:
            try:
                campuses = list(self._core.campuses.directory.campuses)
                if await self._core.db.run(store.ages, campuses) != self._now.as_of:
                    await self.load()
            except Unavailable as error:
                log.warn("the directory waits for the database: {error}", error=error)
            await self._core.clock.sleep(RELOAD)


def _known(found: Mapping[tuple[str, str], V], campus: str, code: str) -> V:
    try:
        return found[campus, code]
    except KeyError:
        raise NotFound("appointments.place", UNKNOWN, campus=campus, code=code) from None


def _snapshot(kept: store.Kept) -> Snapshot:
    departments = {(one.campus, one.code): one for one, _ in kept.departments}
    doctors = {(one.campus, one.code): one for one, _ in kept.doctors}
    return Snapshot(departments, doctors, tuple(_entries(kept, departments)), kept.as_of)


def _entries(
    kept: store.Kept, departments: Mapping[tuple[str, str], Department]
) -> Iterable[Entry]:
    for one, spelled in kept.departments:
        yield department_entry(one, spelled)
    for doctor, spelled in kept.doctors:
        known = departments.get((doctor.campus, doctor.department))
        yield doctor_entry(doctor, known.name if known else "", spelled)
