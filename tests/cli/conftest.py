"""A home with free ports, tables and the demonstration hospital, and the command line upon it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from click.testing import CliRunner, Result
from twisted.internet import task

from careline.clock import Clock
from careline.config import Home, Settings, load, write_default
from careline.setup.demo import QUEUES, put_demo
from careline.setup.prepare import migrations_of
from careline.storage import Database, open_database
from careline.tasks import Tasks
from careline.testing.ports import free_port
from careline_cli.main import main


@define
class Terminal:
    """Runs commands on ``home`` in this process; English unless a test says otherwise."""

    home: Home

    def __call__(self, *words: str, lang: str = "en", **more: Any) -> Result:
        """Run and give what came of it; a traceback fails the test."""
        command = ["--lang", lang, "--home", str(self.home.root), *words]
        result = CliRunner().invoke(main, command, prog_name="careline", **more)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def says(self, *words: str, **more: Any) -> str:
        """What a command prints that must go well."""
        result = self(*words, **more)
        assert result.exit_code == 0, result.output
        return result.output

    def refuses(self, *words: str, **more: Any) -> str:
        """What a command complains of that must end with exit code 2."""
        result = self(*words, **more)
        assert result.exit_code == 2, result.output
        return result.output

    def json(self, *words: str) -> Any:
        """The answer of a listing as data."""
        return json.loads(self.says(*words, "--json"))


def make_home(root: Path) -> Home:
    """A home whose ports are free."""
    home = Home(root)
    write_default(home)
    text = home.config.read_text(encoding="utf-8")
    for name, port in (("sip", 5060), ("http", 8088), ("ami", 5038), ("agi", 4573)):
        text = text.replace(f"{name}_port = {port}", f"{name}_port = {free_port()}")
    text = text.replace("\nport = 8000", f"\nport = {free_port()}")
    home.config.write_text(text, encoding="utf-8")
    return home


def database_of(settings: Settings) -> Database:
    """The home's database, in this thread."""
    return open_database(settings.database_url, clock=Clock(task.Clock()), tasks=Tasks())


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with tables and the demonstration's people, to be copied."""
    home = make_home(tmp_path_factory.mktemp("cli") / "home")
    settings = load(home.config, {})
    migrations = migrations_of(settings)
    migrations.upgrade()
    migrations.close()
    db = database_of(settings)
    for flow in ("main", "holiday"):  # the demonstration's own flows need all prompts
        db.run_sync(_put_flow, flow)
    db.run_sync(put_demo)
    db.engine.dispose()
    return home.root


def _put_flow(tx: Any, name: str) -> None:
    from datetime import UTC, datetime

    from careline.ivr.check import Known
    from careline.ivr.store import publish, save_draft

    document = {
        "name": name,
        "start": "agent",
        "operator": "agent",
        "title": {"zh": "测试", "en": "Test"},
        "nodes": {
            "agent": {
                "kind": "queue",
                "queue": QUEUES[0].id,
                "timeout": "bye",
                "full": "bye",
                "closed": "bye",
            },
            "bye": {"kind": "hang_up"},
        },
    }
    now = datetime.now(UTC)
    save_draft(tx, document, "test", now)
    publish(tx, name, Known(), "test", now)


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Home:
    """A home of one's own with the demonstration hospital in its database; nothing runs."""
    root = tmp_path / "home"
    shutil.copytree(filled, root)
    return Home(root)


@pytest.fixture
def careline(home: Home, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """The command line on that home."""
    monkeypatch.delenv("CARELINE_LANG", raising=False)
    monkeypatch.delenv("CARELINE_HOME", raising=False)
    return Terminal(home)
