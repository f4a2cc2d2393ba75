"""Backups in the home, and making one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from attrs import frozen

from careline.storage.retention import backup_time

Progress = Callable[[int, int, str], object]


@frozen(kw_only=True)
class Backup:
    """One file; ``size`` in bytes."""

    name: str
    made: datetime
    size: int


@frozen
class Backups:
    """The backups in ``folder``; ``make(progress)`` writes one and gives its path."""

    folder: Path
    make: Callable[[Progress], Awaitable[Path]]

    def listed(self) -> list[Backup]:
        """All, newest first; blocking."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in self.folder.iterdir():
            made = backup_time(path.name)
            if made is not None and path.is_file():
                found.append(Backup(name=path.name, made=made, size=path.stat().st_size))
        return sorted(found, key=lambda one: one.made, reverse=True)
