"""Imports and exports as people order them; the work itself is jobs of this node.

A file lies on this machine, so its jobs carry the node's name and no other node's worker takes
them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import evolve

from careline.clock import Clock
from careline.errors import Invalid, NotFound
from careline.jobs import Job, JobRecord, Outbox, RetryPolicy, Work
from careline.patients import transfers
from careline.patients.criteria import Criteria
from careline.patients.exporting import Exporter
from careline.patients.importing import Importer, InThread, Preview
from careline.patients.taking import OnMatch
from careline.patients.transfers import Kind, State, Transfer
from careline.spreadsheet import FORMATS
from careline.storage import Database, Tx

LONGEST_S = 6 * 3600.0
MOST_BYTES = 50 * 2**20
FILES_KEPT = timedelta(days=1)


class Moving:
    """Orders imports and exports; ``folder`` holds their files.

    Without ``outbox`` whoever orders something also runs it (``importer.run``, ``exporter.run``).
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        outbox: Outbox | None,
        in_thread: InThread,
        folder: Path,
        node: str,
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._in_thread = in_thread
        self._folder = folder
        self._node = node
        self.importer = Importer(db, clock, in_thread, folder)
        self.exporter = Exporter(db, clock, in_thread, folder)

    def jobs(self) -> dict[str, Work]:
        """What the worker of this node does, by kind of job."""
        retry = RetryPolicy(max_tries=50)
        return {
            self._kind(Kind.IMPORT): Work(self._import, LONGEST_S, retry),
            self._kind(Kind.EXPORT): Work(self._export, LONGEST_S, retry),
        }

    def _kind(self, kind: Kind) -> str:
        return f"patients.{kind.value}.{self._node}"

    def _put(self, tx: Tx, kind: Kind, one: Transfer) -> None:
        if self._outbox is not None:
            self._outbox.put(tx, Job(self._kind(kind), {"transfer": one.id}))

    async def _import(self, args: Mapping[str, Any], _: JobRecord) -> None:
        await self.importer.run(args["transfer"])

    async def _export(self, args: Mapping[str, Any], _: JobRecord) -> None:
        await self.exporter.run(args["transfer"])

    # Imports

    async def upload(self, source: Path, name: str, by: str) -> tuple[Transfer, Preview]:
        """Keep a file and look into it; Invalid when it is no table that can be read."""
        if source.stat().st_size > MOST_BYTES:
            raise Invalid("import.size", "at most {most} MB: divide this file", most=50)
        shown = PurePosixPath(name.replace("\\", "/")).name[:100] or "table"
        target = self._folder / f"import-{os.urandom(8).hex()}"
        await self._in_thread(_keep, source, target)
        one = Transfer(
            kind=Kind.IMPORT,
            node=self._node,
            by=by,
            file=target.name,
            started=self._clock.now(),
            state=State.UPLOADED,
            options={"name": shown},
        )
        try:
            preview = await self.importer.preview(one)
        except Invalid:
            target.unlink(missing_ok=True)
            raise
        one = evolve(one, options={"name": shown, "header": preview.header})
        return await self._db.run(transfers.add_transfer, one), preview

    async def preview(self, transfer_id: int) -> Preview:
        """The beginning of an uploaded table."""
        return await self.importer.preview(await self.get(transfer_id))

    async def start(
        self,
        transfer_id: int,
        mapping: list[str],
        on_match: OnMatch = OnMatch.FILL,
        *,
        dry: bool = False,
        area_code: str = "",
    ) -> Transfer:
        """Have an uploaded table imported, or with ``dry`` only looked through."""
        if "name" not in mapping:
            raise Invalid("import.name", "say which column holds the patients' names")
        options = {
            "mapping": mapping,
            "on_match": on_match.value,
            "dry": dry,
            "area_code": area_code,
        }

        def work(tx: Tx) -> Transfer:
            one = transfers.begin(tx, transfer_id, options)
            self._put(tx, Kind.IMPORT, one)
            return one

        return await self._db.run(work)

    async def report(self, transfer_id: int, form: str, language: str) -> Path:
        """The rejected rows as a table in a file of their own; it goes within a day."""
        one = await self.get(transfer_id)
        return await self.exporter.report(one, _form(form), language)

    # Exports

    async def export(self, criteria: Criteria, form: str, by: str, language: str) -> Transfer:
        """Have all who meet ``criteria`` (everybody if there are none) written to a file."""
        form = _form(form)
        one = Transfer(
            kind=Kind.EXPORT,
            node=self._node,
            by=by,
            file=f"export-{os.urandom(8).hex()}.{form}",
            started=self._clock.now(),
            state=State.WAITING,
            options={"criteria": criteria.plain(), "format": form, "language": language},
        )

        def work(tx: Tx) -> Transfer:
            stored = transfers.add_transfer(tx, one)
            self._put(tx, Kind.EXPORT, stored)
            return stored

        return await self._db.run(work)

    async def file(self, transfer_id: int) -> Path:
        """The file of a finished export; NotFound when it is not (any more) there."""
        one = await self.get(transfer_id)
        path = self._folder / one.file
        if one.kind is not Kind.EXPORT or one.state is not State.DONE or not path.is_file():
            raise NotFound("transfer.file", "this file is not there (any more)")
        return path

    # Both

    async def get(self, transfer_id: int) -> Transfer:
        """An import or export, else NotFound."""
        return await self._db.run(transfers.get_transfer, transfer_id)

    async def list(self, by: str | None = None) -> list[Transfer]:
        """The latest first; only those of ``by`` when given."""
        return await self._db.run(transfers.list_transfers, by)

    async def stop(self, transfer_id: int) -> None:
        """End it after the rows in hand."""
        await self._db.run(transfers.stop, transfer_id, self._clock.now())

    async def tidy_up(self) -> None:
        """Remove files that are a day old, and reports that are a month old."""
        names = await self._db.run(transfers.forget_before, self._clock.now() - transfers.KEPT)
        before = (self._clock.now() - FILES_KEPT).timestamp()
        kept = {one.file for one in await self.list() if not one.over}
        await self._in_thread(_remove, self._folder, set(names), before, kept)


def _form(form: str) -> str:
    if form not in FORMATS:
        raise Invalid("export.format", "{form}: xlsx or csv", form=form)
    return form


def _keep(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        source.open("rb") as read,
        os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as write,
    ):
        shutil.copyfileobj(read, write)


def _remove(folder: Path, names: set[str], before: float, kept: set[str]) -> None:
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.name not in kept and (path.name in names or path.stat().st_mtime < before):
            path.unlink(missing_ok=True)
