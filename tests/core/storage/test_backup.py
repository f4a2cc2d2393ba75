"""Backup and restore, on both databases: whole or not at all, and what was comes back."""

from __future__ import annotations

import gzip
import io
import os
import resource
import sqlite3
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.core.storage import tables
from twisted.internet.task import Clock as FakeClock

from careline.clock import Clock
from careline.errors import CarelineError, Invalid, NotFound, Refused, Unavailable
from careline.storage import Database, backup, open_database
from careline.storage.backup import back_up, make_backup
from careline.storage.locks import HomeLock
from careline.storage.manifest import read_backup
from careline.storage.restore import restore_backup
from careline.tasks import Tasks
from careline.testing import Spinner

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
INCLUDE = ["careline.toml", "secrets", "prompts", "not-there"]


class Site:
    """A home with files, and its database with two rows."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self.home = url, home
        self.folder = home / "backups"
        self.db = self._open()
        self.db.run_sync(tables.create)
        self.db.run_sync(tables.add, "李")
        self.write("careline.toml", 'language = "zh"\n')
        self.write("secrets/ami", "secret")
        (home / "secrets" / "ami").chmod(0o600)
        self.write("prompts/zh/欢迎.wav", "RIFF" * 1000)

    def _open(self) -> Database:
        return open_database(self.url, clock=Clock(FakeClock()), tasks=Tasks())

    def write(self, name: str, content: str) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def read(self, name: str) -> str:
        return (self.home / name).read_text()

    def backup(self, after: timedelta = timedelta()) -> Path:
        return make_backup(self.url, self.home, INCLUDE, self.folder, NOW + after)

    def restore(self, path: Path, replace: bool = True) -> Path | None:
        self.db.engine.dispose()
        return restore_backup(path, self.url, self.home, NOW, replace).before

    def names(self) -> list[str]:
        return self.db.run_sync(tables.names)

    def spoil(self) -> None:
        self.db.run_sync(tables.add, "later")
        self.write("secrets/ami", "changed")
        self.write("prompts/extra.wav", "new")

    def is_spoiled(self) -> bool:
        return (
            self.names() == ["李", "later"]
            and self.read("secrets/ami") == "changed"
            and (self.home / "prompts/extra.wav").exists()
        )

    def litter(self) -> set[str]:
        return {path.name for path in self.home.rglob(".*")}


@pytest.fixture
def site(request: pytest.FixtureRequest, db_url: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(db_url, tmp_path)
    yield made
    made.db.engine.dispose()


def test_what_was_comes_back_and_what_is_there_is_kept_aside(site: Site) -> None:
    made = site.backup()
    site.spoil()
    before = site.restore(made)
    assert site.names() == ["李"]
    assert site.read("secrets/ami") == "secret"
    assert site.read("prompts/zh/欢迎.wav") == "RIFF" * 1000
    assert not (site.home / "prompts/extra.wav").exists()
    assert before is not None
    assert (before / "secrets/ami").read_text() == "changed"
    assert site.litter() == set()
    assert (site.home / "secrets/ami").stat().st_mode & 0o777 == 0o600


def test_the_old_databases_journal_is_not_replayed_into_the_restored_one(site: Site) -> None:
    if site.db.dialect != "sqlite":
        return
    made = site.backup()
    path = site.home / "careline.db"
    killed = sqlite3.connect(path, isolation_level=None)  # never closed, as by kill -9
    killed.execute("INSERT INTO thing (name) VALUES ('in the journal')")
    site.db.engine.dispose()
    assert (site.home / "careline.db-wal").stat().st_size > 0
    site.restore(made)
    assert site.names() == ["李"]
    killed.close()


def test_a_fresh_home_needs_no_permission(site: Site, tmp_path: Path) -> None:
    made = site.backup()
    elsewhere = tmp_path / "elsewhere"
    if site.db.dialect == "sqlite":
        url = f"sqlite:///{elsewhere}/careline.db"
    else:
        url = site.url
        site.db.run_sync(lambda tx: tx.connection.execute(text("DROP TABLE thing")) and None)
        site.db.engine.dispose()
    assert restore_backup(made, url, elsewhere, NOW).before is None
    opened = open_database(url, clock=Clock(FakeClock()), tasks=Tasks())
    assert opened.run_sync(tables.names) == ["李"]
    opened.engine.dispose()
    assert (elsewhere / "secrets/ami").read_text() == "secret"


def test_a_backup_lists_and_proves_its_files(site: Site) -> None:
    manifest = read_backup(site.backup())
    assert sorted(manifest.files) == [
        f"database/careline.{site.db.dialect}",
        "home/careline.toml",
        "home/prompts/zh/欢迎.wav",
        "home/secrets/ami",
    ]
    assert manifest.made == NOW.isoformat()
    assert manifest.database == site.db.dialect


def test_the_file_is_its_owners_alone_and_nothing_else_is_left(site: Site) -> None:
    made = site.backup()
    assert made.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in site.folder.iterdir()] == ["careline-20261122T120000Z.tar.gz"]


def test_backups_do_not_hold_backups(site: Site) -> None:
    site.backup()
    make_backup(site.url, site.home, ["backups", "secrets"], site.folder, NOW + timedelta(hours=1))
    manifest = read_backup(site.folder / "careline-20261122T130000Z.tar.gz")
    assert "home/secrets/ami" in manifest.files
    assert not any("backups" in name for name in manifest.files)


def test_backups_do_not_hold_rows_that_are_kept_for_some_days(site: Site) -> None:
    kept = site.home / "secrets/rows.jsonl.gz"
    kept.write_bytes(b"")
    site.backup()
    [file] = site.folder.iterdir()
    assert not any("rows" in name for name in read_backup(file).files)


def test_progress_goes_from_nothing_to_everything(site: Site) -> None:
    told: list[tuple[int, int, str]] = []
    make_backup(site.url, site.home, INCLUDE, site.folder, NOW, lambda *step: told.append(step))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 4000
    assert [step[0] for step in told] == sorted(step[0] for step in told)


def test_a_backup_is_made_while_others_write(site: Site) -> None:
    stop = threading.Event()
    added: list[int] = []

    def write() -> None:
        while not stop.is_set():
            added.append(site.db.run_sync(tables.add, f"n{len(added)}"))

    writer = threading.Thread(target=write)
    writer.start()
    while len(added) < 20:
        stop.wait(0.005)
    made = site.backup()
    seen = len(added)
    while len(added) < seen + 5:
        stop.wait(0.005)
    stop.set()
    writer.join()
    site.restore(made)
    restored = site.names()
    assert 20 < len(restored) <= seen + 2
    assert restored[1:] == [f"n{number}" for number in range(len(restored) - 1)]


def test_on_the_reactor_it_runs_in_a_thread(site: Site, spin: Spinner) -> None:
    threads: list[threading.Thread] = []

    def note(done: int, total: int, name: str) -> None:
        threads.append(threading.current_thread())

    made = spin(
        back_up(spin.reactor, site.url, site.home, INCLUDE, site.folder, NOW, progress=note)
    )
    assert read_backup(made)
    assert set(threads) == {threading.main_thread()}


def rewrite(path: Path, change: str) -> None:
    """Damage a backup as disks, transfers and people do."""
    data = path.read_bytes()
    if change == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif change == "flipped":
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :])
    elif change == "empty":
        path.write_bytes(b"")
    elif change == "other":
        path.write_bytes(b"not an archive at all" * 100)
    else:
        plain = gzip.decompress(data)
        path.write_bytes(gzip.compress(_tampered(plain, change)))


def _tampered(plain: bytes, change: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(plain)) as old, tarfile.open(fileobj=out, mode="w") as new:
        for info in old:
            file = old.extractfile(info)
            assert file is not None
            data = file.read()
            if change == "edited" and info.name.endswith("ami"):
                data = data.upper()
            if change == "lost" and info.name.endswith("ami"):
                continue
            if change == "no manifest" and info.name == "manifest.json":
                continue
            new.addfile(info, io.BytesIO(data))
        if change in ("escape", "link"):
            info = tarfile.TarInfo("../escaped" if change == "escape" else "home/link")
            if change == "link":
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            new.addfile(info, io.BytesIO())
    return out.getvalue()


CHANGES = ["cut", "flipped", "empty", "other", "edited", "lost", "no manifest", "escape", "link"]


@pytest.mark.parametrize("change", CHANGES)
def test_a_damaged_backup_changes_nothing(site: Site, change: str) -> None:
    made = site.backup()
    rewrite(made, change)
    site.spoil()
    with pytest.raises(Invalid) as caught:
        site.restore(made)
    assert caught.value.code == "backup.damaged"
    assert site.is_spoiled()
    assert site.litter() == set()
    assert not (site.home.parent / "escaped").exists()


def test_a_database_saved_damaged_is_not_put_in_place(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "dump", lambda url, target: target.write_bytes(b"junk" * 5000))
    made = site.backup()
    site.spoil()
    with pytest.raises(Invalid) as caught:
        site.restore(made)
    assert caught.value.code == "backup.damaged"
    assert site.is_spoiled()


def test_a_missing_backup_is_not_found(site: Site) -> None:
    with pytest.raises(NotFound):
        site.restore(site.folder / "none.tar.gz")


def test_a_running_server_is_not_overwritten(site: Site) -> None:
    made = site.backup()
    site.spoil()
    lock = HomeLock(site.home)
    assert lock.acquire()
    with pytest.raises(Refused) as caught:
        site.restore(made)
    assert caught.value.code == "restore.running"
    assert str(os.getpid()) in str(caught.value)
    lock.release()
    assert site.is_spoiled()
    site.restore(made)


@pytest.mark.integration
def test_a_server_of_another_home_on_the_same_postgresql_is_seen(site: Site) -> None:
    if site.db.dialect != "postgresql":
        return
    made = site.backup()
    connected = site.db.engine.connect()
    with pytest.raises(Refused) as caught:
        restore_backup(made, site.url, site.home, NOW, replace=True)
    assert caught.value.code == "restore.in_use"
    connected.close()


def test_what_is_there_is_replaced_only_when_told(site: Site) -> None:
    made = site.backup()
    site.spoil()
    with pytest.raises(Refused, match=r"careline\.toml, prompts, secrets, the database"):
        site.restore(made, replace=False)
    assert site.is_spoiled()


def test_a_backup_of_the_other_kind_of_database_is_refused(site: Site, tmp_path: Path) -> None:
    made = site.backup()
    other = "sqlite:///x.db" if site.db.dialect == "postgresql" else "postgresql://127.0.0.1:1/x"
    with pytest.raises(CarelineError) as caught:
        restore_backup(made, other, tmp_path / "fresh", NOW)
    assert caught.value.code in ("restore.kind", "db.away")


def test_a_swap_that_fails_is_undone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made = site.backup()
    site.spoil()
    moved: list[object] = []
    replace = os.replace

    def fail_third(source: Path, target: Path) -> None:
        moved.append(target)
        if len(moved) == 3:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_third)
    with pytest.raises(Unavailable, match="disk is full"):
        site.restore(made)
    monkeypatch.undo()
    assert site.is_spoiled()
    assert site.litter() == set()
    assert not list(site.home.glob("before-*"))


@pytest.mark.parametrize("room", [1_000, 120_000])
def test_a_disk_without_room_leaves_nothing_half_written(site: Site, room: int) -> None:
    (site.home / "prompts/noise.wav").write_bytes(os.urandom(200_000))
    program = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from careline.storage.backup import make_backup; from careline.errors import Unavailable\n"
        "try: make_backup(sys.argv[1], Path(sys.argv[2]), ['prompts'], Path(sys.argv[3]),"
        " datetime.now(UTC))\n"
        "except Unavailable as error: print(error.code)\n"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    ended = subprocess.run(
        [sys.executable, "-B", "-c", program, site.url, site.home, site.folder],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        preexec_fn=limit, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.stdout.strip() in (
        "backup.not_written", "db.full", "db.away", "db.file", "backup.program_failed",
    ), ended.stderr  # fmt: skip
    assert list(site.folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_says_so(site: Site) -> None:
    (site.home / "file").touch()
    with pytest.raises(Unavailable, match="could not be written"):
        make_backup(site.url, site.home, INCLUDE, site.home / "file" / "backups", NOW)
