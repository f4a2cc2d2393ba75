"""A database into one file and back, while it is in use: SQLite and PostgreSQL."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL, inspect, text

from careline.errors import Invalid, Unavailable
from careline.storage.engine import build_engine, parse_url, sqlite_path
from careline.storage.faults import DATABASE_ERRORS, classify, unavailable
from careline.storage.manifest import damaged

LIMIT = 4 * 3600.0  # seconds for one run of PostgreSQL's programs
EMPTY_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def kind_of(url: str) -> str:
    """``"sqlite"`` or ``"postgresql"``."""
    return parse_url(url).get_backend_name()


def dump(url: str, target: Path) -> None:
    """Write a consistent copy of the database to ``target``; writers go on meanwhile."""
    if kind_of(url) == "postgresql":
        _program("pg_dump", parse_url(url), "--format=custom", "--no-owner", "--no-privileges",
                 "--no-comments", "--file", str(target))  # fmt: skip
    else:
        _dump_sqlite(_file(url), target)


def check_dump(url: str, dumped: Path) -> None:
    """Make sure, before anything is replaced, that ``dumped`` can be loaded into ``url``."""
    try:
        if kind_of(url) == "postgresql":
            _program("pg_restore", None, "--list", str(dumped))
            return
        with _sqlite(dumped) as database:
            found = database.execute("PRAGMA integrity_check").fetchone()[0]
    except (sqlite3.DatabaseError, Unavailable) as error:
        raise damaged(f"its database cannot be read: {error}") from error
    if found != "ok":
        raise damaged(f"its database is broken: {found}")


def load_postgresql(url: str, dumped: Path) -> None:
    """Replace all of the database by the dump, in one transaction."""
    script = dumped.with_suffix(".sql")
    _program("pg_restore", None, "--no-owner", "--no-privileges", "--file", str(script),
             str(dumped))  # fmt: skip
    _program("psql", parse_url(url), "--no-psqlrc", "--quiet", "--single-transaction",
             "--set=ON_ERROR_STOP=1", "--command", EMPTY_SCHEMA, "--file", str(script))  # fmt: skip


def is_empty(url: str) -> bool:
    """True when the database holds no table, or does not exist yet (SQLite)."""
    path = sqlite_path(parse_url(url))
    if path is not None and (not path.exists() or path.stat().st_size == 0):
        return True
    engine = build_engine(url)
    try:
        return not inspect(engine).get_table_names()
    except DATABASE_ERRORS as error:
        fault = classify(error)
        if fault is None:
            raise
        raise unavailable(fault, error) from error
    finally:
        engine.dispose()


def in_use(url: str) -> bool:
    """True when another careline is connected (PostgreSQL only; a home's lock tells for SQLite)."""
    if kind_of(url) != "postgresql":
        return False
    engine = build_engine(url)
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'careline' AND pid <> pg_backend_pid()"
    )
    try:
        with engine.connect() as connection:
            return bool(connection.execute(others).scalar())
    except DATABASE_ERRORS as error:
        fault = classify(error)
        if fault is None:
            raise
        raise unavailable(fault, error) from error
    finally:
        engine.dispose()


def _file(url: str) -> Path:
    path = sqlite_path(parse_url(url))
    if path is None:
        raise Invalid("backup.memory", "A database in memory cannot be backed up.")
    return path


class _sqlite:
    """A plain connection that closes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        self._connection = sqlite3.connect(self._path, isolation_level=None, timeout=30)
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _dump_sqlite(path: Path, target: Path) -> None:
    if not path.exists():
        raise Unavailable("db.away", "There is no database {path}.", path=str(path))
    try:
        with _sqlite(path) as database:
            # One read transaction: unlike the backup API it never begins anew when writers go on.
            database.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        fault = classify(error)
        if fault is None:
            raise
        raise unavailable(fault, error) from error


def find_program(name: str) -> str:
    """The newest installed ``pg_dump`` and the like: an older one refuses a newer server."""
    numbered = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: _number(path.parts[-3])
    )
    found = str(numbered[-1]) if numbered else shutil.which(name)
    if found is None:
        raise Unavailable(
            "backup.no_program",
            "{name} is missing. Install it: apt install postgresql-client",
            name=name,
        )
    return found


def _number(folder: str) -> float:
    match = re.fullmatch(r"\d+(\.\d+)?", folder)
    return float(match[0]) if match else 0.0


def _without_password(url: URL) -> str:
    """The address as PostgreSQL's programs take it; ``URL.set(password=None)`` would keep it."""
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False)


def _program(name: str, url: URL | None, *arguments: str) -> None:
    command: Sequence[str] = [find_program(name), *arguments]
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    if url is not None:
        env["PGPASSWORD"] = url.password or env.get("PGPASSWORD", "")  # never on a command line
        command = [*command, "--no-password", "--dbname", _without_password(url)]
    try:
        subprocess.run(  # noqa: S603 - our own arguments
            command, env=env, check=True, capture_output=True, text=True, timeout=LIMIT,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        detail = (error.stderr.strip().splitlines() or [f"exit code {error.returncode}"])[0]
        raise Unavailable(
            "backup.program_failed", "{name} failed: {detail}", name=name, detail=detail
        ) from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable("backup.program_slow", "{name} took too long.", name=name) from error
