"""Exports of search results, and reports of rejected rows: written beside the calls, in steps."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from careline.clock import Clock
from careline.errors import CarelineError, Unavailable
from careline.i18n import Text, error_text
from careline.i18n.catalog import Lang
from careline.patients import store, transfers
from careline.patients.columns import targets
from careline.patients.criteria import criteria_of
from careline.patients.finding import search_ids
from careline.patients.importing import InThread, names
from careline.patients.rows import to_row
from careline.patients.transfers import State, Transfer, error_of, plain_error
from careline.spreadsheet import TableOut, table_out
from careline.storage import Database, Tx

STEP = 500


@frozen
class Exporter:
    """Writes tables into ``folder``; the files are readable by careline alone."""

    db: Database
    clock: Clock
    in_thread: InThread
    folder: Path

    async def run(self, transfer_id: int) -> None:
        """Export from the beginning (a broken-off file is written anew); errors go in the row."""
        one = await self.db.run(transfers.get_transfer, transfer_id)
        if one.over:
            return
        try:
            await self._run(one)
        except Unavailable:
            raise  # the job is tried again
        except CarelineError as error:
            await self._end(one.id, State.FAILED, error=plain_error(error))

    async def _run(self, one: Transfer) -> None:
        ids = await self.db.run(search_ids, criteria_of(one.options.get("criteria", {})))
        header, wanted = await self.db.run(_head, str(one.options.get("language", "zh")))
        path = self.folder / one.file
        out: TableOut = await self.in_thread(begin_table, path, str(one.options["format"]))
        try:
            await self.in_thread(out.add, [header])
            for start in range(0, len(ids), STEP):
                rows = await self.db.run(_rows, ids[start : start + STEP], wanted)
                await self.in_thread(out.add, rows)
                done = min(start + STEP, len(ids))
                if not await self.db.run(_progress, one.id, done, len(ids)):
                    return
        finally:
            await self.in_thread(out.close)
        await self._end(one.id, State.DONE, done=len(ids), total=len(ids))

    async def _end(self, transfer_id: int, state: State, **values: object) -> None:
        now = self.clock.now()
        await self.db.run(
            transfers.change_transfer, transfer_id, state=state, finished=now, **values
        )

    async def report(self, one: Transfer, form: str, language: Lang) -> Path:
        """Rejected rows of an import with their reasons, as a table to mend and hand in again."""
        header = tuple(map(str, one.options.get("header", ())))
        path = self.folder / f"report-{one.id}-{os.urandom(4).hex()}.{form}"
        out: TableOut = await self.in_thread(begin_table, path, form)
        last = 0
        try:
            await self.in_thread(out.add, [report_head(header, language)])
            while rejects := await self.db.run(transfers.read_rejects, one.id, last, STEP):
                rows = [report_row(reject, len(header), language) for reject in rejects]
                await self.in_thread(out.add, rows)
                last = rejects[-1].row
        finally:
            await self.in_thread(out.close)
        return path


def report_head(header: Sequence[str], language: Lang) -> list[str]:
    """The table's own titles, then row and reasons."""
    return [*header, Text("row").to(language), Text("why it was not imported").to(language)]


def report_row(reject: transfers.Reject, width: int, language: Lang) -> list[str]:
    """A rejected row with its number and all reasons."""
    cells = [*reject.cells, *[""] * width][:width]
    reasons = [error_text(error_of(reason), language) for reason in reject.reasons]
    return [*cells, str(reject.row), "; ".join(reasons)]


def begin_table(path: Path, form: str) -> TableOut:
    """Open the file so that nobody else can read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    return table_out(os.fdopen(handle, "wb"), form)


def _head(tx: Tx, language: Lang) -> tuple[list[str], list[str]]:
    fields, campuses = names(tx)
    wanted = targets(fields, campuses)
    return [one.title.to(language) for one in wanted], [one.name for one in wanted]


def _rows(tx: Tx, ids: Sequence[int], wanted: Sequence[str]) -> list[list[str]]:
    return [to_row(patient, wanted) for patient in store.read_patients(tx, ids)]


def _progress(tx: Tx, transfer_id: int, done: int, total: int) -> bool:
    """Write down how far it is; False when it was stopped."""
    if transfers.get_transfer(tx, transfer_id).over:
        return False
    transfers.change_transfer(tx, transfer_id, state=State.RUNNING, done=done, total=total)
    return True
