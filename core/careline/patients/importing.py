"""Importing a table of patients: in batches, each with its progress in one transaction.

So it can be stopped or killed at any time: the job goes on after the last row that is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen
from twisted.internet.defer import Deferred

from careline.campuses.store import list_campuses
from careline.clock import Clock
from careline.errors import CarelineError, Invalid, Unavailable
from careline.patients import store, transfers
from careline.patients.columns import guessed
from careline.patients.fields import CustomField
from careline.patients.rows import Reading, read_row
from careline.patients.sheets import Row, Sheet, open_sheet
from careline.patients.taking import Batch, Entry, OnMatch, Taken
from careline.patients.transfers import State, Transfer, plain_error
from careline.storage import Database, Tx

InThread = Callable[..., "Deferred[Any]"]
BATCH = 200
PREVIEW = 5


@frozen
class Preview:
    """The beginning of a table, with what its columns seem to be."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    mapping: tuple[str, ...]
    total: int | None


@frozen
class Importer:
    """Runs imports whose files lie in ``folder``; reading and parsing happen ``in_thread``."""

    db: Database
    clock: Clock
    in_thread: InThread
    folder: Path
    seen: dict[int, set[object]] = field(factory=dict)

    async def preview(self, one: Transfer) -> Preview:
        """Look into the file; Invalid when it cannot be read."""
        fields, campuses = await self.db.run(names)
        header, rows, total = await self.in_thread(_begin_of, self.folder / one.file)
        mapping = one.options.get("mapping") or guessed(header, fields, campuses)
        return Preview(header, tuple(rows), tuple(mapping), total)

    async def run(self, transfer_id: int) -> None:
        """Import to the end, from wherever an earlier try got to; errors are kept in the row."""
        one = await self.db.run(transfers.get_transfer, transfer_id)
        if one.over:
            return
        try:
            await self._run(one)
        except Unavailable:
            raise  # the job is tried again
        except CarelineError as error:
            await self._end(transfer_id, State.FAILED, plain_error(error))
        finally:
            self.seen.pop(transfer_id, None)

    async def _run(self, one: Transfer) -> None:
        fields, _campuses = await self.db.run(names)
        how = Reading(
            mapping=tuple(one.options.get("mapping", ())),
            fields=tuple(fields),
            area_code=str(one.options.get("area_code", "")),
            today=self.clock.now().date(),
        )
        _refuse_mapping(how.mapping)
        path = self.folder / one.file
        if not path.is_file():
            raise Invalid("import.gone", "the uploaded file is not there any more")
        sheet: Sheet = await self.in_thread(open_sheet, path)
        try:
            if one.done:
                sheet.skip_to(one.done)
            await self._all_rows(one, sheet, how)
        finally:
            sheet.close()

    async def _all_rows(self, one: Transfer, sheet: Sheet, how: Reading) -> None:
        while True:
            entries: list[Entry] = await self.in_thread(read_some, sheet, how)
            state = await self.db.run(self._take, one, entries, sheet.total)
            if state is not State.RUNNING:
                return
            await self.clock.sleep(0)  # calls first

    def _take(self, tx: Tx, one: Transfer, entries: Sequence[Entry], total: int | None) -> State:
        """Store one batch with its progress; gives the state after it."""
        now = self.clock.now()
        current = transfers.get_transfer(tx, one.id)
        if current.over:
            return current.state
        last = entries[-1].row.number if entries else current.done
        if not entries:
            transfers.change_transfer(tx, one.id, state=State.DONE, finished=now, total=last - 1)
            return State.DONE
        seen = set(self.seen.get(one.id, ()))
        taken = Batch(tx, OnMatch(one.options["on_match"]), now, one.dry, seen).take(entries)
        transfers.add_rejects(tx, one.id, taken.rejects)
        transfers.change_transfer(
            tx,
            one.id,
            state=State.RUNNING,
            done=last,
            total=total,
            **_counts(current, taken),
        )
        if one.dry:
            tx.after_commit(lambda: self.seen.__setitem__(one.id, seen))
        return State.RUNNING

    async def _end(self, transfer_id: int, state: State, error: Mapping[str, Any]) -> None:
        now = self.clock.now()
        await self.db.run(
            transfers.change_transfer, transfer_id, state=state, finished=now, error=error
        )


def _counts(before: Transfer, taken: Taken) -> dict[str, int]:
    return {
        "added": before.added + taken.added,
        "changed": before.changed + taken.changed,
        "left_out": before.left_out + taken.left_out,
        "rejected": before.rejected + len(taken.rejects),
    }


def _refuse_mapping(mapping: Sequence[str]) -> None:
    if "name" not in mapping:
        raise Invalid("import.name", "say which column holds the patients' names")
    single = [target for target in mapping if target and target not in ("phones", "note", "tags")]
    twice = sorted({target for target in single if single.count(target) > 1})
    if twice:
        raise Invalid("import.twice", "two columns cannot both be {target}", target=twice[0])


def names(tx: Tx) -> tuple[list[CustomField], dict[str, str]]:
    """The custom fields, and the campuses' names by id."""
    return store.list_fields(tx), {one.id: one.title for one in list_campuses(tx)}


def read_some(sheet: Sheet, how: Reading) -> list[Entry]:
    """The next batch, parsed; in a thread."""
    entries = []
    for row in sheet.take(BATCH):
        patient, problems = read_row(row, how)
        if not problems:
            patient = store.completed(patient)  # pinyin takes its time
        entries.append(Entry(row, patient, tuple(problems)))
    return entries


def _begin_of(path: Path) -> tuple[tuple[str, ...], list[Row], int | None]:
    sheet = open_sheet(path)
    try:
        return sheet.header, sheet.take(PREVIEW), sheet.total
    finally:
        sheet.close()
