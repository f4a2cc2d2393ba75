"""The verbs of cases: told by the hospital's system, by a list, by hand, or found missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen
from twisted.logger import Logger

from careline.clinic import Stay
from careline.errors import CarelineError, Unavailable
from careline.jobs import Job
from careline.storage import Tx
from careline_followup.cases import inside, numbers, store
from careline_followup.cases.intake import Intake, Taken, What
from careline_followup.cases.linking import link_all, link_changed
from careline_followup.cases.listed import Places, Read, Reject, read_list
from careline_followup.cases.model import Case
from careline_followup.cases.rows import Brought, bring, erased
from careline_followup.config import FollowupConfig
from careline_followup.tasks.model import Why

log = Logger()
#: Cases in one transaction: a list does not hold the database up.
BATCH = 50
PAGE = 200
STAY = "followup.stay"
SOON = timedelta(minutes=1)


@frozen
class Imported:
    """What a list has brought; ``known`` were there already, changed or not.

    ``noted`` are rows that were taken, and what is to be said of them.
    """

    added: int
    known: int
    rejected: tuple[Reject, ...] = ()
    noted: tuple[Reject, ...] = ()


@frozen
class Reconciled:
    """What comparing with the hospital's own discharges has brought."""

    seen: int
    added: int
    planned: int


