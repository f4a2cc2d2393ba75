"""The audio of recordings, encrypted in a store; all of it blocks and is called in threads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from attrs import frozen

from careline.config import Home
from careline.errors import Unavailable
from careline.i18n import reason
from careline_recording.config import RecordingConfig
from careline_recording.crypt import Damaged, KeyFile, Sealer, new_key
from careline_recording.crypt import sealed as sealed_pieces
from careline_recording.keeping import FolderStore, S3Store, Store
from careline_recording.keeping.folder import SUFFIX
from careline_recording.model import Recording
from careline_recording.store import Sealed

KEYS = "recording.keys"
SCRATCH = ".new"


@frozen
class Filed:
    """What was put into the store: what opens it; size and hash are those before it was sealed."""

    sealed: Sealed
    size: int
    sha256: str


@frozen
class Vault:
    """A store and the master keys; ``scratch`` is a folder for what is being encrypted."""

    store: Store
    keys: KeyFile
    scratch: Path

    def put(self, id: str, started: datetime, plain: Iterable[bytes]) -> Filed:
        """Encrypt what comes in pieces of 64 kB, and store it."""
        master = self.keys.newest()
        key = new_key()
        passed = _Passed()
        name = f"{started:%Y/%m/%d}/{id}{SUFFIX}"
        file = self.scratch / f"{id}{SUFFIX}"
        try:
            self.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file.open("xb") as out:
                out.writelines(sealed_pieces(id, key, passed.through(plain)))
            self.store.put(name, file)
        except OSError as error:
            raise Unavailable(
                "recording.scratch",
                "nothing can be written to {folder} ({reason})",
                folder=self.scratch,
                reason=reason(error),
            ) from error
        finally:
            file.unlink(missing_ok=True)
        opened_by = Sealed(name=name, master=master.name, wrapped=master.wrap(id, key))
        return Filed(opened_by, passed.size, passed.hash.hexdigest())

    def sealer(self, recording: Recording, sealed: Sealed) -> Sealer:
        """What opens the pieces of a recording."""
        master = self.keys.find(sealed.master)
        key = master.unwrap(recording.id, sealed.wrapped)
        return Sealer(recording.id, recording.size, key)

    def piece(self, sealer: Sealer, name: str, number: int) -> bytes:
        """One piece in plain; Damaged, NotFound or Unavailable."""
        return sealer.open(number, self.store.read(name, *sealer.place(number)))

    def check(self, recording: Recording, sealed: Sealed) -> None:
        """Read all of it: Damaged or NotFound unless it is what was recorded."""
        sealer = self.sealer(recording, sealed)
        heard = hashlib.sha256()
        for number in range(sealer.pieces):
            heard.update(self.piece(sealer, sealed.name, number))
        if heard.hexdigest() != recording.sha256:
            raise Damaged(
                "recording.hash", "recording {id} is not what was recorded", id=recording.id
            )

    def rewrapped(self, recording: Recording, sealed: Sealed) -> Sealed:
        """The same under the newest master key."""
        newest = self.keys.newest()
        key = self.keys.find(sealed.master).unwrap(recording.id, sealed.wrapped)
        return Sealed(name=sealed.name, master=newest.name, wrapped=newest.wrap(recording.id, key))


class _Passed:
    """Counts and hashes what passes."""

    def __init__(self) -> None:
        self.size = 0
        self.hash = hashlib.sha256()

    def through(self, plain: Iterable[bytes]) -> Iterator[bytes]:
        for piece in plain:
            self.size += len(piece)
            self.hash.update(piece)
            yield piece


def build_vault(home: Home, config: RecordingConfig) -> Vault:
    """The vault that the configuration names."""
    folder = config.folder or home.recordings
    keys = KeyFile(config.key_file or home.secrets / KEYS)
    store = S3Store(config.s3) if config.s3 and config.store == "s3" else FolderStore(folder)
    return Vault(store, keys, folder / SCRATCH)
