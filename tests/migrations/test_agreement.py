"""The revisions make exactly the tables that the stores declare, on both databases.

Those of the core, and of each plugin that is here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from careline.plugins import read_catalog
from careline.storage import metadata
from careline.storage.engine import build_engine
from careline.storage.migrate import CORE, Migrations
from careline_migrations.new import differences
from careline_migrations.tables import import_stores

WRITE_ANEW = 'run: python -m careline_migrations.new "what changes" (with --plugin NAME)'
TABLES = {one.name: one.migrations for one in read_catalog().plugins.values() if one.migrations}


@pytest.fixture
def upgraded(db_url: str) -> Iterator[Migrations]:
    import_stores()
    migrations = Migrations(db_url, TABLES)
    migrations.upgrade(TABLES)
    yield migrations
    migrations.close()


def test_every_store_of_the_core_is_found() -> None:
    found = import_stores()
    assert "careline.jobs.store" in found
    assert "careline.calls.store" in found
    assert {"job", "call"} <= set(metadata.tables)


def test_metadata_and_migrations_agree(upgraded: Migrations) -> None:
    found = {branch: differences(upgraded, branch) for branch in (CORE, *TABLES)}
    assert not any(found.values()), f"{found}; {WRITE_ANEW}"


def test_ids_of_what_can_be_erased_are_given_once(upgraded: Migrations, db_url: str) -> None:
    """As the stores declare it: a comparison of tables does not look at it."""
    once = {
        one.name for one in metadata.sorted_tables if one.dialect_options["sqlite"]["autoincrement"]
    }
    assert {"job", "patient"} <= once
    engine = build_engine(db_url)
    if engine.dialect.name == "sqlite":
        said = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
        with engine.connect() as connection:
            assert set(connection.execute(text(said)).scalars()) == once
    engine.dispose()


def test_a_server_may_start_on_them(upgraded: Migrations) -> None:
    upgraded.require_current(TABLES)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE job ADD COLUMN extra INTEGER",
        "ALTER TABLE job DROP COLUMN error",
        "DROP INDEX ix_job_state_run_at",
        "CREATE TABLE forgotten (id INTEGER)",
    ],
)
def test_a_disagreement_would_be_seen(upgraded: Migrations, db_url: str, change: str) -> None:
    engine = build_engine(db_url)
    with engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()
    assert differences(upgraded) != []


STORE = """
from sqlalchemy import Column, String, Table
from careline.storage import BigId, Json, UTCDateTime, metadata
zoo_animal = Table("zoo_animal", metadata, Column("id", BigId, primary_key=True),
    Column("born", UTCDateTime, index=True), Column("data", Json){more})
"""


def write_revision(package: Path, message: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(package.parent), *(entry for entry in sys.path if entry)])
    return subprocess.run(
        [sys.executable, "-m", "careline_migrations.new", message, "--plugin", "zoo"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_plugins_revisions_are_written_one_after_the_other(tmp_path: Path, db_url: str) -> None:
    package = tmp_path / "careline_zoo"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "store.py").write_text(STORE.format(more=""))
    assert write_revision(package, "First animals").returncode == 0
    again = write_revision(package, "Nothing new")
    assert (again.returncode, again.stdout[:11]) == (1, "Nothing has")
    (package / "store.py").write_text(STORE.format(more=', Column("name", String(9))'))
    assert write_revision(package, "Names").returncode == 0
    written = sorted(path.name for path in (package / "migrations").glob("*.py"))
    assert written == ["zoo_0001_first_animals.py", "zoo_0002_names.py"]
    migrations = Migrations(db_url, {"zoo": package / "migrations"})
    migrations.upgrade(["zoo"])
    engine = build_engine(db_url)
    columns = {column["name"] for column in inspect(engine).get_columns("zoo_animal")}
    engine.dispose()
    assert columns == {"id", "born", "data", "name"}
    migrations.purge("zoo")
    migrations.close()