class Cases:
    """Cases for everybody else; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, config: FollowupConfig, intake: Intake) -> None:
        self._core = core
        self._config = config
        self.intake = intake

    # Looking

    async def get(self, case_id: int) -> Case:
        """One case, else NotFound."""
        found: Case = await self._core.db.run(store.get, case_id)
        return found

    async def several(self, ids: Collection[int]) -> dict[int, Case]:
        """Those with these ids."""
        found: dict[int, Case] = await self._core.db.run(store.several, ids)
        return found

    async def of_patient(self, patient: int) -> list[Case]:
        """A patient's cases, the newest first."""
        found: list[Case] = await self._core.db.run(store.of_patient, patient)
        return found

    # Told of

    async def discharged(self, stay_id: str) -> None:
        """The hospital's system says that a patient has left; told twice it is the same."""
        await self._told(stay_id)

    async def admitted(self, stay_id: str) -> None:
        """The hospital's system says that a patient has come (back)."""
        await self._told(stay_id)

    async def admission_cancelled(self, stay_id: str) -> None:
        """An admission was a mistake: who stayed at home is followed up as before."""
        await self._core.db.run(self.intake.stayed_at_home, stay_id)

    async def ask_again(self, args: Mapping[str, Any], job: object = None) -> None:
        """Ask for a stay that nobody knew of when it was told; Unavailable while that is so."""
        stay = await self._core.hub.stay_of(stay_id=args["stay"])
        if stay is None:
            raise Unavailable("followup.no_stay", "The hospital's system does not tell the stay.")
        await self._take(stay)

    async def add(self, case: Case) -> Case:
        """One case by hand; gives the one that is known already, where there is one.

        Refused for a discharge of somebody who was erased since.
        """
        taken: Taken = await self._core.db.run(self.intake.take, case)
        if taken.what is What.ERASED:
            raise erased()
        return taken.case

    async def withdraw(self, case_id: int, why: Why, note: str, by: str) -> Case:
        """Follow a case up no more."""
        done: Case = await self._core.db.run(self.intake.withdraw, case_id, why, note, by)
        return done

    async def no_more(self, case_id: int, why: Why, note: str, by: str) -> int:
        """Ask the person of a case nothing more, whatever is planned; gives how many cases end.

        ``why`` is DECEASED (nothing is planned later either) or DECLINED.
        """
        count: int = await self._core.db.run(self.intake.no_more, case_id, why, note, by)
        return count

    async def import_list(self, path: Path, campus: str, dry: bool = False) -> Imported:
        """Take in a CSV or XLSX file; the same file again changes nothing.

        ``dry`` only looks. Invalid for a file that is no such list, NotFound for the campus.
        """
        zone = ZoneInfo(self._core.campuses.campus(campus).timezone)
        now = self._core.clock.now()
        places = Places(*await self._core.db.run(store.places_of, campus))
        read: list[Read] = await self._core.in_thread(read_list, path, campus, zone, now, places)
        brought: list[Brought] = []
        for start in range(0, len(read), BATCH):
            brought += await self._core.db.run(self.bring, read[start : start + BATCH], dry)
        return imported(brought)

    # What was missed

    async def reconcile(self) -> Reconciled:
        """Compare with the discharges that the hospital's system knows of; take in what is missing.

        Events are lost when this plugin was off or its jobs were thrown away; this finds them,
        admissions too. Cases without a plan are looked at again, and patients whose records came
        later are found.
        """
        await self._lying()
        since = self._since()
        seen = added = 0
        after = ""
        while stays := await self._stays(since, after):
            cases = [case for stay in stays if (case := self.intake.case_of(stay)) is not None]
            for start in range(0, len(cases), BATCH):
                added += await self._core.db.run(self.take_all, cases[start : start + BATCH])
            seen += len(stays)
            after = stays[-1].id
        planned = await self.replan()
        await self._link()
        await self._numbers()
        if added:
            log.warn("{count} discharges were not told of and are followed up now", count=added)
        return Reconciled(seen=seen, added=added, planned=planned)

    async def replan(self) -> int:
        """Look for plans for the cases that fit none; gives how many have one now.

        What lies further back than the nightly comparison looks is not asked after any more.
        """
        planned: int = 0
        last: int = 0
        while True:
            last, count = await self._core.db.run(self._replan, last)
            planned += count
            if not last:
                return planned

    def _since(self) -> datetime:
        now: datetime = self._core.clock.now()
        return now - timedelta(days=self._config.look_back_days)

    async def _told(self, stay_id: str) -> None:
        """A system that does not answer is asked again by a job: it is no fault of the hook's."""
        stay: Stay | None = await self._core.hub.stay_of(stay_id=stay_id)
        if stay is None:
            again = Job(STAY, {"stay": stay_id}, run_at=self._core.clock.now() + SOON)
            await self._core.db.run(self._core.outbox.put, again)
        else:
            await self._take(stay)

    async def _take(self, stay: Stay) -> None:
        """As the stay is now, whatever was told of it: news come late and out of order."""
        case = self.intake.case_of(stay)
        if case is None:
            await self._core.db.run(self.intake.admitted, stay)
        else:
            await self._core.db.run(self.intake.take, case)

    async def _lying(self) -> None:
        """Who lies in the hospital now: admissions that were never told, stays that are no more."""
        if "stays_in" not in self._core.hub.specs:
            return
        gone: set[tuple[str, str]] = await self._core.db.run(inside.everybody)
        after = ""
        while stays := await self._core.hub.stays_in(after=after, most=PAGE):
            for start in range(0, len(stays), BATCH):
                await self._core.db.run(self._admitted, stays[start : start + BATCH])
            gone -= {(stay.campus, stay.id) for stay in stays}
            after = stays[-1].id
        if stays is not None:  # it was told to the end
            await self._core.db.run(inside.forget, gone)

    async def _stays(self, since: datetime, after: str) -> Sequence[Stay]:
        if "stays_left" not in self._core.hub.specs:  # no hospital system is connected
            return ()
        found = await self._core.hub.stays_left(since=since, after=after, most=PAGE)
        return tuple(found or ())

    # In the transaction

    def bring(self, tx: Tx, rows: Sequence[Read], dry: bool) -> list[Brought]:
        """What rows of a list do; with ``dry`` what they would."""
        return [bring(tx, self.intake, row, dry) for row in rows]

    def take_all(self, tx: Tx, cases: Sequence[Case]) -> int:
        """How many were new; one that cannot be stored does not stop the others."""
        added = 0
        for case in cases:
            try:
                with tx.savepoint():
                    added += self.intake.take(tx, case).what is What.ADDED
            except CarelineError as error:
                log.error(
                    "a case of {campus} is not taken: {error}", campus=case.campus, error=error
                )
        return added

    def _admitted(self, tx: Tx, stays: Sequence[Stay]) -> None:
        for stay in stays:
            self.intake.admitted(tx, stay)

    def _replan(self, tx: Tx, after: int) -> tuple[int, int]:
        found = store.bare(tx, self._since(), after, BATCH)
        planned = [one for one in found if self.intake.replan(tx, one).plan]
        return (found[-1].id if found else 0), len(planned)

    async def link_changed(self, since: datetime) -> None:
        """Find cases of records that are new or were changed since."""
        await self._core.db.run(self._link_changed, since)

    def _link_changed(self, tx: Tx, since: datetime) -> None:
        for case in link_changed(tx, since):
            self.intake.numbers.again(tx, case)

    async def _numbers(self) -> None:
        last = 0
        while last := await self._core.db.run(self._numbers_of, last):
            await self._core.clock.sleep(0)

    def _numbers_of(self, tx: Tx, after: int) -> int:
        ids = numbers.uncalled(tx, self._since(), after, BATCH)
        for one in ids:
            self.intake.numbers.again(tx, store.get(tx, one))
        return ids[-1] if ids else 0

    async def _link(self) -> None:
        last = 0
        while last := await self._core.db.run(link_all, last):
            await self._core.clock.sleep(0)


def imported(brought: Sequence[Brought]) -> Imported:
    """The sum of all rows."""
    return Imported(
        added=sum(one.new for one in brought),
        known=sum(one.known for one in brought),
        rejected=tuple(Reject(one.line, one.why) for one in brought if one.why is not None),
        noted=tuple(Reject(one.line, note) for one in brought for note in one.notes),
    )
