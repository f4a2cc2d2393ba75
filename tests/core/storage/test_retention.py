"""Which backups are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from careline.storage.retention import Keep, backup_name, backup_time, prune, surplus

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def left(times: list[datetime], keep: Keep) -> list[datetime]:
    return sorted(set(times) - set(surplus(times, keep)))


def test_hours_days_and_weeks_each_keep_their_newest() -> None:
    hourly = [NOW - number * HOUR for number in range(24 * 60)]
    kept = left(hourly, Keep(hours=3, days=2, weeks=4))
    assert kept == sorted(
        [
            *(NOW - number * HOUR for number in range(3)),
            datetime(2026, 11, 21, 23, tzinfo=UTC),
            *(datetime(2026, 11, day, 23, tzinfo=UTC) for day in (15, 8, 1)),
        ]
    )


def test_of_one_hour_the_newest_is_kept() -> None:
    times = [NOW, NOW + timedelta(minutes=20), NOW + timedelta(minutes=40)]
    assert left(times, Keep(hours=1, days=0, weeks=0)) == times[-1:]


def test_the_newest_is_never_removed() -> None:
    assert left([NOW, NOW - HOUR], Keep(0, 0, 0)) == [NOW]
    assert surplus([], Keep(0, 0, 0)) == []


def test_a_pause_in_backups_costs_no_old_ones() -> None:
    old = [NOW - timedelta(days=days) for days in (100, 101, 102)]
    assert left(old, Keep(hours=0, days=2, weeks=0)) == sorted(old)[1:]


def test_names_and_times_agree() -> None:
    assert backup_name(NOW) == "careline-20261122T120000Z.tar.gz"
    assert backup_time(backup_name(NOW)) == NOW
    assert backup_time("careline.tar.gz") is None


def test_prune_removes_backups_alone(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / backup_name(NOW - number * HOUR)).touch()
    (tmp_path / "notes.txt").touch()
    removed = prune(tmp_path, Keep(hours=1, days=0, weeks=0))
    assert [path.name for path in removed] == [
        "careline-20261122T100000Z.tar.gz",
        "careline-20261122T110000Z.tar.gz",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {backup_name(NOW), "notes.txt"}
