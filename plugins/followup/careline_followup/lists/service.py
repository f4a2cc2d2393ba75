"""Lists that are handed in: kept as a file, looked at, taken in when somebody says so.

A job reads the file in parts, each with its progress in one transaction: whoever has handed it in
sees how far it is, and a core that dies goes on after the last part.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from careline.errors import CarelineError, Conflict, NotFound, Unavailable
from careline.i18n import Text
from careline.jobs import Job, Postpone
from careline.jobs.model import JobRecord
from careline.storage import Tx
from careline_followup.cases.intake import Intake, whose
from careline_followup.cases.listed import OpenList, Places, Read, open_list
from careline_followup.cases.rows import Brought, bring, erased
from careline_followup.cases.store import places_of
from careline_followup.lists import store
from careline_followup.lists.model import HandedIn, Line, ListState, plain_error

READ = "followup.list"
CHANGED = "followup_list"
#: The folder of files in the home, how long a file is kept that nobody takes in, and a list.
FOLDER = "followup"
FILE_KEPT = timedelta(days=1)
KEPT = timedelta(days=7)
#: Rows in one transaction: a list does not hold the database up.
ROWS = 40
#: A file that this core has not may be with another one, which is asked each minute so long.
ELSEWHERE = timedelta(minutes=1)
LOST = timedelta(hours=1)
GONE = Text("The file of this list is not kept any more: please hand it in again.")


#: What is counted of the rows.
COUNTS: Mapping[str, Callable[[Sequence[Brought]], int]] = {
    "added": lambda rows: sum(row.new for row in rows),
    "known": lambda rows: sum(row.known for row in rows),
    "rejected": lambda rows: sum(row.why is not None for row in rows),
    "noted": lambda rows: sum(bool(row.notes) for row in rows),
    "uncalled": lambda rows: sum(row.uncalled for row in rows),
}


class Lists:
    """Lists for the pages and the jobs; ``core`` is a ``careline.plugins.Core``."""

    def __init__(self, core: Any, intake: Intake) -> None:
        self._core = core
        self._intake = intake
        self._folder: Path = core.settings.home.root / FOLDER

    async def hand_in(self, path: Path, title: str, campus: str, by: str) -> int:
        """Keep a file and begin to look at it; gives the list's id. NotFound for the campus."""
        self._core.campuses.campus(campus)
        await self.sweep()
        now, file = self._core.clock.now(), secrets.token_hex(16)
        one = HandedIn(campus=campus, title=title, file=file, by=by, at=now)
        made: int = 0
        try:
            await self._core.in_thread(_keep, path, self._folder, one)
            made = await self._core.db.run(self._begin, one)
        finally:
            if not made:
                await self._drop(file)
        return made

    async def take_in(self, list_id: int) -> None:
        """Store what a list tells that was looked at; Conflict when that is not so."""
        await self._core.db.run(self._take_in, list_id)

    async def get(self, list_id: int) -> HandedIn:
        """One list, else NotFound."""
        found: HandedIn = await self._core.db.run(store.get, list_id)
        return found

    async def latest(self, most: int = 10) -> list[HandedIn]:
        """The newest first."""
        found: list[HandedIn] = await self._core.db.run(store.latest, most)
        return found

    async def lines(self, list_id: int, most: int) -> list[Line]:
        """Rows of which something is to be said: those that are not taken first."""
        found: list[Line] = await self._core.db.run(store.lines, list_id, most)
        return found

    async def tidy(self, before: datetime) -> None:
        """Forget lists of that time, and files that are too old."""
        files: list[str] = await self._core.db.run(store.remove, before)
        await self._core.db.run(store.expire, self._core.clock.now() - FILE_KEPT, gone())
        await self._core.in_thread(_remove, self._folder, files)
        await self.sweep()

    async def sweep(self) -> None:
        """Remove files of this core that are too old, whatever lists the database knows."""
        before = self._core.clock.now() - FILE_KEPT
        await self._core.in_thread(_sweep, self._folder, before.timestamp())

    async def read(self, args: Mapping[str, Any], job: JobRecord | None = None) -> None:
        """Read a list to its end; a broken or lost one is FAILED and says why."""
        try:
            one: HandedIn = await self._core.db.run(store.get, args["list"])
        except NotFound:
            return  # forgotten meanwhile
        if not one.busy:
            return
        path = self._folder / one.file
        try:
            if not await self._core.in_thread(path.is_file):
                self._is_elsewhere(job.created_at if job else one.at)
            await self._read(one, path)
        except Unavailable:
            raise  # the job is tried again
        except CarelineError as error:
            values = {"state": ListState.FAILED, "error": plain_error(error)}
            await self._core.db.run(self._changed, one.id, values)

    def _is_elsewhere(self, since: datetime) -> None:
        """Postpone, as another core may have the file; Conflict when none had it for long."""
        now = self._core.clock.now()
        if now - since > LOST:
            raise gone()
        raise Postpone(now + ELSEWHERE, "the file is with another core")

    async def _read(self, one: HandedIn, path: Path) -> None:
        zone = ZoneInfo(self._core.campuses.campus(one.campus).timezone)
        places = Places(*await self._core.db.run(places_of, one.campus))
        now = self._core.clock.now()
        opened: OpenList = await self._core.in_thread(
            open_list, path, one.campus, zone, now, places
        )
        try:
            # From the start: which rows stand there twice is known from those above.
            while rows := await self._core.in_thread(opened.take, ROWS):
                if rows[-1].line > one.read:
                    await self._core.db.run(self._part, one, opened, rows)
                await self._core.clock.sleep(0)  # calls first
        finally:
            opened.close()
        await self._core.db.run(self._end, one, opened)

    # In the transaction

    def _begin(self, tx: Tx, one: HandedIn) -> int:
        list_id = store.add(tx, one)
        self._core.outbox.put(tx, Job(READ, {"list": list_id}))
        return list_id

    def _take_in(self, tx: Tx, list_id: int) -> None:
        one = store.get(tx, list_id, held=True)
        if one.state is not ListState.LOOKED:
            raise Conflict("followup.list_state", "This list is being read, or was taken in.")
        if self._core.clock.now() - one.at > FILE_KEPT:
            raise gone()
        store.clear(tx, list_id)
        zero: dict[str, Any] = dict.fromkeys(("read", *COUNTS), 0)
        self._changed(tx, list_id, zero | {"state": ListState.TAKING, "finished": None})
        self._core.outbox.put(tx, Job(READ, {"list": list_id}))

    def _part(self, tx: Tx, began: HandedIn, opened: OpenList, rows: Sequence[Read]) -> None:
        """Rows that nobody has read; none of a list that another reader has brought to its end."""
        one = store.get(tx, began.id, held=True)
        fresh = [row for row in rows if row.line > one.read]
        if not fresh or one.state is not began.state:
            return
        out = store.erased_lines(tx, one.id)
        some = [
            Brought(line=row.line, why=erased())
            if row.line in out
            else bring(tx, self._intake, row, one.dry)
            for row in fresh
        ]
        people = {row.line: _whose(tx, one.campus, row) for row in fresh if row.line not in out}
        store.put_people(tx, one.id, people)
        names = {row.line: row.name for row in fresh if row.line not in out}
        lines = [_line(each, names.get(each.line, "")) for each in some]
        store.add_lines(tx, one.id, [line for line in lines if line.reasons])
        sums = {name: getattr(one, name) + count(some) for name, count in COUNTS.items()}
        more = {"header": list(opened.sheet.header), "total": opened.sheet.total}
        self._changed(tx, one.id, sums | more | {"read": fresh[-1].line})

    def _end(self, tx: Tx, began: HandedIn, opened: OpenList) -> None:
        one = store.get(tx, began.id, held=True)
        if one.state is not began.state:
            return
        state = ListState.LOOKED if one.state is ListState.LOOKING else ListState.DONE
        ends = {"state": state, "finished": self._core.clock.now()}
        self._changed(tx, one.id, ends | {"header": list(opened.sheet.header)})
        if state is ListState.DONE:
            spawn = self._core.tasks.spawn
            tx.after_commit(lambda: spawn(self._drop(one.file), "the file of a list"))

    async def _drop(self, file: str) -> None:
        await self._core.in_thread(_remove, self._folder, [file])

    def _changed(self, tx: Tx, list_id: int, values: Mapping[str, Any]) -> None:
        store.change(tx, list_id, **values)
        core, shown = self._core, str(list_id)
        tx.after_commit(lambda: core.events.tell(CHANGED, shown, permission="followup.edit"))


def _line(row: Brought, name: str) -> Line:
    reasons = (row.why,) if row.why is not None else row.notes
    taken = row.why is None
    return Line(line=row.line, cells=row.cells, taken=taken, reasons=reasons, name=name)


def _whose(tx: Tx, campus: str, row: Read) -> int:
    """The patient of a row, also of one that is no case; 0 for nobody's."""
    return whose(tx, campus, row.number, row.id_card, row.name)


def gone() -> Conflict:
    """A list that can only be handed in again."""
    return Conflict("followup.list_gone", GONE.msgid)


def _keep(path: Path, folder: Path, one: HandedIn) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = folder / one.file
    copy.touch(mode=0o600)
    shutil.copyfile(path, copy)
    os.utime(copy, (one.at.timestamp(), one.at.timestamp()))  # as the house's clock goes


def _remove(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)


def _sweep(folder: Path, before: float) -> None:
    old = [one for one in folder.glob("*") if one.is_file() and one.stat().st_mtime < before]
    _remove(folder, [one.name for one in old])
