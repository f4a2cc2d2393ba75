"""Online backup: database, configuration, secrets, prompts and recordings in one checked file."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from twisted.internet.threads import deferToThreadPool

import careline
from careline.errors import Unavailable
from careline.i18n import reason
from careline.storage.dump import dump, kind_of
from careline.storage.manifest import DATABASE, HOME, NAME, HashedReader, Manifest, Member
from careline.storage.retention import backup_name

#: Told bytes done, bytes in all (before packing), and the file begun.
Progress = Callable[[int, int, str], object]
#: Names in the home that a backup holds beside the database.
SAVED = ("careline.toml", "secrets", "prompts", "voicemail", "recordings", "plugins")
#: Files that it leaves out: patients' rows kept for some days, which a backup would keep for ever.
LEFT_OUT = ("rows.jsonl.gz",)
PACKING = 3  # gzip level: recordings are packed already, tables shrink well even so


def make_backup(
    url: str,
    home: Path,
    include: Sequence[str],
    folder: Path,
    now: datetime,
    progress: Progress | None = None,
) -> Path:
    """Write ``careline-<UTC time>.tar.gz`` to ``folder`` and give its path.

    ``include`` names files and folders of ``home``; missing ones are left out. The server may be
    running. The file appears whole or not at all, readable by its owner alone (it holds secrets).
    Blocks: see ``back_up`` for the reactor. Raises Unavailable, e.g. when the disk is full.
    """
    target = folder / backup_name(now)
    with _refusals_told(folder), tempfile.TemporaryDirectory(prefix=".backup-", dir=folder) as tmp:
        dumped = Path(tmp) / f"careline.{kind_of(url)}"
        dump(url, dumped)
        sources = [(DATABASE + dumped.name, dumped), *_chosen(home, include, folder)]
        partial_file = Path(tmp) / target.name
        with partial_file.open("xb") as out:
            partial_file.chmod(0o600)
            _pack(out, sources, partial(_manifest, kind_of(url), now), progress)
            out.flush()
            os.fsync(out.fileno())
        partial_file.replace(target)
        _sync_folder(folder)
    return target


async def back_up(
    reactor: Any,
    url: str,
    home: Path,
    include: Sequence[str],
    folder: Path,
    now: datetime,
    progress: Progress | None = None,
) -> Path:
    """Do ``make_backup`` in a thread of ``reactor``'s pool; ``progress`` comes on the reactor."""
    tell = None if progress is None else partial(reactor.callFromThread, progress)
    work = partial(make_backup, url, home, include, folder, now, tell)
    made: Path = await deferToThreadPool(reactor, reactor.getThreadPool(), work)
    return made


def _manifest(kind: str, now: datetime, files: dict[str, Member]) -> Manifest:
    return Manifest(careline.__version__, now.isoformat(), kind, files)


def _chosen(home: Path, include: Sequence[str], folder: Path) -> Iterator[tuple[str, Path]]:
    """Plain files below the chosen names; never the backups themselves."""
    for name in include:
        root = home / name
        paths = [root] if root.is_file() else sorted(root.rglob("*"))
        for path in paths:
            if path.name in LEFT_OUT:
                continue
            if path.is_file() and not path.is_symlink() and folder not in path.parents:
                yield HOME + path.relative_to(home).as_posix(), path


def _pack(
    out: Any,
    sources: Sequence[tuple[str, Path]],
    manifest: Callable[[dict[str, Member]], Manifest],
    progress: Progress | None,
) -> None:
    files: dict[str, Member] = {}
    total = sum(_size(path) for _, path in sources)
    done = 0
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=PACKING) as archive:
        for name, path in sources:
            if progress is not None:
                progress(done, total, name)
            member = _add(archive, name, path)
            if member is not None:
                files[name] = member
                done += member.size
        # Last, so that its presence says that everything before it is there.
        data = manifest(files).encode()
        info = tarfile.TarInfo(NAME)
        info.size = len(data)
        archive.addfile(info, BytesIO(data))
    if progress is not None:
        progress(total, total, NAME)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _add(archive: tarfile.TarFile, name: str, path: Path) -> Member | None:
    """Add one file as long as it is now; None when it has gone meanwhile."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        status = os.fstat(file.fileno())
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = status.st_size, status.st_mode & 0o755, status.st_mtime
        reader = HashedReader(file, info.size)
        archive.addfile(info, reader)
    return reader.member


@contextmanager
def _refusals_told(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise Unavailable(
            "backup.not_written",
            "The backup could not be written to {folder}, and nothing was left there: {detail}",
            folder=str(folder),
            detail=reason(error),
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
