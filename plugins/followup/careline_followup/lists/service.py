"""Lists that are handed in: kept as a file, looked at, taken in when somebody says so.

A job reads the file in parts, each with its progress in one transaction: whoever has handed it in
sees how far it is, and a core that dies goes on after the last part.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from careline.errors import CarelineError, Conflict, Unavailable
from careline.jobs import Job, Postpone
from careline.storage import Tx
from careline_followup.cases.intake import Intake
from careline_followup.cases.listed import OpenList, Places, Read, open_list
from careline_followup.cases.rows import Brought, bring
from careline_followup.cases.store import places_of
from careline_followup.lists import store
from careline_followup.lists.model import HandedIn, Line, ListState, plain_error

READ = "followup.list"
CHANGED = "followup_list"
#: The folder of files in the home, and how long a file is kept that nobody takes in.
FOLDER = "followup"
KEPT = timedelta(days=7)
#: Rows in one transaction: a list does not hold the database up.
ROWS = 40
ELSEWHERE = timedelta(minutes=1)


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
        file = secrets.token_hex(16)
        await self._core.in_thread(_keep, path, self._folder, file)
        now = self._core.clock.now()
        one = HandedIn(campus=campus, title=title, file=file, by=by, at=now)
        made: int = await self._core.db.run(self._begin, one)
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
        """Forget lists of that time, and their files."""
        files: list[str] = await self._core.db.run(store.remove, before)
        await self._core.in_thread(_remove, self._folder, files)

    async def read(self, args: Mapping[str, Any], job: object = None) -> None:
        """Read a list to its end; a broken one is FAILED and says why."""
        one: HandedIn = await self._core.db.run(store.get, args["list"])
        if not one.busy:
            return
        path = self._folder / one.file
        if not await self._core.in_thread(path.is_file):
            raise Postpone(self._core.clock.now() + ELSEWHERE, "the file is with another core")
        try:
            await self._read(one, path)
        except Unavailable:
            raise  # the job is tried again
        except CarelineError as error:
            values = {"state": ListState.FAILED, "error": plain_error(error)}
            await self._core.db.run(self._changed, one.id, values)

    async def _read(self, one: HandedIn, path: Path) -> None:
        zone = ZoneInfo(self._core.campuses.campus(one.campus).timezone)
        places = Places(*await self._core.db.run(places_of, one.campus))
        now = self._core.clock.now()
        opened: OpenList = await self._core.in_thread(
            open_list, path, one.campus, zone, now, places
        )
        try:
            if one.read:
                opened.sheet.skip_to(one.read)
            while rows := await self._core.in_thread(opened.take, ROWS):
                await self._core.db.run(self._part, one.id, opened, rows)
                await self._core.clock.sleep(0)  # calls first
        finally:
            opened.close()
        await self._core.db.run(self._end, one.id, opened)

    # In the transaction

    def _begin(self, tx: Tx, one: HandedIn) -> int:
        list_id = store.add(tx, one)
        self._core.outbox.put(tx, Job(READ, {"list": list_id}))
        return list_id

    def _take_in(self, tx: Tx, list_id: int) -> None:
        if store.get(tx, list_id).state is not ListState.LOOKED:
            raise Conflict("followup.list_state", "This list is being read, or was taken in.")
        store.clear(tx, list_id)
        zero: dict[str, Any] = dict.fromkeys(("read", *COUNTS), 0)
        self._changed(tx, list_id, zero | {"state": ListState.TAKING, "finished": None})
        self._core.outbox.put(tx, Job(READ, {"list": list_id}))

    def _part(self, tx: Tx, list_id: int, opened: OpenList, rows: Sequence[Read]) -> None:
        one = store.get(tx, list_id)
        some = [bring(tx, self._intake, row, one.dry) for row in rows if row.line > one.read]
        store.add_lines(tx, list_id, [line for line in map(_line, some) if line.reasons])
        sums = {name: getattr(one, name) + count(some) for name, count in COUNTS.items()}
        more = {"header": list(opened.sheet.header), "total": opened.sheet.total}
        self._changed(tx, list_id, sums | more | {"read": rows[-1].line})

    def _end(self, tx: Tx, list_id: int, opened: OpenList) -> None:
        one = store.get(tx, list_id)
        state = ListState.LOOKED if one.state is ListState.LOOKING else ListState.DONE
        ends = {"state": state, "finished": self._core.clock.now()}
        self._changed(tx, list_id, ends | {"header": list(opened.sheet.header)})
        if state is ListState.DONE:
            spawn = self._core.tasks.spawn
            tx.after_commit(lambda: spawn(self._drop(one.file), "the file of a list"))

    async def _drop(self, file: str) -> None:
        await self._core.in_thread(_remove, self._folder, [file])

    def _changed(self, tx: Tx, list_id: int, values: Mapping[str, Any]) -> None:
        store.change(tx, list_id, **values)
        core, shown = self._core, str(list_id)
        tx.after_commit(lambda: core.events.tell(CHANGED, shown, permission="followup.edit"))


def _line(row: Brought) -> Line:
    reasons = (row.why,) if row.why is not None else row.notes
    return Line(line=row.line, cells=row.cells, taken=row.why is None, reasons=reasons)


def _keep(path: Path, folder: Path, name: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = folder / name
    copy.touch(mode=0o600)
    shutil.copyfile(path, copy)


def _remove(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
