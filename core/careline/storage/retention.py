"""Which backups to keep: the newest of each hour, day and week for so long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

NAME = re.compile(r"careline-(\d{8}T\d{6})Z\.tar\.gz")
STAMP = "%Y%m%dT%H%M%S"


@frozen
class Keep:
    """Of how many last hours, days and weeks (that have backups) the newest one is kept."""

    hours: int = 24
    days: int = 7
    weeks: int = 8


def backup_name(now: datetime) -> str:
    """The file name of a backup made ``now``."""
    return f"careline-{now.astimezone(UTC).strftime(STAMP)}Z.tar.gz"


def backup_time(name: str) -> datetime | None:
    """When a backup was made, by its name; None for other files."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    return datetime.strptime(match[1], STAMP).replace(tzinfo=UTC)


def surplus(times: Iterable[datetime], keep: Keep) -> list[datetime]:
    """Those to remove, oldest first; the newest of all is never among them."""
    newest_first = sorted(set(times), reverse=True)
    kept = set(newest_first[:1])
    periods: list[tuple[int, Callable[[datetime], object]]] = [
        (keep.hours, lambda time: (time.date(), time.hour)),
        (keep.days, lambda time: time.date()),
        (keep.weeks, lambda time: time.isocalendar()[:2]),
    ]
    for number, period in periods:
        newest: dict[object, datetime] = {}
        for time in newest_first:
            newest.setdefault(period(time.astimezone(UTC)), time)
        kept.update(list(newest.values())[:number])
    return [time for time in reversed(newest_first) if time not in kept]


def prune(folder: Path, keep: Keep) -> list[Path]:
    """Remove the backups of ``folder`` that are not to be kept; gives what was removed."""
    found = {backup_time(path.name): path for path in folder.iterdir() if path.is_file()}
    found.pop(None, None)
    removed = [found[time] for time in surplus((time for time in found if time), keep)]
    for path in removed:
        path.unlink()
    return removed
