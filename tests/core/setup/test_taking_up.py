"""A plugin's versions changed at the core's start: tables and files together, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from attrs import define, evolve
from tests.plugins_for_tests.growing import write

from careline.config import Home, load, write_default
from careline.plugins.edit import set_plugins
from careline.plugins.model import PluginState, PluginStatus
from careline.plugins.versions import Outcome, Trial, Version, Versions
from careline.setup import taking_up
from careline.setup.prepare import migrations_of
from careline.setup.taking_up import came_up, change, failed, take_up
from careline.storage.migrate import Migrations, engine_of
from careline.testing.hospital import put_setting

MIGRATIONS = "careline_growing/migrations"


@define
class Place:
    """A home with the plugin ``growing`` in versions 1.0 (in use, one row) and 1.1 (kept)."""

    home: Home
    versions: Versions
    old: Version
    new: Version

    def migrations(self, version: Version) -> Migrations:
        """As a process would see them that imports ``version``."""
        folder = self.versions.path(version) / MIGRATIONS
        return migrations_of(load(self.home.config, {})).with_folder("growing", folder)

    def rows(self) -> list[dict[str, Any]]:
        """What stands in its table."""
        migrations = self.migrations(self.new)
        with engine_of(migrations).connect() as connection:
            found = connection.execute(sa.text("select * from growing_note order by id"))
            rows = [dict(row) for row in found.mappings()]
        migrations.close()
        return rows

    def sql(self, text: str) -> None:
        """Change something in it."""
        migrations = self.migrations(self.new)
        with engine_of(migrations).begin() as connection:
            connection.execute(sa.text(text))
        migrations.close()

    def in_use(self) -> str:
        """The version that the next process imports."""
        now = self.versions.in_use
        assert now is not None
        return now.version

    def want(self, old: Version, new: Version) -> None:
        self.versions.want(Trial(old=old.folder, new=new.folder))

    def trial(self) -> Trial:
        found = self.versions.trial
        assert found is not None
        return found

    def start(self) -> None:
        """What the core's start does for it."""
        change(self.home, "growing")


def made(root: Path, fails: str = "", url: str = "") -> Place:
    home = Home(root)
    write_default(home)
    if url:
        text = home.config.read_text(encoding="utf-8")
        plain = url.replace("postgresql+psycopg", "postgresql")
        home.config.write_text(put_setting(text, "database.url", f'"{plain}"'), encoding="utf-8")
    set_plugins(home.config, ["growing"])
    versions = Versions(home, "growing")
    old = Version(folder="0001-1.0", version="1.0", revision="growing_0001", migrations=MIGRATIONS)
    new = Version(
        folder="0002-1.1",
        version="1.1",
        revision="growing_0002",
        migrations=MIGRATIONS,
        before=old.folder,
    )
    write(versions.path(old), "1.0")
    write(versions.path(new), "1.1", grown=True, fails=fails)
    for version in (old, new):
        versions.write(version)
    versions.use(old)
    place = Place(home, versions, old, new)
    migrations = place.migrations(old)
    migrations.upgrade(["growing"])
    migrations.close()
    place.sql("insert into growing_note (words) values ('first')")
    return place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return made(tmp_path)


def child(work: Callable[[], object]) -> int:
    """Do ``work`` in a process that dies of it; its id."""
    pid = os.fork()
    if not pid:
        work()
        os._exit(0)
    return pid


def status(state: PluginState, error: str = "") -> Any:
    def of(name: str) -> PluginStatus:
        return PluginStatus(
            name=name, title=name, version="1.1", enabled=True, state=state, error=error
        )

    return of


def test_tables_and_files_change_together_and_are_settled_once_the_plugin_runs(
    place: Place,
) -> None:
    place.want(place.old, place.new)
    assert came_up(place.home, status(PluginState.RUNNING)), "a core that has not tried it"
    assert place.versions.trial is not None
    place.start()
    assert place.in_use() == "1.1"
    assert place.rows() == [{"id": 1, "words": "first", "mood": None}]
    assert place.versions.outcome is None
    assert came_up(place.home, status(PluginState.RUNNING))
    outcome = place.versions.outcome
    assert outcome is not None
    assert (outcome.version, outcome.wanted, outcome.reason) == ("1.1", "1.1", "")
    place.start()
    assert place.in_use() == "1.1", "nothing is wanted any more"


