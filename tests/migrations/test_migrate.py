"""Branches of migrations: upgraded, checked, taken back, and never left half-way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, Table, inspect, text
from tests.migrations.revisions import drop, table, write

from careline.errors import Invalid, NotFound, Refused, Unavailable
from careline.storage.engine import build_engine
from careline.storage.locks import migration_lock
from careline.storage.migrate import Migrations
from careline.storage.schema import Standing


class House:
    """A database, a core of two revisions, and the plugins sms and fax (which needs sms)."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.core = folder / "core"
        self.opened: list[Migrations] = []
        self.engine: Engine = build_engine(url)
        write(self.core, "core_0001", table("person"), drop("person"))
        self.plugin("sms", "core_0001")
        write(folder / "sms", "sms_0002", table("sms_template"), drop("sms_template"))
        self.plugin("fax", "sms_0001")

    def plugin(self, name: str, needs: str) -> None:
        write(
            self.folder / name, f"{name}_0001", table(f"{name}_message"),
            drop(f"{name}_message"), needs,
        )  # fmt: skip

    def grow_core(self, up: str = table("visit")) -> None:
        write(self.core, "core_0002", up, drop("visit"))

    def migrations(self, *plugins: str) -> Migrations:
        folders = {name: self.folder / name for name in plugins}
        opened = Migrations(self.url, folders, self.core, MetaData())
        self.opened.append(opened)
        return opened

    def tables(self) -> set[str]:
        return set(inspect(self.engine).get_table_names()) - {"alembic_version"}

    def do(self, sql: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(sql))

    def close(self) -> None:
        for opened in self.opened:
            opened.close()
        self.engine.dispose()


@pytest.fixture
def house(db_url: str, tmp_path: Path) -> Iterator[House]:
    made = House(db_url, tmp_path / "scripts")
    yield made
    made.close()


def standings(migrations: Migrations) -> dict[str, Standing]:
    return {state.name: state.standing for state in migrations.check()}


def test_an_empty_database_is_absent_and_upgrade_makes_it_current(house: House) -> None:
    migrations = house.migrations()
    assert standings(migrations) == {"core": Standing.ABSENT}
    migrations.upgrade()
    assert standings(migrations) == {"core": Standing.CURRENT}
    assert house.tables() == {"person"}
    migrations.require_current()


def test_upgrading_twice_changes_nothing(house: House) -> None:
    migrations = house.migrations("sms")
    migrations.upgrade(["sms"])
    told: list[str] = []
    migrations.upgrade(["sms"], told.append)
    assert told == []


def test_only_enabled_plugins_get_tables_and_progress_is_told(house: House) -> None:
    told: list[str] = []
    migrations = house.migrations("sms", "fax")
    migrations.upgrade(["sms"], told.append)
    assert told == ["core_0001", "sms_0001", "sms_0002"]
    assert house.tables() == {"person", "sms_message", "sms_template"}
    assert standings(migrations)["fax"] is Standing.ABSENT
    migrations.require_current(["sms"])
    with pytest.raises(Invalid, match="fax: has no tables yet"):
        migrations.require_current(["sms", "fax"])


def test_the_core_grows_while_a_plugin_stands_on_it(house: House) -> None:
    house.migrations("sms").upgrade(["sms"])
    house.grow_core()
    migrations = house.migrations("sms")
    assert standings(migrations) == {"core": Standing.BEHIND, "sms": Standing.CURRENT}
    with pytest.raises(Invalid, match="at core_0001, the program needs core_0002"):
        migrations.require_current(["sms"])
    migrations.upgrade(["sms"])
    assert standings(migrations) == {"core": Standing.CURRENT, "sms": Standing.CURRENT}


def test_a_disabled_plugin_may_lag_behind(house: House) -> None:
    migrations = house.migrations("sms")
    migrations.upgrade(["sms"])
    write(house.folder / "sms", "sms_0003", table("sms_extra"))
    later = house.migrations("sms")
    assert standings(later)["sms"] is Standing.BEHIND
    later.require_current([])
    with pytest.raises(Invalid):
        later.require_current(["sms"])


def test_every_problem_is_named_at_once(house: House) -> None:
    house.migrations("sms").upgrade(["sms"])
    house.grow_core()
    write(house.folder / "sms", "sms_0003", table("sms_extra"))
    with pytest.raises(Invalid) as caught:
        house.migrations("sms").require_current(["sms"])
    assert [one.params["name"] for one in caught.value.problems] == ["core", "sms"]


def test_a_database_of_a_newer_program_is_ahead_and_left_alone(house: House) -> None:
    house.grow_core()
    house.migrations().upgrade()
    (house.core / "core_0002.py").unlink()
    older = house.migrations()
    assert standings(older) == {"core": Standing.AHEAD}
    with pytest.raises(Invalid, match="newer"):
        older.require_current()
    with pytest.raises(Invalid, match="newer"):
        older.upgrade()


