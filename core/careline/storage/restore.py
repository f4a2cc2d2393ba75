"""Restore: everything is read and verified first, then swapped in; what was there is kept aside."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from attrs import frozen

from careline.errors import Invalid, Refused, Unavailable
from careline.i18n import reason
from careline.storage.dump import check_dump, in_use, is_empty, kind_of, load_postgresql
from careline.storage.engine import parse_url, sqlite_path
from careline.storage.locks import HomeLock
from careline.storage.manifest import DATABASE, HOME, Manifest, read_backup


@frozen
class Restored:
    """What was restored, and the folder that holds what was there before (None: nothing was)."""

    manifest: Manifest
    before: Path | None


def restore_backup(
    path: Path, url: str, home: Path, now: datetime, replace: bool = False
) -> Restored:
    """Put a backup in place: its database into ``url``, its files into ``home``.

    Raises Refused while a server runs, or when the database or the home holds something and
    ``replace`` is false; Invalid for a damaged backup or one of another kind of database. Until
    everything is verified nothing is touched, and a failed swap is undone. Blocks.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_locked(home, url))
        stack.enter_context(_refusals_told(home))
        staging = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix=".restore-", dir=home))
        )
        manifest = read_backup(path, staging)
        dumped = _dumped(staging, manifest, url)
        check_dump(url, dumped)
        swaps = _swaps(staging, home)
        if not replace:
            _refuse_full(url, [final for _, final in swaps])
        before = home / f"before-restore-{now:%Y%m%dT%H%M%S}"
        with _swapped(_with_database(swaps, dumped, url), before):
            if kind_of(url) == "postgresql":
                load_postgresql(url, dumped)
    return Restored(manifest, before if before.exists() else None)


@contextmanager
def _locked(home: Path, url: str) -> Iterator[None]:
    lock = HomeLock(home)
    if not lock.acquire():
        raise Refused(
            "restore.running",
            "A server runs in {home} (process {pid}). Stop it first.",
            home=str(home),
            pid=lock.holder(),
        )
    try:
        if in_use(url):
            raise Refused("restore.in_use", "A careline is connected to the database. Stop it.")
        yield
    finally:
        lock.release()


@contextmanager
def _refusals_told(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            "restore.not_written",
            "The backup could not be restored to {home}, and all is as before: {detail}",
            home=str(home),
            detail=reason(error),
        ) from error


def _dumped(staging: Path, manifest: Manifest, url: str) -> Path:
    kind = kind_of(url)
    if manifest.database != kind:
        raise Invalid(
            "restore.kind",
            "The backup is of a {theirs} database, careline.toml names a {ours} one.",
            theirs=manifest.database,
            ours=kind,
        )
    return staging / DATABASE / f"careline.{kind}"


def _swaps(staging: Path, home: Path) -> list[tuple[Path, Path]]:
    """Pairs of what was unpacked and where it belongs: the top names of the home."""
    unpacked = staging / HOME
    return [(path, home / path.name) for path in sorted(unpacked.glob("*"))]


def _with_database(
    swaps: list[tuple[Path, Path]], dumped: Path, url: str
) -> list[tuple[Path | None, Path]]:
    """Add SQLite's file; its journals of before must go with it, or they would be replayed."""
    path = sqlite_path(parse_url(url))
    if path is None:
        return [*swaps]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    near = path.with_name(f".{path.name}.restored")
    shutil.move(dumped, near)
    near.chmod(0o600)
    journals = [(None, path.with_name(path.name + end)) for end in ("-wal", "-shm")]
    return [*swaps, *journals, (near, path)]


def _refuse_full(url: str, finals: list[Path]) -> None:
    there = [final.name for final in finals if final.exists()]
    if not is_empty(url):
        there.append("the database")
    if there:
        raise Refused(
            "restore.not_empty",
            "There is something already: {there}. Say --replace to put the backup in its place;"
            " what is there now is kept aside.",
            there=", ".join(there),
        )


@contextmanager
def _swapped(swaps: list[tuple[Path | None, Path]], before: Path) -> Iterator[None]:
    """Move the old aside and the new in; undo all of it when anything fails, also inside."""
    done: list[tuple[Path, Path]] = []
    try:
        for new, final in swaps:
            if final.exists():
                before.mkdir(mode=0o700, exist_ok=True)
                done.append((final, before / final.name))
                shutil.move(final, before / final.name)
            if new is not None:
                done.append((new, final))
                os.replace(new, final)
        yield
    except BaseException:
        for source, moved in reversed(done):
            if moved.exists():
                shutil.move(moved, source)
        if before.is_dir() and not any(before.iterdir()):
            before.rmdir()
        raise
    finally:
        for new, final in swaps:
            if new is not None and new.parent == final.parent:
                new.unlink(missing_ok=True)