@pytest.mark.parametrize("how", ["fails", "cannot start", "killed"])
def test_a_version_that_does_not_come_up_goes_and_takes_no_row_with_it(
    place: Place, how: str
) -> None:
    place.want(place.old, place.new)
    place.start()
    place.sql("insert into growing_note (words, mood) values ('since', 'good')")
    if how == "fails":
        assert not came_up(place.home, status(PluginState.FAILED, "no gateway"))
    elif how == "cannot start":
        failed(place.home, "no gateway")
    place.start()
    assert place.in_use() == "1.0"
    assert [row["words"] for row in place.rows()] == ["first", "since"]
    assert "mood" not in place.rows()[0]
    outcome = place.versions.outcome
    assert outcome is not None
    assert (outcome.version, outcome.wanted) == ("1.0", "1.1")
    assert outcome.reason == (
        "the core did not come up with it" if how == "killed" else "no gateway"
    )
    assert came_up(place.home, status(PluginState.FAILED)), "that is the older one's own matter"


def test_a_migration_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    place = made(tmp_path, fails="raise ValueError('no room')")
    place.want(place.old, place.new)
    place.start()
    assert place.in_use() == "1.0"
    assert place.rows() == [{"id": 1, "words": "first"}]
    outcome = place.versions.outcome
    assert outcome is not None
    assert "no room" in outcome.reason


def test_rolling_back_keeps_what_was_written_since(core_url: str, tmp_path: Path) -> None:
    place = made(tmp_path, url=core_url)
    place.want(place.old, place.new)
    place.start()
    came_up(place.home, status(PluginState.RUNNING))
    place.sql("insert into growing_note (words, mood) values ('since', 'good')")
    place.want(place.new, place.old)
    place.start()
    assert came_up(place.home, status(PluginState.RUNNING))
    assert place.in_use() == "1.0"
    assert place.rows() == [{"id": 1, "words": "first"}, {"id": 2, "words": "since"}]


@pytest.mark.parametrize("dies", [False, True])
def test_a_rollback_that_fails_puts_back_what_it_took_away(
    core_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies: bool
) -> None:
    place = made(tmp_path, url=core_url)
    place.want(place.old, place.new)
    place.start()
    came_up(place.home, status(PluginState.RUNNING))
    place.sql("insert into growing_note (words, mood) values ('since', 'precious')")
    place.want(place.new, place.old)
    if dies:
        monkeypatch.setattr(Versions, "use", lambda *_: os._exit(1))
        assert os.waitpid(child(place.start), 0)[1], "between the tables and the files"
        monkeypatch.undo()
        place.versions.want(evolve(place.trial(), reason="no gateway"))
    else:
        place.start()
        place.sql("insert into growing_note (words) values ('by the older')")
        assert "mood" not in place.rows()[0]
        failed(place.home, "no gateway")
    place.start()
    assert place.in_use() == "1.1"
    moods = {row["words"]: row["mood"] for row in place.rows()}
    assert moods.pop("by the older", None) is None
    assert moods == {"first": None, "since": "precious"}
    outcome = place.versions.outcome
    assert outcome == Outcome(version="1.1", wanted="1.0", reason="no gateway")


def test_a_change_whose_process_dies_is_taken_back_and_never_counts_as_done(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.want(place.old, place.new)
    seen: list[bool] = []

    def dies(*_: object) -> int:
        seen.append(place.trial().begun)
        place.versions.want(evolve(place.trial(), begun=True))
        return 1

    monkeypatch.setattr(taking_up, "_in_a_process", dies)
    monkeypatch.setattr(taking_up, "use_kept", lambda _: None)
    take_up(place.home)
    assert seen == [False, True], "once more, which would take it back"
    assert came_up(place.home, status(PluginState.RUNNING))
    outcome = place.versions.outcome
    assert outcome is not None
    assert (outcome.wanted, bool(outcome.reason)) == ("1.1", True)


def test_changes_that_do_not_fit_into_one_start_wait_for_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.want(place.old, place.new)
    monkeypatch.setattr(taking_up, "CHANGE_S", 0)
    monkeypatch.setattr(taking_up, "use_kept", lambda _: None)
    take_up(place.home)
    assert not place.trial().begun


def test_a_plugin_that_is_off_changes_its_files_alone(place: Place) -> None:
    set_plugins(place.home.config, [])
    place.want(place.old, place.new)
    place.start()
    assert came_up(place.home, status(PluginState.OFF))
    assert place.in_use() == "1.1"
    assert "mood" not in place.rows()[0]
    place.want(place.new, place.old)
    place.start()
    assert place.in_use() == "1.0"
    assert [row["words"] for row in place.rows()] == ["first"]
