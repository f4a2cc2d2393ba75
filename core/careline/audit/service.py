"""The audit log: written behind what is done, read by those who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta, tzinfo
from typing import Any

from careline.audit import export, store
from careline.audit.model import NONE, Entry, Found, Search, act_title, kind_title, titles_of
from careline.clock import Clock
from careline.errors import Invalid
from careline.hooks import Act
from careline.i18n import Lang, Text
from careline.spreadsheet import FORMATS, table_bytes
from careline.storage import Database
from careline.storage.ageing import sweep
from careline.storage.behind import WriteBehind
from careline.tasks import Tasks

#: Lines that one export holds at most; a longer time is exported in parts.
MOST = 100_000

InThread = Callable[..., Awaitable[Any]]


class Audit:
    """Takes lines at once and has them stored soon; ``keep_days`` 0 keeps them for ever.

    ``acts`` gives what plugins bring titles for.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        tasks: Tasks,
        behind: WriteBehind[Entry],
        in_thread: InThread,
        keep_days: int = 0,
        acts: Callable[[], Iterable[Act]] = tuple,
    ) -> None:
        self._db = db
        self._clock = clock
        self._tasks = tasks
        self._behind = behind
        self._in_thread = in_thread
        self._keep_days = keep_days
        self._acts = acts

    def write(
        self,
        act: str,
        *,
        actor: str = "",
        name: str = "",
        kind: str = "",
        whose: str = "",
        what: str = "",
        why: str = "",
        address: str = "",
    ) -> None:
        """Write a line down; ``kind`` is the act's first word unless it is named."""
        self._behind.put(
            Entry(
                at=self._clock.now(),
                act=act,
                actor=actor,
                name=name,
                kind=kind or act.partition(".")[0],
                whose=whose,
                what=what,
                why=why,
                address=address,
            )
        )

    async def search(self, wanted: Search) -> Found:
        """A page of lines, newest first; what was written before is among them."""
        await self._settle()
        return await self._db.run(store.search, wanted)

    async def choices(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Acts and kinds that occur."""
        return await self._db.run(store.known_values)

    async def export(self, wanted: Search, form: str, zone: tzinfo, lang: Lang) -> bytes:
        """All lines that fit as a file of ``form`` (csv, xlsx); Invalid when they are too many."""
        await self._settle()
        found = await self._db.run(store.search, wanted, MOST)
        titles = titles_of(self._acts())
        return bytes(await self._in_thread(make_file, found, form, zone, lang, titles))

    def title_of(self, act: str) -> Text:
        """What an act of the core or of a plugin is called."""
        return act_title(act, titles_of(self._acts()))

    def kind_of(self, kind: str) -> Text:
        """What a kind of thing of the core or of a plugin is called."""
        return kind_title(kind, titles_of(self._acts()))

    def start(self) -> None:
        """Remove what is too old, now and every six hours."""
        if self._keep_days > 0:
            self._tasks.spawn(sweep(self._clock, self.tidy), "audit log: removing what is too old")

    async def tidy(self) -> None:
        """Remove lines older than ``keep_days``; with 0 there are none."""
        if self._keep_days <= 0:
            return
        oldest = self._clock.now() - timedelta(days=self._keep_days)
        while await self._db.run(store.remove_before, oldest) == store.SWEEP:
            pass

    async def _settle(self) -> None:
        """Lines just written are to be found; a database that is away says so by itself."""
        if self._behind.waiting < store.SWEEP:
            await self._behind.written()


def make_file(
    found: Found, form: str, zone: tzinfo, lang: Lang, brought: Mapping[str, Text] = NONE
) -> bytes:
    """A file of what was found; Invalid for an unknown format or when it is not all of it."""
    if form not in FORMATS:
        raise Invalid("audit.form", "there is no format {form}; there are csv and xlsx", form=form)
    if found.more:
        raise Invalid(
            "audit.too_many", "these are more than {most} lines; export a shorter time", most=MOST
        )
    rows = export.rows_of(found.entries, zone, lang, brought)
    return table_bytes(rows, form)
