"""Going through all recordings: whether each is what was recorded, and under the newest key."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from careline.errors import NotFound
from careline.storage import Database
from careline_recording import store
from careline_recording.crypt import Damaged
from careline_recording.model import Recording
from careline_recording.vault import Vault


@frozen
class Checked:
    """A recording, and what is wrong with it."""

    recording: Recording
    fault: Damaged | NotFound | None = None


def check_all(db: Database, vault: Vault, id: str = "") -> Iterator[Checked]:
    """Read every recording, or one, from its store; blocks. Unavailable ends it."""
    if id:
        found = db.run_sync(store.sealed_of, id)
        if found is None:
            raise NotFound("recording.unknown", "there is no such recording")
        yield _checked(vault, *found)
        return
    last = ""
    while rows := db.run_sync(store.after, last):
        for recording, sealed in rows:
            yield _checked(vault, recording, sealed)
        last = rows[-1][0].id


def _checked(vault: Vault, recording: Recording, sealed: store.Sealed) -> Checked:
    try:
        vault.check(recording, sealed)
    except (Damaged, NotFound) as fault:
        return Checked(recording, fault)
    return Checked(recording)


def rotate(db: Database, vault: Vault) -> int:
    """Make a new master key and put all recordings under it; gives how many.

    The audio is not touched. Old keys are forgotten at night, when nothing is under them: what is
    taken in at this moment may still be.
    """
    newest = vault.keys.add()
    many = 0
    while rows := db.run_sync(store.under_others, newest.name):
        for recording, sealed in rows:
            under = vault.rewrapped(recording, sealed)
            db.run_sync(store.rewrap, recording.id, sealed.master, under.master, under.wrapped)
            many += 1
    return many
