"""The audio of recordings, encrypted in a store; all of it blocks and is called in threads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from attrs import frozen

from careline.config import Home
from careline.errors import Unavailable
from careline.i18n import reason
from careline_recording.config import RecordingConfig
from careline_recording.crypt import Damaged, KeyFile, Sealer, new_key
from careline_recording.keeping import FolderStore, S3Store, Store
from careline_recording.keeping.folder import SUFFIX
from careline_recording.model import Recording
from careline_recording.store import Sealed

KEYS = "recording.keys"
SCRATCH = ".new"


@frozen
class Vault:
    """A store and the master keys; ``scratch`` is a folder for what is being encrypted."""

    store: Store
    keys: KeyFile
    scratch: Path

    def put(self, id: str, started: datetime, size: int, plain: Iterable[bytes]) -> Sealed:
        """Encrypt ``size`` bytes that come in pieces of 64 kB, and store them."""
        master = self.keys.newest()
        key = new_key()
        sealer = Sealer(id, size, key)
        name = f"{started:%Y/%m/%d}/{id}{SUFFIX}"
        file = self.scratch / f"{id}{SUFFIX}"
        try:
            self.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file.open("xb") as out:
                for number, piece in enumerate(plain):
                    out.write(sealer.seal(number, piece))
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
        return Sealed(name=name, master=master.name, wrapped=master.wrap(id, key))

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


def build_vault(home: Home, config: RecordingConfig) -> Vault:
    """The vault that the configuration names."""
    folder = config.folder or home.recordings
    keys = KeyFile(config.key_file or home.secrets / KEYS)
    store = S3Store(config.s3) if config.s3 and config.store == "s3" else FolderStore(folder)
    return Vault(store, keys, folder / SCRATCH)