def test_tables_of_a_plugin_that_is_not_installed_are_named(house: House) -> None:
    house.migrations("sms").upgrade(["sms"])
    without = house.migrations()
    assert standings(without) == {"sms": Standing.NOT_INSTALLED}
    with pytest.raises(Invalid, match="not installed"):
        without.require_current()


BROKEN = table("visit") + "\nop.execute('DROP TABLE nowhere')"


def test_a_failing_revision_leaves_nothing_of_itself(house: House) -> None:
    house.grow_core(BROKEN)
    migrations = house.migrations()
    with pytest.raises(Invalid, match=r"Migration core_0002 failed .*nowhere"):
        migrations.upgrade()
    assert house.tables() == {"person"}
    assert standings(migrations) == {"core": Standing.BEHIND}
    house.grow_core()
    repaired = house.migrations()
    repaired.upgrade()
    assert standings(repaired) == {"core": Standing.CURRENT}


def test_a_failing_first_revision_leaves_an_empty_database(house: House) -> None:
    write(house.core, "core_0001", BROKEN)
    with pytest.raises(Invalid, match="core_0001 failed"):
        house.migrations().upgrade()
    assert house.tables() == set()


def test_a_revision_that_raises_is_an_error_of_the_same_kind(house: House) -> None:
    house.grow_core(table("visit") + "\nraise ZeroDivisionError('oops')")
    with pytest.raises(Invalid, match="ZeroDivisionError: oops"):
        house.migrations().upgrade()
    assert house.tables() == {"person"}


