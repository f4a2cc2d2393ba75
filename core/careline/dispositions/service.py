"""The tree of dispositions in memory, and the verbs that change it."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import evolve

from careline.clock import Clock
from careline.dispositions.model import Disposition, Tree
from careline.dispositions.store import add_version, read_tree
from careline.errors import Conflict, Invalid, NotFound
from careline.patients.pinyin import syllables_of
from careline.storage import Database, Tx

#: Two versions are at least this far apart, so that a moment has one.
TICK = timedelta(microseconds=1)


class Dispositions:
    """``tree`` is what :meth:`load` read last; each change writes a new version and reads again."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.tree = Tree.of(())

    async def load(self) -> None:
        """Read the tree anew: at start, and when somebody changed it in the database."""
        self.tree = await self._db.run(read_tree)

    async def add(self, entry: Disposition) -> None:
        """A new entry; Conflict when its code is taken."""
        await self._db.run(add_entry, entry, self._clock.now())
        await self.load()

    async def change(self, code: str, **changes: object) -> None:
        """Change an entry from now on (``title``, ``parent``, ``active`` ...); NotFound."""
        await self._db.run(change_entry, code, self._clock.now(), changes)
        await self.load()

    def checked(self, code: str) -> str:
        """``code`` when a call may be given it now, or ""; Invalid for any other."""
        if code and not self.tree.usable(code):
            raise Invalid("desk.disposition", "there is no disposition {code} to choose", code=code)
        return code


def add_entry(tx: Tx, entry: Disposition, now: datetime) -> None:
    """Store a new entry with its pinyin; Conflict when its code is taken."""
    if read_tree(tx).get(entry.code):
        raise Conflict("disposition.code", "there is a disposition {code} already", code=entry.code)
    add_version(tx, spelled(evolve(entry, since=now)))


def change_entry(tx: Tx, code: str, now: datetime, changes: dict[str, object]) -> None:
    """Store a new version of an entry; nothing when it says what is there already."""
    known = read_tree(tx).get(code)
    if known is None:
        raise NotFound("disposition.unknown", "there is no disposition {code}", code=code)
    changed = spelled(evolve(known, **changes))  # type: ignore[arg-type]  # names are the caller's
    if changed != known:
        add_version(tx, evolve(changed, since=max(now, known.since + TICK)))


def spelled(entry: Disposition) -> Disposition:
    """``entry`` with the pinyin and initials of its title; reads a dictionary, so in a thread."""
    parts = syllables_of(entry.title)
    return evolve(
        entry,
        pinyin=" ".join(parts)[:400],
        initials="".join(part[0] for part in parts)[:64],
    )
