"""What Asterisk wrote into its spool."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

BETWEEN = "~"
SUFFIX = ".raw"


@frozen
class Spooled:
    """Raw audio of an agent's channel: ``size`` bytes, last written at ``changed`` (UTC)."""

    call: str
    channel: str
    path: Path
    size: int
    changed: datetime


def spooled(folder: Path) -> list[Spooled]:
    """All files of talks, the oldest first; none when there is no spool yet."""
    found = []
    for path in folder.glob(f"*{BETWEEN}*{SUFFIX}"):
        call, _, channel = path.name.removesuffix(SUFFIX).partition(BETWEEN)
        try:
            state = path.stat()
        except FileNotFoundError:  # taken in meanwhile
            continue
        changed = datetime.fromtimestamp(state.st_mtime, UTC)
        found.append(Spooled(call, channel, path, state.st_size, changed))
    return sorted(found, key=lambda one: one.changed)