def test_a_process_killed_inside_a_revision_leaves_nothing_of_it(house: House) -> None:
    began = house.folder / "began"
    wait = f"import pathlib, time\npathlib.Path({str(began)!r}).touch()\ntime.sleep(60)"
    house.grow_core(table("visit") + "\n" + wait)
    program = (
        "import sys; from pathlib import Path; from careline.storage.migrate import Migrations\n"
        "Migrations(sys.argv[1], {}, Path(sys.argv[2])).upgrade()"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    process = subprocess.Popen([sys.executable, "-c", program, house.url, house.core], env=env)
    ends = time.monotonic() + 120
    while not began.exists():
        assert time.monotonic() < ends
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    house.grow_core()
    migrations = house.migrations()
    migrations.upgrade()
    assert house.tables() == {"person", "visit"}
    assert standings(migrations) == {"core": Standing.CURRENT}


def test_tables_without_a_version_are_half_applied_and_left_alone(house: House) -> None:
    house.do("CREATE TABLE person (id INTEGER)")
    migrations = house.migrations()
    assert standings(migrations) == {"core": Standing.HALF_APPLIED}
    with pytest.raises(Invalid, match=r"half-applied.*person"):
        migrations.upgrade()
    with pytest.raises(Invalid, match=r"half-applied.*person"):
        migrations.require_current()


def test_a_missing_table_is_half_applied(house: House) -> None:
    house.migrations().upgrade()
    declared = MetaData()
    Table("person", declared)
    Table("visit", declared)
    migrations = Migrations(house.url, {}, house.core, declared)
    house.opened.append(migrations)
    with pytest.raises(Invalid, match=r"core: half-applied, at core_0001.*: visit\."):
        migrations.require_current()


def test_a_plugins_stray_table_is_its_own_problem(house: House) -> None:
    migrations = house.migrations("sms")
    migrations.upgrade()
    house.do("CREATE TABLE sms_message (id INTEGER)")
    assert standings(migrations) == {"core": Standing.CURRENT, "sms": Standing.HALF_APPLIED}
    migrations.require_current()
    with pytest.raises(Invalid, match="sms: half-applied"):
        migrations.require_current(["sms"])


def test_purging_a_plugin_takes_its_tables_and_nothing_else(house: House) -> None:
    house.grow_core()
    migrations = house.migrations("sms")
    migrations.upgrade(["sms"])
    migrations.purge("sms")
    assert house.tables() == {"person", "visit"}
    assert standings(migrations) == {"core": Standing.CURRENT, "sms": Standing.ABSENT}
    migrations.purge("sms")
    migrations.upgrade(["sms"])
    assert "sms_message" in house.tables()


def test_a_plugin_goes_back_to_a_revision(house: House) -> None:
    migrations = house.migrations("sms")
    migrations.upgrade(["sms"])
    migrations.downgrade_plugin("sms", "sms_0001")
    assert house.tables() == {"person", "sms_message"}
    assert standings(migrations)["sms"] is Standing.BEHIND


def test_tables_that_another_plugin_needs_stay(house: House) -> None:
    migrations = house.migrations("sms", "fax")
    migrations.upgrade(["sms", "fax"])
    with pytest.raises(Refused, match="needed by fax"):
        migrations.purge("sms")
    migrations.purge("fax")
    migrations.purge("sms")
    assert house.tables() == {"person"}


def test_a_plugin_without_tables_is_unknown_here(house: House) -> None:
    with pytest.raises(NotFound):
        house.migrations("sms").purge("nothing")


def test_two_heads_in_one_branch_are_told(house: House) -> None:
    path = write(house.core, "core_0002", table("a"))
    path.with_name("other.py").write_text(path.read_text().replace("core_0002", "core_0002b"))
    with pytest.raises(Invalid, match="do not fit together"):
        house.migrations().check()


def test_a_second_upgrade_waits_and_then_gives_up(house: House) -> None:
    migrations = house.migrations()
    with migration_lock(house.engine):
        with pytest.raises(Unavailable) as caught, migration_lock(house.engine, wait=0.2):
            pass
        assert caught.value.code == "db.migrating"
    migrations.upgrade()


def test_rebuilding_a_table_keeps_the_rows_that_point_at_it(house: House) -> None:
    fk = "sa.Column('person_id', sa.Integer, sa.ForeignKey('person.id', ondelete='CASCADE'))"
    house.grow_core(table("visit", fk))
    house.migrations().upgrade()
    house.do("INSERT INTO person (id) VALUES (1)")
    house.do("INSERT INTO visit (id, person_id) VALUES (7, 1)")
    rebuild = (
        "with op.batch_alter_table('person', recreate='auto') as batch:\n"
        "    batch.add_column(sa.Column('name', sa.String(9), server_default='x'))\n"
        "    batch.alter_column('id', existing_type=sa.Integer, type_=sa.BigInteger)"
    )
    write(house.core, "core_0003", rebuild)
    house.migrations().upgrade()
    with house.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM visit")).scalar() == 1


def test_a_revision_that_breaks_references_is_taken_back(house: House) -> None:
    fk = "sa.Column('person_id', sa.Integer, sa.ForeignKey('person.id'))"
    house.grow_core(table("visit", fk))
    house.migrations().upgrade()
    house.do("INSERT INTO person (id) VALUES (1)")
    house.do("INSERT INTO visit (id, person_id) VALUES (7, 1)")
    write(house.core, "core_0003", "op.execute('DELETE FROM person')")
    with pytest.raises(Invalid):
        house.migrations().upgrade()
    with house.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM person")).scalar() == 1


@pytest.mark.integration
def test_a_database_that_is_away_is_unavailable(tmp_path: Path) -> None:
    write(tmp_path, "core_0001", table("person"))
    with pytest.raises(Unavailable):
        Migrations("postgresql://careline@127.0.0.1:1/x", {}, tmp_path).check()


FOREIGN = {
    "drops": "op.drop_table('person')",
    "changes": "op.add_column('person', sa.Column('seen', sa.Integer))",
    "makes": table("visitor"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_plugin_touches_no_tables_but_its_own(house: House, what: str) -> None:
    write(house.folder / "sms", "sms_0003", table("sms_extra") + "\n" + FOREIGN[what])
    migrations = house.migrations("sms")
    with pytest.raises(Invalid, match="sms_0003 of plugin sms was taken back") as caught:
        migrations.upgrade(["sms"])
    touched = "visitor" if what == "makes" else "person"
    assert caught.value.params["tables"] == [touched]
    assert house.tables() == {"person", "sms_message", "sms_template"}


def test_a_purge_touches_no_tables_but_its_own(house: House) -> None:
    write(house.folder / "sms", "sms_0003", table("sms_extra"), drop("sms_extra") + "\n" + TAKES)
    migrations = house.migrations("sms")
    migrations.upgrade(["sms"])
    with pytest.raises(Invalid, match="taken back"):
        migrations.purge("sms")
    assert {"person", "sms_extra"} <= house.tables()


TAKES = drop("person")


def test_a_plugin_whose_revisions_do_not_fit_harms_only_who_enables_it(house: House) -> None:
    path = house.folder / "fax" / "fax_0001.py"
    text = path.read_text().replace("fax_0001", "fax_0001b").replace("depends_on = 'sms_0001'", "")
    path.with_name("other.py").write_text(text)
    migrations = house.migrations("sms", "fax")
    migrations.upgrade(["sms"])
    migrations.require_current(["sms"])
    assert "sms_message" in house.tables()
    with pytest.raises(Invalid, match="do not fit together"):
        migrations.upgrade(["sms", "fax"])
    with pytest.raises(Invalid, match="do not fit together"):
        migrations.require_current(["fax"])
