"""Recordings in a folder of this machine, or of a file server that is mounted here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from careline.errors import NotFound, Unavailable
from careline.i18n import reason

SUFFIX = ".rec"


@frozen
class FolderStore:
    """Files below ``root``, in a folder for each day."""

    root: Path

    def put(self, name: str, file: Path) -> None:
        """Move it to its place once its bytes are on the disk."""
        target = self.root / name
        with _told(self.root):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if file.stat().st_dev != target.parent.stat().st_dev:
                near = target.with_suffix(".new")
                shutil.copyfile(file, near)
                _sync(near)
                near.replace(target)
                file.unlink()
            else:
                _sync(file)
                file.replace(target)
            _sync(target.parent)

    def read(self, name: str, first: int, last: int) -> bytes:
        """A part of the file."""
        try:
            with _told(self.root), (self.root / name).open("rb") as stored:
                stored.seek(first)
                return stored.read(last - first + 1)
        except FileNotFoundError as error:
            raise NotFound(
                "recording.file_missing", "the file of a recording is missing: {name}", name=name
            ) from error

    def remove(self, name: str) -> None:
        """Erase it, and the folders that are empty without it."""
        target = self.root / name
        with _told(self.root):
            target.unlink(missing_ok=True)
            for folder in target.parents:
                if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                    return
                folder.rmdir()

    def names(self) -> Iterator[tuple[str, datetime]]:
        """All that are there."""
        for path in self.root.glob(f"*/*/*/*{SUFFIX}"):
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            yield path.relative_to(self.root).as_posix(), changed

    def free(self) -> int | None:
        """Free bytes of its disk."""
        folder = next(one for one in (self.root, *self.root.parents) if one.exists())
        return shutil.disk_usage(folder).free


@contextmanager
def _told(root: Path) -> Iterator[None]:
    """Refusals of the system in words; a missing file stays what it is."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unavailable(
            "recording.store",
            "the store of recordings in {folder} refuses ({reason})",
            folder=root,
            reason=reason(error),
        ) from error


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
